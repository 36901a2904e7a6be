"""Python's integers and NumPy's in compiled code: the same numbers, or an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest


def quotient(x: Any, n: Any, m: Any) -> Any:
    return x * (n // m)


def rest(x: Any, n: Any, m: Any) -> Any:
    return x * (n % m) if m < 5 else x


def power(x: Any, n: Any, m: Any) -> Any:
    return x * n**m


def truncated(x: Any, n: Any, m: Any) -> Any:
    return x * int(n / (m + 0.5) * x)


@pytest.mark.parametrize(
    ("function", "arguments", "error"),
    [
        (quotient, (2.0, 7, 0), ZeroDivisionError),
        (rest, (2.0, -7, 0), ZeroDivisionError),
        (power, (2.0, 7, -1), ValueError),
        (truncated, (np.inf, 7, 1), OverflowError),
        (truncated, (np.nan, 7, 1), OverflowError),
    ],
)
def test_error_names_the_statement(
    function: Callable[..., Any], arguments: tuple[Any, ...], error: type[Exception]
) -> None:
    compiled = gs.grad(function, wrt="x", target="cpu")
    with pytest.raises(error, match=r"test_scalars\.py:\d+: .*: return x"):
        compiled(*arguments)


@pytest.mark.parametrize("function", [quotient, rest, truncated])
@pytest.mark.parametrize("divisor", [3, -3, 7])
def test_division_rounds_as_python(function: Callable[..., Any], divisor: int) -> None:
    compiled = gs.jit(function, target="cpu")
    for number in (-7, 7, 0):
        expected = function(1.5, number, divisor)
        assert compiled(1.5, number, divisor) == expected


def powers(n: int, m: int) -> int:
    return n**m


def test_fraction_is_no_integer() -> None:
    with pytest.raises(TypeError, match="integer"):
        gs.jit(powers, target="numpy")(2, -1)


def narrow(a: Any, b: Any) -> Any:
    total = a[0] * b[0]
    for k in range(1, len(a)):
        total += a[k] * b[k]
    return total, np.dot(a, b), np.sign(a), -a // b, a % b, a * b, a - b, a**2


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint32", "int64"])
def test_integers_wrap_as_in_numpy(dtype: str) -> None:
    limits = np.iinfo(dtype)
    a = np.array([limits.max, limits.min, 7, limits.max - 3, 5], dtype=dtype)
    b = np.array([3, 2, limits.max, 5, 4], dtype=dtype)
    with np.errstate(over="ignore"):
        expected = narrow(a, b)
    found = gs.jit(narrow, target="cpu")(a, b)
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.asarray(one).dtype == np.asarray(other).dtype
