"""Branches on one test, in the forward part and in the backward part, as one."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ..check import written
from ..ir import WRITES, Equation, Function, Region, Value, captured
from ..substitute import in_equation, substitute


def join_branches(function: Function) -> Function:
    """Return a function that runs another again with its branches made one.

    Before ``if c: x = f(a)`` and ``if c: a_bar = x * y_bar``; after
    ``if c: x = f(a); a_bar = x * y_bar``.
    """
    return replace(function, body=_region(function.body))


def _region(region: Region) -> Region:
    equations = list(region.equations)
    for k in range(len(equations) - 1, -1, -1):
        place = _partner(equations, k)
        if place is None:
            continue
        first, last = equations[place], equations[k]
        later = {v for eq in equations[k + 1 :] for v in captured(eq)}
        later.update(region.results)
        equations[k] = _joined(first, last, later)
        equations[place] = replace(first, op="joined")
    kept = (eq for eq in equations if eq.op != "joined")
    made = (replace(eq, regions=tuple(map(_region, eq.regions))) for eq in kept)
    return replace(region, equations=tuple(made))


def _partner(equations: list[Equation], k: int) -> int | None:
    """Return the place of the forward branch that can go into a backward one."""
    last = equations[k]
    if last.op != "if" or not last.backward:
        return None
    for place in range(k - 1, -1, -1):
        first = equations[place]
        if first.op == "if" and first.operands == last.operands:
            between = equations[place + 1 : k]
            return place if not first.backward and _moves(first, between) else None
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
        other = substitute(other, dict(zip(first.results, one.results, strict=True)))
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
