"""nbody of NPBench: gravitation between all pairs, by leapfrog steps."""

import numpy as np

SIZES = {"small": {"n": 25, "steps": 40}, "large": {"n": 100, "steps": 50}}
WRT = ("mass", "pos", "vel")
LOOPS = True


def data(rng, n, steps):
    mass = 20.0 * rng.uniform(0.5, 1.5, n) / n
    pos = rng.standard_normal((n, 3))
    return mass, pos, rng.standard_normal((n, 3)), 0.01, steps


def acceleration(mass, pos):
    """Return the acceleration of each body; a softening of 0.1 keeps it finite."""
    x, y, z = pos[:, 0:1], pos[:, 1:2], pos[:, 2:3]
    dx, dy, dz = x.T - x, y.T - y, z.T - z
    inverse_cube = (dx**2 + dy**2 + dz**2 + 0.1**2) ** -1.5
    ax = (dx * inverse_cube) @ mass
    ay = (dy * inverse_cube) @ mass
    az = (dz * inverse_cube) @ mass
    return np.stack((ax, ay, az), axis=1)


def primal(mass, pos, vel, dt, steps):
    vel = vel - np.mean(mass[:, None] * vel, axis=0) / np.mean(mass)
    acc = acceleration(mass, pos)
    for _ in range(steps):
        vel = vel + 0.5 * dt * acc
        pos = pos + dt * vel
        acc = acceleration(mass, pos)
        vel = vel + 0.5 * dt * acc
    return np.sum(pos**2) + np.sum(vel**2)


def by_hand_numpy(mass, pos, vel, dt, steps):
    def pairs(pos):
        d = pos[None, :, :] - pos[:, None, :]
        inverse = 1.0 / (np.sum(d**2, axis=2) + 0.1**2)
        return d, inverse, inverse * np.sqrt(inverse)

    def attraction(pos):
        d, _, cube = pairs(pos)
        return np.einsum("ijk,ij,j->ik", d, cube, mass)

    def back(pos, acc_bar):
        """Adjoints of mass and pos."""
        d, inverse, cube = pairs(pos)
        mass_bar = np.einsum("ik,ijk,ij->j", acc_bar, d, cube)
        q = mass[None, :, None] * acc_bar[:, None] - mass[:, None, None] * acc_bar
        along = 3.0 * inverse * np.sum(q * d, axis=2)
        return mass_bar, np.sum(cube[:, :, None] * (along[:, :, None] * d - q), axis=1)

    total = np.sum(mass)
    momentum = mass @ vel
    first = vel
    vel = vel - momentum / total
    path = np.empty((steps + 1, *pos.shape))
    path[0] = pos
    acc = attraction(pos)
    for t in range(steps):
        vel = vel + 0.5 * dt * acc
        path[t + 1] = path[t] + dt * vel
        acc = attraction(path[t + 1])
        vel = vel + 0.5 * dt * acc

    mass_bar = np.zeros_like(mass)
    pos_bar, vel_bar = 2.0 * path[-1], 2.0 * vel
    acc_bar = 0.5 * dt * vel_bar
    for t in range(steps, 0, -1):
        from_mass, from_pos = back(path[t], acc_bar)
        mass_bar += from_mass
        pos_bar += from_pos
        vel_bar += dt * pos_bar
        acc_bar = (0.5 if t == 1 else 1.0) * dt * vel_bar
    from_mass, from_pos = back(path[0], acc_bar)
    drift_bar = -np.sum(vel_bar, axis=0) / total
    mass_bar += from_mass + first @ drift_bar - momentum @ drift_bar / total
    return mass_bar, pos_bar + from_pos, vel_bar + mass[:, None] * drift_bar


