"""Type hints for the functions of a generated text (``--annotate``)."""

from __future__ import annotations

import ast

from .emit.expressions import Atom
from .emit.layout import layout_call
from .graph.ir import Function, Parameter, Program, Structure, Type
from .graph.structures import RECORDS

_SCALARS = {
    "weak_complex": "complex",
    "weak_float": "float",
    "weak_int": "int",
    "bool": "bool",
}
_IMPORT = "import numpy as np"


def annotate(text: str, program: Program) -> str:
    """Return the text with the parameters and results of its functions annotated."""
    lines = text.split("\n")
    functions = {f.name: f for f in program.functions}
    for node in reversed(ast.parse(text).body):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            start, end = node.lineno - 1, node.body[0].lineno - 1
            lines[start:end] = _head(node, functions[node.name])
    if _IMPORT not in lines and any("np." in line for line in lines):
        at = _head_end(text)
        lines[at:at] = [_IMPORT, ""] if at else [_IMPORT, "", ""]
    if _IMPORT in lines:
        lines.insert(lines.index(_IMPORT) + 1, "from numpy.typing import NDArray")
    return "\n".join(lines)


def _head_end(text: str) -> int:
    """Return how many lines the docstring of a file takes, and a blank one."""
    tree = ast.parse(text)
    documented = ast.get_docstring(tree) is not None
    return (tree.body[0].end_lineno or 0) + 1 if documented else 0


def _head(node: ast.FunctionDef, function: Function) -> list[str]:
    kinds = {p.name: hint_of(p) for p in function.parameters}
    every = node.args
    first = len(every.args) - len(every.defaults)
    parts = []
    for k, argument in enumerate(every.args):
        default = every.defaults[k - first] if k >= first else None
        parts.append(_parameter(argument.arg, kinds, default))
    if every.vararg is not None:
        parts.append(f"*{every.vararg.arg}")
    elif every.kwonlyargs:
        parts.append("*")
    for argument, default in zip(every.kwonlyargs, every.kw_defaults, strict=True):
        parts.append(_parameter(argument.arg, kinds, default))
    if every.kwarg is not None:
        parts.append(f"**{every.kwarg.arg}")
    result = _result(function)
    end = f" -> {result}:" if result else ":"
    return layout_call(f"def {function.name}", [Atom(part) for part in parts], end)


def _parameter(name: str, kinds: dict[str, str], default: ast.expr | None) -> str:
    hint = f"{name}: {kinds[name]}" if kinds.get(name) else name
    return hint if default is None else f"{hint} = {ast.unparse(default)}"


def hint_of(parameter: Parameter) -> str:
    """Return the hint for a parameter, empty where a class would have to be named."""
    return _structured(parameter.structure, [v.type for v in parameter.values])


def _result(function: Function) -> str:
    types = [value.type for value in function.body.results]
    width = function.returns.width
    return _structured(function.returns, types[:width])


def _structured(structure: Structure, types: list[Type]) -> str:
    if structure.kind == "none":
        return "None" if structure.given is None else "str"
    if structure.kind == "leaf":
        return _hint(types[0])
    parts = []
    for child in structure.children:
        parts.append(_structured(child, types[: child.width]))
        types = types[child.width :]
    if structure.kind in RECORDS or not all(parts):
        return ""
    if structure.kind == "tuple":
        return f"tuple[{', '.join(parts) or '()'}]"
    held = " | ".join(dict.fromkeys(parts)) or "object"
    if structure.kind == "list":
        return f"list[{held}]"
    keys = " | ".join(sorted({type(name).__name__ for name in structure.names}))
    return f"dict[{keys or 'str'}, {held}]"


def _hint(kind: Type) -> str:
    name = "bool_" if kind.dtype == "bool" else kind.dtype
    if kind.rank:
        return f"NDArray[np.{name}]"
    if kind.is_inexact:
        return "complex" if kind.is_complex else "float"
    return _SCALARS.get(kind.dtype, "int")
