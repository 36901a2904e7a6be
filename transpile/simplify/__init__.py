"""Tidying: what differentiation leaves is folded, cancelled, shared and removed.

Only backward equations are rewritten. The forward part keeps the user's spelling: it
loses what is dead, and the backward part may read its values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..graph.custom import callees
from ..graph.ir import Equation, Function, Program, walk
from ..graph.ops import CHEAP, CREATIONS
from ..rewrite import (
    Editor,
    History,
    Table,
    apply_table,
    eliminate_dead,
    silent_functions,
    sweep,
)
from . import arrays, memory
from .algebra import fold_complex, fold_constants, fold_counts, fold_integers
from .branches import join_branches
from .control import pass_around
from .inside import make_inside
from .lengths import free_lengths
from .paths import merge_steps
from .replaced import write_once
from .scatter import store_once
from .sums import negate_outside, simplify_sum
from .unread import drop_unread

# Each sweep lowers the cost; more than this many would be a cycle.
MOST_SWEEPS = 16
# What is dead at the end leaves more to do, once or twice.
MOST_ROUNDS = 3
UNSHARED = CREATIONS | {"constant", "dim"}

Step = Callable[[Editor, Equation], bool]


def _by(table: Table) -> Step:
    return lambda editor, eq: apply_table(editor, eq, table)


def _share(editor: Editor, eq: Equation) -> bool:
    """Read a value that is at hand instead of computing it again.

    A cheap part of a forward expression is computed again: to share it would mean to
    pull it out under a name. That is done for conditions only.
    """
    if len(eq.results) != 1 or eq.op in UNSHARED:
        return False
    found = editor.scope.find(eq.op, eq.operands, eq.attrs)
    if found is None or found is eq.result:
        return False
    made = editor.definition(found)
    inline = made is not None and not made.backward and found.name is None
    if inline and eq.op in CHEAP and eq.result.type.dtype != "bool":
        return False
    return editor.become(eq, found, editor.mark())


STEPS: tuple[Step, ...] = (
    fold_constants,
    fold_complex,
    fold_integers,
    _by(arrays.TABLE),
    _by(memory.TABLE),
    memory.drop_broadcasts,
    merge_steps,
    memory.join_additions,
    memory.fill_first,
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
    if eq in editor.facts.quiet:
        return False
    if any(r in editor.facts.repeated for r in eq.results):
        return _is_number(eq) and _share(editor, eq)
    for step in STEPS:
        if step(editor, eq):
            return True
    return False


def simplify(program: Program) -> Program:
    """Return the program with its backward parts tidied and what is dead removed.

    Before ``a_bar = s_bar * y * sigmoid(-eta); ...``; after ``eta_bar = mu - y``.
    """
    silent = silent_functions(program.functions)

    def tidy(function: Function) -> Function:
        history = History()
        for _ in range(MOST_ROUNDS):
            function = _settled(function, silent, history)
            function = make_inside(join_branches(function))
            size = _size(function)
            function = eliminate_dead(function, silent)
            function = eliminate_dead(free_lengths(function), silent)
            function, stored = store_once(function)
            function = write_once(function)
            if _size(function) == size and not stored:
                break
        return function

    tidied = program.map(tidy)
    short = drop_unread(tidied, silent)
    return tidied if short is tidied else _called(short.map(tidy))


def _called(program: Program) -> Program:
    """Return a program without functions that nothing calls any more."""
    known = {f.name: f for f in program.functions}
    return Program((*callees(program.entry, known, {}), program.entry))


def _settled(function: Function, silent: Collection[str], history: History) -> Function:
    """Return the function rewritten until nothing changes, its forward part whole."""
    for _ in range(MOST_SWEEPS):
        function = eliminate_dead(function, silent, forward=False)
        function, changes = sweep(pass_around(function), _visit, history)
        if not changes:
            break
    return function


def _is_number(eq: Equation) -> bool:
    """Whether an equation that is computed in two places gives a floating number."""
    kinds = [r.type for r in eq.results]
    return len(kinds) == 1 and kinds[0].is_inexact and not kinds[0].rank


def _size(function: Function) -> int:
    return sum(1 for _ in walk(function.body))
