"""Polynomials: roots, quotients, and the families of `np.polynomial`."""

import numpy as np
from numpy.polynomial import chebyshev, hermite, hermite_e, laguerre, legendre
from numpy.polynomial import polynomial as powers

from corpus import case, positive


@case(positive(5), positive(3), analytic=False)
def roots_and_coefficients(p, z):
    again, other = np.poly(np.roots(p)) * p[0], np.poly(z)
    return np.abs(np.roots(p)) ** 2 * np.sum(other**2), again.real * other[1]


@case((3, 3), analytic=False)
def characteristic_polynomial(A):
    return np.poly(A) ** 2


@case(positive(6), positive(3), analytic=False, float32=True)
def quotients_of_polynomials(u, v):
    quotient, rest = np.polydiv(u, v)
    exact, nothing = np.polydiv(np.polymul(u, v), v)
    return np.sum(quotient**2) * np.sum(rest**2) * exact + nothing.size * u


@case((2, 3), (4,), 0.4)
def sums_of_families(A, c, x):
    found = chebyshev.chebval(A, c) * legendre.legval(A, c) + laguerre.lagval(A, c)
    other = hermite.hermval(x, [c[0], 2.0, c[1]]) * hermite_e.hermeval(x, c)
    return found * powers.polyval(A, c) * other


@case((4,))
def columns_of_families(x):
    parts = legendre.legvander(x, 3) * chebyshev.chebvander(x, 3)
    return parts + laguerre.lagvander(x, 3) ** 2 + powers.polyvander(x, 3)


@case((6,), (6,), positive(6), analytic=False)
def fits_in_families(x, y, w):
    smooth = chebyshev.chebfit(x, y, 2) + hermite.hermfit(x, y, 2, w=w)
    return smooth**2 * powers.polyfit(x, np.stack((y, w), axis=1), 2)[:, 0]


@case((4,), (3,), analytic=False)
def powers_from_the_lowest(c, d):
    total = powers.polyadd(c, d) * powers.polymul(c[:2], d)
    change = powers.polysub(powers.polyder(c), d) ** 2
    whole = powers.polyint(c, 2)[2:] * powers.polyfromroots(d)
    return np.sum(total) * np.sum(change) + whole + powers.polyroots(d).real[0]


@case((6,), (6,), positive(6), analytic=False)
def fits_in_full(x, y, w):
    found, left, rank, s, cut = np.polyfit(x, y, 2, None, True, w)
    line, covariance = np.polyfit(x, y, 1, w=w, cov=True)
    plain = np.polyfit(x, y, 1, cov="unscaled")[1]
    return found * left * rank * s + cut, covariance * line[:, None] + plain
