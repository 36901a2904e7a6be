"""Deriche's edge detector (PolyBench): recursive filters along rows and columns."""

import numpy as np

SIZES = {"small": {"m": 60, "n": 40}, "large": {"m": 480, "n": 360}}
WRT = ("image", "alpha")
LOOPS = True


def data(rng, m, n):
    return rng.random((m, n)), 0.25


def coefficients(alpha):
    """Return those of the two smoothing and the two differentiating filters."""
    decay = np.exp(-alpha)
    k = (1.0 - decay) ** 2 / (1.0 + 2.0 * alpha * decay - np.exp(2.0 * alpha))
    a1 = a5 = k
    a2 = a6 = k * decay * (alpha - 1.0)
    a3 = a7 = k * decay * (alpha + 1.0)
    a4 = a8 = -k * np.exp(-2.0 * alpha)
    b1 = 2.0**-alpha
    b2 = -np.exp(-2.0 * alpha)
    return a1, a2, a3, a4, a5, a6, a7, a8, b1, b2


def primal(image, alpha):
    a1, a2, a3, a4, a5, a6, a7, a8, b1, b2 = coefficients(alpha)
    m, n = image.shape
    y1 = np.empty_like(image)
    y1[:, 0] = a1 * image[:, 0]
    y1[:, 1] = a1 * image[:, 1] + a2 * image[:, 0] + b1 * y1[:, 0]
    for j in range(2, n):
        y1[:, j] = (
            a1 * image[:, j]
            + a2 * image[:, j - 1]
            + b1 * y1[:, j - 1]
            + b2 * y1[:, j - 2]
        )
    y2 = np.empty_like(image)
    y2[:, -1] = 0.0
    y2[:, -2] = a3 * image[:, -1]
    for j in range(n - 3, -1, -1):
        y2[:, j] = (
            a3 * image[:, j + 1]
            + a4 * image[:, j + 2]
            + b1 * y2[:, j + 1]
            + b2 * y2[:, j + 2]
        )
    rows = y1 + y2
    y1[0] = a5 * rows[0]
    y1[1] = a5 * rows[1] + a6 * rows[0] + b1 * y1[0]
    for i in range(2, m):
        y1[i] = a5 * rows[i] + a6 * rows[i - 1] + b1 * y1[i - 1] + b2 * y1[i - 2]
    y2[-1] = 0.0
    y2[-2] = a7 * rows[-1]
    for i in range(m - 3, -1, -1):
        y2[i] = a7 * rows[i + 1] + a8 * rows[i + 2] + b1 * y2[i + 1] + b2 * y2[i + 2]
    return np.sum((y1 + y2) ** 2)


def _partials(alpha):
    """Return the derivatives of a1, a2, a3, a4, b1 and b2."""
    decay = np.exp(-alpha)
    above = (1.0 - decay) ** 2
    below = 1.0 + 2.0 * alpha * decay - np.exp(2.0 * alpha)
    k = above / below
    above_dot = 2.0 * (1.0 - decay) * decay
    below_dot = 2.0 * decay * (1.0 - alpha) - 2.0 * np.exp(2.0 * alpha)
    k_dot = (above_dot - k * below_dot) / below
    return (
        k_dot,
        decay * (k_dot * (alpha - 1.0) + k * (2.0 - alpha)),
        decay * (k_dot * (alpha + 1.0) - k * alpha),
        decay**2 * (2.0 * k - k_dot),
        -np.log(2.0) * 2.0**-alpha,
        2.0 * decay**2,
    )


def by_hand_numpy(image, alpha):
    a1, a2, a3, a4, _, _, _, _, b1, b2 = coefficients(alpha)

    def down(x):
        y = np.empty_like(x)
        y[0] = a1 * x[0]
        y[1] = a1 * x[1] + a2 * x[0] + b1 * y[0]
        for i in range(2, len(x)):
            y[i] = a1 * x[i] + a2 * x[i - 1] + b1 * y[i - 1] + b2 * y[i - 2]
        return y

    def up(x):
        y = np.empty_like(x)
        y[-1] = 0.0
        y[-2] = a3 * x[-1]
        for i in range(len(x) - 3, -1, -1):
            y[i] = a3 * x[i + 1] + a4 * x[i + 2] + b1 * y[i + 1] + b2 * y[i + 2]
        return y

    def back(y_bar, x, y1, y2):
        """The adjoints of x and of a1, a2, a3, a4, b1, b2, of y = y1 + y2."""
        m = len(x)
        s = y_bar.copy()  # of y1: the same recurrence upwards
        r = y_bar.copy()  # of y2
        s[m - 2] += b1 * s[m - 1]
        for i in range(m - 3, -1, -1):
            s[i] += b1 * s[i + 1] + b2 * s[i + 2]
        r[1] += b1 * r[0]
        for i in range(2, m):
            r[i] += b1 * r[i - 1] + b2 * r[i - 2]
        x_bar = a1 * s
        x_bar[:-1] += a2 * s[1:]
        x_bar[1:] += a3 * r[:-1]
        x_bar[2:] += a4 * r[:-2]
        return x_bar, np.array(
            [
                np.sum(s * x),
                np.sum(s[1:] * x[:-1]),
                np.sum(r[:-1] * x[1:]),
                np.sum(r[:-2] * x[2:]),
                np.sum(s[1:] * y1[:-1]) + np.sum(r[:-1] * y2[1:]),
                np.sum(s[2:] * y1[:-2]) + np.sum(r[:-2] * y2[2:]),
            ]
        )

    turned = np.ascontiguousarray(image.T)
    y1, y2 = down(turned), up(turned)
    rows = np.ascontiguousarray((y1 + y2).T)
    z1, z2 = down(rows), up(rows)
    rows_bar, first = back(2.0 * (z1 + z2), rows, z1, z2)
    turned_bar, second = back(np.ascontiguousarray(rows_bar.T), turned, y1, y2)
    bars = (first + second) @ np.array(_partials(alpha))
    return np.ascontiguousarray(turned_bar.T), bars


def by_hand_numba(image, alpha):
    """The rows transposed, so that every filter takes a whole row at a time."""
    a1, a2, a3, a4, _, _, _, _, b1, b2 = coefficients(alpha)
    m, n = image.shape
    turned = _transposed(image, np.empty((n, m)))
    y1, y2, columns = _filtered(turned, 1.0, a1, a2, a3, a4, b1, b2)
    rows = _transposed(columns, np.empty((m, n)))
    z1, z2, bar = _filtered(rows, 2.0, a1, a2, a3, a4, b1, b2)
    partials = _partials(alpha)
    rows_bar, first = _back(bar, rows, z1, z2, partials, a1, a2, a3, a4, b1, b2)
    columns = _transposed(rows_bar, columns)
    turned_bar, second = _back(
        columns, turned, y1, y2, partials, a1, a2, a3, a4, b1, b2
    )
    return _transposed(turned_bar, bar), first + second


def _transposed(x, out):
    """Copy to out in blocks of 8 by 8."""
    m, n = x.shape
    for i in range(0, m, 8):
        for j in range(0, n, 8):
            for k in range(i, min(i + 8, m)):
                for p in range(j, min(j + 8, n)):
                    out[p, k] = x[k, p]
    return out


def _filtered(x, factor, a1, a2, a3, a4, b1, b2):
    """Both filters along the columns of x, and their sum times a factor."""
    m, n = x.shape
    y1, y2, total = np.empty((m, n)), np.empty((m, n)), np.empty((m, n))
    for j in range(n):
        y2[m - 1, j] = 0.0
        y2[m - 2, j] = a3 * x[m - 1, j]
    for i in range(m - 3, -1, -1):
        for j in range(n):
            y2[i, j] = (
                a3 * x[i + 1, j]
                + a4 * x[i + 2, j]
                + b1 * y2[i + 1, j]
                + b2 * y2[i + 2, j]
            )
    for j in range(n):
        y1[0, j] = a1 * x[0, j]
        total[0, j] = factor * (y1[0, j] + y2[0, j])
    for j in range(n):
        y1[1, j] = a1 * x[1, j] + a2 * x[0, j] + b1 * y1[0, j]
        total[1, j] = factor * (y1[1, j] + y2[1, j])
    for i in range(2, m):
        for j in range(n):
            y = a1 * x[i, j] + a2 * x[i - 1, j] + b1 * y1[i - 1, j] + b2 * y1[i - 2, j]
            y1[i, j] = y
            total[i, j] = factor * (y + y2[i, j])
    return y1, y2, total


