"""PolyBench's covariance, as in NPBench; the result is a weighted sum."""

import numpy as np

SIZES = {"260x240": {"n": 260, "m": 240}}
WRT = ("samples",)
LOOPS = False


def data(rng, n, m):
    return rng.standard_normal((n, m)), rng.standard_normal((m, m))


def primal(samples, weights):
    n, m = samples.shape
    centred = samples - np.mean(samples, axis=0)
    cov = np.zeros((m, m))
    for i in range(m):
        cov[i:, i] = centred[:, i] @ centred[:, i:] / (n - 1.0)
        cov[i, i:] = cov[i:, i]
    return np.sum(weights * cov)


def by_hand_numpy(samples, weights):
    centred = samples - np.mean(samples, axis=0)
    return (centred @ (weights + weights.T) / (len(samples) - 1.0),)


def by_hand_numba(samples, weights):
    n, m = samples.shape
    means = np.zeros(m)
    for i in range(n):
        for j in range(m):
            means[j] += samples[i, j]
    centred, bar = np.empty((n, m)), np.empty((n, m))
    for i in range(n):
        for j in range(m):
            centred[i, j] = samples[i, j] - means[j] / n
    both = np.empty((m, m))
    for i in range(m):
        for j in range(m):
            both[i, j] = (weights[i, j] + weights[j, i]) / (n - 1.0)
    np.dot(centred, both, bar)
    return (bar,)


def for_jax(np, lax):
    def function(samples, weights):
        centred = samples - np.mean(samples, axis=0)
        return np.sum(weights * (centred.T @ centred)) / (len(samples) - 1.0)

    return function


def for_torch(torch):
    def function(samples, weights):
        return torch.sum(weights * torch.cov(samples.T))

    return function


def for_autograd(np):
    def function(samples, weights):
        centred = samples - np.mean(samples, axis=0)
        return np.sum(weights * np.dot(centred.T, centred)) / (len(samples) - 1.0)

    return function
