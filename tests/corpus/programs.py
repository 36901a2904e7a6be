"""Known programs."""

import numpy as np

from corpus import case, exactly, integers, normal, positive


@case((4, 3), positive(4))
def nbody_potential(pos, mass):
    x = pos[:, 0:1]
    y = pos[:, 1:2]
    z = pos[:, 2:3]
    dx = x.T - x
    dy = y.T - y
    dz = z.T - z
    inv_r = np.sqrt(dx**2 + dy**2 + dz**2)
    inv_r[inv_r > 0] = 1.0 / inv_r[inv_r > 0]
    return np.sum(np.sum(np.triu(-(mass * mass[:, None]) * inv_r, 1)))


@case((4, 3), positive(4), 0.1)
def nbody_acceleration(pos, mass, softening):
    a = np.zeros_like(pos)
    for i in range(4):
        for j in range(4):
            d = pos[j] - pos[i]
            r2 = d @ d + softening**2
            a[i] += mass[j] * d / (r2 * np.sqrt(r2))
    return a


@case((2,), (2,), 0.05, 4, wrt="q0,p0,dt")
def pendulum_leapfrog(q0, p0, dt, steps):
    q = q0.copy()
    p = p0.copy()
    for _ in range(steps):
        p -= 0.5 * dt * np.sin(q)
        q += dt * p
        p -= 0.5 * dt * np.sin(q)
    return 0.5 * np.sum(p * p) - np.sum(np.cos(q))


def _orbit(s):
    r3 = (s[0] ** 2 + s[1] ** 2) ** 1.5
    return np.array([s[2], s[3], -s[0] / r3, -s[1] / r3])


@case(exactly([1.0, 0.1, 0.2, 1.1]), 0.1, 3, wrt="s,h")
def orbit_rk4(s, h, steps):
    for _ in range(steps):
        k1 = _orbit(s)
        k2 = _orbit(s + 0.5 * h * k1)
        k3 = _orbit(s + 0.5 * h * k2)
        k4 = _orbit(s + h * k3)
        s = s + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return s


@case(exactly([0, 2, 3, 6], "int64"), integers(0, 4, 6), (6,), (4,), wrt="values,x")
def sparse_product(row, col, values, x):
    """Compressed sparse rows."""
    y = np.empty(len(row) - 1)
    for i in range(len(row) - 1):
        cols = col[row[i] : row[i + 1]]
        vals = values[row[i] : row[i + 1]]
        y[i] = vals @ x[cols]
    return y


@case(normal(5, 4, scale=0.5), normal(4, 4, scale=0.5), 3, wrt="X,W")
def residual_network(X, W, layers):
    H = X
    for _ in range(layers):
        H = H + np.tanh(H @ W)
    return H


@case((3,), (3,), (6, 2))
def project_points(rotation, translation, points):
    """Rodrigues' formula and a pinhole camera."""
    theta = np.sqrt(np.sum(rotation**2))
    axis = rotation / theta
    out = np.empty((6, 2))
    for i in range(6):
        p = np.array([points[i, 0], points[i, 1], 3.0])
        dot = np.dot(axis, p)
        cross = np.empty(3)
        cross[0] = axis[1] * p[2] - axis[2] * p[1]
        cross[1] = axis[2] * p[0] - axis[0] * p[2]
        cross[2] = axis[0] * p[1] - axis[1] * p[0]
        q = (
            p * np.cos(theta)
            + cross * np.sin(theta)
            + axis * dot * (1.0 - np.cos(theta))
            + 0.1 * translation
        )
        out[i, 0] = q[0] / q[2]
        out[i, 1] = q[1] / q[2]
    return out


@case((5, 5, 2), (3, 3, 2, 3))
def conv2d(image, weights):
    K = weights.shape[0]
    h = image.shape[0] - K + 1
    w = image.shape[1] - K + 1
    out = np.empty((h, w, weights.shape[3]))
    for i in range(h):
        for j in range(w):
            out[i, j, :] = np.sum(
                image[i : i + K, j : j + K, :, np.newaxis] * weights, axis=(0, 1, 2)
            )
    return out


