"""Sorting, and indices that are made: of what is true, of diagonals, of triangles."""

import numpy as np

from corpus import case, exactly, normal, positive


@case((7,), (7,), core=True)
def rank_weights(x, w):
    order = np.argsort(-x)
    return np.sum(w * x[order] ** 2)


@case((6,), (6,), analytic=False)
def sorted_distance(x, y):
    """Wasserstein's distance of two samples."""
    return np.sum(np.abs(np.sort(x) - np.sort(y)) ** 1.5)


@case((6,), float32=True, analytic=False)
def sorted_in_place(x):
    y = 2.0 * x
    y.sort()
    y[0] *= 3.0
    return y * np.arange(6.0)


@case(exactly([2.0, 1.0, 2.0, 1.0]), exactly([1.0, 2.0, 3.0, 4.0]), wrt="w")
def equal_elements(x, w):
    return w[np.argsort(x, kind="stable")] * np.array([1.0, 10.0, 100.0, 1000.0])


@case((7,), (6,), analytic=False, core=True)
def medians(x, y):
    return np.median(x) * np.median(y) + np.median(x * x)


@case((3, 4), analytic=False)
def largest_gap(A):
    s = np.sort(A, axis=None)
    return np.max(s[1:] - s[:-1])


@case((8,), analytic=False)
def positive_entries(x):
    places = np.flatnonzero(x > 0)
    (below,) = np.nonzero(x < -0.5)
    return np.sum(x[places] ** 2) + np.sum(np.sin(x[below]))


@case((4, 5), analytic=False, core=True)
def entries_of_a_matrix(A):
    i, j = np.nonzero(A > 0.2)
    return np.sum(A[i, j] * (i + 2.0 * j))


@case((4, 3), (4,), (3,), analytic=False)
def pairs_found(A, u, v):
    total = 0.0
    for i, j in np.argwhere(A > 0):
        total += u[i] * v[j] * A[i, j]
    return total


@case((4, 4), (6,))
def packed_triangle(A, v):
    B = A.copy()
    B[np.triu_indices(4, 1)] = v
    B[np.diag_indices(4)] *= 2.0
    return B @ B


@case((4, 4))
def sum_below_the_diagonal(A):
    i, j = np.tril_indices_from(A, k=-1)
    return np.sum(A[i, j] ** 2) + np.sum(A[np.diag_indices_from(A)] ** 3)


@case(normal(5), positive(5), wrt="w")
def cumulated_by_order(x, w):
    order = x.argsort()
    return np.cumsum(w[order]) / w.sum()
