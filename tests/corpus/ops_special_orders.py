"""Special functions of known orders, of other arguments, and integrals of some."""

import numpy as np
import scipy.special as sc

from corpus import case


@case((4,), analytic=False)
def spherical(x):
    z = np.abs(x) + 0.5
    y = sc.spherical_jn(2, x) + sc.spherical_jn(0, x, derivative=True)
    y += sc.spherical_in(1, x) * sc.spherical_yn(1, z, True)
    return y + sc.spherical_kn(2, z) + sc.jvp(1.5, z, 2) - sc.kvp(2, z)


@case((4,), analytic=False, heavy=True)
def branches_of_lambert(x):
    y = sc.lambertw(x * x).real + np.real(sc.lambertw(-0.3 / (1 + x * x), -1))
    return y + sc.wrightomega(x)


@case((4,), analytic=False, heavy=True)
def integrals_and_cylinders(x):
    z = np.abs(x) + 0.5
    y = sc.itj0y0(z)[0] * sc.iti0k0(z)[1] + sc.itstruve0(x) + sc.itmodstruve0(x)
    d, slope = sc.pbdv(1.5, x)
    y += np.sum(np.stack(sc.itairy(z)), axis=0)
    return y + d * sc.pbvv(0.5, x)[0] + slope * sc.pbwa(0.5, x)[1]


@case((4,), analytic=False, heavy=True)
def kelvin_and_others(x):
    z, u = np.abs(x) + 0.5, np.tanh(x) * 0.9
    y = sc.ber(x) * sc.beip(x) + sc.kei(z) * sc.kerp(z) + sc.lpmv(1, 3, u)
    y += sc.wright_bessel(1.0, 1.5, z) + sc.log_wright_bessel(1.0, 2.0, z)
    return y + sc.agm(z, 2.0) + sc.diric(x, 4) + sc.tklmbda(u, 0.5)


@case((4,), analytic=False, heavy=True)
def shifted_polynomials_and_inverses(x):
    p = 0.1 + 0.8 / (1 + x * x)
    y = sc.eval_laguerre(3, x) + sc.eval_sh_legendre(2, x) + sc.eval_chebyc(3, x)
    y += sc.eval_sh_jacobi(2, 2.5, 1.5, x) + sc.eval_sh_chebyt(3, x)
    y += sc.eval_chebys(2, x) + sc.eval_sh_chebyu(2, x) + sc.perm(x + 5.0, 2)
    y += sc.fdtri(3.0, 4.0, p) + sc.gdtrix(2.0, 3.0, p) + sc.pdtri(2, p)
    y += sc.bdtri(2, 5, p) + sc.nbdtri(2, 5, p)
    return y + sc.nrdtrimn(p, 2.0, x) + sc.nrdtrisd(x, 0.3 * p, 9.0)
