"""adi of PolyBench and NPBench: diffusion by tridiagonal sweeps, columns, then rows."""

import numpy as np

SIZES = {"small": {"n": 30, "steps": 10}, "large": {"n": 200, "steps": 50}}
WRT = ("u",)
LOOPS = True


def data(rng, n, steps):
    return rng.standard_normal((n, n)), steps


def coefficients(n, steps):
    columns = 2.0 * (1.0 / steps) / (1.0 / n) ** 2
    rows = (1.0 / steps) / (1.0 / n) ** 2
    a, b = -columns / 2.0, 1.0 + columns
    d, e = -rows / 2.0, 1.0 + rows
    return a, b, a, d, e, d


def primal(u, steps):
    n = u.shape[0]
    a, b, c, d, e, f = coefficients(n, steps)
    u = u.copy()
    v = np.zeros((n, n))
    p = np.zeros((n, n))
    q = np.zeros((n, n))
    for _ in range(steps):
        v[0, 1 : n - 1] = 1.0
        p[1 : n - 1, 0] = 0.0
        q[1 : n - 1, 0] = v[0, 1 : n - 1]
        for j in range(1, n - 1):
            p[1 : n - 1, j] = -c / (a * p[1 : n - 1, j - 1] + b)
            q[1 : n - 1, j] = (
                -d * u[j, 0 : n - 2]
                + (1.0 + 2.0 * d) * u[j, 1 : n - 1]
                - f * u[j, 2:n]
                - a * q[1 : n - 1, j - 1]
            ) / (a * p[1 : n - 1, j - 1] + b)
        v[n - 1, 1 : n - 1] = 1.0
        for j in range(n - 2, 0, -1):
            v[j, 1 : n - 1] = p[1 : n - 1, j] * v[j + 1, 1 : n - 1] + q[1 : n - 1, j]

        u[1 : n - 1, 0] = 1.0
        p[1 : n - 1, 0] = 0.0
        q[1 : n - 1, 0] = u[1 : n - 1, 0]
        for j in range(1, n - 1):
            p[1 : n - 1, j] = -f / (d * p[1 : n - 1, j - 1] + e)
            q[1 : n - 1, j] = (
                -a * v[0 : n - 2, j]
                + (1.0 + 2.0 * a) * v[1 : n - 1, j]
                - c * v[2:n, j]
                - d * q[1 : n - 1, j - 1]
            ) / (d * p[1 : n - 1, j - 1] + e)
        u[1 : n - 1, n - 1] = 1.0
        for j in range(n - 2, 0, -1):
            u[1 : n - 1, j] = p[1 : n - 1, j] * u[1 : n - 1, j + 1] + q[1 : n - 1, j]
    return np.sum(u**2)


def factors(n, a, b):
    """Return p and the inverse pivots of the tridiagonal matrix (a, b, a)."""
    p, inverse = np.zeros(n), np.zeros(n)
    for j in range(1, n - 1):
        inverse[j] = 1.0 / (a * p[j - 1] + b)
        p[j] = -a * inverse[j]
    return p, inverse


def by_hand_numpy(u, steps):
    """Nothing is saved: the steps are linear, and the pivots are always the same."""
    n = u.shape[0]
    a, b, _, d, e, _ = coefficients(n, steps)
    p_columns, inverse_columns = factors(n, a, b)
    p_rows, inverse_rows = factors(n, d, e)

    def spread(x, k):
        """The explicit half, over the first axis without its ends."""
        return (1.0 + 2.0 * k) * x[1:-1] - k * (x[:-2] + x[2:])

    def spread_back(bar, k):
        out = np.zeros((len(bar) + 2, bar.shape[1]))
        out[1:-1] = (1.0 + 2.0 * k) * bar
        out[:-2] -= k * bar
        out[2:] -= k * bar
        return out

    def solve(rhs, k, p, inverse):
        """Tridiagonal systems along the first axis, with 1 at both ends."""
        x = np.ones((n, rhs.shape[1]))
        for j in range(1, n - 1):
            x[j] = (rhs[j - 1] - k * x[j - 1]) * inverse[j]
        for j in range(n - 2, 0, -1):
            x[j] += p[j] * x[j + 1]
        return x

    def solve_back(bar, k, p, inverse):
        bar = bar[1:-1].copy()
        for j in range(1, n - 2):
            bar[j] += p[j] * bar[j - 1]
        for j in range(n - 3, -1, -1):
            bar[j] *= inverse[j + 1]
            if j > 0:
                bar[j - 1] -= k * bar[j]
        return bar

    u = u.copy()
    v = np.zeros((n, n))
    for _ in range(steps):
        rhs = spread(u.T, d).T[1:-1]
        v[:, 1:-1] = solve(rhs, a, p_columns, inverse_columns)
        rhs = spread(v, a)[:, 1:-1].T
        u[1:-1] = solve(rhs, d, p_rows, inverse_rows).T

    u_bar = 2.0 * u
    for _ in range(steps):
        v_bar = spread_back(solve_back(u_bar[1:-1].T, d, p_rows, inverse_rows).T, a)
        u_inner = solve_back(v_bar, a, p_columns, inverse_columns)
        u_bar[1:-1] = spread_back(u_inner.T, d).T
    return (u_bar,)


