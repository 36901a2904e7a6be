"""Functions that call themselves: levels counted by numbers, by slices, by data."""

from typing import NamedTuple

import numpy as np

from corpus import case, exactly, normal, positive, unit

RATE = 0.7


# ---- numbers ----


@case(1.3, 10, core=True)
def power(x, n):
    if n == 0:
        return 1.0
    h = power(x, n // 2)
    return h * h * x if n % 2 else h * h


@case(0.4, 5)
def rising_factorial(x, n):
    return 1 if n == 0 else (x + n - 1) * rising_factorial(x, n - 1)


@case(0.3, 9)
def chebyshev(x, n):
    if n == 0:
        return 1.0
    if n == 1:
        return x
    return 2.0 * x * chebyshev(x, n - 1) - chebyshev(x, n - 2)


@case(1.7, 6)
def continued_fraction(x, depth, first=1.0):
    """Constants of the module, a default, a number that grows from level to level."""
    if depth == 0:
        return first
    return first + RATE * x / continued_fraction(x, depth - 1, first + 1)


@case(0.9, 4)
def pair(x, n):
    if n <= 0:
        return x, 1.0
    a, b = pair(0.5 * x, n - 1)
    return a * b + x, np.sin(a) + b


# ---- parts of an array, by bounds or as views ----


@case((7,), 0, 7, core=True)
def product_of_sines(w, lo, hi):
    if hi - lo == 1:
        return np.sin(w[lo])
    m = (lo + hi) // 2
    return product_of_sines(w, lo, m) * product_of_sines(w, m, hi)


@case(unit(11), float32=True)
def pairwise(x):
    n = len(x)
    if n <= 2:
        s = 0.0
        for i in range(n):
            s += x[i] * np.tanh(x[i])
        return s
    return 1.1 * pairwise(x[: n // 2]) + pairwise(x[n // 2 :]) ** 2


def _clenshaw(c, x, k, b1, b2):
    if k < 0:
        return b1 - x * b2
    return _clenshaw(c, x, k - 1, c[k] + 2.0 * x * b1 - b2, b1)


@case((6,), 0.4)
def chebyshev_series(c, x):
    return _clenshaw(c, x, len(c) - 1, 0.0, 0.0)


@case((8,), core=True)
def transform(x):
    """A fast transform: the result has the length of the argument."""
    n = x.shape[0]
    if n == 1:
        return x
    even = transform(x[::2])
    odd = transform(x[1::2])
    turned = np.cos(np.pi * np.arange(n // 2) / n) * odd
    return np.concatenate([even + turned, even - turned])


def _blocks(A, B):
    n = A.shape[0]
    if n == 1:
        return A * B
    h = n // 2
    C = np.empty((n, n))
    P = _blocks(A[:h, :h] + A[h:, h:], B[:h, :h])
    C[:h, :h] = P - _blocks(A[:h, h:], B[h:, h:])
    C[:h, h:] = P
    C[h:, :] = A[h:, :] * B[:h, :]
    return C


@case((4, 4), (4, 4), heavy=True)
def blocks(A, B):
    """As Strassen's product goes: sums of blocks are arguments."""
    return np.tanh(_blocks(A, B))


@case((8,), writes="a")
def haar(a):
    """In place, on ever shorter views."""
    n = a.shape[0]
    if n < 2:
        return
    h = n // 2
    s = a[0:n:2] + a[1:n:2]
    d = a[0:n:2] * a[1:n:2]
    a[:h] = s
    a[h:] = d
    haar(a[:h])


# ---- trees in arrays ----

START = exactly([0, 2, 4, 4, 6, 6, 6, 6], "int64")
CHILD = exactly([1, 2, 3, 4, 5, 6], "int64")


@case((7,), START, CHILD, 0)
def subtree(w, start, child, node):
    total = w[node] ** 2
    for c in range(start[node], start[node + 1]):
        total += np.sin(total) * subtree(w, start, child, child[c])
    return total


OPERATION = exactly([2, 3, 0, 1, 0, 0], "int64")


def _evaluate(op, x, k):
    """The value of an expression in prefix form, and where it ends."""
    if op[k] == 0:
        return x[k], k + 1
    left, middle = _evaluate(op, x, k + 1)
    if op[k] == 1:
        return np.exp(left), middle
    right, end = _evaluate(op, x, middle)
    return (left * right if op[k] == 2 else left - right), end


@case(OPERATION, (6,))
def expression(op, x):
    value, _ = _evaluate(op, x, 0)
    return value * value


# ---- the data decide ----


def _simpson(c, a, b, fa, fb, tol):
    m = 0.5 * (a + b)
    fm = np.exp(-c * m * m)
    whole = (b - a) * (fa + 4.0 * fm + fb) / 6.0
    flat = 0.5 * (b - a) * (fa + fb)
    if np.abs(whole - flat) < tol:
        return whole
    left = _simpson(c, a, m, fa, fm, tol / 2)
    return left + _simpson(c, m, b, fm, fb, tol / 2)


@case(1.1, 0.2, 1.4, analytic=False)
def adaptive_quadrature(c, a, b):
    return _simpson(c, a, b, np.exp(-c * a * a), np.exp(-c * b * b), 5e-3)


class Bracket(NamedTuple):
    lo: float
    hi: float


def _bisected(p, x):
    m = 0.5 * (p.lo + p.hi)
    if p.hi - p.lo < 0.05:
        return m
    if m * m * m < x:
        return _bisected(Bracket(m, p.hi), x)
    return _bisected(Bracket(p.lo, m), x)


@case(0.5, 2.5, 3.0, analytic=False)
def newton_after_bisection(lo, hi, x):
    m = _bisected(Bracket(lo, hi), x)
    return m - (m * m * m - x) / (3.0 * m * m)


@case(positive(4), normal(4, 3))
def in_a_loop(x, steps):
    """Calls with other kinds of arguments: a float, a whole array, a row."""
    s = power(1.5, 3) * x[0]
    for k in range(4):
        s = s + pairwise(steps[k]) * power(x[k], k)
    return s * pairwise(x)


def _remembered(x, n, memo):
    if n < 2:
        return x * n
    if memo[n] != 0.0:
        return memo[n]
    memo[n] = _remembered(x, n - 1, memo) + np.sin(_remembered(x, n - 2, memo))
    return memo[n]


@case(0.8)
def remembered(x):
    """What was computed before is written down."""
    return _remembered(x, 8, np.zeros(9))


@case((3,), 0.1, 0.8, 3, wrt="y,t")
def adaptive_steps(y, t, h, n):
    """Heun's method, with steps that are halved where the slope changes fast."""
    if n == 0:
        return y, t
    k1 = t - y
    k2 = t + h - (y + h * k1)
    if np.max(np.abs(k1 - k2)) > 0.5:
        z, s = adaptive_steps(y, t, h / 2, 1)
        return adaptive_steps(z, s, h / 2, 1)
    return adaptive_steps(y + 0.5 * h * (k1 + k2), t + h, h, n - 1)


@case(0.7, 6)
def leaves_a_loop(x, n):
    for i in range(3):
        if n <= i:
            return x * (i + 1)
        x = x * 1.1
    return leaves_a_loop(np.sin(x), n - 2) + leaves_a_loop(x, n - 3)


@case((2, 3, 2))
def every_axis(x):
    """With fewer axes at every level: a function for each."""
    if x.ndim == 1:
        return np.sum(x * x)
    s = 0.0
    for k in range(x.shape[0]):
        s += np.sin(every_axis(x[k]))
    return s


@case(0.6, 2, wrt="x")
def default_first(x, n, w=None):
    if w is None:
        w = 2.0
    if n == 0:
        return x * w
    return default_first(x * w, n - 1, w + x)
