"""Loops in the order that goes along rows, where no accesses to an element swap."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest


def column_by_column(A):
    for i in range(A.shape[1]):
        for j in range(A.shape[0]):
            A[j, i] += 2.0 * A[j, i]


def products_with_columns(A, x):
    y = np.zeros(A.shape[1])
    for j in range(A.shape[1]):
        for k in range(A.shape[0]):
            y[j] += A[k, j] * x[k]
    return y


def two_loops_in_one(A, x):
    y = np.zeros(A.shape[0])
    for j in range(A.shape[1]):
        b = x[j] * 3.0
        for k in range(A.shape[0]):
            A[k, j] += b
        for k in range(A.shape[0]):
            y[k] -= b * x[k]
    return y


def rows_of_a_triangle_below(A):
    n = A.shape[0]
    for i in range(n):
        for j in range(i, n):
            for k in range(i):
                A[i, j] -= A[i, k] * A[k, j]


def elimination_row_by_row(A):
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            for k in range(j):
                A[i, j] -= A[i, k] * A[k, j]
            A[i, j] /= A[j, j]


def forward_by_columns(A, x):
    n = A.shape[0]
    for j in range(n):
        x[j] /= A[j, j]
        for k in range(j + 1, n):
            x[k] -= A[k, j] * x[j]


def backward_by_columns(A, x):
    n = A.shape[0]
    for j in range(n - 1, -1, -1):
        for k in range(n - 1, j, -1):
            x[j] -= A[k, j] * x[k]
        x[j] = x[j] / A[j, j]


def upwards_by_columns(A, x):
    n = A.shape[0]
    for j in range(n - 1, -1, -1):
        b = 2.0 * x[j]
        x[j] = b / A[j, j]
        for k in range(j - 1, -1, -1):
            x[k] -= A[k, j] * x[j]


def with_a_number_for_all(A, x):
    for j in range(A.shape[0]):
        half = 0.5 * x.shape[0]
        for k in range(j):
            x[j] -= half * A[k, j] * x[k]
        x[j] = half / A[j, j]


BETTER: list[Callable[..., Any]] = [
    with_a_number_for_all,
    elimination_row_by_row,
    forward_by_columns,
    backward_by_columns,
    upwards_by_columns,
    column_by_column,
    products_with_columns,
    two_loops_in_one,
    rows_of_a_triangle_below,
]


def against_the_diagonal(A, B):
    for j in range(1, A.shape[1]):
        for k in range(A.shape[0] - 1):
            A[k, j] = A[k + 1, j - 1] + B[k, j]


def with_what_it_writes(A, x):
    for j in range(A.shape[1]):
        b = x[j]
        for k in range(A.shape[0]):
            A[k, j] += b
            x[k] = A[k, j]


def reads_what_the_other_wrote(A, B):
    for j in range(A.shape[1] - 1):
        for k in range(A.shape[0]):
            A[k, j] += B[k, j]
        for k in range(A.shape[0]):
            B[k, j + 1] = A[k, j]


def rows_already(A, B):
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            A[i, j] += B[i, j]


def from_the_last_column(A):
    """Column 0 reads the last one, before that is written."""
    for j in range(A.shape[1]):
        for k in range(1, A.shape[0]):
            A[k, j] = 0.5 * A[k - 1, j - 1] + A[k, j]


def rows_at_an_offset(A, B):
    first = max(A.shape[0] // 2, 1)
    for k in range(A.shape[0] - first):
        i = first + k
        for j in range(A.shape[1]):
            A[i, j] += B[i, j]


def rows_of_a_table(A, B):
    for k in range(A.shape[0]):
        i = int(B[k, 0] > 0.5)
        for j in range(A.shape[1]):
            A[i, j] += B[k, j]


def reads_what_is_beside_in_between(A, x):
    for j in range(A.shape[0]):
        for k in range(j):
            A[k, j] += x[0]
        x[0] = A[j, j]


def beside_before_and_behind(A, x):
    for j in range(A.shape[0]):
        x[j] += 1.0
        for k in range(j):
            A[k, j] += x[k]
        x[j] *= A[j, j]


def more_than_a_triangle(A, x):
    for j in range(1, A.shape[0]):
        for k in range(j):
            A[k, j] += x[k]
        x[j] *= A[j, j]


def numbers_from_beside(A, x):
    n = A.shape[0]
    for j in range(n):
        b = x[j] * x[j]
        x[j] = b
        for k in range(j + 1, n):
            A[k, j] -= b


AS_THEY_WERE: list[Callable[..., Any]] = [
    reads_what_is_beside_in_between,
    beside_before_and_behind,
    more_than_a_triangle,
    numbers_from_beside,
    against_the_diagonal,
    with_what_it_writes,
    reads_what_the_other_wrote,
    rows_already,
    rows_at_an_offset,
    rows_of_a_table,
    from_the_last_column,
]


def _arguments(function: Callable[..., Any]) -> list[Any]:
    rng = np.random.default_rng(3)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return [rng.standard_normal((5, 5) if n.isupper() else 5) for n in names]


def _headers(text: str) -> list[str]:
    return re.findall(r"for (\w+) in", text)


def _loops(function: Callable[..., Any], args: list[Any]) -> str:
    run = gs.jit(function, target="numpy")
    run(*map(np.copy, args))
    return run.source_for("cpu")


def _check_values(function: Callable[..., Any], args: list[Any], text: str) -> None:
    """Every sum is taken in the order that was written: the numbers are the same."""
    scope: dict[str, Any] = {}
    exec(compile(text, "<loops>", "exec"), scope)
    for rows in (5, 0):
        expected, got = (
            [
                np.copy(a[:rows]) if a.ndim == 2 and rows == 0 else np.copy(a)
                for a in args
            ]
            for _ in range(2)
        )
        outcomes = []
        for run, given in ((function, expected), (scope[function.__name__], got)):
            try:
                run(*given)
                outcomes.append("done")
            except IndexError:
                outcomes.append("IndexError")
        assert outcomes[0] == outcomes[1]
        if outcomes[0] == "done":
            for one, other in zip(got, expected, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("function", BETTER, ids=lambda f: f.__name__)
def test_loops_go_along_rows(function: Callable[..., Any]) -> None:
    args = _arguments(function)
    text = _loops(function, args)
    last = re.findall(r"\w+\[\w+, (\w)\]", text)
    assert last, text
    inner = re.findall(r"^( *)for (\w) in", text, re.M)
    deepest = max(len(indent) for indent, _ in inner)
    assert {name for indent, name in inner if len(indent) == deepest} <= set(last)
    assert _headers(text) != _headers(_spelled(function)), text
    _check_values(function, args, text)


@pytest.mark.parametrize("function", AS_THEY_WERE, ids=lambda f: f.__name__)
def test_loops_stay(function: Callable[..., Any]) -> None:
    args = _arguments(function)
    text = _loops(function, args)
    assert _headers(text) == _headers(_spelled(function)), text
    _check_values(function, args, text)


def _spelled(function: Callable[..., Any]) -> str:
    return inspect.getsource(function)


def test_checks_of_triangles_are_made_before_them() -> None:
    args = _arguments(elimination_row_by_row)
    text = _loops(elimination_row_by_row, args)
    assert text.rindex("raise IndexError") < text.index("for "), text
    for shape in ((5, 3), (5, 4), (5, 6), (2, 1), (1, 0)):
        wide = np.random.default_rng(0).standard_normal(shape)
        scope: dict[str, Any] = {}
        exec(compile(text, "<loops>", "exec"), scope)
        outcomes = []
        for run in (elimination_row_by_row, scope["elimination_row_by_row"]):
            try:
                outcomes.append(run(wide.copy()))
            except IndexError:
                outcomes.append("IndexError")
        assert outcomes[0] == outcomes[1]


def _sums_from_the_left(y, x):
    for j in range(2, x.shape[1]):
        for i in range(x.shape[0]):
            y[i, j] = x[i, j] + 0.5 * y[i, j - 1] - 0.25 * y[i, j - 2]


def _sums_from_the_right(y, x):
    for j in range(x.shape[1] - 2, -1, -1):
        for i in range(x.shape[0] - 1, 0, -1):
            y[i, j] += 0.5 * y[i, j + 1]
            y[i, j + 1] = x[i, j]


@pytest.mark.parametrize("function", [_sums_from_the_left, _sums_from_the_right])
def test_recurrences_along_rows_run_in_strips(function: Callable[..., Any]) -> None:
    rng = np.random.default_rng(5)
    text = _loops(function, [rng.standard_normal((5, 5)) for _ in range(2)])
    scope: dict[str, Any] = {}
    exec(compile(text, "<loops>", "exec"), scope)
    assert re.search(
        r"for strip in .*:\n(.*\n){0,2}.*for j in .*:\n.*for i in", text
    ), text
    for shape in ((0, 4), (1, 3), (2, 2), (15, 3), (16, 4), (17, 5), (18, 2), (49, 4)):
        y, x = rng.standard_normal((2, *shape))
        expected = y.copy()
        function(expected, x)
        scope[function.__name__](y, x)
        np.testing.assert_array_equal(y, expected)
