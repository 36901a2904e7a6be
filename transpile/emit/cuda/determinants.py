"""Numbers that CuPy computes of matrices: they get variables of their own.

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
