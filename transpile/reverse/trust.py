"""Indices of the backward part that rely on a check of the forward part.

The forward part has used the same indices and would have raised. Where its equation
was removed since (nothing needed its value), the backward one must check for itself:
compiled code would read foreign memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from ..graph.ir import (
    WRITES,
    At,
    Equation,
    Function,
    Index,
    Mask,
    NewAxis,
    Program,
    Region,
    walk,
)
from ..graph.linear import Linear

Place = tuple[Linear, Linear]  # an index and the length of the axis it is for


def distrust(program: Program) -> Program:
    """Return the program with unfounded trust in indices taken back."""
    return program.map(_function)


def _function(function: Function) -> Function:
    used = {
        place
        for eq in walk(function.body)
        if not eq.attrs.get("trusted")
        for place in _places(eq)
    }
    return replace(function, body=_region(function.body, used))


def _region(region: Region, used: set[Place]) -> Region:
    equations = tuple(_equation(eq, used) for eq in region.equations)
    return replace(region, equations=equations)


def _equation(eq: Equation, used: set[Place]) -> Equation:
    if eq.regions:
        return replace(eq, regions=tuple(_region(r, used) for r in eq.regions))
    if not eq.attrs.get("trusted"):
        return eq
    places = tuple(_places(eq))
    attrs = {k: v for k, v in eq.attrs.items() if k not in ("trusted", "inbounds")}
    attrs["inbounds"] = tuple(place in used for place in places)
    if len(eq.attrs["path"]) != 1:
        attrs["inbounds"] = (all(attrs["inbounds"]),) * len(eq.attrs["inbounds"])
    return replace(eq, attrs=MappingProxyType(attrs))


def _places(eq: Equation) -> Iterator[Place]:
    """Yield the integer indices of the first step of an equation's path."""
    if eq.op not in WRITES and eq.op != "index":
        return
    path = eq.attrs["path"]
    if not path or not isinstance(path[0], Index):
        return
    skip = 2 if eq.op in WRITES else 1
    axis = 0
    for item in path[0].items:
        if isinstance(item, NewAxis):
            continue
        if isinstance(item, At):
            form = eq.operands[skip + item.slot].as_linear
            yield form, eq.operands[0].type.shape[axis]
        axis += item.rank if isinstance(item, Mask) else 1
