"""Elements whose adjoint is taken, cleared and added to: written once.

Before ``y_bar = x_bar[i].copy(); x_bar[i] = 0.0; x_bar[i] += y_bar * c``; after
``x_bar[i] *= c``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ..graph.buffers import memories
from ..graph.ir import Equation, Function, Region, Value, is_distinct, walk
from ..graph.shapes import TypeRefused
from ..graph.substitute import in_equation
from ..graph.types import infer
from ..rewrite.memory import written_by

AUGMENTED = {"multiply": "*=", "divide": "/="}


def write_once(function: Function) -> Function:
    """Return the function with such elements written once."""
    reads: Counter[Value] = Counter()
    _count(function.body, reads)
    return replace(function, body=_region(function.body, reads))


def _count(region: Region, reads: Counter[Value]) -> None:
    for eq in region.equations:
        reads.update(eq.operands)
        for inner in eq.regions:
            _count(inner, reads)
    reads.update(region.results)


def _region(region: Region, reads: Counter[Value]) -> Region:
    equations = [
        replace(eq, regions=tuple(_region(r, reads) for r in eq.regions))
        if eq.regions
        else eq
        for eq in region.equations
    ]
    equations = _uncopied(_joined(equations, reads), region)
    equations = _unchanged(equations, region)
    made = {eq.result: eq for eq in equations if len(eq.results) == 1}
    written = (_augmented(eq, made) for eq in equations)
    return replace(region, equations=tuple(written))


# ---- cleared, then added to ----


def _joined(equations: list[Equation], reads: Counter[Value]) -> list[Equation]:
    made = {eq.result: eq for eq in equations if len(eq.results) == 1}
    gone: set[Value] = set()
    kept = []
    for eq in equations:
        cleared = made.get(eq.operands[0]) if eq.op == "accumulate" else None
        if cleared is not None and _fills(eq, cleared, reads, made):
            gone.add(cleared.result)
            operands = (cleared.operands[0], *eq.operands[1:])
            eq = replace(eq, op="store", operands=operands)
        kept.append(eq)
    return [eq for eq in kept if not gone.intersection(eq.results)]


def _unchanged(equations: list[Equation], region: Region) -> list[Equation]:
    """Leave out stores of what stands there already."""
    made = {eq.result: eq for eq in equations if len(eq.results) == 1}
    mapping: dict[Value, Value] = {}
    kept = []
    for eq in equations:
        if mapping:
            eq = in_equation(eq, mapping)
        value = made.get(eq.operands[1]) if eq.op == "store" and eq.backward else None
        if value is not None and _is_element(value, eq) and eq.result in region.results:
            value = None
        if value is not None and _is_element(value, eq):
            mapping[eq.result] = eq.operands[0]
        else:
            kept.append(eq)
    return kept


def _is_element(value: Equation, store: Equation) -> bool:
    """Whether a value is what a store's place holds."""
    if value.op != "index" or value.operands[0] is not store.operands[0]:
        return False
    if value.attrs["path"] != store.attrs["path"]:
        return False
    return all(map(_same, value.operands[1:], store.operands[2:]))


def _fills(
    eq: Equation,
    cleared: Equation,
    reads: Counter[Value],
    made: dict[Value, Equation],
) -> bool:
    """Whether an addition is to elements that were just cleared."""
    if cleared.op != "store" or not (eq.backward and cleared.backward):
        return False
    path = eq.attrs["path"]
    zero = made.get(cleared.operands[1])
    number = None if zero is None or zero.op != "constant" else zero.attrs["value"]
    return (
        number == 0
        and reads[cleared.result] == 1
        and bool(path)
        and path == cleared.attrs["path"]
        and is_distinct(path)
        and all(map(_same, eq.operands[2:], cleared.operands[2:]))
    )


def _same(one: Value, other: Value) -> bool:
    if one is other:
        return True
    return one.type.is_integer and one.as_linear == other.as_linear


# ---- copies that are read before the original is written ----


def _uncopied(equations: list[Equation], region: Region) -> list[Equation]:
    for eq in equations:
        if eq.op == "copy" and eq.backward and not eq.result.name:
            place = next(k for k, q in enumerate(equations) if eq.result in q.results)
            equations = _without_copy(equations, place, region) or equations
    return equations


def _without_copy(
    equations: list[Equation], place: int, region: Region
) -> list[Equation] | None:
    """Return the equations with a copy's source read in its place, if that is safe."""
    eq = equations[place]
    copy, (source,) = eq.result, eq.operands
    if source.buffer is None or copy in region.results:
        return None
    mapping = {copy: source}
    made = list(equations)
    last = place
    for k in range(place + 1, len(equations)):
        after = equations[k]
        if not _reads(after, copy):
            continue
        last = k
        changed = _reading(after, copy, mapping)
        if changed is None:
            return None
        made[k] = changed
    between = equations[place + 1 : last + 1]
    stands = memories(region)  # what a loop gives may be what it was given
    own = stands.get(source.buffer, source.buffer)
    written = {stands.get(b, b) for q in between for b in written_by(q)}
    if own in written or last == place:
        return None
    return made[:place] + made[place + 1 :]


def _reads(eq: Equation, value: Value) -> bool:
    inner = (v for r in eq.regions for q in walk(r) for v in q.operands)
    ends = (v for r in eq.regions for v in r.results)
    return value in eq.operands or value in {*inner, *ends}


def _reading(eq: Equation, copy: Value, mapping: dict[Value, Value]) -> Equation | None:
    """Return an equation that reads a copy's source; None if that changes its type."""
    if eq.regions or eq.op in ("call", "store", "accumulate") or len(eq.results) != 1:
        return None
    if eq.result.buffer is copy.buffer:
        return None
    made = in_equation(eq, mapping)
    try:
        kinds = [infer(q.op, q.operands, q.attrs)[0] for q in (eq, made)]
    except TypeRefused:
        return None
    return made if kinds[0] == kinds[1] == eq.result.type else None


# ---- updates ----


def _augmented(eq: Equation, made: dict[Value, Equation]) -> Equation:
    """Return a store of an element's multiple marked to be printed as ``*=``."""
    value = made.get(eq.operands[1]) if eq.op == "store" and eq.backward else None
    if value is None or value.op not in AUGMENTED or "spelled" in eq.attrs:
        return eq
    before = made.get(value.operands[0])
    if before is None or not _is_element(before, eq):
        return eq
    attrs: dict[str, Any] = {**eq.attrs, "spelled": AUGMENTED[value.op]}
    return replace(eq, attrs=MappingProxyType(attrs))
