"""Recurrences."""

import numpy as np

from corpus import case, integers, positive, unit


@case((8,), 0.9, float32=True, core=True)
def tanh_scalar(x, a):
    h = 0.0
    for t in range(len(x)):
        h = np.tanh(a * h + x[t])
    return h


@case((8,), unit(3))
def garch(r, theta):
    h = 0.5
    total = 0.0
    for t in range(1, len(r)):
        h = theta[0] + 0.2 * theta[1] * r[t - 1] ** 2 + 0.5 * theta[2] * h
        total += np.log(h) + r[t] ** 2 / h
    return 0.5 * total


@case((6, 3), (4, 4), (4, 3), (4,))
def rnn(X, W, U, b):
    h = np.zeros(4)
    for t in range(X.shape[0]):
        h = np.tanh(W @ h + U @ X[t] + b)
    return h


@case((5, 2), (2, 12), (3, 12), (12,))
def lstm(X, U, W, b):
    h = np.zeros(3)
    c = np.zeros(3)
    for t in range(5):
        z = X[t] @ U + h @ W + b
        i = 1.0 / (1.0 + np.exp(-z[:3]))
        f = 1.0 / (1.0 + np.exp(-z[3:6]))
        o = 1.0 / (1.0 + np.exp(-z[6:9]))
        g = np.tanh(z[9:])
        c = f * c + i * g
        h = o * np.tanh(c)
    return h * c


@case((7,), (3,))
def autoregression(e, phi):
    n = len(e)
    y = np.zeros(n)
    for t in range(n):
        y[t] = e[t]
        for k in range(min(t, 3)):
            y[t] += phi[k] * y[t - k - 1]
    return y


@case(0.3, 3.2, 6, wrt="x,r")
def logistic_map(x, r, n):
    for _ in range(n):
        x = r * x * (1.0 - x)
    return x


@case((4,), (5,))
def horner(coefficients, x):
    p = np.zeros_like(x)
    for k in range(len(coefficients) - 1, -1, -1):
        p = p * x + coefficients[k]
    return p


@case((6,), 0.3)
def exponential_smoothing(x, alpha):
    s = np.empty_like(x)
    s[0] = x[0]
    for t in range(1, len(x)):
        s[t] = alpha * x[t] + (1.0 - alpha) * s[t - 1]
    return s


@case((4, 3), (3, 3), (3,))
def hidden_markov_forward(B, logits, start):
    """Scaled forward algorithm."""
    A = np.exp(logits)
    A = A / A.sum(axis=1, keepdims=True)
    p = np.exp(start)
    p = p / p.sum()
    total = 0.0
    for t in range(4):
        p = p * np.exp(B[t])
        norm = p.sum()
        total += np.log(norm)
        p = (p / norm) @ A
    return total


@case(positive(4), 0.05, 5, wrt="y0,dt")
def lotka_volterra_rk4(y0, dt, steps):
    y = y0[:2] * 1.0
    a, b = y0[2], y0[3]
    for _ in range(steps):
        k1 = np.array([a * y[0] - y[0] * y[1], y[0] * y[1] - b * y[1]])
        z = y + 0.5 * dt * k1
        k2 = np.array([a * z[0] - z[0] * z[1], z[0] * z[1] - b * z[1]])
        y = y + dt * k2
    return y


@case((6,), integers(0, 2, 6), 0.3, wrt="x,a")
def switching_state(x, regime, a):
    s = 0.1
    for t in range(6):
        if regime[t] == 1:
            s = np.sin(a * s) + x[t]
        else:
            s = s * x[t] - a
    return s


@case((5,), (4,))
def dynamic_programming(x, y):
    """A smooth dynamic time warping table."""
    m, n = len(x), len(y)
    D = np.zeros((m + 1, n + 1))
    D[1:, 0] = 10.0
    D[0, 1:] = 10.0
    for i in range(1, m + 1):
        for j in range(1, n + 1):
            cost = (x[i - 1] - y[j - 1]) ** 2
            soft = -np.log(
                np.exp(-D[i - 1, j]) + np.exp(-D[i, j - 1]) + np.exp(-D[i - 1, j - 1])
            )
            D[i, j] = cost + soft
    return D[m, n]
