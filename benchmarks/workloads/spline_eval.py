"""Misfit of a piecewise cubic at many points, each found by searchsorted."""

import numpy as np
from scipy.interpolate import CubicSpline

SIZES = {"small": {"m": 1000, "n": 20}, "large": {"m": 200_000, "n": 200}}
TINY = {"m": 9, "n": 4}
WRT = ("c", "x")
LOOPS = False


def data(rng, m, n):
    """Return a spline of n pieces, and m points in no order."""
    knots = np.concatenate(([0.0], np.cumsum(rng.uniform(0.5, 1.5, n))))
    spline = CubicSpline(knots, rng.standard_normal(n + 1))
    x = rng.uniform(0.0, knots[-1], m)
    return spline.c[::-1].copy(), x, knots, rng.standard_normal(m)


def primal(c, x, knots, target):
    piece = np.searchsorted(knots, x, side="right") - 1
    dx = x - knots[piece]
    y = ((c[3, piece] * dx + c[2, piece]) * dx + c[1, piece]) * dx + c[0, piece]
    return 0.5 * np.sum((y - target) ** 2)


def by_hand_numpy(c, x, knots, target):
    """Sums by piece are bincounts."""
    n = c.shape[1]
    piece = np.searchsorted(knots, x, side="right") - 1
    dx = x - knots[piece]
    c0, c1, c2, c3 = c[:, piece]
    bar = ((c3 * dx + c2) * dx + c1) * dx + c0 - target
    x_bar = bar * ((3.0 * c3 * dx + 2.0 * c2) * dx + c1)
    c_bar = np.empty_like(c)
    for power in range(4):
        c_bar[power] = np.bincount(piece, bar, n)
        bar *= dx
    return c_bar, x_bar


def by_hand_numba(c, x, knots, target):
    """A point at a time; the search halves without a branch."""
    n = c.shape[1]
    table, c_bar = c.T.copy(), np.zeros((n, 4))
    x_bar = np.empty(len(x))
    for i in range(len(x)):
        first, length = 0, n + 1
        while length > 1:
            half = length // 2
            first = first + half if knots[first + half] <= x[i] else first
            length -= half
        row, row_bar = table[first], c_bar[first]
        dx = x[i] - knots[first]
        bar = ((row[3] * dx + row[2]) * dx + row[1]) * dx + row[0] - target[i]
        x_bar[i] = bar * ((3.0 * row[3] * dx + 2.0 * row[2]) * dx + row[1])
        row_bar[0] += bar
        row_bar[1] += bar * dx
        row_bar[2] += bar * dx * dx
        row_bar[3] += bar * dx * dx * dx
    return c_bar.T.copy(), x_bar


def for_jax(np, lax):
    def primal(c, x, knots, target):
        piece = np.searchsorted(knots, x, side="right") - 1
        dx = x - knots[piece]
        y = ((c[3, piece] * dx + c[2, piece]) * dx + c[1, piece]) * dx + c[0, piece]
        return 0.5 * np.sum((y - target) ** 2)

    return primal


def for_torch(torch):
    def primal(c, x, knots, target):
        piece = torch.searchsorted(knots, x.detach(), right=True) - 1
        dx = x - knots[piece]
        c0, c1, c2, c3 = c[:, piece]
        y = ((c3 * dx + c2) * dx + c1) * dx + c0
        return 0.5 * torch.sum((y - target) ** 2)

    return primal


def for_autograd(np):
    from autograd.tracer import getval

    def primal(c, x, knots, target):
        piece = np.searchsorted(knots, getval(x), side="right") - 1
        dx = x - knots[piece]
        y = ((c[3, piece] * dx + c[2, piece]) * dx + c[1, piece]) * dx + c[0, piece]
        return 0.5 * np.sum((y - target) ** 2)

    return primal
