"""Loops with sines in two versions: near zero as vector code, far from it not.

Before ``for i: y[i] = sin(a * x[i])``; after::

    far = 0
    for i: far += int(abs(a * x[i]) > 1.6e6)
    if far == 0:
        for i: y[i] = _vsin(a * x[i])
    else:
        for i: y[i] = sin(a * x[i])

The reduction of a large argument reads a table and has branches; within a loop it would
keep all of it from becoming vector code. To look at the arguments first takes a small
part of the time that is gained.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

from .graph.build import Builder
from .graph.ir import Equation, Region, Type, Value
from .graph.ops import CHEAP

CIRCULAR = frozenset({"sin", "cos"})
# Arguments up to here have a short reduction (see the text of `_vsin`).
LIMIT = 1.6e6
# What may lead to an argument, and how many such operations are done twice at most.
LEADING = CHEAP | {"sqrt", "index", "constant"}
LONGEST = 24


def in_two_versions(loop: Equation, near: Equation) -> list[Equation]:
    """Return what stands in the place of a loop; ``near`` is it for small arguments.

    Nothing, if it has no sines or their arguments are not to be had beforehand.
    """
    body = loop.regions[0]
    found = [eq.operands[0] for eq in body.equations if is_circular(eq)]
    leading = _leading(body, found)
    if not found or leading is None:
        return []
    b = Builder(loop.origin, loop.backward)
    told = {k: v for k, v in loop.attrs.items() if k == "stands_for"}
    zero = b.constant(0)
    far = Value(zero.type, hint="far")
    count = Region(*_count(body.params[0], leading, found, far))
    kinds = {"kinds": ("reduce(add)",)}
    total = Value(far.type, hint="far")
    ends = loop.operands[:3]
    b.append("for", (*ends, zero), (total,), (count,), **kinds, **told)
    few = b.emit("equal", total, b.constant(0))
    regions = (_alone(near), _alone(loop))
    b.comment = "far from zero, sine and cosine take the library's longer way"
    b.append("if", (few,), loop.results, regions, **told)
    return b.equations


def is_circular(eq: Equation) -> bool:
    """Whether an operation is a sine or cosine of a real number."""
    return eq.op in CIRCULAR and eq.result.type.is_float


def _leading(body: Region, wanted: Sequence[Value]) -> list[Equation] | None:
    """Return what computes some values; None if that is long, or reads a carry."""
    needed, found = set(wanted), []
    for eq in reversed(body.equations):
        if needed.isdisjoint(eq.results):
            continue
        if eq.op not in LEADING:
            return None
        needed.update(eq.operands)
        found.append(eq)
    carries = body.params[1:]
    written = {v.buffer for v in carries} - {None}
    if len(found) > LONGEST or not needed.isdisjoint(carries):
        return None
    return None if any(v.buffer in written for v in needed) else found[::-1]


def _count(
    counter: Value, leading: list[Equation], angles: Sequence[Value], far: Value
) -> tuple[tuple[Value, ...], tuple[Equation, ...], tuple[Value, ...]]:
    """Return the parts of the body that counts the arguments that are far from zero."""
    b = Builder(leading[-1].origin, leading[-1].backward) if leading else Builder()
    b.equations += leading
    total = far
    for angle in _different(leading, angles):
        limit = b.constant(LIMIT)
        large = b.emit("greater", b.emit("absolute", angle), limit)
        total = b.emit("add", total, b.emit("cast", large, dtype="weak_int"))
    result = replace(total, type=Type("weak_int"), hint="far", linear=None)
    b.equations[-1] = replace(b.equations[-1], results=(result,))
    return (counter, far), tuple(b.equations), (result,)


def _different(leading: list[Equation], angles: Sequence[Value]) -> list[Value]:
    """Return values of which no two are computed in the same way."""
    makers = {eq.result: eq for eq in leading}

    def recipe(value: Value) -> Hashable:
        eq = makers.get(value)
        if eq is None:
            return value
        told = tuple(sorted((k, repr(v)) for k, v in eq.attrs.items()))
        return (eq.op, told, *map(recipe, eq.operands))

    return list({recipe(v): v for v in reversed(angles)}.values())[::-1]


def _alone(loop: Equation) -> Region:
    """Return a branch that holds only a loop."""
    results = tuple(
        Value(v.type, v.name, v.buffer, v.linear, v.hint) for v in loop.results
    )
    return Region((), (replace(loop, results=results),), results)
