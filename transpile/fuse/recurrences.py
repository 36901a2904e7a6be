"""Sums beside what one iteration hands to the next: compiled in their own order.

In ``for i: s += u; u = v; v = c * x[i]`` the numbers u and v are those of iterations
before. If sums may be taken in any order, LLVM (22, as llvmlite 0.50 has it) ends the
process while it makes vector code of such a loop: an assertion of its loop vectoriser.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ..graph.carries import followers
from ..graph.ir import Equation, Function, Program, walk
from ..graph.loopform import Loop


def keep_recurrences(program: Program) -> Program:
    """Return the program with functions that have such loops marked: no ``reassoc``."""
    return program.map(_function)


def _function(function: Function) -> Function:
    loops = (eq for eq in walk(function.body) if eq.op == "for")
    if not function.attrs.get("reassoc") or not any(map(_has_recurrence, loops)):
        return function
    attrs = MappingProxyType({**function.attrs, "reassoc": False})
    return replace(function, attrs=attrs)


def _has_recurrence(eq: Equation) -> bool:
    """Whether a loop adds up, and carries numbers not made of themselves."""
    kinds = eq.attrs["kinds"]
    if not any(kind.startswith("reduce") for kind in kinds):
        return False
    loop = Loop.of(eq)
    return any(
        kind == "state"
        and carry.buffer is None
        and value is not carry
        and value not in followers(loop.body, carry)
        for kind, carry, value in zip(kinds, loop.carries, loop.yields, strict=True)
    )
