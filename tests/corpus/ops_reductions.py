"""Reductions under masks, from a start, without nan; scans; weighted means."""

import numpy as np

from corpus import case, exactly, mask, plane


@case((4, 5), float32=True)
def sums_and_products_under_masks(A):
    here = A.real > -0.5
    rows = np.sum(A**2, axis=1, where=here, initial=2.0) ** 2
    columns = np.prod(A, axis=0, where=here, initial=3.0, keepdims=True)
    return np.sum(rows) + np.sum(columns * A) + A.sum(axis=(), where=here[0])[0, 0]


@case((4, 5), float32=True, analytic=False)
def extremes_from_a_start(A):
    columns = np.max(A, axis=0, where=A > -0.5, initial=-0.4) ** 2
    lowest = np.min(A, initial=-0.4, axis=1, keepdims=True) * A
    return np.sum(columns) + np.sum(lowest) + A.max(initial=0.2) * A.min(None, None)


@case((4, 5), mask(4, 5), analytic=False)
def moments_under_masks(A, M):
    here = M | (np.arange(5) > 2)
    means = np.mean(A**2, axis=1, where=here) * A.mean(where=here[:1])
    variances = np.var(A, axis=1, where=here) * A.std(axis=1, where=here, ddof=1)
    return means + variances


@case((4, 5), analytic=False)
def moments_about_means(A):
    m = np.mean(A, axis=0, keepdims=True)
    near = np.var(A, axis=0, mean=m) * np.std(A, 0, None, None, 1)
    return near + np.var(A, axis=0, mean=A[:1] ** 2, correction=1)


@case(plane(5), analytic=False)
def complex_moments_under_masks(z):
    here = np.abs(z) > 0.5
    spread = np.var(z, where=here) + np.std(z, where=here)
    return spread + np.abs(np.mean(z, where=here)) + np.abs(np.nansum(z))


def _with_gaps(rng):
    A = rng.standard_normal((4, 5))
    A[[0, 1, 3, 3], [0, 2, 0, 1]] = np.nan
    return A


@case((4, 5), _with_gaps, wrt="B", analytic=False, float32=True)
def reductions_beside_gaps(B, gaps):
    A = np.where(np.isnan(gaps), gaps, B)
    sums = np.nansum(A, axis=0) ** 2 + np.nanprod(A, axis=0)
    ends = np.nanmax(A, axis=1) * np.nanmin(A, axis=1) + np.nanmax(A)
    means = np.nanmean(A, axis=0) * np.nanvar(A, axis=0) + np.nanstd(A, 0, ddof=1)
    return np.sum(sums + means) + np.sum(ends) * np.nanmean(A)


@case((4, 5), _with_gaps, wrt="B")
def scans_beside_gaps(B, gaps):
    A = np.where(np.isnan(gaps), gaps, B)
    largest = B[np.nanargmax(gaps, axis=0), np.arange(5)]
    sums = np.nancumsum(A, axis=0) ** 2 * np.nancumprod(A, axis=0)
    return sums * largest + np.nancumsum(A)[7] * B[0, np.nanargmin(gaps[1])]


@case((3, 4))
def whole_scans(A):
    sums = np.cumulative_sum(A, axis=1, include_initial=True) ** 2
    products = np.cumulative_prod(A, axis=0, include_initial=True)
    return np.cumsum(A)[-1] * np.sum(sums) + np.sum(products[:, :2] ** 2)


@case((4, 5), (5,))
def weighted_means(A, w):
    given = np.average(A, axis=1, weights=w**2) ** 2
    means, total = np.average(A, axis=0, weights=A**2, returned=True, keepdims=True)
    plain, count = np.average(A, returned=True)
    return np.sum(given) + np.sum(means * total) + plain * count


@case((4, 5), analytic=False)
def ranges_and_counts(A):
    found = np.zeros(5)
    np.sum(A**2, axis=0, out=found)
    counts = np.count_nonzero(A > 0, axis=0, keepdims=True)
    some = np.any(A > 1, axis=1, where=A < 3, keepdims=True)
    return np.ptp(A, axis=1, keepdims=True) ** 2 * (A * counts + some) + found**2


def _is_zero(args, gradients):
    np.testing.assert_array_equal(gradients[0], np.zeros(3))


@case(exactly([1.0, 1.0, 4.0]), check=_is_zero)
def spread_of_equal_numbers(x):
    return np.std(x, where=x < 2) + np.sqrt(np.sum(np.where(x > 2, (x - 4) ** 2, 0)))
