"""Elementwise arithmetic, functions and broadcasting."""

import math

import numpy as np

from corpus import case, normal, positive, unit


@case((6,), (6,), float32=True)
def arithmetic(x, y):
    return x * y - 3.0 * x + y / 2.0 - (-x)


@case((6,), positive(6), float32=True)
def quotient(x, y):
    return (x + 1.0) / y - 2.0 / y


@case((4, 3), (3,), float32=True)
def broadcast_row(A, b):
    return A * b + b


@case((4, 3), (4, 1))
def broadcast_column(A, c):
    return A - c * A


@case((4,), (3,))
def outer_difference(x, y):
    d = x[:, np.newaxis] - y[np.newaxis, :]
    return d * d


@case((5,), 0.7, float32=True)
def scalar_with_array(x, a):
    return a * x + a


@case((1,), (5,))
def size_one_broadcast(a, x):
    return a * np.sin(x)


@case((2, 1, 3), (4, 1))
def broadcast_rank_three(A, b):
    return A * b - np.cos(b)


@case((7,), float32=True)
def trigonometric(x):
    return np.sin(x) * np.cos(2.0 * x) + np.tan(0.3 * x)


@case((7,))
def hyperbolic(x):
    return np.sinh(x) - np.cosh(0.5 * x) * np.tanh(x)


@case(unit(5))
def inverse_trigonometric(x):
    return np.arcsin(x) + np.arccos(0.5 * x) - np.arctan(x)


@case(positive(5))
def inverse_hyperbolic(x):
    return np.arcsinh(x) + np.arccosh(x + 1.0) + np.arctanh(x / 3.0)


@case(positive(6), float32=True)
def exponentials_and_logs(x):
    return np.exp(-x) + np.log(x) + np.expm1(x) - np.log1p(x)


@case(positive(6))
def other_bases(x):
    return np.exp2(x) + np.log2(x) * np.log10(x)


@case(positive(6), float32=True)
def roots(x):
    return np.sqrt(x) + 1.0 / np.sqrt(1.0 + x) + np.square(x) + np.reciprocal(x)


@case(positive(6), analytic=False)
def cube_root(x):
    return np.cbrt(x) * x


@case(positive(5), (5,))
def power_of_array(x, y):
    return x**y


@case((5,))
def integer_powers(x):
    return x**3 - 2 * x**2 + x**1


@case(positive(5))
def negative_power(x):
    return x**-2 + x**-0.5


@case(positive(5), 1.7)
def power_scalar_exponent(x, p):
    return np.power(x, p)


@case((5,))
def base_constant(x):
    return 2.0**x


@case((5,), (5,), analytic=False)
def angle_and_length(x, y):
    return np.arctan2(y, x) * np.hypot(x, y)


@case((8,), analytic=False, float32=True)
def absolute_value(x):
    return np.abs(x) + abs(x) ** 3 + np.fabs(x - 1.0)


@case((8,), (8,), analytic=False, float32=True)
def elementwise_extrema(x, y):
    return np.maximum(x, y) * np.minimum(x, 0.3)


@case((8,), analytic=False)
def clipped(x):
    return np.clip(x, -0.5, 0.8) * x


@case((8,), analytic=False)
def clip_method_one_bound(x):
    return x.clip(-0.5, None) + np.clip(x, None, 0.5)


@case((8,), analytic=False)
def relu(x):
    return np.maximum(0, x)


@case((8,), (8,))
def select(x, y):
    return np.where(x > y, x * y, np.sin(y))


@case((6,), (6,), analytic=False)
def log_sum_of_two(x, y):
    return np.logaddexp(x, y) * np.logaddexp2(x, 0.0)


@case((6,), float32=True)
def sigmoid_by_hand(x):
    return 1.0 / (1.0 + np.exp(-x))


@case((6,))
def softplus_by_hand(x):
    return np.log(1.0 + np.exp(x))


@case((6,), analytic=False)
def piecewise_constant_factor(x):
    return np.floor(3.0 * x) * x + np.sign(x) * x**2 + np.rint(x) * x


@case(normal(6, scale=90.0), analytic=False)
def degrees_and_radians(x):
    return np.deg2rad(x) * np.cos(np.radians(x)) + np.rad2deg(x / 90.0)


@case((5,), (5,), analytic=False)
def copied_sign(x, y):
    return np.copysign(x, y) * 2.0


@case(0.4, 1.3)
def all_scalars(a, b):
    return a * np.exp(-b) + np.sin(a * b) / b


@case(0.4, 1.3, analytic=False)
def math_module(a, b):
    return math.exp(-a) * math.sqrt(b) + math.log(b) * math.sin(a) + math.pi * a


@case((5,))
def reused_name(x):
    x = x * 2.0
    x = np.sin(x)
    x = x + x
    return x * x


@case((5,))
def same_operand_twice(x):
    return x * x + x / (x * x + 1.0)


@case((4,), (4,))
def tuple_unpacking(x, y):
    a, b = x * y, x + y
    a, b = b, a
    return a * a - b


@case((5,), analytic=False)
def remainder_of(x):
    return np.remainder(x, 0.7) * x + x % 0.9


@case((3, 4))
def unused_result(A):
    unused = np.exp(A)  # noqa: F841
    return np.sin(A)


@case((4,), (4,), wrt="x")
def constant_operand(x, y):
    return x * np.exp(y) + y


@case((4,), (4,), wrt="y")
def only_second(x, y):
    return x * np.exp(y) + x


@case((4,), (4,))
def independent_parameter(x, y):
    return np.sin(x)
