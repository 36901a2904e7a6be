"""Derivatives of special functions.

Where ``xlogy(0, y)`` is zero although ``log(y)`` is not a number, so are its
derivatives; at ``x = 0`` and ``y > 0`` they are ``log(y)`` and 0, as in the formula.
``entr`` and ``rel_entr`` have infinite derivatives at ``x = 0``, as the formula does.
"""

from __future__ import annotations

import math

from ..graph.build import Expr
from .partials import Ratio, Unknown, minus
from .rows import constant, elementwise, unbounded, unbounded_or

PER_ROOT_PI = 2 / math.sqrt(math.pi)
PER_ROOT_2PI = 1 / math.sqrt(2 * math.pi)
ROOT_PI_HALVES = math.sqrt(math.pi) / 2
ROOT_2PI = math.sqrt(2 * math.pi)


def _bell(x: Expr) -> Expr:
    return PER_ROOT_PI * (-(x * x)).op("exp")


def _scaled_tail(y: Expr, x: Expr) -> Expr:
    """Return the derivative of exp(x**2) * erfc(x), far out without cancellation."""
    far = -0.5 * PER_ROOT_PI * x * x.lift(1.5).op("hyperu", 1.5, x * x)
    return (x > 7.0).where(far, 2 * x * y - PER_ROOT_PI)


def _dawson(s: Expr) -> Expr:
    """Return the derivative of Dawson's integral: ``1 - 2 * x * y``, for s = x**2."""
    tail = s * s.lift(2.0).op("hyp1f1", 2.5, -s)
    return s.lift(1.0).op("hyp1f1", 1.5, -s) - 4 / 3 * tail


def _of_inverse_gamma(y: Expr, x: Expr) -> Expr:
    """Return the derivative of 1 / gamma(x): also where gamma has its poles."""
    turn = math.pi * x
    beside = turn.op("cos") - turn.op("sin") * (1 - x).op("digamma") / math.pi
    return (x < 0.5).where(beside * (1 - x).op("gamma"), -y * x.op("digamma"))


def _within(x: Expr, y: Expr, edge: float) -> Expr:
    """Return y; where x is 0 and y at its edge or past it, a number with log 0."""
    return x.equals(0).op("logical_and", y <= edge).where(edge + 1, y)


def _entropy(x: Expr, y: Expr) -> Expr:
    """Return ``x / y``, 0 where both are 0."""
    return x / x.equals(0).op("logical_and", y.equals(0)).where(1, y)


elementwise("erf", lambda y, x: _bell(x))
elementwise("erfc", lambda y, x: minus(_bell(x)))
elementwise("ndtr", lambda y, x: PER_ROOT_2PI * (-0.5 * (x * x)).op("exp"))
elementwise("log_ndtr", lambda y, x: PER_ROOT_2PI * (-0.5 * (x * x) - y).op("exp"))
elementwise("erfinv", lambda y, x: ROOT_PI_HALVES * (y * y).op("exp"), poles=unbounded)
elementwise("erfi", lambda y, x: PER_ROOT_PI * (x * x).op("exp"))
elementwise("erfcx", lambda y, x: _scaled_tail(y, x))
elementwise("dawsn", lambda y, x: _dawson(x * x))
elementwise("ndtri", lambda y, x: ROOT_2PI * (0.5 * (y * y)).op("exp"), poles=unbounded)
elementwise("ndtri_exp", lambda y, x: ROOT_2PI * (x + 0.5 * (y * y)).op("exp"))
elementwise("gammaln", lambda y, x: x.op("digamma"), poles=unbounded)
elementwise("gamma", lambda y, x: y * x.op("digamma"), poles=unbounded)
elementwise("digamma", lambda y, x: x.lift(1).op("polygamma", x), poles=unbounded)
elementwise(
    "polygamma", lambda y, n, x: (0, (n + 1).op("polygamma", x)), poles=unbounded
)
constant("gammasgn")
elementwise("rgamma", _of_inverse_gamma)
elementwise("zeta", lambda z, x, q: (Unknown(0), -x * (x + 1).op("zeta", q)))
elementwise(
    "beta",
    lambda z, a, b: (
        z * (a.op("digamma") - (a + b).op("digamma")),
        z * (b.op("digamma") - (a + b).op("digamma")),
    ),
    poles=unbounded,
)
elementwise(
    "betaln",
    lambda z, a, b: (
        a.op("digamma") - (a + b).op("digamma"),
        b.op("digamma") - (a + b).op("digamma"),
    ),
    poles=unbounded,
)
elementwise(
    "binom",
    lambda z, n, k: (
        z * ((n + 1).op("digamma") - (n - k + 1).op("digamma")),
        z * ((n - k + 1).op("digamma") - (k + 1).op("digamma")),
    ),
    poles=unbounded,
)
elementwise(
    "poch",
    lambda z, x, m: (
        z * ((x + m).op("digamma") - x.op("digamma")),
        z * (x + m).op("digamma"),
    ),
    poles=unbounded,
)
elementwise("entr", lambda y, x: minus(1 + x.op("log")), poles=unbounded_or(1, 0))
elementwise(
    "rel_entr",
    lambda z, x, y: (1 + _entropy(x, y).op("log"), minus(_entropy(x, y))),
    poles=unbounded_or(1, 0),
)
elementwise(
    "xlogy",
    lambda z, x, y: (_within(x, y, 0).op("log"), Ratio(x, _within(x, y, 0))),
    poles=unbounded,
)
elementwise(
    "xlog1py",
    lambda z, x, y: (_within(x, y, -1).op("log1p"), Ratio(x, 1 + _within(x, y, -1))),
    poles=unbounded,
)
