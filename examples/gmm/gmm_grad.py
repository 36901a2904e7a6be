"""Value of negative_log_likelihood and its gradient with respect to (logits, means,
log_scales).

Source: gmm.py:negative_log_likelihood
Command: gradscribe grad gmm.py:negative_log_likelihood --wrt logits,means,log_scales
    --value
Digest: bbe66a653f50a67e1b6685b312c49743 b482a0ce66c65c2c
"""

import numpy as np


def _logsumexp(x, axis=None, keepdims=False):
    """log(sum(exp(x))), without overflow."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    total = np.sum(np.exp(x - top), axis=axis, keepdims=keepdims)
    return np.log(total) + top.reshape(np.shape(total))


def negative_log_likelihood_value_and_grad(logits, means, log_scales, X):
    """Value of negative_log_likelihood and its gradient with respect to (logits,
    means, log_scales).

    Constant: X.  Stored for the backward part: 8*n + 8*n*k + 8*k*d bytes.
    """
    # Forward
    n, d = X.shape
    k = len(logits)
    terms = np.empty(k)
    total = 0.0
    sum_saved = np.empty(X.shape[0])
    exp_saved = np.empty((X.shape[0], logits.shape[0]))
    exp_saved_2 = np.empty((logits.shape[0], means.shape[1]))
    for i in range(n):
        for j in range(k):
            s = logits[j]
            for p in range(d):
                exp_1 = np.exp(-log_scales[j, p])
                exp_saved_2[j, p] = exp_1
                z = (X[i, p] - means[j, p]) * exp_1
                s -= 0.5 * z * z + log_scales[j, p]
            terms[j] = s
        top = np.max(terms)
        exp_2 = np.exp(terms - top)
        exp_saved[i] = exp_2
        sum_1 = np.sum(exp_2)
        sum_saved[i] = sum_1
        total += top + np.log(sum_1)
    # log(sum(exp(logits))) written as logsumexp(logits)
    normaliser = _logsumexp(logits)
    value = normaliser - total / n + 0.5 * d * np.log(2.0 * np.pi)

    # Backward: return normaliser - total / n + 0.5 * d * np.log(2.0 * np.pi)
    total_bar = -1.0 / n

    # Backward: normaliser = np.log(np.sum(np.exp(logits)))
    logits_bar = np.exp(logits - normaliser)

    terms_bar = np.zeros_like(logits)
    log_scales_bar = np.zeros_like(log_scales)
    means_bar = np.zeros_like(means)
    for i in range(n - 1, -1, -1):
        # Backward: total += top + np.log(np.sum(np.exp(terms - top)))
        terms_bar += total_bar / sum_saved[i] * exp_saved[i]

        for j in range(k - 1, -1, -1):
            # Backward: terms[j] = s
            s_bar = terms_bar[j]
            terms_bar[j] = 0.0

            for p in range(d - 1, -1, -1):
                # Backward: s -= 0.5 * z * z + log_scales[j, p]
                add_bar = -s_bar
                log_scales_bar[j, p] += add_bar
                subtract_1 = X[i, p] - means[j, p]
                z = subtract_1 * exp_saved_2[j, p]
                z_bar = add_bar * z

                # Backward: z = (X[i, p] - means[j, p]) * np.exp(-log_scales[j, p])
                log_scales_bar[j, p] -= z_bar * subtract_1 * exp_saved_2[j, p]
                means_bar[j, p] -= z_bar * exp_saved_2[j, p]

            # Backward: s = logits[j]
            logits_bar[j] += s_bar

    return value, (logits_bar, means_bar, log_scales_bar)
