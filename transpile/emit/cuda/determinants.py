"""What CuPy computes of matrices: numbers get variables of their own, parts one call.

Before::

    add = 0.5 * np.linalg.slogdet(A)[1] + x

after::

    det = np.linalg.slogdet(A)[1]
    add = 0.5 * det + x
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable

from ..c.arrays import part_of

# How many parts a decomposition has.
PARTS = {"qr": 2, "eigh": 2, "svd": 3}
NUMBERS = ("np.linalg.det", "np.linalg.slogdet")


def is_determinant(node: ast.AST) -> bool:
    """Whether a number, or what it is set to, is one of a matrix by the library."""
    if isinstance(node, ast.Assign):
        node = node.value
    if isinstance(node, ast.Subscript):
        node = node.value
    return isinstance(node, ast.Call) and ast.unparse(node.func) in NUMBERS


def with_determinants(node: ast.stmt, fresh: Callable[[str], str]) -> list[ast.stmt]:
    """Return statements that compute such numbers first, then the statement itself."""
    if not isinstance(node, ast.Assign | ast.AugAssign | ast.Return):
        return [node]
    if is_determinant(node):
        return [node]
    taken = _Taken(node, fresh)
    made = copy.deepcopy(node)
    taken.visit(made)
    return [*taken.made, made] if taken.made else [node]


def decomposed(node: ast.Assign) -> str | None:
    """Return one call for the parts of a decomposition, None if it is something else.

    Examples
    --------
    >>> one = "np.ascontiguousarray(np.linalg.qr(A)[{}])"
    >>> (node,) = ast.parse(f"Q, R = {one.format(0)}, {one.format(1)}").body
    >>> decomposed(node)
    'Q, R = map(cp.ascontiguousarray, cp.linalg.qr(A))'
    """
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            parts = list(map(_part, values))
            calls = {call for call, _ in parts}
            places = [place for _, place in parts]
            if len(calls) == 1 and places == list(range(PARTS.get(_name(*calls), 0))):
                (call,) = calls
                made = call.replace("np.", "cp.", 1)
                left = ", ".join(map(ast.unparse, names))
                return f"{left} = map(cp.ascontiguousarray, {made})"
    return None


def _part(node: ast.expr) -> tuple[str, int]:
    """Return a decomposition, and which part of it an expression is."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.ascontiguousarray":
        (node,) = node.args
    text = ast.unparse(node)
    if text.startswith("np.linalg.eigvalsh("):
        return text.replace("eigvalsh", "eigh", 1), 0
    found = part_of(node)
    return (text, -1) if found is None else (ast.unparse(found[0]), found[1])


def _name(call: str) -> str:
    return call.partition("(")[0].removeprefix("np.linalg.")


class _Taken(ast.NodeTransformer):
    def __init__(self, at: ast.stmt, fresh: Callable[[str], str]) -> None:
        self.at, self.fresh = at, fresh
        self.made: list[ast.stmt] = []

    def visit(self, node: ast.AST) -> ast.AST:
        if not is_determinant(node):
            return self.generic_visit(node)
        assert isinstance(node, ast.expr)
        name = self.fresh(f"det_{self.at.lineno}_{len(self.made) + 1}")
        assigned = ast.Assign([ast.Name(name, ast.Store())], node)
        self.made.append(
            ast.fix_missing_locations(ast.copy_location(assigned, self.at))
        )
        return ast.copy_location(ast.Name(name, ast.Load()), node)
