"""The likelihood of a mixture of Gaussians with diagonal covariances."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray


def negative_log_likelihood(
    logits: Annotated[NDArray[np.float64], "k"],
    means: Annotated[NDArray[np.float64], "k, d"],
    log_scales: Annotated[NDArray[np.float64], "k, d"],
    X: Annotated[NDArray[np.float64], "n, d"],
) -> float:
    """Return the mean negative log-likelihood of the rows of X."""
    n, d = X.shape
    k = len(logits)
    terms = np.empty(k)
    total = 0.0
    for i in range(n):
        for j in range(k):
            s = logits[j]
            for p in range(d):
                z = (X[i, p] - means[j, p]) * np.exp(-log_scales[j, p])
                s -= 0.5 * z * z + log_scales[j, p]
            terms[j] = s
        top = np.max(terms)
        total += top + np.log(np.sum(np.exp(terms - top)))
    normaliser = np.log(np.sum(np.exp(logits)))
    return normaliser - total / n + 0.5 * d * np.log(2.0 * np.pi)
