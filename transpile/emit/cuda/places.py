"""Which numbers are the host's, and which only the device knows."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from ..c.arrays import base_of
from .memory import ROUTINES


def device_numbers(
    body: Sequence[ast.stmt], arrays: Collection[str], known: Collection[str] = ()
) -> set[str]:
    r"""Return the variables whose values follow from elements of arrays.

    Examples
    --------
    >>> text = "s = 0.0\nfor i in range(x.size):\n  s += x[i]\nt = 2.0 * s"
    >>> sorted(device_numbers(ast.parse(text).body, ["x"]))
    ['s', 't']
    """
    found = set(known)
    while True:
        before = len(found)
        for statement in body:
            _spread(statement, arrays, found, False)
        if len(found) == before:
            return found


def is_device(node: ast.AST, arrays: Collection[str], known: Collection[str]) -> bool:
    """Whether an expression needs what only the device knows."""
    if isinstance(node, ast.Attribute) and node.attr in ("shape", "size"):
        return False
    if isinstance(node, ast.Name):
        return node.id in known
    if isinstance(node, ast.Subscript):
        base = base_of(node)
        if base in arrays and not is_shape(node.value):
            return True
    if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(
        ("np.linalg", "np.argsort", *ROUTINES)
    ):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return True
    return any(is_device(n, arrays, known) for n in ast.iter_child_nodes(node))


def is_shape(node: ast.AST) -> bool:
    """Whether an expression is the lengths of an array."""
    return isinstance(node, ast.Attribute) and node.attr == "shape"


def _spread(
    node: ast.stmt, arrays: Collection[str], found: set[str], hidden: bool
) -> None:
    """Note what a statement assigns; ``hidden`` inside what the device decides."""
    match node:
        case ast.Assign(targets=[target], value=value):
            if hidden or is_device(value, arrays, found):
                found |= _names(target) - set(arrays)
        case ast.AugAssign(target=target, value=value):
            loaded = is_device(value, arrays, found)
            if hidden or loaded:
                found |= _names(target) - set(arrays)
        case ast.If(test=test, body=body, orelse=other):
            inner = hidden or is_device(test, arrays, found)
            for each in (*body, *other):
                _spread(each, arrays, found, inner)
        case ast.While(test=test, body=body):
            inner = hidden or is_device(test, arrays, found)
            for each in body:
                _spread(each, arrays, found, inner)
        case ast.For(iter=iterated, body=body):
            inner = hidden or is_device(iterated, arrays, found)
            for each in body:
                _spread(each, arrays, found, inner)


def _names(target: ast.expr) -> set[str]:
    match target:
        case ast.Name(id=name):
            return {name}
        case ast.Tuple(elts=elements):
            return {n for e in elements for n in _names(e)}
    return set()
