"""Value of misfit and its gradient with respect to T0.

Source: heat.py:misfit
Command: gradscribe grad heat.py:misfit --wrt T0 --value --target cpu
Digest: 15d040d27dfb1a7b5cebc36deb831c29 32a4778a93abafbb
"""

import numpy as np


def misfit_value_and_grad(T0, observed, r, steps):
    """Value of misfit and its gradient with respect to T0.

    Constant: observed, r, steps (integer).  Stored for the backward part: 8*m*n bytes.
    """
    # Forward
    T = np.empty(T0.shape)
    for i in range(T0.shape[0]):
        for j in range(T0.shape[1]):
            T[i, j] = T0[i, j]
    length_1 = max(T0.shape[0] - 2, 0)
    length_2 = max(T0.shape[1] - 2, 0)
    accumulate_1 = np.empty((length_1, length_2))
    for _ in range(steps):
        for i in range(length_1):
            for j in range(length_2):
                accumulate_1[i, j] = r * (
                    T[i + 2, j + 1]
                    + T[i, j + 1]
                    + T[i + 1, j + 2]
                    + T[i + 1, j]
                    - 4.0 * T[i + 1, j + 1]
                )
        for i in range(1, T0.shape[0] - 1):
            for j in range(1, T0.shape[1] - 1):
                T[i, j] += accumulate_1[i - 1, j - 1]

    # Backward: return 0.5 * np.sum(residual * residual)
    # Forward and backward
    sum_1 = 0.0
    T_bar = T
    for i in range(T0.shape[0]):
        for j in range(T0.shape[1]):
            subtract_1 = T_bar[i, j] - observed[i, j]
            T_bar[i, j] = subtract_1
            sum_1 += subtract_1 * subtract_1
    value = 0.5 * sum_1

    length_3 = max(T0.shape[0] - 2, 0)
    length_4 = max(T0.shape[1] - 2, 0)
    subtract_bar = np.empty((length_3, length_4))
    for _ in range(steps - 1, -1, -1):
        # Backward: T[1:-1, 1:-1] += r * ( ...
        for i in range(length_3):
            for j in range(length_4):
                subtract_bar[i, j] = T_bar[i + 1, j + 1] * r
        for i in range(T0.shape[0] - 4):
            for j in range(T0.shape[1] - 4):
                T_bar[i + 2, j + 2] = (
                    T_bar[i + 2, j + 2]
                    - 4.0 * subtract_bar[i + 1, j + 1]
                    + subtract_bar[i + 1, j + 2]
                    + subtract_bar[i + 1, j]
                    + subtract_bar[i + 2, j + 1]
                    + subtract_bar[i, j + 1]
                )
        middle = max(T0.shape[1] - 2 - 2, 0)
        for i in range(T0.shape[0]):
            if 2 <= i and i < T0.shape[0] - 2:
                for j in range(T0.shape[1] - middle):
                    at = j if j < 2 else j + middle
                    if 1 <= at and at < T0.shape[1] - 1:
                        T_bar[i, at] -= 4.0 * subtract_bar[i - 1, at - 1]
                    if at < T0.shape[1] - 2:
                        T_bar[i, at] += subtract_bar[i - 1, at]
                    if 2 <= at:
                        T_bar[i, at] += subtract_bar[i - 1, at - 2]
                    if 1 <= at and at < T0.shape[1] - 1:
                        subtract_2 = at - 1
                        T_bar[i, at] += subtract_bar[i, subtract_2]
                        T_bar[i, at] += subtract_bar[i - 2, subtract_2]
            else:
                if 1 <= i and i < T0.shape[0] - 1:
                    for j in range(1, T0.shape[1] - 1):
                        T_bar[i, j] -= 4.0 * subtract_bar[i - 1, j - 1]
                if 1 <= i and i < T0.shape[0] - 1:
                    for j in range(T0.shape[1] - 2):
                        T_bar[i, j] += subtract_bar[i - 1, j]
                if 1 <= i and i < T0.shape[0] - 1:
                    for j in range(2, T0.shape[1]):
                        T_bar[i, j] += subtract_bar[i - 1, j - 2]
                if i < T0.shape[0] - 2:
                    for j in range(1, T0.shape[1] - 1):
                        T_bar[i, j] += subtract_bar[i, j - 1]
                if 2 <= i:
                    for j in range(1, T0.shape[1] - 1):
                        T_bar[i, j] += subtract_bar[i - 2, j - 1]

    return value, T_bar
