"""log(sum(exp(x))), shifted by the greatest element."""

import numpy as np
from numba import prange

SIZES = {"1e5": {"n": 100_000}}
WRT = ("x",)
LOOPS = False
BOUND = 1.5


def data(rng, n):
    return (10.0 * rng.standard_normal(n),)


def primal(x):
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


def by_hand_numpy(x):
    p = np.exp(x - np.max(x))
    p /= np.sum(p)
    return (p,)


def by_hand_numba(x):
    n = len(x)
    top = x[0]
    for i in prange(n):
        top = max(top, x[i])
    p = np.empty(n)
    total = 0.0
    for i in prange(n):
        p[i] = np.exp(x[i] - top)
        total += p[i]
    scale = 1.0 / total
    for i in prange(n):
        p[i] *= scale
    return (p,)


def for_jax(np, lax):
    import jax

    return jax.nn.logsumexp


def for_torch(torch):
    def function(x):
        return torch.logsumexp(x, 0)

    return function


def for_autograd(np):
    from autograd.scipy.special import logsumexp

    return logsumexp
