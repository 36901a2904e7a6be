"""Backward loops and branches: what they pass through unchanged goes around them."""

from __future__ import annotations

from dataclasses import replace

from ..graph.ir import Equation, Function, Region, Value
from ..graph.substitute import in_equation, substitute
from ..rewrite.memory import LOOPS, written_by

Mapping = dict[Value, Value]


def pass_around(function: Function) -> Function:
    """Return the function with invariant carries and equal branches read directly.

    Before ``b = for i: carry a; yield a``; after it, uses of ``b`` are uses of ``a``.
    """
    return replace(function, body=_region(function.body))


def _region(region: Region) -> Region:
    mapping: Mapping = {}
    equations = []
    for eq in region.equations:
        if mapping:
            eq = in_equation(eq, mapping)
        if eq.regions:
            eq = replace(eq, regions=tuple(map(_region, eq.regions)))
        if eq.backward and eq.op in LOOPS:
            eq = _loop(eq, mapping)
        elif eq.backward and eq.op == "if":
            _branch(eq, mapping)
        equations.append(eq)
    results = tuple(mapping.get(v, v) for v in region.results)
    return Region(region.params, tuple(equations), results)


def _stands_for(one: Value, other: Value) -> bool:
    return one.buffer is other.buffer and one.type == other.type


def _loop(eq: Equation, mapping: Mapping) -> Equation:
    """Let an invariant carry's initial value stand for it inside and after the loop."""
    body = eq.regions[-1]
    skip = 1 if eq.attrs.get("exits") else 0
    count = len(body.results) - skip
    written = written_by(eq)
    inside: Mapping = {}
    for k in range(1, count + 1):
        init, given, final = eq.operands[-k], body.results[-k], eq.results[-k]
        params = [region.params[-k] for region in eq.regions]
        if given is not params[-1] or init.buffer in written:
            continue
        if all(_stands_for(v, init) for v in (*params, final)):
            inside.update(dict.fromkeys(params, init))
            mapping[final] = init
    if not inside:
        return eq
    regions = (replace(substitute(r, inside), params=r.params) for r in eq.regions)
    return replace(eq, regions=tuple(regions))


def _branch(eq: Equation, mapping: Mapping) -> None:
    """Let a value from outside stand for a result that both branches give."""
    inner = {r for region in eq.regions for q in region.equations for r in q.results}
    for result, yes, no in zip(
        eq.results, eq.regions[0].results, eq.regions[1].results, strict=True
    ):
        if yes is no and yes not in inner and _stands_for(result, yes):
            mapping[result] = yes
