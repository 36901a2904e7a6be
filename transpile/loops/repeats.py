"""Numbers that are computed more than once, computed once.

Before ``a = y[0] - y[1]; b = sin(y[0])``, where each ``y[0]`` is a read of its own;
after there is one read, and what the backward part needs of it is saved once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..graph.buffers import memories, written
from ..graph.ir import Buffer, Equation, Function, Program, walk
from ..graph.ops import CREATIONS
from ..rewrite import Editor, sweep

UNSHARED = CREATIONS | {"constant", "cast", "dim"}


def share_numbers(program: Program) -> Program:
    """Return the program with equal numbers computed once, arrays as they are.

    A number costs a register; an array that is kept for later would cost memory.
    """
    return program.map(lambda f: sweep(f, _Sharing.of(f).visit)[0])


@dataclass(frozen=True, slots=True)
class _Sharing:
    """``fleeting`` is memory that is written under more than one name."""

    fleeting: set[Buffer] = field(default_factory=set)

    @staticmethod
    def of(function: Function) -> _Sharing:
        """Return what is known of a function's memory."""
        same: Mapping[Buffer, Buffer] = memories(function.body)
        touched = {b for eq in walk(function.body) for b in written(eq)}
        roots = {same[b] for b in touched if b in same}
        return _Sharing({b for b, root in same.items() if root in roots})

    def visit(self, editor: Editor, eq: Equation) -> bool:
        """Let an equal number stand for an equation's result."""
        if eq.regions or len(eq.results) != 1 or eq.op in UNSHARED:
            return False
        if eq.result.type.rank or not eq.result.type.is_inexact:
            return False
        if not self.fleeting.isdisjoint({v.buffer for v in eq.operands}):
            return False
        found = editor.scope.find(eq.op, eq.operands, eq.attrs)
        if found is None or found is eq.result:
            return False
        return editor.become(eq, found, editor.mark())
