"""Derivatives of Bessel and Struve functions, by x; the order is constant.

Those that grow or fall as ``exp(x)`` are scaled in ``i0e`` and its like. Their
derivatives by recurrence cancel far out, so the difference of two of them is taken
from confluent hypergeometric functions.
"""

from __future__ import annotations

import math

from ..graph.build import Expr
from .partials import Unknown, minus
from .rows import elementwise, unbounded, unbounded_or

ROOT_PI = math.sqrt(math.pi)
ORDER = Unknown(0)


def _at(order: Expr, op: str, x: Expr) -> Expr:
    return order.op(op, x)


def _m(a: float, b: float, x: Expr) -> Expr:
    return x.lift(a).op("hyp1f1", b, x)


elementwise(
    "jv",
    lambda y, v, x: (ORDER, 0.5 * (_at(v - 1, "jv", x) - _at(v + 1, "jv", x))),
    poles=unbounded_or(2, 0),
)
elementwise(
    "yv",
    lambda y, v, x: (ORDER, 0.5 * (_at(v - 1, "yv", x) - _at(v + 1, "yv", x))),
    poles=unbounded,
)
elementwise("j0", lambda y, x: minus(x.op("j1")))
elementwise("j1", lambda y, x: 0.5 * (x.op("j0") - _at(x.lift(2), "jv", x)))
elementwise("y0", lambda y, x: minus(x.op("y1")), poles=unbounded)
elementwise(
    "y1", lambda y, x: 0.5 * (x.op("y0") - _at(x.lift(2), "yv", x)), poles=unbounded
)
elementwise("i0", lambda y, x: _at(x.lift(1), "iv", x))
elementwise(
    "iv",
    lambda y, v, x: (ORDER, 0.5 * (_at(v - 1, "iv", x) + _at(v + 1, "iv", x))),
    poles=unbounded_or(2, 0),
)
elementwise("k0", lambda y, x: minus(x.op("k1")), poles=unbounded)
elementwise(
    "k1", lambda y, x: -0.5 * (x.op("k0") + _at(x.lift(2), "kv", x)), poles=unbounded
)
elementwise(
    "kv",
    lambda y, v, x: (ORDER, -0.5 * (_at(v - 1, "kv", x) + _at(v + 1, "kv", x))),
    poles=unbounded,
)

# ---- scaled by exp(x) or exp(-abs(x)) ----


def _falls(x: Expr) -> Expr:
    """Return ``i0e - i1e`` of ``abs(x)``."""
    return _m(1.5, 2.0, -2 * x.op("absolute"))


def _drop(x: Expr) -> Expr:
    """Return ``k1e - k0e``."""
    far = ROOT_PI * x.lift(1.5).op("hyperu", 2.0, 2 * x)
    return (x > 25.0).where(far, x.op("k1e") - x.op("k0e"))


elementwise("i0e", lambda y, x: minus(x.op("sign") * _falls(x)))
elementwise("i1e", lambda y, x: _falls(x) - 0.5 * _m(1.5, 3.0, -2 * x.op("absolute")))
elementwise("k0e", lambda y, x: minus(_drop(x)), poles=unbounded)
elementwise("k1e", lambda y, x: _drop(x) - y / x, poles=unbounded)
elementwise(
    "ive",
    lambda y, v, x: (
        ORDER,
        0.5 * (_at(v - 1, "ive", x) + _at(v + 1, "ive", x)) - x.op("sign") * y,
    ),
    poles=unbounded_or(2, 0),
)
elementwise(
    "kve",
    lambda y, v, x: (ORDER, y - 0.5 * (_at(v - 1, "kve", x) + _at(v + 1, "kve", x))),
    poles=unbounded,
)

# ---- Struve functions ----


def _beside(v: Expr, x: Expr) -> Expr:
    return (0.5 * x) ** v / (ROOT_PI * (v + 1.5).op("gamma"))


elementwise(
    "struve",
    lambda y, v, x: (
        ORDER,
        0.5 * (_at(v - 1, "struve", x) - _at(v + 1, "struve", x) + _beside(v, x)),
    ),
    poles=unbounded_or(2, 0),
)
elementwise(
    "modstruve",
    lambda y, v, x: (
        ORDER,
        0.5 * (_at(v - 1, "modstruve", x) + _at(v + 1, "modstruve", x) + _beside(v, x)),
    ),
    poles=unbounded_or(2, 0),
)

# ---- Airy functions: Ai and its derivative, Bi and its derivative ----

elementwise("airy_0", lambda y, x: x.op("airy_1"))
elementwise("airy_1", lambda y, x: x * x.op("airy_0"))
elementwise("airy_2", lambda y, x: x.op("airy_3"))
elementwise("airy_3", lambda y, x: x * x.op("airy_2"))
