"""Walking over a function, region by region, with a visitor that may rewrite."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace

from ..graph.build import Expr
from ..graph.ir import Equation, Function, Region, Value
from ..graph.shapes import TypeRefused
from .describe import describe, describe_value
from .editor import Editor
from .memory import Facts
from .patterns import Bindings, Row, Table, match
from .quiet import History
from .scope import Scope

# A visitor rewrites an equation (operands resolved) and returns True, or declines.
Visitor = Callable[[Editor, Equation], bool]


def sweep(
    function: Function, visit: Visitor, history: History | None = None
) -> tuple[Function, int]:
    """Return the function after one walk in order, and the number of changes.

    With a ``history`` the visitor may pass over ``facts.quiet``.
    """
    facts = Facts(function)
    if history is not None:
        facts.quiet = history.quiet(function, facts)
    scope = Scope()
    scope.bear(function.body.params)
    body = _Walk(facts, visit).region(function.body, scope)
    return replace(function, body=body), facts.changes


def until_settled(function: Function, visit: Visitor, most: int) -> Function:
    """Return the function after walks until nothing changes, or after the most."""
    for _ in range(most):
        function, changes = sweep(function, visit)
        if not changes:
            break
    return function


class _Walk:
    def __init__(self, facts: Facts, visit: Visitor) -> None:
        self.facts = facts
        self.visit = visit

    def region(self, region: Region, scope: Scope) -> Region:
        editor = Editor(scope, self.facts)
        for eq in region.equations:
            eq = editor.resolved(eq)
            if eq.regions:
                eq = replace(eq, regions=tuple(self._inner(eq, scope)))
            with editor.like(eq):
                done = self.visit(editor, eq)
            if not done:
                editor.keep(eq)
        results = tuple(map(scope.resolve, region.results))
        if results != region.results:
            self.facts.changes += 1
        return Region(region.params, tuple(editor.equations), results)

    def _inner(self, eq: Equation, scope: Scope) -> Iterator[Region]:
        written = self.facts.gone(eq)
        for region in eq.regions:
            inner = scope.enter(() if eq.op == "if" else written)
            inner.bear(region.params)
            yield self.region(region, inner)


# ---- rows ----


def apply_table(editor: Editor, eq: Equation, table: Table, limit: int = 40) -> bool:
    """Rewrite an equation by the first row of a table that applies."""
    for row in table.rows_for(eq.op):
        for count, found in enumerate(match(row.pattern, eq, editor, {})):
            if count >= limit:
                break
            if _apply(editor, eq, row, found):
                return True
    return False


def _apply(editor: Editor, eq: Equation, row: Row, found: Bindings) -> bool:
    leaves = list(_leaves(found))
    if not all(map(editor.readable, leaves)):
        return False
    mark = editor.mark()
    try:
        if row.only is not None and not row.only(
            **_arguments(editor, row.only, found, eq)
        ):
            return False
        made = row.replacement(**_arguments(editor, row.replacement, found, eq))
    except TypeRefused:
        made = None
    value = made.value if isinstance(made, Expr) else made
    if value is None:
        editor.rollback(mark)
        return False
    comment = _comment(editor, eq, row, found, value, leaves) if row.comment else None
    return editor.become(eq, value, mark, comment)


def _leaves(found: Bindings) -> Iterator[Value]:
    for bound in found.values():
        if isinstance(bound, Value):
            yield bound
        elif isinstance(bound, tuple):
            yield from (v for v in bound if isinstance(v, Value))


def _arguments(
    editor: Editor, function: Callable[..., object], found: Bindings, eq: Equation
) -> dict[str, object]:
    """Return what a row's function asks for by the names of its parameters.

    ``editor`` and ``eq`` are the editor and the equation; other names are those of
    wildcards, whose values come as expressions.
    """
    more = {**found, "editor": editor, "eq": eq}
    return {
        name: editor.expr(more[name]) if isinstance(more[name], Value) else more[name]
        for name in _parameters(function)
    }


@functools.cache
def _parameters(function: Callable[..., object]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def _comment(
    editor: Editor,
    eq: Equation,
    row: Row,
    found: Bindings,
    value: Value,
    leaves: list[Value],
) -> str:
    after = describe_value(value, leaves, editor)
    if eq.comment and " written as " in eq.comment:
        before = eq.comment.split(" written as ")[0]
    else:
        before = describe(row.pattern, found, editor)
    return f"{before} written as {after}"
