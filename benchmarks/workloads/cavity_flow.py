"""cavity_flow of NPBench: the kinetic energy of a fluid that a moving lid drives."""

import numpy as np

SIZES = {
    "small": {"n": 21, "steps": 10, "iterations": 5},
    "large": {"n": 101, "steps": 25, "iterations": 10},
}
WRT = ("u", "v", "p", "nu")
LOOPS = True

DT = 0.001
RHO = 1.0


def data(rng, n, steps, iterations):
    fields = [0.1 * rng.standard_normal((n, n)) for _ in range(3)]
    return *fields, 0.05, steps, iterations


def build_b(b, u, v, dx, dy):
    """Write the source term of the pressure to b."""
    b[1:-1, 1:-1] = RHO * (
        1.0
        / DT
        * (
            (u[1:-1, 2:] - u[1:-1, :-2]) / (2.0 * dx)
            + (v[2:, 1:-1] - v[:-2, 1:-1]) / (2.0 * dy)
        )
        - ((u[1:-1, 2:] - u[1:-1, :-2]) / (2.0 * dx)) ** 2
        - 2.0
        * (
            (u[2:, 1:-1] - u[:-2, 1:-1])
            / (2.0 * dy)
            * (v[1:-1, 2:] - v[1:-1, :-2])
            / (2.0 * dx)
        )
        - ((v[2:, 1:-1] - v[:-2, 1:-1]) / (2.0 * dy)) ** 2
    )


def relax_pressure(p, b, dx, dy, iterations):
    for _ in range(iterations):
        pn = p.copy()
        p[1:-1, 1:-1] = (
            (pn[1:-1, 2:] + pn[1:-1, :-2]) * dy**2
            + (pn[2:, 1:-1] + pn[:-2, 1:-1]) * dx**2
        ) / (2.0 * (dx**2 + dy**2)) - dx**2 * dy**2 / (2.0 * (dx**2 + dy**2)) * b[
            1:-1, 1:-1
        ]
        p[:, -1] = p[:, -2]
        p[0, :] = p[1, :]
        p[:, 0] = p[:, 1]
        p[-1, :] = 0.0


def primal(u, v, p, nu, steps, iterations):
    u, v, p = u.copy(), v.copy(), p.copy()
    dx = 2.0 / (u.shape[1] - 1)
    dy = 2.0 / (u.shape[0] - 1)
    b = np.zeros_like(u)
    for _ in range(steps):
        un = u.copy()
        vn = v.copy()
        build_b(b, un, vn, dx, dy)
        relax_pressure(p, b, dx, dy, iterations)
        u[1:-1, 1:-1] = (
            un[1:-1, 1:-1]
            - un[1:-1, 1:-1] * DT / dx * (un[1:-1, 1:-1] - un[1:-1, :-2])
            - vn[1:-1, 1:-1] * DT / dy * (un[1:-1, 1:-1] - un[:-2, 1:-1])
            - DT / (2.0 * RHO * dx) * (p[1:-1, 2:] - p[1:-1, :-2])
            + nu
            * (
                DT / dx**2 * (un[1:-1, 2:] - 2.0 * un[1:-1, 1:-1] + un[1:-1, :-2])
                + DT / dy**2 * (un[2:, 1:-1] - 2.0 * un[1:-1, 1:-1] + un[:-2, 1:-1])
            )
        )
        v[1:-1, 1:-1] = (
            vn[1:-1, 1:-1]
            - un[1:-1, 1:-1] * DT / dx * (vn[1:-1, 1:-1] - vn[1:-1, :-2])
            - vn[1:-1, 1:-1] * DT / dy * (vn[1:-1, 1:-1] - vn[:-2, 1:-1])
            - DT / (2.0 * RHO * dy) * (p[2:, 1:-1] - p[:-2, 1:-1])
            + nu
            * (
                DT / dx**2 * (vn[1:-1, 2:] - 2.0 * vn[1:-1, 1:-1] + vn[1:-1, :-2])
                + DT / dy**2 * (vn[2:, 1:-1] - 2.0 * vn[1:-1, 1:-1] + vn[:-2, 1:-1])
            )
        )
        u[0, :] = 0.0
        u[:, 0] = 0.0
        u[:, -1] = 0.0
        u[-1, :] = 1.0
        v[0, :] = 0.0
        v[-1, :] = 0.0
        v[:, 0] = 0.0
        v[:, -1] = 0.0
    return 0.5 * np.sum(u**2 + v**2)


