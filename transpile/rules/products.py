"""Derivatives of products: one row per pair of ranks."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.build import Builder, Expr
from ..graph.ir import Equation, Value
from .combinators import Bilinear
from .partials import Contributions
from .rows import bilinear
from .table import TABLE


def _mt(x: Expr) -> Expr:
    """Return x with its last two axes swapped."""
    *batch, row, column = range(x.type.rank)
    return x.op("transpose", axes=(*batch, column, row))


bilinear("dot", lambda bar, x, y: bar * y, lambda bar, x, y: bar * x)
bilinear(
    "matvec",
    lambda bar, x, y: bar.op("outer", y),
    lambda bar, x, y: _mt(x).op("matvec", bar),
)
bilinear(
    "vecmat",
    lambda bar, x, y: y.op("matvec", bar),
    lambda bar, x, y: x.op("outer", bar),
)


class _Matmul(Bilinear):
    """The product of two matrices; that of one with its transpose, marked as such.

    Of ``g = x.T @ x`` the adjoint is ``x @ (g_bar + g_bar.T)``.
    """

    def vjp(
        self,
        builder: Builder,
        eq: Equation,
        bar: Value,
        active: Sequence[bool],
        *,
        guard: Value | None = None,
    ) -> Contributions:
        """Return both transposes applied to the adjoint, or all to the matrix."""
        x, y = eq.operands
        axis = eq.attrs.get("gram")
        if axis is None or x.buffer is not y.buffer or not all(active):
            return Bilinear.vjp(self, builder, eq, bar, active, guard=guard)
        both = Expr(builder, bar) + _mt(Expr(builder, bar))
        if axis:
            return [None, Expr(builder, y).op("matmul", both).value]
        return [both.op("matmul", Expr(builder, x)).value, None]


TABLE.add(
    _Matmul(
        lambda bar, x, y: bar.op("matmul", _mt(y)),
        lambda bar, x, y: _mt(x).op("matmul", bar),
    ),
    "matmul",
)
bilinear(
    "outer",
    lambda bar, x, y: bar.op("matvec", y),
    lambda bar, x, y: x.op("vecmat", bar),
)
