"""Blocks, grids and polynomials; functions given for pieces and for lines."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from . import case, exactly


@case((3, 3), (3,), 0.7)
def blocks(A, x, c):
    return (
        np.block([[A, x[:, None]], [x[None, :], c * np.ones((1, 1))]]),
        np.block([x, c, x]),
        scipy.linalg.block_diag(A, x, A[:2]),
        scipy.linalg.toeplitz(x, A[0]) @ scipy.linalg.circulant(x),
    )


@case((3,), (4,), (2, 3, 4), 0.6)
def grids(x, y, C, c):
    a, b = np.meshgrid(x, y)
    u, v, w = np.meshgrid(x, y, x[:2], indexing="ij")
    left, right = np.meshgrid(x, y, sparse=True)
    i, j = np.indices((3, 4))
    m, n = np.ogrid[0:3, 0:4]
    return (
        a * b + left * right,
        u * v + w,
        (i * C[0] + j) * (m - n * x[:, None]),
        np.mgrid[0:c:4j] * y,
        np.r_[x, c, 0:3, y],
        np.c_[x, x * c],
        np.hanning(4) * np.kaiser(4, 1.5) * y,
    )


@case((2, 3, 4), (3,))
def axes_moved(C, x):
    moved = np.moveaxis(C, [0, 2], [2, 0]) * np.rollaxis(C, 2)[:, :1].transpose(0, 2, 1)
    wide = np.expand_dims(x, (0, 2)) * np.atleast_3d(x)
    return moved, wide * C[:1, :, :]


@case(
    (4,), (3,), (3, 3), 0.4, lambda rng: rng.uniform(1.0, 2.0, 5), (5,), analytic=False
)
def polynomials(p, q, A, c, at, y):
    return (
        np.polyval(p, A) * np.polyval(q, c),
        np.polyder(p) * np.polyder(q, 1)[0],
        np.polyint(p, 2, [c, 1.0]),
        np.polymul(p, q),
        np.polyadd(q, p) * np.polysub(p, q),
        np.polyfit(at, y, 2),
    )


@case((3,), exactly([1.5, 0.5, -1.0], "float32"), analytic=False)
def polynomials_in_single_precision(p, x):
    narrow = np.polyval(x, x)
    return np.polyval([2.0, -1.0, 0.5], x), narrow, np.polyval(np.arange(3), x) * p


@case((5,), (3, 4), 0.3, analytic=False)
def functions_given(x, A, c):
    pieces = np.piecewise(
        x, [x < -0.5, x > 0.5], [lambda v: v**2, np.exp, lambda v: c * v]
    )
    return (
        pieces,
        np.piecewise(c, [c < 0.0], [1.0, np.sin]),
        np.apply_along_axis(lambda v: v * v[0], 0, A),
        np.apply_along_axis(np.cumsum, 1, A) @ np.apply_along_axis(np.sum, 1, A.T),
        np.apply_over_axes(np.sum, A, [0]),
    )
