"""Lambdas as functions: each is found in its file, and written as a ``def``."""

from __future__ import annotations

import ast
import types

from ..errors import refuse
from .source import tree_of, written

# What a lambda is called that is assigned to no name.
UNNAMED = "function"


def is_lambda(function: types.FunctionType) -> bool:
    """Whether a function was written as a lambda."""
    return function.__code__.co_name == "<lambda>"


def as_def(node: ast.Lambda, text: str, name: str) -> str:
    r"""Return the text of a ``def`` that stands for a lambda, on the line of that.

    Examples
    --------
    >>> text = "f = lambda x: 2 * x"
    >>> as_def(ast.parse(text).body[0].value, text, "f")
    'def f(x):\n    return 2 * x\n'
    """
    head = f"def {name}({ast.unparse(node.args)}):"
    return "\n" * (node.lineno - 1) + f"{head}\n    return {written(text, node.body)}\n"


def find_lambda(function: types.FunctionType, text: str) -> ast.Lambda:
    """Return the syntax tree of a lambda; of several on its line, by where they end."""
    code = function.__code__
    try:
        every = [n for n in ast.walk(tree_of(text)) if isinstance(n, ast.Lambda)]
    except SyntaxError:
        every = []
    names = code.co_varnames[: code.co_argcount]
    found = [
        node
        for node in every
        if node.lineno == code.co_firstlineno
        and tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args)) == names
    ]
    if len(found) > 1:
        places = {place for place in code.co_positions() if None not in place}
        found = [node for node in found if _place(node.body) in places]
    if len(found) != 1:
        raise refuse(
            "the text of this lambda cannot be found"
            if not found
            else "several lambdas stand on this line",
            "write it as a def with a name",
            file=f"{code.co_filename}:{code.co_firstlineno}",
        )
    return found[0]


def _place(node: ast.expr) -> tuple[int | None, ...]:
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset
