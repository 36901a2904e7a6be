"""Small questions about statements of Python."""

from __future__ import annotations

import ast
from collections.abc import Sequence


def loaded(target: ast.expr) -> ast.expr:
    """Return a target as an expression."""
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    assert isinstance(target, ast.Subscript)
    return ast.Subscript(target.value, target.slice, ast.Load())


def ranged(args: Sequence[ast.expr]) -> tuple[ast.expr, ast.expr, int | ast.expr]:
    """Return first, stop and step of a range."""
    if len(args) == 1:
        return ast.Constant(0), args[0], 1
    if len(args) == 2:
        return args[0], args[1], 1
    try:
        return args[0], args[1], int(ast.literal_eval(args[2]))
    except ValueError:
        return args[0], args[1], args[2]


def assigns(body: Sequence[ast.stmt], names: set[str]) -> bool:
    """Whether statements assign one of some variables."""
    return any(
        isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Store)
        and node.id in names
        for statement in body
        for node in ast.walk(statement)
    )
