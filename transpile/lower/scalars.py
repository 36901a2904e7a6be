"""Scalar arithmetic with every conversion written out.

NumPy promotes; what runs the loops may promote differently. So the operands of each
operation are brought to the dtype in which NumPy computes, constants included, and
operations that compiled code lacks are written with those that it has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..graph.dtypes import COMPLEX, TO_REAL
from ..graph.ir import Value
from ..graph.ops import COMPARISONS
from ..graph.types import promote
from .context import Lowering, concrete

Scalars = Sequence[Value]
Recipe = Callable[[Lowering, Scalars, str], Value]

ARITHMETIC = frozenset({"add", "subtract", "multiply", "divide"})
LOGICAL = frozenset({"logical_and", "logical_or", "logical_xor", "logical_not"})
FLOAT_TESTS = frozenset({"isnan", "isinf", "isfinite", "signbit"})


def is_float(dtype: str) -> bool:
    """Whether a dtype is one of real floating-point numbers, weak or not."""
    return concrete(dtype).startswith("float")


def is_inexact(dtype: str) -> bool:
    """Whether a dtype is one of floating-point numbers, real or complex."""
    return is_float(dtype) or dtype in COMPLEX


def cast(lo: Lowering, value: Value, dtype: str) -> Value:
    """Return a scalar in a dtype; a constant becomes one of that dtype."""
    if concrete(value.type.dtype) == concrete(dtype):
        return value
    number = lo.constants.get(value)
    if number is not None:
        return constant(lo, number, dtype)
    if dtype == "bool":
        return lo.emit("not_equal", value, constant(lo, 0, value.type.dtype))
    if dtype == "weak_int" and is_float(value.type.dtype):
        _demand_finite(lo, value)
    return lo.emit("cast", value, dtype=dtype)


def _demand_finite(lo: Lowering, value: Value) -> None:
    """Append a check that a float is a 64-bit integer: ``int`` raises for nan."""
    size = lo.emit("absolute", value)
    limit = constant(lo, 2**63, value.type.dtype)
    message = "a number that no 64-bit integer is near"
    lo.demand(lo.emit("less", size, limit), "OverflowError", message)


def constant(lo: Lowering, number: complex, dtype: str) -> Value:
    """Return a constant of a dtype."""
    if dtype == "bool":
        return lo.emit("constant", value=bool(number))
    if dtype in COMPLEX:
        return lo.emit("constant", value=complex(number), dtype=dtype)
    assert not isinstance(number, complex)
    if is_float(dtype):
        return lo.emit("constant", value=float(number), dtype=dtype)
    return lo.emit("constant", value=int(number), dtype=dtype)


def apply(
    lo: Lowering,
    op: str,
    values: Scalars,
    dtype: str,
    attrs: Mapping[str, Any] | None = None,
) -> Value:
    """Return an elementwise operation of scalars, computed in ``dtype``."""
    if op == "cast":
        return cast(lo, values[0], (attrs or {})["dtype"])
    recipe = RECIPES.get(op)
    if recipe is not None:
        return recipe(lo, values, dtype)
    return plain(lo, op, values, dtype)


def plain(lo: Lowering, op: str, values: Scalars, dtype: str) -> Value:
    """Return an operation as it is, its operands brought to one dtype."""
    if op in COMPARISONS:
        common = promote(*(v.type.dtype for v in values))
    elif op in LOGICAL:
        common = "bool"
    elif op in FLOAT_TESTS:
        common = values[0].type.dtype
        common = common if is_inexact(common) else "float64"
    elif op in TO_REAL:
        common = values[0].type.dtype if values[0].type.is_complex else dtype
    else:
        common = dtype
    return lo.emit(op, *(_promoted(lo, v, common, op) for v in values))


def _promoted(lo: Lowering, value: Value, dtype: str, op: str) -> Value:
    """Return an operand in a dtype; a real one may meet complex ones as it is."""
    meets = op in ARITHMETIC and dtype in COMPLEX and not value.type.is_complex
    return cast(lo, value, COMPLEX[dtype] if meets else dtype)


def _where(lo: Lowering, values: Scalars, dtype: str) -> Value:
    chosen = cast(lo, values[0], "bool")
    branches = (cast(lo, v, dtype) for v in values[1:])
    return lo.emit("where", chosen, *branches)


def _clip(lo: Lowering, values: Scalars, dtype: str) -> Value:
    x, low, high = (cast(lo, v, dtype) for v in values)
    return lo.emit("minimum", lo.emit("maximum", x, low), high)


def _power(lo: Lowering, values: Scalars, dtype: str) -> Value:
    base, exponent = values
    number = lo.constants.get(exponent)
    base = cast(lo, base, dtype)
    if number is not None and is_inexact(dtype) and number in SIMPLE_POWERS:
        return SIMPLE_POWERS[number](lo, base, dtype)
    if is_inexact(dtype) and isinstance(number, int) and 0 < number <= 64:
        return lo.emit("power", base, constant(lo, number, "weak_int"))
    exponent = cast(lo, exponent, dtype)
    if not is_inexact(dtype) and (number is None or number < 0):
        valid = lo.emit("greater_equal", exponent, constant(lo, 0, dtype))
        lo.demand(valid, "ValueError", "an integer to a negative integer power")
    return lo.emit("power", base, exponent)


SIMPLE_POWERS: Mapping[complex, Callable[[Lowering, Value, str], Value]] = {
    2: lambda lo, x, dtype: lo.emit("multiply", x, x),
    1: lambda lo, x, dtype: x,
    0: lambda lo, x, dtype: constant(lo, 1, dtype),
    -1: lambda lo, x, dtype: lo.emit("divide", constant(lo, 1, dtype), x),
    0.5: lambda lo, x, dtype: lo.emit("sqrt", x),
}


def _on_bools(op: str, logical: str) -> Recipe:
    def recipe(lo: Lowering, values: Scalars, dtype: str) -> Value:
        return plain(lo, logical if dtype == "bool" else op, values, dtype)

    return recipe


def _square(lo: Lowering, values: Scalars, dtype: str) -> Value:
    x = cast(lo, values[0], dtype)
    return lo.emit("multiply", x, x)


def _reciprocal(lo: Lowering, values: Scalars, dtype: str) -> Value:
    op = "divide" if is_inexact(dtype) else "floor_divide"
    one = constant(lo, 1, dtype)
    if op == "divide":
        return lo.emit(op, one, cast(lo, values[0], dtype))
    return _truncated(lo, one, cast(lo, values[0], dtype), dtype)


def _truncated(lo: Lowering, x: Value, y: Value, dtype: str) -> Value:
    """Return the quotient of integers rounded towards zero."""
    floor = lo.emit("floor_divide", x, y)
    over = lo.emit("remainder", x, y)
    zero = constant(lo, 0, dtype)
    apart = lo.emit("not_equal", lo.emit("less", x, zero), lo.emit("less", y, zero))
    round_up = lo.emit("logical_and", apart, lo.emit("not_equal", over, zero))
    return lo.emit(
        "where", round_up, lo.emit("add", floor, constant(lo, 1, dtype)), floor
    )


def _fmod(lo: Lowering, values: Scalars, dtype: str) -> Value:
    if is_float(dtype):
        return plain(lo, "fmod", values, dtype)
    x, y = (cast(lo, v, dtype) for v in values)
    over, zero = lo.emit("remainder", x, y), constant(lo, 0, dtype)
    apart = lo.emit("not_equal", lo.emit("less", x, zero), lo.emit("less", y, zero))
    turn = lo.emit("logical_and", apart, lo.emit("not_equal", over, zero))
    return lo.emit("where", turn, lo.emit("subtract", over, y), over)


def _heaviside(lo: Lowering, values: Scalars, dtype: str) -> Value:
    x, middle = (cast(lo, v, dtype) for v in values)
    zero, one = constant(lo, 0, dtype), constant(lo, 1, dtype)
    at_zero = lo.emit("where", lo.emit("equal", x, zero), middle, x)
    below = lo.emit("where", lo.emit("less", x, zero), zero, at_zero)
    return lo.emit("where", lo.emit("greater", x, zero), one, below)


def _ldexp(lo: Lowering, values: Scalars, dtype: str) -> Value:
    return lo.emit("ldexp", cast(lo, values[0], dtype), cast(lo, values[1], "int64"))


def _nan_to_num(lo: Lowering, values: Scalars, dtype: str) -> Value:
    x = cast(lo, values[0], dtype)
    if not is_float(dtype):
        return x
    largest = 3.4028234663852886e38 if dtype == "float32" else 1.7976931348623157e308
    low, high = constant(lo, -largest, dtype), constant(lo, largest, dtype)
    finite = lo.emit("minimum", lo.emit("maximum", x, low), high)
    return lo.emit("where", lo.emit("isnan", x), constant(lo, 0, dtype), finite)


def _sign(lo: Lowering, values: Scalars, dtype: str) -> Value:
    if not dtype.startswith("uint"):
        return plain(lo, "sign", values, dtype)
    x, zero = cast(lo, values[0], dtype), constant(lo, 0, dtype)
    return cast(lo, lo.emit("not_equal", x, zero), dtype)


def _divided(op: str) -> Recipe:
    """Return ``//`` or ``%``: for Python's integers division by zero is an error."""

    def recipe(lo: Lowering, values: Scalars, dtype: str) -> Value:
        divisor = values[1].as_linear
        signed = (divisor - 1, -divisor - 1)
        if dtype == "weak_int" and not any(map(lo.proved, signed)):
            valid = lo.emit("not_equal", values[1], constant(lo, 0, dtype))
            lo.demand(valid, "ZeroDivisionError", "integer division by zero")
            if lo.proved(divisor):
                lo.facts.append(signed[0])
        return plain(lo, op, values, dtype)

    return recipe


