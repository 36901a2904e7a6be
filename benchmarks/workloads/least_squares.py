"""Half the sum of squared residuals of a linear model: in cache, and beyond it."""

import numpy as np
from numba import prange

SIZES = {"1000x100": {"m": 1000, "n": 100}, "2e4x200": {"m": 20_000, "n": 200}}
WRT = ("w",)
LOOPS = False
BOUND = 2.0
CACHE = 1 << 17  # numbers of a matrix that is better read twice
CHUNKS = 8


def data(rng, m, n):
    X = rng.standard_normal((m, n))
    return rng.standard_normal(n), X, rng.standard_normal(m)


def primal(w, X, y):
    residual = X @ w - y
    return 0.5 * np.sum(residual * residual)


def by_hand_numpy(w, X, y):
    return (X.T @ (X @ w - y),)


def by_hand_numba(w, X, y):
    m, n = X.shape
    w_bar = np.empty(n)
    if X.size <= CACHE:
        residuals = np.empty(m)
        np.dot(X, w, residuals)
        for i in range(m):
            residuals[i] -= y[i]
        np.dot(residuals, X, w_bar)
        return (w_bar,)
    parts = np.zeros((CHUNKS, n))
    for c in prange(CHUNKS):
        part = parts[c]
        for i in range(c * m // CHUNKS, (c + 1) * m // CHUNKS):
            residual = -y[i]
            for j in range(n):
                residual += X[i, j] * w[j]
            for j in range(n):
                part[j] += residual * X[i, j]
    for j in range(n):
        total = 0.0
        for c in range(CHUNKS):
            total += parts[c, j]
        w_bar[j] = total
    return (w_bar,)


def for_jax(np, lax):
    def function(w, X, y):
        residual = X @ w - y
        return 0.5 * np.sum(residual * residual)

    return function


def for_torch(torch):
    return for_jax(torch, None)


def for_autograd(np):
    def function(w, X, y):
        residual = np.dot(X, w) - y
        return 0.5 * np.sum(residual * residual)

    return function
