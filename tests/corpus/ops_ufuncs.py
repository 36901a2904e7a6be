"""Universal functions: their parts, methods and keywords."""

import math

import numpy as np

from corpus import case, exactly, integers, positive

# No jump is near.
AWAY = exactly([0.7, 1.5, -2.9, 5.6, 0.19, -12.1, 3.2])


@case(AWAY, positive(7), analytic=False)
def quotients_and_rests(x, y):
    q, r = np.divmod(x, 0.77)
    fraction, whole = np.modf(x)
    return y * q * x + r**2 + fraction**2 * whole


@case(AWAY, integers(-3, 4, 7), analytic=False, float32=True)
def powers_of_two(x, n):
    mantissa, exponent = np.frexp(x)
    scaled = np.ldexp(x, n) ** 2 + np.ldexp(x, 3) * x
    return mantissa**2 * exponent.astype(np.float32) + scaled + x * np.spacing(x)


@case(3.7, analytic=False)
def parts_of_a_number(v):
    fraction, whole = math.modf(v)
    mantissa, exponent = math.frexp(v * v)
    return fraction**2 * whole + mantissa**2 * exponent + math.ldexp(v, 3)


@case(exactly([0.75, -3.0, 0.0, np.inf, 8.0]), analytic=False, check=lambda a, g: None)
def parts_of_odd_numbers(x):
    return np.modf(x)[0] + np.where(np.isfinite(x), np.frexp(x)[0], 0)


@case((7,), integers(1, 9, 7), analytic=False)
def predicates(x, n):
    ends = np.isposinf(x) + np.isneginf(x) + np.isreal(x) + np.iscomplex(x)
    alike = np.array_equal(x, x * 1.0) + 2 * np.isscalar(x[0])
    return x**2 * (ends + alike) + np.gcd(n, 12) * x + np.lcm(n, 6) * x**3


@case((9,), (3, 5), analytic=False)
def unwrapped(x, A):
    p = np.cumsum(2.5 * x)
    rows = np.unwrap(4 * A, axis=0) ** 2 + np.unwrap(3 * A, period=4.0, discont=2.5)
    return np.sum(np.unwrap(np.mod(p, 6.0)) ** 2) * np.sum(rows * A)


@case((9,), analytic=False)
def replaced_numbers(x):
    odd = np.where(x > 1, np.nan, np.where(x < -1, -np.inf, x))
    y = np.where(x > 0.5, np.nan, x)
    np.nan_to_num(y, copy=False, nan=0.25)
    return np.nan_to_num(odd, nan=1.5, neginf=-7.0) * x + y**2


@case(exactly([0.11, -0.27, 1.42, 0.58, 2.03, -3.91]), analytic=False)
def rounded(x):
    kept = np.zeros(6)
    np.round(x, 2, out=kept)
    return (kept + np.round(x, 1) + (10 * x).round(-1) + np.around(np.arange(6))) * x
