"""Calls of NumPy's and Python's functions of numbers as C."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from . import library
from .kinds import INT, SINGLE, Number, unspelled
from .pieces import (
    EQUAL,
    ORDER,
    PLUS,
    SHIFT,
    TIMES,
    UNARY,
    Around,
    C,
    call,
    infix,
    narrowed,
)


def function(short: str, node: ast.Call, of: Around) -> C:
    """Return a call of a function of NumPy's."""
    if short in SPECIAL:
        return SPECIAL[short](node, of)
    kind = of.kind(node)
    if not isinstance(kind, Number):
        raise unspelled(f"an array inside an expression: {ast.unparse(node)}")
    if short in library.TESTS:
        inner = of.kind(node.args[0])
        if isinstance(inner, Number) and inner.dtype.startswith("complex"):
            made = of.term(node.args[0])
            parts = [
                call(library.TESTS[short], call(p, made)) for p in ("creal", "cimag")
            ]
            sign = " && " if short == "isfinite" else " || "
            return C(f"({sign.join(p.text for p in parts)})")
        return call(library.TESTS[short], of.term(node.args[0]))
    parts = [of.number(a, kind) for a in node.args]
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
        return narrowed(call(library.OURS[short], *parts), kind)
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


def extreme(name: str, node: ast.Call, of: Around) -> C:
    """Return the greatest or least of several."""
    kind = of.kind(node)
    assert isinstance(kind, Number)
    whole = {"max": "greatest", "min": "least"}[name]
    real = {"max": "greater", "min": "lesser"}[name]
    parts = [of.number(a, kind) for a in node.args]
    made = parts[0]
    for part in parts[1:]:
        made = call(whole if kind == INT else real, made, part)
    return made if kind == INT else narrowed(made, kind)


def absolute(node: ast.Call, of: Around) -> C:
    """Return an absolute value."""
    kind = of.kind(node.args[0])
    assert isinstance(kind, Number)
    names = {
        "float64": "fabs",
        "float32": "fabsf",
        "complex128": "cabs",
        "complex64": "cabsf",
    }
    return call(names.get(kind.dtype, "llabs"), of.term(node.args[0]))


def _conjugate(node: ast.Call, of: Around) -> C:
    kind = of.kind(node.args[0])
    assert isinstance(kind, Number)
    inner = of.term(node.args[0])
    if not kind.dtype.startswith("complex"):
        return inner
    return call("conjf" if kind.dtype == "complex64" else "conj", inner)


def _angle(node: ast.Call, of: Around) -> C:
    kind = of.kind(node.args[0])
    single = isinstance(kind, Number) and kind.dtype == "complex64"
    return call("cargf" if single else "carg", of.term(node.args[0]))


def _scaled(node: ast.Call, of: Around) -> C:
    x, n = of.term(node.args[0]), of.term(node.args[1])
    single = of.kind(node) == SINGLE
    return call("ldexpf" if single else "ldexp", x, C(f"(int){n.within(UNARY)}", UNARY))


def _dot(node: ast.Call, of: Around) -> C:
    return of.dotted(node, node.args[0], node.args[1])


SPECIAL: Mapping[str, Callable[[ast.Call, Around], C]] = {
    "abs": absolute,
    "absolute": absolute,
    "angle": _angle,
    "conjugate": _conjugate,
    "ldexp": _scaled,
    "signbit": lambda node, of: C(f"signbit({of.term(node.args[0]).text}) != 0", EQUAL),
    "dot": _dot,
    "searchsorted": lambda node, of: of.searched(node),
    "linalg.det": lambda node, of: of.determined(node),
}
