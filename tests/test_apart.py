"""Recurrences, freed of what does not wait for the iteration before."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from harness import one_compiled

pytestmark = pytest.mark.usefixtures("loops_in_python")


def along_rows(a, b):
    n = a.shape[0]
    for i in range(1, n - 1):
        for j in range(1, a.shape[1] - 1):
            a[i, j] = (
                a[i - 1, j - 1]
                + a[i - 1, j] * b[j]
                + a[i, j - 1]
                + 0.5 * a[i, j]
                + a[i, j + 1]
                + a[i + 1, j]
            ) / 5.0
    return np.sum(a)


def with_signs(a, b):
    c = 0.3 * len(b)
    total = np.sum(a)
    for k in range(1, len(b)):
        b[k] = 2.0 * b[k] * b[k] - (a[0, 0] * k - b[k] * (a[1, 0] + k) - b[k - 1] * c)
    return total


def backwards(a, b):
    total = np.sum(a * a)
    for k in range(len(b) - 2, -1, -1):
        b[k] = 0.5 * (a[0, 1] * k + b[k] * (b[k] - a[1, 0]) - b[k + 1])
    return total


def taken_away(a, b):
    s = 1.0 + a[0, 0] * a[0, 0]
    total = np.sum(a)
    for k in range(len(b) - 1):
        b[k + 1] = (a[1, 1] * a[0, 1] + b[k + 1] * b[k + 1] * k - 3.0 * b[k]) / s - s
    return total


def added_last(a, b):
    total = np.sum(a)
    for k in range(1, len(b)):
        b[k] = a[0, 0] * k + b[k] * b[k] + a[1, 1] * b[k] + 0.3 * b[k - 1]
    return total


BETTER: list[Callable[..., Any]] = [
    added_last,
    along_rows,
    with_signs,
    backwards,
    taken_away,
]


def two_before(a, b):
    total = np.sum(a)
    for k in range(2, len(b)):
        b[k] = b[k] * b[k] + a[0, 0] * k + 0.3 * b[k - 1] - 0.2 * b[k - 2] + k * k
    return total


def not_linear(a, b):
    total = np.sum(a)
    for k in range(1, len(b)):
        b[k] = b[k] * b[k] + a[0, 0] * k + 0.3 / (2.0 + b[k - 1] ** 2) + k * k
    return total


def by_what_varies(a, b):
    total = np.sum(a)
    for k in range(1, len(b)):
        b[k] = b[k] * b[k] + a[0, 0] * k + b[k - 1] * b[k] + k * k
    return total


def from_anywhere(a, b):
    near = np.array([0, 2, 1, 0, 3, 0, 1, 2])
    total = np.sum(a)
    for k in range(1, len(b)):
        b[k] = b[k] * b[k] + a[0, 0] * k + 0.3 * b[k - 1] + b[near[k] % len(b)] + k * k
    return total


def from_the_end(a, b):
    total = np.sum(a)
    for k in range(1, len(b)):
        b[k] = b[k] * b[k] + a[0, 0] * k + 0.3 * b[k - 1] + b[k - 2] * k
    return total


def little_to_do(a, b):
    total = np.sum(a)
    for k in range(1, len(b)):
        b[k] = b[k] + 0.3 * b[k - 1]
    return total


LEFT: list[Callable[..., Any]] = [
    two_before,
    not_linear,
    by_what_varies,
    from_anywhere,
    from_the_end,
    little_to_do,
]


@pytest.mark.parametrize("f", one_compiled([*BETTER, *LEFT]), ids=lambda f: f.__name__)
def test_what_does_not_wait_is_computed_first(f: Callable[..., Any]) -> None:
    rng = np.random.default_rng(5)
    jitted = gs.jit(f)
    for n, m in ((8, 8), (3, 3), (2, 2)):
        given = rng.standard_normal((n, m)), rng.standard_normal(m)
        copies = [np.copy(a) for a in given]
        assert jitted(*given) == pytest.approx(f(*copies), rel=1e-12, abs=1e-12)
        for mine, expected in zip(given, copies, strict=True):
            np.testing.assert_allclose(mine, expected, rtol=1e-11, atol=1e-12)
    assert ("rest = " in jitted.source_for("cpu")) is (f in BETTER)


@pytest.mark.compiled
def test_nothing_is_read_where_the_loop_does_not_run() -> None:
    for f in (backwards, taken_away, with_signs):
        for m in (0, 1):
            b = np.ones(m)
            gs.jit(f)(np.ones((2, 2)), b)
            np.testing.assert_array_equal(b, np.ones(m))


def test_sums_in_order_stay_as_they_are() -> None:
    a, b = np.ones((4, 5)), np.ones(5)
    strict = gs.jit(along_rows, strict=True)
    copy = np.copy(a)
    assert strict(a, b) == along_rows(copy, b)
    assert "rest = " not in strict.source_for("cpu")


def test_gradients() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal((6, 7)), rng.standard_normal(7)
    for f in (along_rows, with_signs):
        assert list(inspect.signature(f).parameters) == ["a", "b"]
        mine, expected = (gs.grad(f, wrt=("a", "b"), target=t)(a, b) for t in TARGETS)
        for one, other in zip(mine, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


TARGETS = ("cpu", "numpy")
