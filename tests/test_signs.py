"""Signs of stabilised statements cancel, and nothing else changes."""

from __future__ import annotations

import re

import gradscribe as gs
import numpy as np
import pytest


def cross_entropy(z, y):
    mu = 1.0 / (1.0 + np.exp(-z))
    return -(y * np.log(mu) + (1.0 - y) * np.log(1.0 - mu)).sum()


def difference(z, y):
    return (y - np.log(1.0 / (1.0 + np.exp(-z)))).sum()


def shared(z, y):
    a = np.log(1.0 / (1.0 + np.exp(-z)))
    return (a * y + np.exp(a)).sum()


def untouched(z, y):
    return -(-(y * -z)).sum()


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (cross_entropy, r"\(y \* _softplus\(.*\) \+ \(1.0 - y\) \* _softplus"),
        (difference, r"\(y \+ _softplus\(.*\)\).sum"),
        (untouched, r"-\(-\(y \* -z\)\).sum"),
    ],
)
def test_text(function, text) -> None:
    derivative = gs.value_and_grad(function, target="numpy")
    z, y = np.array([0.3, -40.0, 40.0]), np.array([1.0, 0.0, 0.25])
    derivative(z, y)
    assert re.search(text, derivative.source)


@pytest.mark.parametrize("function", [cross_entropy, difference, shared, untouched])
def test_value_and_gradient(function) -> None:
    z, y = np.array([0.3, -2.0, 1.5]), np.array([1.0, 0.0, 0.25])
    value, gradient = gs.value_and_grad(function, target="numpy")(z, y)
    assert value == pytest.approx(function(z, y), rel=1e-14)
    step = 1e-6 * np.eye(3)
    numeric = [(function(z + e, y) - function(z - e, y)) / 2e-6 for e in step]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-7, atol=1e-9)
