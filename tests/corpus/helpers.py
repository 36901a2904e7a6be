"""Calls of the user's own functions."""

import numpy as np

from corpus import case

GRAVITY = 9.81
TABLE = np.array([0.5, -1.0, 2.0])


def square_plus(x, c=1.0):
    return x * x + c


def polar(r, angle):
    return r * np.cos(angle), r * np.sin(angle)


def scale_in_place(v, factor):
    v *= factor


def axpy(a, x, y):
    for i in range(len(x)):
        y[i] += a * x[i]


def exchange(a, b, w):
    for i in range(len(a)):
        t = a[i] * w
        a[i] = b[i] + t
        b[i] = t * a[i]


def smooth_into(source, target):
    n = len(source)
    target[0] = source[0]
    for i in range(1, n - 1):
        target[i] = 0.25 * source[i - 1] + 0.5 * source[i] + 0.25 * source[i + 1]
    target[n - 1] = source[n - 1]


def first_positive(x):
    for i in range(len(x)):
        if x[i] > 0.0:
            return x[i] * x[i]
    return 0.0


def fill_and_sum(out, x):
    out[:] = x * x
    return out.sum()


def relu(z):
    return np.maximum(z, 0.0)


def dense(x, W, b):
    return relu(x @ W + b)


def inner_view(x):
    return x[1:-1]


def power(x, n):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


@case((5,))
def one_call(x):
    return square_plus(x)


@case((5,))
def keyword_and_default(x):
    return square_plus(x, c=x[0]) + square_plus(c=2.0, x=x)


@case((4,), (4,))
def two_results(r, angle):
    u, v = polar(r, angle)
    return u * v + u


@case((5,))
def call_twice(x):
    return square_plus(square_plus(x), x[1])


@case((5,), 1.3)
def mutating_call(x, a):
    y = x.copy()
    scale_in_place(y, a)
    scale_in_place(y, x[0])
    return y * y


@case((5,), (5,), 0.7, core=True)
def mutating_loop(x, y, a):
    z = y * 1.0
    for _ in range(3):
        axpy(a, x, z)
        axpy(z[0], x, z)
    return z


@case((4,), (4,), 0.4, core=True)
def swapped_arguments(x, y, w):
    a = x.copy()
    b = y.copy()
    for k in range(3):
        if k % 2 == 0:
            exchange(a, b, w)
        else:
            exchange(b, a, w)
    return np.sum(a * a) + a @ b


@case((5,), core=True)
def double_buffer(x):
    a = x.copy()
    b = np.zeros(5)
    for _ in range(3):
        smooth_into(a, b)
        a, b = b, a
    return a * a


@case((5,))
def call_on_a_view(x):
    y = x * x
    scale_in_place(y[1:3], 3.0)
    axpy(2.0, x[2:], y[:3])
    return y * x


@case((3, 4))
def call_on_rows(A):
    B = A.copy()
    for i in range(1, 3):
        axpy(A[i, 0], A[i - 1], B[i])
    return B * B


@case((5,))
def helper_with_early_return(x):
    return first_positive(x) * first_positive(-x)


@case((5,))
def mutate_and_return(x):
    out = np.empty(5)
    s = fill_and_sum(out, x)
    return out * s


@case((3, 4), (4, 5), (5,), (5, 2), (2,))
def dense_layers(X, W1, b1, W2, b2):
    return dense(dense(X, W1, b1), W2, b2)


@case((6,))
def helper_returns_view(x):
    y = x * x
    v = inner_view(y)
    v[0] = x[0]
    return y * y


@case((3,))
def module_constants(x):
    return 0.5 * GRAVITY * x**2 + TABLE * x


@case(1.3, 4, wrt="x")
def recursion(x, n):
    return power(x, n)


@case((5,))
def nested_function(x):
    c = x[0]

    def g(v):
        return v * c + np.sin(v)

    return g(x) * g(c)


@case((5,))
def with_lambda(x):
    f = lambda v, k: v**k + 1.0  # noqa: E731
    return f(x, 2) * f(x, 3)


def _closure(scale):
    def scaled(x):
        return scale * x * x

    return scaled


closed_over = case((4,))(_closure(2.5))


def _pair(a, w):
    return a * w, np.cos(a)


@case((4,), 0.6)
def second_of_two(v, w):
    y = _pair(v, w)[1]
    return np.sum(y * y) * w


def _both_ways(a, b):
    c = a - b * np.sin(a)
    return c * c, b - a


@case((4,), (4,))
def first_of_two_in_a_loop(u, v):
    s = u * 1.0
    for _ in range(2):
        s = s + _both_ways(s, v)[0]
    return s


def _multiply_up(u, f):
    if len(u) > 1:
        for i in range(1, len(u)):
            u[i] = u[i - 1] * f[i]


@case((5,))
def constant_that_a_branch_of_a_helper_fills(f):
    """The helper's backward part writes an adjoint that leads to nothing before it."""
    u = np.ones(len(f))
    _multiply_up(u, f)
    return np.sum(u * f)
