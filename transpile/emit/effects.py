"""Calls, checks and prints."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..graph.ir import Equation
from .expressions import Atom, Node, Tuple, call, method
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
    """Print ``if not condition: raise ...``, or ``return`` where that is lost."""
    returned = [p.node(v) for v in eq.operands[1:]]
    if returned:
        node = returned[0] if len(returned) == 1 else Tuple(tuple(returned), bare=True)
        left = Simple(node, keyword="return ", origin=eq.origin)
        p.out.append(Block("if ", negated(p, eq.operands[0]), [left], origin=eq.origin))
        return
    message = str(eq.attrs["message"]).replace("\\", "\\\\").replace('"', '\\"')
    error = call(str(eq.attrs["exception"]), Atom(f'"{message}"'))
    raised = Simple(error, keyword="raise ", origin=eq.origin)
    test = negated(p, eq.operands[0])
    p.out.append(Block("if ", test, [raised], origin=eq.origin))


def print_statement(p: Printer, eq: Equation) -> None:
    """Print ``print(...)``."""
    rest = list(eq.operands)
    shown: list[Node] = []
    for text, count in eq.attrs.get("parts", (("{}", 1),) * len(rest)):
        values = [p.node(rest.pop(0)) for _ in range(count)]
        if text == "{}":
            shown += values
        elif not count:
            shown.append(Atom(_quoted(text.replace("{{", "{").replace("}}", "}"))))
        elif p.dialect.name == "numpy":
            shown.append(method(Atom(_quoted(text)), "format", *values))
        else:  # Numba formats nothing: text and values one after the other
            shown += _apart(text, values)
    words = {name: Atom(_quoted(text)) for name, text in eq.attrs.get("words", ())}
    if p.dialect.name != "numpy":
        words = {}
    p.out.append(Simple(call("print", *shown, **words), origin=eq.origin))


def _apart(template: str, values: list[Node]) -> Iterator[Node]:
    """Yield the pieces of a template's text, and the values between them."""
    rest = iter(values)
    for text, place, _, _ in string.Formatter().parse(template):
        if text.strip():
            yield Atom(_quoted(text.strip()))
        if place is not None:
            yield next(rest)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
