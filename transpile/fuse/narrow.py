"""Arrays that keep for all iterations what each needs for itself only.

Before ``t = empty n k; for i in range(n): for j in range(k): t[i, j] = ...``, after
``for i in range(n): t = empty k; for j in range(k): t[j] = ...``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..graph.buffers import handed_on
from ..graph.ir import (
    WRITES,
    At,
    Buffer,
    Equation,
    Index,
    Region,
    Value,
    captured,
    walk,
)
from ..graph.loopform import Loop, without_carry
from ..graph.substitute import in_equation

MEMORY = frozenset({"empty", "zeros"})


def narrow(body: Region) -> Region:
    """Return a lowered body with an axis less in what belongs to one iteration."""
    born = Counter(e.result.buffer for e in walk(body) if e.op in MEMORY)
    shared = {b for e in walk(body) for pair in handed_on(e) for b in pair}
    own = {b for b, times in born.items() if b and times == 1} - shared
    return _Narrower(own).region(body)


@dataclass(frozen=True, slots=True)
class _Narrower:
    """``own`` is memory that is made in one place and has one name only."""

    own: Set[Buffer]

    def region(self, region: Region) -> Region:
        """Return a region with the arrays of its loops narrowed."""
        made = list(region.equations)
        gone: set[Equation] = set()
        for place, eq in enumerate(made):
            if eq.op == "for" and not eq.attrs.get("exits"):
                for maker in list(self._candidates(eq, made, region.results)):
                    axis = _axis(Loop.of(eq), maker.result.buffer)
                    if axis is not None:
                        eq = _narrowed(eq, maker, axis)
                        gone.add(maker)
            if eq.regions:
                eq = replace(eq, regions=tuple(map(self.region, eq.regions)))
            made[place] = eq
        return replace(region, equations=tuple(e for e in made if e not in gone))

    def _candidates(
        self, loop: Equation, around: Sequence[Equation], results: Sequence[Value]
    ) -> Iterator[Equation]:
        """Yield what makes memory that a loop alone uses."""
        inits = {v.buffer for v in Loop.of(loop).inits} & self.own
        inits -= {v.buffer for v in results}
        for eq in around:
            if inits and eq is not loop and eq.op not in MEMORY:
                inits -= {v.buffer for v in captured(eq)}
        for eq in around:
            ranked = eq.op in MEMORY and eq.result.type.rank > 1
            if ranked and eq.result.buffer in inits:
                yield eq


def _axis(loop: Loop, buffer: Buffer | None) -> int | None:
    """Return the axis on which a loop's counter is the index of all accesses."""
    common: set[int] | None = None
    for eq in walk(loop.body):
        touching = [k for k, v in enumerate(eq.operands) if v.buffer is buffer]
        if not touching or eq.op in ("for", "if"):
            continue
        if eq.op not in ("index", *WRITES) or touching != [0]:
            return None
        found = _axes(eq, loop.counter)
        common = found if common is None else common & found
        if not common:
            return None
    return min(common) if common else None


def _axes(eq: Equation, counter: Value | None) -> set[int]:
    path = eq.attrs["path"]
    if len(path) != 1 or not isinstance(path[0], Index):
        return set()
    items, slots = path[0].items, _slots(eq)
    if not all(isinstance(item, At) for item in items):
        return set()
    return {
        axis
        for axis, item in enumerate(items)
        if isinstance(item, At) and slots[item.slot] is counter
    }


def _slots(eq: Equation) -> tuple[Value, ...]:
    return eq.operands[2 if eq.op in WRITES else 1 :]


def _narrowed(eq: Equation, maker: Equation, axis: int) -> Equation:
    """Return a loop that makes the memory of one iteration itself."""
    loop = Loop.of(eq)
    buffer = maker.result.buffer
    place = next(k for k, v in enumerate(loop.inits) if v.buffer is buffer)
    carry = loop.carries[place]
    eq = without_carry(eq, carry)
    renewed: dict[Value, Value] = {}

    def fresh(value: Value) -> Value:
        if value.buffer is not buffer:
            return value
        if value not in renewed:
            shape = value.type.shape[:axis] + value.type.shape[axis + 1 :]
            made = replace(value, type=replace(value.type, shape=shape))
            renewed[value] = replace(made, serial=Value(value.type).serial)
        return renewed[value]

    def inner(region: Region) -> Region:
        equations = tuple(map(rewritten, region.equations))
        params, results = map(fresh, region.params), map(fresh, region.results)
        return Region(tuple(params), equations, tuple(results))

    def rewritten(each: Equation) -> Equation:
        if each.regions:
            each = replace(each, regions=tuple(map(inner, each.regions)))
        elif each.operands and each.operands[0].buffer is buffer:
            each = _without_slot(each, axis)
        names = {v: fresh(v) for v in (*each.operands, *each.results)}
        return replace(
            in_equation(replace(each, regions=()), names), regions=each.regions
        )

    body = inner(eq.regions[0])
    lengths = maker.operands[:axis] + maker.operands[axis + 1 :]
    first = replace(maker, operands=lengths, results=(fresh(carry),))
    body = replace(body, equations=(first, *body.equations))
    return replace(eq, regions=(body,))


def _without_slot(eq: Equation, axis: int) -> Equation:
    """Return an access without one of its indices."""
    (step,) = eq.attrs["path"]
    first = len(eq.operands) - len(_slots(eq))
    gone = step.items[axis].slot
    items = step.items[:axis] + step.items[axis + 1 :]
    kept = tuple(At(i.slot - (i.slot > gone)) for i in items)
    inbounds = eq.attrs.get("inbounds", ())
    attrs = {**eq.attrs, "path": (Index(kept),)}
    if inbounds:
        attrs["inbounds"] = inbounds[:gone] + inbounds[gone + 1 :]
    at = first + gone
    operands = eq.operands[:at] + eq.operands[at + 1 :]
    return replace(eq, operands=operands, attrs=MappingProxyType(attrs))
