"""Arrays cut, put together, and chosen from."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from . import case


@case((6,), (4, 6))
def parts(x, A):
    first, second, third = np.split(x, 3)
    head, tail = np.split(x, [2])
    left, right = np.hsplit(A, 2)
    top, bottom = np.vsplit(A, 2)
    return first * second + third, tail * np.sum(head), left * right, top @ bottom.T


@case((7,))
def uneven_parts(x):
    a, b, c = np.array_split(x, 3)
    return np.sum(a**2) * b, c, np.array_split(x, 1)[0]


@case((4,), (3, 2), (3, 2))
def longer(x, A, B):
    return (
        np.append(x, 2.0 * x),
        np.append(A, B, axis=0),
        np.append(x, x[0] ** 2),
        np.dstack((A, B)),
        np.dstack((x, x)),
    )


@case((5,), (3, 4), 0.7)
def one_less_and_one_more(x, A, v):
    return (
        np.delete(x, 1) * 2.0,
        np.delete(x, -2),
        np.delete(A, 2, axis=1) ** 2,
        np.insert(x, 2, v * v),
        np.insert(A, 1, A[:, 0] * A[:, 1], axis=1),
        np.insert(A, 0, v, axis=0),
    )


@case((3, 4))
def quarter_turns(A):
    total = np.rot90(A) + 2.0 * np.rot90(A, -3)
    return total @ np.rot90(A, 2), np.rot90(A, 3) * np.rot90(A, -1), np.rot90(A, 4)


@case((5,), (3, 4), analytic=False)
def masks_and_choices(x, A):
    kept = np.compress([True, False, True, True, False], x)
    rows = np.compress(A[:, 0] > 0.0, A, axis=0)
    columns = np.compress([True, False, False, True], A, axis=1)
    chosen = np.choose(np.array([0, 1, 2, 1, 0]), (x, x**2, np.sin(x)))
    return kept * 2.0, np.sum(rows), columns, chosen, np.sum(np.extract(x > 0.0, x))


@case(0.3, 1.2)
def spaced(a, b):
    return np.logspace(a, b, 4), np.geomspace(a, b, 5), np.logspace(a, b, 3, base=2.0)


@case((6,), (3,), analytic=False)
def counted(weights, few):
    places = np.array([0, 2, 2, 1, 0, 4])
    sums = np.bincount(places, weights)
    longer = np.bincount(places, weights=weights, minlength=7)
    return sums, longer**2, np.bincount(places)[2] * few


@case((6,), (3,), analytic=False)
def correlated(x, w):
    return (
        np.correlate(x, w),
        np.correlate(x, w, mode="same"),
        np.correlate(x, w, "full"),
    )


@case((4,))
def arrays_of_a_number(y):
    s = np.sum(y * y)
    ones = s[None] + s[...] * s[..., np.newaxis] + np.ravel(s) * np.reshape(s, -1)
    more = np.expand_dims(s, 0) * np.cumsum(s) + np.squeeze(s) * np.prod(s)
    return ones + more, np.tile(s, 3) * np.atleast_3d(s)


@case((2, 3, 4), 1, 2, wrt="x")
def axes_and_positions(x, k, j):
    """Positions that are only known in the call, from either end."""
    turned = np.rollaxis(x, 2)[:3] * np.rollaxis(x, 1, 3)[:, :3, 0].T[..., np.newaxis]
    rest = np.delete(x[0, 0], k) * np.delete(x[1, 0], -j)
    return turned, rest, np.insert(x[0, 1], j, 0.5), np.atleast_3d(x[0])


@case((3, 4), core=True)
def flat_after_new_axes(x):
    """Memory that stays in order, though an axis more looks as if it did not."""
    return x[:, np.newaxis].reshape(-1) * x[0][np.newaxis, :, np.newaxis].reshape(4, 1)


@case((4,), (2, 3), float32=True)
def reflected_on_and_on(x, A):
    both = np.pad(x, (5, 8), mode="reflect", reflect_type="odd")
    rows = np.pad(A, ((1, 2), (4, 0)), mode="symmetric", reflect_type="odd")
    return np.sum(both**2) * rows**2


@case((3, 4), (5,))
def windows_on_arrays(A, x):
    tiles = sliding_window_view(A, (2, 3))
    rows = sliding_window_view(x, 3) ** 2
    return np.sum(tiles**2, axis=(2, 3)) * rows[1:, :2]
