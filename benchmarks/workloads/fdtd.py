"""fdtd_2d of PolyBench and NPBench: the energy of fields after steps of Maxwell's."""

import numpy as np

SIZES = {"small": {"n": 40, "steps": 20}, "large": {"n": 200, "steps": 100}}
WRT = ("ex", "ey", "hz", "source")
LOOPS = True


def data(rng, n, steps):
    fields = [rng.standard_normal((n, n)) for _ in range(3)]
    return *fields, rng.standard_normal(steps)


def primal(ex, ey, hz, source):
    ex, ey, hz = ex.copy(), ey.copy(), hz.copy()
    for t in range(len(source)):
        ey[0, :] = source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    return np.sum(ex**2 + ey**2 + hz**2)


def by_hand_numpy(ex, ey, hz, source):
    ex, ey, hz = ex.copy(), ey.copy(), hz.copy()
    for value in source:
        ey[0] = value
        ey[1:] -= 0.5 * (hz[1:] - hz[:-1])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    # The steps are linear: the adjoints take the place of the fields.
    for field in (ex, ey, hz):
        field *= 2.0
    source_bar = np.empty_like(source)
    for t in range(len(source) - 1, -1, -1):
        curl = 0.7 * hz[:-1, :-1]
        ex[:-1, 1:] -= curl
        ex[:-1, :-1] += curl
        ey[1:, :-1] -= curl
        ey[:-1, :-1] += curl
        half = 0.5 * ex[:, 1:]
        hz[:, 1:] -= half
        hz[:, :-1] += half
        half = 0.5 * ey[1:]
        hz[1:] -= half
        hz[:-1] += half
        source_bar[t] = np.sum(ey[0])
        ey[0] = 0.0
    return ex, ey, hz, source_bar


def by_hand_numba(ex, ey, hz, source):
    """Back in gather form, rows of the three adjoints in one sweep upwards."""
    ex, ey, hz = ex.copy(), ey.copy(), hz.copy()
    m, n = hz.shape
    for t in range(len(source)):
        for j in range(n):
            ey[0, j] = source[t]
        for i in range(1, m):
            for j in range(n):
                ey[i, j] -= 0.5 * (hz[i, j] - hz[i - 1, j])
        for i in range(m):
            for j in range(1, n):
                ex[i, j] -= 0.5 * (hz[i, j] - hz[i, j - 1])
        for i in range(m - 1):
            for j in range(n - 1):
                hz[i, j] -= 0.7 * (ex[i, j + 1] - ex[i, j] + ey[i + 1, j] - ey[i, j])
    for i in range(m):
        for j in range(n):
            ex[i, j] *= 2.0
            ey[i, j] *= 2.0
            hz[i, j] *= 2.0
    source_bar = np.empty_like(source)
    last = n - 1
    for t in range(len(source) - 1, -1, -1):
        for j in range(last):
            ey[m - 1, j] -= 0.7 * hz[m - 2, j]
        hz[m - 1, 0] += 0.5 * (ex[m - 1, 1] - ey[m - 1, 0])
        for j in range(1, last):
            hz[m - 1, j] += 0.5 * (ex[m - 1, j + 1] - ex[m - 1, j] - ey[m - 1, j])
        hz[m - 1, last] -= 0.5 * (ex[m - 1, last] + ey[m - 1, last])
        for i in range(m - 2, -1, -1):
            ex[i, 0] += 0.7 * hz[i, 0]
            for j in range(1, last):
                ex[i, j] += 0.7 * (hz[i, j] - hz[i, j - 1])
            ex[i, last] -= 0.7 * hz[i, last - 1]
            if i > 0:
                for j in range(last):
                    ey[i, j] += 0.7 * (hz[i, j] - hz[i - 1, j])
            else:
                total = ey[0, last]
                for j in range(last):
                    total += ey[0, j] + 0.7 * hz[0, j]
                source_bar[t] = total
                ey[0] = 0.0
            hz[i, 0] += 0.5 * (ex[i, 1] - ey[i, 0] + ey[i + 1, 0])
            for j in range(1, last):
                hz[i, j] += 0.5 * (ex[i, j + 1] - ex[i, j] - ey[i, j] + ey[i + 1, j])
            hz[i, last] += 0.5 * (ey[i + 1, last] - ey[i, last] - ex[i, last])
    return ex, ey, hz, source_bar


def for_jax(np, lax):
    def function(ex, ey, hz, source):
        def step(fields, value):
            ex, ey, hz = fields
            ey = ey.at[0].set(value)
            ey = ey.at[1:].add(-0.5 * (hz[1:] - hz[:-1]))
            ex = ex.at[:, 1:].add(-0.5 * (hz[:, 1:] - hz[:, :-1]))
            curl = ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1]
            return (ex, ey, hz.at[:-1, :-1].add(-0.7 * curl)), None

        (ex, ey, hz), _ = lax.scan(step, (ex, ey, hz), source)
        return np.sum(ex**2 + ey**2 + hz**2)

    return function


def for_torch(torch):
    def function(ex, ey, hz, source):
        ex, ey, hz = ex.clone(), ey.clone(), hz.clone()
        for value in source:
            ey[0] = value
            ey[1:] -= 0.5 * (hz[1:] - hz[:-1])
            ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
            hz[:-1, :-1] -= 0.7 * (
                ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1]
            )
        return torch.sum(ex**2 + ey**2 + hz**2)

    return function


def for_autograd(np):
    def function(ex, ey, hz, source):
        for t in range(len(source)):
            first = source[t] * np.ones((1, ey.shape[1]))
            ey = np.concatenate([first, ey[1:] - 0.5 * (hz[1:] - hz[:-1])])
            moved = ex[:, 1:] - 0.5 * (hz[:, 1:] - hz[:, :-1])
            ex = np.concatenate([ex[:, :1], moved], axis=1)
            curl = ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1]
            hz = hz - np.pad(0.7 * curl, ((0, 1), (0, 1)), "constant")
        return np.sum(ex**2 + ey**2 + hz**2)

    return function
