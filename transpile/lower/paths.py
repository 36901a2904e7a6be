"""Index paths as maps: from the counters of a section to the indices of its array."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..graph.ir import (
    At,
    Equation,
    Gather,
    Index,
    Mask,
    NewAxis,
    Reshape,
    Span,
    Transpose,
    Value,
)
from ..graph.shapes import width
from .context import Lowering
from .integers import (
    Range,
    bounds,
    extents,
    known,
    minus,
    plus,
    product,
    quotient,
    rest,
    span,
    times,
    wrapped,
)

Counters = Sequence[Value]


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """Part of an array: lengths, and where each of its elements lies in the array.

    ``ranges`` are the first and last bounds of loops that suit its axes.
    """

    extents: tuple[Value, ...]
    ranges: tuple[tuple[Value, Value], ...]
    place: Callable[[Counters], list[Value]]


def whole(lo: Lowering, array: Value) -> Section:
    """Return an array of the original as a section: all of it."""
    ranges = from_zero(lo, bounds(lo, array))
    return Section(tuple(extents(lo, array)), ranges, list)


def from_zero(lo: Lowering, stops: Sequence[Value]) -> tuple[tuple[Value, Value], ...]:
    """Return ranges that start at zero."""
    return tuple((lo.number(0), stop) for stop in stops)


class Slots:
    """The index operands of an equation, and which of its indices are in range."""

    def __init__(self, lo: Lowering, eq: Equation, values: Sequence[Value]) -> None:
        self.lo = lo
        self.eq = eq
        self.originals = values
        self.inside: Iterator[bool] = iter(eq.attrs.get("inbounds", ()))

    def scalar(self, slot: int | None) -> Value | None:
        """Return an integer operand."""
        return None if slot is None else self.lo.get(self.originals[slot])


def section(
    lo: Lowering, start: Section, eq: Equation, slots: Slots, direct: bool
) -> Section:
    """Return the section that the path of an equation selects.

    ``direct``: the indices are used as they are, negative ones included, where the
    path has one step.
    """
    path = eq.attrs["path"]
    found = start
    for step in path:
        if isinstance(step, Transpose):
            found = _transposed(found, step.axes)
        elif isinstance(step, Reshape):
            found = _reshaped(lo, found, step, slots)
        else:
            found = _indexed(lo, found, step, slots, direct and len(path) == 1)
    return found


def _transposed(base: Section, axes: Sequence[int]) -> Section:
    def place(counters: Counters) -> list[Value]:
        return base.place([counters[axes.index(axis)] for axis in range(len(axes))])

    return Section(
        tuple(base.extents[axis] for axis in axes),
        tuple(base.ranges[axis] for axis in axes),
        place,
    )


def _reshaped(lo: Lowering, base: Section, step: Reshape, slots: Slots) -> Section:
    lengths = [v for v in map(slots.scalar, step.slots) if v is not None]

    def place(counters: Counters) -> list[Value]:
        return base.place(unravel(lo, ravel(lo, counters, lengths), base.extents))

    return Section(tuple(lengths), from_zero(lo, lengths), place)


def ravel(lo: Lowering, counters: Counters, lengths: Sequence[Value]) -> Value:
    """Return the position of an element in C order."""
    position = lo.number(0)
    for counter, length in zip(counters, lengths, strict=True):
        position = plus(lo, times(lo, position, length), counter)
    return position


def unravel(lo: Lowering, position: Value, lengths: Sequence[Value]) -> list[Value]:
    """Return the indices of the element at a position in C order."""
    places: list[Value] = []
    for axis, length in enumerate(lengths):
        inner = product(lo, lengths[axis + 1 :])
        place = quotient(lo, position, inner)
        places.append(place if axis == 0 else rest(lo, place, length))
    return places


# ---- square brackets ----

Place = Callable[[Counters], Value]


@dataclass(slots=True)
class Axes:
    """The axes of an indexed section while they are collected."""

    extents: list[Value]
    ranges: list[tuple[Value, Value]]
    places: list[Callable[[Counters], list[Value]]]


def _indexed(
    lo: Lowering, base: Section, step: Index, slots: Slots, direct: bool
) -> Section:
    arrays = any(isinstance(item, Gather | Mask) for item in step.items)
    if arrays:
        from .gathers import gathered

        return gathered(lo, base, step, slots, direct)
    axes, axis = Axes([], [], []), 0
    for item in step.items:
        length = base.extents[axis] if axis < len(base.extents) else None
        _item(lo, axes, item, length, slots, direct)
        axis += width(item)

    def place(counters: Counters) -> list[Value]:
        return base.place([p for each in axes.places for p in each(counters)])

    return Section(tuple(axes.extents), tuple(axes.ranges), place)


def _item(
    lo: Lowering,
    axes: Axes,
    item: At | Span | NewAxis | Gather | Mask,
    length: Value | None,
    slots: Slots,
    direct: bool,
) -> None:
    own = len(axes.extents)
    if isinstance(item, NewAxis):
        axes.extents.append(lo.number(1))
        axes.ranges.append((lo.number(0), lo.number(1)))
        return
    assert length is not None
    if isinstance(item, At):
        fixed = at(lo, item, length, slots, direct)
        axes.places.append(lambda counters: [fixed])
        return
    if not isinstance(item, Span):
        raise TypeError(f"{item!r} is not a basic index")
    reach = spanned(lo, item, length, slots)
    axes.extents.append(reach.extent)
    start = lo.number(0) if reach.stop is None else reach.start
    axes.ranges.append((start, reach.stop or reach.bound))
    axes.places.append(lambda counters: [along(lo, reach, counters[own])])


def spanned(lo: Lowering, item: Span, length: Value, slots: Slots) -> Range:
    """Return the indices of a slice."""
    lower, upper, step = map(slots.scalar, (item.lower, item.upper, item.step))
    if lower is None and upper is None and step is None:
        return Range(lo.number(0), lo.number(1), length, length, length)
    return span(lo, length, lower, upper, step)


def along(lo: Lowering, reach: Range, counter: Value) -> Value:
    """Return an index of a slice."""
    by = known(reach.step)
    assert by is not None
    moved = times(lo, counter, lo.number(abs(by)))
    return plus(lo, reach.start, moved) if by > 0 else minus(lo, reach.start, moved)


def at(lo: Lowering, item: At, length: Value, slots: Slots, direct: bool) -> Value:
    """Return an integer index, after a check that it is in range if need be."""
    index = slots.scalar(item.slot)
    assert index is not None
    if not next(slots.inside, False):
        check(lo, slots.eq, index, length)
    if direct and known(index) is None:
        return lo.direct(index)
    return wrapped(lo, index, length)


def check(lo: Lowering, eq: Equation, index: Value, length: Value) -> None:
    """Append a check that ``-length <= index < length``, if that is not proved."""
    form, size = index.as_linear, length.as_linear
    below, above = lo.proved(form + size), lo.proved(size - 1 - form)
    if below and above:
        return
    number = form.value
    outside = []
    if number is not None and number < 0:
        outside.append(lo.emit("less", length, lo.number(-number)))
    elif number is not None:
        outside.append(lo.emit("less_equal", length, lo.number(number)))
    else:
        if not below:
            outside.append(lo.emit("less", index, lo.emit("negative", length)))
        if not above:
            outside.append(lo.emit("greater_equal", index, length))
    wrong = outside[0] if len(outside) == 1 else lo.emit("logical_or", *outside)
    inside = lo.emit("logical_not", wrong)
    lo.demand(inside, "IndexError", "index out of range", eq.origin)
    lo.facts += [form + size, size - 1 - form]


__all__ = ["Section", "Slots", "section", "whole"]
