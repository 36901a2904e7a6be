"""Backward loops that add to each element of zeros once: they store instead.

Before ``for t: x_bar[t] += v`` on zeros; after ``for t: x_bar[t] = v``. Each pass of
the loops has to reach another element: every counter moves an index of its own, and
no index can be negative, where it would count from the end.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from ..graph.affine import implied
from ..graph.ir import At, Equation, Function, Index, Region, Value, walk
from ..graph.linear import Derived, Linear


@dataclass(frozen=True, slots=True)
class Nest:
    """Loops around an equation: their counters, what holds, what they define."""

    counters: tuple[Value, ...] = ()
    facts: tuple[Linear, ...] = ()
    inside: frozenset[Value] = frozenset()

    def enter(self, loop: Equation) -> Nest:
        """Return the nest with a loop added inside."""
        counter = loop.regions[0].params[0]
        return Nest(
            (*self.counters, counter),
            self.facts + _bounds(loop, counter.as_linear),
            self.inside | _defined(loop),
        )


def store_once(function: Function) -> tuple[Function, bool]:
    """Return the function with such loops storing, and whether there are any."""
    reads: Counter[Value] = Counter()
    _count(function.body, reads)
    made = replace(function, body=_region(function.body, reads, ()))
    return made, _additions(made.body) != _additions(function.body)


def _additions(region: Region) -> int:
    return sum(eq.op == "accumulate" for eq in walk(region))


def _count(region: Region, reads: Counter[Value]) -> None:
    for eq in region.equations:
        reads.update(eq.operands)
        for inner in eq.regions:
            _count(inner, reads)
    reads.update(region.results)


def _region(region: Region, reads: Counter[Value], facts: tuple[Linear, ...]) -> Region:
    zeros: set[Value] = set()
    equations = []
    for eq in region.equations:
        if eq.op == "zeros" and reads[eq.result] == 1:
            zeros.add(eq.result)
        if eq.op == "for" and eq.backward:
            eq = _loop(eq, zeros, reads, facts)
        inner = facts
        if eq.op == "for":
            inner = facts + _bounds(eq, eq.regions[0].params[0].as_linear)
        regions = tuple(_region(r, reads, inner) for r in eq.regions)
        equations.append(replace(eq, regions=regions) if regions else eq)
    return replace(region, equations=tuple(equations))


def _loop(
    eq: Equation, zeros: set[Value], reads: Counter[Value], facts: tuple[Linear, ...]
) -> Equation:
    for place, init in enumerate(eq.operands[3:]):
        if init in zeros:
            found = _changed(eq, place, reads, Nest(facts=facts))
            eq = eq if found is None else found
    return eq


def _changed(
    eq: Equation, place: int, reads: Counter[Value], around: Nest
) -> Equation | None:
    """Return a loop whose carry at a place is stored into, None if that is not safe."""
    nest = around.enter(eq)
    body = eq.regions[0]
    skip = 1 if eq.attrs.get("exits") else 0
    carry, given = body.params[1 + place], body.results[skip + place]
    if reads[carry] != 1:
        return None
    equations = list(body.equations)
    for at, inner in enumerate(equations):
        if carry not in inner.operands:
            continue
        made = _written(inner, carry, given, reads, nest)
        if made is None:
            return None
        equations[at] = made
        return replace(eq, regions=(replace(body, equations=tuple(equations)),))
    return None


def _written(
    eq: Equation, carry: Value, given: Value, reads: Counter[Value], nest: Nest
) -> Equation | None:
    """Return the one equation that adds to a carry, storing."""
    if given not in eq.results or reads[given] != 1:
        return None
    if eq.op == "accumulate" and eq.operands[0] is carry:
        return replace(eq, op="store") if _reaches_once(eq, nest) else None
    if eq.op == "for" and eq.backward and not eq.attrs.get("exits"):
        place = eq.operands.index(carry) - 3
        if place >= 0 and eq.results[len(eq.results) - _carries(eq) + place] is given:
            return _changed(eq, place, reads, nest)
    return None


def _carries(eq: Equation) -> int:
    return len(eq.operands) - 3


def _reaches_once(eq: Equation, nest: Nest) -> bool:
    """Whether no two passes of the loops reach the same element."""
    if len(eq.attrs["path"]) != 1 or not isinstance(eq.attrs["path"][0], Index):
        return False
    left = set(nest.counters)
    for item in eq.attrs["path"][0].items:
        if not isinstance(item, At):
            continue
        form = eq.operands[2 + item.slot].as_linear
        if any(isinstance(atom, Derived) for atom in form.atoms):
            continue
        moving = [a for a in form.atoms if isinstance(a, Value) and a in nest.inside]
        if len(moving) == 1 and moving[0] in left and implied(nest.facts, form):
            left.discard(moving[0])
    return not left and not _has_arrays(eq)


def _has_arrays(eq: Equation) -> bool:
    return any(v.type.rank for v in eq.operands[2:])


def _bounds(loop: Equation, counter: Linear) -> tuple[Linear, ...]:
    """Return what is at least zero inside a loop."""
    start, stop, step = (v.as_linear for v in loop.operands[:3])
    if step.value is None or step.value == 0:
        return ()
    if step.value > 0:
        return (counter - start, stop - 1 - counter)
    return (start - counter, counter - stop - 1)


def _defined(loop: Equation) -> frozenset[Value]:
    found: set[Value] = set()
    for region in loop.regions:
        found.update(region.params)
        for eq in walk(region):
            found.update(eq.results)
            for inner in eq.regions:
                found.update(inner.params)
    return frozenset(found)
