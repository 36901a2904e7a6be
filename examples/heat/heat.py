"""Heat conduction in a plate: explicit time steps on a grid."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray


def misfit(
    T0: Annotated[NDArray[np.float64], "m, n"],
    observed: Annotated[NDArray[np.float64], "m, n"],
    r: float,
    steps: int,
) -> float:
    """Return half the squared distance of the final to the observed temperature."""
    T = T0.copy()
    for _ in range(steps):
        T[1:-1, 1:-1] += r * (
            T[2:, 1:-1]
            + T[:-2, 1:-1]
            + T[1:-1, 2:]
            + T[1:-1, :-2]
            - 4.0 * T[1:-1, 1:-1]
        )
    residual = T - observed
    return 0.5 * np.sum(residual * residual)
