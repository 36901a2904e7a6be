"""Functions in forms that are used less often: orders, ends that are arrays."""

from __future__ import annotations

import numpy as np

from . import case


@case((4,), (4,), 0.3, (3, 4))
def lines_between(x, y, c, A):
    points, step = np.linspace(c, x[0], 4, retstep=True)
    return (
        np.linspace(x, y, 3),
        np.linspace(A, x, 3, endpoint=False, axis=1),
        points * step,
        np.full((2, 4), x) * np.full_like(A[:2], y),
    )


@case((2, 6), (2, 3, 2), 0.7)
def columns_first(A, C, c):
    a = A.flatten("F")
    a[1] = c
    return (
        A.reshape(3, 4, order="F") @ np.reshape(C, (-1, 3), "F"),
        a * C.ravel(order="F"),
        np.prod(c) * np.sum(A, axis=()),
        np.tril(a) + np.tri(12, dtype=float),
        A.item(3) * A.item(1, 2),
    )


@case((3, 4), analytic=False)
def open_mesh_of_a_mask(A):
    return A[np.ix_(A[:, 0] > -0.2, [1, 3])], np.max(A, axis=()), np.min(A[0, 0])
