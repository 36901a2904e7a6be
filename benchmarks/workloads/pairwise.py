"""Lennard-Jones energy of particles, over all pairs in two loops."""

import numpy as np

SIZES = {"small": {"n": 64}, "large": {"n": 1000}}
WRT = ("x", "epsilon", "sigma")
LOOPS = True


def data(rng, n):
    """Return particles near the points of a cubic lattice."""
    side = int(np.ceil(n ** (1.0 / 3.0)))
    grid = np.stack(np.unravel_index(np.arange(n), (side,) * 3), 1)
    return 1.1 * grid + 0.05 * rng.standard_normal((n, 3)), 0.7, 1.0


def primal(x, epsilon, sigma):
    energy = 0.0
    for i in range(len(x)):
        for j in range(i):
            dx = x[i, 0] - x[j, 0]
            dy = x[i, 1] - x[j, 1]
            dz = x[i, 2] - x[j, 2]
            s6 = (sigma**2 / (dx * dx + dy * dy + dz * dz)) ** 3
            energy += 4.0 * epsilon * (s6 * s6 - s6)
    return energy


def by_hand_numpy(x, epsilon, sigma):
    """A particle against all before it."""
    x_bar = np.zeros_like(x)
    energy = virial = 0.0
    for i in range(1, len(x)):
        d = x[i] - x[:i]
        near = 1.0 / np.sum(d * d, 1)
        s6 = (sigma**2 * near) ** 3
        slope = 12.0 * s6 * s6 - 6.0 * s6
        energy += np.sum(s6 * s6 - s6)
        virial += np.sum(slope)
        force = (-4.0 * epsilon * slope * near)[:, None] * d
        x_bar[i] += np.sum(force, 0)
        x_bar[:i] -= force
    return x_bar, 4.0 * energy, 4.0 * epsilon * virial / sigma


def by_hand_numba(x, epsilon, sigma):
    """Coordinates apart, so that the inner loop runs along memory."""
    n = len(x)
    xs, ys, zs = x[:, 0].copy(), x[:, 1].copy(), x[:, 2].copy()
    x_bar, y_bar, z_bar = np.zeros(n), np.zeros(n), np.zeros(n)
    square = sigma * sigma
    energy = virial = 0.0
    for i in range(n):
        sum_x = sum_y = sum_z = 0.0
        for j in range(i):
            dx, dy, dz = xs[i] - xs[j], ys[i] - ys[j], zs[i] - zs[j]
            near = 1.0 / (dx * dx + dy * dy + dz * dz)
            s2 = square * near
            s6 = s2 * s2 * s2
            energy += s6 * (s6 - 1.0)
            slope = s6 * (12.0 * s6 - 6.0)
            virial += slope
            force = slope * near
            sum_x += force * dx
            sum_y += force * dy
            sum_z += force * dz
            x_bar[j] += force * dx
            y_bar[j] += force * dy
            z_bar[j] += force * dz
        x_bar[i] -= sum_x
        y_bar[i] -= sum_y
        z_bar[i] -= sum_z
    bar = np.empty((n, 3))
    for i in range(n):
        bar[i, 0] = 4.0 * epsilon * x_bar[i]
        bar[i, 1] = 4.0 * epsilon * y_bar[i]
        bar[i, 2] = 4.0 * epsilon * z_bar[i]
    return bar, 4.0 * energy, 4.0 * epsilon * virial / sigma


def for_jax(np, lax):
    """All pairs at once, the diagonal at a distance that adds nothing."""

    def primal(x, epsilon, sigma):
        d = x[:, None] - x
        same = np.eye(len(x), dtype=bool)
        square = np.where(same, 1.0, np.sum(d * d, -1))
        s6 = np.where(same, 0.0, (sigma**2 / square) ** 3)
        return 2.0 * epsilon * np.sum(s6 * s6 - s6)

    return primal


def for_torch(torch):
    """All pairs at once."""

    def primal(x, epsilon, sigma):
        i, j = torch.tril_indices(len(x), len(x), -1)
        d = x[i] - x[j]
        s6 = (sigma**2 / torch.sum(d * d, 1)) ** 3
        return 4.0 * epsilon * torch.sum(s6 * s6 - s6)

    return primal


def for_autograd(np):
    """A particle against all before it."""

    def primal(x, epsilon, sigma):
        energy = 0.0
        for i in range(1, len(x)):
            d = x[i] - x[:i]
            s6 = (sigma**2 / np.sum(d * d, 1)) ** 3
            energy = energy + np.sum(s6 * s6 - s6)
        return 4.0 * epsilon * energy

    return primal
