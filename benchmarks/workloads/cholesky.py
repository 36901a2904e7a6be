"""Cholesky factorisation in place: cholesky of PolyBench, as NPBench writes it.

The result is a weighted sum of the factor.
"""

import numpy as np

SIZES = {"small": {"n": 60}, "large": {"n": 220}}
WRT = ("A",)
LOOPS = True
BOUND = 4.0


def data(rng, n):
    """Return a positive definite matrix, and weights below the diagonal."""
    B = rng.standard_normal((n, n))
    return B @ B.T + n * np.eye(n), np.tril(rng.standard_normal((n, n)))


def primal(A, W):
    """Return the weighted sum of the factor of A."""
    A = A.copy()
    A[0, 0] = np.sqrt(A[0, 0])
    for i in range(1, A.shape[0]):
        for j in range(i):
            A[i, j] -= np.dot(A[i, :j], A[j, :j])
            A[i, j] /= A[j, j]
        A[i, i] -= np.dot(A[i, :i], A[i, :i])
        A[i, i] = np.sqrt(A[i, i])
    return np.sum(A * W)


def by_hand_numpy(A, W):
    """Column by column; the factor alone is enough to go back."""
    n = A.shape[0]
    L = np.tril(A)
    for j in range(n):
        L[j, j] = np.sqrt(L[j, j] - L[j, :j] @ L[j, :j])
        L[j + 1 :, j] = (L[j + 1 :, j] - L[j + 1 :, :j] @ L[j, :j]) / L[j, j]
    bar = W.copy()
    for j in range(n - 1, -1, -1):
        below = bar[j + 1 :, j]
        below /= L[j, j]
        bar[j, j] = 0.5 * (bar[j, j] / L[j, j] - below @ L[j + 1 :, j] / L[j, j])
        bar[j + 1 :, :j] -= np.outer(below, L[j, :j])
        bar[j, :j] -= below @ L[j + 1 :, :j] + 2.0 * bar[j, j] * L[j, :j]
    return (bar,)


def by_hand_numba(A, W):
    """Row by row, as the primal; every loop runs along memory."""
    n = A.shape[0]
    A = A.copy()
    for i in range(n):
        for j in range(i):
            total = A[i, j]
            for k in range(j):
                total -= A[i, k] * A[j, k]
            A[i, j] = total / A[j, j]
        total = A[i, i]
        for k in range(i):
            total -= A[i, k] * A[i, k]
        A[i, i] = np.sqrt(total)
    bar = W.copy()
    for i in range(n - 1, -1, -1):
        square = bar[i, i] / A[i, i]
        bar[i, i] = 0.5 * square
        for k in range(i):
            bar[i, k] -= square * A[i, k]
        for j in range(i - 1, -1, -1):
            term = bar[i, j] / A[j, j]
            bar[i, j] = term
            bar[j, j] -= term * A[i, j]
            for k in range(j):
                bar[i, k] -= term * A[j, k]
                bar[j, k] -= term * A[i, k]
    return (bar,)


def for_jax(np, lax):
    """Column by column under masks, as shapes are static."""

    def primal(A, W):
        index = np.arange(A.shape[0])

        def step(L, j):
            row = np.where(index < j, L[j], 0.0)
            column = L[:, j] - L @ row
            pivot = np.sqrt(column[j])
            column = np.where(index > j, column / pivot, 0.0).at[j].set(pivot)
            return L.at[:, j].set(column), None

        L, _ = lax.scan(step, np.tril(A), index)
        return np.sum(L * W)

    return primal


def for_torch(torch):
    """Eliminate on ever smaller blocks, which keeps autograd's copies small."""

    def primal(A, W):
        total = 0.0
        for k in range(W.shape[0]):
            pivot = torch.sqrt(A[0, 0])
            column = A[1:, 0] / pivot
            total = total + pivot * W[k, k] + column @ W[k + 1 :, k]
            A = torch.tril(A[1:, 1:] - torch.outer(column, column))
        return total

    return primal


def for_autograd(np):
    """As for PyTorch."""

    def primal(A, W):
        total = 0.0
        for k in range(W.shape[0]):
            pivot = np.sqrt(A[0, 0])
            column = A[1:, 0] / pivot
            total = total + pivot * W[k, k] + column @ W[k + 1 :, k]
            A = np.tril(A[1:, 1:] - np.outer(column, column))
        return total

    return primal
