"""Two rank-one updates and two matrix-vector products: gemver of PolyBench."""

import numpy as np

SIZES = {"small": {"n": 120}, "large": {"n": 1500}}
WRT = ("alpha", "beta", "A", "x", "y", "z")
LOOPS = False


def data(rng, n):
    u1, v1, u2, v2, x, y, z = rng.standard_normal((7, n))
    A = rng.standard_normal((n, n)) / np.sqrt(n)
    return 1.5, 1.2, A, u1, v1, u2, v2, x, y, z


def primal(alpha, beta, A, u1, v1, u2, v2, x, y, z):
    A = A + np.outer(u1, v1) + np.outer(u2, v2)
    x = x + beta * A.T @ y + z
    w = alpha * A @ x
    return 0.5 * np.sum(w * w)


def by_hand_numpy(alpha, beta, A, u1, v1, u2, v2, x, y, z):
    A = A + np.outer(u1, v1) + np.outer(u2, v2)
    product = y @ A
    x = x + beta * product + z
    plain = A @ x
    w_bar = alpha * plain
    x_bar = alpha * (w_bar @ A)
    A_bar = np.outer(alpha * w_bar, x) + np.outer(y, beta * x_bar)
    y_bar = beta * (A @ x_bar)
    return w_bar @ plain, x_bar @ product, A_bar, x_bar, y_bar, x_bar.copy()


def by_hand_numba(alpha, beta, A, u1, v1, u2, v2, x, y, z):
    """Three passes over A, whose updated rows are made anew in each."""
    n = len(x)
    product, row = np.zeros(n), np.empty(n)
    for i in range(n):
        for j in range(n):
            product[j] += y[i] * (A[i, j] + u1[i] * v1[j] + u2[i] * v2[j])
    x = x + beta * product + z
    alpha_bar = beta_bar = 0.0
    w_bar, x_bar = np.empty(n), np.zeros(n)
    for i in range(n):
        plain = 0.0
        for j in range(n):
            row[j] = A[i, j] + u1[i] * v1[j] + u2[i] * v2[j]
            plain += row[j] * x[j]
        w_bar[i] = alpha * plain
        alpha_bar += w_bar[i] * plain
        for j in range(n):
            x_bar[j] += alpha * w_bar[i] * row[j]
    for j in range(n):
        beta_bar += x_bar[j] * product[j]
    A_bar, y_bar = np.empty((n, n)), np.empty(n)
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += x_bar[j] * (A[i, j] + u1[i] * v1[j] + u2[i] * v2[j])
            A_bar[i, j] = alpha * w_bar[i] * x[j] + beta * y[i] * x_bar[j]
        y_bar[i] = beta * total
    return alpha_bar, beta_bar, A_bar, x_bar, y_bar, x_bar.copy()


def for_jax(np, lax):
    def primal(alpha, beta, A, u1, v1, u2, v2, x, y, z):
        A = A + np.outer(u1, v1) + np.outer(u2, v2)
        x = x + beta * A.T @ y + z
        w = alpha * A @ x
        return 0.5 * np.sum(w * w)

    return primal


def for_torch(torch):
    def primal(alpha, beta, A, u1, v1, u2, v2, x, y, z):
        A = A + torch.outer(u1, v1) + torch.outer(u2, v2)
        x = x + beta * A.T @ y + z
        w = alpha * A @ x
        return 0.5 * torch.sum(w * w)

    return primal


def for_autograd(np):
    return for_jax(np, None)
