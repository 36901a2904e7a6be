"""Constant expressions, evaluated without running anybody's code."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

Resolve = Callable[[str], object]


class NotLiteral(ValueError):
    """The expression is not made of literals, arithmetic and known constants."""


Operation = Callable[..., object]
_BINARY: dict[type[ast.operator], Operation] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Operation] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}
_LARGEST_POWER = 1024


def evaluate(node: ast.expr, resolve: Resolve) -> object:
    """Return the value of a constant expression.

    ``resolve`` gives the value of a dotted name or raises `NotLiteral`.

    Examples
    --------
    >>> evaluate(ast.parse("-2 * 3 ** 2", mode="eval").body, {}.get)
    -18
    >>> evaluate(ast.parse("np.pi", mode="eval").body, lambda name: 3.14)
    3.14
    >>> evaluate(ast.parse("np.s_[1:-1, 0]", mode="eval").body, lambda name: np.s_)
    (slice(1, -1, None), 0)
    >>> evaluate(ast.parse("slice(2)", mode="eval").body, lambda name: slice)
    slice(None, 2, None)
    """
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp():
            return _apply(_UNARY.get(type(node.op)), (node.operand,), resolve)
        case ast.BinOp():
            _check_power(node, resolve)
            sides = (node.left, node.right)
            return _apply(_BINARY.get(type(node.op)), sides, resolve)
        case ast.Tuple(elts=elements):
            return tuple(evaluate(e, resolve) for e in elements)
        case ast.Name() | ast.Attribute():
            return resolve(dotted_name(node))
        case ast.Call():
            return _call(node, resolve)
        case ast.Subscript():
            return _index(node, resolve)
    raise NotLiteral(ast.unparse(node))


def _apply(
    function: Operation | None,
    operands: tuple[ast.expr, ...],
    resolve: Resolve,
) -> object:
    values = [evaluate(o, resolve) for o in operands]
    if function is None or not all(
        isinstance(v, (int, float, complex)) for v in values
    ):
        raise NotLiteral("not arithmetic of numbers")
    try:
        return function(*values)
    except ArithmeticError as error:
        raise NotLiteral(str(error)) from None


def _check_power(node: ast.BinOp, resolve: Resolve) -> None:
    if isinstance(node.op, ast.Pow):
        exponent = evaluate(node.right, resolve)
        if not isinstance(exponent, (int, float)) or abs(exponent) > _LARGEST_POWER:
            raise NotLiteral("a power too large to evaluate")


_CASTS = ("float64", "float32", "complex128", "complex64", "int64", "int32", "bool_")


def _call(node: ast.Call, resolve: Resolve) -> object:
    """Evaluate ``np.array([...])``, ``np.float32(...)``, ``math.sqrt(...)``, slices."""
    function = resolve(dotted_name(node.func))
    if function is slice and not node.keywords and 1 <= len(node.args) <= 3:
        return slice(*(evaluate(argument, resolve) for argument in node.args))
    if node.keywords or len(node.args) != 1:
        raise NotLiteral(ast.unparse(node))
    if function is np.array or function is np.asarray:
        try:
            value: object = np.array(ast.literal_eval(node.args[0]))
        except ValueError as error:
            raise NotLiteral(str(error)) from None
        return value
    scalars = [getattr(np, name) for name in _CASTS]
    if function in (*scalars, math.sqrt, math.log, math.exp, float, int, complex):
        assert callable(function)
        return _apply(function, (node.args[0],), resolve)
    raise NotLiteral(ast.unparse(node))


def _index(node: ast.Subscript, resolve: Resolve) -> object:
    """Evaluate ``np.s_[1:-1]``."""
    maker = resolve(dotted_name(node.value))
    if maker is not np.s_ and maker is not np.index_exp:
        raise NotLiteral(ast.unparse(node))
    return maker[_in_brackets(node.slice, resolve)]


def _in_brackets(node: ast.expr, resolve: Resolve) -> Any:
    if isinstance(node, ast.Tuple):
        return tuple(_in_brackets(part, resolve) for part in node.elts)
    if not isinstance(node, ast.Slice):
        return evaluate(node, resolve)
    bounds = (node.lower, node.upper, node.step)
    return slice(*(None if b is None else evaluate(b, resolve) for b in bounds))


def dotted_name(node: ast.expr) -> str:
    """Return ``a.b.c`` of nested attributes.

    Examples
    --------
    >>> dotted_name(ast.parse("np.linalg.norm", mode="eval").body)
    'np.linalg.norm'
    """
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted_name(node.value)}.{node.attr}"
    raise NotLiteral(ast.unparse(node))
