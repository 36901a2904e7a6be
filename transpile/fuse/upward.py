"""Loops that count down although the order of iterations does not matter.

Before ``for j in range(i - 1, -1, -1): a[j] -= b[j]; total += b[j]``, as it comes from
reversing a loop; after ``for j in range(i)``. Vector code loads in that order without
turning numbers around.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..graph.build import Builder
from ..graph.carries import common_places, kinds
from ..graph.ir import EFFECTS, Equation, Function, Program, Region, Value, walk
from ..graph.loopform import Loop
from .lanes import is_from_front

UNFIT = ("exits", "count", "parallel")


def count_up(program: Program) -> Program:
    """Return lowered functions with loops that may count up doing so."""
    return program.map(_function)


def _function(function: Function) -> Function:
    free = bool(function.attrs.get("reassoc")) and not function.attrs.get("strict")
    makers = {r: eq for eq in walk(function.body) for r in eq.results}
    return replace(function, body=_region(function.body, makers, free))


def _region(region: Region, makers: Mapping[Value, Equation], free: bool) -> Region:
    equations: list[Equation] = []
    for eq in region.equations:
        if eq.regions:
            regions = tuple(_region(r, makers, free) for r in eq.regions)
            eq = replace(eq, regions=regions)
        if _counts_down(eq) and _is_orderless(eq, free):
            builder = Builder(eq.origin, eq.backward)
            start, stop, _ = Loop.of(eq).bounds
            ends = (_next(builder, v, makers) for v in (stop, start))
            bounds = (*ends, builder.constant(1))
            equations += builder.equations
            eq = replace(eq, operands=(*bounds, *eq.operands[3:]))
        equations.append(eq)
    return replace(region, equations=tuple(equations))


def _counts_down(eq: Equation) -> bool:
    return (
        eq.op == "for"
        and eq.operands[2].as_linear.value == -1
        and not any(map(eq.attrs.get, UNFIT))
    )


def _is_orderless(eq: Equation, free: bool) -> bool:
    """Whether iterations may run in any order; ``free``: also those of sums."""
    if any(e.op in EFFECTS or e.op == "while" for e in walk(eq.regions[0])):
        return False
    pairs = zip(Loop.of(eq).carries, kinds(eq), strict=True)
    return all(
        (kind == "disjoint" and _is_disjoint(eq, carry))
        or (kind == "reduce(add)" and free)
        for carry, kind in pairs
    )


def _is_disjoint(eq: Equation, carry: Value) -> bool:
    """Whether no two iterations touch one element, by its index from either end."""
    loop = Loop.of(eq)
    assert loop.counter is not None and carry.buffer is not None
    places = common_places(loop.body, carry.buffer, loop.counter)
    return any(is_from_front(form, loop) for _, form in places)


def _next(builder: Builder, value: Value, makers: Mapping[Value, Equation]) -> Value:
    """Return an integer plus one: what it was made from, if that is it."""
    form = value.as_linear + 1
    if form.value is not None:
        return builder.constant(form.value)
    made = makers[value].operands if value in makers else ()
    before = (v for v in made if not v.type.rank and v.as_linear == form)
    found = next(before, None)
    return found or builder.emit("add", value, builder.constant(1))
