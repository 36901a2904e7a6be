"""sum(tanh(a x + b) exp(-x^2)): elementwise work and sums over one long array."""

import numpy as np
from numba import prange

SIZES = {"1e6": {"n": 1_000_000}}
WRT = ("x", "a", "b")
LOOPS = False


def data(rng, n):
    return rng.standard_normal(n), 1.3, -0.2


def primal(x, a, b):
    return np.sum(np.tanh(a * x + b) * np.exp(-(x**2)))


def by_hand_numpy(x, a, b):
    t = np.tanh(a * x + b)
    e = np.exp(-x * x)
    g = (1.0 - t * t) * e
    return g * a - 2.0 * x * t * e, g @ x, np.sum(g)


def by_hand_numba(x, a, b):
    x_bar = np.empty_like(x)
    a_bar = 0.0
    b_bar = 0.0
    for i in prange(len(x)):
        t = np.tanh(a * x[i] + b)
        e = np.exp(-x[i] * x[i])
        g = (1.0 - t * t) * e
        x_bar[i] = a * g - 2.0 * x[i] * t * e
        a_bar += g * x[i]
        b_bar += g
    return x_bar, a_bar, b_bar


def for_jax(np, lax):
    def function(x, a, b):
        return np.sum(np.tanh(a * x + b) * np.exp(-(x**2)))

    return function


def for_torch(torch):
    def function(x, a, b):
        return torch.sum(torch.tanh(a * x + b) * torch.exp(-(x**2)))

    return function


def for_autograd(np):
    return for_jax(np, None)
