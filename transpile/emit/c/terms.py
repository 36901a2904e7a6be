"""Expressions of numbers as C."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from . import library
from .kinds import BOOL, INT, REAL, SINGLE, Array, Kind, Number, c_type, unspelled
from .values import indices

PRIMARY, UNARY, TIMES, PLUS, SHIFT, ORDER, EQUAL = 15, 14, 13, 12, 11, 10, 9
BIT, AND, OR, CHOICE = 7, 5, 4, 3


class C(NamedTuple):
    """A piece of C, and how tightly it holds together."""

    text: str
    level: int = PRIMARY

    def within(self, level: int) -> str:
        """The text, in parentheses where its surroundings bind as tightly."""
        return self.text if self.level >= level else f"({self.text})"


class Around(Protocol):
    """What an expression needs of the function around it."""

    def kind(self, node: ast.expr) -> Kind: ...  # noqa: D102
    def variable(self, name: str) -> C: ...  # noqa: D102
    def element(self, node: ast.Subscript) -> C: ...  # noqa: D102
    def length(self, node: ast.expr, axis: int) -> C: ...  # noqa: D102
    def rank(self, node: ast.expr) -> int: ...  # noqa: D102
    def called(self, node: ast.Call) -> C | None: ...  # noqa: D102
    def dotted(self, node: ast.expr, a: ast.expr, b: ast.expr) -> C: ...  # noqa: D102
    def searched(self, node: ast.Call) -> C: ...  # noqa: D102
    def determined(self, node: ast.Call) -> C: ...  # noqa: D102
    def least(self, node: ast.expr) -> int | None: ...  # noqa: D102
    def only_if(self, part: Callable[[], C]) -> C: ...  # noqa: D102


def term(node: ast.expr, of: Around) -> C:
    """Return an expression of a number as C."""
    return FORMS[type(node)](node, of)


def call(name: str, *parts: C | str) -> C:
    """Return a call."""
    texts = [p.text if isinstance(p, C) else p for p in parts]
    return C(f"{name}({', '.join(texts)})")


def infix(left: C, sign: str, right: C, level: int) -> C:
    """Return an operation between two."""
    return C(f"{left.within(level)} {sign} {right.within(level + 1)}", level)


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


def literal(value: object) -> C:
    """Return a number as C has it.

    Examples
    --------
    >>> literal(-2.5).text, literal(True).text, literal(float("inf")).text
    ('-2.5', 'true', 'INFINITY')
    """
    if isinstance(value, bool):
        return C("true" if value else "false")
    if isinstance(value, complex):
        imaginary = literal(value.imag).within(UNARY)
        if value.real == 0.0:
            return C(f"{imaginary} * I", TIMES)
        return C(f"{literal(value.real).text} + {imaginary} * I", PLUS)
    if isinstance(value, int) and abs(value) >= 1 << 63:
        raise unspelled(f"the integer {value}")
    if isinstance(value, int | float):
        text = repr(value)
        names = {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}
        text = names.get(text, text)
        return C(text, UNARY if text.startswith("-") else PRIMARY)
    raise unspelled(repr(value))


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
        return _narrowed(call("square", base), kind)
    if whole:
        return _narrowed(call("power", base, term(node.right, of)), kind)
    name = {"float32": "powf", "float64": "pow"}.get(kind.dtype)
    name = name or ("cpowf" if kind.dtype == "complex64" else "cpow")
    return call(name, base, converted(node.right, kind, of))


def _narrowed(made: C, kind: Number) -> C:
    """Return what a function of doubles gives, as the kind that it is to be."""
    return C(f"(float){made.within(UNARY)}", UNARY) if kind == SINGLE else made


def _divided(node: ast.BinOp, kind: Number, of: Around) -> C:
    left, right = converted(node.left, kind, of), converted(node.right, kind, of)
    floor = isinstance(node.op, ast.FloorDiv)
    if kind != INT:
        made = call("floor_divide" if floor else "modulo", left, right)
        return _narrowed(made, kind)
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


def product(parts: Sequence[C]) -> C:
    """Return lengths multiplied."""
    kept = [p for p in parts if p.text != "1"] or [C("1")]
    if len(kept) == 1:
        return kept[0]
    return C(" * ".join(p.within(TIMES) for p in kept), TIMES)


def _subscript(node: ast.Subscript, of: Around) -> C:
    inner = node.value
    if isinstance(inner, ast.Attribute) and inner.attr == "shape":
        (k,) = indices(node)
        axis = ast.literal_eval(k)
        return of.length(inner.value, axis if axis >= 0 else axis + of.rank(inner.value))
    return of.element(node)


# ---- calls ----


def _called(node: ast.Call, of: Around) -> C:
    own = of.called(node)
    if own is not None:
        return own
    name = ast.unparse(node.func)
    if name in library.CASTS:
        return _cast(node.args[0], library.CASTS[name], of)
    short = name.removeprefix("np.").removeprefix("math.")
    if short != name:
        return _function(short, node, of)
    if name in ("max", "min"):
        return _extreme(name, node, of)
    if name == "abs":
        return _absolute(node, of)
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
    from .kinds import C_TYPES

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


def _function(short: str, node: ast.Call, of: Around) -> C:
    if short in SPECIAL:
        return SPECIAL[short](node, of)
    kind = of.kind(node)
    if not isinstance(kind, Number):
        raise unspelled(f"an array inside an expression: {ast.unparse(node)}")
    if short in library.TESTS:
        inner = of.kind(node.args[0])
        if isinstance(inner, Number) and inner.dtype.startswith("complex"):
            raise unspelled(f"{short} of a complex number")
        return call(library.TESTS[short], term(node.args[0], of))
    parts = [converted(a, kind, of) for a in node.args]
    single = kind.dtype in ("float32", "complex64")
    if kind.dtype.startswith("complex"):
        return call(library.COMPLEX[short] + "f" * single, *parts)
    if short in library.FACTORS:
        return infix(parts[0], "*", C(library.FACTORS[short]), TIMES)
    if short in library.REAL:
        return call(library.REAL[short] + "f" * single, *parts)
    if short in library.OURS and kind == INT:
        return _of_integers(short, parts)
    if short in library.OURS:
        return _narrowed(call(library.OURS[short], *parts), kind)
    raise unspelled(f"np.{short}")


def _of_integers(short: str, parts: Sequence[C]) -> C:
    names = {
        "maximum": "greatest",
        "minimum": "least",
        "floor_divide": "quotient",
        "remainder": "rest",
    }
    if short == "sign":
        (x,) = parts
        x = C(x.within(SHIFT), ORDER)
        return C(f"({x.text} > 0) - ({x.text} < 0)", PLUS)
    if short not in names:
        raise unspelled(f"np.{short} of integers")
    return call(names[short], *parts)


def _extreme(name: str, node: ast.Call, of: Around) -> C:
    kind = of.kind(node)
    assert isinstance(kind, Number)
    whole = {"max": "greatest", "min": "least"}[name]
    real = {"max": "greater", "min": "lesser"}[name]
    parts = [converted(a, kind, of) for a in node.args]
    made = parts[0]
    for part in parts[1:]:
        made = call(whole if kind == INT else real, made, part)
    return made if kind == INT else _narrowed(made, kind)


def _absolute(node: ast.Call, of: Around) -> C:
    kind = of.kind(node.args[0])
    assert isinstance(kind, Number)
    names = {
        "float64": "fabs",
        "float32": "fabsf",
        "complex128": "cabs",
        "complex64": "cabsf",
    }
    return call(names.get(kind.dtype, "llabs"), term(node.args[0], of))


def _conjugate(node: ast.Call, of: Around) -> C:
    kind = of.kind(node.args[0])
    assert isinstance(kind, Number)
    inner = term(node.args[0], of)
    if not kind.dtype.startswith("complex"):
        return inner
    return call("conjf" if kind.dtype == "complex64" else "conj", inner)


def _scaled(node: ast.Call, of: Around) -> C:
    x, n = term(node.args[0], of), term(node.args[1], of)
    single = of.kind(node) == SINGLE
    return call("ldexpf" if single else "ldexp", x, C(f"(int){n.within(UNARY)}", UNARY))


def _dot(node: ast.Call, of: Around) -> C:
    return of.dotted(node, node.args[0], node.args[1])


SPECIAL: Mapping[str, Callable[[ast.Call, Around], C]] = {
    "abs": _absolute,
    "absolute": _absolute,
    "conjugate": _conjugate,
    "ldexp": _scaled,
    "signbit": lambda node, of: C(f"signbit({term(node.args[0], of).text}) != 0", EQUAL),
    "dot": _dot,
    "searchsorted": lambda node, of: of.searched(node),
    "linalg.det": lambda node, of: of.determined(node),
}
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
