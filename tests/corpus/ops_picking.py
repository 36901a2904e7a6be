"""Elements taken, repeated, and moved around."""

from __future__ import annotations

import numpy as np

from . import case, exactly


@case((5,), (3, 4), 2)
def rolled(x, A, k):
    return (
        np.roll(x, -7) * x,
        np.roll(A, 3),
        np.roll(A, (1, -2), axis=(0, 1)),
        np.roll(A, 1, axis=(0, 1)),
        np.roll(A, k, axis=1) * A,
    )


@case((4,), (3, 4), 0.6, np.array([2, 0, 1, 3]), 2)
def repeated(x, A, c, counts, k):
    return (
        np.repeat(x, counts),
        np.repeat(A, [1, 2, 0], axis=0),
        np.repeat(A, 2) * c,
        np.repeat(c, 3),
        np.tile(c, 2),
        np.tile(A, (k, 1)),
        np.resize(x, 7) * np.resize(A, 7),
        np.resize(A, (2, 5)),
    )


@case((4,), (3, 4), analytic=False)
def taken(x, A):
    kept = np.empty(2)
    np.take(x, [0, 2], out=kept)
    return (
        np.take(A, [[0, 5], [11, 5]]),
        np.take(x, [0, 6, -3], mode="wrap"),
        np.take(A, [0, 7], axis=1, mode="clip"),
        kept * x.compress([True, False, False, True]),
        A.compress([True, False, True], axis=0),
    )


@case((4,), (2, 3), 0.4, 2)
def padded(x, A, c, k):
    return (
        np.pad(x, (1, 2), constant_values=(c, x[0])),
        np.pad(A, 1, constant_values=((c, 2.0), (0.0, c))),
        np.pad(x, 6, mode="reflect") + np.pad(x, 6, mode="symmetric"),
        np.pad(A, k, mode="symmetric"),
        np.pad(x, (k, 1), mode="linear_ramp", end_values=c),
        np.pad(A, ((1, 0), (0, 2)), mode="mean"),
    )


@case((4,), (2, 3), analytic=False)
def padded_with_extremes(x, A):
    return np.pad(x, 2, mode="median"), np.pad(A, 1, mode="maximum")


@case((4,), float32=True)
def kept_in_single_precision(x):
    return (
        np.pad(x, 2, mode="linear_ramp"),
        np.ediff1d(x, to_end=1.0),
        np.insert(x, 1, 2.0) * np.linspace(x, 2.0 * x, 5)[:, 0],
        np.roll(x[:1], 3),
    )


BEYOND = exactly([4, -1, 0, 7, 2], "int64")


@case((5,), BEYOND, float32=True)
def choices_beyond_the_ends(x, which):
    wrapped = np.choose(which, (x, x**2, np.sin(x)), mode="wrap")
    return wrapped * np.choose(which, [x, 2.0 * x**3], mode="clip")


@case((2, 1), (3,))
def arrays_of_one_shape(A, x):
    B, y, one = np.broadcast_arrays(A, x, 2.0)
    first, second = np.unstack(B * y**2)
    last = np.unstack(A * x, axis=1)[2]
    return (
        first * second * one[0] + np.zeros(np.broadcast_shapes(A.shape, (3,))) + last[0]
    )


@case((6,), exactly([0, 2, 0, 1, 3, 0], "int64"))
def without_zeros_at_the_ends(x, keys):
    inner = np.trim_zeros(np.where(keys > 0, x**2, 0.0))
    return inner * np.sum(np.trim_zeros(x * (keys > 2), "f")) + np.trim_zeros(
        inner, "b"
    )


@case((2, 3))
def places_by_coordinates(A):
    rows, columns = np.array([0, 1, 1]), np.array([2, 0, 2])
    return A.ravel()[np.ravel_multi_index((rows, columns), A.shape)] ** 2


@case((3,))
def arrays_with_more_axes(x):
    return np.array(x, ndmin=3) * np.array([x[0], 2.0], ndmin=2).T ** 2
