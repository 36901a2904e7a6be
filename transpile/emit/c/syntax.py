"""Small questions about statements of Python."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence


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


def mentions(node: ast.AST, name: str) -> bool:
    """Whether a variable stands in a piece of Python."""
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node))


def moves(
    uses: Sequence[Sequence[ast.expr]],
    counter: str,
    assigned: set[str],
    in_front: Callable[[ast.expr], bool],
) -> bool:
    """Whether no two iterations meet: a place of all uses goes with the counter.

    It has to be in front of the array's end everywhere: an index that is negative meets
    one that is not.
    """
    for places in zip(*uses, strict=False):
        texts = {ast.unparse(place) for place in places}
        if len(texts) == 1 and _is_shifted(places[0], counter, assigned):
            return in_front(places[0])
    return False


def _is_shifted(node: ast.expr, counter: str, assigned: set[str]) -> bool:
    """Whether an index is the counter, or a fixed way from it."""
    match node:
        case ast.Name(id=name):
            return name == counter
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            inside = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
            loads = any(isinstance(n, ast.Subscript | ast.Call) for n in ast.walk(node))
            if loads or assigned & set(inside) or inside.count(counter) != 1:
                return False
            moving = [side for side in (left, right) if mentions(side, counter)]
            return len(moving) == 1 and _is_shifted(moving[0], counter, assigned)
    return False


def names_in(statements: Sequence[ast.AST]) -> list[str]:
    """Return the variables of statements, in order."""
    found: dict[str, None] = {}
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                found.setdefault(node.id)
    return list(found)


def stored_in(statements: Sequence[ast.AST]) -> set[str]:
    """Return the variables that statements assign."""
    return {
        n.id
        for s in statements
        for n in ast.walk(s)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def read_in(statements: Sequence[ast.AST]) -> set[str]:
    """Return the variables that statements read."""
    return {
        n.id
        for s in statements
        for n in ast.walk(s)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    }
