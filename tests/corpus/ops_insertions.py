"""Several positions at once, bins by edges, weighted covariances, cut-off inverses."""

from __future__ import annotations

import numpy as np

from . import case


@case((5,), (3, 4), (3,), 0.4)
def several_positions(x, A, v, c):
    return (
        np.delete(x, [0, -1]) * c,
        np.delete(A, slice(1, 3), axis=1),
        np.delete(x, np.array([True, False, True, False, False])),
        np.insert(x, [3, 1, 1], v),
        np.insert(A, [0, 2], c, axis=1),
        np.insert(x, 2, v * v),
    )


@case((5,), (3, 4), (3,), 0.4, analytic=False)
def written_places(x, A, v, c):
    a, B = x * 2.0, A * A
    np.place(a, x > -0.5, v)
    np.put_along_axis(B, np.array([[0], [2], [1]]), v[:, None] * c, axis=1)
    np.put_along_axis(B, np.argmax(A, axis=0, keepdims=True), c, axis=0)
    return a * x, B * A, np.take_along_axis(A, np.array([[0, 1], [1, 1], [3, 0]]))


@case((6,), (6,), (3, 6), analytic=False)
def in_bins(x, w, A):
    total, edges = np.histogram(x, [-2.0, -0.5, 0.5, 1.0], weights=w)
    even, _ = np.histogram(x, 3, range=(-1.0, 1.0), weights=w, density=True)
    return (
        total * edges[1:] * even,
        np.histogram_bin_edges(x, 4),
        np.histogram(A, 2, weights=A * A)[0],
    )


@case((3, 6), (6,), lambda rng: rng.uniform(0.5, 2.0, 6), (4, 3), analytic=False)
def weighted_spreads(A, y, w, B):
    return (
        np.cov(A, aweights=w),
        np.cov(A, y, fweights=[1, 2, 1, 1, 3, 1], aweights=w),
        np.cov(A, 2.0 * A[:2], ddof=0),
        np.linalg.pinv(B, rcond=1e-9) @ np.linalg.lstsq(B.T, A, rcond=1e-9)[0],
        np.linalg.lstsq(B[:3].T, A)[0],
    )


@case((4,), lambda rng: rng.uniform(0.0, 6.0, 5), (5,), analytic=False)
def around_a_circle(x, at, values):
    return np.interp(x, at, values, period=6.0)


@case((6,), (6,), (6,), wrt="w", analytic=False)
def weighted_tables_of_bins(x, y, w):
    edges = np.array([-1.0, 0.0, 1.0])
    table, rows, columns = np.histogram2d(
        x, y, [3, edges], range=[(-1.0, 1.0), None], weights=w
    )
    dense = np.histogramdd([x, y, x + y], 2, weights=w**2, density=True)[0]
    return np.sum(table**2 * rows[1:, None]) + np.sum(dense**2, axis=0) * columns[1:]
