"""Helpers opened: the body of a function that is called, in the place of the call.

A call in a loop hands over arrays that must be made anew each time, and hides from
the loop around it what it reads and writes.
"""

from __future__ import annotations

from collections.abc import Container

from ..graph.custom import custom_of, reached, rules_of, settle_custom
from ..graph.ir import Equation, Function, Program, calls_itself, is_view, walk
from ..inline import inline

# More equations than this, over all calls, stay where they are.
MOST_EQUATIONS = 2000


def open_rules(program: Program) -> Program:
    """Return the program of a last derivative, with functions opened that have rules.

    The rules are opened, too.
    """
    custom = [f for f in program.functions if custom_of(f) is not None]
    names = {f.name for f in custom}.union(*map(rules_of, custom))
    return open_helpers(settle_custom(program), names) if names else program


def open_helpers(program: Program, names: Container[str] | None = None) -> Program:
    """Return the program with helpers opened, all or some, up to a limit of size.

    Before ``y = call square x``; after ``y = multiply x x``. Functions that call
    themselves stay, and so does everything if the program would grow too much.
    """
    open_ones: dict[str, Function] = {}
    sizes: dict[str, int] = {}
    for function in program.functions:
        size = _size(function, sizes)
        sizes[function.name] = size
        chosen = names is None or function.name in names
        if chosen and _may_open(function) and size <= MOST_EQUATIONS:
            open_ones[function.name] = function
    if sizes[program.entry.name] > MOST_EQUATIONS:
        return program
    made = inline(program, lambda eq: eq.attrs["callee"] in open_ones)
    return reached(made)


def _may_open(function: Function) -> bool:
    """Whether the results of a function are memory of their own, seen as a whole.

    What a caller writes into a returned view, it writes into a part of the callee's
    array, which then has another shape than the caller's.
    """
    if calls_itself(function) or custom_of(function) is not None:
        return False
    if any(eq.op == "outside" for eq in function.body.equations):
        return False
    views = {eq.result for eq in walk(function.body) if is_view(eq)}
    ends = set(function.body.results)
    for eq in walk(function.body):
        if eq.regions and not ends.isdisjoint(eq.results):
            ends.update(v for region in eq.regions for v in region.results)
    return ends.isdisjoint(views)


def _size(function: Function, sizes: dict[str, int]) -> int:
    """Return how many equations a function has, those of its callees included."""
    return sum(_cost(eq, sizes) for eq in walk(function.body))


def _cost(eq: Equation, sizes: dict[str, int]) -> int:
    return sizes.get(eq.attrs["callee"], 1) if eq.op == "call" else 1
