"""Zeros that nothing reads are not stored; the others are."""

from __future__ import annotations

import gradscribe as gs
import numpy as np
import pytest
from harness import one_compiled

pytestmark = pytest.mark.usefixtures("loops_in_python")


def once(x, w):
    """Each element is written once, and read by all that follow."""
    y = w * 2.0
    for i in range(len(x)):
        y[i] = np.sin(x[i]) * y[i]
    return np.sum(y * w)


def columns(x, w):
    """A column, then the row of the same number."""
    n = len(x)
    y = np.outer(w, w)
    for i in range(n):
        y[i:, i] = x[i:] * x[i]
        y[i, i:] = y[i:, i] * 2.0
    return np.sum(y * y)


def again(x, w):
    """The element before is written again."""
    y = w * 2.0
    for i in range(1, len(x)):
        y[i] = x[i] * y[i]
        y[i - 1] = x[i] * x[i - 1]
    return np.sum(y * w)


def turns(x, w):
    """The whole is written in every round."""
    y = w * 2.0
    for _ in range(3):
        for i in range(len(x)):
            y[i] = np.sin(x[i] + y[i]) if i % 2 else x[i]
    return np.sum(y * w)


def places(x, w):
    """Nobody knows where."""
    y = w * 2.0
    for i in range(len(x)):
        y[int(w[i]) % len(x)] = x[i]
    return np.sum(y * y)


@pytest.mark.parametrize("f", one_compiled([once, columns, again, turns, places]))
@pytest.mark.parametrize("n", [0, 1, 6])
def test_gradients_agree(f, n):
    x, w = np.linspace(0.1, 1.0, n), np.arange(n) % 4 + 0.5
    ours = gs.grad(f, wrt=("x", "w"))(x, w)
    theirs = gs.grad(f, wrt=("x", "w"), target="numpy")(x, w)
    for got, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)


def text_of(f):
    gradient = gs.grad(f, wrt="x")
    gradient(np.linspace(0.1, 1.0, 6), np.arange(6) % 4 + 0.5)
    return gradient.source_for("cpu")


def test_zeros_that_nothing_reads_are_left_out():
    assert "] = 0.0" not in text_of(once)
    text = text_of(columns)
    assert "y_bar[i, j] = 0.0" in text  # of which the diagonal is read
    assert "y_bar[j, i] = 0.0" not in text


@pytest.mark.parametrize("f", [again, turns, places])
def test_other_zeros_are_stored(f):
    assert "] = 0.0" in text_of(f)
