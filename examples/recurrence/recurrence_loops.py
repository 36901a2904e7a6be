"""Value of prediction_error and its gradient with respect to (a, b, c).

Source: recurrence.py:prediction_error
Command: gradscribe grad recurrence.py:prediction_error --wrt a,b,c --value --target cpu
Digest: e6e4040e74ab310b7a4ad69ea8116fd3 d5e1585ea8985af0
"""

import numpy as np


def prediction_error_value_and_grad(a, b, c, x, y):
    """Value of prediction_error and its gradient with respect to (a, b, c).

    Constant: x, y.  Stored for the backward part: 8*(n + 1) bytes.
    """
    # Forward
    h = 0.0
    total = 0.0
    h_saved = np.empty(x.shape[0] + 1)
    h_saved[0] = h
    for t in range(x.shape[0]):
        h = np.tanh(a * h + b * x[t] + c)
        h_saved[t + 1] = h
        subtract_1 = h - y[t]
        total += subtract_1 * subtract_1
    value = total / np.float64(x.shape[0])

    # Backward: return total / len(x)
    total_bar = 1.0 / np.float64(x.shape[0])

    c_bar = 0.0
    b_bar = 0.0
    a_bar = 0.0
    h_bar = 0.0
    for t in range(x.shape[0] - 1, -1, -1):
        # Backward: total += (h - y[t]) ** 2
        h = h_saved[t + 1]
        h_bar += total_bar * (2.0 * (h - y[t]))

        # Backward: h = np.tanh(a * h + b * x[t] + c)
        add_bar = h_bar * (1.0 - h * h)
        h_bar = add_bar * a
        c_bar += add_bar
        b_bar += add_bar * x[t]
        a_bar += add_bar * h_saved[t]

    return value, (a_bar, b_bar, c_bar)
