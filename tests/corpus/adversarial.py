"""Programs made to break a differentiator: kinks, ties, empties, aliases."""

import numpy as np

from corpus import case, exactly, integers, normal


def _shares_ties(args, gradients):
    """The whole unit goes to the tied elements, none of it elsewhere."""
    (x,) = args
    (g,) = gradients
    tied = x == x.max()
    assert np.all(g[~tied] == 0)
    assert np.all((g[tied] >= 0) & (g[tied] <= 1))
    np.testing.assert_allclose(g.sum(), 1.0)


@case(exactly([1.0, 3.0, 3.0, 2.0]), check=_shares_ties, core=True)
def ties_in_max(x):
    return np.max(x)


def _between(low, high):
    def check(args, gradients):
        for g in gradients:
            assert np.all((g >= low) & (g <= high)), g

    return check


def _equals(*expected):
    def check(args, gradients):
        for g, e in zip(gradients, expected, strict=True):
            np.testing.assert_allclose(g, e, rtol=1e-12, atol=1e-300)

    return check


@case(exactly([1.0, 2.0]), exactly([1.0, 0.0]), check=_between(0.0, 1.0))
def ties_in_maximum(x, y):
    return np.sum(np.maximum(x, y))


@case(exactly([0.0, 1.0, -1.0]), check=_between(-1.0, 1.0))
def abs_at_zero(x):
    return np.sum(np.abs(x))


@case(exactly([2.0, 0.0, 3.0]), check=_equals([0.0, 6.0, 0.0]), core=True)
def zero_in_prod(x):
    return np.prod(x)


@case(exactly([2.0, 0.0, 0.0]), check=_equals([0.0, 0.0, 0.0]))
def zeros_in_prod(x):
    return np.prod(x)


@case(exactly([[2.0, 0.0, 3.0], [1.0, 2.0, 4.0]]))
def zero_in_cumprod(A):
    return np.cumprod(A, axis=1)


@case(exactly([0.0, -2.0, 3.0]), check=_equals([0.0, 0.0, 0.0]))
def power_zero(x):
    return np.sum(x**0)


@case(exactly([0.0, -2.0, 3.0]), check=_equals([1.0, 1.0, 1.0]))
def power_one(x):
    return np.sum(x**1)


@case(exactly([0.0, -2.0, 3.0]), check=_equals([0.0, 12.0, 27.0]), core=True)
def power_three_of_negative(x):
    return np.sum(x**3)


@case(
    exactly([0.0, -2.0, 3.0]),
    exactly([0, 2, 3], "int64"),
    wrt="x",
    check=_equals([0.0, -4.0, 27.0]),
)
def power_integer_array(x, n):
    return np.sum(x**n)


@case(exactly([0.0, 2.0]), 2.0, wrt="x", check=_equals([0.0, 4.0]))
def power_float_parameter_at_zero(x, p):
    return np.sum(x**p)


@case(exactly([4.0, 0.0, -1.0]), check=_equals([0.25, 0.0, 0.0]), core=True)
def where_infinite_branch(x):
    return np.sum(np.where(x > 0, np.sqrt(np.maximum(x, 0.0)), 0.0))


@case(exactly([4.0, 0.0, 1.0]), check=_equals([0.25, 0.0, 1.0]))
def where_log_of_zero(x):
    safe = np.where(x > 0, x, 1.0)
    return np.sum(np.where(x > 0, np.log(safe), x * 0.0))


@case(exactly([[0.0, 0.0], [1.0, 1.0]]), core=True, check=lambda args, g: _finite(g))
def distances_with_diagonal(P):
    d = P[:, None, :] - P[None, :, :]
    r = np.sqrt((d**2).sum(axis=2))
    inv = r.copy()
    inv[inv > 0] = 1.0 / inv[inv > 0]
    return np.sum(inv)


def _finite(gradients):
    for g in gradients:
        assert np.all(np.isfinite(g)), g


@case(exactly([0.0, 0.0]), check=lambda args, g: _finite(g))
def norm_at_zero(x):
    return np.linalg.norm(x)


@case(normal(0), label="empty")
@case((1,), label="one")
@case((3,))
def sizes(x):
    y = np.zeros(len(x))
    for i in range(len(x)):
        y[i] = x[i] * x[i]
    return np.sum(y * x) + np.sum(x[1:] * x[:-1])


@case(normal(0), (3,))
def empty_join(x, y):
    return np.concatenate((x, y, x)) * 2.0


@case(normal(0, 3), (3,))
def empty_product(A, v):
    return np.sum(A @ v) + np.sum(v * v)


@case(normal(3, 0), normal(0, 2))
def empty_inner_dimension(A, B):
    return A @ B + 1.0


@case((4,), 0, wrt="x", label="zero")
@case((4,), 3, wrt="x")
def zero_trip_inner(x, n):
    s = x[0] * x[1]
    for i in range(n):
        for j in range(i):
            s = s * x[j] + x[i]
        for j in range(3, i, -1):
            s += x[j] * x[j]
    return s


@case((1, 1))
def size_one_matrix(A):
    return A @ A.T * A.sum() + A[0] * A[0, 0]


