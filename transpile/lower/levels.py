"""Recursion of compiled code, bounded: its stack ends without an exception.

Before ``def f(x): ... f(x / 2)``; after ``def f(x, levels): if levels <= 0: raise
RecursionError(...) ... f(x / 2, levels - 1)``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..graph.build import Builder
from ..graph.ir import (
    Equation,
    Function,
    Parameter,
    Program,
    Region,
    Type,
    Value,
    calls_itself,
)

# As many as Python allows by default; compiled, a level takes about a kilobyte.
MOST_LEVELS = 1000
MESSAGE = "maximum recursion depth exceeded"


def bound_levels(program: Program) -> Program:
    """Return the program with the levels of its recursive functions counted."""
    recursive = {f.name for f in program.functions if calls_itself(f)}
    if not recursive:
        return program
    return program.map(lambda function: _bounded(function, recursive))


def _bounded(function: Function, recursive: Collection[str]) -> Function:
    body = function.body
    if function.name not in recursive:
        return replace(function, body=_region(body, recursive, None))
    taken = {p.name for p in function.parameters} | {v.name for v in body.params}
    name = "levels"
    while name in taken:
        name = f"{name}_left"
    levels = Value(Type("weak_int"), name)
    builder = Builder(backward=True)  # under no heading
    enough = builder.emit("greater", levels, builder.constant(0))
    builder.append("check", (enough,), (), exception="RecursionError", message=MESSAGE)
    inner = _region(body, recursive, levels)
    return replace(
        function,
        parameters=(*function.parameters, Parameter(name, (levels,))),
        body=Region(
            (*body.params, levels),
            (*builder.equations, *inner.equations),
            body.results,
        ),
    )


def _region(region: Region, recursive: Collection[str], levels: Value | None) -> Region:
    """Return a region whose calls say how many levels are left."""
    equations: list[Equation] = []
    for eq in region.equations:
        if eq.regions:
            inner = (_region(r, recursive, levels) for r in eq.regions)
            eq = replace(eq, regions=tuple(inner))
        if eq.attrs.get("callee") in recursive:
            builder = Builder(eq.origin, eq.backward)
            if levels is None:
                left = builder.constant(MOST_LEVELS)
            else:
                left = builder.emit("subtract", levels, builder.constant(1))
            equations += builder.equations
            eq = replace(eq, operands=(*eq.operands, left))
        equations.append(eq)
    return replace(region, equations=tuple(equations))
