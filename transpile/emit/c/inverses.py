"""Divisions by what a loop does not change, as products with its inverse.

The same is done for Numba's code, by LLVM, in functions whose sums may be reordered.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Protocol

from .kinds import REAL, SINGLE, Kind
from .syntax import stored_in


class Asked(Protocol):
    """What is known of the function."""

    def kind(self, node: ast.expr) -> Kind: ...  # noqa: D102
    def is_own(self, name: str) -> bool: ...  # noqa: D102


def steady_divisors(loop: ast.For, of: Asked) -> dict[str, ast.expr]:
    """Return what a loop divides by again and again, by its text."""
    assigned = stored_in([loop])
    written = {
        node.value.id if isinstance(node.value, ast.Name) else ""
        for node in ast.walk(loop)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
    }
    calls = any(isinstance(node, ast.Expr) for node in ast.walk(loop))
    apart = not calls and all(of.is_own(name) for name in written)
    found: dict[str, ast.expr] = {}
    for node in _divisors(loop):
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        reads = any(isinstance(n, ast.Subscript) for n in ast.walk(node))
        if names & (assigned | written) or (reads and not apart):
            continue
        if _is_simple(node) and of.kind(node) in (REAL, SINGLE):
            found.setdefault(ast.unparse(node), node)
    return found


def _divisors(loop: ast.For) -> Iterator[ast.expr]:
    for node in ast.walk(loop):
        match node:
            case ast.BinOp(op=ast.Div(), right=right):
                yield right
            case ast.AugAssign(op=ast.Div(), value=value):
                yield value


def _is_simple(node: ast.expr) -> bool:
    """Whether an expression is made of variables and elements by operations."""
    if not any(isinstance(n, ast.Name) for n in ast.walk(node)):
        return False
    allowed = (
        ast.Name,
        ast.Subscript,
        ast.Tuple,
        ast.BinOp,
        ast.UnaryOp,
        ast.Constant,
        ast.operator,
        ast.unaryop,
        ast.expr_context,
    )
    return all(isinstance(n, allowed) for n in ast.walk(node))
