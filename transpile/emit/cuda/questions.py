"""Small questions about statements, and how the answer to one starts all over."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..c.arrays import base_of
from .loops import is_own


def counters_in(statements: Sequence[ast.AST]) -> set[str]:
    """Return the counters of loops."""
    return {
        n.target.id
        for s in statements
        for n in ast.walk(s)
        if isinstance(n, ast.For) and isinstance(n.target, ast.Name)
    }


class Wanted(Exception):  # noqa: N818 -- no error: it asks for another try
    """A number has to be the device's."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def uses(names: Sequence[str], last: ast.stmt) -> list[ast.stmt]:
    """Return statements that mention variables, so that they are seen at the end."""
    made: list[ast.stmt] = [ast.Expr(ast.Name(name, ast.Load())) for name in names]
    for statement in made:
        statement.lineno = last.end_lineno or last.lineno
    return made


def written_in(statements: Sequence[ast.stmt]) -> set[str]:
    """Return the arrays of which statements write elements."""
    nodes = (n for s in statements for n in ast.walk(s))
    return {
        base_of(n) or ""
        for n in nodes
        if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store)
    }


def assigned_first(statements: Sequence[ast.stmt], stored: set[str]) -> set[str]:
    """Return the numbers that statements assign before they read them."""
    found = set()
    for name in stored:
        counters = any(
            isinstance(n, ast.For)
            and isinstance(n.target, ast.Name)
            and n.target.id == name
            for s in statements
            for n in ast.walk(s)
        )
        if counters or is_own(statements, name):
            found.add(name)
    return found
