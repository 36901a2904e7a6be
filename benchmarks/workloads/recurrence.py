"""The mean squared error of h = tanh(a h + b x + c), as in benchmarks/readme.py."""

import numpy as np

SIZES = {"small": {"n": 1_000}, "large": {"n": 100_000}}
WRT = ("a", "b", "c")
LOOPS = True
BOUND = 1.3


def data(rng, n):
    return 0.8, 0.5, -0.1, rng.standard_normal(n), rng.standard_normal(n)


def primal(a, b, c, x, y):
    n = len(x)
    h = 0.0
    total = 0.0
    for t in range(n):
        h = np.tanh(a * h + b * x[t] + c)
        total += (h - y[t]) ** 2
    return total / n


def by_hand_numpy(a, b, c, x, y):
    n = len(x)
    h = np.empty(n + 1)
    h[0] = state = 0.0
    drive = b * x + c
    for t in range(n):
        state = np.tanh(a * state + drive[t])
        h[t + 1] = state
    slope = 1.0 - h[1:] ** 2
    from_error = 2.0 / n * (h[1:] - y)
    z_bar = np.empty(n)
    h_bar = 0.0
    for t in range(n - 1, -1, -1):
        z_bar[t] = (h_bar + from_error[t]) * slope[t]
        h_bar = a * z_bar[t]
    return z_bar @ h[:-1], z_bar @ x, np.sum(z_bar)


def by_hand_numba(a, b, c, x, y):
    n = len(x)
    h = np.empty(n + 1)
    h[0] = state = 0.0
    for t in range(n):
        state = np.tanh(a * state + b * x[t] + c)
        h[t + 1] = state
    a_bar = b_bar = c_bar = h_bar = 0.0
    for t in range(n - 1, -1, -1):
        h_bar += 2.0 / n * (h[t + 1] - y[t])
        z_bar = h_bar * (1.0 - h[t + 1] * h[t + 1])
        a_bar += z_bar * h[t]
        b_bar += z_bar * x[t]
        c_bar += z_bar
        h_bar = a * z_bar
    return a_bar, b_bar, c_bar


def for_jax(np, lax):
    def function(a, b, c, x, y):
        def step(h, xy):
            h = np.tanh(a * h + b * xy[0] + c)
            return h, (h - xy[1]) ** 2

        return np.mean(lax.scan(step, 0.0, (x, y))[1])

    return function


def for_torch(torch):
    def function(a, b, c, x, y):
        h = torch.zeros((), dtype=x.dtype)
        states = []
        for drive in (b * x + c).unbind():
            h = torch.tanh(a * h + drive)
            states.append(h)
        return torch.mean((torch.stack(states) - y) ** 2)

    return function


# 100000 steps take autograd 30 s.
for_autograd = None