def _parts(a):
    """Return the inside of a and its neighbours: left, right, below, above."""
    return (
        a[1:-1, 1:-1],
        a[1:-1, :-2],
        a[1:-1, 2:],
        a[:-2, 1:-1],
        a[2:, 1:-1],
    )


def _next_velocity(u, v, p, nu, dx, dy):
    """Return the inside of the next u and v."""
    here, left, right, below, above = _parts(u)
    other, other_left, other_right, other_below, other_above = _parts(v)
    _, p_left, p_right, p_below, p_above = _parts(p)
    cx, cy, ex, ey = DT / dx, DT / dy, DT / dx**2, DT / dy**2
    next_u = (
        here
        - cx * here * (here - left)
        - cy * other * (here - below)
        - DT / (2.0 * RHO * dx) * (p_right - p_left)
        + nu * (ex * (right - 2.0 * here + left) + ey * (above - 2.0 * here + below))
    )
    next_v = (
        other
        - cx * here * (other - other_left)
        - cy * other * (other - other_below)
        - DT / (2.0 * RHO * dy) * (p_above - p_below)
        + nu * ex * (other_right - 2.0 * other + other_left)
        + nu * ey * (other_above - 2.0 * other + other_below)
    )
    return next_u, next_v


def _source(u, v, dx, dy):
    """Return the inside of the source term."""
    _, left, right, below, above = _parts(u)
    _, other_left, other_right, other_below, other_above = _parts(v)
    ux, uy = (right - left) / (2.0 * dx), (above - below) / (2.0 * dy)
    vx = (other_right - other_left) / (2.0 * dx)
    vy = (other_above - other_below) / (2.0 * dy)
    return RHO * ((ux + vy) / DT - ux**2 - 2.0 * uy * vx - vy**2)


def by_hand_numpy(u, v, p, nu, steps, iterations):
    """Velocities are kept; the pressure comes in linearly and is not."""
    dx, dy = 2.0 / (u.shape[1] - 1), 2.0 / (u.shape[0] - 1)
    cx, cy, ex, ey = DT / dx, DT / dy, DT / dx**2, DT / dy**2
    across = dy**2 / (2.0 * (dx**2 + dy**2))
    along = dx**2 / (2.0 * (dx**2 + dy**2))
    us, vs = [u], [v]
    b = np.zeros_like(u)
    p = p.copy()
    for _ in range(steps):
        b[1:-1, 1:-1] = _source(us[-1], vs[-1], dx, dy)
        relax_pressure(p, b, dx, dy, iterations)
        u, v = np.zeros_like(u), np.zeros_like(v)
        u[1:-1, 1:-1], v[1:-1, 1:-1] = _next_velocity(us[-1], vs[-1], p, nu, dx, dy)
        u[-1] = 1.0
        us.append(u)
        vs.append(v)

    u_bar, v_bar, p_bar, nu_bar = u.copy(), v.copy(), np.zeros_like(p), 0.0
    for t in range(steps - 1, -1, -1):
        here, left, right, below, above = _parts(us[t])
        other, other_left, other_right, other_below, other_above = _parts(vs[t])
        g, h = u_bar[1:-1, 1:-1].copy(), v_bar[1:-1, 1:-1].copy()
        _, p_left, p_right, p_below, p_above = _parts(p_bar)
        force = DT / (2.0 * RHO * dx) * g
        p_right -= force
        p_left += force
        force = DT / (2.0 * RHO * dy) * h
        p_above -= force
        p_below += force
        b_bar = np.zeros_like(g)
        for _ in range(iterations):
            p_bar[-1] = 0.0
            p_bar[:, 1] += p_bar[:, 0]
            p_bar[:, 0] = 0.0
            p_bar[1] += p_bar[0]
            p_bar[0] = 0.0
            p_bar[:, -2] += p_bar[:, -1]
            q = p_bar[1:-1, 1:-1]
            b_bar -= across * dx**2 * q
            before = np.zeros_like(p_bar)
            _, p_left, p_right, p_below, p_above = _parts(before)
            p_right += across * q
            p_left += across * q
            p_above += along * q
            p_below += along * q
            p_bar = before

        ux, uy = (right - left) / (2.0 * dx), (above - below) / (2.0 * dy)
        vx = (other_right - other_left) / (2.0 * dx)
        vy = (other_above - other_below) / (2.0 * dy)
        b_bar *= RHO
        ux_bar, vy_bar = b_bar * (1.0 / DT - 2.0 * ux), b_bar * (1.0 / DT - 2.0 * vy)
        uy_bar, vx_bar = -2.0 * b_bar * vx, -2.0 * b_bar * uy
        nu_bar += np.sum(g * ex * (right - 2.0 * here + left))
        nu_bar += np.sum(g * ey * (above - 2.0 * here + below))
        nu_bar += np.sum(h * ex * (other_right - 2.0 * other + other_left))
        nu_bar += np.sum(h * ey * (other_above - 2.0 * other + other_below))
        u_bar, v_bar = np.zeros_like(u_bar), np.zeros_like(v_bar)
        both = 2.0 * nu * (ex + ey)
        at, at_left, at_right, at_below, at_above = _parts(u_bar)
        at += g * (1.0 - cx * (2.0 * here - left) - cy * other - both)
        at -= h * cx * (other - other_left)
        at_left += g * (cx * here + nu * ex) - ux_bar / (2.0 * dx)
        at_right += g * nu * ex + ux_bar / (2.0 * dx)
        at_below += g * (cy * other + nu * ey) - uy_bar / (2.0 * dy)
        at_above += g * nu * ey + uy_bar / (2.0 * dy)
        at, at_left, at_right, at_below, at_above = _parts(v_bar)
        at += h * (1.0 - cx * here - cy * (2.0 * other - other_below) - both)
        at -= g * cy * (here - below)
        at_left += h * (cx * here + nu * ex) - vx_bar / (2.0 * dx)
        at_right += h * nu * ex + vx_bar / (2.0 * dx)
        at_below += h * (cy * other + nu * ey) - vy_bar / (2.0 * dy)
        at_above += h * nu * ey + vy_bar / (2.0 * dy)
    return u_bar, v_bar, p_bar, nu_bar


