"""Stencils and time loops."""

import numpy as np

from corpus import case


@case((9,), 3, wrt="u", float32=True)
def heat_slices(u, steps):
    for _ in range(steps):
        v = u.copy()
        v[1:-1] = u[1:-1] + 0.2 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u = v
    return u


@case((8,), (8,), 3, writes=("A", "B"))
def jacobi_1d(A, B, steps):
    for _ in range(1, steps):
        B[1:-1] = 0.33333 * (A[:-2] + A[1:-1] + A[2:])
        A[1:-1] = 0.33333 * (B[:-2] + B[1:-1] + B[2:])


@case((5, 6), 2, wrt="T", core=True)
def heat_2d(T, steps):
    for _ in range(steps):
        new = T.copy()
        new[1:-1, 1:-1] = T[1:-1, 1:-1] + 0.1 * (
            T[2:, 1:-1]
            + T[:-2, 1:-1]
            + T[1:-1, 2:]
            + T[1:-1, :-2]
            - 4.0 * T[1:-1, 1:-1]
        )
        T = new
    return T


@case((5, 5), 2, writes=("A",))
def seidel_2d(A, steps):
    n = A.shape[0]
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                A[i, j] = (
                    A[i - 1, j - 1]
                    + A[i - 1, j]
                    + A[i - 1, j + 1]
                    + A[i, j - 1]
                    + A[i, j]
                    + A[i, j + 1]
                    + A[i + 1, j - 1]
                    + A[i + 1, j]
                    + A[i + 1, j + 1]
                ) / 9.0


@case((8,), 0.3, 3, wrt="u,dt")
def burgers(u, dt, steps):
    """A nonlinear stencil needs the old values."""
    u = 0.3 * u
    for _ in range(steps):
        u[1:-1] = u[1:-1] - dt * u[1:-1] * (u[2:] - u[:-2])
    return u


@case((8,), (8,), 0.4, 3, wrt="u,v,c")
def wave_leapfrog(u, v, c, steps):
    old = u.copy()
    now = v.copy()
    new = np.zeros(8)
    for _ in range(steps):
        new[1:-1] = (
            2.0 * now[1:-1] - old[1:-1] + c * c * (now[2:] - 2.0 * now[1:-1] + now[:-2])
        )
        old, now, new = now, new, old
    return now


@case((6, 7), (6, 7), (6, 7), (3,), writes=("ex", "ey", "hz"))
def fdtd_2d(ex, ey, hz, source):
    for t in range(3):
        ey[0, :] = source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])


@case((4, 4, 4), 2, wrt="A")
def heat_3d(A, steps):
    A = A * 1.0
    for _ in range(steps):
        B = A.copy()
        B[1:-1, 1:-1, 1:-1] = (
            0.125 * (A[2:, 1:-1, 1:-1] + A[:-2, 1:-1, 1:-1])
            + 0.125 * (A[1:-1, 2:, 1:-1] + A[1:-1, :-2, 1:-1])
            + 0.125 * (A[1:-1, 1:-1, 2:] + A[1:-1, 1:-1, :-2])
            + 0.25 * A[1:-1, 1:-1, 1:-1]
        )
        A = B
    return A


@case((7, 3), (3, 3, 2))
def convolution(x, K):
    """Cross-correlation along the first axis."""
    n = x.shape[0] - K.shape[0] + 1
    out = np.zeros((n, K.shape[2]))
    for i in range(n):
        for k in range(K.shape[0]):
            out[i] += x[i + k] @ K[k]
    return out


@case((6,), 3, wrt="u")
def periodic_by_modulo(u, steps):
    n = len(u)
    for _ in range(steps):
        v = np.empty(n)
        for i in range(n):
            v[i] = u[i] * u[(i + 1) % n] + u[i - 1]
        u = v
    return u


@case((6, 5), 0.3)
def horizontal_diffusion(f, coeff):
    lap = 4.0 * f[1:-1, 1:-1] - (
        f[2:, 1:-1] + f[:-2, 1:-1] + f[1:-1, 2:] + f[1:-1, :-2]
    )
    res = lap[1:, :] - lap[:-1, :]
    flux = np.where(res * (f[2:-1, 1:-1] - f[1:-2, 1:-1]) > 0, 0.0, res)
    return f[2:-2, 1:-1] - coeff * (flux[1:, :] - flux[:-1, :])


@case((5, 6), core=True)
def strength_of_edges(image):
    u = np.tanh(image)
    across = u[:, 2:] - u[:, :-2]
    down = u[2:] - u[:-2]
    return np.sqrt(across[1:-1] ** 2 + down[:, 1:-1] ** 2 + 1e-3)


@case((9, 10), 0.1, 2, wrt="u,c", float32=True)
@case((2, 3), 0.1, 2, wrt="u,c", label="small")
@case((1, 9), 0.1, 2, wrt="u,c", label="thin")
def heat_by_elements(u, c, steps):
    k, m = u.shape
    v = u.copy()
    for _ in range(steps):
        w = v.copy()
        for i in range(1, k - 1):
            for j in range(1, m - 1):
                around = v[i - 1, j] + v[i + 1, j] + v[i, j - 1] + v[i, j + 1]
                w[i, j] = v[i, j] + c * (around - 4.0 * v[i, j])
        v = w
    return v


@case((12,), (12,))
@case((2,), (2,), label="small")
def springs_in_a_row(x, k):
    """Forces that two neighbours share, of opposite signs."""
    force = np.zeros(len(x))
    for i in range(len(x) - 1):
        pull = k[i] * (x[i + 1] - x[i] - 1.0)
        force[i] += pull
        force[i + 1] -= pull
    return np.sum(force * force * x)


@case((11,), 2, wrt="a")
def jacobi_by_elements(a, steps):
    a = a.copy()
    b = a.copy()
    for _ in range(steps):
        for i in range(1, len(a) - 1):
            b[i] = (a[i - 1] + a[i] + a[i + 1]) / 3.0
        for i in range(1, len(a) - 1):
            a[i] = (b[i - 1] + b[i] + b[i + 1]) / 3.0
    return a


@case((10, 9, 10), wrt="u")
def laplacian_in_three_dimensions(u):
    n, m, o = u.shape
    out = np.zeros((n, m, o))
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            for k in range(1, o - 1):
                across = u[i - 1, j, k] + u[i + 1, j, k]
                across += u[i, j - 1, k] + u[i, j + 1, k]
                across += u[i, j, k - 1] + u[i, j, k + 1]
                out[i, j, k] = (across - 6.0 * u[i, j, k]) ** 2
    return out


@case((12,), wrt="x")
def roughness(x):
    total = 0.0
    for i in range(1, len(x) - 1):
        total += (x[i + 1] - 2.0 * x[i] + x[i - 1]) ** 2 + np.sin(x[i + 1] - x[i])
    return total


@case((4,), (5,))
def neighbour_counted_from_the_end(x, y):
    c = 2.0 * y[:-1]
    t = 0.0
    for i in range(4):
        t += x[i] * c[i - 1]
    return t
