"""While loops with trip counts that depend on data."""

import numpy as np

from corpus import case


@case(2.3, float32=True)
def halving(x):
    n = 0
    while x > 0.1:
        x = x * 0.5
        n += 1
    return x * n


@case(3.7, core=True)
def newton_root(a):
    x = a
    for _ in range(60):
        step = (x * x - a) / (2.0 * x)
        x = x - step
        if abs(step) < 1e-12:
            break
    return x


@case(3.7)
def newton_while(a):
    x = 1.0
    error = 1.0
    while error > 1e-10:
        new = 0.5 * (x + a / x)
        error = (new - x) ** 2
        x = new
    return x


@case((6,))
def walk_until(x):
    i = 0
    s = 0.0
    while i < len(x) and s < 1.5:
        s += x[i] * x[i]
        i += 1
    return s * i


@case((6,))
def counted_while(x):
    i = 5
    s = 1.0
    while i >= 0:
        s = s * x[i] + 1.0
        i -= 2
    return s


@case(-1.0, label="zero")
@case(1.0)
def maybe_no_trip(x):
    y = x * x
    while x > 0.0:
        x = x - 0.3
        y = y * x + np.sin(x)
    return y


@case((3, 3), (3,))
def fixed_point(A, b):
    A = 0.1 * A
    x = np.zeros(3)
    change = 1.0
    while change > 1e-20:
        new = A @ x + b
        d = new - x
        change = d @ d
        x = new
    return x


@case((4,))
def while_true_with_break(x):
    s = 0.0
    k = 0
    while True:
        s = s + np.exp(-s) * x[k % 4] ** 2
        k += 1
        if k > 9 or s > 3.0:
            break
    return s


@case((4,))
def nested_whiles(x):
    i = 0
    s = 0.0
    while i < 4:
        v = x[i] * x[i] + 1.0
        while v > 0.2:
            v = 0.6 * v
            s += v * v
        i += 1
    return s


@case((5,))
def while_in_for(x):
    s = 0.0
    for i in range(5):
        v = x[i]
        while v * v > 0.05:
            v = v * 0.5
            s += v * x[i]
    return s


@case((5,))
def while_with_array_state(x):
    y = x * x
    k = 0
    while y.sum() > 0.5:
        y[k % 5] *= 0.3
        y = y * 0.9
        k += 1
    return y


@case((6,))
def while_with_continue(x):
    i = -1
    s = 0.0
    while i < 5:
        i += 1
        if x[i] < 0.0:
            continue
        s = s * 0.5 + x[i] ** 2
    return s


@case(0.8)
def series_until_small(x):
    term = 1.0
    total = 1.0
    k = 1
    while term * term > 1e-30:
        term = term * x / k
        total += term
        k += 1
    return total


@case((3,))
def many_trips(x):
    """More trips than any first guess of the saves' length."""
    s = 0.0
    k = 0
    while k < 200:
        s = np.sin(s + x[k % 3])
        k += 1
    return s


@case((3,))
def many_nested_trips(x):
    i = 0
    s = 0.1
    while i < 12:
        j = 0
        while j < i:
            s = np.cos(s * x[j % 3]) + 0.1 * x[i % 3]
            j += 1
        v = x * s
        i += 1
    return s + v


@case((3,))
def many_array_trips(x):
    y = x.copy()
    k = 0
    while k < 70:
        y = np.sin(y + x[k % 3])
        y[k % 3] *= 0.9
        k += 1
    return y


@case((4,))
def many_trips_with_break(x):
    s = 0.0
    for i in range(50):
        for j in range(50):
            s += 0.01 * x[j % 4] ** 2
            if j > 20 + i % 7 and s > 0.0:
                s = s * 0.9
                break
        if i > 40:
            break
    return s
