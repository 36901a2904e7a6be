"""Reads and writes of sections: `index`, `store` and `accumulate`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import MappingProxyType

from ..graph.affine import implied
from ..graph.ir import Buffer, Equation, Index, Mask, Region, Span, Value, walk
from ..graph.linear import Atom, Derived, Linear, Size
from ..graph.shapes import is_basic
from .context import Lowering, Source
from .elements import array, broadcast_element, element, materialised
from .gathers import check_mask
from .integers import extent, extents
from .nests import NestBody, if_else, nest
from .paths import Counters, Section, Slots, section, whole
from .scalars import cast


def read(lo: Lowering, eq: Equation) -> None:
    """Lower ``base[...]``: an element, a view to look through, or a new array."""
    base, *operands = eq.operands
    slots = Slots(lo, eq, operands)
    found = section(lo, whole(lo, base), eq, slots, direct=_in_memory(lo, base))

    def compute(counters: Counters) -> Value:
        return element(lo, base, found.place(counters))

    if not eq.result.type.rank:
        lo.define(eq.result, compute([]))
        return
    basic = is_basic(eq.attrs["path"])
    view = replace(eq, attrs=_all_inside(eq)) if basic else None
    source = Source(eq.result, compute, lambda axis: found.extents[axis], view)
    lo.sources[eq.result] = source
    if not basic and eq.result not in lo.lazy:
        lo.values[eq.result] = materialised(lo, eq.result, compute)
        del lo.sources[eq.result]


def _in_memory(lo: Lowering, base: Value) -> bool:
    return base not in lo.sources


def _all_inside(eq: Equation) -> MappingProxyType[str, object]:
    items = sum(len(s.items) for s in eq.attrs["path"] if isinstance(s, Index))
    return MappingProxyType({**eq.attrs, "inbounds": (True,) * items})


# ---- writes ----


def write(lo: Lowering, eq: Equation) -> None:
    """Lower a store or accumulation into a section."""
    base, value, *operands = eq.operands
    memory = array(lo, base)
    if eq.attrs.get("inplace"):
        _note_written(lo, eq, memory)
        return
    slots = Slots(lo, eq, [_apart(lo, v, memory) for v in operands])
    if _is_masked(eq):
        lo.values[eq.result] = _write_masked(lo, eq, memory)
        return
    target = section(lo, whole(lo, base), eq, slots, direct=True)
    if not target.extents:
        stored = cast(lo, element(lo, value, []), memory.type.dtype)
        final = lo.write(eq.op, memory, stored, target.place([]))
        lo.define(eq.result, final)
        return
    target = _plainer(lo, target, value)
    write_nest = _Writer(lo, eq, memory, target)
    if write_nest.is_hazardous(value):
        value = _temporary(lo, value)
    if memory.buffer in lo.given:
        write_nest.check(value)
    lo.values[eq.result] = write_nest.build(value)


def _note_written(lo: Lowering, eq: Equation, memory: Value) -> None:
    """Keep a store that prints nothing: a call has written through the view."""
    _, value, *operands = eq.operands
    kept = (memory, array(lo, value), *(array(lo, v) for v in operands))
    made = replace(eq.result, buffer=memory.buffer)
    lo.block.append("store", kept, (made,), **eq.attrs)
    lo.values[eq.result] = made


def _apart(lo: Lowering, slot: Value, memory: Value) -> Value:
    """Return an index array that the write does not change."""
    if slot.buffer is None or slot.buffer is not memory.buffer:
        return slot
    return _temporary(lo, slot)


def _temporary(lo: Lowering, value: Value) -> Value:
    """Return a copy of a value of the original, under a new identity."""
    copy = replace(value, buffer=Buffer(), name=None, hint=value.name or value.hint)
    lo.values[copy] = materialised(lo, value, lambda at: element(lo, value, at), copy)
    return copy


class _Writer:
    """The nest of one write, built as often as it takes."""

    def __init__(
        self, lo: Lowering, eq: Equation, memory: Value, target: Section
    ) -> None:
        self.lo = lo
        self.eq = eq
        self.memory = memory
        self.target = target
        self.places: list[Value] = []
        self.facts: list[Linear] = []
        self.checked = False

    def build(self, value: Value) -> Value:
        """Append the nest; return the memory after it."""
        lo = self.lo

        def body(counters: list[Value], carries: list[Value]) -> Sequence[Value]:
            stored = self._element(value, counters)
            self.facts = list(lo.facts)
            return [lo.write(self.eq.op, carries[0], stored, self.places)]

        lo.checked = self.checked
        (final,) = self._nest([self.memory], body)
        lo.checked = False
        return final

    def check(self, value: Value) -> None:
        """Append what the nest checks, if anything, as one of its own.

        So nothing is written where an element cannot be.
        """

        def body(counters: list[Value], carries: list[Value]) -> Sequence[Value]:
            self._element(value, counters)
            return []

        with self.lo.scope() as scratch:
            self._nest([], body)
        if any(
            eq.op == "check" for eq in walk(Region((), tuple(scratch.equations), ()))
        ):
            self._nest([], body)
            self.checked = True

    def _nest(self, inits: list[Value], body: NestBody) -> list[Value]:
        starts, stops = zip(*self.target.ranges, strict=True)
        return nest(self.lo, stops, inits, body, starts)

    def _element(self, value: Value, counters: list[Value]) -> Value:
        """Return what is stored at the counters, and note where."""
        shape = [length.as_linear for length in self.target.extents]
        found = broadcast_element(self.lo, value, counters, shape)
        stored = cast(self.lo, found, self.memory.type.dtype)
        self.places = self.target.place(counters)
        return stored

    def is_hazardous(self, value: Value) -> bool:
        """Whether writing an element changes what a later one is computed from."""
        if not value.type.rank:
            return False
        with self.lo.scope() as scratch:
            self.build(value)
        region = Region((), tuple(scratch.equations), ())
        inner = set(_defined(region))
        return any(
            eq.operands[0] is not self.memory or not self._safe(eq.operands[1:], inner)
            for eq in walk(region)
            if eq.op == "index" and eq.operands[0].buffer is self.memory.buffer
        )

    def _safe(self, read: Sequence[Value], inner: set[Value]) -> bool:
        """Whether elements read are those written at the same time, or others."""
        pairs = [
            (r.as_linear, w.as_linear) for r, w in zip(read, self.places, strict=True)
        ]
        alike = all(
            r == w or not inner.intersection((*r.atoms, *w.atoms)) for r, w in pairs
        )
        return alike or any(self._apart(r, w, inner) for r, w in pairs)

    def _apart(self, read: Linear, written: Linear, inner: set[Value]) -> bool:
        """Whether an index read is never one written, in whatever iterations."""
        again: dict[Atom, Linear] = {
            v: Value(v.type, v.name).as_linear for v in inner if v.type.is_integer
        }
        facts = [*self.facts, *(fact.substitute(again) for fact in self.facts)]
        if not (implied(facts, read) and implied(self.facts, written)):
            return False  # one may count from the end
        other = written.substitute(again)
        return implied(facts, read - other - 1) or implied(facts, other - read - 1)


def _plainer(lo: Lowering, target: Section, value: Value) -> Section:
    """Return a section whose lengths are those of what is written, where plainer.

    A slice has ``min(2 * n, m) - n`` elements, say, where what is written to it has n:
    the two are the same, which was checked where it was not known.
    """
    lengths, ranges = list(target.extents), list(target.ranges)
    for axis in range(1, value.type.rank + 1):
        own = lengths[-axis].as_linear
        if all(isinstance(atom, Size) for atom in own.atoms):
            continue
        given = extent(lo, value, value.type.rank - axis)
        if _is_plain(given.as_linear) and own != given.as_linear:
            lengths[-axis], ranges[-axis] = given, (lo.number(0), given)
    return replace(target, extents=tuple(lengths), ranges=tuple(ranges))


def _is_plain(form: Linear) -> bool:
    """Whether a length is one of an argument, or a number of the program."""
    return bool(form.atoms) and not any(isinstance(a, Derived) for a in form.atoms)


def _defined(region: Region) -> list[Value]:
    found = list(region.params)
    for eq in region.equations:
        found += eq.results
        for inner in eq.regions:
            found += _defined(inner)
    return found


# ---- masks ----


def _is_masked(eq: Equation) -> bool:
    """Whether a write is that of one scalar where a mask holds."""
    path, value = eq.attrs["path"], eq.operands[1]
    if len(path) != 1 or not isinstance(path[0], Index) or value.type.rank:
        return False
    first, *others = path[0].items or (None,)
    return isinstance(first, Mask) and all(item == Span() for item in others)


def _write_masked(lo: Lowering, eq: Equation, memory: Value) -> Value:
    base, value, *operands = eq.operands
    (step,) = eq.attrs["path"]
    mask = operands[step.items[0].slot]
    lengths = extents(lo, base)
    rank = mask.type.rank
    check_mask(lo, mask, lengths, Slots(lo, eq, operands))
    stored = cast(lo, lo.get(value), memory.type.dtype)

    def visit(counters: list[Value], carries: list[Value]) -> Sequence[Value]:
        chosen = cast(lo, element(lo, mask, counters), "bool")
        return if_else(lo, chosen, _rows(counters, carries), carries)

    def _rows(counters: list[Value], carries: list[Value]) -> Callable[[], list[Value]]:
        def inside(more: list[Value], inner: list[Value]) -> Sequence[Value]:
            return [lo.write(eq.op, inner[0], stored, [*counters, *more])]

        return lambda: nest(lo, lengths[rank:], carries, inside)

    (final,) = nest(lo, lengths[:rank], [memory], visit)
    return final
