"""Independent iterations: which loops go forward and backward in one sweep.

A loop of which every iteration stands alone, and whose result is added up, needs no
second sweep: the adjoint of what it gives is known before it runs. It is marked, and
`reverse` makes one loop of it that does both for each iteration. Nothing is kept from
one sweep to the other: what the backward part reads is in registers and caches.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ..graph.carries import kinds
from ..graph.ir import Equation, Function, Program, Region, Value, captured, walk
from ..graph.loopform import Loop
from ..shifts import moving

# Operations through which an adjoint flows without the values of their operands.
LINEAR = frozenset(
    "add subtract negative positive sum mean cast index reshape transpose copy".split()
)
# And these, if the other operand does not depend on the loop.
PRODUCTS = frozenset({"multiply", "divide"})


def join_sweeps(program: Program) -> Program:
    """Return the program with the loops marked that need one sweep only.

    Before ``for i in range(n): total = add total (f x i)``; after, the loop says
    ``schedule: joint``.
    """
    entry = program.entry
    return Program((*program.functions[:-1], _function(entry)))


def _function(function: Function) -> Function:
    body = function.body
    made = [_marked(eq) if _is_joint(eq, body) else eq for eq in body.equations]
    return replace(function, body=replace(body, equations=tuple(made)))


def _marked(eq: Equation) -> Equation:
    attrs = {**eq.attrs, "schedule": "joint"}
    return replace(eq, attrs=MappingProxyType(attrs))


def _is_joint(eq: Equation, body: Region) -> bool:
    """Whether a loop's iterations are independent, and its adjoint known before."""
    if eq.op != "for" or eq.attrs.get("exits") or "schedule" in eq.attrs:
        return False
    loop = Loop.of(eq)
    if not loop.finals or any(v.type.rank for v in loop.finals):
        return False
    if any(inner.op in ("while", "call", "print", "draw") for inner in walk(loop.body)):
        return False
    if any(kind != "reduce(add)" for kind in kinds(eq)):
        return False
    return _is_linear(set(loop.finals), body, eq)


def _is_linear(given: set[Value], body: Region, loop: Equation) -> bool:
    """Whether all that follows from values does so by linear operations."""
    after = body.equations[body.equations.index(loop) + 1 :]
    for eq in after:
        if given.isdisjoint(captured(eq)):
            continue
        if eq.regions or not _is_linear_step(eq, given):
            return False
        given.update(eq.results)
    return True


def _is_linear_step(eq: Equation, given: set[Value]) -> bool:
    if not given.isdisjoint(eq.operands) and given.isdisjoint(moving(eq)):
        return True
    if eq.op in LINEAR:
        return True
    if eq.op not in PRODUCTS:
        return False
    one, other = eq.operands
    return (one in given) != (other in given) and (eq.op != "divide" or one in given)
