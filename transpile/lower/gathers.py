"""Indexing with integer and boolean arrays."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.ir import At, Buffer, Gather, Index, Mask, NewAxis, Span, Type, Value
from ..graph.linear import Linear
from ..graph.shapes import broadcast, width
from .context import Lowering
from .elements import broadcast_element, element
from .integers import Range, extent, extents, wrapped
from .nests import if_else, nest
from .paths import (
    Counters,
    Section,
    Slots,
    along,
    at,
    check,
    from_zero,
    spanned,
)
from .scalars import cast

Joint = tuple[Value, ...]


class Pick:
    """One advanced index of a bracket: where its elements point on its axis."""

    def __init__(
        self,
        lo: Lowering,
        index: Value,
        length: Value,
        slots: Slots,
        *,
        sure: bool = False,
        direct: bool = False,
    ) -> None:
        self.lo = lo
        self.index = index
        self.length = length
        self.slots = slots
        self.sure = sure
        self.direct = direct

    def place(self, counters: Counters, shape: Sequence[Linear]) -> Value:
        """Return the index at the counters of the joint axes."""
        lo = self.lo
        found = cast(lo, broadcast_element(lo, self.index, counters, shape), "int64")
        if self.sure:
            return found
        found = lo.named(found, "at")
        check(lo, self.slots.eq, found, self.length)
        return lo.direct(found) if self.direct else wrapped(lo, found, self.length)


def gathered(
    lo: Lowering, base: Section, step: Index, slots: Slots, direct: bool
) -> Section:
    """Return the section of a bracket that holds arrays, laid out as NumPy does."""
    picks: list[Pick] = []
    reaches: list[Range | None] = []
    places: list[int] = []
    spans: list[int] = []
    order: list[tuple[str, int]] = []
    axis = 0
    for place, item in enumerate(step.items):
        length = base.extents[axis] if axis < len(base.extents) else lo.number(1)
        if isinstance(item, NewAxis):
            spans.append(place)
            reaches.append(None)
        elif isinstance(item, Span):
            order.append(("span", len(reaches)))
            spans.append(place)
            reaches.append(spanned(lo, item, length, slots))
        else:
            places.append(place)
            for pick in _picks(lo, item, base.extents[axis:], slots, direct):
                order.append(("pick", len(picks)))
                picks.append(pick)
        axis += width(item)
    joint = broadcast([p.index.type.shape for p in picks])
    together = places[-1] - places[0] + 1 == len(places)
    ahead = sum(place < places[0] for place in spans) if together else 0
    lengths = [lo.number(1) if reach is None else reach.extent for reach in reaches]
    wide = [_joint_extent(lo, picks, joint, k) for k in range(len(joint))]

    def place_all(counters: Counters) -> list[Value]:
        inner = counters[ahead : ahead + len(joint)]
        outer = [*counters[:ahead], *counters[ahead + len(joint) :]]
        found = []
        for kind, number in order:
            if kind == "pick":
                found.append(picks[number].place(inner, joint))
                continue
            reach = reaches[number]
            assert reach is not None
            found.append(along(lo, reach, outer[number]))
        return base.place(found)

    all_extents = (*lengths[:ahead], *wide, *lengths[ahead:])
    return Section(all_extents, from_zero(lo, all_extents), place_all)


def _joint_extent(
    lo: Lowering, picks: Sequence[Pick], joint: Sequence[Linear], axis: int
) -> Value:
    if joint[axis] == Linear.number(1):
        return lo.number(1)
    for pick in picks:
        own = axis - len(joint) + pick.index.type.rank
        if own >= 0 and pick.index.type.shape[own] != Linear.number(1):
            return extent(lo, pick.index, own)
    raise ValueError("an axis that no index has")


def _picks(
    lo: Lowering,
    item: At | Gather | Mask,
    lengths: Sequence[Value],
    slots: Slots,
    direct: bool,
) -> list[Pick]:
    if isinstance(item, At):
        fixed = at(lo, item, lengths[0], slots, direct)
        return [Pick(lo, fixed, lengths[0], slots, sure=True)]
    original = slots.originals[item.slot]
    if isinstance(item, Gather):
        return [Pick(lo, original, lengths[0], slots, direct=direct)]
    check_mask(lo, original, lengths, slots)
    return [
        Pick(lo, places, length, slots, sure=True)
        for places, length in zip(
            nonzero(lo, original), lengths[: item.rank], strict=True
        )
    ]


def check_mask(
    lo: Lowering, mask: Value, lengths: Sequence[Value], slots: Slots
) -> None:
    """Append checks that a mask is as long as what it selects from."""
    for own, length in zip(extents(lo, mask), lengths, strict=False):
        if (own.as_linear - length.as_linear).value == 0:
            continue
        alike = lo.emit("equal", own, length)
        message = "boolean index did not match the array's shape"
        lo.demand(alike, "IndexError", message, slots.eq.origin)


def nonzero(lo: Lowering, mask: Value) -> list[Value]:
    """Return the places where a mask holds: one index array for each axis."""
    if mask not in lo.places:
        lo.places[mask] = _nonzero(lo, mask)
    return lo.places[mask]


def _nonzero(lo: Lowering, mask: Value) -> list[Value]:
    lengths = extents(lo, mask)
    count = count_true(lo, mask)
    lo.lengths[Linear.of(count)] = count
    memories = [
        Value(Type("int64", (count.as_linear,)), None, Buffer(), hint="places")
        for _ in lengths
    ]
    for memory in memories:
        lo.block.append("empty", (count,), (memory,), dtype="int64")

    def visit(counters: list[Value], carries: list[Value]) -> Sequence[Value]:
        def record() -> list[Value]:
            written = [
                lo.write("store", memory, place, [carries[-1]])
                for memory, place in zip(carries, counters, strict=False)
            ]
            return [*written, _next(lo, carries[-1])]

        chosen = cast(lo, element(lo, mask, counters), "bool")
        return if_else(lo, chosen, record, carries)

    zero = _integer(lo, 0)
    finals = nest(lo, lengths, [*memories, zero], visit)
    return finals[:-1]


def _integer(lo: Lowering, number: int) -> Value:
    """Return the start of a count: a number that changes has no linear form."""
    made = Value(Type("int64"), None, None, hint="count")
    lo.block.append("constant", (), (made,), value=number, dtype="int64")
    return made


def _next(lo: Lowering, count: Value) -> Value:
    return lo.emit("add", count, lo.number(1), spelled="+=")


def count_true(lo: Lowering, mask: Value) -> Value:
    """Return how many elements of a mask hold."""

    def visit(counters: list[Value], carries: list[Value]) -> Sequence[Value]:
        chosen = cast(lo, element(lo, mask, counters), "bool")
        return if_else(lo, chosen, lambda: [_next(lo, carries[0])], carries)

    (count,) = nest(lo, extents(lo, mask), [_integer(lo, 0)], visit)
    return count


__all__ = ["check_mask", "count_true", "gathered", "nonzero"]
