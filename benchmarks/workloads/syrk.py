"""Symmetric rank-k update of a lower triangle: syrk of PolyBench, as in NPBench."""

import numpy as np

SIZES = {"small": {"n": 70, "m": 50}, "large": {"n": 200, "m": 150}}
WRT = ("alpha", "beta", "C", "A")
LOOPS = True


def data(rng, n, m):
    C = rng.standard_normal((n, n))
    return 1.5, 1.2, C, rng.standard_normal((n, m))


def primal(alpha, beta, C, A):
    C = C.copy()
    for i in range(A.shape[0]):
        C[i, : i + 1] *= beta
        for k in range(A.shape[1]):
            C[i, : i + 1] += alpha * A[i, k] * A[: i + 1, k]
    return 0.5 * np.sum(C * C)


def by_hand_numpy(alpha, beta, C, A):
    """As products of whole matrices."""
    lower = np.tril(C)
    product = np.tril(A @ A.T)
    new = beta * lower + alpha * product
    alpha_bar, beta_bar = np.sum(new * product), np.sum(new * lower)
    A_bar = alpha * ((new + new.T) @ A)
    return alpha_bar, beta_bar, np.triu(C, 1) + beta * new, A_bar


def by_hand_numba(alpha, beta, C, A):
    """A pair of rows at a time, there and back: nothing is kept."""
    n, m = A.shape
    C_bar, A_bar = C.copy(), np.zeros((n, m))
    alpha_bar = beta_bar = 0.0
    for i in range(n):
        row, row_bar = A[i], A_bar[i]
        for j in range(i + 1):
            other, other_bar = A[j], A_bar[j]
            product = 0.0
            for k in range(m):
                product += row[k] * other[k]
            new = beta * C[i, j] + alpha * product
            alpha_bar += new * product
            beta_bar += new * C[i, j]
            C_bar[i, j] = beta * new
            factor = alpha * new
            for k in range(m):
                row_bar[k] += factor * other[k]
            for k in range(m):
                other_bar[k] += factor * row[k]
    return alpha_bar, beta_bar, C_bar, A_bar


def for_jax(np, lax):
    """As products of whole matrices."""

    def primal(alpha, beta, C, A):
        lower = beta * np.tril(C) + alpha * np.tril(A @ A.T)
        return 0.5 * np.sum((lower + np.triu(C, 1)) ** 2)

    return primal


def for_torch(torch):
    """As products of whole matrices."""

    def primal(alpha, beta, C, A):
        lower = beta * torch.tril(C) + alpha * torch.tril(A @ A.T)
        return 0.5 * torch.sum((lower + torch.triu(C, 1)) ** 2)

    return primal


def for_autograd(np):
    """As products of whole matrices."""
    return for_jax(np, None)
