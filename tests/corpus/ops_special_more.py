"""More of ``scipy.special``: Bessel functions, distributions, integrals and such."""

import numpy as np
import scipy.special as sc

from corpus import case, exactly, normal, positive, unit


@case(exactly([0.0, -0.3, 4.0, 29.0]), positive(4), analytic=False)
def bessel(x, r):
    whole = sc.j0(x) * sc.jv(2, x) + sc.j1(0.3 * x) * sc.jn(3, x)
    second = sc.y0(r) + sc.y1(r) * sc.yv(0.7, r) + sc.yn(2, r)
    return whole, second, sc.jv(1.5, r) * sc.struve(1, r) + sc.modstruve(0.5, r)


@case(exactly([-3.0, 0.4, 40.0]), exactly([0.1, 24.0, 90.0]), analytic=False)
def modified_bessel(x, r):
    falling = sc.i0e(x) + sc.i1e(x) * sc.ive(2, x)
    scaled = falling, sc.k0e(r) * sc.k1e(r) + sc.kve(1.5, r)
    return (
        *scaled,
        sc.k0(r) + sc.k1(r) * sc.kv(0.3, r) + sc.kn(2, r),
        sc.iv(0.3, 0.1 * r),
    )


@case(positive(5), positive(5), analytic=False)
def gamma_and_beta(a, b):
    ratios = sc.beta(a, b) * sc.betaln(b, a) + sc.poch(a, b) * sc.binom(a, b)
    return ratios, sc.rgamma(a - 1.0) + sc.zeta(2.5, b) * sc.multigammaln(a + 1.0, 3)


@case(unit(4), positive(4), analytic=False)
def distributions(p, x):
    areas = sc.gammainc(2.5, x) * sc.gammaincc(0.7, x) + sc.betainc(2.0, 0.6, p)
    back = sc.gammaincinv(2.5, p) + sc.gammainccinv(0.7, p) * sc.betaincinv(2.0, 0.6, p)
    student = sc.stdtr(3.0, x - 1.0) * sc.stdtrit(3.0, p) + sc.ndtri_exp(-x)
    known = sc.chdtr(3, x) + sc.chdtrc(3, x) * sc.chdtri(3, p) + sc.pdtr(2, x)
    more = (
        sc.gdtr(x, 1.5, p) * sc.gdtrc(p, 1.5, x) + sc.fdtr(3, 4, x) - sc.fdtrc(3, 4, x)
    )
    return areas, back, student, known + sc.pdtrc(2, x), more, sc.betaincc(2.0, 0.6, p)


@case(unit(4), positive(4), analytic=False, core=True)
def several_results(m, x):
    ai, aip, bi, bip = sc.airy(x - 1.0)
    sine, cosine = sc.sici(x)
    grows, _ = sc.shichi(x)
    s, c = sc.fresnel(m)
    sn, cn, dn, phi = sc.ellipj(x, 0.4)
    waves = ai * bip + aip * bi + sine * cosine + grows * sc.shichi(x)[1]
    return waves, s * c + sc.fresnel(0.5 * m)[0], sn * cn + dn * phi


@case(unit(4), positive(4), analytic=False)
def trials(p, x):
    k = np.array([0, 1, 3, 4])
    sums = sc.bdtr(k, 4, p) + 2.0 * sc.bdtrc(k, 4, p), sc.nbdtr(k, 3, p)
    some = sc.comb(4.0 + x, k) + sc.comb(x - 3.0, 2.0) * sc.factorial(x)
    return *sums, sc.nbdtrc(k, 2, p), some + sc.factorial(x - 3.0)


@case(positive(4), normal(4), analytic=False)
def powers(x, p):
    forth = sc.boxcox(x, p) * sc.boxcox1p(x, p) + sc.powm1(x, p)
    return forth, sc.inv_boxcox(0.2 * p, 0.5 * x) * sc.inv_boxcox1p(0.3 * p, x)


@case(unit(4), positive(4), analytic=False)
def integrals(m, x):
    elliptic = sc.ellipk(m) * sc.ellipe(m) + sc.ellipkm1(m) - sc.ellipkinc(x, 0.3)
    tails = sc.exp1(x) * sc.expi(x) + sc.expn(3, x) * sc.spence(x) + sc.erfcx(x)
    others = sc.dawsn(x) * sc.erfi(m) + sc.owens_t(x, m) * sc.exprel(-m)
    return elliptic * sc.ellipeinc(m, 0.4), tails, others + sc.softplus(m)


@case(unit(4), positive(4), analytic=False)
def hypergeometric(m, x):
    most = sc.hyp2f1(0.5, 1.2, 2.0, m) * sc.hyp1f1(0.4, 1.3, -x) + sc.hyp0f1(1.5, m)
    angles = sc.sindg(x) * sc.cosdg(m) + sc.tandg(x) * sc.cotdg(m) + sc.cosm1(x)
    return most * sc.hyperu(0.7, 1.1, x), angles, sc.radian(x, m, 3.0) + sc.gammasgn(x)


@case(unit(4), analytic=False, core=True)
def polynomials(x):
    first = sc.eval_chebyt(3, x) * sc.eval_chebyu(2, x) + sc.eval_legendre(4, x)
    second = sc.eval_hermite(3, x) + sc.eval_hermitenorm(2, x) * sc.eval_legendre(0, x)
    third = sc.eval_gegenbauer(3, 0.7, x) * sc.eval_genlaguerre(2, 0.4, x)
    return first, second, third + sc.eval_jacobi(3, 0.2, 0.7, x)


@case(positive(4), analytic=False, float32=True, core=True)
def single(x):
    """Single precision stays, but where SciPy leaves it."""
    stay = sc.j0(x) * sc.jv(2, x) + sc.k1e(x) + sc.exp1(x) + sc.boxcox(x, 0.5)
    return stay, sc.betaln(x, x) * sc.i1e(x), sc.gammainc(2.0, x) + sc.kn(2, x)
