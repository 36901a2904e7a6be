"""Loops of the host whose steps are all alike: they are captured as CUDA graphs."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence

from ..c.syntax import names_in, stored_in

STARTS = ("_start", "_reduce", "_kernel")


def is_fixed(lines: Sequence[str], counter: str) -> bool:
    r"""Whether the lines of a loop start kernels, always with the same arguments.

    Numbers may be computed from what no iteration changes; nothing asks for memory,
    and nothing waits for the device.

    Examples
    --------
    >>> is_fixed(["k = n - 2", "_start('f', k, (A, B))"], "t")
    True
    >>> is_fixed(["_start('f', n, (A, t))"], "t")
    False
    """
    body = ast.parse(textwrap.dedent("\n".join(lines))).body
    if counter in names_in(body) or not any(map(_is_start, body)):
        return False
    known: set[str] = set()
    changed = stored_in(body)
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if not _is_number(value) or set(names_in([value])) & (changed - known):
                    return False
                known.add(name)
            case ast.Expr() if _is_start(statement):
                if set(names_in([statement])) & (changed - known):
                    return False
            case _:
                return False
    return True


def _is_start(node: ast.stmt) -> bool:
    """Whether a statement starts a kernel, or fills an array."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name in STARTS
        case ast.Expr(value=ast.Call(func=ast.Call(func=ast.Name(id=name)))):
            return name in STARTS
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="fill"))):
            return True
    return False


def _is_number(node: ast.expr) -> bool:
    """Whether an expression is of numbers of the host: no memory, no views."""
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Name(id="max" | "min" | "len" | "abs")):
                pass
            case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr=kind)):
                if kind not in ("float32", "float64", "int64", "bool_"):
                    return False
            case ast.Call() | ast.Slice():
                return False
            case ast.Subscript(value=value):
                if not (isinstance(value, ast.Attribute) and value.attr == "shape"):
                    return False
    # A bare name may be an array under another name.
    return not isinstance(node, ast.Name | ast.Attribute)
