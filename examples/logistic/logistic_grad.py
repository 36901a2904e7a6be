"""Value of logistic_loss and its gradient with respect to (w, b).

Source: logistic.py:logistic_loss
Command: gradscribe grad logistic.py:logistic_loss --wrt w,b --value
Digest: f202ab4a28aa19ef22e6cb43c47ba6ba 47cc4c48bde2691b
"""

import numpy as np


def _sigmoid(t):
    """1 / (1 + exp(-t)), without overflow."""
    e = np.exp(-np.abs(t))
    return np.where(t < 0, e, 1) / (1 + e)


def _softplus(t):
    """log(1 + exp(t)), without overflow."""
    return np.logaddexp(0, t)


def logistic_loss_value_and_grad(w, b, X, y, l2):
    """Value of logistic_loss and its gradient with respect to (w, b).

    Constant: X, y, l2.  Stored for the backward part: 16*m bytes.
    """
    # Forward
    eta = X @ w + b
    # 1 / (1 + exp(-eta)) written as sigmoid(eta)
    mu = _sigmoid(eta)
    # log(sigmoid(eta)) written as -softplus(-eta)
    # log(1 - sigmoid(eta)) written as -softplus(eta)
    losses = y * _softplus(-eta) + (1.0 - y) * _softplus(eta)
    value = np.mean(losses) + 0.5 * l2 * np.sum(w * w)

    # Backward: return np.mean(losses) + 0.5 * l2 * np.sum(w * w)
    w_bar = l2 * w

    # Backward: mu = 1.0 / (1.0 + np.exp(-eta))
    eta_bar = (mu - y) / losses.size

    # Backward: eta = X @ w + b
    b_bar = np.sum(eta_bar)
    w_bar += X.T @ eta_bar

    return value, (w_bar, b_bar)