def by_hand_numba(u, v, p, nu, steps, iterations):
    """In gather form; the edges of velocities matter in the first step alone."""
    m, n = u.shape
    dx, dy = 2.0 / (n - 1), 2.0 / (m - 1)
    cx, cy, ex, ey = DT / dx, DT / dy, DT / dx**2, DT / dy**2
    kx, ky = DT / (2.0 * RHO * dx), DT / (2.0 * RHO * dy)
    hx, hy = 0.5 / dx, 0.5 / dy
    across = dy**2 / (2.0 * (dx**2 + dy**2))
    along = dx**2 / (2.0 * (dx**2 + dy**2))
    us, vs = np.zeros((steps + 1, m, n)), np.zeros((steps + 1, m, n))
    us[0], vs[0] = u, v
    old, new = p.copy(), np.empty((m, n))
    b = np.zeros((m, n))
    for t in range(steps):
        u, v, next_u, next_v = us[t], vs[t], us[t + 1], vs[t + 1]
        for i in range(1, m - 1):
            for j in range(1, n - 1):
                ux, uy = (
                    hx * (u[i, j + 1] - u[i, j - 1]),
                    hy * (u[i + 1, j] - u[i - 1, j]),
                )
                vx, vy = (
                    hx * (v[i, j + 1] - v[i, j - 1]),
                    hy * (v[i + 1, j] - v[i - 1, j]),
                )
                s = (ux + vy) / DT - ux * ux - 2.0 * uy * vx - vy * vy
                b[i, j] = RHO * across * dx**2 * s
        for _ in range(iterations):
            for i in range(1, m - 1):
                for j in range(1, n - 1):
                    s = across * (old[i, j + 1] + old[i, j - 1])
                    s += along * (old[i + 1, j] + old[i - 1, j])
                    new[i, j] = s - b[i, j]
            for i in range(1, m - 1):
                new[i, 0], new[i, n - 1] = new[i, 1], new[i, n - 2]
            for j in range(n):
                new[0, j], new[m - 1, j] = new[1, j], 0.0
            old, new = new, old
        for i in range(1, m - 1):
            for j in range(1, n - 1):
                a, c = u[i, j], v[i, j]
                s = a - cx * a * (a - u[i, j - 1]) - cy * c * (a - u[i - 1, j])
                s -= kx * (old[i, j + 1] - old[i, j - 1])
                s += nu * ex * (u[i, j + 1] - 2.0 * a + u[i, j - 1])
                next_u[i, j] = s + nu * ey * (u[i + 1, j] - 2.0 * a + u[i - 1, j])
                s = c - cx * a * (c - v[i, j - 1]) - cy * c * (c - v[i - 1, j])
                s -= ky * (old[i + 1, j] - old[i - 1, j])
                s += nu * ex * (v[i, j + 1] - 2.0 * c + v[i, j - 1])
                next_v[i, j] = s + nu * ey * (v[i + 1, j] - 2.0 * c + v[i - 1, j])
        for j in range(n):
            next_u[m - 1, j] = 1.0

    # Adjoints: g and h of the velocities, q of the pressure, all with borders of zeros.
    g, h = np.zeros((m, n)), np.zeros((m, n))
    before_g, before_h = np.zeros((m, n)), np.zeros((m, n))
    old[:] = 0.0
    ux_bar, uy_bar = np.zeros((m, n)), np.zeros((m, n))
    vx_bar, vy_bar = np.zeros((m, n)), np.zeros((m, n))
    nu_bar = 0.0
    for i in range(1, m - 1):
        for j in range(1, n - 1):
            g[i, j], h[i, j] = us[steps, i, j], vs[steps, i, j]
    for t in range(steps - 1, -1, -1):
        u, v = us[t], vs[t]
        for i in range(1, m - 1):
            for j in range(1, n - 1):
                old[i, j] += kx * (g[i, j + 1] - g[i, j - 1])
                old[i, j] += ky * (h[i + 1, j] - h[i - 1, j])
            old[i, 0] += kx * g[i, 1]
            old[i, n - 1] -= kx * g[i, n - 2]
        for j in range(1, n - 1):
            old[0, j] += ky * h[1, j]
        b[:] = 0.0
        for _ in range(iterations):
            for i in range(m - 1):
                old[i, 1] += old[i, 0]
                old[i, 0] = 0.0
            for j in range(n):
                old[1, j] += old[0, j]
                old[0, j] = old[m - 1, j] = 0.0
            for i in range(1, m - 1):
                old[i, n - 2] += old[i, n - 1]
                old[i, n - 1] = 0.0
            for i in range(1, m - 1):
                for j in range(1, n - 1):
                    b[i, j] -= old[i, j]
                    s = across * (old[i, j + 1] + old[i, j - 1])
                    new[i, j] = s + along * (old[i + 1, j] + old[i - 1, j])
                new[i, 0] = across * old[i, 1]
                new[i, n - 1] = across * old[i, n - 2]
            for j in range(1, n - 1):
                new[0, j] = along * old[1, j]
                new[m - 1, j] = along * old[m - 2, j]
            new[0, 0] = new[0, n - 1] = new[m - 1, 0] = new[m - 1, n - 1] = 0.0
            old, new = new, old
        for i in range(1, m - 1):
            for j in range(1, n - 1):
                s = RHO * across * dx**2 * b[i, j]
                ux, uy = (
                    hx * (u[i, j + 1] - u[i, j - 1]),
                    hy * (u[i + 1, j] - u[i - 1, j]),
                )
                vx, vy = (
                    hx * (v[i, j + 1] - v[i, j - 1]),
                    hy * (v[i + 1, j] - v[i - 1, j]),
                )
                ux_bar[i, j] = hx * s * (1.0 / DT - 2.0 * ux)
                vy_bar[i, j] = hy * s * (1.0 / DT - 2.0 * vy)
                uy_bar[i, j] = -2.0 * hy * s * vx
                vx_bar[i, j] = -2.0 * hx * s * uy
        for i in range(1, m - 1):
            for j in range(1, n - 1):
                a, c = u[i, j], v[i, j]
                left, below = a - u[i, j - 1], a - u[i - 1, j]
                v_left, v_below = c - v[i, j - 1], c - v[i - 1, j]
                s = ex * (u[i, j + 1] - a - left) + ey * (u[i + 1, j] - a - below)
                nu_bar += g[i, j] * s
                s = ex * (v[i, j + 1] - c - v_left) + ey * (v[i + 1, j] - c - v_below)
                nu_bar += h[i, j] * s
                common = 1.0 - cx * a - cy * c - 2.0 * nu * (ex + ey)
                s = g[i, j] * (common - cx * left) - cx * h[i, j] * v_left
                s += g[i, j + 1] * (cx * u[i, j + 1] + nu * ex)
                s += g[i + 1, j] * (cy * v[i + 1, j] + nu * ey)
                s += nu * (ex * g[i, j - 1] + ey * g[i - 1, j])
                s += ux_bar[i, j - 1] - ux_bar[i, j + 1]
                before_g[i, j] = s + uy_bar[i - 1, j] - uy_bar[i + 1, j]
                s = h[i, j] * (common - cy * v_below) - cy * g[i, j] * below
                s += h[i, j + 1] * (cx * u[i, j + 1] + nu * ex)
                s += h[i + 1, j] * (cy * v[i + 1, j] + nu * ey)
                s += nu * (ex * h[i, j - 1] + ey * h[i - 1, j])
                s += vx_bar[i, j - 1] - vx_bar[i, j + 1]
                before_h[i, j] = s + vy_bar[i - 1, j] - vy_bar[i + 1, j]
        g, before_g = before_g, g
        h, before_h = before_h, h
    u, v = us[0], vs[0]
    for i in range(1, m - 1):
        s = cx * u[i, 1] + nu * ex
        g[i, 0] = s * before_g[i, 1] - ux_bar[i, 1]
        h[i, 0] = s * before_h[i, 1] - vx_bar[i, 1]
        g[i, n - 1] = nu * ex * before_g[i, n - 2] + ux_bar[i, n - 2]
        h[i, n - 1] = nu * ex * before_h[i, n - 2] + vx_bar[i, n - 2]
    for j in range(1, n - 1):
        s = cy * v[1, j] + nu * ey
        g[0, j] = s * before_g[1, j] - uy_bar[1, j]
        h[0, j] = s * before_h[1, j] - vy_bar[1, j]
        g[m - 1, j] = nu * ey * before_g[m - 2, j] + uy_bar[m - 2, j]
        h[m - 1, j] = nu * ey * before_h[m - 2, j] + vy_bar[m - 2, j]
    return g, h, old, nu_bar


