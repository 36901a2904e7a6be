"""Branches on one test, one after the other, as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..graph.buffers import written
from ..graph.ir import WRITES, Buffer, Equation, Function, Region, Value, captured, walk
from ..graph.ops import PURE
from ..graph.substitute import in_equation, substitute


def join_branches(function: Function) -> Function:
    """Return a function with branches on one test made one.

    Both are of the backward part; in a function that runs another again the first
    may be of the forward part.

    Before ``if c: x = f(a)`` and ``if c: a_bar = x * y_bar``; after
    ``if c: x = f(a); a_bar = x * y_bar``.
    """
    memory = {buffer for eq in walk(function.body) for buffer in written(eq)}
    tests = Tests(bool(function.attrs.get("rerun")), memory, {})
    return replace(function, body=_region(function.body, tests))


@dataclass(frozen=True, slots=True)
class Tests:
    """What is known of tests: how they are made, and which memory is ever written.

    ``again``: the forward part is that of another function, run again.
    """

    again: bool
    memory: set[Buffer]
    makers: dict[Value, Equation]

    def alike(self, one: Value, other: Value) -> bool:
        """Whether two values are surely equal: the same, or computed alike."""
        first, second = self.makers.get(one), self.makers.get(other)
        if one is other or first is None or second is None:
            return one is other
        if first.op not in PURE or first.op == "undefined":
            return False
        if any(v.buffer in self.memory for v in first.operands if v.buffer):
            return False
        return _what(first) == _what(second) and all(
            map(self.alike, first.operands, second.operands)
        )


def _what(eq: Equation) -> object:
    """Return what an equation does, whatever it is called and proved."""
    words = ("spelled", "trusted", "inbounds")
    return (
        eq.op,
        len(eq.operands),
        {k: v for k, v in eq.attrs.items() if k not in words},
    )


def _region(region: Region, tests: Tests) -> Region:
    equations = list(region.equations)
    tests = replace(tests, makers=dict(tests.makers))
    tests.makers.update((r, eq) for eq in equations for r in eq.results)
    for k in range(len(equations) - 1, -1, -1):
        place = _partner(equations, k, tests)
        if place is None:
            continue
        first, last = equations[place], equations[k]
        later = {v for eq in equations[k + 1 :] for v in captured(eq)}
        later.update(region.results)
        equations[k] = _joined(first, last, later)
        equations[place] = replace(first, op="joined")
    kept = (eq for eq in equations if eq.op != "joined")
    made = (
        replace(eq, regions=tuple(_region(r, tests) for r in eq.regions))
        if eq.regions
        else eq
        for eq in kept
    )
    return replace(region, equations=tuple(made))


def _partner(equations: list[Equation], k: int, tests: Tests) -> int | None:
    """Return the place of the branch that can go into a backward one after it."""
    last = equations[k]
    if last.op != "if" or not last.backward:
        return None
    for place in range(k - 1, -1, -1):
        first = equations[place]
        if first.op == "if" and tests.alike(first.operands[0], last.operands[0]):
            joins = first.backward or tests.again
            return place if joins and _moves(first, equations[place + 1 : k]) else None
    return None


def _moves(first: Equation, between: list[Equation]) -> bool:
    """Whether a branch may as well run after the equations that follow it."""
    if not between:
        return True
    read = {v for eq in between for v in captured(eq)}
    writes = any(eq.op in WRITES or written(eq) for eq in (first, *between))
    return not writes and read.isdisjoint(first.results)


def _joined(first: Equation, last: Equation, later: set[Value]) -> Equation:
    """Return a branch with the equations of two; ``later`` is what is read after."""
    kept = [k for k, value in enumerate(first.results) if value in later]
    regions = []
    for one, other in zip(first.regions, last.regions, strict=True):
        given = dict(zip(first.results, one.results, strict=True))
        other = substitute(_in_memory_of(other, given), given)
        known = {v for eq in one.equations for v in eq.results}
        other = _without(other, known)
        results = (*(one.results[k] for k in kept), *other.results)
        regions.append(Region((), (*one.equations, *other.equations), results))
    return replace(
        last,
        results=(*(first.results[k] for k in kept), *last.results),
        regions=tuple(regions),
        attrs=MappingProxyType({k: v for k, v in last.attrs.items() if k != "spelled"}),
    )


def _in_memory_of(region: Region, given: Mapping[Value, Value]) -> Region:
    """Return a region whose stores go to the memory of what is given to it."""
    buffers = {old.buffer: new.buffer for old, new in given.items() if old.buffer}
    moved = {
        value: replace(value, buffer=buffers[value.buffer])
        for eq in walk(region)
        for value in (*eq.results, *(v for r in eq.regions for v in r.params))
        if value.buffer in buffers
    }
    return substitute(region, moved)


def _without(region: Region, known: set[Value]) -> Region:
    """Return a region that does not define again what is known.

    Numbers are read where they are; arrays are taken anew, for what they share
    memory with may have been written since.
    """
    equations = []
    renamed: dict[Value, Value] = {}
    for eq in region.equations:
        again = [v for v in eq.results if v in known]
        if again and all(v.buffer is None for v in eq.results):
            continue
        for value in again:
            renamed[value] = replace(value, serial=Value(value.type).serial)
        inner = tuple(_without(r, known) for r in eq.regions)
        equations.append(in_equation(replace(eq, regions=inner), renamed))
    return substitute(replace(region, equations=tuple(equations)), renamed)
