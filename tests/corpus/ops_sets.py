"""Sets of numbers: distinct elements and rows, and what two arrays have in common."""

import numpy as np

from corpus import case, exactly

TWICE = exactly([0, 3, 1, 0, 2, 1, 1], "int64")
PLACES = exactly([[2, 0, 2], [1, 2, 4]], "int64")


@case((4,), TWICE, float32=True)
def distinct_numbers(x, places):
    values, first, inverse, counts = np.unique(
        x[places], return_index=True, return_inverse=True, return_counts=True
    )
    return np.sum(values**2 * counts) * values[inverse] + first.sum() * x[0]


@case((4, 3))
def distinct_rows(A):
    again = A[[1, 0, 2, 1, 3, 0]]
    rows, counts = np.unique(again, axis=0, return_counts=True)
    return np.sum(np.unique(again[:, [0, 2, 0]], axis=1)) * rows**2 * counts[:, None]


@case((5,), PLACES, analytic=False)
def sets_of_the_array_api(x, places):
    found = np.unique_all(x[places])
    parts = np.unique_counts(x).values * np.unique_values(x**3)
    inverse = np.unique_inverse(x[places]).inverse_indices
    return parts[0] * found.values[found.inverse_indices] * inverse + found.counts[0]


@case((6,), PLACES)
def members(x, places):
    inside = np.isin(places, [0, 4]) * x[places]
    return inside + x[:3] ** 2 * np.isin(places, places[0, :2], invert=True)


@case((6,), analytic=False)
def sets_of_two(x):
    y, z = x[:4] ** 2, x[2:5] ** 2
    both, either = np.intersect1d(y, z) * 2.0, np.setxor1d(y, z) ** 2
    return np.sum(both) * np.union1d(y, z) * np.sum(either) + np.sum(np.setdiff1d(y, z))


@case((5,))
def numbers_found_by_a_search(x):
    # Their count depends on the data, and so does the count of their places.
    large = x[x.real > x.real[2] - 0.1]
    return large * np.searchsorted(np.sort(x.real), large.real, side="right")
