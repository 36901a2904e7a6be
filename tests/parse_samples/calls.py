"""The user's own functions, nested functions, lambdas."""

# ruff: noqa: B007, B905, E501, E731, F821

import numpy as np

from parse_samples import M, V, case


def mixer(a, b, k=2.0, *, shift=0.0):
    a[0] += k * b[0] + shift
    return a[0] * b[0]


def viewer(a, n):
    return a[n:]


def early(a, t):
    for i in range(len(a)):
        if a[i] > t:
            a[i] = t
            return i
        a[i] += 1
    return -1


def divmod_like(n):
    q = n // 2
    r = n - 2 * q
    return q + r * 0.5


def mixer2(s):
    return s * 0.5


def make(x):
    y = np.empty_like(x)
    y[:] = x
    for i in range(len(y)):
        y[i] += i
    return y


def same(x):
    return x


def pair(x):
    return (x * 2, x + 1), x.sum()


def f1(x, n):
    y = x.copy()
    for i in range(n):
        y = f2(y, i)
    return y


def f2(y, i):
    z = y * 2
    z[i] = 0
    return z


def lap(x, y):
    for i in range(len(y)):
        y[i] = x[i] - 2 * x[i + 1] + x[i + 2]


def mv(A, v, out):
    m, n = A.shape
    for i in range(m):
        s = 0.0
        for j in range(n):
            s += A[i, j] * v[j]
        out[i] = s


def norm_ax(A, axis=None):
    return np.sqrt((A * A).sum(axis=axis))


def clampit(v, s):
    if v > 1:
        return 1.0
    if v < s:
        return s * 0.5
    return v


def hof(f, x):
    return f(x)


@case(V(3), V(3))
def kw_helper(x, y):
    r = mixer(x, y, shift=1.5)
    return r + mixer(b=x, a=y, k=0.5)


@case(V(3))
def self_alias_call(x):
    y = x.copy()
    return mixer(y, y) + y[0]


@case(V(6))
def overlapping_views_call(x):
    y = x.copy()
    r = mixer(y[1:], y[:-1])
    return y * r


@case(V(6))
def returned_view_write(x):
    y = x.copy()
    v = viewer(y, 2)
    v[0] = 5
    w = viewer(v, 1)
    w += 1
    return y


@case(V(6))
def helper_with_exit(x):
    y = x.copy()
    k = early(y, 0.5)
    k2 = early(y, 0.7)
    return y * (k + k2)


@case(3.0, 2)
def scalars(a, n):
    b = a**n + n // 2 - n % 3 + (-a) ** 2
    n += 1
    c = -n
    return b * c + (1 if n > 2 else 0) + divmod_like(n)


@case(V(4), V(4))
def helper_in_cond(x, y):
    s = 0.0
    while mixer2(s) < 3.0:
        s += 1
    return s + x[0]


@case(V(5))
def helper_recreate(x):
    y = make(x)
    y[0] = 1
    z = make(y)
    z += y
    return y * z


@case(V(5))
def ident(x):
    y = same(x)
    y = y * 2
    return same(y)


@case(V(5))
def tuple_helper(x):
    (a, b), c = pair(x)
    a[0] = 2.0
    return a + b * c


@case(V(5))
def mutual(x):
    return f1(x, 3) + f1(x[1:], 2).sum()


@case(V(8))
def helper_sizes(x):
    y = np.zeros(6)
    lap(x, y)
    return y


@case(M(3, 5), V(5))
def matvec_helper(A, v):
    out = np.zeros(3)
    mv(A, v, out)
    mv(A.T, out, v)
    return out


@case(V(5), 2)
def axis_helper(x, k):
    A = np.outer(x, x)
    return norm_ax(A, axis=0) + norm_ax(A, 1) + norm_ax(A)


@case(V(5))
def early_in_helper_loop(x):
    s = 0.0
    for i in range(5):
        s += clampit(x[i], s)
    return s


@case(V(3))
def higher_order(x):
    def apply(f, v):
        return f(v)

    return apply(np.sin, x) + apply(lambda t: t * x[0], x) + hof(make, x)
