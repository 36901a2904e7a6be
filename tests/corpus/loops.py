"""Loops over ranges and arrays."""

import numpy as np

from corpus import case, integers


@case((6,), float32=True)
def running_sum(x):
    s = 0.0
    for i in range(6):
        s += x[i] * x[i]
    return s


@case((6,), float32=True)
def running_product(x):
    p = 1.0
    for i in range(len(x)):
        p *= x[i]
    return p


@case((6,))
def descending(x):
    s = 0.0
    for i in range(len(x) - 1, -1, -1):
        s = np.sin(s + x[i])
    return s


@case((7,))
def descending_by_two(x):
    s = 1.0
    for i in range(6, 0, -2):
        s = s * x[i] + x[i - 1]
    return s


@case((8,))
def step_three(x):
    s = 1.0
    for i in range(1, 8, 3):
        s = s * x[i] + x[i - 1]
    return s + i


@case((4,), 0, wrt="x", label="zero")
@case((4,), 3, wrt="x")
def iterate_n_times(x, n):
    y = x * 1.0
    for _ in range(n):
        y = np.sin(y) * x
    return y


@case((4, 5))
def nested(A):
    m, n = A.shape
    s = 0.0
    for i in range(m):
        for j in range(n):
            s += A[i, j] * A[i, (j + 1) % n]
    return s


@case((5, 5))
def triangular_nest(A):
    s = 0.0
    for i in range(5):
        for j in range(i):
            s += A[i, j] * A[j, i] * s + A[i, i]
    return s


@case((6,))
def triangular_descending(x):
    y = np.zeros(6)
    for i in range(5, -1, -1):
        for j in range(i, 6):
            y[i] += x[j] * x[i]
    return y


@case((3, 3, 3))
def three_deep(A):
    s = 0.0
    for i in range(3):
        for j in range(i + 1):
            for k in range(j, 3):
                s = np.tanh(s * A[i, j, k] + A[k, j, i])
    return s


@case((5,))
def variable_after_loop(x):
    for i in range(4):
        t = x[i] * x[i + 1]
    return t * i + x[i]


@case((6,))
def previous_value(x):
    y = np.zeros(6)
    last = 0.0
    for i in range(6):
        y[i] = last * x[i] + 1.0
        last = x[i] * y[i]
    return y


@case((6,))
def two_carries(x):
    a, b = 0.0, 1.0
    for i in range(6):
        a, b = b, a * x[i] + b
    return a * b


@case((6,))
def fibonacci_rotation(x):
    a, b, c = x[0], x[1], x[2]
    for i in range(3, 6):
        a, b, c = b, c, a * b + x[i]
    return c * a


@case((6,))
def direct_iteration(x):
    s = 0.0
    for v in x:
        s = s * v + np.cos(v)
    return s


@case((3, 4))
def iterate_rows(A):
    s = 0.0
    for row in A:
        s += np.sqrt(row @ row) * row[0]
    return s


@case((5,), (5,))
def with_enumerate_and_zip(x, y):
    s = 0.0
    for i, v in enumerate(x):
        s += i * v * v
    for a, b in zip(x, y):  # noqa: B905
        s *= np.cos(a * b)
    return s


@case((5,), integers(0, 4, 6), wrt="x")
def bounds_from_data(x, k):
    s = 1.0
    for i in range(len(k)):
        for j in range(k[i]):
            s += x[j] * x[k[i]]
    return s


@case((5,))
def array_carry(x):
    v = np.ones(5)
    for i in range(5):
        v = v * x + x[i]
    return v


@case((3, 3), (3,))
def power_steps(A, v):
    for _ in range(4):
        v = A @ v
        v = v / np.sqrt(v @ v)
    return v


@case((5,))
def invariant_inside(x):
    s = 0.0
    for i in range(5):
        c = np.exp(x[0])
        s += c * x[i]
    return s


@case((5,))
def loop_of_temporaries(x):
    s = 0.0
    for i in range(4):
        d = x[i + 1] - x[i]
        e = d * d
        s += np.sqrt(1.0 + e) * e
    return s


@case((4, 6))
def array_work_in_loop(A):
    out = np.zeros(6)
    for i in range(4):
        out += np.tanh(A[i]) * out[0]
        out += A[i]
    return out


@case((8,), 2, wrt="x")
def loop_over_slices(x, width):
    s = 0.0
    for k in range(0, len(x) - width + 1, width):
        chunk = x[k : k + width]
        s += chunk.sum() * chunk[0]
    return s


@case((5,))
def sequential_loops(x):
    y = np.zeros(5)
    for i in range(5):
        y[i] = x[i] ** 2
    for i in range(1, 5):
        y[i] += y[i - 1]
    for i in range(4):
        y[i] *= y[i + 1]
    return y


@case((5,))
def integer_counter(x):
    count = 0
    s = 0.0
    for i in range(5):
        count += i
        s += count * x[i] ** 2
    return s / count


@case((5,))
def int_carry_becomes_float(x):
    s = 0
    for i in range(5):
        s = s + x[i] * x[i]
    return s


@case((5,), analytic=False)
def builtin_extrema(x):
    best = x[0]
    for i in range(1, 5):
        best = max(best, x[i]) * 0.9
    return min(best, 10.0) * abs(x[1])


@case((4,))
def list_comprehension(x):
    y = np.array([v * v for v in x])
    return y


@case((4,))
def append_in_loop(x):
    parts = []
    for i in range(4):
        parts.append(np.sin(x[i]))
    return np.array(parts)
