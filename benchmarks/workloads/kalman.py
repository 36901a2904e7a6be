"""Log-likelihood of a series under a linear Gaussian model, by a Kalman filter."""

import numpy as np

SIZES = {"small": {"d": 2, "steps": 500}, "large": {"d": 6, "steps": 5000}}
TINY = {"d": 2, "steps": 6}
WRT = ("F", "Q", "r")
LOOPS = True


def data(rng, d, steps):
    """Return a chain of integrators with friction, seen at its first state."""
    F = 0.9 * np.eye(d) + 0.1 * np.eye(d, k=1)
    G = 0.2 * rng.standard_normal((d, d))
    h = np.zeros(d)
    h[0] = 1.0
    return F, G @ G.T + 0.1 * np.eye(d), 0.5, h, rng.standard_normal(steps)


def primal(F, Q, r, h, y):
    d = len(h)
    x = np.zeros(d)
    P = np.eye(d)
    likelihood = 0.0
    for t in range(len(y)):
        x = F @ x
        P = F @ P @ F.T + Q
        v = y[t] - h @ x
        u = P @ h
        s = h @ u + r
        likelihood -= 0.5 * (np.log(2.0 * np.pi * s) + v * v / s)
        gain = u / s
        x = x + gain * v
        P = P - np.outer(gain, u)
    return likelihood


def by_hand_numpy(F, Q, r, h, y):
    """What is kept: x, P, and the innovation."""
    d, n = len(h), len(y)
    xs, Ps = np.zeros((n + 1, d)), np.zeros((n + 1, d, d))
    us, vs, ss = np.empty((n, d)), np.empty(n), np.empty(n)
    Ps[0] = np.eye(d)
    for t in range(n):
        x = F @ xs[t]
        P = F @ Ps[t] @ F.T + Q
        vs[t] = y[t] - h @ x
        us[t] = P @ h
        ss[t] = h @ us[t] + r
        gain = us[t] / ss[t]
        xs[t + 1] = x + gain * vs[t]
        Ps[t + 1] = P - np.outer(gain, us[t])
    F_bar, Q_bar, r_bar = np.zeros((d, d)), np.zeros((d, d)), 0.0
    x_bar, P_bar = np.zeros(d), np.zeros((d, d))
    for t in range(n - 1, -1, -1):
        u, v, s = us[t], vs[t], ss[t]
        gain = u / s
        gain_bar = v * x_bar - P_bar @ u
        s_bar = -(gain_bar @ gain) / s - 0.5 / s + 0.5 * (v / s) ** 2
        u_bar = gain_bar / s - gain @ P_bar + s_bar * h
        v_bar = x_bar @ gain - v / s
        r_bar += s_bar
        P_bar += np.outer(u_bar, h)
        x_bar -= v_bar * h
        Q_bar += P_bar
        F_bar += (P_bar + P_bar.T) @ F @ Ps[t] + np.outer(x_bar, xs[t])
        P_bar = F.T @ P_bar @ F
        x_bar = F.T @ x_bar
    return F_bar, Q_bar, r_bar


