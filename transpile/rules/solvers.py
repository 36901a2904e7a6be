"""Derivatives of what LAPACK solves.

That of a determinant is made of the inverse: a singular matrix raises.

A Cholesky factor depends on the lower triangle of its matrix alone, since that is
what ``np.linalg.cholesky`` reads: the gradient is lower triangular too.
"""

from __future__ import annotations

from ..graph.build import Builder, Expr
from ..graph.ir import Equation, Index, NewAxis, Span
from .partials import conj
from .rows import constant, custom
from .table import Values


def _flipped(x: Expr) -> Expr:
    return x.op("transpose", axes=(1, 0))


def _adjoint(x: Expr) -> Expr:
    """Return the transpose of a matrix, conjugated where it is complex."""
    return _flipped(conj(x))


def _lower(x: Expr) -> Expr:
    """Return ones below the diagonal of a square matrix, on it a half."""
    n = x.op("dim", axis=0)
    columns = n.lift(0).op("arange", n, 1, dtype="int64")
    rows = columns.op("index", path=(Index((Span(), NewAxis())),))
    return (rows - columns).op("heaviside", 0.5).op("cast", dtype=x.type.dtype)


def _cholesky_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    """Iain Murray, Differentiation of the Cholesky decomposition (2016)."""
    upper = _flipped(Expr(b, eq.result))
    half = _lower(upper)
    left = upper.op("solve", half * upper.op("matmul", bar))
    whole = upper.op("solve", _flipped(left))
    return [half * (whole + _flipped(whole))]


def _cholesky_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    (dot,) = tangents
    if dot is None:
        return None
    lower = Expr(b, eq.result)
    half = _lower(lower)
    moved = half * Expr(b, dot)
    left = lower.op("solve", moved + _flipped(moved))
    whole = lower.op("solve", _flipped(left))
    return lower.op("matmul", half * _flipped(whole))


def _solve_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    matrix, solution = Expr(b, eq.operands[0]), Expr(b, eq.result)
    right = _adjoint(matrix).op("solve", bar)
    if solution.type.rank == 1:
        return [-right.op("outer", conj(solution)), right]
    return [-right.op("matmul", _adjoint(solution)), right]


def _solve_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    matrix_dot, right_dot = tangents
    matrix, solution = Expr(b, eq.operands[0]), Expr(b, eq.result)
    total = None if right_dot is None else Expr(b, right_dot)
    if matrix_dot is not None:
        op = "matvec" if solution.type.rank == 1 else "matmul"
        moved = Expr(b, matrix_dot).op(op, solution)
        total = -moved if total is None else total - moved
    return None if total is None else matrix.op("solve", total)


def _inv_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    turned = _adjoint(Expr(b, eq.result))
    return [-turned.op("matmul", bar).op("matmul", turned)]


def _inv_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    (dot,) = tangents
    inverse = Expr(b, eq.result)
    return None if dot is None else -inverse.op("matmul", dot).op("matmul", inverse)


def _det_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    inverse = Expr(b, eq.operands[0]).op("inv")
    return [bar * conj(Expr(b, eq.result)) * _adjoint(inverse)]


def _det_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    (dot,) = tangents
    if dot is None:
        return None
    inverse = Expr(b, eq.operands[0]).op("inv")
    moved = (_flipped(inverse) * Expr(b, dot)).op("sum", axis=(0, 1), keepdims=False)
    return Expr(b, eq.result) * moved


def _logabsdet_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    return [bar * _flipped(Expr(b, eq.operands[0]).op("inv"))]


def _logabsdet_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    (dot,) = tangents
    if dot is None:
        return None
    inverse = Expr(b, eq.operands[0]).op("inv")
    moved = _flipped(inverse) * Expr(b, dot)
    return moved.op("sum", axis=(0, 1), keepdims=False)


custom("inv", vjp=_inv_vjp, jvp=_inv_jvp)
custom("det", vjp=_det_vjp, jvp=_det_jvp)
custom("logabsdet", vjp=_logabsdet_vjp, jvp=_logabsdet_jvp)
custom("cholesky", vjp=_cholesky_vjp, jvp=_cholesky_jvp)
custom("solve", vjp=_solve_vjp, jvp=_solve_jvp)
constant("searchsorted", "argsort", "signdet")