@case((5, 5), (5, 5), writes=("u",))
def adi_sweep(u, v):
    n = 5
    p = np.zeros((n, n))
    q = np.zeros((n, n))
    a, b, c = -0.5, 2.0, -0.5
    v = v * 1.0
    for _ in range(2):
        v[0, 1 : n - 1] = 1.0
        p[1 : n - 1, 0] = 0.0
        q[1 : n - 1, 0] = v[0, 1 : n - 1]
        for j in range(1, n - 1):
            p[1 : n - 1, j] = -c / (a * p[1 : n - 1, j - 1] + b)
            q[1 : n - 1, j] = (
                u[j, 1 : n - 1] + u[j, : n - 2] - a * q[1 : n - 1, j - 1]
            ) / (a * p[1 : n - 1, j - 1] + b)
        v[n - 1, 1 : n - 1] = 1.0
        for j in range(n - 2, 0, -1):
            v[j, 1 : n - 1] = p[1 : n - 1, j] * v[j + 1, 1 : n - 1] + q[1 : n - 1, j]
        u[1:-1, 1:-1] = v[1:-1, 1:-1] * u[1:-1, 1:-1]


def _build_b(b, rho, dt, u, v, dx, dy):
    b[1:-1, 1:-1] = rho * (
        1
        / dt
        * (
            (u[1:-1, 2:] - u[1:-1, :-2]) / (2 * dx)
            + (v[2:, 1:-1] - v[:-2, 1:-1]) / (2 * dy)
        )
        - ((u[1:-1, 2:] - u[1:-1, :-2]) / (2 * dx)) ** 2
    )


def _pressure(p, dx, dy, b):
    pn = np.empty_like(p)
    for _ in range(2):
        pn[:] = p.copy()
        p[1:-1, 1:-1] = (
            (pn[1:-1, 2:] + pn[1:-1, :-2]) * dy**2
            + (pn[2:, 1:-1] + pn[:-2, 1:-1]) * dx**2
        ) / (2 * (dx**2 + dy**2)) - b[1:-1, 1:-1]
        p[:, -1] = p[:, -2]
        p[0, :] = p[1, :]


@case((5, 5), (5, 5), (5, 5), 0.1, writes=("u", "v", "p"))
def cavity_flow(u, v, p, dt):
    un = np.empty_like(u)
    b = np.zeros((5, 5))
    for _ in range(2):
        un[:] = u.copy()
        _build_b(b, 1.0, dt, u, v, 0.5, 0.5)
        _pressure(p, 0.5, 0.5, b)
        u[1:-1, 1:-1] = (
            un[1:-1, 1:-1]
            - dt * un[1:-1, 1:-1] * (un[1:-1, 1:-1] - un[1:-1, :-2])
            - dt * (p[1:-1, 2:] - p[1:-1, :-2])
        )
        v[1:-1, 1:-1] += dt * (p[2:, 1:-1] - p[:-2, 1:-1])
        u[0, :] = 0.0
        u[-1, :] = 1.0


@case((4, 4), 1.0)
def channel_flow_while(u, nu):
    u = 0.2 * u
    change = 1.0
    steps = 0
    while change > 0.05:
        un = u.copy()
        u[1:-1, :] = un[1:-1, :] + 0.2 * nu * (un[2:, :] - 2 * un[1:-1, :] + un[:-2, :])
        u[0, :] = 0.0
        u[-1, :] = 0.0
        change = np.sum((u - un) ** 2)
        steps += 1
    return u * steps


@case((4, 3), (4, 3))
def vertical_advection(w, s):
    """Tridiagonal solve per column, written through views."""
    n = w.shape[0]
    c = np.empty((4, 3))
    d = np.empty((4, 3))
    g = 0.25 * w[1]
    c[0] = 0.3 * g
    d[0] = s[0] - g * (s[1] - s[0])
    for k in range(1, n):
        above = c[k - 1]
        divided = 1.0 / (2.0 - above * 0.25 * w[k])
        c[k] = 0.25 * divided * w[k]
        d[k] = (s[k] - d[k - 1] * 0.25 * w[k]) * divided
    for k in range(n - 2, -1, -1):
        d[k] -= c[k] * d[k + 1]
    return d


@case((8,), 1.5)
def photon_path(mu, depth):
    """Radiative transfer down and up."""
    down = depth
    total = 0.0
    for i in range(8):
        down *= np.exp(-0.1 * mu[i] ** 2)
        total += down * (1.0 - np.exp(-0.2 * mu[i]))
    return total


@case((4,), 0.7)
def black_scholes_like(s, sigma):
    d1 = (np.log(1.0 + s**2) + 0.5 * sigma**2) / sigma
    weight = 1.0 / (1.0 + np.exp(-1.702 * d1))
    return s * weight - np.exp(-0.05) * (1.0 - weight)


@case((6,), (6,))
def rosenbrock(x, y):
    return np.sum(100.0 * (y - x**2) ** 2 + (1.0 - x) ** 2)


@case((6,))
def rosenbrock_chain(x):
    return sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)