def _back(y_bar, x, y1, y2, partials, a1, a2, a3, a4, b1, b2):
    """Return the adjoint of x, and the share of alpha."""
    d1, d2, d3, d4, e1, e2 = partials
    m, n = x.shape
    x_bar = np.empty((m, n))
    alpha_bar = 0.0
    r = np.zeros((2, n))  # of y1, in the two rows below
    for i in range(m - 1, -1, -1):
        r1, r2 = r[(i + 1) % 2], r[i % 2]
        for j in range(n):
            x_bar[i, j] = a2 * r1[j]
            alpha_bar += d2 * r1[j] * x[i, j] + (e1 * r1[j] + e2 * r2[j]) * y1[i, j]
            r2[j] = y_bar[i, j] + b1 * r1[j] + b2 * r2[j]
            x_bar[i, j] += a1 * r2[j]
            alpha_bar += d1 * r2[j] * x[i, j]
    r[:] = 0.0  # of y2, in the two rows above
    for i in range(m):
        r1, r2 = r[(i + 1) % 2], r[i % 2]
        for j in range(n):
            x_bar[i, j] += a3 * r1[j] + a4 * r2[j]
            alpha_bar += (d3 * r1[j] + d4 * r2[j]) * x[i, j]
            alpha_bar += (e1 * r1[j] + e2 * r2[j]) * y2[i, j]
            r2[j] = y_bar[i, j] + b1 * r1[j] + b2 * r2[j]
    return x_bar, alpha_bar


def for_jax(np, lax):
    def smoothed(x, coefficients):
        a1, a2, a3, a4, b1, b2 = coefficients
        zero = np.zeros_like(x[0])

        def down(carry, row):
            x1, y1, y2 = carry
            y = a1 * row + a2 * x1 + b1 * y1 + b2 * y2
            return (row, y, y1), y

        def up(carry, row):
            x1, x2, y1, y2 = carry
            y = a3 * x1 + a4 * x2 + b1 * y1 + b2 * y2
            return (row, x1, y, y1), y

        first = lax.scan(down, (zero,) * 3, x)[1]
        second = lax.scan(up, (zero,) * 4, x, reverse=True)[1]
        return first + second

    def function(image, alpha):
        decay = np.exp(-alpha)
        k = (1.0 - decay) ** 2 / (1.0 + 2.0 * alpha * decay - np.exp(2.0 * alpha))
        a2, a3 = k * decay * (alpha - 1.0), k * decay * (alpha + 1.0)
        coefficients = k, a2, a3, -k * decay**2, 2.0**-alpha, -(decay**2)
        rows = smoothed(image.T, coefficients).T
        return np.sum(smoothed(rows, coefficients) ** 2)

    return function


def _with_lists(np):
    """Return the function for libraries that record what is done to arrays."""

    def smoothed(x, coefficients):
        a1, a2, a3, a4, b1, b2 = coefficients
        m = len(x)
        down = [a1 * x[0], a1 * x[1] + a2 * x[0] + b1 * (a1 * x[0])]
        for i in range(2, m):
            y = a1 * x[i] + a2 * x[i - 1] + b1 * down[i - 1] + b2 * down[i - 2]
            down.append(y)
        up = [0.0 * x[0], a3 * x[m - 1]]
        for i in range(m - 3, -1, -1):
            up.append(a3 * x[i + 1] + a4 * x[i + 2] + b1 * up[-1] + b2 * up[-2])
        return np.stack([y + z for y, z in zip(down, up[::-1], strict=True)])

    def function(image, alpha):
        decay = np.exp(-alpha)
        k = (1.0 - decay) ** 2 / (1.0 + 2.0 * alpha * decay - np.exp(2.0 * alpha))
        a2, a3 = k * decay * (alpha - 1.0), k * decay * (alpha + 1.0)
        coefficients = k, a2, a3, -k * decay**2, 2.0**-alpha, -(decay**2)
        rows = smoothed(image.T, coefficients).T
        return np.sum(smoothed(rows, coefficients) ** 2)

    return function


def for_torch(torch):
    return _with_lists(torch)


def for_autograd(np):
    return _with_lists(np)