@case((1, 4), (3, 1))
def broadcast_both(a, b):
    c = a * b
    c[0] = 1.0
    return np.sum(c**2, axis=0)


@case((5,), (4,), integers(0, 5, 4), wrt="x,v")
def repeated_store_last_wins(x, v, k):
    y = x * x
    y[[1, 1, 2, 1]] = v
    return y * np.arange(1.0, 6.0)


@case((5,), (4,))
def repeated_add_adds_once(x, v):
    """NumPy adds only the last of repeated indices."""
    y = x * x
    y[[1, 1, 2, 1]] += v
    return y * np.arange(1.0, 6.0)


@case((5,), (4,))
def repeated_multiply(x, v):
    y = x * x
    y[[1, 1, 2, 1]] *= v
    return y


@case((6,), core=True)
def shifted_self_add(x):
    y = x * x
    y[1:] += y[:-1]
    y[:-1] -= 0.5 * y[1:]
    return y


@case((6,))
def reversed_self_assignment(x):
    y = x * x
    y[:] = y[::-1]
    y[1:4] = y[3:0:-1] * 2.0
    return y * x


@case((4, 4))
def transpose_self_assignment(A):
    B = A * A
    B[:] = B.T
    B += B.T
    return B * A


@case((5,))
def swap_names(x):
    a = x * 2.0
    b = x * x
    for i in range(3):
        a[i] = b[i] * a[i + 1]
        a, b = b, a
    return a - 2.0 * b


@case((6,))
def swap_slices(x):
    y = x * x
    y[:3], y[3:] = y[3:].copy(), y[:3] * 2.0
    return y * x


@case((4,), True, wrt="x", label="array")
@case((4,), False, wrt="x")
def scalar_or_array(x, wide):
    if wide:
        t = x * x
        s = t.sum()
    else:
        t = x[1] * 2.0
        s = t * t
    return s * x[0]


@case((5,))
def stale_scalar(x):
    y = x.copy()
    s = y[0] * y[1]
    y[0] = 7.0
    y[1] = s
    s = s * y[0]
    return s * y[1]


@case((5,))
def shadowed_counter(x):
    s = 0.0
    for i in range(3):
        i = i + 1
        s += x[i] * x[i - 1]
    return s * i


@case((5,))
def bound_evaluated_once(x):
    n = 3
    s = 1.0
    for i in range(n):
        n = 5
        s = s * x[i] + n
    return s


@case((4,))
def names_like_adjoints(x):
    x_bar = x * 2.0
    y_bar = x_bar[0] * x
    y = y_bar * x_bar
    value = y.sum()
    return value * x_bar[1]


@case((3,), 1.5)
def names_like_builtins(np_, len_):
    sum = np_ * len_  # noqa: A001
    range_ = sum[0]
    return sum * range_


@case((4,))
def same_view_twice(x):
    y = x.copy()
    a = y[1:3]
    b = y[1:3]
    a[0] = b[1] * x[0]
    b[1] = a[0] * x[3]
    return y * y


@case((6,))
def overlapping_views(x):
    y = x * x
    a = y[:4]
    b = y[2:]
    a[2] = 3.0 * b[1]
    b[0] *= a[0]
    return a * b


@case((4,), (4,))
def zero_times_parameter(x, y):
    return 0.0 * x * y + y


@case((3,), (3,))
def discarded_loop_result(x, y):
    s = 0.0
    t = 1.0
    for i in range(3):
        s += x[i] * y[i]
        t *= y[i] + 3.0
    return s


@case((5,))
def write_then_discard(x):
    y = x * x
    z = y.copy()
    z[0] = 100.0
    y[1] = z[0] * 0.0 + z[2]
    return y


@case((5,))
def store_into_read_counter(x):
    y = x * x
    k = 0
    while k < 3:
        y[k + 1] = y[k] * x[k + 1]
        k = k + 1
    y[k] = y[k] + x[k]
    return y


@case((5, 2))
def augmented_row_of_matrix(A):
    B = np.zeros((3, 2))
    for i in range(5):
        B[i % 3] += A[i] * A[i, 0]
        B[i % 3, 1] *= 1.5
    return B


@case(0.7)
def float_function(t):
    y = t
    for _ in range(4):
        y = y**2 + t if y < 1.0 else y / (1.0 + t)
    return y


@case((4,))
def chained_augmented(x):
    a = b = x * x
    a += 1.0
    return a * b


@case((4,))
def chained_plain(x):
    a = b = x * x
    a = a + 1.0
    return a * b


@case((3,))
def constant_function(x):
    return np.ones(3) * 2.0


@case((5,))
def parameter_element_returned(x):
    return x[2]


@case((3, 4))
def inplace_on_transpose_rows(A):
    B = A.copy()
    for row in B.T:
        row *= row[0]
    return B


@case((5,))
def accumulate_into_same_element(x):
    y = np.zeros(2)
    for i in range(5):
        y[i // 3] += x[i] * y[0] + x[i]
    return y


@case((5,))
def exit_value_reuse(x):
    found = -1
    for i in range(5):
        if x[i] > 0.0:
            found = i
            break
    if found >= 0:
        return x[found] ** 2
    return x[0]
