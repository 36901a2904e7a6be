"""Differences of neighbours and slopes, with every kind of end and of spacing."""

from __future__ import annotations

import numpy as np

from . import case


@case((5,), (3, 4), 0.4)
def differences_with_ends(x, A, c):
    return (
        np.diff(x, prepend=0.0, append=c),
        np.diff(A, axis=0, prepend=A[:1] * c),
        np.diff(A, n=2, append=c),
        np.ediff1d(x, to_begin=c, to_end=A[0]),
        np.ediff1d(A, to_end=[1.0, 2.0]),
    )


@case((6,), lambda rng: np.cumsum(rng.uniform(0.5, 2.0, 6)), (4, 3))
def slopes(x, at, A):
    total = np.gradient(x, at) + np.gradient(x, at, edge_order=2)
    total = total + np.gradient(x, edge_order=2) * np.gradient(x, at[0])
    down, across = np.gradient(A, at[:4], 0.3, edge_order=2)
    both = np.gradient(A, axis=(1, 0))
    return total, down * across, both[0] + both[1], np.gradient(A, 2.0, axis=-1)
