"""Calls, checks and prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir import Equation
from .expressions import Atom, Tuple, call
from .flow import negated
from .statements import Block, Simple

if TYPE_CHECKING:
    from .printer import Printer


def call_statement(p: Printer, eq: Equation) -> None:
    """Print a call with the variables that take what it returns."""
    function = p.program.find(eq.attrs["callee"])
    made = p.dialect.spell(eq)(p, eq)
    targets = list(eq.results[: function.returns.width])
    for value in targets:
        p.views.renew(value.buffer)
        p.views.bind(p.names[value], None)
    if not targets or not any(v in p.used for v in targets):
        p.out.append(Simple(made, origin=eq.origin))
        return
    target = p.packed(function.returns, targets)
    if isinstance(target, Tuple):
        target = Tuple(target.items, bare=True)
    p.out.append(Simple(made, target, origin=eq.origin))


def check(p: Printer, eq: Equation) -> None:
    """Print ``if not condition: raise ...``."""
    message = str(eq.attrs["message"]).replace("\\", "\\\\").replace('"', '\\"')
    error = call(str(eq.attrs["exception"]), Atom(f'"{message}"'))
    raised = Simple(error, keyword="raise ", origin=eq.origin)
    test = negated(p, eq.operands[0])
    p.out.append(Block("if ", test, [raised], origin=eq.origin))


def print_statement(p: Printer, eq: Equation) -> None:
    """Print ``print(...)``."""
    made = call("print", *(p.node(v) for v in eq.operands))
    p.out.append(Simple(made, origin=eq.origin))
