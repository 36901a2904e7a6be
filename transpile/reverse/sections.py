"""Sections: which elements of a buffer are read or written, and whether they meet.

A section is a range of every axis, linear in counters and sizes, or unknown. Two
accesses meet in the iterations considered unless integer elimination proves that
they do not; unknown is the safe side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..graph.affine import contradictory, implied, least_gap
from ..graph.ir import (
    At,
    Equation,
    Index,
    Item,
    Mask,
    NewAxis,
    Span,
    Type,
    Value,
    is_view,
)
from ..graph.linear import Atom, Derived, Linear
from ..graph.loopform import Loop
from ..parse.facts import facts_of
from .positions import Definition, Place, Positions

Range = tuple[Linear, Linear] | None  # first and last element; None: the whole axis


@dataclass(frozen=True, slots=True)
class Access:
    """A read or write of a section, at a place in the text."""

    ranges: tuple[Range, ...] | None
    where: Definition
    place: Place


class Sections:
    """Answers whether accesses of one function's body may meet."""

    def __init__(self, positions: Positions) -> None:
        self.positions = positions

    # ---- what is touched ----

    def of_value(self, value: Value, where: Definition, place: Place) -> Access:
        """Return what reading a value's memory touches: a view reads its section."""
        definition = self.positions.definitions.get(value)
        eq = definition.eq if definition else None
        if eq is None or not is_view(eq):
            return Access(None, where, place)
        return self.of_read(eq, where, place)

    def of_read(self, eq: Equation, where: Definition, place: Place) -> Access:
        """Return what an ``index`` equation touches in its base's buffer."""
        base = eq.operands[0]
        definition = self.positions.definitions.get(base)
        if definition is not None and definition.eq is not None:
            if is_view(definition.eq):
                return self.of_read(definition.eq, where, place)
        if eq.op != "index":
            return Access(None, where, place)
        ranges = self.ranges(eq.attrs["path"][0], base.type, eq.operands[1:], eq)
        return Access(ranges, where, place)

    def of_write(self, eq: Equation) -> Access:
        """Return what a store or accumulation touches."""
        where = self.positions.equations[eq]
        path = eq.attrs.get("path", ())
        if eq.op == "call" or not path or not isinstance(path[0], Index):
            return Access(None, where, where.place)
        ranges = self.ranges(path[0], eq.operands[0].type, eq.operands[2:], eq)
        return Access(ranges, where, where.place)

    def ranges(
        self, index: Index, base: Type, slots: Sequence[Value], eq: Equation
    ) -> tuple[Range, ...]:
        """Return the range of every axis that an index may touch."""
        facts = self.facts(self.positions.equations[eq])
        found: list[Range] = []
        for item in index.items:
            if isinstance(item, NewAxis):
                continue
            if isinstance(item, Mask):
                found += [None] * item.rank
                continue
            length = base.shape[len(found)]
            found.append(_range(item, length, slots, facts))
        found += [None] * (base.rank - len(found))
        return tuple(found)

    # ---- facts ----

    def facts(self, where: Definition) -> list[Linear]:
        """Return what holds of integers inside the enclosing loops and branches."""
        known: list[Linear] = []
        for eq in where.loops:
            known += counter_facts(eq)
        for eq, region in where.chain:
            if eq.op == "if":
                known += self._outcome(eq.operands[0], region is eq.regions[0], known)
        return known

    def _outcome(self, test: Value, holds: bool, known: list[Linear]) -> list[Linear]:
        """Return what the outcome of a test tells about integers."""
        definition = self.positions.definitions.get(test)
        eq = definition.eq if definition else None
        if eq is None:
            return []
        if eq.op == ("equal" if not holds else "not_equal"):
            if not all(v.type.is_integer for v in eq.operands):
                return []
            apart = eq.operands[0].as_linear - eq.operands[1].as_linear
            return [s - 1 for s in (apart, -apart) if implied(known, s)]
        return facts_of([eq], test, holds)

    # ---- meeting ----

    def meet_later(self, read: Access, write: Access) -> bool:
        """Whether a write may touch what was read, at any later time."""
        shared = _common(read.where.loops, write.where.loops)
        if write.place >= read.place and self._meet(read, write, len(shared), False):
            return True
        return any(self._meet(read, write, level, True) for level in range(len(shared)))

    def meet_between(self, born: Definition, read: Access, write: Access) -> bool:
        """Whether a write after ``born``, in the same iteration, may precede a read."""
        loops = born.loops
        if write.where.loops[: len(loops)] != loops or write.place <= born.place:
            return False
        shared = _common(read.where.loops, write.where.loops)
        if write.place >= read.place and len(shared) == len(loops):
            return False
        return self._meet(read, write, len(loops), None)

    def _meet(
        self, read: Access, write: Access, level: int, later: bool | None
    ) -> bool:
        """Whether the sections may meet if the iterations agree up to a level.

        ``later``: the writing iteration of the loop at that level comes after.
        """
        rename = self._renaming(write, level)
        facts = self.facts(read.where)
        facts += [f.substitute(rename) for f in self.facts(write.where)]
        if later:
            facts += _after(read.where.loops[level], rename)
        if read.ranges is None or write.ranges is None:
            return not contradictory(facts) if facts else True
        for one, other in zip(read.ranges, write.ranges, strict=False):
            if one is None or other is None:
                continue
            first, last = (f.substitute(rename) for f in other)
            facts += [last - one[0], one[1] - first]
        return not facts or not contradictory(facts)

    def _renaming(self, write: Access, level: int) -> dict[Atom, Linear]:
        """Give the values that vary inside a loop other names for another iteration."""
        loops = write.where.loops
        if level >= len(loops):
            return {}
        inside = loops[level]
        return {
            value: Linear.of(Value(value.type, value.name))
            for value, definition in self.positions.definitions.items()
            if value.type.is_integer and inside in definition.loops
        }


