"""Derivatives of eigenvalues, singular values and orthogonal factors.

After M. Giles, Collected matrix derivative results for forward and reverse mode
algorithmic differentiation (2008), for complex matrices as well.

- A Hermitian matrix is read in its lower triangle alone, as LAPACK does: so the
  gradient is lower triangular too, and what stands above the diagonal has none.
- Vectors that belong to equal eigenvalues or singular values have no derivative: it
  is not finite. The values themselves have one where functions of them are symmetric.
- Complex vectors of Hermitian matrices, and complex singular vectors, are known up to
  factors of size one. The derivative is that of functions that do not depend on these.
- Eigenvectors of a general matrix have length one, and their largest component is
  real: LAPACK's choice, which is differentiated too.
- A singular value of zero divides the derivative of singular vectors, and the size of
  R's diagonal that of a QR decomposition: full rank is needed there.
"""

from __future__ import annotations

from ..graph.build import Builder, Expr
from ..graph.ir import Equation, Index, Item, Span
from .partials import conj, real, total
from .rows import custom
from .stacks import (
    adjoint,
    as_columns,
    as_rows,
    diagonal,
    divided,
    identity,
    lower,
    read_lower,
    reciprocal_gaps,
    solved,
    symmetric,
    times,
)
from .table import Values

Wanted = list[bool]
Contribution = list[Expr | None]


def _of(b: Builder, eq: Equation, tangents: Values) -> tuple[Expr, Expr]:
    """Return the matrix and its tangent."""
    (dot,) = tangents
    assert dot is not None
    return Expr(b, eq.operands[0]), Expr(b, dot)


# ---- Hermitian matrices ----


def _eigvalsh_vjp(b: Builder, eq: Equation, bar: Expr, wanted: Wanted) -> Contribution:
    v = Expr(b, eq.operands[0]).op("eigh")
    return [symmetric(times(v * as_rows(bar), adjoint(v)))]


def _eigvalsh_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    matrix, dot = _of(b, eq, tangents)
    v = matrix.op("eigh")
    return real(_along(v, read_lower(dot)))


def _along(v: Expr, moved: Expr) -> Expr:
    """Return the diagonal of ``v^H moved v``."""
    every = conj(v) * times(moved, v)
    return every.op("sum", axis=(v.type.rank - 2,), keepdims=False)


def _eigh_vjp(b: Builder, eq: Equation, bar: Expr, wanted: Wanted) -> Contribution:
    v = Expr(b, eq.result)
    gaps = reciprocal_gaps(Expr(b, eq.operands[0]).op("eigvalsh"), v)
    return [symmetric(times(v, gaps * times(adjoint(v), bar), adjoint(v)))]


def _eigh_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    matrix, dot = _of(b, eq, tangents)
    v = Expr(b, eq.result)
    gaps = reciprocal_gaps(matrix.op("eigvalsh"), v)
    return times(v, gaps * times(adjoint(v), read_lower(dot), v))


# ---- general square matrices ----


def _eigvals_vjp(b: Builder, eq: Equation, bar: Expr, wanted: Wanted) -> Contribution:
    turned_v = adjoint(Expr(b, eq.operands[0]).op("eig"))
    return [solved(turned_v, as_columns(bar) * turned_v)]


def _eigvals_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    matrix, dot = _of(b, eq, tangents)
    v = matrix.op("eig")
    return diagonal(solved(v, times(dot, v)))


def _largest(v: Expr) -> Expr:
    """Return a one for the largest component of each column, the first of them."""
    down = v.type.rank - 2
    size = v.op("absolute")
    place = size.op("argmax", axis=(down,), keepdims=True)
    n = v.op("dim", axis=down)
    rows = as_columns(n.lift(0).op("arange", n, 1, dtype="int64"))
    return rows.equals(place).op("cast", dtype=size.type.dtype)


def _over_columns(x: Expr) -> Expr:
    return x.op("sum", axis=(x.type.rank - 2,), keepdims=True)


def _eig_vjp(b: Builder, eq: Equation, bar: Expr, wanted: Wanted) -> Contribution:
    v = Expr(b, eq.result)
    gaps = conj(reciprocal_gaps(Expr(b, eq.operands[0]).op("eigvals"), v))
    along = _over_columns(conj(bar) * v)
    first = _largest(v)
    phase = along.op("imag") / _over_columns(first * real(v))
    free = bar - along.op("real") * v + 1j * (phase * first)
    turned_v = adjoint(v)
    return [solved(turned_v, times(gaps * times(turned_v, free), turned_v))]


