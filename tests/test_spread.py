"""Loops that become several, so that loops in them can go along rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from test_interchange import _arguments, _check_values, _headers, _loops, _spelled

pytestmark = pytest.mark.usefixtures("loops_in_python")


def sums_of_columns_used_at_once(A, x, y):
    for k in range(A.shape[1]):
        total = 0.0
        for j in range(A.shape[0]):
            total += A[j, k] * x[j]
        y[k] += total * x[k]


def sums_from_a_number_down(A, x, y):
    count = 0.0
    for k in range(A.shape[1] - 1, 0, -1):
        total = x[k]
        for j in range(A.shape[0]):
            total -= A[j, k] * x[j]
        y[k] = total * y[k]
        count += total
    y[0] += count


def a_number_of_changed_memory(A, B, y):
    for k in range(A.shape[1]):
        factor = y[k] * 2.0
        y[k] = 1.0
        for j in range(A.shape[0]):
            A[j, k] += factor * B[j, k]
        y[k] += factor


def two_rounds(A, B, x, y):
    for k in range(A.shape[1]):
        for j in range(A.shape[0]):
            A[j, k] *= x[j]
        y[k] += A[0, k]
        total = 0.0
        for j in range(A.shape[0]):
            total += A[j, k] * B[j, k]
        y[k] -= total


def an_index_that_is_checked(A, x, y):
    for k in range(A.shape[0]):
        total = 0.0
        for j in range(A.shape[0]):
            total += A[j, k] * x[j]
        y[k] = total


def the_last_sum(A, x, y):
    last = 0.0
    for k in range(A.shape[1]):
        total = 0.0
        for j in range(A.shape[0]):
            total += A[j, k] * x[j]
        y[k] = total
        last = total
    y[0] += last


SEVERAL: list[Callable[..., Any]] = [
    sums_of_columns_used_at_once,
    sums_from_a_number_down,
    a_number_of_changed_memory,
    two_rounds,
    an_index_that_is_checked,
    the_last_sum,
]


def reads_what_the_round_before_made(A, x, y):
    for k in range(1, A.shape[1]):
        total = 0.0
        for j in range(A.shape[0]):
            total += A[j, k] * y[k - 1] * x[j]
        y[k] = total


def changes_what_later_rounds_read(A, x, y):
    for k in range(A.shape[1] - 1):
        total = 0.0
        for j in range(A.shape[0]):
            total += A[j, k] * x[j]
        A[0, k + 1] = total
        y[k] = total


def a_sum_that_goes_on(A, x, y):
    total = 0.0
    for k in range(A.shape[1]):
        for j in range(A.shape[0]):
            total += A[j, k] * x[j]
        y[k] = total


def a_number_handed_to_the_next_round(A, x, y):
    factor = 1.0
    for k in range(A.shape[1]):
        for j in range(A.shape[0]):
            A[j, k] *= factor
        factor = x[k] + y[k]


def a_triangle(A, x, y):
    for k in range(A.shape[1]):
        total = 0.0
        for j in range(k):
            total += A[j, k] * x[j]
        y[k] = total


def a_sum_that_is_looked_at(A, x, y):
    for k in range(A.shape[1]):
        total = 0.0
        for j in range(A.shape[0]):
            total += A[j, k] * x[j]
            y[j] = total


def a_view_between(A, x, y):
    for k in range(A.shape[1]):
        row = A[k]
        total = 0.0
        for j in range(A.shape[0]):
            total += A[j, k] * x[j]
        row[:] = total


AS_ONE: list[Callable[..., Any]] = [
    reads_what_the_round_before_made,
    changes_what_later_rounds_read,
    a_sum_that_goes_on,
    a_number_handed_to_the_next_round,
    a_triangle,
    a_sum_that_is_looked_at,
]


@pytest.mark.parametrize("function", SEVERAL, ids=lambda f: f.__name__)
def test_loops_become_several(function: Callable[..., Any]) -> None:
    args = _arguments(function)
    text = _loops(function, args)
    assert len(_headers(text)) > len(_headers(_spelled(function))), text
    pairs = re.findall(r"^( *)for j in .*\n\1    for k in", text, re.M)
    assert pairs, text
    _check_values(function, args, text)


@pytest.mark.parametrize("function", AS_ONE, ids=lambda f: f.__name__)
def test_loops_stay_one(function: Callable[..., Any]) -> None:
    args = _arguments(function)
    text = _loops(function, args)
    assert _headers(text) == _headers(_spelled(function)), text
    _check_values(function, args, text)


def test_values_with_a_view() -> None:
    args = _arguments(a_view_between)
    _check_values(a_view_between, args, _loops(a_view_between, args))


def rank_k_update(C, A):
    C = C.copy()
    for i in range(A.shape[0]):
        for k in range(A.shape[1]):
            C[i, : i + 1] += A[i, k] * A[: i + 1, k]
    return 0.5 * np.sum(C * C)


def test_memory_is_made_before_all_loops() -> None:
    """The backward part sums over columns; what it sums in is made only once."""
    # In the order written no product of matrices takes the place of the loops.
    derivative = gs.grad(rank_k_update, wrt=("C", "A"), target="numpy", strict=True)
    rng = np.random.default_rng(0)
    derivative(rng.standard_normal((4, 4)), rng.standard_normal((4, 3)))
    text = derivative.source_for("cpu")
    assert re.search(r"^    \w+ = np.empty\(A.shape\[1\]\)", text, re.M), text
    gs.check_grads(rank_k_update, np.eye(3), np.ones((3, 2)), wrt=("C", "A"))


def two_sums_of_an_element(A, x, y):
    for k in range(A.shape[1]):
        total = 0.0
        for j in range(A.shape[0]):
            total += A[j, k] * x[j]
            y[j] += A[j, k]
        for j in range(A.shape[0]):
            y[j] -= total * A[j, k]


@pytest.mark.parametrize("strict", [False, True])
def test_what_is_added_to_an_element_may_come_in_another_order(strict: bool) -> None:
    """Not where sums keep their order."""
    rng = np.random.default_rng(0)
    A, x, y = rng.standard_normal((5, 5)), rng.standard_normal(5), np.zeros(5)
    run = gs.jit(two_sums_of_an_element, target="numpy", strict=strict)
    expected = np.copy(y)
    run(A, x, expected)
    text = run.source_for("cpu")
    scope: dict[str, Any] = {}
    exec(compile(text, "<loops>", "exec"), scope)
    scope["two_sums_of_an_element"](A, x, y)
    np.testing.assert_allclose(y, expected, rtol=1e-13)
    assert (len(_headers(text)) > 3) is not strict, text
