"""Rosenbrock's function of 200 numbers: what is timed is the call."""

import numpy as np

SIZES = {"200": {"n": 200}}
WRT = ("x",)
LOOPS = False
HAND = 1.5


def data(rng, n):
    return (rng.standard_normal(n),)


def primal(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def by_hand_numpy(x):
    steps = x[1:] - x[:-1] ** 2
    x_bar = np.empty_like(x)
    x_bar[0] = 0.0
    x_bar[1:] = 200.0 * steps
    x_bar[:-1] -= 400.0 * x[:-1] * steps + 2.0 * (1.0 - x[:-1])
    return (x_bar,)


def by_hand_numba(x):
    n = len(x)
    x_bar = np.empty(n)
    x_bar[n - 1] = 0.0
    for i in range(n - 1):
        x_bar[i] = -400.0 * x[i] * (x[i + 1] - x[i] * x[i]) - 2.0 * (1.0 - x[i])
    for i in range(1, n):
        x_bar[i] += 200.0 * (x[i] - x[i - 1] * x[i - 1])
    return (x_bar,)


def for_jax(np, lax):
    def function(x):
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    return function


def for_torch(torch):
    return for_jax(torch, None)


def for_autograd(np):
    return for_jax(np, None)
