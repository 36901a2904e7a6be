"""Derivatives of hypergeometric functions, integrals and polynomials, by x.

Elliptic and other integrals have derivatives that are 0 / 0 somewhere as they stand in
tables; here those are hypergeometric functions, whose own are of the same kind.
"""

from __future__ import annotations

import math

from ..graph.build import Expr
from .partials import Partial, Ratio, Unknown, minus, over
from .rows import elementwise, unbounded, unbounded_or

U0, U1, U2 = Unknown(0), Unknown(1), Unknown(2)
DEGREE = math.pi / 180


def _f(a: float, b: float, c: float, x: Expr) -> Expr:
    return x.lift(a).op("hyp2f1", b, c, x)


elementwise("hyp0f1", lambda y, v, x: (U0, Ratio((v + 1).op("hyp0f1", x), v)))
elementwise(
    "hyp1f1",
    lambda y, a, b, x: (U0, U1, a / b * (a + 1).op("hyp1f1", b + 1, x)),
)
elementwise(
    "hyperu",
    lambda y, a, b, x: (U0, U1, -a * (a + 1).op("hyperu", b + 1, x)),
    poles=unbounded_or(3, 0),
)
elementwise(
    "hyp2f1",
    lambda y, a, b, c, x: (
        *(U0, U1, U2),
        a * b / c * (a + 1).op("hyp2f1", b + 1, c + 1, x),
    ),
    poles=unbounded_or(4, 1),
    safe=0.5,
)

# ---- integrals ----


def _root(phi: Expr, m: Expr) -> Expr:
    sine = phi.op("sin")
    return (1 - m * sine * sine).op("sqrt")


def _spence(x: Expr) -> Expr:
    near = -_f(1.0, 1.0, 2.0, 1 - x)
    beside = (x - 1).op("absolute") < 0.5
    return beside.where(near, x.op("log") / beside.where(0.5, 1 - x))


def _before(n: Expr) -> Expr:
    """Return one less than a degree, which is a known number."""
    assert n.value.number is not None
    return n.lift(int(n.value.number) - 1)


def _lower(y: Expr, n: Expr, x: Expr) -> Partial:
    """Return the derivative of E_n: E_0 is exp(-x) / x, and ends the list."""
    if n.value.number == 0:
        return minus(y * (1 + 1 / x))
    return minus(_before(n).op("expn", x))


elementwise("exprel", lambda y, x: 0.5 * x.lift(2.0).op("hyp1f1", 3.0, x))
elementwise("cosm1", lambda y, x: minus(x.op("sin")))
elementwise("exp1", lambda y, x: minus(Ratio((-x).op("exp"), x)), poles=unbounded)
elementwise("expi", lambda y, x: Ratio(x.op("exp"), x), poles=unbounded)
elementwise("expn", lambda y, n, x: (0, _lower(y, n, x)), poles=unbounded_or(2, 0))
elementwise("spence", lambda y, x: _spence(x), poles=unbounded_or(1, 0))
elementwise(
    "ellipk", lambda y, m: math.pi / 8 * _f(1.5, 1.5, 2.0, m), poles=unbounded, safe=0.5
)
elementwise(
    "ellipe",
    lambda y, m: -math.pi / 8 * _f(0.5, 1.5, 2.0, m),
    poles=unbounded_or(1, 1),
    safe=0.5,
)
elementwise(
    "ellipkm1",
    lambda y, p: Ratio(-math.pi / 8 * _f(0.5, 0.5, 2.0, 1 - p), p),
    poles=unbounded,
)
elementwise("ellipkinc", lambda y, phi, m: (over(_root(phi, m)), U1), poles=unbounded)
elementwise("ellipeinc", lambda y, phi, m: (_root(phi, m), U1))

elementwise("sici_0", lambda y, x: (x / math.pi).op("sinc"))
elementwise("sici_1", lambda y, x: Ratio(x.op("cos"), x), poles=unbounded)
elementwise("shichi_0", lambda y, x: x.lift(1.5).op("hyp0f1", 0.25 * x * x))
elementwise("shichi_1", lambda y, x: Ratio(x.op("cosh"), x), poles=unbounded)
elementwise("fresnel_0", lambda y, x: (math.pi / 2 * (x * x)).op("sin"))
elementwise("fresnel_1", lambda y, x: (math.pi / 2 * (x * x)).op("cos"))


def _jacobi(u: Expr, m: Expr, *places: int) -> Expr:
    """Return the product of some of sn, cn and dn."""
    found = [u.op(f"ellipj_{k}", m) for k in places]
    return found[0] * found[1] if len(found) > 1 else found[0]


elementwise("ellipj_0", lambda y, u, m: (_jacobi(u, m, 1, 2), U1))
elementwise("ellipj_1", lambda y, u, m: (minus(_jacobi(u, m, 0, 2)), U1))
elementwise("ellipj_2", lambda y, u, m: (-m * _jacobi(u, m, 0, 1), U1))
elementwise("ellipj_3", lambda y, u, m: (_jacobi(u, m, 2), U1))

# ---- angles in degrees ----

elementwise("sindg", lambda y, x: DEGREE * x.op("cosdg"))
elementwise("cosdg", lambda y, x: -DEGREE * x.op("sindg"))
elementwise("tandg", lambda y, x: DEGREE * (1 + y * y), poles=unbounded)
elementwise("cotdg", lambda y, x: -DEGREE * (1 + y * y), poles=unbounded)

# ---- polynomials: the degree is a known number ----


def _degree(
    n: Expr, op: str, *others: Expr | float, times: Expr | float = 1
) -> Partial:
    """Return ``times`` the polynomial of a degree less; 0 for a constant one."""
    if n.value.number == 0:
        return 0
    lower = _before(n).op(op, *others)
    return times * lower if isinstance(times, Expr) or times != 1 else lower


elementwise("eval_chebyt", lambda y, n, x: (0, _degree(n, "eval_chebyu", x, times=n)))
elementwise(
    "eval_chebyu",
    lambda y, n, x: (0, _degree(n, "eval_gegenbauer", 2.0, x, times=2)),
)
elementwise("eval_legendre", lambda y, n, x: (0, _degree(n, "eval_gegenbauer", 1.5, x)))
elementwise(
    "eval_hermite", lambda y, n, x: (0, _degree(n, "eval_hermite", x, times=2 * n))
)
elementwise(
    "eval_hermitenorm", lambda y, n, x: (0, _degree(n, "eval_hermitenorm", x, times=n))
)
elementwise(
    "eval_gegenbauer",
    lambda y, n, a, x: (
        *(0, U1),
        _degree(n, "eval_gegenbauer", a + 1, x, times=2 * a),
    ),
)
elementwise(
    "eval_genlaguerre",
    lambda y, n, a, x: (0, U1, _degree(n, "eval_genlaguerre", a + 1, x, times=-1)),
)
elementwise(
    "eval_jacobi",
    lambda y, n, a, b, x: (
        *(0, U1, U2),
        _degree(n, "eval_jacobi", a + 1, b + 1, x, times=0.5 * (a + b + (n + 1))),
    ),
)
