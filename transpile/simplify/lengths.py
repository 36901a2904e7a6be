"""Lengths: of parameters, where an array would be computed only to be measured."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from types import MappingProxyType

from ..graph.buffers import renamed
from ..graph.ir import Equation, Function, Region, Value, walk
from ..graph.linear import Linear
from ..rewrite import Facts

Sources = dict[Linear, tuple[Value, int]]


def free_lengths(function: Function) -> Function:
    """Return the function with lengths taken from elsewhere where that frees arrays.

    Before ``n = dim z`` where nothing else reads z; after ``n = dim x`` for a
    parameter x of the same length, or an array computed before that is read anyway.
    """
    sources: Sources = {}
    for value in sorted(function.body.params, key=lambda v: v.type.rank):
        for axis, length in enumerate(value.type.shape):
            sources.setdefault(length, (value, axis))
    unbound = _unbound(function.body)
    body = _region(function.body, sources, Facts(function), unbound)
    return replace(function, body=body)


def _unbound(body: Region) -> Set[Value]:
    """Return the values that have no contents on some path."""
    equations = tuple(walk(body))
    found = {eq.result for eq in equations if eq.op == "undefined"}
    before = 0
    while before < len(found):
        before = len(found)
        for eq in equations if found else ():
            found.update(new for old, new in renamed(eq) if old in found)
    return found


def _region(
    region: Region, sources: Sources, facts: Facts, unbound: Set[Value]
) -> Region:
    known, equations = dict(sources), []
    for eq in region.equations:
        equations.append(_equation(eq, known, facts, unbound))
        for value in eq.results:
            if value in unbound or not value.type.rank:
                continue
            if facts.readers.get(value, set()) - {"dim"}:
                for axis, length in enumerate(value.type.shape):
                    known.setdefault(length, (value, axis))
    return replace(region, equations=tuple(equations))


def _equation(
    eq: Equation, sources: Sources, facts: Facts, unbound: Set[Value]
) -> Equation:
    if eq.regions:
        inner = tuple(_region(r, sources, facts, unbound) for r in eq.regions)
        return replace(eq, regions=inner)
    if eq.op != "dim" or facts.readers[eq.operands[0]] != {"dim"}:
        return eq
    array, axis = eq.operands[0], eq.attrs["axis"]
    value, place = sources.get(array.type.shape[axis], (array, axis))
    if value.buffer in facts.written:
        return eq
    attrs = MappingProxyType({**eq.attrs, "axis": place})
    return replace(eq, operands=(value,), attrs=attrs)
