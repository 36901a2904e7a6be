"""Forms that overflow or cancel as written; tried where the plain forms hold."""

import numpy as np

from corpus import case, exactly, positive, unit

EDGE = exactly([-800.0, -40.0, -1.0, 0.0, 1.0, 40.0, 800.0])


def _sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def _is(derivative):
    def check(args, gradients):
        (z,) = args
        np.testing.assert_allclose(gradients[0], derivative(z), rtol=1e-13, atol=1e-300)

    return check


@case(EDGE, check=_is(_sigmoid), core=True)
def softplus(z):
    return np.sum(np.log(1.0 + np.exp(z)))


@case(EDGE, check=_is(lambda z: _sigmoid(-z)), core=True)
def log_sigmoid(z):
    p = 1.0 / (1.0 + np.exp(-z))
    return np.sum(np.log(p))


@case(EDGE, check=_is(lambda z: -_sigmoid(z)))
def log_one_minus_sigmoid(z):
    p = 1.0 / (1.0 + np.exp(-z))
    return np.sum(np.log(1.0 - p))


@case(EDGE, check=_is(lambda z: _sigmoid(z) * _sigmoid(-z)))
def sigmoid_quotient(z):
    return np.sum(1 / (1 + np.exp(-z)))


def _softmax(args, gradients):
    (z,) = args
    e = np.exp(z - z.max())
    np.testing.assert_allclose(gradients[0], e / e.sum(), rtol=1e-13, atol=1e-300)


@case(exactly([1000.0, 999.0, 0.0]), check=_softmax, core=True)
def log_sum_exp(z):
    return np.log(np.sum(np.exp(z)))


@case((4, 3))
def log_softmax_of_rows(Z):
    e = np.exp(Z)
    return np.log(e / e.sum(axis=1, keepdims=True))


@case(exactly([1e-20, 1e-10, 0.5]), check=_is(lambda x: 1.0 / (1.0 + x)))
def log_of_one_plus(x):
    return np.sum(np.log(1.0 + x))


@case(exactly([1e-20, 1e-10, 0.5]), check=_is(np.exp))
def exp_minus_one(x):
    return np.sum(np.exp(x) - 1.0)


@case(unit(5))
def inverse_pairs(x):
    return np.exp(np.log(x)) + np.log(np.exp(x)) + np.sqrt(x) ** 2 + np.sqrt(x**2)


@case(positive(3), analytic=False)
def a_check_beside_what_is_written_anew(x):
    # The check that both ends are positive has no result whose sign could move.
    return np.geomspace(1.0, x[0] + 1, 3) * np.geomspace(x[1], 2.0, 3)
