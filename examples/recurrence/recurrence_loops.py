"""Value of prediction_error and its gradient with respect to (a, b, c).

Source: recurrence.py:prediction_error
Command: gradscribe grad recurrence.py:prediction_error --wrt a,b,c --value --target cpu
Digest: e6e4040e74ab310b7a4ad69ea8116fd3 65e254845d0ca45e
"""

import numpy as np


def _vexpm1(x):
    """exp(x) - 1 as arithmetic alone, for vector code."""
    x = np.float64(x)
    c = 710.0 if x > 710.0 else (-40.0 if x < -40.0 else x)
    # c = k * log(2) + r; the low bits of t hold k + 2046.
    t = np.float64(c * 1.4426950408889634 + 6755399441057790.0)
    k = t - 6755399441057790.0
    r = c - k * 0.6931471805592082 - k * 7.371002565167799e-13
    p1_0 = 0.5 + 0.16666666666666677 * r
    p1_1 = 0.0416666666666667 + 0.008333333333321626 * r
    p1_2 = 0.0013888888888866746 + 0.00019841269886131463 * r
    p1_3 = 2.4801587360696127e-05 + 2.7557244212021407e-06 * r
    p1_4 = 2.75572426632087e-07 + 2.5109033490722282e-08 * r
    r2 = r * r
    p2_0 = p1_0 + p1_1 * r2
    p2_1 = p1_2 + p1_3 * r2
    p2_2 = p1_4 + 2.0924468185995332e-09 * r2
    r4 = r2 * r2
    p4_0 = p2_0 + p2_1 * r4
    r8 = r4 * r4
    p = p4_0 + p2_2 * r8
    # (2**k * exp(r) - 1) / 2, since 2**k alone may be too large.
    n = np.int64(((t.view(np.int64) & 0xFFF) - 1024) << 52)
    s = n.view(np.float64)
    y = 2.0 * (s * (r + r * r * p) + (s - 0.5))
    return x if abs(x) < 1e-17 else y


def _vtanh(x):
    """tanh(x) as arithmetic alone, for vector code."""
    a = abs(np.float64(x))
    e = _vexpm1(44.0 if a > 22.0 else 2.0 * a)
    return np.copysign(e / (e + 2.0), x)


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
        h = _vtanh(a * h + b * x[t] + c)
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
