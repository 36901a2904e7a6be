"""Written parameters hold their results: what a rewrite computed apart is stored.

Before ``a_bar = subtract a_bar x`` for the written ``a_bar``; after
``a_bar = accumulate a_bar (negative x)``. The caller reads its own array.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..graph.build import Builder
from ..graph.ir import (
    WHOLE_VIEWS,
    WRITES,
    Buffer,
    Equation,
    Function,
    Program,
    Region,
    Value,
)


def keep_written(program: Program) -> Program:
    """Return the program in which written parameters are updated in place."""
    return program.map(_function)


def _function(function: Function) -> Function:
    params = [function.body.params[k] for k in function.written]
    memory = {p.buffer: p for p in params if p.buffer is not None}
    return (
        replace(function, body=_region(function.body, memory)) if memory else function
    )


def _region(region: Region, known: Mapping[Buffer, Value]) -> Region:
    """Return a region with its results in place; ``known`` is what memory holds."""
    equations: list[Equation] = []
    memory = dict(known)
    _note(memory, region.params)
    for eq in region.equations:
        regions = tuple(_region(r, memory) for r in eq.regions)
        eq = replace(eq, regions=regions)
        apart = not eq.regions and eq.op not in WRITES and eq.op != "call"
        made = eq.results[0] if len(eq.results) == 1 else None
        if apart and made is not None and made.buffer in memory and not _views(eq):
            equations += _stored(eq, memory)
        else:
            equations.append(eq)
        if not _views(eq):
            _note(memory, eq.results)
    return replace(region, equations=tuple(equations))


def _note(memory: dict[Buffer, Value], values: Iterable[Value]) -> None:
    """Note the values that memory holds now."""
    for value in values:
        if value.buffer is not None and value.buffer in memory:
            memory[value.buffer] = value


def _views(eq: Equation) -> bool:
    """Whether a result is a part of its operand's memory, or a first version of it."""
    first = ("copy", "empty", "zeros", "undefined")
    return eq.op in ("index", "reshape", *WHOLE_VIEWS, *first)


def _stored(eq: Equation, memory: Mapping[Buffer, Value]) -> list[Equation]:
    """Return the equation with its result stored into the memory it is to be in."""
    result = eq.result
    assert result.buffer is not None
    before = [v for v in eq.operands if v.buffer is result.buffer]
    base = before[0] if before else memory[result.buffer]
    builder = Builder(eq.origin, eq.backward)
    if eq.op in ("add", "subtract") and eq.operands[0] is base and len(before) == 1:
        more = eq.operands[1]
        if eq.op == "subtract":
            more = builder.emit("negative", more)
        builder.append("accumulate", (base, more), (result,), path=())
        return builder.equations
    fresh = replace(
        result, buffer=Buffer(), name=None, serial=Value(result.type).serial
    )
    builder.append("store", (base, fresh), (result,), path=())
    return [replace(eq, results=(fresh,)), *builder.equations]
