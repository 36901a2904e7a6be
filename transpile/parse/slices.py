"""Exact lengths of slices, and indices proved in range, from the facts that hold."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.ir import At, Index, Item, NewAxis, Span, Type, Value
from ..graph.linear import Dim, Linear, derived
from ..graph.shapes import ceil_divide, is_basic, slice_length, width
from .context import Context

_ZERO = Linear.number(0)


def in_bounds(context: Context, position: Linear, length: Dim) -> bool:
    """Return whether an index is provably in range.

    A negative one counts only if it is a number.
    """
    goals = [position, length - 1 - position]
    if position.value is not None and position.value < 0:
        goals = [length + position]
    proved = all(map(context.proves, goals))
    if not proved:
        context.wish(*goals)
    return proved


def proofs(
    context: Context, base: Type, items: Sequence[Item], slots: Sequence[Value]
) -> tuple[bool, ...]:
    """Return for each integer index whether it is provably in range."""
    found, axis = [], 0
    for item in items:
        if isinstance(item, At):
            position = slots[item.slot].as_linear
            found.append(in_bounds(context, position, base.shape[axis]))
        axis += width(item)
    return tuple(found)


def view_shape(
    context: Context, base: Type, items: Sequence[Item], slots: Sequence[Value]
) -> tuple[Dim, ...] | None:
    """Return the shape of a basic index, as exactly as it can be proved."""
    if not is_basic((Index(tuple(items)),)):
        return None
    shape: list[Dim] = []
    axis = 0
    for item in items:
        if isinstance(item, Span):
            shape.append(_span(context, item, base.shape[axis], slots))
        elif isinstance(item, NewAxis):
            shape.append(Linear.number(1))
        axis += width(item)
    return tuple(shape)


def _span(context: Context, item: Span, length: Dim, slots: Sequence[Value]) -> Dim:
    lower, upper, step = (
        None if slot is None else slots[slot].as_linear
        for slot in (item.lower, item.upper, item.step)
    )
    if lower is None and upper is None and step is None:
        return length
    by = 1 if step is None else step.value
    found = None
    if by is not None and by > 0:
        found = _forward(context, lower, upper, length)
    elif by is not None and by < 0:
        found = _backward(context, lower, upper, length)
    if found is None or by is None:
        return slice_length(lower, upper, step, length)
    return ceil_divide(found, abs(by))


def _forward(
    context: Context, lower: Dim | None, upper: Dim | None, length: Dim
) -> Dim | None:
    start = _ZERO if lower is None else _position(context, lower, length)
    stop = length if upper is None else _position(context, upper, length)
    if start is None or stop is None or not context.proves(length - stop):
        return None
    return _not_negative(context, stop - start)


def _backward(
    context: Context, lower: Dim | None, upper: Dim | None, length: Dim
) -> Dim | None:
    start = length - 1 if lower is None else _position(context, lower, length)
    stop = Linear.number(-1) if upper is None else _position(context, upper, length)
    if start is None or stop is None or not context.proves(length - 1 - start):
        return None
    return _not_negative(context, start - stop)


def _position(context: Context, bound: Dim, length: Dim) -> Dim | None:
    """Return where a bound points if counted from the start, if provable."""
    if context.proves(bound):
        return bound
    if context.proves(-bound - 1) and context.proves(length + bound):
        return length + bound
    return None


def _not_negative(context: Context, form: Dim) -> Dim:
    if context.proves(form):
        return form
    return _ZERO if context.proves(-form) else derived("clip", form)


def unit_slice(context: Context, item: Span, slots: Sequence[Value]) -> Dim | None:
    """Return how long an axis must be for a slice to have its one element.

    None is returned for slices that don't select one element by their bounds.
    """
    lower, upper, step = (
        None if slot is None else slots[slot].as_linear
        for slot in (item.lower, item.upper, item.step)
    )
    if step is not None and step.value != 1:
        return None
    start = _ZERO if lower is None else lower
    if upper is None:
        return Linear.number(1) if start.value == -1 else None
    if (upper - start).value != 1:
        return None
    if start.value is not None and start.value < 0:
        return -start if upper.value else None
    return upper if context.proves(start) else None
