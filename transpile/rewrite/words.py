"""The words that rows of the tables are written in: wildcards and functions."""

from __future__ import annotations

from typing import Any

from ..graph.build import Expr, Number
from .patterns import Attr, Call, Function, Pattern, Wild, lift

# Real numbers: what holds of them need not hold of complex ones.
X, Y = Wild("x"), Wild("y")
# Complex numbers too.
Z, W = Wild("z", "inexact"), Wild("w", "inexact")
# Any type: conditions, integers.
A, B, C = (Wild(name, "any") for name in "abc")
ANY = Wild("_", "any")
AXIS, KEEPDIMS = Attr("axis"), Attr("keepdims")
DDOF = Attr("ddof")

absolute = Function("absolute")
accumulate = Function("accumulate")
arccosh = Function("arccosh")
arcsinh = Function("arcsinh")
arctanh = Function("arctanh")
broadcast_to = Function("broadcast_to")
cast = Function("cast")
copy = Function("copy")
cosh = Function("cosh")
deg2rad = Function("deg2rad")
equal = Function("equal")
exp = Function("exp")
eye = Function("eye")
exp2 = Function("exp2")
expm1 = Function("expm1")
index = Function("index")
log = Function("log")
log1mexp = Function("log1mexp")
log1p = Function("log1p")
log2 = Function("log2")
logical_not = Function("logical_not")
logsumexp = Function("logsumexp")
matmul = Function("matmul")
matvec = Function("matvec")
mean = Function("mean")
positive = Function("positive")
power = Function("power")
rad2deg = Function("rad2deg")
reshape = Function("reshape")
sigmoid = Function("sigmoid")
sinh = Function("sinh")
softplus = Function("softplus")
sqrt = Function("sqrt")
std = Function("std")
store = Function("store")
sum_ = Function("sum")
tanh = Function("tanh")
transpose = Function("transpose")
var = Function("var")
vecmat = Function("vecmat")


def where(condition: Any, yes: Any, no: Any) -> Any:
    """``np.where``, of patterns or of expressions."""
    parts: tuple[Pattern | Expr | Number, ...] = (condition, yes, no)
    if isinstance(condition, Expr):
        return condition.where(yes, no)
    return Call("where", tuple(lift(p) for p in parts if not isinstance(p, Expr)))