def _eig_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    matrix, dot = _of(b, eq, tangents)
    v = Expr(b, eq.result)
    gaps = reciprocal_gaps(matrix.op("eigvals"), v)
    moved = times(v, gaps * solved(v, times(dot, v)))
    first = _largest(v)
    phase = _over_columns(first * moved.op("imag")) / _over_columns(first * real(v))
    length = _over_columns(conj(v) * moved).op("real")
    return moved - v * length - 1j * (v * phase)


# ---- singular values and vectors ----


def _factors(a: Expr) -> tuple[Expr, Expr, Expr]:
    return a.op("svd_u"), a.op("svdvals"), a.op("svd_vh")


def _gaps(s: Expr) -> Expr:
    """Return 1 / (s[j]^2 - s[i]^2) off the diagonal, zero on it."""
    one = identity(s)
    difference = as_rows(s) - as_columns(s)
    total = as_rows(s) + as_columns(s)
    return (1 - one) / (difference * total + one)


def _svdvals_vjp(b: Builder, eq: Equation, bar: Expr, wanted: Wanted) -> Contribution:
    a = Expr(b, eq.operands[0])
    return [times(a.op("svd_u") * as_rows(bar), a.op("svd_vh"))]


def _svdvals_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    a, dot = _of(b, eq, tangents)
    along = times(adjoint(a.op("svd_u")), dot) * conj(a.op("svd_vh"))
    return real(along.op("sum", axis=(along.type.rank - 1,), keepdims=False))


def _svd_u_vjp(b: Builder, eq: Equation, bar: Expr, wanted: Wanted) -> Contribution:
    u, s, vh = _factors(Expr(b, eq.operands[0]))
    inner = times(adjoint(u), bar)
    skew = _gaps(s) * inner
    turning = times(u, (skew + adjoint(skew)) * as_rows(s), vh)
    return [turning + times((bar - times(u, inner)) / as_rows(s), vh)]


def _svd_u_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    a, dot = _of(b, eq, tangents)
    u, s, vh = _factors(a)
    moved = times(dot, adjoint(vh))
    inner = times(adjoint(u), moved)
    scaled = inner * as_rows(s)
    turning = times(u, _gaps(s) * (scaled + adjoint(scaled)))
    return turning + (moved - times(u, inner)) / as_rows(s)


def _svd_vh_vjp(b: Builder, eq: Equation, bar: Expr, wanted: Wanted) -> Contribution:
    u, s, vh = _factors(Expr(b, eq.operands[0]))
    inner = times(vh, adjoint(bar))
    skew = _gaps(s) * inner
    middle = as_columns(s) * (skew + adjoint(skew))
    if vh.type.is_complex:
        middle = middle - identity(inner) * (1j * inner.op("imag")) / as_columns(s)
    outside = (bar - times(adjoint(inner), vh)) / as_columns(s)
    return [times(u, times(middle, vh) + outside)]


def _svd_vh_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    a, dot = _of(b, eq, tangents)
    u, s, vh = _factors(a)
    moved = times(adjoint(u), dot)
    inner = times(moved, adjoint(vh))
    scaled = as_columns(s) * inner
    turning = -_gaps(s) * (scaled + adjoint(scaled))
    if vh.type.is_complex:
        turning = turning + identity(inner) * (1j * inner.op("imag")) / as_columns(s)
    return times(turning, vh) + (moved - times(inner, vh)) / as_columns(s)


# ---- orthogonal and triangular factors ----
# S. F. Walter and L. Lehmann, Algorithmic differentiation of linear algebra functions
# (2010), and H.-J. Liao et al., Differentiable programming tensor networks (2019).


def _mirrored(m: Expr) -> Expr:
    """Return the lower triangle, mirrored above the diagonal, which becomes real."""
    below = lower(m, 0.0) * m
    return below + adjoint(below) + identity(m) * real(m)


def _pair(a: Expr) -> tuple[Expr, Expr]:
    return a.op("qr_q"), a.op("qr_r")


def _qr_q_vjp(b: Builder, eq: Equation, bar: Expr, wanted: Wanted) -> Contribution:
    q, r = _pair(Expr(b, eq.operands[0]))
    free = bar - times(q, _mirrored(times(adjoint(bar), q)))
    return [divided(free, adjoint(r))]


def _qr_r_vjp(b: Builder, eq: Equation, bar: Expr, wanted: Wanted) -> Contribution:
    q, r = _pair(Expr(b, eq.operands[0]))
    return [divided(times(q, _mirrored(times(r, adjoint(bar)))), adjoint(r))]


def _turning(q: Expr, moved: Expr) -> Expr:
    """Return how R changes, as a factor from the left."""
    inner = times(adjoint(q), moved)
    below = lower(inner, 0.0) * inner
    above = (1 - lower(inner, 1.0)) * inner
    return above + adjoint(below) + identity(inner) * real(inner)


def _qr_q_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    a, dot = _of(b, eq, tangents)
    q, r = _pair(a)
    moved = divided(dot, r)
    return moved - times(q, _turning(q, moved))


