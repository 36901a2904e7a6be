"""Which functions may take their sums in another order: arrays that are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from gradscribe.transpile import pipeline
from gradscribe.transpile.graph.ir import Type
from gradscribe.transpile.graph.linear import Linear, Size
from gradscribe.transpile.read.live import from_function
from gradscribe.transpile.steps import Step


def differences_between_all_pairs(x, y):
    x = x.copy()
    for _ in range(3):
        for i in range(len(x)):
            for j in range(len(x)):
                y[i] += (x[j] - x[i]) * 0.1
        for i in range(len(x)):
            x[i] += y[i]
    return np.sum(x)


def rounding_of_a_running_sum(x, y):
    total = 0.0
    for i in range(1, len(x)):
        x[i] = x[i - 1] + y[i]
        total += (x[i] - x[i - 1]) - y[i]
    return total


def rounding_of_neighbours(x, y):
    total = 0.0
    for i in range(1, len(x)):
        x[i] = x[i - 1] + y[i]
    for i in range(1, len(x)):
        total += (x[i] - x[i - 1]) - y[i]
    return total


def differences_of_neighbours(x, y):
    total = 0.0
    for i in range(1, len(x)):
        y[i] = x[i - 1] + y[i]
    for i in range(1, len(x)):
        total += (y[i] - y[i - 1]) ** 2
    return total


def rounding_of_neighbours_in_memory(x, y):
    for i in range(1, len(x)):
        x[i] = x[i - 1] + y[i]
    for i in range(1, len(x)):
        y[0] += x[i] - x[i - 1]
    return y[0]


def rounding_in_memory(x, y):
    total = 0.0
    for i in range(1, len(x)):
        x[i] = x[0] + y[i]
        total += (x[i] - x[0]) ** 2 + abs(x[i] - y[i])
    return total


def rounding_of_an_element(x, y):
    total = 0.0
    for i in range(len(x)):
        x[0] = x[1] + y[i]
        for j in range(1):
            total += (x[j] - x[1]) - y[i]
    return total


def rounding_in_a_row(x, y):
    total = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            x[j] = x[i] + y[j]
            total += (x[j] - x[i]) - y[j]
    return total


def step_of_a_grid(x, y):
    for i in range(len(x)):
        x[i] = x[0] + 0.1 * i
    return (x[1] - x[0]) * np.sum(y)


def state_of_three(x, y):
    for _ in range(len(y)):
        dx = 10.0 * (x[1] - x[0])
        dy = x[0] * (28.0 - x[2]) - x[1]
        dz = x[0] * x[1] - 2.6 * x[2]
        x[0] += 0.1 * dx
        x[1] += 0.1 * dy
        x[2] += 0.1 * dz
    return x[0] + x[1] - x[2] + np.sum(y)


def grid_of_any_length(x, y):
    for i in range(len(x)):
        x[i] = y[i] + 0.1 * i
    return (x[1] - x[0]) * np.sum(y)


def rounding_at_known_places(x, y):
    x[0] = y[0] + y[1]
    x[1] = y[0]
    return (x[0] - x[1]) - y[1]


def rounding_between_known_places(x, y):
    x[0] = y[0] + y[1]
    x[1] = y[0]
    return x[0] - x[1]


def rounding_of_a_constant(x, y):
    x[0] = 1.0 + y[0]
    x[1] = 1.0
    return x[0] - x[1]


def rounding_in_a_short_loop(x, y):
    for i in range(1, 3):
        x[i] = y[0] + y[i]
    x[0] = y[0]
    return x[2] - x[0]


def rounding_inside_a_loop(x, y):
    total = 0.0
    for i in range(len(x)):
        x[i] = y[0] + y[i]
        total += abs(x[1] - x[0])
    return total


def rounding_of_what_is_added(x, y):
    total = 0.0
    for i in range(len(y)):
        before = x[0]
        x[0] += y[i]
        total += abs((x[0] - before) - y[i])
    return total


@pytest.mark.parametrize(
    ("function", "reorders"),
    [
        (differences_between_all_pairs, True),
        (rounding_of_a_running_sum, False),
        (rounding_of_neighbours, False),
        (rounding_of_neighbours_in_memory, False),
        (differences_of_neighbours, True),
        (rounding_in_memory, False),
        (rounding_of_an_element, False),
        (rounding_in_a_row, False),
        (step_of_a_grid, False),
        (state_of_three, True),
        (grid_of_any_length, True),
        (rounding_at_known_places, False),
        (rounding_between_known_places, False),
        (rounding_of_a_constant, False),
        (rounding_in_a_short_loop, False),
        (rounding_inside_a_loop, False),
        (rounding_of_what_is_added, False),
    ],
)
def test_elements_of_written_arrays(function: Callable[..., Any], reorders: bool):
    types = {n: Type("float64", (Linear.of(Size(n)),)) for n in ("x", "y")}
    source = from_function(function)
    steps, options = (Step("primal", ()),), pipeline.Options()
    program = pipeline.derive(source, types, steps, options, "cpu")
    assert pipeline.lowered(program).entry.attrs["reassoc"] is reorders


def sums_that_are_finite(x):
    total = 0.0
    for i in range(x.size):
        z = x[i] * 2.0 + x[i] * 3.0
        if np.isfinite(z):
            total += z
    return total


def test_infinite_sums_are_seen() -> None:
    """``z - z`` is 0 where sums may be reordered, for an infinite z too."""
    x = np.array([1e308, 1.0, np.inf, np.nan])
    with np.errstate(all="ignore"):
        value, slope = gs.value_and_grad(sums_that_are_finite, target="cpu")(x)
    assert value == 5.0
    np.testing.assert_array_equal(slope, [0.0, 5.0, 0.0, 0.0])
