"""Tidying: what differentiation leaves is folded, cancelled, shared and removed.

Only backward equations are rewritten. The forward part keeps the user's spelling: it
loses what is dead, and the backward part may read its values.
"""

from __future__ import annotations

from collections.abc import Callable

from ..ir import Equation, Function, Program
from ..ops import CHEAP, CREATIONS
from ..rewrite import (
    Editor,
    Table,
    apply_table,
    eliminate_dead,
    silent_functions,
    sweep,
)
from . import arrays, memory
from .algebra import fold_constants, fold_counts, fold_integers
from .control import pass_around
from .lengths import free_lengths
from .scatter import store_once
from .sums import negate_outside, simplify_sum

# Each sweep lowers the cost; more than this many would be a cycle.
MOST_SWEEPS = 16
UNSHARED = CREATIONS | {"constant", "dim"}

Step = Callable[[Editor, Equation], bool]


def _by(table: Table) -> Step:
    return lambda editor, eq: apply_table(editor, eq, table)


def _share(editor: Editor, eq: Equation) -> bool:
    """Read a value that is at hand instead of computing it again.

    A cheap part of a forward expression is computed again: to share it would mean to
    pull it out under a name.
    """
    if len(eq.results) != 1 or eq.op in UNSHARED:
        return False
    found = editor.scope.find(eq.op, eq.operands, eq.attrs)
    if found is None or found is eq.result:
        return False
    made = editor.definition(found)
    inline = made is not None and not made.backward and found.name is None
    if inline and eq.op in CHEAP and found.type.rank:
        return False
    return editor.become(eq, found, editor.mark())


STEPS: tuple[Step, ...] = (
    fold_constants,
    fold_integers,
    _by(arrays.TABLE),
    _by(memory.TABLE),
    memory.drop_broadcasts,
    simplify_sum,
    negate_outside,
    _share,
    memory.pass_name,
    memory.fill_ones,
)


def _visit(editor: Editor, eq: Equation) -> bool:
    if eq.regions:
        return False
    if not eq.backward:
        return fold_counts(editor, eq)
    return any(step(editor, eq) for step in STEPS)


def simplify(program: Program) -> Program:
    """Return the program with its backward parts tidied and what is dead removed.

    Before ``a_bar = s_bar * y * sigmoid(-eta); ...``; after ``eta_bar = mu - y``.
    """
    silent = silent_functions(program.functions)

    def tidy(function: Function) -> Function:
        for _ in range(MOST_SWEEPS):
            function = eliminate_dead(function, silent, forward=False)
            function, changes = sweep(pass_around(function), _visit)
            if not changes:
                break
        function = free_lengths(eliminate_dead(function, silent))
        return store_once(eliminate_dead(function, silent))

    return program.map(tidy)
