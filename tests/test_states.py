"""States of loops keep their memory: written in place, or two arrays in turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from harness import one_compiled

pytestmark = pytest.mark.usefixtures("loops_in_python")


def _text(function: Callable[..., Any], *args: Any) -> str:
    """The compiled form of a function; it gives what the function gives."""
    made = gs.jit(function, target="cpu")
    copies = [np.copy(a) if isinstance(a, np.ndarray) else a for a in args]
    for _ in range(2):
        found, expected = made(*args), function(*args)
        found = found if isinstance(found, tuple) else (found,)
        expected = expected if isinstance(expected, tuple) else (expected,)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-14)
        for one, other in zip(args, copies, strict=True):
            np.testing.assert_array_equal(one, other)
    return made.source_for("cpu").rpartition("\ndef ")[2]


def _made_in_loops(text: str) -> int:
    """How many arrays are made inside loops."""
    lines = text.splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("    for t "))
    depth = " " * 8
    body = [line for line in lines[first + 1 :] if line.startswith(depth)]
    return sum("np.empty(" in line or "np.zeros(" in line for line in body)


def _name(function: Callable[..., Any]) -> str:
    return function.__name__


def by_element(x, steps):
    y = np.zeros(len(x))
    for t in range(steps):
        y = np.sin(y) + x * t
    return y


def from_a_parameter(x, steps):
    for t in range(steps):
        x = x * np.cos(x) + t
    return x


def stencil(x, steps):
    for t in range(steps):
        y = np.empty(len(x))
        y[0] = x[1]
        y[-1] = x[-2] + t
        y[1:-1] = x[:-2] * x[2:]
        x = y
    return x


def product(x, steps):
    A = np.outer(x, x) / len(x)
    y = x + 1.0
    for t in range(steps):
        y = A @ y + np.sin(t * x)
    return y


def old_one_read_later(x, steps):
    y, total = 1.0 * x, 0.0
    for t in range(steps):
        z = y * x
        total += np.sum(z * y[::-1]) + t
        y = z
    return y, total


def two_that_change_places(x, steps):
    y, z = 1.0 * x, 2.0 * x
    for t in range(steps):
        y, z = z + t, y
    return y, z


def one_from_the_other(x, steps):
    y, z = 1.0 * x, 2.0 * x
    for t in range(steps):
        w = y + z * t
        z = z * w
        y = w
    return y, z


def kept_in_between(x, steps):
    y, best = 1.0 * x, 1.0 * x
    for t in range(steps):
        y = y * x - t
        if y[0] > best[0]:
            best = y
    return y, best


def start_read_later(x, steps):
    start = np.sin(x)
    y = start
    for t in range(steps):
        y = y * x - t
    return y + start, start


def rows(x, steps):
    X = np.outer(x, x)
    for t in range(steps):
        Y = np.empty(X.shape)
        for i in range(len(x)):
            Y[i, 0] = X[i, 1] + t
            Y[i, 1] = X[i, 0] - X[i, 2]
            for j in range(2, len(x)):
                Y[i, j] = X[i, j] * X[i, j - 1]
        X = Y
    return X


def left_early(x, steps):
    y = 1.0 * x
    for t in range(steps):
        y = y * x + t
        if y[0] > 3.0:
            break
    return y


def within_another(x, steps):
    total = 0.0
    for i in range(len(x)):
        y = x * i
        for t in range(steps):
            y = np.tanh(y + x + t)
        total += np.sum(y)
    return total


ALL = [
    by_element,
    from_a_parameter,
    stencil,
    product,
    old_one_read_later,
    two_that_change_places,
    one_from_the_other,
    kept_in_between,
    start_read_later,
    rows,
    left_early,
    within_another,
]


@pytest.mark.parametrize("function", one_compiled(ALL), ids=_name)
@pytest.mark.parametrize("steps", [0, 1, 4])
def test_states(function, steps):
    x = np.array([0.3, -0.8, 0.5, 0.9, 1.1])
    _text(function, x, steps)


@pytest.mark.parametrize("function", one_compiled(ALL), ids=_name)
def test_derivatives(function):
    x = np.array([0.3, -0.8, 0.5, 0.9, 1.1])
    value = function(x, 4)
    seed = tuple(map(np.cos, value)) if isinstance(value, tuple) else np.cos(value)
    made, reference = (
        gs.vjp(function, wrt="x", target=target) for target in ("cpu", "numpy")
    )
    for _ in range(2):
        found, expected = made(seed, x, 4), reference(seed, x, 4)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(
    "function", [by_element, from_a_parameter, stencil, product, rows], ids=_name
)
def test_nothing_is_made_in_the_loop(function):
    x = np.array([0.3, -0.8, 0.5, 0.9, 1.1])
    assert not _made_in_loops(_text(function, x, 3))


def test_two_arrays_take_turns():
    text = _text(stencil, np.arange(5.0), 3)
    assert "x_2, y = y, x_2" in text


def test_an_element_is_written_over_the_old_one():
    text = _text(by_element, np.arange(5.0), 3)
    assert "y[i] = np.sin(y[i])" in text or "y[i] = _vsin(y[i])" in text


def test_a_chain_of_iterations_stays_outside():
    """Inside, each would wait for the one before."""
    lines = _text(from_a_parameter, np.arange(5.0), 3).splitlines()
    assert any(line.startswith("    for t in") for line in lines)
