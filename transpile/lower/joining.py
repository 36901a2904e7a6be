"""Concatenate, stack and reshape: arrays written part by part."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.ir import Equation, NewAxis, Span, Value
from .context import Lowering
from .elements import array, element
from .integers import bounds, extent, extents, plus
from .nests import nest
from .scalars import cast


def concatenate(lo: Lowering, eq: Equation) -> None:
    """Lower ``concatenate``: one nest for each part."""
    axis = eq.attrs["axis"]
    lengths = extents(lo, eq.operands[0])
    for part in eq.operands[1:]:
        lengths[axis] = plus(lo, lengths[axis], extent(lo, part, axis))
    memory = lo.allocate(eq.result, lengths)
    offset = lo.number(0)
    for part in eq.operands:
        if part not in lo.blank:
            memory = _copied(lo, memory, part, axis, offset)
        offset = plus(lo, offset, extent(lo, part, axis))
    lo.values[eq.result] = memory


def _copied(
    lo: Lowering, memory: Value, part: Value, axis: int, offset: Value
) -> Value:
    def body(at: list[Value], carries: list[Value]) -> Sequence[Value]:
        found = cast(lo, element(lo, part, at), memory.type.dtype)
        places = list(at)
        places[axis] = plus(lo, at[axis], offset)
        return [lo.write("store", carries[0], found, places)]

    (filled,) = nest(lo, bounds(lo, part), [memory], body)
    return filled


def stack(lo: Lowering, eq: Equation) -> None:
    """Lower ``stack``: one nest for each part; the parts may be scalars."""
    axis = eq.attrs["axis"]
    lengths = extents(lo, eq.operands[0])
    lengths.insert(axis, lo.number(len(eq.operands)))
    memory = lo.allocate(eq.result, lengths)
    for number, part in enumerate(eq.operands):
        memory = _layer(lo, memory, part, axis, number)
    lo.values[eq.result] = memory


def _layer(lo: Lowering, memory: Value, part: Value, axis: int, number: int) -> Value:
    def body(at: list[Value], carries: list[Value]) -> Sequence[Value]:
        found = cast(lo, element(lo, part, at), memory.type.dtype)
        places = [*at[:axis], lo.number(number), *at[axis:]]
        return [lo.write("store", carries[0], found, places)]

    (filled,) = nest(lo, bounds(lo, part), [memory], body)
    return filled


def reshape(lo: Lowering, eq: Equation) -> None:
    """Lower ``reshape``: a view of contiguous memory, copied first where it is not."""
    x, result = eq.operands[0], eq.result
    lengths = [lo.get(v) for v in eq.operands[1:]]
    if not result.type.rank:
        zeros = [lo.number(0)] * x.type.rank
        lo.define(result, element(lo, x, zeros))
        return
    if result.buffer is x.buffer or (x in lo.sources and not lo.sources[x].view):
        memory = array(lo, _without_new_axes(lo, x))
    else:
        memory = copied(lo, x)
    made = Value(result.type, result.name, memory.buffer, hint=result.hint)
    lo.block.append("reshape", (memory, *lengths), (made,), **eq.attrs)
    lo.values[result] = made


def _without_new_axes(lo: Lowering, x: Value) -> Value:
    """Return the array that x is, but for axes of length one.

    For Numba the memory of ``x[:, np.newaxis]`` need not be contiguous.
    """
    source = lo.sources.get(x)
    while source is not None and source.view is not None and _adds_axes(source.view):
        x = source.view.operands[0]
        source = lo.sources.get(x)
    return x


def _adds_axes(view: Equation) -> bool:
    path = view.attrs.get("path", ())
    return len(path) == 1 and all(
        item == Span() or isinstance(item, NewAxis)
        for item in getattr(path[0], "items", (None,))
    )


def copied(lo: Lowering, x: Value) -> Value:
    """Return a new array with the elements of x in C order."""
    like = Value(x.type, None, None, hint=x.hint or x.name)
    if not x.type.rank:
        memory = lo.allocate(like, [lo.number(1)])
        return lo.write("store", memory, lo.get(x), [lo.number(0)])
    memory = lo.allocate(like, extents(lo, x))

    def body(at: list[Value], carries: list[Value]) -> Sequence[Value]:
        return [lo.write("store", carries[0], element(lo, x, at), at)]

    (filled,) = nest(lo, bounds(lo, x), [memory], body)
    return filled


__all__ = ["concatenate", "reshape", "stack"]
