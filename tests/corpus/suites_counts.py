"""Bins, tiles and sums of benchmark suites, in our own words."""

import numpy as np

from corpus import case, exactly, positive, unit


@case((12,), unit(12), 4, wrt="signal", analytic=False)
def azimuthal_average(signal, radius, bins):
    """The mean of a signal over rings of one width."""
    counted = np.histogram(radius, bins)[0]
    summed = np.histogram(radius, bins, weights=signal)[0]
    return summed / np.maximum(counted, 1)


@case((5,), exactly([2.0, 2.0, 2.0, 2.0, 2.0]), wrt="signal", analytic=False)
def histogram_of_one_number(signal, place):
    heights, edges = np.histogram(place, bins=3, weights=signal)
    return heights, edges[0] * heights


@case(
    (4,),
    exactly([0.1, 0.55, 0.9, 0.45]),
    exactly([0.0, 0.5, 1.0]),
    wrt="heights,x",
)
def piecewise_linear(heights, x, knots):
    """Interpolation between knots, the interval found by bisection."""
    k = np.searchsorted(knots, x, side="right") - 1
    width = knots[k + 1] - knots[k]
    share = (x - knots[k]) / width
    return (1.0 - share) * heights[k] + share * heights[k + 1]


@case((5,), (4,), analytic=False)
def binned_by_thresholds(x, gain):
    return x * gain[np.digitize(x, np.array([-1.0, 0.0, 1.0]))]


@case((4, 3), (3,))
def python_sum_of_rows(A, start):
    return np.log(sum(np.exp(A), 2.0)) + sum(A * A) * sum(start, 1)


@case((4,), 1.5, analytic=False)
def periodic_distances(x, length):
    """All distances of points on a ring."""
    n = len(x)
    rows = np.tile(x, (n, 1))
    gap = rows - rows.T
    gap[gap > length / 2] = gap[gap > length / 2] - length
    gap[gap < -length / 2] += length
    apart = np.sqrt(gap**2)
    apart[apart == 0] = -1
    return apart, np.tile(gap[0], 2)


def _root_of_gaps(x):
    gap = x[:, None] - x
    return np.sqrt(gap * gap + 0.0 * gap)


@case((4,), analytic=False)
def energy_of_distinct_pairs(x):
    """A helper's roots of zero get no adjoint: they stay out of the sum."""
    apart = _root_of_gaps(x)
    total = 0.0
    for r in apart.flat:
        if r > 1e-9:
            total += 1.0 / (1.0 + r)
    return total


@case(positive(3), (3,))
def flat_view_is_written(a, b):
    M = np.zeros((2, 3))
    M[0] = a
    M.flat[2:5] = b * M[0, 0]
    return M * M


def _memory_cell(weight, bias, hidden, cell, x):
    gates = np.concatenate((x, hidden, x, hidden)) * weight + bias
    keep, take, give = (1.0 / (1.0 + np.exp(-gates[:9]))).reshape(3, 3)
    cell = cell * keep + take * np.tanh(gates[9:])
    return give * np.tanh(cell), cell


@case((4, 12), (3, 3), (4, 3), (4, 3), heavy=True)
def layers_of_memory_cells(weights, ends, state, sequence):
    """A stack of LSTM layers that hands rows of its state on as views."""
    total = 0.0
    count = 0
    given = sequence[0]
    for t in range(len(sequence) - 1):
        fresh = np.copy(state)
        x = given * ends[0]
        for i in range(0, len(state), 2):
            fresh[i], fresh[i + 1] = _memory_cell(
                weights[i], weights[i + 1], state[i], state[i + 1], x
            )
            x = fresh[i]
        state = fresh
        guess = x * ends[1] + ends[2]
        total += sum(sequence[t + 1] * (guess - np.log(sum(np.exp(guess), 2))))
        count += guess.shape[0]
        given = sequence[t + 1]
    return -total / count


@case((5, 3), writes=("a",))
def row_above_scales_the_next(a):
    """A view carried through a loop that writes the array it is a part of."""
    above = a[0]
    for i in range(1, len(a)):
        a[i] = a[i] * above + above[::-1]
        above = a[i]
    return above * 2.0


@case((4, 3), writes=("a",))
def row_sums_fill_what_is_below(a):
    row = a[0]
    i = 1
    while i < len(a):
        a[i:, 0] = np.sum(row) * a[i:, 1]
        row = a[i]
        i += 1
    return row


@case((4,), (4,))
def reversed_and_cubed(x, y):
    """The cotangent's reverse is the first contribution; others add to it."""
    w = x * x * x
    v = x * y
    z = np.flip(x)
    return z + w + v


@case((4, 3))
def reversed_rows_and_squares(A):
    w = A * A
    u = np.flip(A, axis=0)[1:]
    return np.concatenate((u * 2.0, w[:1] * u[:1], np.flip(w)))
