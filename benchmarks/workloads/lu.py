"""LU factorisation in place without pivoting, in the loops of PolyBench's lu.

The result is a weighted sum of the factors.
"""

import numpy as np

SIZES = {"small": {"n": 60}, "large": {"n": 220}}
WRT = ("A",)
LOOPS = True
BOUND = 4.0


def data(rng, n):
    """Return a matrix with a large diagonal, and weights."""
    A = rng.standard_normal((n, n)) + n * np.eye(n)
    return A, rng.standard_normal((n, n))


def primal(A, W):
    """Return the weighted sum of the factors of A."""
    n = A.shape[0]
    A = A.copy()
    for i in range(n):
        for j in range(i):
            for k in range(j):
                A[i, j] -= A[i, k] * A[k, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            for k in range(i):
                A[i, j] -= A[i, k] * A[k, j]
    return np.sum(A * W)


def by_hand_numpy(A, W):
    """Eliminate row by row; the factors alone are enough to go back."""
    n = A.shape[0]
    A = A.copy()
    for k in range(n - 1):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])
    bar = W.copy()
    for k in range(n - 2, -1, -1):
        inner = bar[k + 1 :, k + 1 :]
        column = (bar[k + 1 :, k] - inner @ A[k, k + 1 :]) / A[k, k]
        bar[k, k + 1 :] -= A[k + 1 :, k] @ inner
        bar[k, k] -= column @ A[k + 1 :, k]
        bar[k + 1 :, k] = column
    return (bar,)


def by_hand_numba(A, W):
    """Rows innermost; views that start at 0 spare the test for negative indices."""
    n = A.shape[0]
    A = A.copy()
    for i in range(n):
        for k in range(i):
            A[i, k] /= A[k, k]
            factor = A[i, k]
            here, above = A[i, k + 1 :], A[k, k + 1 :]
            for j in range(n - k - 1):
                here[j] -= factor * above[j]
    bar = W.copy()
    for i in range(n - 1, -1, -1):
        for k in range(i - 1, -1, -1):
            factor = A[i, k]
            here, above, above_bar = bar[i, k + 1 :], A[k, k + 1 :], bar[k, k + 1 :]
            total = 0.0
            for j in range(n - k - 1):
                total += here[j] * above[j]
                above_bar[j] -= factor * here[j]
            bar[i, k] = (bar[i, k] - total) / A[k, k]
            bar[k, k] -= bar[i, k] * factor
    return (bar,)


def for_jax(np, lax):
    """Eliminate under masks, as shapes are static."""

    def primal(A, W):
        n = A.shape[0]
        index = np.arange(n)

        def step(A, k):
            below = index > k
            column = np.where(below, A[:, k] / A[k, k], 0.0)
            row = np.where(below, A[k], 0.0)
            A = A - np.outer(column, row)
            return A.at[:, k].set(np.where(below, column, A[:, k])), None

        A, _ = lax.scan(step, A, index[:-1])
        return np.sum(A * W)

    return primal


def for_torch(torch):
    """Eliminate on ever smaller blocks, which keeps autograd's copies small."""

    def primal(A, W):
        total = 0.0
        for k in range(W.shape[0]):
            column = A[1:, 0] / A[0, 0]
            total = total + A[0] @ W[k, k:] + column @ W[k + 1 :, k]
            A = A[1:, 1:] - torch.outer(column, A[0, 1:])
        return total

    return primal


def for_autograd(np):
    """As for PyTorch."""

    def primal(A, W):
        total = 0.0
        for k in range(W.shape[0]):
            column = A[1:, 0] / A[0, 0]
            total = total + A[0] @ W[k, k:] + column @ W[k + 1 :, k]
            A = A[1:, 1:] - np.outer(column, A[0, 1:])
        return total

    return primal
