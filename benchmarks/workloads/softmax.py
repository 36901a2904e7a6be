"""The cross-entropy of softmax, with respect to the logits."""

import numpy as np
from numba import prange

SIZES = {"512x1000": {"m": 512, "classes": 1000}}
WRT = ("logits",)
LOOPS = False


def data(rng, m, classes):
    return rng.standard_normal((m, classes)), rng.integers(classes, size=m)


def primal(logits, label):
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_total = np.log(np.sum(np.exp(shifted), axis=1))
    return np.mean(log_total - shifted[np.arange(len(label)), label])


def by_hand_numpy(logits, label):
    p = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    p /= np.sum(p, axis=1, keepdims=True) * len(label)
    p[np.arange(len(label)), label] -= 1.0 / len(label)
    return (p,)


def by_hand_numba(logits, label):
    m, classes = logits.shape
    bar = np.empty_like(logits)
    for i in prange(m):
        top = logits[i, 0]
        for j in range(1, classes):
            top = max(top, logits[i, j])
        total = 0.0
        for j in range(classes):
            bar[i, j] = np.exp(logits[i, j] - top)
            total += bar[i, j]
        scale = 1.0 / (total * m)
        for j in range(classes):
            bar[i, j] *= scale
        bar[i, label[i]] -= 1.0 / m
    return (bar,)


def for_jax(np, lax):
    def function(logits, label):
        shifted = logits - lax.stop_gradient(np.max(logits, axis=1, keepdims=True))
        log_total = np.log(np.sum(np.exp(shifted), axis=1))
        picked = np.take_along_axis(shifted, label[:, None], axis=1)[:, 0]
        return np.mean(log_total - picked)

    return function


def for_torch(torch):
    return torch.nn.functional.cross_entropy


def for_autograd(np):
    def function(logits, label):
        shifted = logits - np.max(logits, axis=1, keepdims=True)
        log_total = np.log(np.sum(np.exp(shifted), axis=1))
        return np.mean(log_total - shifted[np.arange(len(label)), label])

    return function
