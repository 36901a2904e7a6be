"""A network with one hidden layer and its cross-entropy."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray


def cross_entropy(
    W1: Annotated[NDArray[np.float64], "inputs, hidden"],
    b1: Annotated[NDArray[np.float64], "hidden"],
    W2: Annotated[NDArray[np.float64], "hidden, classes"],
    b2: Annotated[NDArray[np.float64], "classes"],
    X: Annotated[NDArray[np.float64], "m, inputs"],
    label: Annotated[NDArray[np.int64], "m"],
) -> float:
    """Return the mean cross-entropy of the labels."""
    hidden = np.tanh(X @ W1 + b1)
    logits = hidden @ W2 + b2
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_total = np.log(np.sum(np.exp(shifted), axis=1))
    picked = shifted[np.arange(len(label)), label]
    return np.mean(log_total - picked)
