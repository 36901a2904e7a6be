"""The words that rows of the tables are written in: wildcards and functions."""

from __future__ import annotations

from typing import Any

from ..build import Expr, Number
from .patterns import Attr, Call, Function, Pattern, Wild, lift

X, Y = Wild("x"), Wild("y")
# Any type: conditions, integers.
A, B, C = (Wild(name, any_type=True) for name in "abc")
ANY = Wild("_", any_type=True)
AXIS, KEEPDIMS = Attr("axis"), Attr("keepdims")

(
    absolute,
    accumulate,
    arccosh,
    arcsinh,
    arctanh,
    broadcast_to,
    cast,
    copy,
    cosh,
    deg2rad,
    divide,
    exp,
    exp2,
    expm1,
    index,
    log,
    log10,
    log1mexp,
    log1p,
    log2,
    logaddexp,
    logsumexp,
    logical_not,
    mean,
    multiply,
    negative,
    positive,
    power,
    rad2deg,
    reshape,
    sigmoid,
    sinh,
    softplus,
    sqrt,
    square,
    store,
    sum_,
    tanh,
    transpose,
    vecmat,
    zeros,
) = (
    Function(name)
    for name in """absolute accumulate arccosh arcsinh arctanh broadcast_to cast copy
    cosh deg2rad divide exp exp2 expm1 index log log10 log1mexp log1p log2 logaddexp
    logsumexp logical_not mean multiply negative positive power rad2deg reshape sigmoid
    sinh softplus sqrt square store sum tanh transpose vecmat zeros""".split()
)


def where(condition: Any, yes: Any, no: Any) -> Any:
    """``np.where``, of patterns or of expressions."""
    parts: tuple[Pattern | Expr | Number, ...] = (condition, yes, no)
    if isinstance(condition, Expr):
        return condition.where(yes, no)
    return Call("where", tuple(lift(p) for p in parts if not isinstance(p, Expr)))
