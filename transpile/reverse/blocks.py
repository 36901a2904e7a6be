"""A loop in blocks: two levels, the inner one run again on the way back.

Before ``for t in range(n): body``; after::

    blocks = (n + block - 1) // block
    for b in range(blocks):
        first = b * block
        last = min(first + block, n)
        for t in range(first, last):
            body

The inner loop is marked: it saves nothing on the way forward, and its adjoint begins
with running it once more (see `repeat`).
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.ir import Equation, Region, Value
from ..graph.loopform import Loop
from .parts import Parts, again, all_trips, counter_at, named, times


def in_blocks(parts: Parts, size: int | None) -> list[Equation]:
    """Return the loop over blocks, around the loop over the iterations of each.

    Without a size, blocks are as long as there are blocks.
    """
    loop = parts.loop
    outer, inner = Builder(loop.eq.origin), Builder(loop.eq.origin)
    zero, one = outer.constant(0), outer.constant(1)
    trips = all_trips(outer, loop.bounds)
    block = outer.constant(size) if size is not None else _root(outer, trips)
    blocks = _blocks(outer, trips, block)
    number = Value(zero.type, "b")
    before = parts.before()
    after = [*_exit(loop), *parts.after(before)]
    bounds = _bounds(inner, loop.bounds, number, block)
    attrs = {**loop.eq.attrs, "schedule": "block", "most": block}
    attrs["unset"] = parts.unset
    made = replace(loop.eq, operands=(*bounds, *before), results=tuple(after))
    inner.equations.append(replace(made, attrs=MappingProxyType(attrs)))
    body = Region((number, *before), tuple(inner.equations), tuple(after))
    operands = (zero, blocks, one, *loop.inits)
    exits = loop.eq.attrs.get("exits", False)
    outer.append("for", operands, loop.eq.results, (body,), most=blocks, exits=exits)
    return outer.equations


def _exit(loop: Loop) -> list[Value]:
    """Return a new flag that says whether a block was left, if the loop has one."""
    return [] if loop.exited is None else [again(loop.exited, None)]


def _root(builder: Builder, trips: Value) -> Value:
    root = builder.emit("ceil", builder.emit("sqrt", trips))
    whole = builder.emit("cast", root, dtype="int64")
    return builder.emit("maximum", builder.constant(1), whole, name="block")


def _blocks(builder: Builder, trips: Value, block: Value) -> Value:
    """Emit the number of blocks: a quotient rounded up."""
    size, one = block.as_linear.value, builder.constant(1)
    if size is not None:
        padded = builder.emit("add", trips, builder.constant(size - 1))
    else:
        padded = builder.emit("subtract", builder.emit("add", trips, block), one)
    return builder.emit("floor_divide", padded, block, name="blocks")


def _bounds(
    builder: Builder, bounds: tuple[Value, ...], number: Value, block: Value
) -> tuple[Value, ...]:
    """Emit the range of one block's iterations."""
    _, stop, step = bounds
    gone = times(builder, number, block)
    first = named(builder, counter_at(builder, bounds, gone), "first")
    length = times(builder, step, block)
    end = builder.emit("add", first, length)
    rising = (step.as_linear.value or 1) > 0
    last = builder.emit("minimum" if rising else "maximum", end, stop, name="last")
    return first, last, step
