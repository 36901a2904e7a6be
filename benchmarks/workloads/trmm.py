"""Triangular matrix product in place: trmm of PolyBench, as NPBench writes it."""

import numpy as np

SIZES = {"small": {"m": 65, "n": 80}, "large": {"m": 200, "n": 240}}
WRT = ("alpha", "A", "B")
LOOPS = True


def data(rng, m, n):
    return 1.5, rng.standard_normal((m, m)), rng.standard_normal((m, n))


def primal(alpha, A, B):
    B = B.copy()
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            B[i, j] += np.dot(A[i + 1 :, i], B[i + 1 :, j])
    B *= alpha
    return 0.5 * np.sum(B * B)


def by_hand_numpy(alpha, A, B):
    """As products of whole matrices."""
    below = np.tril(A, -1)
    new = B + below.T @ B
    bar = alpha * alpha * new
    return alpha * np.sum(new * new), np.tril(B @ bar.T, -1), bar + below @ bar


def by_hand_numba(alpha, A, B):
    """A row at a time, there and back: what is below is still as it was."""
    m, n = B.shape
    A_bar, B_bar = np.zeros((m, m)), np.zeros((m, n))
    bar = np.empty(n)
    total = 0.0
    for i in range(m):
        bar[:] = B[i]
        for k in range(i + 1, m):
            factor, row = A[k, i], B[k]
            for j in range(n):
                bar[j] += factor * row[j]
        here_bar = B_bar[i]
        for j in range(n):
            total += bar[j] * bar[j]
            bar[j] *= alpha * alpha
            here_bar[j] += bar[j]
        for k in range(i + 1, m):
            factor, row, row_bar = A[k, i], B[k], B_bar[k]
            dot = 0.0
            for j in range(n):
                dot += bar[j] * row[j]
                row_bar[j] += factor * bar[j]
            A_bar[k, i] = dot
    return alpha * total, A_bar, B_bar


def for_jax(np, lax):
    """As products of whole matrices."""

    def primal(alpha, A, B):
        return 0.5 * np.sum((alpha * (B + np.tril(A, -1).T @ B)) ** 2)

    return primal


def for_torch(torch):
    """As products of whole matrices."""

    def primal(alpha, A, B):
        return 0.5 * torch.sum((alpha * (B + torch.tril(A, -1).T @ B)) ** 2)

    return primal


def for_autograd(np):
    """As products of whole matrices."""
    return for_jax(np, None)
