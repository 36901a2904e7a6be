"""Matrices and stacks of them: what formulas of linear algebra are written with.

The last two axes are rows and columns, those before them count matrices.
"""

from __future__ import annotations

from ..graph.build import Expr
from ..graph.ir import Index, Item, NewAxis, Span
from .partials import conj, real


def turned(x: Expr) -> Expr:
    """Return the transpose."""
    *batch, row, column = range(x.type.rank)
    return x.op("transpose", axes=(*batch, column, row))


def adjoint(x: Expr) -> Expr:
    """Return the transpose, conjugated where it is complex."""
    return turned(conj(x))


def times(x: Expr, *others: Expr) -> Expr:
    """Return the product of matrices, from the left."""
    for other in others:
        x = x.op("matmul", other)
    return x


def as_rows(x: Expr) -> Expr:
    """Return vectors as matrices with one row: a factor for each column."""
    return _spread(x, (NewAxis(), Span()))


def as_columns(x: Expr) -> Expr:
    """Return vectors as matrices with one column: a factor for each row."""
    return _spread(x, (Span(), NewAxis()))


def as_matrices(x: Expr) -> Expr:
    """Return numbers as matrices with one element; a single number as it is."""
    if not x.type.rank:
        return x
    items: list[Item] = [Span() for _ in x.type.shape]
    return x.op("index", path=(Index((*items, NewAxis(), NewAxis())),))


def _spread(x: Expr, last: tuple[Item, Item]) -> Expr:
    items: list[Item] = [Span() for _ in range(x.type.rank - 1)]
    return x.op("index", path=(Index((*items, *last)),))


def identity(x: Expr) -> Expr:
    """Return ones on the diagonal, as large as a square matrix and of its real kind."""
    n = x.op("dim", axis=x.type.rank - 1)
    return n.op("eye", n, dtype=real(x).type.dtype)


def lower(x: Expr, diagonal: float = 0.5) -> Expr:
    """Return ones below the diagonal of a square matrix, on it another number."""
    n = x.op("dim", axis=x.type.rank - 1)
    columns = n.lift(0).op("arange", n, 1, dtype="int64")
    step = (as_columns(columns) - columns).op("heaviside", diagonal)
    return step.op("cast", dtype=real(x).type.dtype)


def diagonal(x: Expr) -> Expr:
    """Return the diagonals of square matrices."""
    last = x.type.rank - 1
    return (x * identity(x)).op("sum", axis=(last,), keepdims=False)


def summed(x: Expr) -> Expr:
    """Return the sum of each matrix."""
    last = x.type.rank - 1
    return x.op("sum", axis=(last - 1, last), keepdims=False)


def symmetric(x: Expr) -> Expr:
    """Return the gradient by the lower triangle of what is read as Hermitian."""
    return lower(x) * (x + adjoint(x))


def read_lower(x: Expr) -> Expr:
    """Return the Hermitian matrix of which only the lower triangle is read."""
    half = lower(x) * x
    return half + adjoint(half)


def reciprocal_gaps(of: Expr, like: Expr) -> Expr:
    """Return 1 / (of[j] - of[i]) off the diagonal, zero on it.

    Equal ones give an infinity: the vectors that belong to them have no derivative.
    """
    one = identity(like)
    return (1 - one) / (as_rows(of) - as_columns(of) + one)


def solved(matrix: Expr, right: Expr) -> Expr:
    """Return the solution for each column."""
    return matrix.op("solve", right)


def divided(x: Expr, matrix: Expr) -> Expr:
    """Return x times the inverse of a matrix."""
    return turned(solved(turned(matrix), turned(x)))
