"""Dtypes: Python constants, casts, integers and floats of two widths."""

import numpy as np

from corpus import case, exactly, integers


@case((5,), float32=True, core=True)
def python_constants(x):
    s = 0.0
    for i in range(5):
        s = 0.9 * s + np.sin(x[i]) / 3
    return s


@case((5,), float32=True)
def zeros_are_double(x):
    y = np.zeros(5)
    y[:] = x * x
    return y


@case((5,), float32=True)
def zeros_of_the_same(x):
    y = np.zeros(5, dtype=x.dtype)
    y[1:] = x[1:] * x[:-1]
    return y * 2


@case((5,), float32=True)
def like_forms(x):
    y = np.empty_like(x)
    z = np.zeros_like(x)
    y[:] = x**2
    z[0] = y[1]
    return y + z


@case((5,), exactly([1.5, 2.5, -1.0, 0.5, 2.0], "float32"), wrt="x,y")
def mixed_widths(x, y):
    return x * y + y


@case((5,), analytic=False)
def cast_down(x):
    return np.sum(x.astype(np.float32) * 0.0) + np.sum(x * 2.0)


@case((5,), float32=True, analytic=False)
def cast_up(x):
    return x.astype(np.float64) ** 2


@case((5,), integers(-3, 4, 5), wrt="x")
def integer_times_float(x, k):
    return x * k + k / 2


@case((5,), integers(1, 4, 5), wrt="x")
def integer_exponents(x, k):
    return x**k


@case((5,), 3, wrt="x")
def integer_parameter_division(x, n):
    return x * (n // 2) + x / n + (n % 2) * x**n


@case((5,), analytic=False)
def integer_literals(x):
    return 2 * x // 1 * 0 + x * 3 - 1


@case((5,), float32=True)
def float64_array_constant(x):
    return x * np.array([1.0, 2.0, 3.0, 4.0, 5.0])


@case((5,), float32=True)
def arange_weights(x):
    return x * np.arange(5)


@case((5,), float32=True)
def mean_and_count(x):
    n = len(x)
    return np.sum(x) / n + np.mean(x) * n / 2


@case((6,))
def boolean_arithmetic(x):
    return x * (x > 0.0) + (x < -0.5)


@case((5,), (5,), float32=True)
def where_of_constants(x, y):
    return np.where(x > 0, 1.0, y) * x


@case((5,), float32=True)
def scalar_from_array(x):
    a = x[0]
    b = a * 2
    return b * x.sum() + 1


@case(2.0, (4,))
def float_parameter_given_number(a, x):
    return a**2 * x


@case((5,))
def linspace_grid(x):
    t = np.linspace(0.0, 1.0, 5)
    return np.sum(x * t**2) * (t[1] - t[0])


@case((4,), 3, wrt="x")
def identity_matrix(x, n):
    return np.eye(4) @ x + np.eye(n + 1) @ (x * x)