def for_jax(np, lax):
    def function(u, v, p, nu, steps, iterations):
        dx, dy = 2.0 / (u.shape[1] - 1), 2.0 / (u.shape[0] - 1)
        across = dy**2 / (2.0 * (dx**2 + dy**2))
        along = dx**2 / (2.0 * (dx**2 + dy**2))

        def step(state, _):
            u, v, p = state
            b = _source(u, v, dx, dy)

            def relax(_, p):
                _, left, right, below, above = _parts(p)
                inner = across * (left + right) + along * (below + above)
                p = p.at[1:-1, 1:-1].set(inner - across * dx**2 * b)
                p = p.at[:, -1].set(p[:, -2])
                p = p.at[0].set(p[1])
                p = p.at[:, 0].set(p[:, 1])
                return p.at[-1].set(0.0)

            p = lax.fori_loop(0, iterations, relax, p)
            next_u, next_v = _next_velocity(u, v, p, nu, dx, dy)
            u = np.zeros_like(u).at[1:-1, 1:-1].set(next_u).at[-1].set(1.0)
            return (u, np.zeros_like(v).at[1:-1, 1:-1].set(next_v), p), None

        (u, v, _), _ = lax.scan(step, (u, v, p), None, length=steps)
        return 0.5 * np.sum(u**2 + v**2)

    return function


