"""Indices out of range: compiled code raises what the function raises, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest

X = np.linspace(0.5, 1.5, 5)
A = np.linspace(0.5, 1.5, 16).reshape(4, 4)
FAR = 2**62


def ints(*numbers: int) -> Any:
    return np.array(numbers)


def product_of_neighbours(x: Any, k: Any) -> Any:
    return x[k] * x[k + 1]


def gathered(x: Any, ks: Any) -> Any:
    return np.sum(x[ks] ** 2)


def updated_in_a_loop(x: Any, ks: Any) -> Any:
    y = x * x
    for i in range(len(ks)):
        y[ks[i]] *= x[i]
    return y.sum()


def rows_doubled(a: Any, ks: Any) -> Any:
    b = a * a
    b[ks] *= 2.0
    return b.sum()


def counted(x: Any, n: Any) -> Any:
    s = 0.0
    for i in range(n):
        s += x[i] ** 2
    return s


def until_large(x: Any, i: Any) -> Any:
    s = 0.0
    while s < 4.0:
        s += x[i] ** 2
        i += 1
    return s


def _scaled(u: Any, k: Any) -> Any:
    u[k] = u[k] * u[0]
    return u[k]


def by_helper(x: Any, ks: Any) -> Any:
    y = x * 2.0
    s = 0.0
    for k in ks:
        s += _scaled(y, k)
    return s


def sparse_product(x: Any, columns: Any) -> Any:
    y = np.zeros(2)
    for i in range(2):
        y[i] = np.sum(x[columns[2 * i : 2 * i + 2]] ** 2)
    return y @ y


@pytest.mark.parametrize(
    ("function", "first", "good", "bad"),
    [
        (product_of_neighbours, X, [3, -1, -5], [4, -6, FAR, -FAR]),
        (gathered, X, [ints(0, 4, -5)], [ints(0, 5), ints(-6, 1), ints(FAR)]),
        (updated_in_a_loop, X, [ints(0, 4, -5)], [ints(0, 5), ints(0, 0, 0, 0, 0, 0)]),
        (rows_doubled, A, [ints(1, 2, 1)], [ints(1, 4), ints(-5)]),
        (counted, X, [5, 0, -2], [6, 10**6]),
        (until_large, X, [0], [4, -7]),
        (by_helper, X, [ints(1, -2, 4)], [ints(1, 5), ints(-6)]),
        (sparse_product, X, [ints(0, 1, 2, 4)], [ints(0, 1, 2, 5), ints(-6, 1, 2, 3)]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_index(
    function: Callable[..., Any], first: Any, good: list[Any], bad: list[Any]
) -> None:
    name = function.__code__.co_varnames[0]
    plain = gs.value_and_grad(function, wrt=name, target="numpy")
    compiled = gs.value_and_grad(function, wrt=name, target="cpu")
    for index in good:
        for one, other in zip(plain(first, index), compiled(first, index), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13)
    for index in bad:
        with pytest.raises(IndexError):
            function(first, index)
        with pytest.raises(IndexError, match=r"test_indices\.py:\d+: index out of"):
            compiled(first, index)


def table_into(x: Any, table: Any, ks: Any) -> None:
    x[:] = table[ks]


def added_past_a_sum(x: Any, table: Any, ks: Any) -> Any:
    t = x * table
    x[1:] += 2.0
    x[ks] -= table * t
    return t.sum()


@pytest.mark.parametrize("function", [table_into, added_past_a_sum])
def test_no_statement_is_done_in_part(function: Callable[..., Any]) -> None:
    def left_by(run: Callable[..., Any], ks: Any) -> tuple[Any, bool]:
        x = X.copy()
        try:
            run(x, X, ks)
        except IndexError:
            return x, False
        return x, True

    compiled = gs.jit(function, target="cpu")
    for ks in ints(0, -5, 2, 4, 1), ints(0, 1, 5, 2, 3), ints(0, 1, 2, 3, -6):
        expected, done = left_by(function, ks)
        found, did = left_by(compiled, ks)
        assert did == done
        np.testing.assert_array_equal(found, expected)
