"""Lorenz's system by the Runge-Kutta method of fourth order."""

import numpy as np

SIZES = {"2000 steps": {"steps": 2000}}
WRT = ("start", "sigma", "rho", "beta")
LOOPS = True
BOUND = 2.0


def data(rng, steps):
    return 1.0 + rng.random(3), 10.0, 28.0, 8.0 / 3.0, 1e-3, steps


def slope(y, sigma, rho, beta):
    return np.array(
        [sigma * (y[1] - y[0]), y[0] * (rho - y[2]) - y[1], y[0] * y[1] - beta * y[2]]
    )


def primal(start, sigma, rho, beta, h, steps):
    y = start
    for _ in range(steps):
        k1 = slope(y, sigma, rho, beta)
        k2 = slope(y + 0.5 * h * k1, sigma, rho, beta)
        k3 = slope(y + 0.5 * h * k2, sigma, rho, beta)
        k4 = slope(y + h * k3, sigma, rho, beta)
        y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return np.sum(y * y)


def by_hand_numpy(start, sigma, rho, beta, h, steps):
    parameters = sigma, rho, beta
    y, points = start, []
    for _ in range(steps):
        k1 = slope(y, *parameters)
        k2 = slope(y2 := y + 0.5 * h * k1, *parameters)
        k3 = slope(y3 := y + 0.5 * h * k2, *parameters)
        k4 = slope(y4 := y + h * k3, *parameters)
        points.append((y4, y3, y2, y))
        y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    y_bar, parameters_bar = 2.0 * y, np.zeros(3)
    for stages in reversed(points):
        share, point_bar = h / 6.0 * y_bar, np.zeros(3)
        # How far a stage's slope moves the point of the next one.
        reaches = 0.0, h, 0.5 * h, 0.5 * h
        for point, weight, reach in zip(
            stages, (1.0, 2.0, 2.0, 1.0), reaches, strict=True
        ):
            k_bar = weight * share + reach * point_bar
            point_bar = _jacobian(point, *parameters).T @ k_bar
            y_bar = y_bar + point_bar
            a, b, c = point
            parameters_bar += k_bar * (b - a, a, -c)
    return y_bar, *parameters_bar


def _jacobian(y, sigma, rho, beta):
    return np.array(
        [[-sigma, sigma, 0.0], [rho - y[2], -1.0, -y[0]], [y[1], y[0], -beta]]
    )


def by_hand_numba(start, sigma, rho, beta, h, steps):
    points = np.empty((steps, 4, 3))
    reaches = 0.0, 0.5 * h, 0.5 * h, h
    weights = h / 6.0, h / 3.0, h / 3.0, h / 6.0
    a, b, c = start[0], start[1], start[2]
    for t in range(steps):
        p, q, r = 0.0, 0.0, 0.0
        new_a, new_b, new_c = a, b, c
        for s in range(4):
            u, v, w = a + reaches[s] * p, b + reaches[s] * q, c + reaches[s] * r
            points[t, s, 0], points[t, s, 1], points[t, s, 2] = u, v, w
            p, q, r = sigma * (v - u), u * (rho - w) - v, u * v - beta * w
            new_a += weights[s] * p
            new_b += weights[s] * q
            new_c += weights[s] * r
        a, b, c = new_a, new_b, new_c
    a_bar, b_bar, c_bar = 2.0 * a, 2.0 * b, 2.0 * c
    sigma_bar = rho_bar = beta_bar = 0.0
    afters = 0.5 * h, 0.5 * h, h, 0.0
    for t in range(steps - 1, -1, -1):
        u_bar = v_bar = w_bar = 0.0
        old_a, old_b, old_c = a_bar, b_bar, c_bar
        for s in range(3, -1, -1):
            u, v, w = points[t, s, 0], points[t, s, 1], points[t, s, 2]
            p = weights[s] * old_a + afters[s] * u_bar
            q = weights[s] * old_b + afters[s] * v_bar
            r = weights[s] * old_c + afters[s] * w_bar
            u_bar = (rho - w) * q + v * r - sigma * p
            v_bar = sigma * p - q + u * r
            w_bar = -u * q - beta * r
            a_bar += u_bar
            b_bar += v_bar
            c_bar += w_bar
            sigma_bar += p * (v - u)
            rho_bar += q * u
            beta_bar -= r * w
    return np.array([a_bar, b_bar, c_bar]), sigma_bar, rho_bar, beta_bar


def for_jax(np, lax):
    def slope(y, sigma, rho, beta):
        a, b, c = y
        return np.array([sigma * (b - a), a * (rho - c) - b, a * b - beta * c])

    def function(start, sigma, rho, beta, h, steps):
        def step(_, y):
            k1 = slope(y, sigma, rho, beta)
            k2 = slope(y + 0.5 * h * k1, sigma, rho, beta)
            k3 = slope(y + 0.5 * h * k2, sigma, rho, beta)
            k4 = slope(y + h * k3, sigma, rho, beta)
            return y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)

        return np.sum(lax.fori_loop(0, steps, step, start) ** 2)

    return function


def for_torch(torch):
    return unrolled(torch.stack, torch.sum)


def for_autograd(np):
    return unrolled(np.array, np.sum)


def unrolled(array, total):
    """Return the function with that way to make an array of three numbers."""

    def slope(y, sigma, rho, beta):
        a, b, c = y[0], y[1], y[2]
        return array([sigma * (b - a), a * (rho - c) - b, a * b - beta * c])

    def function(y, sigma, rho, beta, h, steps):
        for _ in range(steps):
            k1 = slope(y, sigma, rho, beta)
            k2 = slope(y + 0.5 * h * k1, sigma, rho, beta)
            k3 = slope(y + 0.5 * h * k2, sigma, rho, beta)
            k4 = slope(y + h * k3, sigma, rho, beta)
            y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        return total(y * y)

    return function