def by_hand_numba(mass, pos, vel, dt, steps):
    """All pairs twice, coordinates apart, so that the inner loop is a reduction."""
    n = len(mass)
    path = np.empty((steps + 1, 3, n))
    v = np.empty((3, n))
    total = 0.0
    for i in range(n):
        total += mass[i]
    momentum = np.zeros(3)
    for i in range(n):
        for k in range(3):
            momentum[k] += mass[i] * vel[i, k]
            path[0, k, i] = pos[i, k]
    for i in range(n):
        for k in range(3):
            v[k, i] = vel[i, k] - momentum[k] / total
    for t in range(steps + 1):
        x, y, z = path[t, 0], path[t, 1], path[t, 2]
        whole = dt if 0 < t < steps else 0.5 * dt
        for i in range(n):
            ax = ay = az = 0.0
            for j in range(n):
                dx, dy, dz = x[j] - x[i], y[j] - y[i], z[j] - z[i]
                r2 = dx * dx + dy * dy + dz * dz + 0.01
                f = mass[j] / (r2 * np.sqrt(r2))
                ax += f * dx
                ay += f * dy
                az += f * dz
            v[0, i] += whole * ax
            v[1, i] += whole * ay
            v[2, i] += whole * az
        if t < steps:
            for k in range(3):
                for i in range(n):
                    path[t + 1, k, i] = path[t, k, i] + dt * v[k, i]

    mass_bar = np.zeros(n)
    pos_bar = np.empty((3, n))
    a = np.empty((3, n))  # the adjoint of the acceleration
    for k in range(3):
        for i in range(n):
            pos_bar[k, i] = 2.0 * path[steps, k, i]
            v[k, i] *= 2.0
    for t in range(steps, -1, -1):
        x, y, z = path[t, 0], path[t, 1], path[t, 2]
        whole = dt if 0 < t < steps else 0.5 * dt
        for k in range(3):
            for i in range(n):
                a[k, i] = whole * v[k, i]
        p, q, r = a[0], a[1], a[2]
        for i in range(n):
            m = mass[i]
            bx = by = bz = bm = 0.0
            for j in range(n):
                dx, dy, dz = x[j] - x[i], y[j] - y[i], z[j] - z[i]
                inverse = 1.0 / (dx * dx + dy * dy + dz * dz + 0.01)
                cube = inverse * np.sqrt(inverse)
                bm -= cube * (p[j] * dx + q[j] * dy + r[j] * dz)
                gx = mass[j] * p[i] - m * p[j]
                gy = mass[j] * q[i] - m * q[j]
                gz = mass[j] * r[i] - m * r[j]
                along = 3.0 * inverse * (gx * dx + gy * dy + gz * dz)
                bx += cube * (along * dx - gx)
                by += cube * (along * dy - gy)
                bz += cube * (along * dz - gz)
            mass_bar[i] += bm
            pos_bar[0, i] += bx
            pos_bar[1, i] += by
            pos_bar[2, i] += bz
        if t > 0:
            for k in range(3):
                for i in range(n):
                    v[k, i] += dt * pos_bar[k, i]
    drift_bar = np.zeros(3)
    for k in range(3):
        for i in range(n):
            drift_bar[k] -= v[k, i] / total
    pos_out, vel_out = np.empty((n, 3)), np.empty((n, 3))
    for i in range(n):
        for k in range(3):
            mass_bar[i] += (vel[i, k] - momentum[k] / total) * drift_bar[k]
            pos_out[i, k] = pos_bar[k, i]
            vel_out[i, k] = v[k, i] + mass[i] * drift_bar[k]
    return mass_bar, pos_out, vel_out


def _acceleration(np, mass, pos):
    d = pos[None, :, :] - pos[:, None, :]
    inverse_cube = (np.sum(d**2, -1) + 0.1**2) ** -1.5
    return np.sum(d * (inverse_cube * mass)[:, :, None], 1)


def for_jax(np, lax):
    def function(mass, pos, vel, dt, steps):
        def step(state, _):
            pos, vel, acc = state
            vel = vel + 0.5 * dt * acc
            pos = pos + dt * vel
            acc = _acceleration(np, mass, pos)
            return (pos, vel + 0.5 * dt * acc, acc), None

        vel = vel - np.mean(mass[:, None] * vel, axis=0) / np.mean(mass)
        state = (pos, vel, _acceleration(np, mass, pos))
        pos, vel, _ = lax.scan(step, state, None, length=steps)[0]
        return np.sum(pos**2) + np.sum(vel**2)

    return function


def _with(np):
    def function(mass, pos, vel, dt, steps):
        vel = vel - np.mean(mass[:, None] * vel, 0) / np.mean(mass)
        acc = _acceleration(np, mass, pos)
        for _ in range(steps):
            vel = vel + 0.5 * dt * acc
            pos = pos + dt * vel
            acc = _acceleration(np, mass, pos)
            vel = vel + 0.5 * dt * acc
        return np.sum(pos**2) + np.sum(vel**2)

    return function


def for_torch(torch):
    return _with(torch)


def for_autograd(np):
    return _with(np)
