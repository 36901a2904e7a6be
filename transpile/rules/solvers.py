"""Derivatives of what LAPACK solves.

That of a determinant is made of the inverse: a singular matrix raises.

A Cholesky factor depends on the lower triangle of its matrix alone, since that is
what ``np.linalg.cholesky`` reads: the gradient is lower triangular too.
"""

from __future__ import annotations

from ..graph.build import Builder, Expr
from ..graph.ir import Equation
from .partials import conj, real
from .rows import constant, custom
from .stacks import (
    adjoint,
    as_matrices,
    lower,
    read_lower,
    summed,
    symmetric,
    times,
    turned,
)
from .table import Values


def _cholesky_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    """Iain Murray, Differentiation of the Cholesky decomposition (2016)."""
    upper = adjoint(Expr(b, eq.result))
    left = upper.op("solve", lower(upper) * times(upper, bar))
    return [symmetric(upper.op("solve", adjoint(left)))]


def _cholesky_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    (dot,) = tangents
    if dot is None:
        return None
    factor = Expr(b, eq.result)
    left = factor.op("solve", read_lower(Expr(b, dot)))
    whole = factor.op("solve", adjoint(left))
    return times(factor, lower(factor) * adjoint(whole))


def _solve_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    matrix, solution = Expr(b, eq.operands[0]), Expr(b, eq.result)
    right = adjoint(matrix).op("solve", bar)
    if solution.type.rank == 1:
        return [-right.op("outer", conj(solution)), right]
    return [-right.op("matmul", adjoint(solution)), right]


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
    turned = adjoint(Expr(b, eq.result))
    return [-turned.op("matmul", bar).op("matmul", turned)]


def _inv_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    (dot,) = tangents
    inverse = Expr(b, eq.result)
    return None if dot is None else -inverse.op("matmul", dot).op("matmul", inverse)


def _det_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    inverse = Expr(b, eq.operands[0]).op("inv")
    scale = bar * conj(Expr(b, eq.result))
    return [as_matrices(scale) * adjoint(inverse)]


def _det_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    (dot,) = tangents
    if dot is None:
        return None
    inverse = Expr(b, eq.operands[0]).op("inv")
    return Expr(b, eq.result) * summed(turned(inverse) * Expr(b, dot))


def _logabsdet_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    inverse = Expr(b, eq.operands[0]).op("inv")
    return [as_matrices(bar) * adjoint(inverse)]


def _phasedet_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    inverse = Expr(b, eq.operands[0]).op("inv")
    turning = (conj(bar) * Expr(b, eq.result)).op("imag")
    return [as_matrices(-1j * turning) * adjoint(inverse)]


def _phasedet_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    (dot,) = tangents
    if dot is None:
        return None
    inverse = Expr(b, eq.operands[0]).op("inv")
    turning = summed(turned(inverse) * Expr(b, dot)).op("imag")
    return Expr(b, eq.result) * (1j * turning)


def _logabsdet_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    (dot,) = tangents
    if dot is None:
        return None
    inverse = Expr(b, eq.operands[0]).op("inv")
    return real(summed(turned(inverse) * Expr(b, dot)))


custom("phasedet", vjp=_phasedet_vjp, jvp=_phasedet_jvp)
custom("inv", vjp=_inv_vjp, jvp=_inv_jvp)
custom("det", vjp=_det_vjp, jvp=_det_jvp)
custom("logabsdet", vjp=_logabsdet_vjp, jvp=_logabsdet_jvp)
custom("cholesky", vjp=_cholesky_vjp, jvp=_cholesky_jvp)
custom("solve", vjp=_solve_vjp, jvp=_solve_jvp)
constant("searchsorted", "argsort", "signdet")
