"""Loops of which no iteration waits for another, as compiled code is told of them.

A loop that is told wrongly gives wrong numbers only where LLVM makes vector code of
it, so what is found is compared here, not only what is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from gradscribe.runtime import marks
from gradscribe.runtime.indices import compiler

N = 40


def scaled(x: Any, n: int) -> Any:
    y = np.empty(n)
    for i in range(n):
        y[i] = 2.0 * x[i]
    return y


def shifted_store(x: Any, n: int) -> Any:
    y = np.zeros(n)
    for i in range(n - 3):
        y[i + 3] = y[i + 3] + x[i]
    return y


def before_it(x: Any, n: int) -> Any:
    y = x.copy()
    for i in range(1, n):
        y[i] += y[i - 1]
    return y


def after_it(x: Any, n: int) -> Any:
    y = x.copy()
    for i in range(n - 1):
        y[i] += y[i + 1]
    return y


def one_element(x: Any, n: int) -> Any:
    y = np.zeros(n)
    for i in range(n):
        y[3] += x[i]
    return y


def read_behind_the_range(x: Any, n: int) -> Any:
    y = np.ones(n) * x[0]
    for k in range(n):
        for j in range(k + 1, n):
            y[j] -= 0.1 * y[k]
    return y


def read_inside_the_range(x: Any, n: int) -> Any:
    y = np.ones(n) * x[0]
    for k in range(n):
        for j in range(k, n):
            y[j] -= 0.1 * y[k]
    return y


def read_before_a_range_downwards(x: Any, n: int) -> Any:
    y = np.ones(n) * x[0]
    for i in range(n):
        for k in range(i):
            for j in range(n - 1, i - 1, -1):
                y[j] -= 0.01 * y[k]
    return y


def rows(x: Any, n: int) -> Any:
    a = np.ones((n, n)) * x[0]
    for i in range(n):
        for k in range(i):
            for j in range(k + 1, n):
                a[i, j] -= 0.01 * a[i, k] * a[k, j]
    return a


def columns_swapped(x: Any, n: int) -> Any:
    a = np.ones((n, n)) * x[0]
    for i in range(n):
        for j in range(n):
            a[i, j] += a[j, i]
    return a


def view(x: Any, n: int) -> Any:
    y = np.ones(n)
    z = y[1:]
    for i in range(n - 1):
        z[i] = y[i] + x[i]
    return y


def same_under_two_names(x: Any, n: int) -> Any:
    y = np.ones(n)
    z = np.ones(n)
    if n > 3:
        z = y
    for i in range(n - 1):
        z[i + 1] = y[i] + x[i]
    return y


def exchanged(x: Any, n: int) -> Any:
    y, z = np.ones(n), np.zeros(n)
    for _ in range(5):
        for i in range(n):
            z[i] = y[n - 1 - i] + x[i]
        y, z = z, y
    return y


def made_in_the_loop(x: Any, n: int) -> Any:
    y = np.zeros(n)
    for i in range(n):
        z = np.empty(2)
        z[0] = x[i]
        z[1] = z[0] * z[0]
        y[i] = z[1]
    return y


def by_table(x: Any, n: int) -> Any:
    y = np.zeros(n)
    places = np.arange(n) // 3
    for i in range(n):
        y[places[i]] += x[i]
    return y


def from_the_end(x: Any, n: int) -> Any:
    y = np.ones(n)
    for i in range(-2, 2):
        y[i] = y[i] + y[n - 1]
    return y


def counted_anew(x: Any, n: int) -> Any:
    y = np.ones(n)
    m = n - 1
    k = m - 1
    for _ in range(3):
        for i in range(n - 1):
            y[i] += y[k + 1] * x[i]
        m = m // 2
        k = m - 1
    return y


def through_a_tuple(x: Any, n: int) -> Any:
    y = np.ones(n)
    for i in (1, 2, 1, 2):
        y[i] += y[i] * x[i]
    return y


def _added(y: Any, i: int, value: float) -> None:
    y[i + 1] += value * y[i]


_added_compiled: Any = numba.njit(
    pipeline_class=compiler(from_front=True, apart=False), no_cfunc_wrapper=True
)(_added)


def by_helper(x: Any, n: int) -> Any:
    y = np.ones(n)
    for i in range(n - 1):
        y[i] = x[i]
        _added_compiled(y, i, x[i])
    return y


# By line of the function's text, from one on: which loops are apart.
EXPECTED: list[tuple[Callable[..., Any], bool, set[int]]] = [
    (scaled, True, {3}),
    (scaled, False, {3}),
    (shifted_store, True, {3}),
    (before_it, True, set()),
    (after_it, True, set()),
    (one_element, True, set()),
    (read_behind_the_range, True, {4}),
    (read_inside_the_range, True, set()),
    (read_before_a_range_downwards, True, {5}),
    (rows, True, {5}),
    (columns_swapped, True, set()),
    (view, True, set()),
    (same_under_two_names, True, set()),
    (exchanged, True, set()),
    (made_in_the_loop, True, set()),
    (by_table, True, set()),
    (from_the_end, False, set()),
    (counted_anew, True, set()),
    (through_a_tuple, True, set()),
    (by_helper, True, set()),
]


@pytest.mark.parametrize(
    ("function", "from_front", "expected"),
    EXPECTED,
    ids=[f"{f.__name__}{'' if front else '_signed'}" for f, front, _ in EXPECTED],
)
def test_loops_that_are_apart(
    function: Callable[..., Any],
    from_front: bool,
    expected: set[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[Any] = []

    class Recorded(marks.Iterations):
        def __init__(self, blocks: Any, *rest: Any) -> None:
            super().__init__(blocks, *rest)
            found.append((blocks, self))

    monkeypatch.setattr(marks, "Iterations", Recorded)
    compiled = numba.njit(
        pipeline_class=compiler(from_front, apart=True),
        fastmath={"contract", "reassoc", "nsz", "arcp"},
        no_cfunc_wrapper=True,
    )(function)
    x = np.linspace(0.5, 1.5, N)
    np.testing.assert_allclose(compiled(x, N), function(x, N), rtol=1e-12)
    blocks, iterations = found[-1]
    start = function.__code__.co_firstlineno - 1
    apart = iterations.apart()
    assert {blocks[loop.first].body[0].loc.line - start for loop in apart} == expected


def test_arrays_apart_are_read_once() -> None:
    def added(x: Any, y: Any) -> None:
        for i in range(x.shape[0]):
            x[i] += y[0]

    def text(apart: bool) -> str:
        how: Any = compiler(from_front=True, apart=apart)
        made = numba.njit(pipeline_class=how)(added)
        made(np.ones(3), np.ones(3))
        return "".join(made.inspect_llvm().values())

    assert "vector.memcheck" in text(apart=False)
    assert "vector.memcheck" not in text(apart=True)
