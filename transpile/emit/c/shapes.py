"""Arrays whose lengths have names already: ``np.empty((n, m))`` needs no others."""

from __future__ import annotations

import ast

from .infer import Typed
from .kinds import Array
from .scopes import Scopes

Found = dict[str, list[ast.expr]]


def known_shapes(function: Typed, scopes: Scopes) -> Found:
    """Return the lengths of such arrays by name."""
    made: Found = {}
    for node in ast.walk(function.node):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            made.setdefault(node.targets[0].id, []).append(node.value)
    found: Found = {}
    for name, values in made.items():
        kind = function.kinds.get(name)
        if name in scopes.parameters or not isinstance(kind, Array):
            continue
        shapes = [_shape(function, value) for value in values]
        texts = {s and ast.unparse(ast.Tuple(s, ast.Load())) for s in shapes}
        first = shapes[0]
        if len(texts) == 1 and first is not None:
            if all(_is_named(each, name, found, scopes) for each in first):
                found[name] = first
    return found


def _shape(function: Typed, value: ast.expr) -> list[ast.expr] | None:
    if not isinstance(value, ast.Call):
        return None
    if ast.unparse(value.func) not in ("np.empty", "np.zeros"):
        return None
    match value.args[0]:
        case ast.Attribute(value=ast.Name(id=other), attr="shape") as shape:
            kind = function.kinds.get(other)
            axes = range(kind.rank if isinstance(kind, Array) else 0)
            return [ast.Subscript(shape, ast.Constant(k), ast.Load()) for k in axes]
        case ast.Tuple(elts=every):
            return list(every)
        case shape:
            return [shape]


def _is_named(node: ast.expr, name: str, found: Found, scopes: Scopes) -> bool:
    """Whether a length can be written wherever a variable is seen."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=other):
            return scopes.is_fixed(other) and scopes.encloses(other, name)
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=other), attr="shape")):
            if other in found:
                return scopes.encloses(other, name)
            return other in scopes.parameters and scopes.is_fixed(other)
    return False
