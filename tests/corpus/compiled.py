"""What loops do otherwise than arrays: memory that is still read, masks, repeats."""

import numpy as np

from corpus import case, positive


@case((2, 4, 4), (4, 1), (4, 4), wrt="x,m", core=True)
def pairs_in_a_loop(x, m, t):
    s = 0.0
    for i in range(2):
        s += np.sum(np.where(t > 0, -(m * m.T) * x[i], 0.0))
    return s * s


@case((6,), core=True)
def one_mask_for_two(x):
    chosen = x > 0.0
    y = np.zeros_like(x)
    y[chosen] = x[chosen] ** 2 * np.sum(x[chosen])
    chosen[0] = not chosen[0]
    y[chosen] += np.sin(x[chosen])
    return y


@case((3, 4), core=True)
def upper_in_a_loop(x):
    total = np.zeros((4, 4))
    for i in range(3):
        total += np.triu(np.outer(x[i], x[i]) * i, 1) * np.eye(4, k=1)
    return total


def _inverse_where_positive(d, scale):
    r = d * d
    r[r > 0] = scale * r[r > 0] ** -1.5
    return d * r


@case(positive(4), 2, core=True)
def helper_with_a_mask_in_a_loop(x, steps):
    x = x.copy()
    total = 0.0
    for i in range(steps):
        x += 0.1 * _inverse_where_positive(x, 0.5 + i)
        total += np.sum(x * x)
    return total


def _noisy(d):
    r = d * d
    r[r > 1] = r[r > 1] ** -0.5
    print(r.size)
    return d * r


@case(positive(4), 2)
def helper_with_a_mask_that_prints(x, steps):
    for _ in range(steps):
        x = _noisy(x) + x
    return x


def _pushed(u):
    u[1:] += u[:-1]


@case((5,), (5,), core=True)
def shifted_view_of_one_of_three(x, y):
    p, q, r = x * 2.0, np.sin(y), np.ones(5)
    for i in range(4, -1, -1):
        if i == 2:
            _pushed(r[1:4])
        else:
            p, q, r = q, r, p
    return p * q


@case((4,), (3,), core=True)
def sums_of_two_lists_of_numbers(x, y):
    a = 0.0
    for i in range(x.size):
        a += np.sin(x[i]) * x[i]
    b = 0.0
    for i in range(y.size):
        b += np.exp(y[i] * x[0]) * y[i]
    return a + b


@case((5,), core=True)
def conditions_on_numbers_in_the_source(x):
    """Numba drops what they exclude, with names that the backward part reads."""
    t = x[0]
    for i in range(3):
        k = 0
        while k < 3 and 0.5**2 > 0.71:
            for j in range(4):
                if x[j] > 0.0:
                    t = t * (x[j] + 1.5) / (2.0 + np.cos(x[2]))
                    break
            k += 1
        if (x[1] if -0.7 > 0.1 else 1.3 * 2.0) > 2.0:
            t = np.sin(t) * x[i]
    return t


@case(1.0, 2.0, core=True)
def forever_with_a_last_change(x, b):
    """Numba would take the change on the way out for one of all iterations."""
    count = 0
    while True:
        d = b + x * x
        count += 1
        if d > 10.0 or count > 100:
            x = d * 2.0
            break
        x = d * 0.5
    return x * x


def stir(u, w, c):
    for i in range(len(u)):
        old = u[i]
        u[i] = np.sin(old) + c * w[i]
        w[i] = old * w[i]


@case((5,), (3, 5), writes=("y",), core=True)
def index_again_behind_a_loop(y, A):
    """The backward part computes it inside a loop and once more behind that."""
    B = A * 2.0
    for i in range(4):
        j = i % 5
        stir(y, B[2], B[2, j])
    return y.sum()


@case((5,), (3, 4), core=True)
def product_past_a_branch_that_writes(y, A):
    """On the way back the branch restores what the product reads."""
    B = A * 2.0
    r = np.ones(5)
    v = y[1:4] * 3.0
    if y[4] < 9.0:
        v += np.where(v > 0.1, B[:, 2], v * v)
    r[::2] -= A[:, 1] * v
    return r


@case((5,), (3, 5), core=True)
def last_sum_beside_a_running_product(y, A):
    """The sums down columns want a loop of their own, but the last one is handed on."""
    s = 0.0
    t = 1.0
    for i in range(5):
        t = t * y[i]
        s = 0.0
        for j in range(3):
            s += A[j, i] * A[j, i]
    return t * s


@case((0,), core=True)
def memory_of_less_than_nothing(x):
    """The length is below zero where the loop does not run."""
    s = 0.0
    for i in range(len(x)):
        t = np.zeros(len(x) - 1)
        for j in range(len(x) - 1):
            t[j] = x[j] * x[i] + s
        s += t.sum() * x[i] + t @ t
    return s
