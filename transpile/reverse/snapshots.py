"""A loop with snapshots: a small stack of states, as Revolve places them.

Before ``for t in range(n): body``; after::

    for top in range(snapshots):
        u_saved[top] = u
        saved_at[top] = now
        stop = min(now + _stride(n + 1 - now, snapshots - top), n)
        for t in range(now, stop):
            body
        now = stop

The outer loop is marked: on the way back the stack is used again (see `unwind`). The
schedule is that of n + 1 steps, the last of which is the rest of the program. A
carry that is only added to, or only written, is not part of the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.carries import kinds
from ..graph.ir import At, Equation, Index, Path, Region, Span, Type, Value
from ..graph.loopform import Loop
from .parts import Parts, all_trips, counter_at, unread
from .stride import NAME

INTEGER = Type("int64")


def with_snapshots(parts: Parts, size: int | None) -> list[Equation]:
    """Return the loop over snapshots, around the loop from one to the next.

    Without a size, there are as many as the trips have binary digits.
    """
    loop = parts.loop
    outer, inner = Builder(loop.eq.origin), Builder(loop.eq.origin)
    zero, one = outer.constant(0), outer.constant(1)
    trips = all_trips(outer, loop.bounds)
    count = _count(outer, trips, size)
    state = state_of(loop.eq)
    rows = [_rows(outer, count, loop.inits[k]) for k in state]
    places = outer.emit("empty", count, name="saved_at", dtype="int64")
    top, now = Value(zero.type, "top"), Value(INTEGER, "now")
    before = parts.before()
    stack = Stack([again(v) for v in rows], again(places))
    stack.push(inner, top, now, [before[k] for k in state])
    stop = next_stop(inner, now, trips, inner.emit("subtract", count, top))
    after = parts.after(before)
    bounds = part_of_range(inner, loop.bounds, now, stop)
    made = replace(loop.eq, operands=(*bounds, *before), results=tuple(after))
    inner.equations.append(made)
    body = Region(
        (top, now, *stack.start, *before),
        tuple(inner.equations),
        (stop, *stack.arrays, *after),
    )
    finals = (Value(INTEGER, "now"), *map(again, (*rows, places)), *loop.finals)
    start = outer.emit("cast", zero, dtype="int64")
    outer.append(
        "for",
        (zero, count, one, start, *rows, places, *loop.inits),
        finals,
        (body,),
        schedule="binomial",
        bounds=loop.bounds,
        most=trips,
    )
    return outer.equations


class Stack:
    """Snapshots under construction: arrays of states, and of when they were taken.

    ``start`` are the versions that a region is given, ``arrays`` the present ones.
    """

    def __init__(self, rows: Sequence[Value], places: Value) -> None:
        self.start = (*rows, places)
        self.arrays = list(self.start)

    def push(
        self, builder: Builder, top: Value, now: Value, state: Sequence[Value]
    ) -> None:
        """Emit the stores of a state."""
        self.arrays = [
            builder.store(array, value, row_of(array), top)
            for array, value in zip(self.arrays, (*state, now), strict=True)
        ]
        for k in range(len(self.arrays)):
            at = k - len(self.arrays)
            builder.equations[at] = in_range(builder.equations[at])


def row_of(array: Value) -> Path:
    """Return the path to one row of an array, ``[top]``."""
    return (Index((At(0), *(Span() for _ in array.type.shape[1:]))),)


def in_range(eq: Equation) -> Equation:
    """Mark the row that an equation reads or writes as one that is there."""
    return replace(eq, attrs=MappingProxyType({**eq.attrs, "inbounds": (True,)}))


def again(array: Value) -> Value:
    """Return another version of an array."""
    return replace(array, serial=Value(array.type).serial)


def state_of(eq: Equation) -> list[int]:
    """Return which carries of a loop the next iteration depends on."""
    loop = Loop.of(eq)
    hidden = unread(loop)
    return [
        k
        for k, kind in enumerate(kinds(eq))
        if kind not in ("reduce(add)", "private")
        and loop.carries[k].buffer not in hidden
    ]


def _count(builder: Builder, trips: Value, size: int | None) -> Value:
    """Emit the number of snapshots: not more than trips."""
    if size is not None:
        most = builder.constant(size)
        return builder.emit("minimum", most, trips, name="snapshots")
    more = builder.emit("add", trips, builder.constant(1))
    digits = builder.emit("ceil", builder.emit("log2", more))
    return builder.emit("cast", digits, dtype="int64", name="snapshots")


def _rows(builder: Builder, count: Value, init: Value) -> Value:
    """Emit an array of rows for the states of a carry."""
    dtype = {"weak_float": "float64", "weak_int": "int64"}
    kind = dtype.get(init.type.dtype, init.type.dtype)
    name = f"{init.name or 'state'}_saved"
    return builder.emit("empty", count, *builder.dims(init), name=name, dtype=kind)


def next_stop(builder: Builder, now: Value, end: Value, free: Value) -> Value:
    """Emit where the next snapshot is taken on the way to the end."""
    beyond = builder.emit("add", end, builder.constant(1))
    left = builder.emit("subtract", beyond, now)
    far = Value(INTEGER)
    builder.append("call", (left, free), (far,), callee=NAME)
    stop = builder.emit("add", now, far)
    return builder.emit("minimum", stop, end, name="stop")


def part_of_range(
    builder: Builder, bounds: tuple[Value, ...], now: Value, stop: Value
) -> tuple[Value, ...]:
    """Emit the range of the iterations from one number to another."""
    return (
        counter_at(builder, bounds, now),
        counter_at(builder, bounds, stop),
        bounds[2],
    )
