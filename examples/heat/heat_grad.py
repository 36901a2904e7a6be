"""Value of misfit and its gradient with respect to T0.

Source: heat.py:misfit
Command: gradscribe grad heat.py:misfit --wrt T0 --value
Digest: 15d040d27dfb1a7b5cebc36deb831c29 bd0dc6d6379cce7a
"""

import numpy as np


def misfit_value_and_grad(T0, observed, r, steps):
    """Value of misfit and its gradient with respect to T0.

    Constant: observed, r, steps (integer).  Stored for the backward part: 8*m*n bytes.
    """
    # Forward
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
    value = 0.5 * np.sum(residual * residual)

    # Backward: return 0.5 * np.sum(residual * residual)
    T_bar = residual.copy()

    for _ in range(steps - 1, -1, -1):
        # Backward: T[1:-1, 1:-1] += r * ( ...
        subtract_bar = T_bar[1:-1, 1:-1] * r
        T_bar[1:-1, 1:-1] -= 4 * subtract_bar
        T_bar[1:-1, :-2] += subtract_bar
        T_bar[1:-1, 2:] += subtract_bar
        T_bar[:-2, 1:-1] += subtract_bar
        T_bar[2:, 1:-1] += subtract_bar

    return value, T_bar
