"""Small graphs built by hand, and their text, for the tests of the rewriting passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from gradscribe.transpile.graph.build import Builder, Expr
from gradscribe.transpile.graph.ir import (
    LEAF,
    Buffer,
    Equation,
    Function,
    Parameter,
    Program,
    Region,
    Structure,
    Type,
    Value,
    walk,
)
from gradscribe.transpile.graph.linear import Linear, Size


def declared(text: str, name: str) -> Value:
    """Return a parameter from ``f64[m, n]`` or ``f64``."""
    kind, _, inside = text.partition("[")
    dtype = {"f64": "float64", "f32": "float32", "i64": "int64"}.get(kind, kind)
    sizes = [word.strip() for word in inside.rstrip("]").split(",") if word.strip()]
    shape = tuple(
        Linear.number(int(s)) if s.isdigit() else Linear.of(Size(s)) for s in sizes
    )
    buffer = Buffer(name, parameter=True) if shape else None
    return Value(Type(dtype, shape), name, buffer)


def graph(make: Callable[..., Any], backward: bool = False, **types: str) -> Function:
    """Return a function of parameters ``types`` whose results ``make`` builds.

    ``make`` is given expressions by name, and the builder if it asks for ``builder``.
    """
    builder = Builder(backward=backward)
    values = {name: declared(text, name) for name, text in types.items()}
    given: dict[str, Any] = {k: Expr(builder, v) for k, v in values.items()}
    if "builder" in make.__code__.co_varnames[: make.__code__.co_argcount]:
        given["builder"] = builder
    made = make(**given)
    results: Sequence[Any] = made if isinstance(made, tuple) else (made,)
    flat = tuple(r.value if isinstance(r, Expr) else r for r in results)
    body = Region(tuple(values.values()), tuple(builder.equations), flat)
    parameters = tuple(Parameter(name, (v,)) for name, v in values.items())
    returns = Structure("tuple", (LEAF,) * len(flat)) if len(flat) > 1 else LEAF
    return Function("f", parameters, body, returns)


def name(expr: Expr, text: str) -> Expr:
    """Return an expression under a user's name."""
    old = expr.value
    value = Value(old.type, text, old.buffer, old.linear, number=old.number)
    equations = expr.builder.equations
    for place, eq in enumerate(equations):
        if old in eq.results:
            equations[place] = replace(eq, results=(value,))
    return Expr(expr.builder, value)


def rewritten(function: Function, change: Callable[[Program], Program]) -> Function:
    """Return a function after a pass over programs."""
    return change(Program((function,))).entry


def formulas(function: Function) -> list[str]:
    """Return the results of a function as nested calls, by names of parameters."""
    defined: dict[Value, Equation] = {
        r: eq for eq in walk(function.body) for r in eq.results
    }

    def text(value: Value) -> str:
        eq = defined.get(value)
        if eq is None:
            return str(value)
        if eq.op == "constant":
            return repr(eq.attrs["value"])
        if eq.op == "dim":
            return f"{eq.operands[0]}.{eq.attrs['axis']}"
        return f"{eq.op}({', '.join(map(text, eq.operands))})"

    return [text(value) for value in function.body.results]


def ops(function: Function) -> list[str]:
    """Return the operations of a function in order, constants and lengths left out."""
    quiet = ("constant", "dim")
    return [eq.op for eq in walk(function.body) if eq.op not in quiet]


def comments(function: Function) -> list[str]:
    """Return the comments of a function's equations."""
    return [eq.comment for eq in walk(function.body) if eq.comment]
