"""Derivatives of Kelvin, parabolic cylinder, Legendre and Wright functions, by x.

Also of integrals from 0 to x, and of inverses. Kelvin's equation divides by x: at 0
stands the limit.
"""

from __future__ import annotations

from ..graph.build import Expr
from .partials import Choice, Partial, Ratio, Unknown, over
from .rows import elementwise, unbounded, unbounded_or

U0, U1 = Unknown(0), Unknown(1)


def _zero(x: Expr) -> Expr:
    return x * 0


# ---- integrals from 0 to x ----

elementwise("itj0y0_0", lambda y, x: x.op("j0"))
elementwise("itj0y0_1", lambda y, x: x.op("y0"), poles=unbounded_or(1, 0))
elementwise("iti0k0_0", lambda y, x: x.op("i0"))
elementwise("iti0k0_1", lambda y, x: x.op("k0"), poles=unbounded_or(1, 0))
elementwise("itstruve0", lambda y, x: _zero(x).op("struve", x))
elementwise("itmodstruve0", lambda y, x: _zero(x).op("modstruve", x))
elementwise("itairy_0", lambda y, x: x.op("airy_0"))
elementwise("itairy_1", lambda y, x: x.op("airy_2"))
elementwise("itairy_2", lambda y, x: (-x).op("airy_0"))
elementwise("itairy_3", lambda y, x: (-x).op("airy_2"))

# ---- Kelvin functions: x**2 * w'' + x * w' = 1j * x**2 * w ----


def _bent(x: Expr, slope: Expr, beside: Expr, limit: float) -> Partial:
    """Return ``beside - slope / x``, the limit at 0."""
    safe = x.equals(0).where(1, x)
    return Choice(x.equals(0), limit, beside - slope / safe)


for _name in ("ber", "bei", "ker", "kei"):
    _poles = unbounded if _name.startswith("k") else None

    def _slope(y: Expr, x: Expr, name: str = _name) -> Partial:
        return x.op(f"{name}p")

    elementwise(_name, _slope, poles=_poles)
elementwise("berp", lambda y, x: _bent(x, y, -x.op("bei"), 0.0))
elementwise("beip", lambda y, x: _bent(x, y, x.op("ber"), 0.5))
elementwise("kerp", lambda y, x: -x.op("kei") - y / x, poles=unbounded)
elementwise("keip", lambda y, x: x.op("ker") - y / x, poles=unbounded)

# ---- parabolic cylinders: the function and its derivative ----

for _name in ("pbdv", "pbvv", "pbwa"):

    def _first(y: Expr, v: Expr, x: Expr, name: str = _name) -> tuple[object, ...]:
        return U0, v.op(f"{name}_1", x)

    def _second(y: Expr, v: Expr, x: Expr, name: str = _name) -> tuple[object, ...]:
        quarter = 0.25 * x * x
        factor = v - quarter if name == "pbwa" else quarter - v - 0.5
        return U0, factor * v.op(f"{name}_0", x)

    elementwise(f"{_name}_0", _first)
    elementwise(f"{_name}_1", _second)

# ---- others ----


def _legendre(y: Expr, m: Expr, v: Expr, x: Expr) -> Partial:
    lower = (v + m) * m.op("lpmv", v - 1, x)
    return Ratio(v * x * y - lower, (x - 1) * (x + 1))


def _wright(a: Expr, b: Expr, x: Expr) -> Expr:
    return a.op("log_wright_bessel", a + b, x)


elementwise(
    "lpmv",
    lambda y, m, v, x: (U0, U1, _legendre(y, m, v, x)),
    poles=lambda y, m, v, x: (x * x).equals(1),
    safe=0,
)
elementwise(
    "wright_bessel",
    lambda y, a, b, x: (U0, U1, a.op("wright_bessel", a + b, x)),
)
elementwise(
    "log_wright_bessel",
    lambda y, a, b, x: (U0, U1, (_wright(a, b, x) - y).op("exp")),
)
elementwise(
    "tklmbda",
    lambda y, x, p: (over(y ** (p - 1) + (1 - y) ** (p - 1)), U1),
    poles=unbounded,
)
elementwise("wrightomega", lambda y, x: Ratio(y, 1 + y))
elementwise(
    "lambertw",
    lambda y, x, k: (over(y.op("exp") * (1 + y)), 0),
    poles=lambda y, x, k: y.equals(-1),
    safe=0.5,
)
