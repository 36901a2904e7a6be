"""Lengths that are surely alike have one name: that of a length of a parameter."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from ..c.infer import Typed
from ..c.kinds import Array, Kind
from ..c.syntax import names_in, stored_in

# The lengths of an array; None for one that has no name but the array's.
Lengths = list[ast.expr | None]
Shapes = dict[str, Lengths]


def shapes_of(entry: Typed, agreed: Mapping[str, Sequence[str | None]]) -> Shapes:
    """Return the lengths of arrays in terms of those of parameters.

    ``agreed`` has what the lengths of parameters were found to be at the beginning.
    """
    changed = stored_in(entry.node.body)
    found: Shapes = {}
    for name, given in entry.parameters.items():
        if isinstance(given, Array) and name not in changed:
            own = _parts(ast.Attribute(ast.Name(name), "shape"), given.rank)
            wanted = agreed.get(name, [None] * given.rank)
            first = [_named(_parsed(text), found) for text in wanted]
            found[name] = [f or o for f, o in zip(first, own, strict=True)]
    made: dict[str, list[ast.expr | None]] = {}
    for node in ast.walk(entry.node):
        for target in _targets(node):
            value = node.value if isinstance(node, ast.Assign) else None
            made.setdefault(target, []).append(value)
    for name, values in made.items():
        kind = entry.kinds.get(name)
        if isinstance(kind, Array) and name not in found:
            every = [_made(value, kind.rank, found, entry.kinds) for value in values]
            texts = {tuple(e and ast.unparse(e) for e in each) for each in every}
            if len(texts) == 1 and any(every[0]):
                found[name] = every[0]
    return found


def _targets(node: ast.AST) -> list[str]:
    """Return the variables that a statement assigns."""
    if not isinstance(node, ast.Assign | ast.AugAssign | ast.For):
        return []
    if isinstance(node, ast.Assign):
        target = node.targets[0]
    else:
        target = node.target
    every = target.elts if isinstance(target, ast.Tuple) else [target]
    return [each.id for each in every if isinstance(each, ast.Name)]


def _parsed(text: str | None) -> ast.expr:
    return ast.parse(text or "None", mode="eval").body


def _made(
    value: ast.expr | None, rank: int, known: Shapes, kinds: Mapping[str, Kind]
) -> Lengths:
    """Return the lengths of a new array."""
    match value:
        case ast.Call(func=function, args=[shape, *_]):
            if ast.unparse(function) in ("np.empty", "np.zeros"):
                return made_of(shape, rank, known)
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            factors = [_of(left, known, kinds), _of(right, known, kinds)]
            if all(factors):
                return [*factors[0][:-1], *factors[1][1:]]
    return [None] * rank


def made_of(shape: ast.expr, rank: int, known: Shapes) -> Lengths:
    """Return the lengths of new memory of a shape."""
    return [_named(each, known) for each in _parts(shape, rank)]


def _of(node: ast.expr, known: Shapes, kinds: Mapping[str, Kind]) -> Lengths:
    """Return the lengths of a variable or its transpose, none for anything else."""
    match node:
        case ast.Name(id=name):
            kind = kinds.get(name)
            rank = kind.rank if isinstance(kind, Array) else 0
            return known.get(name, [None] * rank)
        case ast.Attribute(value=inner, attr="T"):
            return _of(inner, known, kinds)[::-1]
        case ast.Call(func=ast.Attribute(value=inner, attr="transpose"), args=[]):
            return _of(inner, known, kinds)[::-1]
    return []


def _parts(shape: ast.expr, rank: int) -> list[ast.expr]:
    match shape:
        case ast.Attribute(attr="shape"):
            return [ast.Subscript(shape, ast.Constant(k)) for k in range(rank)]
        case ast.Tuple(elts=every):
            return every
    return [shape]


def _named(node: ast.expr, known: Shapes) -> ast.expr | None:
    """Return a length as one of a parameter, or a number."""
    match node:
        case ast.Constant(value=int()):
            return node
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id=name), attr="shape"),
            slice=ast.Constant(value=int(axis)),
        ) if name in known:
            return known[name][axis]
    return None


def own_length(name: str, axis: int) -> str:
    """Return a length of an array as Python."""
    return f"{name}.shape[{axis}]"


def with_owners(names: Sequence[str], shapes: Shapes) -> list[str]:
    """Return variables, and the arrays that their lengths are named after."""
    found = list(names)
    for name in found:  # it grows
        lengths = [each for each in shapes.get(name, ()) if each is not None]
        found += [owner for owner in names_in(lengths) if owner not in found]
    return found
