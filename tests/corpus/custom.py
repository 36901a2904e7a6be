"""Functions whose derivatives are given, here the right ones."""

import gradscribe as gs
import numpy as np

from corpus import case

SHIFT = 0.5
WEIGHTS = np.array([0.5, -1.0, 2.0])


def bounded_jvp(tangent, t):
    y = bounded(t)
    return tangent * (1 - y * y)


def bounded_vjp(cotangent, t):
    y = bounded(t)
    return cotangent * (1 - y * y)


@gs.custom_derivative(jvp=bounded_jvp, vjp=bounded_vjp)
def bounded(t):
    return np.tanh(t)


def weighed_jvp(tangents, x, k):
    x_dot, k_dot = tangents
    y_dot = WEIGHTS * (k * x_dot + k_dot * x)
    return y_dot, k_dot * np.sum(x) + k * np.sum(x_dot)


def weighed_vjp(cotangents, x, k):
    y_bar, total_bar = cotangents
    x_bar = k * (WEIGHTS * y_bar + total_bar)
    return x_bar, np.sum(WEIGHTS * x * y_bar) + np.sum(x) * total_bar


@gs.custom_derivative(jvp=weighed_jvp, vjp=weighed_vjp)
def weighed(x, k):
    return k * WEIGHTS * x, k * np.sum(x)


def shifted_vjp(cotangent, x, n):
    return n * cotangent * (x + SHIFT) ** (n - 1)


@gs.custom_derivative(jvp=shifted_vjp, vjp=shifted_vjp, wrt="x")
def shifted(x, n):
    return (x + SHIFT) ** n


@case((3, 2), (2,), float32=True)
def given_in_a_layer(X, w):
    z = bounded(X @ w)
    return np.sum(z * z) + bounded(w[0])


@case((3,), 1.5)
def given_for_two(x, k):
    y, total = weighed(x, k)
    z, other = weighed(y * total, 0.5)
    return np.sum(z**2) + other * total


@case((4,), core=True)
def given_in_a_loop(x):
    state = x
    total = 0.0
    for i in range(len(x)):
        state = bounded(state * x[i]) + x
        if state[0] > 0:
            total += bounded(state[i]) * x[i]
        else:
            total -= shifted(state[i], 2)
    return total + np.sum(state)


def _inner(x, A):
    return shifted(A.T @ x, 3) + shifted(x, 2)


@case((3,), (3, 3))
def given_in_a_helper(x, A):
    y = np.empty(3)
    for i in range(2):
        y[:] = _inner(x, A * (i + 1))
        A = A + y[:, None] * 0.1
    return y


@case((2, 3))
def given_of_views(A):
    B = A.copy()
    B[0] = bounded(A[1]) * bounded(B.T)[:, 0]
    B[1, :2] = bounded(B[0, 1:])
    return B


def product_jvp(tangents, pair, shift=2.0):
    (a_dot, b_dot), shift_dot = tangents
    a, b = pair
    return a_dot * b + a * b_dot + shift_dot


def product_vjp(cotangent, pair, shift=2.0):
    a, b = pair
    return (cotangent * b, cotangent * a), np.sum(cotangent)


@gs.custom_derivative(jvp=product_jvp, vjp=product_vjp)
def product(pair, shift=2.0):
    return pair[0] * pair[1] + shift


@case((3,))
def given_for_pairs(x):
    return np.sum(product((x, np.sin(x))) * product((x, x), shift=x[0]))


@case((3,))
def given_until_small(x):
    state = x + 1.0
    count = 0
    while np.sum(state * state) > 0.1 and count < 5:
        state = bounded(state) * 0.7
        if state[0] > 0.2:
            state[1:] = bounded(state[:-1])
        count += 1
    return np.sum(state * x)
