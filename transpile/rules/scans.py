"""The derivative of products up to each element, as a loop without divisions.

An element may be zero: what is divided by it is lost, and a condition in its place
has another derivative than the product. A loop has the right one, taken again too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..graph.build import Builder, Expr
from ..graph.ir import At, Buffer, Equation, Index, Item, Path, Region, Span, Value
from .partials import conj
from .rows import custom
from .table import Values

# The elements of an iteration; from them and a total, what to store and the next total.
Here = Callable[[Expr], Expr]
Body = Callable[[Here, Expr], tuple[Expr, Expr]]


def before(x: Expr, axis: int) -> Expr:
    """Return for each element what stands before it along an axis: 1 for the first."""
    b = x.builder
    lengths = b.dims(x.value)
    count, lengths[axis] = lengths[axis], b.constant(1)
    one = b.emit("ones", *lengths, dtype=x.type.dtype)
    both = Expr(b, b.emit("concatenate", one, x.value, axis=axis))
    items: list[Item] = [Span()] * x.type.rank
    items[axis] = Span(None, 0)
    path = (Index(tuple(items)),)
    return both.op("index", count, path=path, lengths=x.type.shape)


def _along(like: Expr, axis: int, body: Body, *, down: bool = False) -> Expr:
    """Return an array that a loop along an axis fills, with a total that begins at 0.

    ``for i: x[i], total = body(of elements i, total)``
    """
    b, kind = like.builder, like.type
    count = b.dim(like.value, axis)
    whole = b.emit("empty", *b.dims(like.value), dtype=kind.dtype)
    lengths = [n for k, n in enumerate(b.dims(like.value)) if k != axis]
    zero = b.constant(0.0, kind.dtype)
    start = b.emit("zeros", *lengths, dtype=kind.dtype) if lengths else zero
    inner = Builder(b.origin, b.backward)
    counter, filled = Value(count.type, "i"), _another(whole)
    total = _another(start, "total")
    place: dict[str, Any] = {"inbounds": (True,)}

    def at(x: Expr) -> Expr:
        path = _at(x.value, axis)
        return Expr(inner, inner.emit("index", x.value, counter, path=path, **place))

    made, after = body(at, Expr(inner, total))
    path = _at(whole, axis)
    stored = inner.emit("store", filled, made.value, counter, path=path, **place)
    equations, results = tuple(inner.equations), (after.value, stored)
    region = Region((counter, total, filled), equations, results)
    bounds = _downward(b, count) if down else (b.constant(0), count, b.constant(1))
    final = Value(whole.type, None, whole.buffer)
    b.append("for", (*bounds, start, whole), (_another(start), final), (region,))
    return Expr(b, final)


def _at(x: Value, axis: int) -> Path:
    items: list[Item] = [Span()] * x.type.rank
    items[axis] = At(0)
    return (Index(tuple(items)),)


def _downward(b: Builder, count: Value) -> tuple[Value, Value, Value]:
    last = b.emit("subtract", count, b.constant(1))
    return last, b.constant(-1), b.constant(-1)


def _another(value: Value, name: str | None = None) -> Value:
    """Return a value like another, an array in memory of its own where it is named."""
    if value.type.rank and name is None:
        return Value(value.type, value.name, value.buffer)
    return Value(value.type, name, Buffer(name or "") if value.type.rank else None)


def _cumprod_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    axis, x = eq.attrs["axis"], conj(Expr(b, eq.operands[0]))
    first = before(conj(Expr(b, eq.result)), axis)

    def body(at: Here, total: Expr) -> tuple[Expr, Expr]:
        total = total + at(bar)
        return total * at(first), total * at(x)

    return [_along(bar, axis, body, down=True)]


def moved_product(eq: Equation, dot: Expr, partial: Callable[[Expr], Expr]) -> Expr:
    """Return the tangent of a cumulative product; ``partial`` makes factors of one."""
    b, axis = dot.builder, eq.attrs["axis"]
    x, first = Expr(b, eq.operands[0]), before(Expr(b, eq.result), axis)

    def body(at: Here, total: Expr) -> tuple[Expr, Expr]:
        total = total * partial(at(x)) + at(dot) * partial(at(first))
        return total, total

    return _along(dot, axis, body)


def _cumprod_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    (dot,) = tangents
    return None if dot is None else moved_product(eq, Expr(b, dot), lambda x: x)


custom("cumprod", vjp=_cumprod_vjp, jvp=_cumprod_jvp)
