"""Orders along axes, partitions, medians and quantiles."""

import numpy as np

from corpus import case, exactly


def apart(*shape):
    """Numbers no two of which are near each other."""
    return lambda rng: (
        0.3 * rng.permutation(np.prod(shape)).reshape(shape)
        + rng.uniform(-1.5, -1.4, shape)
    )


@case((4, 3), (4, 3), float32=True)
def sorted_rows_and_columns(A, B):
    return np.sum(np.sort(A, axis=0) * B) + np.sum(np.sort(B)[:, ::-1] * A)


@case((2, 3, 4))
def sorted_middle_axis(A):
    B = A * A
    B.sort(axis=1)
    return B - np.sort(A, axis=-3)


@case((2, 3), exactly([[1, 2, 1], [2, 2, 1]], "int64"))
def places_of_a_matrix(A, keys):
    order = np.argsort(keys, axis=1)
    return np.take_along_axis(A**2, order, axis=1) * np.array([1.0, 10.0, 100.0])


@case((3, 1), (1, 4))
def sorted_axes_of_length_one(A, B):
    return np.sort(A) * np.sort(B, axis=0)


@case((4, 3), (6,))
def sorted_views(A, x):
    return np.sum(np.sort(A.T)[:, 0] * x[::2]) + np.sum(np.sort(x[::-2])) ** 2


@case((8,))
def partitions(x):
    y = x * 1.0
    y.partition(2)
    smallest = x[np.argpartition(x, 3)[:3]]
    return np.sum(np.partition(x, 4)[:4] ** 2) + np.sum(smallest**3) * y[2]


@case((7,))
def lexical_order(x):
    order = np.lexsort((x, np.floor(x.real)))
    return x[order] * np.arange(7)


@case(apart(4, 5), apart(2, 3, 4), float32=True, analytic=False)
def medians(A, B):
    rows = np.median(A, axis=1) ** 2
    columns = np.median(A, axis=0, keepdims=True) * A
    several = np.median(B, axis=(0, 2)) ** 3
    return np.sum(rows) + np.sum(columns) + np.sum(several) + np.median(B)


@case(apart(7), analytic=False, float32=True)
def percentile_of_a_vector(x):
    return np.percentile(x, 30) ** 2 + np.percentile(x, [0, 12.5, 100]) @ x[:3]


@case(apart(4, 5), analytic=False)
def quantiles_of_rows(A):
    return np.quantile(A, [0.1, 0.5, 0.77], axis=1) ** 2


@case(apart(2, 3, 4), analytic=False)
def quantiles_over_axes(A):
    return A / np.quantile(A, 0.9, axis=(0, 2), keepdims=True)


@case(lambda rng: np.array([0.2, 0.55]), apart(9), analytic=False)
def quantiles_by_their_parts(q, x):
    return np.quantile(x, q) ** 2 * np.quantile(x, q[0])


@case(apart(7), analytic=False)
def quantile_methods(x):
    steps = np.quantile(x, 0.4, method="lower") * np.quantile(x, 0.4, method="higher")
    between = np.quantile(x, [0.0, 0.3, 1.0], method="hazen") ** 2
    others = np.quantile(x, 0.4, method="weibull") ** 2
    others += np.quantile(x, 0.4, method="median_unbiased") ** 3
    others += np.quantile(x, 0.4, method="normal_unbiased") ** 4
    return steps + np.sum(between) + others * np.quantile(x, 0.4, method="midpoint")


def _with_gaps(rng):
    A = rng.standard_normal((4, 5))
    A[[0, 1, 3, 3], [0, 2, 0, 1]] = np.nan
    return A


@case(apart(4, 5), _with_gaps, wrt="B", analytic=False, core=True)
def quantiles_of_rows_beside_gaps(B, gaps):
    A = np.where(np.isnan(gaps), np.nan, B)
    return np.sum(np.nanquantile(A, [0.2, 0.7], axis=1) ** 2)


@case(apart(4, 5), _with_gaps, wrt="B", analytic=False, heavy=True)
def quantiles_beside_gaps(B, gaps):
    A = np.where(np.isnan(gaps), np.nan, B)
    middle = np.nanmedian(A, axis=0) ** 2
    rows = np.nanquantile(A, [0.2, 0.7], axis=1) ** 2
    low = np.nanpercentile(A, 30, axis=1, keepdims=True) * B
    return np.sum(middle) + np.sum(rows) + np.sum(low) + np.nanmedian(A)


@case(apart(5), analytic=False)
def quantile_into(x):
    found = np.zeros(2)
    np.quantile(x, [0.25, 0.75], out=found)
    return found[1] - found[0]


@case(apart(3, 2, 4), analytic=False)
def orders_in_loops(B):
    total = 0.0
    for k in range(B.shape[0]):
        S = np.sort(B[k], axis=0)
        total += np.sum(S[0] * S[1]) * np.quantile(B[k], 0.3)
        if total > 0:
            total += np.sum(np.maximum.accumulate(B[k], axis=1) ** 2)
    return total


@case(apart(7), analytic=False)
def sorted_again_and_again(x):
    y = x * 1.0
    for k in range(3):
        y = np.sort(y) * 1.1
        y[0] = y[0] ** 2
        np.multiply.at(y, [0, 0, k], x[k])
    return y


@case(apart(3, 4), analytic=False)
def clipped_in_all_spellings(A):
    below = A.clip(max=0.5) * np.clip(A, None, 0.2)
    above = np.clip(A, min=-0.7) * np.clip(A, -1.0, None)
    kept = A * 1.0
    kept.clip(-0.4, 0.8, out=kept)
    return below * above * A.clip(-0.7, 0.5) + np.clip(A, A[::-1], 2.0) * kept


@case(apart(7), apart(3, 4), exactly([0, 2, 1, 0, 3, 1, 1], "int64"), analytic=False)
def quantiles_of_single_elements(x, A, counts):
    parts = [0.0, 0.3, 1.0]
    weighted = np.quantile(x, parts, weights=counts, method="inverted_cdf")
    steps = np.quantile(x, parts, method="closest_observation") * weighted
    rows = np.percentile(A, [25, 60], axis=1, method="averaged_inverted_cdf")
    nearest = np.quantile(A, 0.4, axis=0, method="nearest")
    return np.sum(steps**2) * rows**2, nearest * np.quantile(
        A, 0.4, axis=0, method="interpolated_inverted_cdf"
    )
