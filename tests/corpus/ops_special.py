"""Functions of ``scipy.special`` that are formulas over others."""

import scipy.special as sc

from corpus import case, exactly, positive, unit


@case((3, 4), (3, 4), positive(4), analytic=False)
def log_of_sums(x, y, b):
    rows = sc.logsumexp(x, 1, b) + sc.logsumexp(x, axis=-1, b=2.0 * b)
    whole = sc.logsumexp(y, b=b) * sc.logsumexp(x, (0, 1), 0.5, keepdims=True)
    return rows, whole, sc.log_softmax(x, axis=0) * y, sc.log_softmax(y)


@case(exactly([1e3, -2.0, 1e4]), exactly([0.5, 2.0, 0.0]), wrt="x", analytic=False)
def weights_of_zero(x, b):
    """What has no weight does not overflow the rest."""
    return sc.logsumexp(x[:2], b=b[:2]) + sc.logsumexp(x[:2] - 1e3, b=b[1:])


@case(exactly([-3.0, -0.5, 0.0, 0.3, 2.0]), positive(5), analytic=False, float32=True)
def losses(r, d):
    near = sc.huber(1.2, r) + sc.pseudo_huber(1.5, r) * r
    return near, sc.huber(d, r), sc.pseudo_huber(d, r)


@case(unit(5), unit(5), analytic=False)
def entropies(p, q):
    return sc.kl_div(p, q), sc.exp10(p) * sc.loggamma(q)


@case(exactly([-0.9, -0.6, 0.0, 1e-9, 0.3, 0.8]), unit(6), analytic=False)
def inverses(x, p):
    return sc.erfinv(x) * sc.ndtri(p), sc.ndtri(0.01 * p), sc.erfcinv(1.9 * p)
