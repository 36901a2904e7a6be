"""Control flow as scientists and judges write it."""

import numpy as np

from corpus import case


@case((4,), 0, 2.5)
def or_and_with_values(x, n, a):
    m = n or int(x[0] > 100) or 3
    w = a and 2 or x[0]
    b = x[0] > 100 or x[1] > -100
    c = n and x[100] or 0.25
    return x * m * w + b * x[2] + c


@case((4,), 0.5)
def or_of_parameters(x, a):
    scale = a or x[0]
    both = x[1] and a
    return np.sum(x * scale) + both


@case((4,), (2, 3))
def zip_of_three(x, A):
    s = 0.0
    for i, (a, row, b) in enumerate(zip(x, A, reversed(x))):  # noqa: B905
        s += a * b * row[i]
    return s


@case((5,), core=True)
def zip_of_ranges(x):
    s = 0.0
    for k, v in zip(range(1, 4), x):  # noqa: B905
        s += v * x[k]
    for k, v in zip(range(4, -1, -2), x[1:]):  # noqa: B905
        s *= v * x[k]
    for k, v in enumerate(range(3, 0, -1), 1):
        s -= x[k] * x[v] ** 2
    return s


@case((4,))
def zip_with_weights(x):
    s = 0.0
    for v, weight in zip(x, [0.5, -2.0, 3.0]):  # noqa: B905
        s = s * v + weight * v * v
    return s


@case((6,))
def reversed_with_step(x):
    s = 0.0
    for i in reversed(range(1, 6, 2)):
        s = s * 0.5 + x[i] * x[i - 1]
    for i, v in enumerate(reversed(x)):
        s += v * v * i
    return s


@case((5,))
def reversed_list_of_pairs(x):
    y = x * x
    s = 0.0
    for i, v in reversed(list(enumerate(y))):
        y[0] += v
        s = s * 0.7 + v * i * y[0]
    return s


@case((4,), analytic=False)
def tuple_with_continue(x):
    s = 0.0
    for k in (0, 3, 1):
        if x[k] > 100.0:
            break
        if k == 3:
            continue
        s += x[k] ** 2 * k + x[k]
    for w in [1.0, 2.0, -3.0]:
        s *= w
        if w > 1.5:
            return s * x[0]
    return s


@case((4, 4), analytic=False)
def returns_in_else(A):
    for i in range(4):
        for k in range(4):
            if A[i, k] > 10.0:
                return A[i, k] ** 2
        else:
            if A[i, 0] > 5.0:
                return A[i, 0] * A[0, 0]
    else:
        return A.sum() * A[0, 1]


@case((3, 4), core=True, analytic=False)
def all_indices(A):
    B = np.empty((4, 3))
    s = 0.0
    for (i, k), v in np.ndenumerate(A):
        if v > 100.0:
            continue
        B[k, i] = v * v
    for i, k in np.ndindex(A.shape):
        B[k, i] *= A[i, k]
        s = s * 0.5 + B[k, i]
    for place in np.ndindex(4, 2):
        B[place] += s
    return B


@case((4,), (4, 4), 3, analytic=False)
def questions_about_types(x, A, n):
    assert isinstance(A, np.ndarray) and not isinstance(x, (list, tuple))
    assert isinstance(n, (int, np.integer))
    assert x.shape == (4,) and A.shape == (len(x), 4) and A.shape != x.shape
    assert A.shape[0] == A.shape[1] == x.size
    if n in (1, 3) and n not in (5, 7):
        return x * 2.0 * A[0]
    return x**3


@case((5,), analytic=False)
def any_and_all(x):
    if any(x > 100.0) or not all(v < 100.0 for v in x):
        return x * 5.0
    if any(i > 3 and v > -100.0 for i, v in enumerate(x)) and all([x[0] < 100.0]):
        return x * x
    return x


@case((5,), 7, analytic=False)
def quotients_and_rounding(x, n):
    q, r = divmod(n, 3)
    a, b = divmod(x[0] * x[0] + 0.1, 100.0)
    return x * q + r + a + b * round(3.6) + 0.0 * round(x[1], 2) + np.round(2.345, 1)


@case((4,))
def returns_of_other_lengths(x):
    if x[0] > 100.0:
        return np.zeros(4)
    for i in range(4):
        if x[i] > -100.0:
            return x[::-1] * x[i]
    return x[::-1] * 2.0


@case((6,), (6,))
def result_of_inner_loop_stored(x, z):
    y = x * 1.0
    w = z * x
    t = x[0]
    for i in range(1, 5):
        for k in range(i):
            y[k] += t * y[k + 1]
            t = 0.5 * t + y[k]
        w[i] = t
        t += y[i]
    return y * t + w


@case((5,), (3, 5), lambda rng: np.array([2, 0, 1]), wrt="y,A")
def measured_in_one_branch(y, A, k):
    """What only one branch saves has no length to take in it, or behind it."""
    v = y[1:4]
    B = A * 2.0
    if B[1, k[1]] > 9.0:
        v = y[:3]
    else:
        B[1:, ::2] *= y[::2].sum()
        B[1:, 3:0:-1] += v
    return B
