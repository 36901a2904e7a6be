"""Expressions of numbers as C."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from . import library
from .functions import absolute, extreme, function
from .kinds import BOOL, C_TYPES, INT, REAL, Array, Number, c_type, unspelled
from .pieces import (
    AND,
    BIT,
    CHOICE,
    EQUAL,
    OR,
    ORDER,
    PLUS,
    SHIFT,
    TIMES,
    UNARY,
    Around,
    C,
    call,
    infix,
    literal,
    narrowed,
    product,
)
from .values import indices


def term(node: ast.expr, of: Around) -> C:
    """Return an expression of a number as C."""
    return FORMS[type(node)](node, of)


def converted(node: ast.expr, to: Number, of: Around) -> C:
    """Return a number as another kind, where C would not see to it as Numba does."""
    made = term(node, of)
    kind = of.kind(node)
    whole = kind in (BOOL, INT)
    if whole and to not in (BOOL, INT) and not _is_literal(node):
        return C(f"({c_type(to)}){made.within(UNARY)}", UNARY)
    return made


def _is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


# ---- operations ----

SIGNS: Mapping[type, tuple[str, int]] = {
    ast.Add: ("+", PLUS),
    ast.Sub: ("-", PLUS),
    ast.Mult: ("*", TIMES),
    ast.Div: ("/", TIMES),
    ast.LShift: ("<<", SHIFT),
    ast.RShift: (">>", SHIFT),
    ast.BitAnd: ("&", BIT),
    ast.BitOr: ("|", BIT),
    ast.BitXor: ("^", BIT),
}
COMPARED: Mapping[type, tuple[str, int]] = {
    ast.Lt: ("<", ORDER),
    ast.LtE: ("<=", ORDER),
    ast.Gt: (">", ORDER),
    ast.GtE: (">=", ORDER),
    ast.Eq: ("==", EQUAL),
    ast.NotEq: ("!=", EQUAL),
    ast.Is: ("==", EQUAL),
    ast.IsNot: ("!=", EQUAL),
}


def _binary(node: ast.BinOp, of: Around) -> C:
    if isinstance(node.op, ast.MatMult):
        return of.dotted(node, node.left, node.right)
    kind = of.kind(node)
    assert isinstance(kind, Number)
    if isinstance(node.op, ast.Pow):
        return _power(node, kind, of)
    if isinstance(node.op, ast.FloorDiv | ast.Mod):
        return _divided(node, kind, of)
    inverse = of.inverse(node.right, kind) if isinstance(node.op, ast.Div) else None
    if inverse is not None:
        return infix(converted(node.left, kind, of), "*", inverse, TIMES)
    sign, level = SIGNS[type(node.op)]
    if level in (SHIFT, BIT):
        left, right = term(node.left, of), term(node.right, of)
        return C(f"{left.within(UNARY)} {sign} {right.within(UNARY)}", level)
    left, right = converted(node.left, kind, of), converted(node.right, kind, of)
    if isinstance(node.op, ast.Div) and _is_whole(left.text):
        left = C(left.text + ".0")
    if isinstance(node.op, ast.Div) and _is_whole(right.text):
        right = C(right.text + ".0")
    return infix(left, sign, right, level)


def _is_whole(text: str) -> bool:
    return text.isdigit()


def _power(node: ast.BinOp, kind: Number, of: Around) -> C:
    base = converted(node.left, kind, of)
    whole = of.kind(node.right) in (INT, BOOL)
    if whole and kind == INT:
        return call("whole_power", base, term(node.right, of))
    if whole and kind.dtype.startswith("complex"):
        return call("complex_power", base, term(node.right, of))
    if isinstance(node.right, ast.Constant) and node.right.value in (2, 2.0):
        if isinstance(node.left, ast.Name):
            return infix(base, "*", base, TIMES)
        return narrowed(call("square", base), kind)
    if whole:
        return narrowed(call("power", base, term(node.right, of)), kind)
    name = {"float32": "powf", "float64": "pow"}.get(kind.dtype)
    name = name or ("cpowf" if kind.dtype == "complex64" else "cpow")
    return call(name, base, converted(node.right, kind, of))


def _divided(node: ast.BinOp, kind: Number, of: Around) -> C:
    left, right = converted(node.left, kind, of), converted(node.right, kind, of)
    floor = isinstance(node.op, ast.FloorDiv)
    if kind != INT:
        made = call("floor_divide" if floor else "modulo", left, right)
        return narrowed(made, kind)
    a, b = of.least(node.left), of.least(node.right)
    if a is not None and a >= 0 and b is not None and b > 0:
        return infix(left, "/" if floor else "%", right, TIMES)
    return call("quotient" if floor else "rest", left, right)


def _unary(node: ast.UnaryOp, of: Around) -> C:
    inner = term(node.operand, of)
    sign = {ast.Not: "!", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}[type(node.op)]
    text = inner.within(UNARY)
    return C(f"{sign}({text})" if text[0] in "+-" else sign + text, UNARY)


def _logic(node: ast.BoolOp, of: Around) -> C:
    is_and = isinstance(node.op, ast.And)
    sign, level = ("&&", AND) if is_and else ("||", OR)
    parts = [term(node.values[0], of)]
    parts += [of.only_if(lambda v=v: term(v, of)) for v in node.values[1:]]  # type: ignore[misc]
    # The compiler warns of && beside || without parentheses.
    texts = [p.within(BIT + 1) for p in parts]
    return C(f" {sign} ".join(texts), level)


def _compared(node: ast.Compare, of: Around) -> C:
    every = [node.left, *node.comparators]
    pairs = []
    for left, op, right in zip(every, node.ops, node.comparators, strict=False):
        sign, level = COMPARED[type(op)]
        a, b = term(left, of), term(right, of)
        pairs.append(C(f"{a.within(SHIFT)} {sign} {b.within(SHIFT)}", level))
    if len(pairs) == 1:
        return pairs[0]
    return C(" && ".join(p.text for p in pairs), AND)


def _chosen(node: ast.IfExp, of: Around) -> C:
    kind = of.kind(node)
    assert isinstance(kind, Number)
    test = term(node.test, of)
    body = of.only_if(lambda: converted(node.body, kind, of))
    other = of.only_if(lambda: converted(node.orelse, kind, of))
    return C(
        f"{test.within(OR)} ? {body.within(CHOICE + 1)} : {other.within(CHOICE + 1)}",
        CHOICE,
    )


def _attribute(node: ast.Attribute, of: Around) -> C:
    constant = library.CONSTANTS.get(ast.unparse(node))
    if constant is not None:
        return C(constant)
    kind = of.kind(node.value)
    if node.attr in ("real", "imag") and isinstance(kind, Number):
        if not kind.dtype.startswith("complex"):
            return term(node.value, of) if node.attr == "real" else C("0.0")
        suffix = "f" if kind.dtype == "complex64" else ""
        return call(f"c{node.attr}{suffix}", term(node.value, of))
    if node.attr == "size" and isinstance(kind, Array):
        parts = [of.length(node.value, k) for k in range(kind.rank)]
        return product(parts)
    raise unspelled(ast.unparse(node))


def _subscript(node: ast.Subscript, of: Around) -> C:
    inner = node.value
    if isinstance(inner, ast.Attribute) and inner.attr == "shape":
        (k,) = indices(node)
        axis = ast.literal_eval(k)
        return of.length(
            inner.value, axis if axis >= 0 else axis + of.rank(inner.value)
        )
    if isinstance(inner, ast.Call) and ast.unparse(inner.func) == "np.linalg.slogdet":
        return of.log_determined(inner)[ast.literal_eval(node.slice)]
    return of.element(node)


# ---- calls ----


def _called(node: ast.Call, of: Around) -> C:
    own = of.called(node)
    if own is not None:
        return own
    name = ast.unparse(node.func)
    if name == "complex" and len(node.args) == 2:
        real, imaginary = (of.number(each, REAL) for each in node.args)
        return infix(real, "+", infix(imaginary, "*", C("I"), TIMES), PLUS)
    if name in library.CASTS:
        return _cast(node.args[0], library.CASTS[name], of)
    short = name.removeprefix("np.").removeprefix("math.")
    if short != name:
        return function(short, node, of)
    if name in ("max", "min"):
        return extreme(name, node, of)
    if name == "abs":
        return absolute(node, of)
    if name == "len":
        return of.length(node.args[0], 0)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "view":
        return _viewed(node, of)
    raise unspelled(name)


def _cast(node: ast.expr, dtype: str, of: Around) -> C:
    made, kind = term(node, of), of.kind(node)
    if isinstance(kind, Number) and kind.dtype == dtype:
        return made
    if isinstance(node, ast.Constant) and dtype == "float64" and made.text.isdigit():
        return C(made.text + ".0")
    return C(f"({C_TYPES[dtype]}){made.within(UNARY)}", UNARY)


def _viewed(node: ast.Call, of: Around) -> C:
    assert isinstance(node.func, ast.Attribute)
    to = library.CASTS[ast.unparse(node.args[0])]
    of_what = of.kind(node.func.value)
    pair = {("int64", REAL): "bits_of", ("float64", INT): "number_of"}
    name = pair.get((to, of_what))  # type: ignore[arg-type]
    if name is None:
        raise unspelled(f"a view as {to}")
    return call(name, term(node.func.value, of))


FORMS: Mapping[type, Callable[..., C]] = {
    ast.Constant: lambda node, of: literal(node.value),
    ast.Name: lambda node, of: of.variable(node.id),
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _logic,
    ast.Compare: _compared,
    ast.IfExp: _chosen,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: _called,
}
