"""What private functions do to each row of a matrix, along any axis of an array."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..graph.build import Builder, Expr
from ..graph.ir import Equation, Region, Value, is_view
from .context import Lowering
from .products import library

Lower = Callable[[Lowering, Region], None]


def along(x: Expr, axis: int, n: Value, function: Callable[[Expr], Expr]) -> Expr:
    """Return what a function of the rows of a matrix makes of the lines of an axis.

    Their length ``n`` is the same before and after.
    """
    b, rank = x.builder, x.type.rank
    order = (*(k for k in range(rank) if k != axis), axis)
    turned = x if rank == 1 else x.op("transpose", axes=order).op("copy")
    count = Expr(b, b.constant(1))
    for k in order[:-1]:
        count = Expr(b, b.dim(x.value, k)) * count
    made = function(turned.op("reshape", count, n))
    lengths = [b.dim(x.value, k) for k in order[:-1]]
    shaped = made.op("reshape", *lengths, n)
    return shaped.op("transpose", axes=tuple(order.index(k) for k in range(rank)))


def finish(lower: Lower, lo: Lowering, eq: Equation, made: Expr) -> None:
    """Lower the equations that lead to ``made``, as the result of ``eq``."""
    b = made.builder
    last = b.equations[-1]
    if is_view(last) or last.result is not made.value:
        made.op("copy")
    final = replace(b.equations.pop(), results=(eq.result,))
    equations = (*b.equations, final)
    lower(lo, Region((), equations, (eq.result,)))


def argsort(lower: Lower, lo: Lowering, eq: Equation) -> None:
    """Lower the order of a vector, or that along any axis."""
    (x,) = eq.operands
    if x.type.rank == 1 or eq.attrs.get("rows"):
        library(lo, eq)
        return
    b = Builder(eq.origin, eq.backward)
    axis = eq.attrs["axis"]
    n = b.dim(x, axis)
    made = along(
        Expr(b, x), axis, n, lambda rows: rows.op("argsort", axis=1, rows=True)
    )
    finish(lower, lo, eq, made)
