"""One element of an array, computed on demand.

`element` emits the scalar expression of one element. An array in memory is read; one
that is not is computed from the elements of its operands, and so on down: that is
how a chain of operations ends up inside one loop. `DEFER` says how for each
operation that can be left unmaterialised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..graph.ir import Equation, Value
from ..graph.linear import Linear
from ..graph.ops import ELEMENTWISE
from . import creation
from .context import Element, Lowering, Source
from .integers import bounds, extent, extents, minus
from .nests import fill_into
from .scalars import apply, cast

ONE = Linear.number(1)


def element(lo: Lowering, value: Value, counters: Sequence[Value]) -> Value:
    """Return the scalar that is the element of an array at counters in range."""
    if not value.type.rank:
        return lo.get(value)
    source = lo.sources.get(value)
    if source is not None:
        return source.element(counters)
    return lo.read(array(lo, value), counters)


def broadcast_element(
    lo: Lowering, value: Value, counters: Sequence[Value], shape: Sequence[Linear]
) -> Value:
    """Return the element of an operand that is broadcast to a shape."""
    if not value.type.rank:
        return lo.get(value)
    missing = len(counters) - value.type.rank
    places = [
        lo.number(0) if own == ONE and wide != ONE else counter
        for own, wide, counter in zip(
            value.type.shape[max(missing, 0) :] if missing < 0 else value.type.shape,
            shape[max(missing, 0) :],
            counters[max(missing, 0) :],
            strict=True,
        )
    ]
    places = [lo.number(0)] * max(-missing, 0) + places
    return element(lo, value, places)


def array(lo: Lowering, value: Value) -> Value:
    """Return an array in memory: the lowered one, or a view, or computed now."""
    if not value.type.rank:
        return lo.get(value)
    found = lo.values.get(value)
    if found is not None:
        return found
    source = lo.sources.get(value)
    if source is None:
        return value
    if source.view is not None and is_in_memory(lo, source.view.operands[0]):
        made = _real_view(lo, source.view)
    else:
        made = materialised(lo, value, source.element)
    lo.values[value] = made
    return made


def is_in_memory(lo: Lowering, base: Value) -> bool:
    """Whether the elements of an array, or of what it is a view of, are stored."""
    source = lo.sources.get(base)
    if source is None or base in lo.values:
        return True
    return source.view is not None and is_in_memory(lo, source.view.operands[0])


def _real_view(lo: Lowering, view: Equation) -> Value:
    base = array(lo, view.operands[0])
    slots = [lo.get(v) for v in view.operands[1:]]
    old = view.result
    made = Value(old.type, old.name, base.buffer, hint=old.hint)
    lo.block.append(view.op, (base, *slots), (made,), **view.attrs)
    return made


def materialised(
    lo: Lowering, value: Value, compute: Element, like: Value | None = None
) -> Value:
    """Return new memory with the elements of an array of the original.

    ``like`` is what the memory is for, where that is not the array itself.
    """
    memory = lo.allocate(like or value, extents(lo, value))
    dtype = memory.type.dtype
    return fill_into(
        lo, memory, bounds(lo, value), lambda at: cast(lo, compute(at), dtype)
    )


def settled(lo: Lowering, value: Value) -> None:
    """Make sure that elements are cheap to get: read, not computed."""
    source = lo.sources.get(value)
    if source is None:
        return
    if source.view is not None:
        settled(lo, source.view.operands[0])
    elif value not in lo.values:
        lo.values[value] = array(lo, value)
    if value in lo.values:
        memory = lo.values[value]
        lo.sources[value] = Source(
            value, lambda at: lo.read(memory, at), source.extent, source.view
        )


def contiguous(lo: Lowering, value: Value) -> Value:
    """Return an array whose elements lie side by side, copied if need be."""
    source = lo.sources.get(value)
    if value.type.layout == "A" and (source is None or value not in lo.values):
        like = Value(value.type, None, None, hint=value.hint or value.name)
        return materialised(lo, value, lambda at: element(lo, value, at), like)
    return array(lo, value)


# ---- what can be deferred ----

Defer = Callable[[Lowering, Equation], Element]


def operand_extent(lo: Lowering, eq: Equation) -> Callable[[int], Value]:
    """Return how to find a length of a broadcast result among its operands."""
    rank = eq.result.type.rank

    def find(axis: int) -> Value:
        for operand in eq.operands:
            own = axis - rank + operand.type.rank
            if operand.type.rank and own >= 0 and operand.type.shape[own] != ONE:
                return extent(lo, operand, own)
        return lo.number(1)

    return find


def _elementwise(lo: Lowering, eq: Equation) -> Element:
    result = eq.result.type

    def compute(counters: Sequence[Value]) -> Value:
        scalars: list[Value] = []
        for place, operand in enumerate(eq.operands):
            first = eq.operands.index(operand)
            if first < place and operand in lo.sources:
                scalars.append(scalars[first])  # computed, not read again
                continue
            scalars.append(broadcast_element(lo, operand, counters, result.shape))
        return apply(lo, eq.op, scalars, result.dtype, eq.attrs)

    return compute


def _outer(lo: Lowering, eq: Equation) -> Element:
    u, v = eq.operands
    dtype = eq.result.type.dtype

    def compute(counters: Sequence[Value]) -> Value:
        left, right = element(lo, u, counters[:1]), element(lo, v, counters[1:])
        return apply(lo, "multiply", [left, right], dtype)

    return compute


def _broadcast_to(lo: Lowering, eq: Equation) -> Element:
    shape = eq.result.type.shape
    return lambda counters: broadcast_element(lo, eq.operands[0], counters, shape)


def _transpose(lo: Lowering, eq: Equation) -> Element:
    axes = eq.attrs["axes"]

    def compute(counters: Sequence[Value]) -> Value:
        places = [counters[axes.index(axis)] for axis in range(len(axes))]
        return element(lo, eq.operands[0], places)

    return compute


def _flip(lo: Lowering, eq: Equation) -> Element:
    (x,), axes = eq.operands, eq.attrs["axis"]
    lasts = {axis: minus(lo, extent(lo, x, axis), lo.number(1)) for axis in axes}

    def compute(counters: Sequence[Value]) -> Value:
        places = [
            minus(lo, lasts[axis], at) if axis in lasts else at
            for axis, at in enumerate(counters)
        ]
        return element(lo, x, places)

    return compute


def _copy(lo: Lowering, eq: Equation) -> Element:
    return lambda counters: element(lo, eq.operands[0], counters)


DEFER: Mapping[str, Defer] = {
    **dict.fromkeys(ELEMENTWISE, _elementwise),
    "outer": _outer,
    "broadcast_to": _broadcast_to,
    "transpose": _transpose,
    "real": _elementwise,
    "imag": _elementwise,
    "flip": _flip,
    "copy": _copy,
    **creation.DEFER,
}


def defer(lo: Lowering, eq: Equation) -> Source:
    """Return the result of an equation as elements to be computed on demand."""
    compute = DEFER[eq.op](lo, eq)
    return Source(eq.result, compute, extent_finder(lo, eq), None)


def extent_finder(lo: Lowering, eq: Equation) -> Callable[[int], Value]:
    """Return how to find the lengths of a deferred result."""
    if eq.op == "transpose":
        return lambda axis: extent(lo, eq.operands[0], eq.attrs["axes"][axis])
    if eq.op == "broadcast_to":
        return lambda axis: lo.get(eq.operands[1 + axis])
    if eq.op == "outer":
        return lambda axis: extent(lo, eq.operands[axis], 0)
    if eq.op in creation.DEFER:
        return creation.extent_finder(lo, eq)
    return operand_extent(lo, eq)


__all__ = [
    "array",
    "broadcast_element",
    "contiguous",
    "defer",
    "element",
    "is_in_memory",
]
