"""Sums, means, products and extrema over axes."""

import numpy as np

from corpus import case, mask, normal, positive


@case((5,), float32=True)
def total(x):
    return np.sum(x * x)


@case((4, 3))
def row_sums(A):
    return np.sum(A * A, axis=1)


@case((4, 3), float32=True)
def normalised_rows(A):
    return A / np.sum(A * A, axis=1, keepdims=True)


@case((2, 3, 4))
def sum_two_axes(A):
    return (A**2).sum(axis=(0, 2))


@case((2, 3, 4))
def sum_negative_axis(A):
    return np.sin(A).sum(axis=-1)


@case((4, 3), float32=True)
def mean_and_centre(A):
    return A - A.mean(axis=0)


@case((6,), float32=True)
def mean_of_squares(x):
    return np.mean(x**2)


@case((6,), float32=True, analytic=False)
def variance(x):
    return np.var(x) + x.std()


@case((5, 3), analytic=False)
def variance_axis(A):
    return np.var(A, axis=0, ddof=1) * A.std(axis=0)


@case((5, 3), analytic=False)
def standardise(A):
    return (A - A.mean(axis=0, keepdims=True)) / A.std(axis=0, keepdims=True)


@case((5,))
def product(x):
    return np.prod(x)


@case((3, 4))
def product_axis(A):
    return np.prod(A, axis=1)


@case((6,), float32=True)
def largest(x):
    return np.max(x) * x[0]


@case((4, 3))
def largest_axis(A):
    return A.max(axis=1) - A.min(axis=1)


@case((4, 3))
def largest_keepdims(A):
    return A - np.max(A, axis=0, keepdims=True)


@case((4, 5), float32=True)
def softmax_rows(Z):
    e = np.exp(Z - Z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@case((4, 5))
def log_sum_exp_rows(Z):
    m = np.max(Z, axis=1)
    return m + np.log(np.sum(np.exp(Z - m[:, None]), axis=1))


@case((6,))
def log_sum_exp_plain(z):
    return np.log(np.sum(np.exp(z)))


@case((6,))
def cumulative_sum(x):
    return np.cumsum(x * x)


@case((3, 4))
def cumulative_sum_axis(A):
    return np.cumsum(A, axis=0) * A


@case((5,))
def cumulative_product(x):
    return np.cumprod(x)


@case((6,), analytic=False)
def euclidean_norm(x):
    return np.linalg.norm(x)


@case((6,))
def norm_by_hand(x):
    return np.sqrt(np.sum(x**2))


@case((6,), (6,), mask(6), wrt="x,y")
def masked_sum(x, y, keep):
    return np.sum(np.where(keep, x * y, 0.0))


@case((5, 4))
def sum_of_slices(A):
    return A[1:, :].sum() * A[:, 0].mean()


@case(positive(5))
def harmonic_mean(x):
    return x.size / np.sum(1.0 / x)


@case(positive(5))
def geometric_mean(x):
    return np.prod(x) ** (1.0 / len(x))


@case((6,))
def pick_by_argmax(x):
    k = np.argmax(x)
    return x[k] ** 2 + k * x[0]


@case((2, 3))
def builtin_sum_of_products(A):
    return sum(A[0] * A[1])


@case(normal(4, 3), analytic=False)
def max_abs(A):
    return np.max(np.abs(A), axis=0)


@case((3, 4))
def total_of_scalars(A):
    s = A.sum()
    return s * s + A.mean() * s
