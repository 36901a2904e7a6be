"""One derivative called with arrays of different lengths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from corpus import Case
from harness import one_compiled
from reference import complex_step

pytestmark = pytest.mark.usefixtures("loops_in_python")


def recurrence(x, w):
    h = 0.0
    s = 0.0
    for t in range(len(x)):
        h = np.tanh(w * h + x[t])
        s += h * h
    return s


def triangle(x, w):
    s = 0.0
    for i in range(len(x)):
        for j in range(i):
            s = s * w + x[i] * x[j] * s + x[j]
    return s


def halving(x, w):
    n = len(x)
    y = x * w
    while n > 1:
        n = n // 2
        y[:n] = y[:n] * y[n : 2 * n]
    return np.sum(y)


def stencil(x, w):
    y = x.copy()
    for _ in range(3):
        y[1:-1] = y[1:-1] + w * y[1:-1] * (y[2:] - y[:-2])
    return np.sum(y * y)


def until(x, w):
    s = 0.0
    i = 0
    while i < len(x):
        v = x[i]
        while v * v > 0.01:
            v = v * 0.7
            s = s * w + v
        i += 1
    return s


def outer_square(x, w):
    d = x[:, None] - w * x[None, :]
    return np.sum(d**2 * d)


def halves(x, w):
    m = len(x) // 2
    a, b = x[:m], x[m : 2 * m]
    return np.sum(a * b) * w + np.sum(np.concatenate((b, a)) ** 2)


FUNCTIONS = (recurrence, triangle, halving, stencil, until, outer_square, halves)
LENGTHS = (5, 2, 8, 1, 0, 33, 5)


@pytest.mark.parametrize("target", ["numpy", "cpu"])
@pytest.mark.parametrize("function", one_compiled(FUNCTIONS), ids=lambda f: f.__name__)
def test_lengths(function: Callable[..., Any], target: str) -> None:
    gradient = gs.grad(function, wrt=("x", "w"), target=target)
    rng = np.random.default_rng(8)
    for n in LENGTHS:
        args = (rng.standard_normal(n), 0.3)
        expected = complex_step(Case(function, "", (), ("x", "w")), args, [1.0])
        got = gradient(*args)
        for g, e in zip(got, expected, strict=True):
            scale = max(1.0, np.max(np.abs(e), initial=0.0))
            np.testing.assert_allclose(g, e, rtol=1e-9, atol=1e-11 * scale)
