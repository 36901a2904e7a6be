"""Special functions: of SciPy, of ``math``, and of numbers that stand in for them."""

import math

import numpy as np
import scipy.special
from scipy.special import erf, gammaln, ndtr, xlogy

from corpus import case, exactly, normal, positive, unit


@case((6,), core=True)
def gelu(x):
    return 0.5 * x * (1.0 + erf(x / np.sqrt(2.0)))


@case(normal(6, scale=4.0), float32=True, analytic=False)
def complementary(x):
    return scipy.special.erfc(x) * x


@case(positive(5), positive(5), analytic=False, core=True)
def beta_likelihood(a, b):
    x = np.array([0.2, 0.4, 0.5, 0.7, 0.9])
    scale = gammaln(a + b) - gammaln(a) - gammaln(b)
    return np.sum(scale + (a - 1.0) * np.log(x) + (b - 1.0) * np.log1p(-x))


@case(positive(5), analytic=False, float32=True)
def digamma_and_gamma(x):
    return scipy.special.digamma(x) * scipy.special.gamma(x) + scipy.special.psi(2 * x)


@case(positive(5), analytic=False)
def trigamma(x):
    return scipy.special.polygamma(1, x) * scipy.special.polygamma(0, x)


@case(exactly([0.0, -0.3, 4.0, 29.0, 31.0]), analytic=False)
def modified_bessel(x):
    odd = scipy.special.i1(0.3 * x) * scipy.special.iv(3, 0.1 * x)
    return np.i0(0.2 * x) ** 2 + odd + np.log(scipy.special.i0(x))


@case(exactly([-60.0, -25.0, -19.0, -2.0, 0.5, 3.0]), analytic=False)
def probit(x):
    return scipy.special.log_ndtr(x) * ndtr(0.1 * x)


@case(unit(6), exactly([0.0, 1.0, 0.5, 0.0, 2.0, 3.0]), wrt="p", analytic=False)
def cross_entropy_of_counts(p, k):
    """Counts of 0 give nothing."""
    return -np.sum(xlogy(k, p) + scipy.special.xlog1py(3.0 - k, -p))


def _flat_at_zero(args, gradients):
    np.testing.assert_array_equal(gradients[0], [0.0, np.log(2.0), 1.0])
    np.testing.assert_array_equal(gradients[1], [0.0, 0.0, 2.0 / np.e])


@case(
    exactly([0.0, 0.0, 2.0]),
    exactly([0.0, 2.0, np.e]),
    analytic=False,
    check=_flat_at_zero,
)
def nothing_times_log_nothing(x, y):
    return np.sum(xlogy(x, y))


@case(unit(5), unit(5), analytic=False)
def divergence(p, q):
    return np.sum(scipy.special.rel_entr(p, q)) + np.sum(scipy.special.entr(p * q))


@case(0.7, 1.3, analytic=False, core=True)
def of_numbers(x, y):
    spread = math.erf(x) + math.erfc(y) * math.lgamma(x + y)
    return spread * math.gamma(y) + math.hypot(x, y) * math.degrees(x)


@case(0.7, (4,), analytic=False)
def math_in_a_loop(s, x):
    total = 0.0
    for i in range(len(x)):
        total += math.erf(s * x[i]) * math.exp(-math.lgamma(i + 1.5))
    return total
