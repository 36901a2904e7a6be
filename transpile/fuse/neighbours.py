"""A loop that adds to neighbours of an element, in two rounds: see `scatters`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ..graph.build import Builder
from ..graph.ir import WRITES, At, Equation, Index, Region, Value, equation
from ..graph.loopform import Loop
from .nests import Copier, around, element, fresh
from .terms import plain_sum

CHEAP = frozenset({"add", "subtract", "multiply", "negative"})


@dataclass(frozen=True)
class Rounds:
    """Makes two rounds of a nest: what it does, and what it adds to neighbours.

    ``groups`` are what adds to each array, ``block`` stands in front of both rounds,
    ``makers`` give the values there.
    """

    loops: Sequence[Loop]
    groups: Sequence[Sequence[Equation]]
    block: Copier
    makers: Mapping[Value, Equation]

    def made(self) -> list[Equation]:
        """Return both rounds."""
        every = [eq for group in self.groups for eq in group]
        bases = {eq: self._base(eq.operands[1]) for eq in every}
        rooms = {bases[eq]: self._room(eq, bases[eq]) for eq in reversed(every)}
        first = self._first(rooms)
        self.block.equations.append(first)
        kept = dict(zip(rooms, first.results[-len(rooms) :], strict=True))
        for group in self.groups:
            place = self._carry(0, group[0])
            array = self.loops[0].inits[place]
            for eq in group:
                array = self._adds(eq, array, bases[eq], kept[bases[eq]])
            final = self.loops[0].finals[place]
            last = self.block.equations[-1]
            self.block.equations[-1] = replace(last, results=(final,))
        return self.block.equations

    def _carry(self, level: int, eq: Equation) -> int:
        """Return the place of the array that is added to among a loop's carries."""
        buffer, loop = eq.operands[0].buffer, self.loops[level]
        return next(k for k, v in enumerate(loop.carries) if v.buffer is buffer)

    @cached_property
    def inside(self) -> dict[Value, Equation]:
        """What makes the numbers of the nest."""
        return {
            r: e for loop in self.loops for e in loop.body.equations for r in e.results
        }

    @cached_property
    def counters(self) -> list[Value]:
        """The counters of the loops."""
        return [loop.counter for loop in self.loops if loop.counter is not None]

    # ---- what is added ----

    def _base(self, value: Value) -> Value:
        """Return the number of which one that is added is a multiple, or alike."""
        while value in self.inside and self.inside[value].op in CHEAP:
            varying = [v for v in self.inside[value].operands if self._varies(v)]
            if len(varying) != 1 or varying[0].type != value.type:
                break
            (value,) = varying
        return value

    def _varies(self, value: Value) -> bool:
        """Whether a number is another one in each iteration, or may be."""
        if value in self.inside:
            return self.inside[value].op != "constant"
        return any(value in loop.body.params for loop in self.loops)

    def _room(self, eq: Equation, value: Value) -> Value:
        """Emit an array as long as one that is added to."""
        array = self._first_version(self.loops[0].inits[self._carry(0, eq)])
        lengths = self.block.dims(array)
        name = value.name or "added"
        return self.block.emit("empty", *lengths, dtype=value.type.dtype, name=name)

    def _first_version(self, array: Value) -> Value:
        """Return an array as it was made: later versions may go, in other passes."""
        while array in self.makers and self.makers[array].op in ("for", *WRITES):
            eq = self.makers[array]
            if eq.op == "for":
                array = Loop.of(eq).inits[eq.results.index(array)]
            else:
                array = eq.operands[0]
        return array

    # ---- the first round ----

    def _first(self, rooms: Mapping[Value, Value]) -> Equation:
        """Return the nest that keeps what it added."""
        last = len(self.loops) - 1
        gone = {eq for group in self.groups for eq in group}
        eq, stored = self.loops[last].eq, list[Value]()
        starts = list(rooms.values())
        rows = [[fresh(room) for room in starts] for _ in self.loops]
        for level in range(last, -1, -1):
            loop, carries = self.loops[level], rows[level]
            if level == last:
                block = [e for e in loop.body.equations if e not in gone]
                stored = [
                    self._kept(block, value, carry)
                    for value, carry in zip(rooms, carries, strict=True)
                ]
            else:
                old = self.loops[level + 1].eq
                block = [eq if e is old else e for e in loop.body.equations]
            dropped = {self._carry(level, group[0]) for group in self.groups}
            outer = rows[level - 1] if level else starts
            eq = _changed(loop, dropped, (outer, carries, stored), block)
            stored = list(eq.results[-len(rooms) :])
        return eq

    def _kept(self, block: list[Equation], value: Value, array: Value) -> Value:
        """Append what keeps a number; return the array after."""
        b = Builder(self.groups[0][0].origin, self.groups[0][0].backward)
        result = fresh(array)
        b.append("store", (array, value, *self.counters), (result,), **self._at())
        block += b.equations
        return result

    def _at(self) -> dict[str, Any]:
        """Return how an element is indexed by the counters."""
        items = tuple(At(k) for k in range(len(self.counters)))
        return {"path": (Index(items),), "inbounds": (True,) * len(items)}

    # ---- the second round ----

    def _adds(self, eq: Equation, array: Value, base: Value, room: Value) -> Value:
        """Emit a nest that adds what one equation added; return the array after."""
        counters = [fresh(counter) for counter in self.counters]
        inner = Copier(eq, dict(zip(self.counters, counters, strict=True)))
        number = Value(base.type)
        inner.append("index", (room, *counters), (number,), **self._at())
        inner.mapping[base] = number
        value = inner.outer(eq.operands[1], self.inside)
        slots = [inner.outer(slot, self.inside) for slot in element(eq) or ()]
        carry, result = fresh(array), fresh(array)
        inner.append("accumulate", (carry, value, *slots), (result,), **eq.attrs)
        ranges = map(self._range, self.loops)
        loops = [(c, *ends) for c, ends in zip(counters, ranges, strict=True)]
        like = equation("for", (), (), stands_for="accumulate")
        like = replace(like, origin=eq.origin, backward=eq.backward)
        one = self.block.constant(1)
        made = around(inner.equations, loops, one, (carry, result), like)
        made = replace(made, operands=(*made.operands[:3], array))
        self.block.equations.append(made)
        return made.result

    def _range(self, loop: Loop) -> tuple[Value, Value]:
        """Emit the bounds of a loop that counts up over the same range."""
        start, stop, step = loop.bounds
        start, stop = (self.block.outer(v, self.inside) for v in (start, stop))
        if step.as_linear.value == 1:
            return start, stop
        self.block.makers = self.makers
        return plain_sum(self.block, stop, 1), plain_sum(self.block, start, 1)


def _changed(
    loop: Loop,
    dropped: Set[int],
    more: tuple[Sequence[Value], Sequence[Value], Sequence[Value]],
    equations: Sequence[Equation],
) -> Equation:
    """Return a loop without some carries, with another body and more to carry.

    ``more``: what that starts from, what it is in the body, and at its end.
    """
    kept = [k for k in range(len(loop.carries)) if k not in dropped]
    starts, carries, ends = more
    assert loop.counter is not None
    params = (loop.counter, *(loop.carries[k] for k in kept), *carries)
    yields = (*(loop.yields[k] for k in kept), *ends)
    told = {k: v for k, v in loop.eq.attrs.items() if k not in ("labels", "kinds")}
    return replace(
        loop.eq,
        operands=(*loop.bounds, *(loop.inits[k] for k in kept), *starts),
        results=(*(loop.finals[k] for k in kept), *map(fresh, carries)),
        regions=(Region(params, tuple(equations), yields),),
        attrs=MappingProxyType(told),
    )
