"""Places: slices with names, masks and grids made by functions, axes of products."""

import numpy as np

from corpus import case, exactly

INNER = np.s_[1:-1, 1:-1]
ABOVE = np.index_exp[:-2, 1:-1]
LAST = slice(-2, None)
MASK = exactly([True, False, True], "bool")


@case((4, 3), float32=True)
def named_slices(x):
    left = np.s_[..., :-1]
    y = x.copy()
    y[left] *= x[left]
    rise = y[INNER] - x[ABOVE]
    return np.sum(rise**2) * x[LAST] + y[np.s_[::2]]


@case((3, 3))
def masks_by_functions(A):
    upper = A[np.mask_indices(3, np.triu, 1)]
    lower = A[np.mask_indices(A.shape[0], lambda m, k: m - np.triu(m, k), 1)]
    total = 0.0
    for place in np.ndindex(*A.shape):
        total += A[place] ** 2 * place[1]
    return upper**2 * lower[:3] + total


@case((4, 3))
def grids_by_functions(A):
    def weight(i, j, scale=1.0):
        return scale * i + j / 2

    ramp = np.fromfunction(weight, A.shape, scale=A[0, 1])
    cross = np.fromfunction(lambda i, j: A[i, j] * (i == j), (4, 3), dtype=int)
    return ramp * A + cross


@case((2, 3, 4), (3, 4))
def products_along_axes(x, y):
    first = np.matmul(x, x, axes=[(1, 2), (2, 1), (0, 1)])
    return np.matmul(first, y, axes=[(2, 0), (0, 1), (-1, -2)])


@case((6,), MASK, analytic=False)
def masks_that_are_shorter(x, mask):
    both, here, there = np.intersect1d(
        x[[0, 0, 3]], x[[3, 1, 0, 3]], return_indices=True
    )
    kept = np.real_if_close(x).compress(mask) * np.sum(
        np.compress(mask[:2], x.reshape(3, 2), axis=1)
    )
    return np.sum(both * x[here] * x[there]) + kept


@case((3,), (2, 3))
def polynomials_of_two_variables(x, c):
    points = np.asarray_chkfinite(x)[:2] * 0.5
    values = np.polynomial.polynomial.polyval2d(points, x[1:], c)
    grid = np.polynomial.chebyshev.chebgrid2d(points, x, c)
    return values * grid[:, 0] + np.polynomial.legendre.legval2d(x[0], x[1], c)
