"""The logistic loss of a linear model: in cache, and over a matrix of 80 MB."""

import numpy as np
from numba import prange

SIZES = {"1e3x100": {"m": 1000, "n": 100}, "1e5x100": {"m": 100_000, "n": 100}}
WRT = ("w",)
LOOPS = False
CACHE = 1 << 17  # numbers of a matrix that is better read twice
CHUNKS = 8


def data(rng, m, n):
    X = rng.standard_normal((m, n))
    return rng.standard_normal(n) / n, X, (rng.random(m) < 0.5).astype(float)


def primal(w, X, y):
    eta = X @ w
    mu = 1.0 / (1.0 + np.exp(-eta))
    return -np.sum(y * np.log(mu) + (1.0 - y) * np.log(1.0 - mu))


def by_hand_numpy(w, X, y):
    mu = 1.0 / (1.0 + np.exp(-(X @ w)))
    return (X.T @ (mu - y),)


def by_hand_numba(w, X, y):
    m, n = X.shape
    w_bar = np.empty(n)
    if X.size <= CACHE:
        eta = np.empty(m)
        np.dot(X, w, eta)
        for i in range(m):
            eta[i] = 1.0 / (1.0 + np.exp(-eta[i])) - y[i]
        np.dot(eta, X, w_bar)
        return (w_bar,)
    parts = np.zeros((CHUNKS, n))
    for c in prange(CHUNKS):
        part = parts[c]
        for i in range(c * m // CHUNKS, (c + 1) * m // CHUNKS):
            eta = 0.0
            for j in range(n):
                eta += X[i, j] * w[j]
            error = 1.0 / (1.0 + np.exp(-eta)) - y[i]
            for j in range(n):
                part[j] += error * X[i, j]
    for j in range(n):
        total = 0.0
        for c in range(CHUNKS):
            total += parts[c, j]
        w_bar[j] = total
    return (w_bar,)


def for_jax(np, lax):
    def function(w, X, y):
        eta = X @ w
        return np.sum(np.logaddexp(0.0, eta) - y * eta)

    return function


def for_torch(torch):
    loss = torch.nn.functional.binary_cross_entropy_with_logits

    def function(w, X, y):
        return loss(X @ w, y, reduction="sum")

    return function


def for_autograd(np):
    def function(w, X, y):
        eta = np.dot(X, w)
        return np.sum(np.logaddexp(0.0, eta) - y * eta)

    return function
