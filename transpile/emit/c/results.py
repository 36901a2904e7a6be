"""What a function writes and returns: which memory may be the caller's."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from .arrays import base_of, is_new
from .infer import Typed
from .kinds import Array
from .makers import leaves
from .syntax import names_in


def is_written(
    function: Typed, name: str, seen: frozenset[tuple[str, str]] = frozenset()
) -> bool:
    """Whether a function may write the memory of a parameter."""
    if (function.name, name) in seen:
        return False
    seen |= {(function.name, name)}
    aliases = {name}
    for _ in range(4):
        for node in ast.walk(function.node):
            match node:
                case ast.Assign(targets=[ast.Name(id=other)], value=value):
                    if base_of(value) in aliases:
                        aliases.add(other)
                case ast.Assign(targets=[ast.Tuple(elts=elements)], value=value):
                    parts = value.elts if isinstance(value, ast.Tuple) else []
                    if any(base_of(part) in aliases for part in parts):
                        aliases |= {e.id for e in elements if isinstance(e, ast.Name)}
    return any(
        _writes(node, aliases, function, seen) for node in ast.walk(function.node)
    )


def _writes(
    node: ast.AST, aliases: set[str], function: Typed, seen: frozenset[tuple[str, str]]
) -> bool:
    """Whether a node writes the memory that some variables have."""
    match node:
        case ast.Subscript(value=value, ctx=ast.Store()):
            return base_of(value) in aliases
        case ast.Call(args=args):
            called = function.calls.get(id(node))
            if called is None:
                into = len(args) == 3 and ast.unparse(node.func) == "np.dot"
                return into and base_of(args[2]) in aliases
            return any(
                isinstance(kind, Array)
                and base_of(each) in aliases
                and is_written(called, inner, seen)
                for each, (inner, kind) in zip(
                    args, called.parameters.items(), strict=False
                )
            )
    return False


def results_of(function: Typed) -> list[str]:
    """Return the names of what is returned, empty where it has none in all returns."""
    found: list[list[str]] = []
    for node in ast.walk(function.node):
        if isinstance(node, ast.Return) and node.value is not None:
            every = leaves(node.value)
            found.append([n.id if isinstance(n, ast.Name) else "" for n in every])
    return [ns[0] if len(set(ns)) == 1 else "" for ns in zip(*found, strict=True)]


def is_direct(function: Typed, name: str, results: Sequence[str]) -> bool:
    """Whether a result can be made in the caller's memory."""
    if name in function.parameters or list(results).count(name) > 1:
        return False
    kind = function.kinds[name]
    if not isinstance(kind, Array) or not kind.packed:
        return False
    if _assignments(function.node.body, name) != 1:
        return False  # what the name had before may be longer
    for node in ast.walk(function.node):
        match node:
            case ast.Assign(targets=[ast.Name(id=other)], value=value) if other == name:
                if not is_new(value) or id(value) in function.calls:
                    return False
            case ast.Assign(targets=[ast.Tuple()]) if name in names_in([node]):
                if not isinstance(node.value, ast.Attribute):
                    return False
            case ast.Assign(targets=[ast.Name(id=other)], value=value):
                # Memory that changes hands may be written again for another purpose.
                if (
                    isinstance(function.kinds.get(other), Array)
                    and base_of(value) == name
                ):
                    return False
    return True


def _assignments(body: Sequence[ast.stmt], name: str) -> int:
    """Return how often a variable may be assigned, 2 standing for more."""
    count = 0
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=other)]):
                count += other == name
            case ast.If(body=yes, orelse=no):
                count += max(_assignments(yes, name), _assignments(no, name))
            case ast.For(body=inner) | ast.While(body=inner):
                count += 2 * _assignments(inner, name)
    return min(count, 2)
