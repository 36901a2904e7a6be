"""The programs that decide the architecture."""

import numpy as np

from corpus import case, dominant, exactly


@case(dominant(6), core=True, writes=("A",), float32=True)
def in_place_lu(A):
    """Prefix dot products; nothing needs to be saved."""
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] = (A[i, j] - A[i, :j] @ A[:j, j]) / A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]


@case(2.5, 1.0, 1e-12, core=True, wrt="a,x", loose=10.0)
def newton_with_break(a, x, tolerance):
    steps = 0
    while steps < 100:
        residual = x * x * x - a * x - 1.0
        slope = 3.0 * x * x - a
        if residual * residual < tolerance:
            break
        x = x - residual / slope
        steps += 1
    return x * x + a


@case((7,), core=True)
def view_written_read_under_both(x):
    y = x * x
    z = y[2:]
    z[1] = y[0] * z[0]
    y[4] = z[1] * y[1]
    total = 0.0
    for i in range(len(z)):
        total += z[i] * y[i]
    return total + y[3] * z[2]


def _mix(a, b, w):
    for i in range(len(a)):
        old = a[i]
        a[i] = np.sin(old) + w * b[i]
        b[i] = old * b[i]


@case((5,), (5,), 0.3, core=True)
def swapped_mutating_helper(x, y, w):
    a = x.copy()
    b = y.copy()
    for _ in range(3):
        _mix(a, b, w)
        _mix(b, a, w)
        a, b = b, a
    return a @ a + np.sum(b)


@case(0.01, exactly(np.full((3, 3), 0.2)), core=True, label="never")
@case(0.4, exactly([[0.1, 0.2, 0.3], [0.9, 0.8, 0.1], [2.0, 1.0, 3.0]]), core=True)
def early_return_from_nest(limit, A):
    s = 1.0
    for i in range(3):
        for j in range(3):
            s = s * (1.0 + A[i, j] * limit)
            if s > 1.5:
                return s * A[i, 0]
        s += A[i, i] * 0.01
    return s * limit


@case((9,), core=True, float32=True)
def float32_recurrence(x):
    h = 0.0
    c = 1
    for i in range(len(x)):
        h = 0.5 * np.tanh(h * 1.5 + x[i]) + 2 * h / 3
        c = c * 0.9
    return h * c
