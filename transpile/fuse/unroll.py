"""Loops of a few passes written out.

Before ``for i in range(2): a[i] = x[i + 3]``; after ``a[0] = x[3]; a[1] = x[4]``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ..graph.buffers import buffers
from ..graph.build import Builder
from ..graph.ir import CONTROL, WRITES, Buffer, Equation, Region, Value, walk
from ..graph.linear import Atom, Linear
from ..graph.loopform import Loop
from ..graph.ops import ELEMENTWISE
from ..graph.substitute import substitute

TRIPS = 4
EQUATIONS = 400
MAKES = CONTROL | WRITES | {"empty", "zeros"}  # what may stand for memory in a body


def passes(eq: Equation) -> range | None:
    """Return what a loop counts, if it can be written out."""
    if eq.op != "for" or eq.attrs.get("exits") or eq.attrs.get("count"):
        return None
    numbers = [v.as_linear.value for v in eq.operands[:3]]
    if None in numbers or numbers[2] == 0:
        return None
    found = range(*(n or 0 for n in numbers))
    return found if 0 < len(found) <= TRIPS and _is_plain(Loop.of(eq)) else None


def _is_plain(loop: Loop) -> bool:
    """Whether a body makes no views and calls nothing, and no arrays change places."""
    inside = list(walk(loop.body))
    return (
        stays(loop)
        and all(e.op in MAKES or not buffers(e.results) for e in inside)
        and not any(e.op == "call" for e in inside)
    )


def stays(loop: Loop) -> bool:
    """Whether each array that a loop carries stays where it is."""
    roles = zip(loop.inits, loop.carries, loop.yields, loop.finals, strict=True)
    return all(len({v.buffer for v in values}) == 1 for values in roles)


def weight(eq: Equation, counters: Collection[Value] | None) -> int:
    """Return how many equations there are after the loops are written out.

    ``counters`` are those of the loops to write out; None: all that can be.
    """
    inside = sum(weight(e, counters) for r in eq.regions for e in r.equations)
    found = passes(eq)
    if (
        found is None
        or counters is not None
        and eq.regions[0].params[0] not in counters
    ):
        return 1 + inside
    return len(found) * inside


def unroll(region: Region, counters: Collection[Value]) -> Region:
    """Return a region with the loops of some counters written out."""
    if not counters:
        return region
    equations: list[Equation] = []
    renamed: dict[Value, Value] = {}
    for eq in region.equations:
        (eq,) = substitute(Region((), (eq,), ()), renamed).equations
        eq = replace(eq, regions=tuple(unroll(r, counters) for r in eq.regions))
        found = passes(eq) if eq.op == "for" else None
        if found is None or eq.regions[0].params[0] not in counters:
            equations.append(eq)
            continue
        loop = Loop.of(eq)
        carried = loop.inits
        for number in found:
            copy = _Pass(loop, last=number == found[-1])
            carried = copy.run(number, carried)
            equations += copy.equations
        renamed.update(zip(loop.finals, carried, strict=True))
    results = tuple(renamed.get(v, v) for v in region.results)
    return Region(region.params, tuple(equations), results)


class _Pass(Builder):
    """One pass of a loop: a copy of its body, with a number for the counter."""

    def __init__(self, loop: Loop, last: bool) -> None:
        super().__init__(loop.eq.origin, loop.eq.backward)
        self.loop = loop
        made = {b for eq in walk(loop.body) for b in buffers(eq.results)}
        own = made - buffers(loop.carries)
        self.buffers = {b: Buffer(b.name) for b in own}
        self.called = dict(zip(loop.yields, loop.finals, strict=True)) if last else {}
        self.mapping: dict[Value, Value] = {}
        self.forms: dict[Atom, Linear] = {}
        self.now: dict[Buffer, Value] = {}

    def run(self, number: int, carried: tuple[Value, ...]) -> tuple[Value, ...]:
        """Append the pass; return what it hands on."""
        loop = self.loop
        assert loop.counter is not None
        self._bind(loop.counter, self.constant(number))
        self.mapping.update(zip(loop.carries, carried, strict=True))
        self._wrote(carried)
        for eq in loop.body.equations:
            self._copy(eq)
        return self._read(loop.yields)

    def _wrote(self, values: Iterable[Value]) -> None:
        self.now.update((v.buffer, v) for v in values if v.buffer is not None)

    def _read(self, values: Iterable[Value]) -> tuple[Value, ...]:
        """Return the copies of values, and memory as it is now.

        A body may read what a loop was given, where it means what the loop carries.
        """
        found = (self.mapping.get(v, v) for v in values)
        return tuple(
            v if v.buffer is None else self.now.get(v.buffer, v) for v in found
        )

    def _bind(self, value: Value, made: Value) -> None:
        self.mapping[value] = made
        if value.type.is_integer and not value.type.rank:
            self.forms[value] = made.as_linear

    def _copy(self, eq: Equation) -> None:
        """Append a copy, or the number that an integer has become."""
        if eq.op in ELEMENTWISE and eq.result.linear is not None:
            number = eq.result.linear.substitute(self.forms).value
            if number is not None and eq.result.type.dtype == "weak_int":
                self._bind(eq.result, self.constant(number))
                return
        self.equations.append(self._copied(eq))
        self._wrote(self.equations[-1].results)

    def _copied(self, eq: Equation) -> Equation:
        operands = self._read(eq.operands)
        regions = tuple(self._region(r) for r in eq.regions)
        results = tuple(self._new(v) for v in eq.results)
        attrs = {k: self._attribute(v) for k, v in eq.attrs.items()}
        return replace(
            eq,
            operands=operands,
            results=results,
            regions=regions,
            attrs=MappingProxyType(attrs),
        )

    def _region(self, region: Region) -> Region:
        before = dict(self.now)
        params = tuple(self._new(v) for v in region.params)
        self._wrote(params)
        equations: list[Equation] = []
        for eq in region.equations:
            equations.append(self._copied(eq))
            self._wrote(equations[-1].results)
        results = self._read(region.results)
        self.now = before
        return Region(params, tuple(equations), results)

    def _attribute(self, attribute: Any) -> Any:
        if isinstance(attribute, tuple):
            return tuple(map(self._attribute, attribute))
        if isinstance(attribute, Linear):
            return attribute.substitute(self.forms)
        if isinstance(attribute, Value):
            return self.mapping.get(attribute, attribute)
        return attribute

    def _new(self, value: Value) -> Value:
        form = None if value.linear is None else value.linear.substitute(self.forms)
        shape = tuple(d.substitute(self.forms) for d in value.type.shape)
        kind = replace(value.type, shape=shape)
        memory = value.buffer and self.buffers.get(value.buffer, value.buffer)
        after, serial = self.called.get(value, value), Value(kind).serial
        made = replace(
            value,
            type=kind,
            name=after.name or value.name,
            buffer=memory,
            linear=form,
            hint=after.hint or value.hint,
            serial=serial,
        )
        self._bind(value, made)
        return made
