"""Neighbouring nests run as one; arrays that only hand numbers on become numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np


def _loops(function: Callable[..., Any], *args: Any) -> str:
    """The compiled form of the function itself."""
    made = gs.jit(function, target="cpu")
    np.testing.assert_allclose(made(*args), function(*args), rtol=1e-14)
    return made.source_for("cpu").rpartition("\ndef ")[2]


def chain(x, y):
    a = x * y
    b = np.arctan(a) + a
    return np.sum(b * a)


def test_a_chain_is_one_loop_without_arrays():
    text = _loops(chain, np.arange(5.0), np.ones(5))
    assert text.count("for ") == 1
    assert "np.empty" not in text


def shifted(x):
    a = np.arctan(x)
    b = np.arctan(x)
    return a[1:] * b[:-1]


def test_what_is_read_once_elsewhere_is_computed_there():
    text = _loops(shifted, np.arange(5.0))
    assert text.count("for ") == 1
    assert text.count("np.empty") == 1


def twice(x):
    a = np.arctan(x)
    return a[1:] * a[:-1]


def test_what_is_dear_and_read_twice_is_an_array():
    text = _loops(twice, np.arange(5.0))
    assert text.count("for ") == 2
    assert text.count("np.empty") == 2


def transposed(A):
    B = A * 2.0
    C = A + 1.0
    return B * C.T


def test_rows_and_columns_meet_where_they_are_read():
    text = _loops(transposed, np.arange(9.0).reshape(3, 3))
    assert text.count("for ") == 2
    assert text.count("np.empty") == 1


def both_ways(A):
    B = np.exp(A)
    return B * B.T


def test_rows_and_columns_stay_apart():
    text = _loops(both_ways, np.arange(9.0).reshape(3, 3))
    assert text.count("for ") == 4


def rows(A):
    m = np.mean(A, axis=1)
    return np.sum(np.exp(A - m[:, np.newaxis]), axis=1)


def test_outer_loops_merge_where_inner_ones_cannot():
    text = _loops(rows, np.arange(6.0).reshape(2, 3))
    assert sum(line.startswith("    for ") for line in text.splitlines()) == 1


def weighted(x, a, b):
    return np.sum(np.tanh(a * x + b) * np.exp(-(x**2)))


def test_forward_and_backward_are_one_loop():
    gradient = gs.grad(weighted, wrt=("x", "a", "b"), target="cpu")
    args = np.linspace(-1.0, 1.0, 7), 0.7, 0.1
    plain = gs.grad(weighted, wrt=("x", "a", "b"), target="numpy")
    for got, expected in zip(gradient(*args), plain(*args), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-13)
    text = gradient.source_for("cpu")
    assert text.count("for i in") == 1
    assert text.count("np.empty") == 1
    assert "# Forward and backward\n" in text


def picked_along_rows(x, k):
    rows = np.arange(len(k))
    return np.sum(x[rows, k] ** 2) + np.sum(np.exp(x))


def test_counted_integers_are_counters():
    types = "x: f64[n, m], k: i64[n]"
    made = gs.grad(picked_along_rows, wrt="x", types=types, target="cpu")
    text = made.source_for("cpu").rpartition("\ndef ")[2]
    assert "np.int64" not in text
    assert "x_bar[i, at] += " in text
