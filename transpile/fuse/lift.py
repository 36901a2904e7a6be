"""Numbers of a sample that an inner loop would compute again in each of its iterations.

Before ``for r in range(a, b): q[r] += w[r] * (x[i, c] - m[c])``, after
``if a < b: t = x[i, c] - m[c]`` and ``for r in range(a, b): q[r] += w[r] * t``. Nothing
is read that the loop would not have read.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace

from ..graph.buffers import written
from ..graph.build import Builder
from ..graph.ir import Buffer, Equation, Region, Value, captured
from ..graph.loopform import Loop
from ..graph.ops import ELEMENTWISE, OPS
from ..graph.substitute import substitute
from .lanes import Lanes

PURE = ELEMENTWISE | {"constant", "index"}


def lifted(lanes: Lanes) -> Equation:
    """Return a loop over samples whose inner loops compute less."""
    eq = lanes.loop.eq
    return replace(eq, regions=(_region(eq.regions[0], lanes),))


def _region(region: Region, lanes: Lanes) -> Region:
    out: list[Equation] = []
    for eq in region.equations:
        if eq.regions:
            eq = replace(eq, regions=tuple(_region(r, lanes) for r in eq.regions))
        if eq.op == "for" and eq.operands[2].as_linear.value in (1, -1):
            before, eq = _without_steady(eq, lanes)
            out += before
        out.append(eq)
    return replace(region, equations=tuple(out))


def _without_steady(eq: Equation, lanes: Lanes) -> tuple[list[Equation], Equation]:
    """Return what is computed before a loop, and the loop without it."""
    loop = Loop.of(eq)
    touched = written(eq)
    body = loop.body
    inside = {*body.params, *(r for e in body.equations for r in e.results)}
    steady: dict[Value, Equation] = {}
    for each in body.equations:
        fixed = all(v in steady or v not in inside for v in each.operands)
        if fixed and each.op in PURE and _is_safe(each, touched):
            steady[each.result] = each
    worth: set[Value] = set()
    for value, each in steady.items():
        if _is_dear(each, lanes) or worth.intersection(each.operands):
            worth.add(value)
    moved = _with_sources(worth, steady)
    rest = tuple(e for e in body.equations if e not in moved)
    left = Region((), rest, body.results)
    read = set(captured(Equation("if", (), (), regions=(left,))))
    ends = [e.result for e in moved if e.result in read and e.result.type.is_inexact]
    if not ends or any(e.result in read and e.result not in ends for e in moved):
        return [], eq
    names = {v: replace(v, serial=Value(v.type).serial, linear=None) for v in ends}
    builder = Builder(eq.origin, eq.backward)
    start, stop, step = loop.bounds
    order = (start, stop) if step.as_linear.value == 1 else (stop, start)
    runs = builder.emit("less", *order)
    none = Builder(eq.origin, eq.backward)
    zeros = tuple(none.constant(0.0, _dtype(v)) for v in ends)
    regions = (
        Region((), tuple(moved), tuple(ends)),
        Region((), tuple(none.equations), zeros),
    )
    builder.append("if", (runs,), tuple(names.values()), regions)
    region = substitute(replace(body, equations=rest), names)
    return builder.equations, replace(eq, regions=(region,))


def _is_safe(eq: Equation, touched: Set[Buffer]) -> bool:
    """Whether an equation gives the same before a loop as inside it."""
    if eq.op == "index":
        return not eq.result.type.rank and eq.operands[0].buffer not in touched
    return not eq.result.type.rank


def _is_dear(eq: Equation, lanes: Lanes) -> bool:
    """Whether a number is worth keeping: far apart in memory, or long to compute."""
    if eq.result not in lanes.varying or not eq.result.type.is_inexact:
        return False
    if eq.op == "index":
        return eq.operands[0].buffer not in lanes.private
    return not OPS[eq.op].cheap


def _with_sources(
    values: set[Value], steady: Mapping[Value, Equation]
) -> dict[Equation, None]:
    """Return the equations of values, and of what they are computed from, in order."""
    wanted: set[Value] = set()
    ahead = list(values)
    while ahead:
        value = ahead.pop()
        if value in steady and value not in wanted:
            wanted.add(value)
            ahead += steady[value].operands
    return dict.fromkeys(eq for value, eq in steady.items() if value in wanted)


def _dtype(value: Value) -> str | None:
    return None if value.type.dtype == "weak_float" else value.type.dtype
