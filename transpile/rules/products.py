"""Derivatives of products: one row per pair of ranks."""

from __future__ import annotations

from ..graph.build import Expr
from .rows import bilinear


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
bilinear(
    "matmul",
    lambda bar, x, y: bar.op("matmul", _mt(y)),
    lambda bar, x, y: _mt(x).op("matmul", bar),
)
bilinear(
    "outer",
    lambda bar, x, y: bar.op("matvec", y),
    lambda bar, x, y: x.op("vecmat", bar),
)
