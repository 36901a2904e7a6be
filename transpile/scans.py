"""Products of all elements so far, written as loops.

The derivative of ``np.cumprod`` passes over zeros with a condition, whose own
derivative is not that of the product. Where derivatives are taken more than once, the
product becomes a loop.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .graph.build import Builder
from .graph.ir import At, Buffer, Equation, Index, Item, Program, Region, Span, Value


def loop_scans(program: Program) -> Program:
    """Return the program with a loop for each cumulative product.

    Before ``y = cumprod x``; after ``for i: total *= x[i]; y[i] = total``.
    """
    return program.map(lambda f: replace(f, body=_looped(f.body)))


def _looped(region: Region) -> Region:
    equations: list[Equation] = []
    for eq in region.equations:
        eq = replace(eq, regions=tuple(map(_looped, eq.regions)))
        if eq.op == "cumprod" and eq.result.type.is_inexact:
            equations += _loop(eq)
        else:
            equations.append(eq)
    return replace(region, equations=tuple(equations))


def _loop(eq: Equation) -> list[Equation]:
    b, (x,), axis = Builder(eq.origin, eq.backward), eq.operands, eq.attrs["axis"]
    dtype, result = eq.result.type.dtype, eq.result
    lengths = b.dims(x)
    count = lengths.pop(axis)
    if lengths:
        start = b.emit("ones", *lengths, dtype=dtype, name="total")
    else:
        start = b.constant(1.0, dtype)
    whole = Value(result.type, result.name, result.buffer)
    b.append("empty", b.dims(x), (whole,), dtype=dtype)
    inner = Builder(eq.origin, eq.backward)
    counter = Value(count.type, "i")
    total = _another(start, "total")
    filled = Value(result.type, result.name, result.buffer)
    items: list[Item] = [Span()] * x.type.rank
    items[axis] = At(0)
    place: dict[str, Any] = {"path": (Index(tuple(items)),), "inbounds": (True,)}
    factor = inner.emit("index", x, counter, **place)
    after = inner.emit("multiply", total, factor)
    stored = inner.emit("store", filled, after, counter, **place)
    region = Region((counter, total, filled), tuple(inner.equations), (after, stored))
    ends = (b.constant(0), count, b.constant(1))
    b.append("for", (*ends, start, whole), (_another(start, None), result), (region,))
    return b.equations


def _another(value: Value, name: str | None) -> Value:
    """Return a value like another, in memory of its own."""
    return Value(value.type, name, Buffer(name or "") if value.type.rank else None)
