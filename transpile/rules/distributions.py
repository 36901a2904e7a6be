"""Derivatives of distributions, of their inverses, and of Box and Cox's powers.

A distribution's derivative is its density, and that of the inverse one over it. By
its parameters there is no closed form.
"""

from __future__ import annotations

import math

from ..graph.build import Expr
from .partials import Unknown, minus
from .rows import elementwise, unbounded, unbounded_or

U0, U1 = Unknown(0), Unknown(1)


def _gamma(a: Expr, x: Expr) -> Expr:
    """Return the logarithm of the gamma distribution's density."""
    return (a - 1).op("xlogy", x) - x - a.op("gammaln")


def _beta(a: Expr, b: Expr, x: Expr) -> Expr:
    """Return the logarithm of the beta distribution's density."""
    powers = (a - 1).op("xlogy", x) + (b - 1).op("xlog1py", -x)
    return powers - a.op("betaln", b)


def _student(df: Expr, t: Expr) -> Expr:
    """Return the logarithm of the density of Student's distribution."""
    half = 0.5 * (df + 1)
    scale = (0.5 * df).op("betaln", 0.5) + 0.5 * df.op("log")
    return -half * (t * t / df).op("log1p") - scale


elementwise(
    "gammainc", lambda y, a, x: (U0, _gamma(a, x).op("exp")), poles=unbounded_or(2, 0)
)
elementwise(
    "gammaincc",
    lambda y, a, x: (U0, minus(_gamma(a, x).op("exp"))),
    poles=unbounded_or(2, 0),
)
elementwise(
    "gammaincinv",
    lambda y, a, p: (U0, (-_gamma(a, y)).op("exp")),
    poles=unbounded_or(2, 0, 1),
)
elementwise(
    "gammainccinv",
    lambda y, a, p: (U0, minus((-_gamma(a, y)).op("exp"))),
    poles=unbounded_or(2, 0, 1),
)
elementwise(
    "betainc",
    lambda y, a, b, x: (U0, U1, _beta(a, b, x).op("exp")),
    poles=unbounded_or(3, 0, 1),
    safe=0.5,
)
elementwise(
    "betaincc",
    lambda y, a, b, x: (U0, U1, minus(_beta(a, b, x).op("exp"))),
    poles=unbounded_or(3, 0, 1),
    safe=0.5,
)
elementwise(
    "betaincinv",
    lambda y, a, b, p: (U0, U1, (-_beta(a, b, y)).op("exp")),
    poles=unbounded_or(3, 0, 1),
    safe=0.5,
)
elementwise(
    "betainccinv",
    lambda y, a, b, p: (U0, U1, minus((-_beta(a, b, y)).op("exp"))),
    poles=unbounded_or(3, 0, 1),
    safe=0.5,
)
elementwise("stdtr", lambda y, df, t: (U0, _student(df, t).op("exp")))
elementwise(
    "stdtrit", lambda y, df, p: (U0, (-_student(df, y)).op("exp")), poles=unbounded
)


def _owen(h: Expr, a: Expr) -> tuple[Expr, Expr]:
    square = h * h
    slope = -(math.sqrt(0.5) * a * h).op("erf") * (-0.5 * square).op("exp")
    beside = 1 + a * a
    by_a = (-0.5 * square * beside).op("exp") / (2 * math.pi * beside)
    return slope / (2 * math.sqrt(2 * math.pi)), by_a


elementwise("owens_t", lambda y, h, a: _owen(h, a))

# ---- powers: both arguments ----


def _by_power(log: Expr, power: Expr) -> Expr:
    """Return the derivative of ``(exp(power * log) - 1) / power`` by the power."""
    bent = (0.5 * log * log) * log.lift(2.0).op("hyp1f1", 3.0, power * log)
    return log.equals(-math.inf).where(1 / (power * power), bent)


def _inverse_by_power(power: Expr, y: Expr) -> Expr:
    """Return the derivative of ``log(1 + power * y) / power`` by the power."""
    return -0.5 * y * y * y.lift(2.0).op("hyp2f1", 2.0, 3.0, -power * y)


elementwise(
    "boxcox",
    lambda y, x, p: (x ** (p - 1), _by_power(x.op("log"), p)),
    poles=unbounded_or(1, 0),
)
elementwise(
    "boxcox1p",
    lambda y, x, p: ((1 + x) ** (p - 1), _by_power(x.op("log1p"), p)),
    poles=unbounded_or(1, -1),
)
elementwise(
    "inv_boxcox",
    lambda x, y, p: (x / (1 + p * y), x * _inverse_by_power(p, y)),
    poles=unbounded_or(0, 0),
)
elementwise(
    "inv_boxcox1p",
    lambda x, y, p: ((1 + x) / (1 + p * y), (1 + x) * _inverse_by_power(p, y)),
    poles=unbounded_or(0, -1),
)


def _both_zero(x: Expr, y: Expr) -> Expr:
    return x.equals(0).op("logical_and", y.equals(0))


elementwise(
    "powm1",
    lambda z, x, y: (
        y * x ** _both_zero(x, y).where(1, y - 1),
        (1 + z) * x.equals(0).where(1, x).op("log"),
    ),
    poles=unbounded_or(1, 0),
)
