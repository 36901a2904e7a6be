"""Conditionals."""

import numpy as np

from corpus import case, exactly


@case(0.4, -0.3, label="second")
@case(0.4, 0.9, float32=True)
def if_else(a, b):
    if a < b:
        c = a * b
    else:
        c = a - b * b
    return c * a


@case(0.4)
def if_only(a):
    y = a * a
    if a > 0.0:
        y = y * np.sin(a)
    return y


@case(-0.4, label="middle")
@case(-1.4, label="low")
@case(0.4)
def elif_chain(a):
    if a < -1.0:
        y = a * a
    elif a < 0.0:
        y = np.exp(a)
    elif a < 1.0:
        y = np.sin(a)
    else:
        y = a
    return y


@case((6,), core=True)
def branch_in_loop(x):
    s = 0.0
    for i in range(6):
        if x[i] > 0.0:
            s = s * x[i]
        else:
            s = s - x[i] ** 2
    return s


@case((6,))
def branch_with_stores(x):
    y = np.zeros(6)
    for i in range(6):
        if i % 2 == 0:
            y[i] = x[i] ** 2
        else:
            y[i] = y[i - 1] * x[i]
    return y


@case((6,))
def conditional_expression(x):
    s = 0.0
    for i in range(6):
        s += x[i] * x[i] if x[i] > 0.0 else np.cos(x[i])
    return s


@case((4,), True, wrt="x", label="on")
@case((4,), False, wrt="x")
def flag_parameter(x, square):
    y = x
    if square:
        y = x * x
    return y * 2.0


@case((6,))
def logical_operators(x):
    s = 0.0
    for i in range(1, 5):
        if x[i] > 0.0 and x[i - 1] < x[i] or not x[i + 1] > 0.0:
            s += x[i] ** 2
        else:
            s -= x[i]
    return s


@case((6,))
def chained_comparison(x):
    s = 0.0
    for i in range(6):
        if -0.5 < x[i] < 0.5:
            s += x[i] ** 2
        elif -1.0 <= x[i] <= 1.0:
            s += x[i] ** 3
    return s


@case((4,), 1, wrt="x", label="one")
@case((4,), 2, wrt="x")
def scalar_or_array_per_branch(x, mode):
    if mode == 1:
        t = x[0] * x[1]
        y = x * t
    else:
        t = x * x
        y = t + x
    return y


@case((5,))
def branch_on_sum(x):
    if x.sum() > 0.0:
        y = np.exp(x)
    else:
        y = np.sin(x)
    return y * y


@case((5,))
def branch_stores_in_place(x):
    y = x.copy()
    if y[0] > y[1]:
        y[0] = y[1] * y[2]
    else:
        y[1] = y[0] * y[3]
        y[2] += y[1]
    return y


@case((5,))
def nested_branches(x):
    s = 0.0
    for i in range(5):
        v = x[i]
        if v > 0.0:
            if v > 0.7:
                s += v
            else:
                s += v * v
            s *= 1.1
        else:
            s = s + np.sin(v) * s
    return s


@case((5,))
def assigned_in_one_branch(x):
    scale = 1.0
    if x[0] < 10.0:
        scale = x[0] * x[1]
    bonus = 0.0
    if x[1] > 100.0:
        bonus = x[2]
    return x * scale + bonus


@case(exactly([1.0, 2.0, 0.5]))
def compare_counters(x):
    s = 0.0
    for i in range(3):
        for j in range(3):
            if i == j:
                continue
            if i < j:
                s += x[i] * x[j]
            elif i != 2:
                s += x[i] / x[j]
    return s


@case((4,), None, wrt="x")
def none_parameter(x, weights=None):
    if weights is None:
        return np.sum(x * x)
    return np.sum(x * weights)
