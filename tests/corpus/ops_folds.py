"""Methods of universal functions: reduce, accumulate, outer, at."""

import numpy as np

from corpus import case, exactly, positive


@case((4, 5), float32=True, analytic=False)
def sums_by_reduce(A):
    columns = np.add.reduce(A**2) * np.multiply.reduce(A, 0) + np.subtract.reduce(A)
    rows = np.logaddexp.reduce(A, axis=1) * np.fmax.reduce(A, axis=1)
    return np.sum(columns) * np.maximum.reduce(A, axis=None) + np.sum(rows)


@case((4, 5), analytic=False)
def sums_of_powers_by_reduce(A):
    above = np.logaddexp2.reduce(A, axis=0, keepdims=True, where=A > -1)
    return above * np.minimum.reduce(A, axis=1, keepdims=True, initial=0.3)


@case(positive(4, 5), positive(3), analytic=False)
def reduce_by_loops(P, q):
    rows = np.hypot.reduce(P, axis=1) ** 3 + np.divide.reduce(P, axis=1)
    return np.sum(rows) * np.float_power.reduce(q) + np.sum(np.fmod.reduce(P[:2]))


@case((4, 5), (7,), analytic=False, float32=True)
def accumulated(A, x):
    highest = np.maximum.accumulate(A, axis=1) ** 2 * np.minimum.accumulate(A)
    sums = np.logaddexp.accumulate(x) * np.add.accumulate(x)
    products = np.multiply.accumulate(A, axis=1) ** 2
    return np.sum(highest + products) * np.sum(sums * np.subtract.accumulate(x))


@case((4, 1), (1, 5), analytic=False)
def accumulated_axes_of_length_one(A, B):
    return np.maximum.accumulate(A) * np.fmin.accumulate(B, 0) ** 2


@case((4,), positive(5), (2, 2), analytic=False)
def tables(x, y, A):
    found = np.zeros((4, 5))
    np.subtract.outer(x, y, out=found)
    angles = np.hypot.outer(x, y) * np.arctan2.outer(x, y)
    return np.sum(found**2 * angles) * np.sum(np.multiply.outer(A, x) ** 2)


@case((4, 5), positive(2, 5), float32=True, analytic=False)
def folds_of_other_dtypes(A, P):
    odd = np.logical_xor.reduce(A > 0, axis=1) + np.logical_or.accumulate(A)[:, 1]
    powers = np.float_power.accumulate(P) ** 2 + np.float_power.reduce(P)
    return np.sum(A * odd[:, None]) * np.sum(powers)


INDICES = exactly([0, 2, 2, 6, 0, -1], "int64")


@case((7,), INDICES, positive(6), analytic=False)
def at_repeated_indices(x, indices, y):
    z = x * 1.0
    np.multiply.at(z, indices, y)
    np.divide.at(z, indices, y[0])
    np.maximum.at(z, indices, 0.1 * y)
    np.sin.at(z, indices)
    np.exp.at(z, [1, 1])
    return z**2


@case((4, 5), positive(3, 5))
def at_rows_slices_and_masks(A, rows):
    z = A * 1.0
    np.multiply.at(z, [0, 0, 2], rows)
    np.power.at(z, (slice(None), 1), 2)
    np.multiply.at(z, z.real > 1, 3.0)
    return z**2


STARTS = exactly([0, 3, 1, 6], "int64")


@case((7,), (3, 4), STARTS, analytic=False, float32=True)
def segments(x, A, starts):
    sums = np.add.reduceat(x, starts) * np.maximum.reduceat(x, starts)
    products = np.multiply.reduceat(A, [0, 2, 1], axis=1) ** 2
    others = np.hypot.reduceat(x, starts) + np.subtract.reduceat(A[0], starts % 4)
    return sums * others * np.sum(products)
