"""Zero adjoints that meet infinities and kinks at zero: a zero stays a zero."""

import numpy as np

from corpus import case, exactly


def _equals(*expected):
    """Check gradients that no differences can give, for a scalar result."""

    def check(args, gradients):
        for g, e in zip(gradients, expected, strict=True):
            np.testing.assert_allclose(g, e, rtol=1e-12, atol=1e-300)

    return check


LOG2 = np.log(2.0)


@case(exactly([0.0, 2.0]), check=_equals([0.0, 1.0 + LOG2]), core=True)
def nan_replaced_in_place(x):
    y = x * np.log(x)
    y[np.isnan(y)] = 0.0
    return y.sum()


@case(exactly([0.0, 2.0]), check=_equals([0.0, 1.0 + LOG2]))
def infinity_not_chosen_in_loop(x):
    s = np.zeros(2)
    for i in range(2):
        v = x[i] * np.log(x[i])
        if x[i] > 0:
            s[i] = v
    return s.sum()


@case(exactly([0.0, 0.0, 0.0]), check=_equals([0.0, 0.0, 0.0]))
def root_of_dot(x):
    return np.sqrt(x @ x)


@case(exactly([0.0, 0.0, 0.0]), check=_equals([0.0, 0.0, 0.0]))
def root_of_looped_squares(x):
    s = 0.0
    for v in x:
        s += v * v
    return np.sqrt(s)


@case(exactly([[0.0, 0.0], [0.0, 0.0]]), check=_equals([[0.0, 0.0], [0.0, 0.0]]))
def root_of_squares_looped_twice(A):
    s = 0.0
    for i in range(2):
        for j in range(2):
            s += A[i, j] ** 2
    return np.sqrt(s)


@case(exactly([0.0, 3.0]), exactly([0.0, 4.0]), check=_equals([0.0, 0.6], [0.0, 0.8]))
def root_of_pairs(x, y):
    return np.sqrt(x**2 + y**2).sum()


@case(exactly([0.0, 4.0]), check=_equals([0.0, 0.25]))
def root_times_cast_mask(x):
    inside = (x > 0).astype(float)
    return np.sum(inside * np.sqrt(x))


@case(exactly([0.0, 4.0]), check=_equals([0.0, 0.25]))
def root_times_truth_in_loop(x):
    s = 0.0
    for v in x:
        s += (v > 0) * np.sqrt(v)
    return s


ROOT5 = np.sqrt(5.0)


@case(
    exactly([0.0, 1.0, 5.0]),
    check=_equals([-1.0 - 1.0 / ROOT5, 0.5, 1.0 / ROOT5 + 0.5]),
)
def pairs_less_the_diagonal(x):
    d = x[:, None] - x
    pairs = 1.0 - np.eye(len(x))
    return np.sum(pairs * (d * d) ** 0.25)