def by_hand_numba(F, Q, r, h, y):
    """What is kept: x, F P (P itself is needed nowhere else), and the innovation."""
    d, n = len(h), len(y)
    xs, FPs, us = np.empty((n, d)), np.empty((n, d, d)), np.empty((n, d))
    vs, ss = np.empty(n), np.empty(n)
    x, new, P = np.zeros(d), np.empty(d), np.eye(d)
    for t in range(n):
        FP, u = FPs[t], us[t]
        v = y[t]
        for i in range(d):
            xs[t, i] = x[i]
        for i in range(d):
            total = 0.0
            for k in range(d):
                total += F[i, k] * xs[t, k]
            new[i] = total
            v -= h[i] * total
            for j in range(d):
                FP[i, j] = 0.0
            for k in range(d):
                for j in range(d):
                    FP[i, j] += F[i, k] * P[k, j]
        s = r
        for i in range(d):
            total_u = 0.0
            for j in range(d):
                total = Q[i, j]
                for k in range(d):
                    total += FP[i, k] * F[j, k]
                P[i, j] = total
                total_u += total * h[j]
            u[i] = total_u
            s += h[i] * total_u
        vs[t], ss[t] = v, s
        for i in range(d):
            gain = u[i] / s
            x[i] = new[i] + gain * v
            for j in range(d):
                P[i, j] -= gain * u[j]
    F_bar, Q_bar, r_bar = np.zeros((d, d)), np.zeros((d, d)), 0.0
    x_bar, P_bar, PF = np.zeros(d), np.zeros((d, d)), np.empty((d, d))
    gain_bar, u_bar, old = np.empty(d), np.empty(d), np.empty(d)
    for t in range(n - 1, -1, -1):
        FP, u, v, s = FPs[t], us[t], vs[t], ss[t]
        along = x_dot = 0.0
        for i in range(d):
            total = v * x_bar[i]
            for j in range(d):
                total -= P_bar[i, j] * u[j]
            gain_bar[i] = total
            along += total * u[i]
            x_dot += x_bar[i] * u[i]
        s_bar = -along / (s * s) - 0.5 / s + 0.5 * (v / s) * (v / s)
        v_bar = (x_dot - v) / s
        r_bar += s_bar
        for j in range(d):
            u_bar[j] = gain_bar[j] / s + s_bar * h[j]
        for i in range(d):
            gain = u[i] / s
            for j in range(d):
                u_bar[j] -= gain * P_bar[i, j]
        for i in range(d):
            x_bar[i] -= v_bar * h[i]
            for j in range(d):
                P_bar[i, j] += u_bar[i] * h[j]
                Q_bar[i, j] += P_bar[i, j]
        for i in range(d):
            old[i] = 0.0
            for j in range(d):
                F_bar[i, j] += x_bar[i] * xs[t, j]
                PF[i, j] = 0.0
            for k in range(d):
                both = P_bar[i, k] + P_bar[k, i]
                for j in range(d):
                    F_bar[i, j] += both * FP[k, j]
                    PF[i, j] += P_bar[i, k] * F[k, j]
        P_bar[:] = 0.0
        for k in range(d):
            for i in range(d):
                old[i] += F[k, i] * x_bar[k]
                for j in range(d):
                    P_bar[i, j] += F[k, i] * PF[k, j]
        x_bar[:] = old
    return F_bar, Q_bar, r_bar


def for_jax(np, lax):
    def primal(F, Q, r, h, y):
        d = len(h)

        def step(carry, seen):
            x, P, likelihood = carry
            x = F @ x
            P = F @ P @ F.T + Q
            v = seen - h @ x
            u = P @ h
            s = h @ u + r
            likelihood = likelihood - 0.5 * (np.log(2.0 * np.pi * s) + v * v / s)
            gain = u / s
            return (x + gain * v, P - np.outer(gain, u), likelihood), None

        (_, _, likelihood), _ = lax.scan(step, (np.zeros(d), np.eye(d), 0.0), y)
        return likelihood

    return primal


def for_torch(torch):
    def primal(F, Q, r, h, y):
        d = len(h)
        x, P = torch.zeros(d, dtype=F.dtype), torch.eye(d, dtype=F.dtype)
        likelihood = 0.0
        for seen in y:
            x = F @ x
            P = F @ P @ F.T + Q
            v = seen - h @ x
            u = P @ h
            s = h @ u + r
            likelihood = likelihood - 0.5 * (torch.log(2.0 * torch.pi * s) + v * v / s)
            gain = u / s
            x = x + gain * v
            P = P - torch.outer(gain, u)
        return likelihood

    return primal


def for_autograd(np):
    def primal(F, Q, r, h, y):
        d = len(h)
        x, P, likelihood = np.zeros(d), np.eye(d), 0.0
        for seen in y:
            x = np.dot(F, x)
            P = np.dot(np.dot(F, P), F.T) + Q
            v = seen - np.dot(h, x)
            u = np.dot(P, h)
            s = np.dot(h, u) + r
            likelihood = likelihood - 0.5 * (np.log(2.0 * np.pi * s) + v * v / s)
            gain = u / s
            x = x + gain * v
            P = P - np.outer(gain, u)
        return likelihood

    return primal
