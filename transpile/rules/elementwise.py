"""Derivatives of elementwise operations: ``lambda result, *operands: partials``.

Kinks: abs, fabs and hypot have derivative 0 at 0; maximum and minimum share a tie
half and half; clip passes everything on at its bounds; nan_to_num is constant where
it replaces. Steps are constant: the fraction of modf has derivative 1 everywhere, the
mantissa of frexp the power of two that it was divided by. ``poles`` say where partials
are infinite.
"""

from __future__ import annotations

import math

from ..graph.build import Expr
from .partials import Choice, Partial, Ratio, conj, minus, over
from .rows import constant, elementwise, infinite, linear, unbounded

LN2, LN10 = math.log(2.0), math.log(10.0)


def _f(name: str, x: Expr, *others: Expr | float) -> Expr:
    return x.op(name, *others)


def _away(x: Expr) -> Expr:
    """Return x with 1 in place of 0, to divide zero by."""
    return x.equals(0).where(1, x)


def _no(truth: Expr) -> Expr:
    return _f("logical_not", truth)


def _direction(y: Expr, x: Expr) -> Partial:
    return Ratio(x, _away(y)) if x.type.is_complex else _f("sign", x)


# ---- arithmetic ----

elementwise("add", lambda z, x, y: (1, 1))
elementwise("subtract", lambda z, x, y: (1, -1))
elementwise(
    "multiply", lambda z, x, y: (y, x), poles=lambda z, x, y: (infinite(y), infinite(x))
)
elementwise(
    "divide",
    lambda z, x, y: (over(y), minus(Ratio(z, y))),
    poles=lambda z, x, y: (y.equals(0), infinite(z)),
    joint=lambda z, x, y: infinite(z),
)
elementwise("remainder", lambda z, x, y: (1, minus(_f("floor_divide", x, y))))
elementwise("fmod", lambda z, x, y: (1, minus(_f("trunc", x / y))))
elementwise("negative", lambda y, x: -1)
elementwise("positive", lambda y, x: 1)
elementwise("absolute", lambda y, x: _direction(y, x))
elementwise("fabs", lambda y, x: _f("sign", x))
elementwise("square", lambda y, x: 2 * x)
elementwise("reciprocal", lambda y, x: minus(y * y), poles=unbounded)
elementwise("deg2rad", lambda y, x: math.pi / 180)
elementwise("rad2deg", lambda y, x: 180 / math.pi)
elementwise("cast", lambda y, x: 1)
elementwise("nan_to_num", lambda y, x: Choice(_f("isfinite", x), 1, 0))
elementwise(
    "copysign", lambda z, x, y: (_f("sign", x) * x.lift(1.0).op("copysign", y), 0)
)
elementwise("heaviside", lambda z, x, y: (0, Choice(x.equals(0), 1, 0)))

constant("stop_gradient")

linear("ldexp", lambda bar, x, n: _f("ldexp", bar, n))

# ---- choices ----

elementwise("where", lambda z, c, x, y: (0, Choice(c, 1, 0), Choice(c, 0, 1)))


def _larger(x: Expr, y: Expr) -> Partial:
    return Choice(x > y, 1, Choice(x.equals(y), 0.5, 0))


def _larger_number(x: Expr, y: Expr) -> Partial:
    """Return the partial of ``fmax(x, y)`` for x: a number beats nan."""
    return Choice(_f("logical_or", x > y, _f("isnan", y)), 1, _tie(x, y))


def _smaller_number(x: Expr, y: Expr) -> Partial:
    return Choice(_f("logical_or", x < y, _f("isnan", y)), 1, _tie(x, y))


def _tie(x: Expr, y: Expr) -> Partial:
    return Choice(x.equals(y), 0.5, 0)


elementwise("maximum", lambda z, x, y: (_larger(x, y), _larger(y, x)))
elementwise("minimum", lambda z, x, y: (_larger(y, x), _larger(x, y)))
elementwise("fmax", lambda z, x, y: (_larger_number(x, y), _larger_number(y, x)))
elementwise("fmin", lambda z, x, y: (_smaller_number(x, y), _smaller_number(y, x)))
elementwise(
    "clip",
    lambda z, x, low, high: (
        Choice(_f("logical_and", x >= low, x <= high), 1, 0),
        Choice(_f("logical_and", x < low, low <= high), 1, 0),
        Choice(_f("logical_or", x > high, low > high), 1, 0),
    ),
)

# ---- powers ----


def _power_of(x: Expr, p: Expr) -> Partial:
    """Return ``p * x**(p - 1)``: zero for p = 0, also at x = 0."""
    number = p.value.number
    if number is None:
        number = p.value.as_linear.value if p.type.is_integer else None
    if number is None:
        constant = _f("logical_and", x.equals(0), p.equals(0))
        return p * x ** constant.where(1, p - 1)
    if number in (0, 1):
        return int(number)
    return number * x if number == 2 else number * x ** (number - 1)


def _no_power(z: Expr, x: Expr, p: Expr) -> Expr:
    """Return where a power may have an infinite derivative, or none by its exponent."""
    outside = x.equals(0) if x.type.is_complex else _no(x > 0)
    return _f("logical_or", outside, infinite(z))


def _exponent(z: Expr, x: Expr) -> Expr:
    """Return ``z * log(x)``, 0 at x = 0."""
    if z.type.is_complex and not x.type.is_complex:
        x = x.op("cast", dtype=z.type.dtype)
    return z * _f("log", x.equals(0).where(1, x))


