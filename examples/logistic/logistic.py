"""Logistic regression."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray


def logistic_loss(
    w: Annotated[NDArray[np.float64], "n"],
    b: float,
    X: Annotated[NDArray[np.float64], "m, n"],
    y: Annotated[NDArray[np.float64], "m"],
    l2: float,
) -> float:
    """Return the mean negative log-likelihood of y in {0, 1}, with a ridge penalty."""
    eta = X @ w + b
    mu = 1.0 / (1.0 + np.exp(-eta))
    losses = -(y * np.log(mu) + (1.0 - y) * np.log(1.0 - mu))
    return np.mean(losses) + 0.5 * l2 * np.sum(w * w)
