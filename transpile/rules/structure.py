"""Derivatives of what moves numbers about: shapes, creation, memory, control."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.build import Builder, Expr
from ..graph.ir import At, Equation, Index, Item, Path, Span, Value
from .partials import total
from .rows import constant, custom, linear, structural
from .table import Values


def _inverse(axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(axes)), key=lambda place: axes[place]))


def _all_axes(bar: Expr) -> tuple[int, ...]:
    return tuple(range(bar.type.rank))


def _path(items: Sequence[Item]) -> Path:
    return (Index(tuple(items)),)


def _summed(bar: Expr) -> Expr:
    """Return the sum of all elements."""
    if not bar.type.rank:
        return bar
    return bar.op("sum", axis=_all_axes(bar), keepdims=False)


linear(
    "reshape",
    lambda bar, x, *lengths: bar.op("reshape", *bar.builder.dims(x.value)),
)
linear(
    "transpose",
    lambda bar, x, axes: bar.op("transpose", axes=_inverse(axes)),
    "axes",
)
# The sum over what was broadcast is the combinator's.
linear("broadcast_to", lambda bar, x, *lengths: bar)
linear("flip", lambda bar, x, axis: bar.op("flip", axis=axis), "axis")
linear("copy", lambda bar, x: bar)
linear("full", lambda bar, fill, *lengths: _summed(bar))

# ---- concatenate, stack: custom, as they have any number of operands ----


def _zeros_like(b: Builder, x: Value) -> Value:
    dtype = x.type.dtype if x.type.is_inexact else "float64"
    if not x.type.rank:
        return b.constant(0.0, None if dtype.startswith("weak") else dtype)
    return b.emit("zeros", *b.dims(x), dtype=dtype)


def _joined_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    if all(t is None for t in tangents):
        return None
    filled = [
        _zeros_like(b, x) if t is None else t
        for t, x in zip(tangents, eq.operands, strict=True)
    ]
    return Expr(b, b.emit(eq.op, *filled, **eq.attrs))


def _concatenate_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    axis, last = eq.attrs["axis"], len(eq.operands) - 1
    contributions: list[Expr | None] = []
    start: Value | None = None
    for place, x in enumerate(eq.operands):
        stop = _plus(b, start, b.dim(x, axis)) if place < last else None
        contributions.append(_piece(b, bar, x, axis, start, stop))
        start = stop
    return contributions


def _plus(b: Builder, start: Value | None, length: Value) -> Value:
    if start is None:
        return length
    if start.number is not None and length.number is not None:
        return b.constant(int(start.number) + int(length.number))
    return b.emit("add", start, length)


def _piece(
    b: Builder, bar: Expr, x: Value, axis: int, start: Value | None, stop: Value | None
) -> Expr:
    """Return the slice of the adjoint that belongs to one of the arrays."""
    slots = [v for v in (start, stop) if v is not None]
    lower = None if start is None else 0
    upper = None if stop is None else len(slots) - 1
    items: list[Item] = [Span()] * x.type.rank
    items[axis] = Span(lower, upper)
    return bar.op("index", *slots, path=_path(items), lengths=x.type.shape)


def _stack_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    items: list[Item] = [Span()] * bar.type.rank
    items[eq.attrs["axis"]] = At(0)
    return [bar.op("index", place, path=_path(items)) for place in range(len(wanted))]


custom("concatenate", vjp=_concatenate_vjp, jvp=_joined_jvp)
custom("stack", vjp=_stack_vjp, jvp=_joined_jvp)

# ---- arange, linspace: custom, as they are linear in scalars among integers ----


def _counting(b: Builder, eq: Equation) -> Expr:
    """Return 0, 1, 2... as long as the result."""
    length = b.dim(eq.result, 0)
    dtype = eq.result.type.dtype
    ends = b.constant(0), length, b.constant(1)
    return Expr(b, b.emit("arange", *ends, dtype=dtype))


def _arange_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    return [_summed(bar), None, bar.op("dot", _counting(b, eq))]


def _arange_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    start, _, step = (None if t is None else Expr(b, t) for t in tangents)
    return total([start, None if step is None else step * _counting(b, eq)])


custom("arange", vjp=_arange_vjp, jvp=_arange_jvp)


def _share(b: Builder, eq: Equation) -> Expr:
    """Return how much of the way to the stop each point has gone."""
    ends = b.constant(0.0), b.constant(1.0), eq.operands[2]
    attrs = {"endpoint": eq.attrs.get("endpoint", True)}
    return Expr(b, b.emit("linspace", *ends, dtype=eq.result.type.dtype, **attrs))


def _linspace_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    share = _share(b, eq)
    return [bar.op("dot", 1 - share), bar.op("dot", share), None]


def _linspace_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    start, stop, _ = (None if t is None else Expr(b, t) for t in tangents)
    share = _share(b, eq)
    head = None if start is None else start * (1 - share)
    return total([head, None if stop is None else stop * share])


custom("linspace", vjp=_linspace_vjp, jvp=_linspace_jvp)

constant("dim", "zeros", "ones", "empty", "eye", "constant", "undefined")
constant("check", "print", "draw")
structural("memory", "index", "store", "accumulate")
structural("control", "for", "while", "if", "call", "outside")
