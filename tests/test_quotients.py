"""Quotients in compiled code: products with the reciprocal, if they decide nothing."""

from __future__ import annotations

from typing import Any

import gradscribe as gs
import numpy as np
import pytest


def looked_up(x: Any, table: Any, h: float) -> Any:
    s = 0.0
    for i in range(len(x)):
        s += table[int(x[i] / h)] * x[i]
    return s


def first_half(x: Any, table: Any, h: float) -> Any:
    s = np.sum(table)
    for i in range(len(x)):
        s += x[i] ** 2 if i / (100.0 * h) < 0.5 else x[i]
    return s


def kept(x: Any, table: Any, h: float) -> Any:
    places = x / h
    s = 0.0
    for i in range(len(x)):
        s += table[int(np.floor(places[i] + 0.0))] * x[i]
    return s


def scaled(x: Any, table: Any, h: float) -> Any:
    s = 0.0
    for i in range(len(x)):
        if x[i] / h > 0.0 and abs(x[i] / h) < np.inf:
            s += x[i] / h
    return s + np.sum(table)


@pytest.mark.parametrize("function", [looked_up, first_half, kept, scaled])
def test_multiples_are_found_where_numpy_finds_them(function: Any) -> None:
    compiled, plain = (
        gs.value_and_grad(function, wrt=("x", "table"), target=target)
        for target in ("cpu", "numpy")
    )
    table = np.random.default_rng(0).standard_normal(101)
    for h in np.linspace(0.01, 1.0, 60):
        x = h * np.arange(100)
        value, gradients = compiled(x, table, h)
        wanted, others = plain(x, table, h)
        np.testing.assert_allclose(value, wanted, rtol=1e-12)
        for gradient, other in zip(gradients, others, strict=True):
            np.testing.assert_allclose(gradient, other, rtol=1e-12)


@pytest.mark.parametrize("function", [looked_up, first_half, kept, scaled])
def test_only_quotients_that_decide_nothing_may_be_products(function: Any) -> None:
    derivative = gs.grad(function, wrt=("x", "table"))
    derivative(np.ones(3), np.ones(200), 0.5)
    (made,) = derivative._made.values()
    flags = made._function.dispatcher.targetoptions["fastmath"]
    assert ("arcp" in flags) == (function is scaled)
