"""Helpers that return early: what their other paths keep is not there then."""

import numpy as np

from corpus import case


def _decayed(y, h, n):
    if n > 5:
        return y * 1.0
    k = np.exp(h - y)
    return k * np.sin(k)


@case((4,), core=True)
def on_either_path(x):
    a = _decayed(x, 0.3, 2)
    return a * _decayed(x, 0.1, 7)


def _slope(y, h, n):
    if n > 5:
        return y * 1.0
    k1 = h - y
    k2 = h - (y + h * k1)
    if np.max(np.abs(k1 - k2)) > 0.5:
        z = k1.copy()
        z[0] = y[1] * k2[0]
    else:
        z = y + k1 + k2
    return z


@case((4,))
def branches_after_a_return(x):
    a = _slope(x, 0.3, 2)
    return a * _slope(x, 0.1, 7) * _slope(x, 0.9, 1)


def _numbers(x, flag):
    if flag:
        return x
    k = int(np.floor(10.0 * x)) % 3
    r = np.sqrt(1.0 + x * x)
    return r * np.sin(r) ** (k + 1)


@case(0.73, analytic=False)
def numbers(x):
    return _numbers(x, True) * _numbers(x, False)


@case((5,), label="above")
@case(-1.0 - np.arange(5.0), label="below")
def returns_under_a_known_condition(x):
    """The inner condition is known from the types: nothing leaves there."""
    if x[0] > 0.0:
        if x.ndim == 2:
            return x.sum()
    y = x * 2.0
    return np.sum(y * y)


@case((5,), 4)
def returns_what_an_iteration_before_bound(x, n):
    for i in range(n):
        if i == 0:
            v = x[:3] * x[0]
        elif x[0] > 100.0:
            break
        elif i == 2:
            return v
        v = v * x[i]
    return v


@case((5,), 4, label="returned")
@case((5,), 2, label="not_returned")
def returns_another_length_two_loops_down(x, n):
    v = x[1:4]
    for i in range(n):
        for _ in range(i):
            if x[0] > 100.0:
                break
            elif i == 2:
                return v
        v = x[:3] * x[i]
    return v