def counter_facts(eq: Equation) -> Iterator[Linear]:
    """Yield the bounds of a loop's counter, as forms that are at least zero."""
    loop = Loop.of(eq)
    if loop.counter is None:
        if "trips" in eq.attrs:
            yield loop.carries[-1].as_linear
        return
    start, stop, step = (v.as_linear for v in loop.bounds)
    counter = loop.counter.as_linear
    if not step.value:
        return
    gap = least_gap(start, stop, step.value)
    if step.value > 0:
        yield counter - start
        yield stop - gap - counter
    else:
        yield start - counter
        yield counter - stop - gap


def _after(eq: Equation, rename: dict[Atom, Linear]) -> Iterator[Linear]:
    loop = Loop.of(eq)
    counter = loop.counter
    step = loop.bounds[2].as_linear.value if loop.bounds else 1
    if counter is None:
        counter = loop.carries[-1] if "trips" in eq.attrs else None
    if counter is None or step is None:
        return
    other = counter.as_linear.substitute(rename)
    ahead = other - counter.as_linear
    yield ahead - step if step > 0 else -ahead + step


def _common(one: Sequence[Equation], other: Sequence[Equation]) -> list[Equation]:
    shared = []
    for a, b in zip(one, other, strict=False):
        if a is not b:
            break
        shared.append(a)
    return shared


def _range(
    item: Item,
    length: Linear,
    slots: Sequence[Value],
    facts: list[Linear],
) -> Range:
    """Return a range from the front; None if an index may count from the end."""
    if isinstance(item, At):
        form = slots[item.slot].as_linear
        if form.value is not None and form.value < 0:
            form = length + form
        elif not implied(facts, form):
            return None
        return form, form
    if not isinstance(item, Span):
        return None
    step = 1 if item.step is None else slots[item.step].as_linear.value
    if step is None or step < 0:
        return None
    lower = _bound(item.lower, Linear.number(0), length, slots, facts)
    upper = _bound(item.upper, length, length, slots, facts)
    if lower is None:
        lower = Linear.number(0)
    if upper is None:
        upper = length
    return lower, upper - 1


def _bound(
    slot: int | None,
    default: Linear,
    length: Linear,
    slots: Sequence[Value],
    facts: list[Linear],
) -> Linear | None:
    if slot is None:
        return default
    form = slots[slot].as_linear
    if form.value is not None and form.value < 0:
        return length + form
    return form if implied(facts, form) else None


__all__ = ["Access", "Derived", "Sections", "counter_facts"]