def _qr_r_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    a, dot = _of(b, eq, tangents)
    q, r = _pair(a)
    return times(_turning(q, divided(dot, r)), r)


# ---- pseudoinverses ----
# G. H. Golub and V. Pereyra, The differentiation of pseudo-inverses and nonlinear
# least squares problems whose variables separate (1973): the rank does not change.


def _pinv_vjp(b: Builder, eq: Equation, bar: Expr, wanted: Wanted) -> Contribution:
    a, p = Expr(b, eq.operands[0]), Expr(b, eq.result)
    ph, bar_h = adjoint(p), adjoint(bar)
    outside = times(bar_h, p, ph)
    across = times(ph, p, bar_h)
    total = outside - times(a, times(p, outside)) - times(ph, bar, ph)
    return [total + across - times(times(across, p), a)]


def _pinv_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    a, dot = _of(b, eq, tangents)
    p, dot_h = Expr(b, eq.result), adjoint(dot)
    ph = adjoint(p)
    outside = times(p, ph, dot_h)
    across = times(dot_h, ph, p)
    total = outside - times(times(outside, a), p) - times(p, dot, p)
    return total + across - times(p, times(a, across))


# ---- functions of matrices ----
# The exponential of [[A, E], [0, A]] has the derivative along E in its corner, and so
# has the logarithm. The derivative of a root x is the solution s of x s + s x = E.


def _corner(op: str, a: Expr, moved: Expr) -> Expr:
    b, last = a.builder, a.type.rank - 1
    zeros = Expr(b, b.emit("zeros", *b.dims(a.value), dtype=a.type.dtype))
    above = a.op("concatenate", moved, axis=last)
    below = zeros.op("concatenate", a, axis=last)
    whole = above.op("concatenate", below, axis=last - 1).op(op)
    n = b.dim(a.value, last)
    items: list[Item] = [Span() for _ in range(last - 1)]
    corner = (*items, Span(upper=0), Span(lower=0))
    return whole.op("index", n, path=(Index(corner),)).op("copy")


def _expm_vjp(b: Builder, eq: Equation, bar: Expr, wanted: Wanted) -> Contribution:
    return [_corner(eq.op, adjoint(Expr(b, eq.operands[0])), bar)]


def _expm_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    return _corner(eq.op, *_of(b, eq, tangents))


def _sqrtm_vjp(b: Builder, eq: Equation, bar: Expr, wanted: Wanted) -> Contribution:
    turned = adjoint(Expr(b, eq.result))
    return [turned.op("sylvester", turned, bar)]


def _sqrtm_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    _, dot = _of(b, eq, tangents)
    root = Expr(b, eq.result)
    return root.op("sylvester", root, dot)


def _sylvester_vjp(b: Builder, eq: Equation, bar: Expr, wanted: Wanted) -> Contribution:
    one, other, _ = (Expr(b, v) for v in eq.operands)
    x = adjoint(Expr(b, eq.result))
    free = adjoint(one).op("sylvester", adjoint(other), bar)
    return [-times(free, x), -times(x, free), free]


def _sylvester_jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    x, (one, other, _) = Expr(b, eq.result), (Expr(b, v) for v in eq.operands)
    by_one, by_other, by_right = (t if t is None else Expr(b, t) for t in tangents)
    moved = [by_right, by_one and -times(by_one, x), by_other and -times(x, by_other)]
    right = total(moved)
    return right and one.op("sylvester", other, right)


custom("logm", vjp=_expm_vjp, jvp=_expm_jvp)
custom("sqrtm", vjp=_sqrtm_vjp, jvp=_sqrtm_jvp)
custom("sylvester", vjp=_sylvester_vjp, jvp=_sylvester_jvp)
custom("expm", vjp=_expm_vjp, jvp=_expm_jvp)
custom("eigvalsh", vjp=_eigvalsh_vjp, jvp=_eigvalsh_jvp)
custom("eigh", vjp=_eigh_vjp, jvp=_eigh_jvp)
custom("eigvals", vjp=_eigvals_vjp, jvp=_eigvals_jvp)
custom("eig", vjp=_eig_vjp, jvp=_eig_jvp)
custom("svdvals", vjp=_svdvals_vjp, jvp=_svdvals_jvp)
custom("svd_u", vjp=_svd_u_vjp, jvp=_svd_u_jvp)
custom("svd_vh", vjp=_svd_vh_vjp, jvp=_svd_vh_jvp)
custom("qr_q", vjp=_qr_q_vjp, jvp=_qr_q_jvp)
custom("qr_r", vjp=_qr_r_vjp, jvp=_qr_r_jvp)
custom("pinv", vjp=_pinv_vjp, jvp=_pinv_jvp)
