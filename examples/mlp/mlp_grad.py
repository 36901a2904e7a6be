"""Value of cross_entropy and its gradient with respect to (W1, b1, W2, b2).

Source: mlp.py:cross_entropy
Command: gradscribe grad mlp.py:cross_entropy --wrt W1,b1,W2,b2 --value
Digest: 3036a6a211a8a830d24b052256161cec c51280a5202200fd
"""

import numpy as np


def cross_entropy_value_and_grad(W1, b1, W2, b2, X, label):
    """Value of cross_entropy and its gradient with respect to (W1, b1, W2, b2).

    Constant: X, label (integer).
    Stored for the backward part: 24*m + 8*m*classes + 8*m*hidden bytes.
    """
    # Forward
    hidden = np.tanh(X @ W1 + b1)
    logits = hidden @ W2 + b2
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    exp_1 = np.exp(shifted)
    sum_1 = np.sum(exp_1, axis=1)
    log_total = np.log(sum_1)
    arange_1 = np.arange(len(label))
    picked = shifted[arange_1, label]
    value = np.mean(log_total - picked)

    # Backward: return np.mean(log_total - picked)
    divide_1 = 1.0 / X.shape[0]

    # Backward: log_total = np.log(np.sum(np.exp(shifted), axis=1))
    shifted_bar = (divide_1 / sum_1)[:, np.newaxis] * exp_1

    # Backward: picked = shifted[np.arange(len(label)), label]
    np.subtract.at(shifted_bar, (arange_1, label), divide_1)

    # Backward: logits = hidden @ W2 + b2
    b2_bar = np.sum(shifted_bar, axis=0)
    hidden_bar = shifted_bar @ W2.T
    W2_bar = hidden.T @ shifted_bar

    # Backward: hidden = np.tanh(X @ W1 + b1)
    add_bar = hidden_bar * (1 - hidden * hidden)
    b1_bar = np.sum(add_bar, axis=0)
    W1_bar = X.T @ add_bar

    return value, (W1_bar, b1_bar, W2_bar, b2_bar)