def by_hand_numba(u, steps):
    """Along columns a row at a time, along rows eight of them in a block."""
    n = u.shape[0]
    a, b, _, d, e, _ = coefficients(n, steps)
    p, w = factors(n, a, b)
    g, z = factors(n, d, e)
    u = u.copy()
    v = np.zeros((n, n))
    block = np.zeros((n, 8))
    a2, d2 = 1.0 + 2.0 * a, 1.0 + 2.0 * d
    for i in range(1, n - 1):
        v[0, i] = v[n - 1, i] = 1.0
    for _ in range(steps):
        for j in range(1, n - 1):
            for i in range(1, n - 1):
                rhs = d2 * u[j, i] - d * (u[j, i - 1] + u[j, i + 1])
                v[j, i] = (rhs - a * v[j - 1, i]) * w[j]
        for j in range(n - 2, 0, -1):
            for i in range(1, n - 1):
                v[j, i] += p[j] * v[j + 1, i]
        for first in range(1, n - 1, 8):
            count = min(8, n - 1 - first)
            for s in range(count):
                i = first + s
                for j in range(1, n - 1):
                    block[j, s] = a2 * v[i, j] - a * (v[i - 1, j] + v[i + 1, j])
            block[0] = block[n - 1] = 1.0
            for j in range(1, n - 1):
                for s in range(8):
                    block[j, s] = (block[j, s] - d * block[j - 1, s]) * z[j]
            for j in range(n - 2, 0, -1):
                for s in range(8):
                    block[j, s] += g[j] * block[j + 1, s]
            for s in range(count):
                for j in range(n):
                    u[first + s, j] = block[j, s]

    r = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            u[i, j] *= 2.0
    for _ in range(steps):
        for first in range(1, n - 1, 8):
            count = min(8, n - 1 - first)
            for s in range(count):
                for j in range(1, n - 1):
                    block[j, s] = u[first + s, j]
            block[0] = block[n - 1] = 0.0
            for j in range(1, n - 1):
                for s in range(8):
                    block[j, s] += g[j - 1] * block[j - 1, s]
            for j in range(n - 2, 0, -1):
                for s in range(8):
                    block[j, s] = (block[j, s] - d * block[j + 1, s]) * z[j]
            for s in range(count):
                for j in range(1, n - 1):
                    r[first + s, j] = block[j, s]
        v[0] = v[n - 1] = 0.0
        for j in range(1, n - 1):
            for i in range(1, n - 1):
                v_bar = a2 * r[j, i] - a * (r[j - 1, i] + r[j + 1, i])
                v[j, i] = v_bar + p[j - 1] * v[j - 1, i]
        for j in range(n - 2, 0, -1):
            for i in range(1, n - 1):
                v[j, i] = (v[j, i] - a * v[j + 1, i]) * w[j]
            u[j, 0] = -d * v[j, 1]
            for i in range(1, n - 1):
                u[j, i] = d2 * v[j, i] - d * (v[j, i - 1] + v[j, i + 1])
            u[j, n - 1] = -d * v[j, n - 2]
    return (u,)


def for_jax(np, lax):
    def sweep(rhs, k, p, inverse):
        """Tridiagonal systems along the first axis, with 1 at both ends."""
        one = np.ones_like(rhs[0])

        def down(x, row):
            rhs, inverse = row
            x = (rhs - k * x) * inverse
            return x, x

        def up(x, row):
            q, p = row
            x = p * x + q
            return x, x

        q = lax.scan(down, one, (rhs, inverse))[1]
        x = lax.scan(up, one, (q, p), reverse=True)[1]
        return np.concatenate([one[None], x, one[None]])

    def pivots(n, k, diagonal):
        def step(p, _):
            inverse = 1.0 / (k * p + diagonal)
            return -k * inverse, (-k * inverse, inverse)

        return lax.scan(step, 0.0, None, length=n - 2)[1]

    def function(u, steps):
        n = u.shape[0]
        a, b, c, d, e, f = coefficients(n, steps)
        columns, rows = pivots(n, a, b), pivots(n, d, e)

        def step(u, _):
            inner = u[1:-1]
            rhs = -d * inner[:, :-2] + (1.0 + 2.0 * d) * inner[:, 1:-1]
            v = np.pad(sweep(rhs - f * inner[:, 2:], a, *columns), ((0, 0), (1, 1)))
            inner = v[:, 1:-1]
            rhs = -a * inner[:-2] + (1.0 + 2.0 * a) * inner[1:-1] - c * inner[2:]
            return u.at[1:-1].set(sweep(rhs.T, d, *rows).T), None

        return np.sum(lax.scan(step, u, None, length=steps)[0] ** 2)

    return function


def _with_lists(np):
    """Return the function for libraries that record what is done to arrays."""

    def sweep(rhs, k, diagonal):
        n = len(rhs) + 2
        p, inverse = factors(n, k, diagonal)
        q = [1.0 + 0.0 * rhs[0]]
        for j in range(1, n - 1):
            q.append((rhs[j - 1] - k * q[-1]) * inverse[j])
        x = [q[0]]
        for j in range(n - 2, 0, -1):
            x.append(p[j] * x[-1] + q[j])
        return np.stack([q[0], *x[::-1]])

    def function(u, steps):
        n = u.shape[0]
        a, b, c, d, e, f = coefficients(n, steps)
        first, last = u[:1], u[-1:]
        inner = u[1:-1]
        for _ in range(steps):
            rhs = -d * inner[:, :-2] + (1.0 + 2.0 * d) * inner[:, 1:-1]
            v = sweep(rhs - f * inner[:, 2:], a, b)
            rhs = -a * v[:-2] + (1.0 + 2.0 * a) * v[1:-1] - c * v[2:]
            inner = sweep(rhs.T, d, e).T
        return np.sum(first**2) + np.sum(inner**2) + np.sum(last**2)

    return function


def for_torch(torch):
    return _with_lists(torch)


def for_autograd(np):
    return _with_lists(np)
