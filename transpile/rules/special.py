"""Derivatives of special functions.

Where ``xlogy(0, y)`` is zero although ``log(y)`` is not a number, so are its
derivatives; at ``x = 0`` and ``y > 0`` they are ``log(y)`` and 0, as in the formula.
``entr`` and ``rel_entr`` have infinite derivatives at ``x = 0``, as the formula does.
"""

from __future__ import annotations

import math

from ..graph.build import Expr
from .partials import Ratio, minus
from .rows import elementwise

PER_ROOT_PI = 2 / math.sqrt(math.pi)
PER_ROOT_2PI = 1 / math.sqrt(2 * math.pi)
ROOT_PI_HALVES = math.sqrt(math.pi) / 2
ROOT_2PI = math.sqrt(2 * math.pi)


def _bell(x: Expr) -> Expr:
    return PER_ROOT_PI * (-(x * x)).op("exp")


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
elementwise("erfinv", lambda y, x: ROOT_PI_HALVES * (y * y).op("exp"), singular=True)
elementwise("ndtri", lambda y, x: ROOT_2PI * (0.5 * (y * y)).op("exp"), singular=True)
elementwise("gammaln", lambda y, x: x.op("digamma"), singular=True)
elementwise("gamma", lambda y, x: y * x.op("digamma"), singular=True)
elementwise("digamma", lambda y, x: x.lift(1).op("polygamma", x), singular=True)
elementwise("polygamma", lambda y, n, x: (0, (n + 1).op("polygamma", x)), singular=True)
elementwise("i0", lambda y, x: x.lift(1).op("iv", x))
elementwise(
    "iv",
    lambda y, n, x: (0, 0.5 * ((n - 1).op("iv", x) + (n + 1).op("iv", x))),
)
elementwise("entr", lambda y, x: minus(1 + x.op("log")), singular=True)
elementwise(
    "rel_entr",
    lambda z, x, y: (1 + _entropy(x, y).op("log"), minus(_entropy(x, y))),
    singular=True,
)
elementwise(
    "xlogy",
    lambda z, x, y: (_within(x, y, 0).op("log"), Ratio(x, _within(x, y, 0))),
    singular=True,
)
elementwise(
    "xlog1py",
    lambda z, x, y: (_within(x, y, -1).op("log1p"), Ratio(x, 1 + _within(x, y, -1))),
    singular=True,
)
