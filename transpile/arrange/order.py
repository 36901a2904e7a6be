"""Updates after the last use of what they replace, so that one name serves both.

Before ``s_bar_2 = s_bar * a; x_bar[i] += s_bar * s; s_bar = s_bar_2``; after
``x_bar[i] += s_bar * s; s_bar = s_bar * a``. Only within one statement's adjoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..graph.buffers import memories, written
from ..graph.ir import (
    CONTROL,
    EFFECTS,
    WRITES,
    Buffer,
    Equation,
    Function,
    Region,
    captured,
)

Memories = Mapping[Buffer, Buffer]


def ordered(function: Function) -> Function:
    """Return the function with such updates moved."""
    same = memories(function.body)
    return replace(function, body=_region(function.body, same))


def _region(region: Region, same: Memories) -> Region:
    equations = [
        replace(eq, regions=tuple(_region(r, same) for r in eq.regions))
        if eq.regions
        else eq
        for eq in region.equations
    ]
    for eq in tuple(equations):
        if _is_update(eq):
            place = next(k for k, q in enumerate(equations) if q is eq)
            end = _last_use(equations, place, same)
            if end is not None:
                equations.insert(end, equations.pop(place))
    return replace(region, equations=tuple(equations))


def _is_update(eq: Equation) -> bool:
    if not eq.backward or len(eq.results) != 1 or eq.op in WRITES | CONTROL:
        return False
    return eq.op not in EFFECTS and (eq.result.name or "").endswith("_bar")


def _last_use(equations: list[Equation], place: int, same: Memories) -> int | None:
    """Return where an update can go: behind what still reads the old value."""
    eq = equations[place]
    result = eq.result
    olds = {v for v in eq.operands if v.name == result.name and v is not result}
    end = None
    for k in range(place + 1, len(equations)):
        after = equations[k]
        if _statement(after) != _statement(eq) or result in set(captured(after)):
            break
        if _clash(eq, after, same):
            break
        if olds.intersection(captured(after)):
            end = k
    return end


def _clash(eq: Equation, after: Equation, same: Memories) -> bool:
    """Whether an equation writes what another one reads or makes."""
    read = {v.buffer for v in (*eq.operands, *eq.results) if v.buffer is not None}
    roots = {same.get(b, b) for b in read}
    return any(same.get(b, b) in roots for b in written(after))


def _statement(eq: Equation) -> tuple[str, int] | None:
    return None if eq.origin is None else (eq.origin.file, eq.origin.statement)