elementwise(
    "power", lambda z, x, p: (_power_of(x, p), _exponent(z, x)), poles=_no_power
)
elementwise(
    "float_power", lambda z, x, p: (_power_of(x, p), _exponent(z, x)), poles=_no_power
)
elementwise(
    "sqrt",
    lambda y, x: Ratio(0.5, y),
    poles=lambda y, x: y.equals(0) if y.type.is_complex else _no(y > 0),
)
elementwise("cbrt", lambda y, x: over(3 * y * y), poles=lambda y, x: y.equals(0))

# ---- exponentials and logarithms ----

elementwise("exp", lambda y, x: y)
elementwise("exp2", lambda y, x: LN2 * y)
elementwise("expm1", lambda y, x: _f("exp", x))
elementwise("log", lambda y, x: over(x), poles=lambda y, x: x.equals(0))
elementwise("log2", lambda y, x: over(LN2 * x), poles=lambda y, x: x.equals(0))
elementwise("log10", lambda y, x: over(LN10 * x), poles=lambda y, x: x.equals(0))
elementwise("log1p", lambda y, x: over(1 + x), poles=lambda y, x: x.equals(-1))
elementwise("sigmoid", lambda y, x: y * _f("sigmoid", -x))
elementwise("softplus", lambda y, x: _f("sigmoid", x))
elementwise(
    "log1mexp",
    lambda y, x: Ratio(_f("exp", x), _f("expm1", x)),
    poles=unbounded,
    safe=-1,
)


def _difference(x: Expr, y: Expr) -> Expr:
    """Return ``x - y``, less a zero that is a known number."""
    if y.value.number == 0:
        return x
    return -y if x.value.number == 0 else x - y


def _share(scale: float, x: Expr, y: Expr) -> Expr:
    """Return the share of x in ``logaddexp(x, y)``: nan where both are -inf."""
    difference = _difference(x, y)
    return _f("sigmoid", difference if scale == 1 else scale * difference)


elementwise(
    "logaddexp", lambda z, x, y: (_share(1, x, y), _share(1, y, x)), poles=unbounded
)
elementwise(
    "logaddexp2",
    lambda z, x, y: (_share(LN2, x, y), _share(LN2, y, x)),
    poles=unbounded,
)

# ---- complex numbers ----

linear("conjugate", lambda bar, x: conj(bar))
elementwise("real", lambda y, x: 1)
elementwise("imag", lambda y, x: 1j)
elementwise("angle", lambda y, x: Ratio(1j, conj(x)), poles=lambda y, x: x.equals(0))

# ---- circular and hyperbolic functions ----

elementwise("sin", lambda y, x: _f("cos", x))
elementwise("cos", lambda y, x: minus(_f("sin", x)))
elementwise("tan", lambda y, x: 1 + y * y)


def _past_one(y: Expr, x: Expr) -> Expr:
    return _no_one(x) if x.type.is_complex else _no(_f("absolute", x) < 1)


def _no_one(x: Expr) -> Expr:
    return (x * x).equals(1)


elementwise(
    "arcsin", lambda y, x: over(_f("sqrt", (1 - x) * (1 + x))), poles=_past_one, safe=0
)
elementwise(
    "arccos",
    lambda y, x: minus(over(_f("sqrt", (1 - x) * (1 + x)))),
    poles=_past_one,
    safe=0,
)
elementwise("arctan", lambda y, x: over(1 + x * x))
elementwise(
    "arctan2",
    lambda z, y, x: (Ratio(x, y * y + x * x), minus(Ratio(y, y * y + x * x))),
    poles=lambda z, y, x: (y * y + x * x).equals(0),
)
elementwise("sinh", lambda y, x: _f("cosh", x))
elementwise("cosh", lambda y, x: _f("sinh", x))
elementwise("tanh", lambda y, x: 1 - y * y)


def _one_beside(x: Expr) -> Expr:
    """Return ``sqrt(x**2 + 1)``."""
    if x.type.is_complex:
        return _f("sqrt", x * x + 1)
    return _f("hypot", x, 1.0)


def _one_below(x: Expr) -> Expr:
    """Return ``sqrt(x**2 - 1)`` on the branch of a complex arccosh."""
    if x.type.is_complex:
        return _f("sqrt", x - 1) * _f("sqrt", x + 1)
    return _f("sqrt", (x - 1) * (x + 1))


elementwise("arcsinh", lambda y, x: over(_one_beside(x)))
elementwise(
    "arccosh",
    lambda y, x: over(_one_below(x)),
    poles=lambda y, x: _no_one(x) if x.type.is_complex else _no(x > 1),
    safe=2,
)
elementwise("arctanh", lambda y, x: over((1 - x) * (1 + x)), poles=unbounded, safe=0)
elementwise("hypot", lambda z, x, y: (Ratio(x, _away(z)), Ratio(y, _away(z))))


# Near 0 the derivative of sinc is a power series: the quotient is 0 / 0 there.
SINC = [
    (-1) ** k * 2 * k * math.pi ** (2 * k) / math.factorial(2 * k + 1)
    for k in range(1, 8)
]


def _sinc(y: Expr, x: Expr) -> Partial:
    square, series = x * x, x.lift(SINC[-1])
    for factor in reversed(SINC[:-1]):
        series = series * square + factor
    near = _f("absolute", x) < 0.1
    away = near.where(1, x)
    return Choice(near, x * series, Ratio(_f("cos", math.pi * x) - y, away))


elementwise("sinc", lambda y, x: _sinc(y, x))

# ---- steps, truth values, bits ----

constant("sign", "floor", "ceil", "trunc", "rint", "floor_divide")
constant("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
constant("logical_and", "logical_or", "logical_not", "logical_xor")
constant("isnan", "isinf", "isfinite", "signbit")
constant("bitwise_and", "bitwise_or", "bitwise_xor", "invert")
constant("left_shift", "right_shift", "gcd", "lcm")
