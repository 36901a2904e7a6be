"""A scalar recurrence fitted to a series."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray


def prediction_error(
    a: float,
    b: float,
    c: float,
    x: Annotated[NDArray[np.float64], "n"],
    y: Annotated[NDArray[np.float64], "n"],
) -> float:
    """Return the mean squared error of h[t] = tanh(a*h[t-1] + b*x[t] + c)."""
    h = 0.0
    total = 0.0
    for t in range(len(x)):
        h = np.tanh(a * h + b * x[t] + c)
        total += (h - y[t]) ** 2
    return total / len(x)
