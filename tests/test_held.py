"""Elements that inner loops add to as numbers, and loops that may count up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("loops_in_python")


def pairs(x, y):
    for i in range(len(x)):
        for j in range(i):
            d = x[i] * x[j]
            y[i] += np.sin(d)
            y[j] -= d


def downward(x, y):
    total = 0.0
    for i in range(len(x) - 1, -1, -1):
        y[i] += x[i]
        total += x[i]
    y[0] += total


def two_elements(x, A):
    for i in range(A.shape[0]):
        for j in range(len(x)):
            A[i, 0] += x[j]
            A[i, 1] -= x[j] * x[i]


def beyond_the_end(x, y):
    """The element is missing where the loop does not run."""
    for i in range(len(y) + 1):
        for j in range(len(y) - i):
            y[i] += x[j]


HELD: list[Callable[..., Any]] = [pairs, two_elements, beyond_the_end]


def the_element_itself(x, y):
    for i in range(len(x)):
        for j in range(i + 1):
            y[i] += x[j]
            y[j] -= 1.0


def from_either_end(x, y):
    """At j = 0 the last element is the first from the end."""
    n = len(x)
    for i in range(n - 1, n):
        for j in range(n - 1):
            y[i] += x[j]
            y[j - 1] *= 0.5


def read_on_the_way(x, y):
    for i in range(len(x)):
        for j in range(i):
            y[i] += x[j]
            x[j] = y[i]


LEFT: list[Callable[..., Any]] = [the_element_itself, from_either_end, read_on_the_way]


def _text(function: Callable[..., Any]) -> str:
    args = _arguments(function, 5)
    run = gs.jit(function, target="numpy")
    run(*map(np.copy, args))
    text: str = run.source_for("cpu")
    scope: dict[str, Any] = {}
    exec(compile(text, "<loops>", "exec"), scope)
    for length in (5, 1, 0):
        expected, got = _arguments(function, length), _arguments(function, length)
        if length or function is not downward:
            function(*expected)
            scope[function.__name__](*got)
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-15)
    return text


def _arguments(function: Callable[..., Any], length: int) -> list[Any]:
    rng = np.random.default_rng(5)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    shape = {"A": (length, 2)}
    return [rng.standard_normal(shape.get(n, length)) for n in names]


@pytest.mark.parametrize("function", HELD, ids=lambda f: f.__name__)
def test_an_element_is_a_number_while_a_loop_adds_to_it(function):
    assert "total = " in _text(function)


@pytest.mark.parametrize("function", LEFT, ids=lambda f: f.__name__)
def test_what_the_loop_touches_otherwise_stays(function):
    assert "total = " not in _text(function)


def test_a_loop_whose_order_is_free_counts_up():
    assert "for i in range(x.shape[0]):" in _text(downward)


def test_sums_keep_their_order_where_asked():
    run = gs.jit(downward, target="numpy", strict=True)
    run(*_arguments(downward, 3))
    assert ", -1, -1)" in run.source_for("cpu")
