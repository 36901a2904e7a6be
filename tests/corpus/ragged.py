"""Arrays whose length changes from one iteration of a loop to the next."""

import numpy as np

from corpus import case, normal


@case(100.0, 101.3, 0.03, 0.25, analytic=False)
def american_put(spot, strike, rate, sigma):
    steps = 12
    dt = 1.0 / steps
    up = np.exp(sigma * np.sqrt(dt))
    p = (np.exp(rate * dt) - 1 / up) / (up - 1 / up)
    prices = spot * up ** np.arange(-steps, steps + 1, 2)
    values = np.maximum(strike - prices, 0)
    for _ in range(steps):
        values = np.exp(-rate * dt) * (p * values[1:] + (1 - p) * values[:-1])
        prices = prices[:-1] * up
        values = np.maximum(values, strike - prices)
    return values[0]


@case((5,))
def prefixes_chosen_by_data(x):
    s = 0.0
    for i in range(3):
        k = int(abs(x[i]) * 3) + 1
        u = np.sin(x[:k] * s + 1.0)
        u = u * u * x[i]
        s = s + u.sum()
    return s


@case((6,))
def shrinking_matrices(x):
    A = np.outer(x, x)
    for _ in range(3):
        A = np.tanh(A[1:, :-1] * A[:-1, 1:])
    return A


@case((6,), np.array([2, 3, 6]), writes="y")
def writes_prefixes(y, k):
    for m in k:
        y[:m] += y[0] * np.flip(y[:m])
        y[1:m] = y[1:m] * y[0 : m - 1]
    return y


@case(normal(6, scale=0.5))
def halves_by_a_mask(x):
    out = 0.0
    while len(x) > 1:
        y = x[:-1] * x[1:]
        x = y[y < y.mean() + 1]
        out += np.sum(y * y)
    return out


def _powers(u, k):
    t = np.exp(u[:k])
    t = t * t
    return np.sum(t * u[0])


@case((5,))
def helper_of_changing_lengths(x):
    s = 0.0
    for i in range(5):
        s += _powers(x, int(2 + x[i] > 0)) * x[i]
    return s


@case((7,))
def rows_that_grow(x):
    row = x[:1] * 1.0
    for i in range(1, x.size):
        grown = np.zeros(i + 1)
        grown[:-1] = row
        grown[1:] += row * x[i]
        row = np.sin(grown)
    return row


@case((6, 5))
def within_a_window(x):
    """What is saved of the inner loops has lengths that the windows bound."""
    h, w = x.shape
    out = np.zeros((h, w))
    for i in range(h):
        for j in range(w - 1, -1, -1):
            num = 0.0
            den = 0.0
            for a in range(max(0, i - 1), min(h, i + 2)):
                for b in range(min(w - 1, j + 1), max(-1, j - 3), -1):
                    k = np.exp(-np.square(x[a, b] - x[i, j]))
                    num += k * x[a, b]
                    den += k
            out[i, j] = num / den
    return out


@case((7, 7), (7,), 2)
def within_a_band(A, x, k):
    y = np.zeros(len(x))
    for i in range(len(x)):
        s = 0.0
        for j in range(max(0, i - k), min(len(x), i + k + 1)):
            t = np.sin(A[i, j] * x[j])
            s += t * np.exp(t)
        y[i] = s * s
    return y


@case((4, 5), analytic=False)
def stretched_where_positive(x):
    """Zeros of one number's adjoint meet several poles."""
    out = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            q = x[i, j] / (x[i, j] * x[i, j] + 0.1)
            c = 1.0 / (1.0 + q / (0.3 + np.square(x[i, j])))
            if x[i, j] < 0.0:
                c = 0.5
            out += c * np.sqrt(1.0 + x[i, j] * x[i, j])
    return out
