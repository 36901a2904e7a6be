"""Functions of NumPy that are formulas over others."""

import math

import numpy as np

from corpus import case, dominant, exactly, integers, positive


@case((6,), analytic=False, core=True)
def chosen_of_three(x):
    low, high = x < -0.5, x > 0.5
    return np.select([low, high], [x**2, np.sin(x)], default=3.0 * x)


@case((5,), (5,))
def where_close(x, y):
    near = np.isclose(x, x + 1e-12 * y) & ~np.isclose(x, y)
    if np.allclose(x, y) or not math.isclose(1.0, 1.0 + 1e-12):
        return 0.0 * np.sum(x)
    return np.sum(np.where(near, x * y, 0.0))


@case((6,), positive(6), core=True)
def work(f, h):
    x = np.cumsum(h)
    return np.trapezoid(f * f, x) + np.trapezoid(f, dx=0.1)


@case((3, 5), (4,))
def integrals_of_columns(A, h):
    return np.trapezoid(A**2, axis=0) * np.sum(np.ediff1d(h) ** 2)


@case((6,), 0.3)
def slopes(f, h):
    return np.gradient(f, h) * np.gradient(f)


@case((4, 5))
def curl_of_a_field(A):
    down, across = np.gradient(A, 0.5)
    return down * across - np.gradient(A, axis=1)


@case(
    exactly([-1.0, 0.2, 0.9, 1.7, 2.4, 9.0]),
    exactly([0.0, 0.5, 1.5, 2.5]),
    (4,),
    analytic=False,
    core=True,
)
def table_lookup(x, xp, fp):
    return np.interp(x, xp, fp) ** 2


@case(0.7, (4,), analytic=False)
def table_at_a_number(x, fp):
    xp = np.linspace(0.0, 2.0, 4)
    return np.interp(x, xp, fp) + np.interp(-x, xp, fp, left=0.5)


@case((7,), (3,), core=True)
def filtered(x, w):
    return np.convolve(x, w) ** 2


@case((7,), (4,))
def filtered_alike(x, w):
    return np.convolve(x, w, mode="same") * np.arange(7.0) + np.convolve(w, x, "same")


@case((7,), (3,), float32=True)
def filtered_inside(x, w):
    return np.convolve(x, w, mode="valid") ** 2


@case((4,), (3,))
def polynomials(x, c):
    return np.vander(x, 3) @ c + np.polyval([2.0, -1.0, 0.5], x)


@case((3, 3))
def walks(A):
    cube = np.linalg.matrix_power(A, 5)
    return cube + np.linalg.matrix_power(A, 0) + np.linalg.matrix_power(A, 1)


@case((2, 3), (3, 2), (2,), (3,))
def kronecker(A, B, u, v):
    return np.kron(A, B)[:, 0] * np.kron(u, v)


@case((4, 4))
def lower_sum(A):
    return np.sum(np.tri(4) * A**2) + np.sum(np.tri(4, 4, -1) * A)


@case((5, 4))
def picked_grid(A):
    i, j = np.array([0, 3, 3]), np.array([1, 2])
    B = A[np.ix_(i, j)]
    return B * B


@case((4, 3), integers(0, 3, 4))
def label_scores(A, labels):
    """The score of the label of each row."""
    return np.take_along_axis(A**2, labels[:, None], axis=1)[:, 0]


@case((3, 4), analytic=False)
def largest_entry(A):
    i, j = np.unravel_index(np.argmax(A), A.shape)
    return A[i, j] ** 2


@case((4,), (4,), 0.5, analytic=False)
def sums_of_numbers(x, y, s):
    return math.fsum(x) * math.prod(y) + math.dist(x, y) * math.prod((s, 2.0, s))


@case((3, 4), 2, core=True)
def padded_by_argument(A, k):
    B = np.pad(A, k)
    C = np.pad(A, ((k, 0), (1, k - 1)), constant_values=1.5)
    return np.sum(B[1:, 1:] * B[:-1, :-1]) + np.sum(C[1:] * C[:-1])


@case((5,), (3, 4), 2)
def padded_by_itself(x, A, k):
    wide = np.pad(x, k, mode="edge") * np.pad(x, 2, mode="wrap")
    B = np.pad(A, ((1, 0), (0, 2)), mode="reflect")
    return np.sum(wide * np.arange(9.0)) + np.sum(B[1:] * B[:-1])


@case((3, 4), analytic=False)
def norms_of_every_kind(A):
    columns = np.linalg.norm(A, 3, axis=0) * np.linalg.norm(A, -1.5, axis=0)
    sides = np.linalg.norm(A, 1) * np.linalg.norm(A, np.inf) + np.linalg.norm(A, -1)
    counts = np.linalg.norm(A, 0, axis=1)
    return np.sum(columns) * sides + np.sum(counts * A[:, 0]) + np.linalg.norm(A, "fro")


@case((3, 4), analytic=False)
def smallest_rows(A):
    low = np.linalg.norm(A, -np.inf, axis=(0, 1), keepdims=True)
    return A * low + np.linalg.norm(A, ord=1, axis=(1, 0))


@case((3, 5), (5,), (5,), analytic=False, core=True)
def covariances(X, u, v):
    return np.cov(X) @ np.corrcoef(X)[0] * np.cov(u) + np.corrcoef(u, v)[0, 1]


@case((5, 2), analytic=False)
def covariance_of_columns(X):
    return np.cov(X, rowvar=False, bias=True) + np.cov(X.T, ddof=2)


@case(dominant(4), (4,), analytic=False, core=True)
def gaussian_likelihood(S, x):
    C = S @ S.T
    sign, logdet = np.linalg.slogdet(C)
    size = np.linalg.slogdet(S)[1]
    return -0.5 * sign * (logdet + x @ np.linalg.solve(C, x)) + size


@case((4,), float32=True, analytic=False)
def away_from_zero(x):
    eps = np.finfo(x.dtype).eps
    return np.sqrt(x * x + eps) + np.maximum(x, np.finfo(np.float32).tiny)
