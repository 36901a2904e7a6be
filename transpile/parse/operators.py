"""Operators on numbers and arrays, whoever spells them."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ..graph.ir import Value
from ..read import language
from .arrays import as_array, known_integer
from .frame import Frame
from .libraries import call_library
from .objects import Formatted, Obj, Scalar, Static, Tuple

# What Python computes of numbers in the source.
KNOWN: Mapping[str, Callable[..., Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "Pow": math.pow,
}
# Product -> the operation by the ranks of the operands.
PRODUCTS = {(1, 1): "dot", (2, 1): "matvec", (1, 2): "vecmat", (2, 2): "matmul"}


def binary_operator(frame: Frame, kind: str, left: Obj, right: Obj) -> Obj:
    """Return the result of a binary operator, given by the name of its node."""
    if kind == "MatMult":
        return product(frame, left, right, "@")
    if isinstance(left, Tuple) or isinstance(right, Tuple):
        found = _of_tuples(frame, kind, left, right)
        if found is not None:
            return found
        # NumPy makes arrays of lists that meet arrays.
        left, right = as_array(frame, left), as_array(frame, right)
    if kind == "Mod" and isinstance(left, Static) and isinstance(left.value, str):
        return _interpolated(frame, left.value, right)
    if isinstance(left, Static) or isinstance(right, Static):
        frame.refuse("an operator on text or None", "use numbers or arrays")
    x, y = frame.read(left), frame.read(right)
    return frame.fresh(arithmetic(frame, kind, x, y))


def _interpolated(frame: Frame, text: str, right: Obj) -> Obj:
    """Return ``"text %g" % values``, as far as print needs it."""
    items = right.items if isinstance(right, Tuple) else (right,)
    places = re.findall(r"%[-+0 #]*\d*(?:\.\d+)?[dfgeEGFis]", text)
    if len(places) != len(items) or text.count("%") != len(places):
        frame.refuse("this use of % with text", "write an f-string")
    values = [frame.read(item) for item in items]
    escaped = text.replace("{", "{{").replace("}", "}}")
    for k, place in enumerate(places):
        if place[-1] in "di" and values[k].type.is_float:
            values[k] = frame.cast(values[k], "weak_int")
        how = place[1:].replace("-", "<").replace("i", "d").replace("s", "")
        escaped = escaped.replace(place, "{:" + how + "}" if how else "{}", 1)
    return Formatted(escaped, tuple(values))


def arithmetic(
    frame: Frame, kind: str, x: Value, y: Value, spelled: str | None = None
) -> Value:
    """Return ``x op y`` for an operator given by the name of its node."""
    op = language.OPERATORS[kind]
    made = frame.emit(op, x, y, spelled=spelled or language.SYMBOLS[kind])
    numbers = frame.context.number(x), frame.context.number(y)
    if kind in KNOWN and None not in numbers and made.type.dtype == "weak_float":
        with suppress(ArithmeticError, ValueError):
            frame.context.known[made] = KNOWN[kind](*numbers)
    return made


def _of_tuples(frame: Frame, kind: str, left: Obj, right: Obj) -> Obj | None:
    """Return what Python's own ``+`` and ``*`` do with tuples and lists."""
    if isinstance(left, Tuple) and isinstance(right, Tuple):
        if kind == "Add" and left.is_list == right.is_list:
            return Tuple(left.items + right.items, left.is_list)
        frame.refuse("an operator on two tuples or lists", "make arrays: np.array(...)")
    group, other = (left, right) if isinstance(left, Tuple) else (right, left)
    value = frame.read(other)
    if value.type.rank or not isinstance(group, Tuple):
        return None
    if kind == "Mult" and value.type.is_integer:
        times = known_integer(frame, value, "how often a list is repeated")
        return Tuple(group.items * times, group.is_list)
    frame.refuse("a tuple or list in arithmetic", "make an array: np.array(...)")


def unary_operator(frame: Frame, kind: str, operand: Obj) -> Obj:
    """Return ``-x``, ``+x`` or ``~x``."""
    value = frame.read(operand)
    op, symbol = language.UNARY[kind], language.SYMBOLS[kind]
    made = frame.make(op, value, spelled=symbol)
    number = frame.context.number(value)
    if kind == "USub" and isinstance(number, float):
        frame.context.known[frame.read(made)] = -number
    return made


def product(frame: Frame, left: Obj, right: Obj, spelled: str) -> Obj:
    """Return a product of vectors and matrices, by their ranks."""
    x = frame.read(as_array(frame, left))
    y = frame.read(as_array(frame, right))
    if not (x.type.rank and y.type.rank):
        if spelled in ("@", "np.matmul"):
            frame.refuse("matmul of a number", "use * for products with numbers")
        return frame.make("multiply", x, y, spelled=spelled)
    op = PRODUCTS.get((x.type.rank, y.type.rank))
    if op is None and spelled in ("@", "np.matmul") and min(_ranks(x, y)) > 1:
        op = "matmul"
    if op is None:
        return _over_axes(frame, left, right, x.type.rank - 1, max(y.type.rank - 2, 0))
    return frame.make(op, x, y, spelled=spelled)


def _ranks(x: Value, y: Value) -> tuple[int, int]:
    return x.type.rank, y.type.rank


def _over_axes(frame: Frame, left: Obj, right: Obj, one: int, other: int) -> Obj:
    """Return all products of the vectors along an axis of each of two arrays."""
    axes = Tuple(tuple(Scalar(frame.constant(axis)) for axis in (one, other)))
    return call_library(frame, "numpy.tensordot", [left, right], {"axes": axes})