def _fabs(lo: Lowering, values: Scalars, dtype: str) -> Value:
    return plain(lo, "absolute", values, dtype)


def _float_power(lo: Lowering, values: Scalars, dtype: str) -> Value:
    return plain(lo, "power", values, dtype)


def _positive(lo: Lowering, values: Scalars, dtype: str) -> Value:
    return cast(lo, values[0], dtype)


def _part(op: str) -> Recipe:
    return lambda lo, values, dtype: lo.emit(op, values[0])


def _sinc(lo: Lowering, values: Scalars, dtype: str) -> Value:
    x = cast(lo, values[0], dtype)
    pi, zero = constant(lo, 3.141592653589793, dtype), constant(lo, 0, dtype)
    tiny = constant(lo, 1e-20, dtype)
    safe = lo.emit("where", lo.emit("equal", x, zero), tiny, x)
    turned = lo.emit("multiply", pi, safe)
    return lo.emit("divide", lo.emit("sin", turned), turned)


def _isfinite(lo: Lowering, values: Scalars, dtype: str) -> Value:
    """Compare with infinity: Numba's test is ``x - x``, which is 0 by reassociation."""
    (x,) = values
    if not is_float(x.type.dtype):
        return plain(lo, "isfinite", values, dtype)
    limit = lo.emit("constant", value=math.inf, dtype=concrete(x.type.dtype))
    return lo.emit("less", lo.emit("absolute", x), limit)


RECIPES: Mapping[str, Recipe] = {
    "where": _where,
    "clip": _clip,
    "power": _power,
    "float_power": _float_power,
    "square": _square,
    "reciprocal": _reciprocal,
    "fmod": _fmod,
    "ldexp": _ldexp,
    "fabs": _fabs,
    "sign": _sign,
    "floor_divide": _divided("floor_divide"),
    "remainder": _divided("remainder"),
    "heaviside": _heaviside,
    "nan_to_num": _nan_to_num,
    "positive": _positive,
    "sinc": _sinc,
    "isfinite": _isfinite,
    "real": _part("real"),
    "imag": _part("imag"),
    "add": _on_bools("add", "logical_or"),
    "multiply": _on_bools("multiply", "logical_and"),
    "maximum": _on_bools("maximum", "logical_or"),
    "minimum": _on_bools("minimum", "logical_and"),
    "bitwise_and": _on_bools("bitwise_and", "logical_and"),
    "bitwise_or": _on_bools("bitwise_or", "logical_or"),
    "bitwise_xor": _on_bools("bitwise_xor", "logical_xor"),
    "invert": _on_bools("invert", "logical_not"),
}