def for_torch(torch):
    def function(u, v, p, nu, steps, iterations):
        p = p.clone()
        dx, dy = 2.0 / (u.shape[1] - 1), 2.0 / (u.shape[0] - 1)
        across = dy**2 / (2.0 * (dx**2 + dy**2))
        along = dx**2 / (2.0 * (dx**2 + dy**2))
        for _ in range(steps):
            b = _source(u, v, dx, dy)
            for _ in range(iterations):
                _, left, right, below, above = _parts(p)
                inner = across * (left + right) + along * (below + above)
                p = p.clone()
                p[1:-1, 1:-1] = inner - across * dx**2 * b
                p[:, -1] = p[:, -2]
                p[0] = p[1]
                p[:, 0] = p[:, 1]
                p[-1] = 0.0
            next_u, next_v = _next_velocity(u, v, p, nu, dx, dy)
            u, v = torch.zeros_like(u), torch.zeros_like(v)
            u[1:-1, 1:-1] = next_u
            u[-1] = 1.0
            v[1:-1, 1:-1] = next_v
        return 0.5 * torch.sum(u**2 + v**2)

    return function


def for_autograd(np):
    def function(u, v, p, nu, steps, iterations):
        dx, dy = 2.0 / (u.shape[1] - 1), 2.0 / (u.shape[0] - 1)
        across = dy**2 / (2.0 * (dx**2 + dy**2))
        along = dx**2 / (2.0 * (dx**2 + dy**2))
        lid = np.zeros(u.shape)
        lid[-1] = 1.0
        for _ in range(steps):
            b = _source(u, v, dx, dy)
            for _ in range(iterations):
                _, left, right, below, above = _parts(p)
                p = across * (left + right) + along * (below + above)
                p = p - across * dx**2 * b
                # The corner takes the value beside it, the last row is zero.
                p = np.concatenate([p[:, :1], p, p[:, -1:]], axis=1)
                p = np.concatenate([p[:1], p, np.zeros((1, p.shape[1]))])
            next_u, next_v = _next_velocity(u, v, p, nu, dx, dy)
            u = lid + np.pad(next_u, 1, "constant")
            v = np.pad(next_v, 1, "constant")
        return 0.5 * np.sum(u**2 + v**2)

    return function
