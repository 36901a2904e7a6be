"""Columns that a loop goes down again and again: rows, while it runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from harness import one_compiled

pytestmark = pytest.mark.usefixtures("loops_in_python")


def over_pairs(x):
    energy = 0.0
    for i in range(len(x)):
        for j in range(i):
            d = x[i, 0] - x[j, 0]
            e = x[i, 2] - x[j, 2]
            energy += 1.0 / (1.0 + d * d + e * e)
    return energy


def over_pairs_and_time(x, v):
    n = x.shape[0]
    x = x.copy()
    for _ in range(3):
        for i in range(n - 1):
            for j in range(i + 1, n):
                d = x[j, 0] - x[i, 0]
                v[i, 0] += 0.1 * d
                v[j, 0] -= 0.1 * d * x[i, 1]
        for i in range(n):
            x[i, 0] += v[i, 0]
    return x


def to_other_points(x, y):
    total = np.zeros(x.shape[0])
    for i in range(x.shape[0]):
        for j in range(y.shape[0]):
            total[i] += np.exp(-((x[i, 0] - y[j, 0]) ** 2) - y[j, 1] ** 2)
    return total


def of_one_matrix_after_the_other(x, path):
    total = x[0, 0]
    for k in range(path.shape[0]):
        for i in range(path.shape[1]):
            for j in range(i):
                total += path[k, i, 0] * path[k, j, 2]
    return total


BETTER: list[Callable[..., Any]] = [
    over_pairs,
    over_pairs_and_time,
    to_other_points,
    of_one_matrix_after_the_other,
]


def of_a_matrix_that_may_not_be_there(x, path, k):
    total = x[0, 0]
    for i in range(path.shape[1]):
        for j in range(i):
            total += path[k, i, 0] * path[k, j, 2]
    return total


def neighbours_by_number(x, near):
    total = 0.0
    for i in range(len(x)):
        for k in range(near.shape[1]):
            total += x[i, 0] * x[near[i, k], 1]
    return total


def columns_of_any_number(x, k):
    total = 0.0
    for i in range(len(x)):
        for j in range(i):
            total += x[i, k] * x[j, 0]
    return total


def few_rows_of_many(x, few):
    total = 0.0
    for i in range(few):
        for j in range(i):
            total += x[i, 0] * x[j, 1]
    return total


def columns_beside_rows(x):
    total = 0.0
    for i in range(len(x)):
        for j in range(i):
            row = x[j]
            total += x[i, 0] * x[j, 0] + row.sum()
    return total


def last_column(x):
    total = 0.0
    for i in range(len(x)):
        for j in range(i):
            total += x[i, 0] * x[j, -1]
    return total


LEFT: list[Callable[..., Any]] = [
    neighbours_by_number,
    columns_of_any_number,
    few_rows_of_many,
    columns_beside_rows,
    last_column,
    of_a_matrix_that_may_not_be_there,
]

RNG = np.random.default_rng(3)
OTHERS = {
    "v": lambda n: RNG.standard_normal((n, 1)),
    "y": lambda n: RNG.standard_normal((5, 2)),
    "near": lambda n: RNG.integers(0, n, (n, 2)),
    "path": lambda n: RNG.standard_normal((2, n, 3)),
    "k": lambda n: 1,
    "few": lambda n: min(n, 3),
}


def arguments(f: Callable[..., Any], n: int) -> list[Any]:
    first, *rest = inspect.signature(f).parameters
    return [RNG.standard_normal((n, 3)), *(OTHERS[name](n) for name in rest)]


@pytest.mark.parametrize("f", one_compiled([*BETTER, *LEFT]), ids=lambda f: f.__name__)
def test_columns_become_rows_where_that_pays(f: Callable[..., Any]) -> None:
    jitted = gs.jit(f)
    for n in (7, 2):
        given = arguments(f, n)
        copies = [np.copy(a) if isinstance(a, np.ndarray) else a for a in given]
        np.testing.assert_allclose(jitted(*given), f(*copies), rtol=1e-12)
        for mine, expected in zip(given, copies, strict=True):
            np.testing.assert_allclose(mine, expected, rtol=1e-12)
    assert ("_columns = " in jitted.source_for("cpu")) is (f in BETTER)


@pytest.mark.compiled
@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (1, 1), (0, 0)])
def test_no_row_is_copied_where_there_are_no_such_columns(
    shape: tuple[int, int],
) -> None:
    x = np.ones(shape)
    assert gs.jit(over_pairs)(x) == 0.0
    np.testing.assert_array_equal(gs.grad(over_pairs)(x), np.zeros(shape))


@pytest.mark.compiled
def test_columns_that_are_not_there_are_an_error() -> None:
    with pytest.raises(IndexError):
        gs.grad(over_pairs)(np.ones((4, 2)))


def stopped(x, limit):
    for i in range(len(x)):
        for j in range(i):
            x[j, 0] += x[i, 1]
            if x[j, 0] > limit:
                raise ValueError("too large")


def test_what_was_written_before_an_error_is_seen() -> None:
    """Of the caller's arrays nothing waits to be copied back."""
    mine, expected = (np.arange(12.0).reshape(4, 3) for _ in range(2))
    for f, x in ((gs.jit(stopped), mine), (stopped, expected)):
        with pytest.raises(ValueError, match="too large"):
            f(x, 9.0)
    np.testing.assert_array_equal(mine, expected)


@pytest.mark.parametrize("f", [over_pairs, to_other_points], ids=lambda f: f.__name__)
def test_gradients_over_rows(f: Callable[..., Any]) -> None:
    given = arguments(f, 6)
    one, other = (gs.vjp(f, target=t) for t in ("cpu", "numpy"))
    seed = np.cos(np.asarray(f(*given)))
    mine = one(float(seed) if not seed.shape else seed, *given)
    expected = other(float(seed) if not seed.shape else seed, *given)
    np.testing.assert_allclose(mine, expected, rtol=1e-12)


def attraction(x, steps):
    for _ in range(steps):
        a, b = x[:, 0:1], x[:, 1:2]
        weight = ((a - a.T) ** 2 + (b - b.T) ** 2 + 0.1) ** -1.5
        x = x + 0.01 * weight @ x
    return np.sum(x**2)


def test_what_positions_give_is_computed_again_and_not_kept() -> None:
    x = RNG.standard_normal((6, 2))
    made = gs.grad(attraction)
    plain = gs.grad(attraction, target="numpy")(x, 3)
    np.testing.assert_allclose(made(x, 3), plain, rtol=1e-12)
    loops = made.source_for("cpu")
    assert "x.shape[0]*x.shape[0]" not in loops
    assert "_saved_columns = np.empty((2, " in loops
