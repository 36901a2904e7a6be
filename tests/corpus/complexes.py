"""Complex numbers: contour integrals, transforms, scattering, maps of the plane."""

from functools import partial

import numpy as np

from corpus import case, exactly, integers, mask, plane, positive

TAU = 2j * np.pi
# Complex step would mix with the numbers themselves.
case = partial(case, analytic=False)


# ---- operations ----


@case(plane(4), plane(4), (4,), core=True, float32=True)
def arithmetic(z, w, x):
    """Sums, products and quotients of complex and real numbers."""
    a = z * w + x * z - w / (z + 3.0) + 2 * x
    return a / (x + 4j) + (1 - 0.5j) * np.conj(w) - 1.5 + 1j * x**2


@case(plane(3, scale=0.4))
def functions(z):
    """Analytic functions, one after another."""
    a = np.exp(z) + np.log(z + 3) + np.sqrt(z + 2)
    b = np.sin(z) * np.cos(z) + np.tan(z) - np.sinh(z) * np.cosh(z) + np.tanh(z)
    c = np.arcsin(z) + np.arccos(0.5 * z) + np.arctan(z) + np.arcsinh(z)
    d = np.arctanh(0.5 * z) + np.arccosh(z + 2) + np.expm1(z) + np.log1p(z)
    return a * b + c * d + np.log10(z + 2) + np.log2(z + 3) + np.exp2(z)


@case(plane(4), core=True)
def parts(z):
    """Real, imaginary, absolute value, angle; every way to write them."""
    a = z.real * np.imag(z) + np.real(z) ** 2 - z.imag
    b = np.absolute(z) ** 2 + np.angle(z, deg=True)
    return a + np.abs(z) * np.angle(z) + b


@case(plane(3), plane(3), 0.7)
def powers(z, w, x):
    return z**2 + (z + 3) ** 3 + (w + 3) ** -1 + (z + 3) ** w + x**z + (w + 2) ** x


@case(plane(3), 0.4 + 0.3j, 1.5)
def numbers(z, c, x):
    """Python's own complex numbers among arrays."""
    w = complex(x, 2.0) * c + abs(c) + c.real * 1j - c.conjugate() * c.imag
    return np.sum(np.abs(z * w - c) ** 2)


@case(plane(3, 4), core=True)
def reductions(z):
    """Sums, products and means, over axes and over all."""
    a = np.sum(z, axis=0) * np.mean(z, axis=0) + np.prod(z, axis=0)
    b = z.sum(axis=1, keepdims=True) / z.mean()
    return np.sum(np.abs(a) ** 2) + np.abs(np.prod(b)) + np.var(z) + np.std(z, axis=1)


@case(plane(5))
def scans(z):
    return np.cumsum(z) * np.conj(np.cumprod(z))


@case(plane(3, 4), plane(4, 3), (4,), plane(4))
def products(A, B, x, v):
    """Products of real and complex matrices and vectors."""
    C = A @ B
    u = C @ (A @ x) + (x @ B) * 1j
    return np.vdot(v, x) + np.dot(v, v) + np.sum(np.outer(u, v)) + np.trace(C.conj().T)


@case(plane(4), plane(4), mask(4))
def choices(z, w, c):
    """Branches of each element; a complex one beside a real one."""
    a = np.where(c, z * w, np.abs(z))
    return np.where(np.abs(z) > 1.0, a, 0.0) + np.where(z == w, 1.0, z.real)


@case(plane(2, 3, 4))
def shapes(z):
    """Transposes, slices, reversals and joins."""
    a = np.transpose(z, (2, 0, 1)).reshape(4, 6)
    b = np.concatenate([a[:, ::-1], a[1:3].conj()], axis=0)
    return np.stack([b.T, 2j * b.T])[:, 1:, ::2]


@case(plane(4, 5), core=True, float32=True)
def stores(z):
    """Elements, rows and slices of complex arrays, set and added to."""
    a = np.zeros((4, 5), dtype=z.dtype)
    a[1] = z[0] * 2j
    a[:, 2] += z[:, 0].real
    a[2:, 1:3] = np.abs(z[2:, 1:3])
    a[0, 0] = z[3, 3] ** 2
    a[3] *= z[1]
    a /= 1 + np.abs(z)
    return a


@case(plane(5), (5,), writes=("z",))
def in_place(z, x):
    """A written parameter."""
    z *= 1j
    z[1:] += x[:-1] * z[:-1]
    z[0] = x[0]


@case((6,), (6,), writes=("x",))
def real_parts_stored(x, y):
    """Real arrays take the parts of complex ones."""
    z = np.exp(1j * y) * x
    x[:] = z.real
    x[::2] -= z.imag[1::2]


@case(plane(6))
def views_of_parts(z):
    """The parts are views: they see what is written later."""
    w = z.copy()
    r = w.real
    w[2] = 3.0 * z[0] ** 2
    w *= 1j
    return r * w.imag


@case(plane(3, 3), plane(3))
def hermitian_form(A, v):
    H = A + A.conj().T
    size = np.vdot(v, v).real * np.linalg.norm(A, axis=0)
    return (v.conj() @ H @ v).real + np.linalg.norm(v) + size * np.abs(v)


@case(exactly([0.0, 3 + 4j, 0.0, -1j], "complex128"))
def absolute_values_at_zero(z):
    return np.sum(np.abs(z) ** 2 + np.abs(z * z))


# ---- loops and branches ----


@case(0.3, 0.1, core=True)
def recurrence(a, b):
    """A scalar map of the plane from real numbers."""
    z = 0.0
    c = complex(a, b)
    for _ in range(6):
        z = z * z + c
    return abs(z)


@case(plane(5, scale=0.5), plane(5, scale=0.5))
def mandelbrot(z0, c):
    """Points that escape stay where they are."""
    z = z0.copy()
    for _ in range(5):
        inside = np.abs(z) < 2.0
        z = np.where(inside, z * z + c, z)
    return z


@case(-1.5, 0.5, -1.0, 1.0, 4, 3, 4)
def mandelbrot_masks(xmin, xmax, ymin, ymax, xn, yn, most):
    """The points that have not escaped are moved; the last move is counted."""
    X = np.linspace(xmin, xmax, xn, dtype=np.float64)
    Y = np.linspace(ymin, ymax, yn, dtype=np.float64)
    C = X + Y[:, None] * 1j
    N = np.zeros(C.shape, dtype=np.int64)
    Z = np.zeros(C.shape, dtype=np.complex128)
    for n in range(most):
        inside = np.less(abs(Z), 2.0)
        N[inside] = n
        Z[inside] = Z[inside] ** 2 + C[inside]
    N[N == most - 1] = 0
    return Z, N


@case(-1.7, 0.43, -1.1, 0.9, 4, 3, 4)
def mandelbrot_compressed(xmin, xmax, ymin, ymax, xn, yn, most):
    """Only the points that have not escaped are kept; ends in the middle of a loop."""
    Xi, Yi = np.mgrid[0:xn, 0:yn]
    X = np.linspace(xmin, xmax, xn, dtype=np.float64)[Xi]
    Y = np.linspace(ymin, ymax, yn, dtype=np.float64)[Yi]
    C = X + Y * 1j
    counts = np.zeros(C.shape, dtype=np.int64)
    last = np.zeros(C.shape, dtype=np.complex128)
    Xi.shape = Yi.shape = C.shape = xn * yn
    Z = np.zeros(C.shape, np.complex128)
    for i in range(most):
        if not len(Z):
            break
        np.multiply(Z, Z, Z)
        np.add(Z, C, Z)
        gone = abs(Z) > 2.0
        counts[Xi[gone], Yi[gone]] = i + 1
        last[Xi[gone], Yi[gone]] = Z[gone]
        np.logical_not(gone, gone)
        Z = Z[gone]
        Xi, Yi = Xi[gone], Yi[gone]
        C = C[gone]
    return last.T, counts.T


@case(plane(4), 0.8)
def branches(z, t):
    s = 0j
    for k in range(4):
        if z[k].imag > 0:
            s += z[k] * np.exp(1j * k * t)
        elif abs(z[k]) > 1:
            s -= np.conj(z[k])
        else:
            s *= 1j
    return s


@case(plane(4), positive(4), (4,), wrt="z,y", core=True)
def shared_adjoint(z, w, y):
    """One branch gives a real and a complex array the same adjoint, then one is set."""
    b = z * 2
    b[1:] *= 2j
    if w[0] > 0:
        a = b + y
    else:
        a = b * y
    return a * a


@case(0.9 + 0.4j, 0.3 - 0.2j)
def newton(z, c):
    """Newton's method for z**3 = 1 + c, until it settles."""
    for _ in range(50):
        step = (z**3 - 1 - c) / (3 * z**2)
        z = z - step
        if abs(step) < 1e-13:
            break
    return z


# ---- programs ----


@case(plane(8), core=True)
def discrete_fourier_transform(x):
    """The sum over all points, as a loop."""
    n = len(x)
    X = np.zeros(n, dtype=np.complex128)
    for k in range(n):
        for m in range(n):
            X[k] += x[m] * np.exp(-2j * np.pi * k * m / n)
    return X


@case((8,))
def spectrum_of_a_signal(x):
    """Power of a real signal, by a matrix of phases."""
    n = x.shape[0]
    k = np.arange(n)
    M = np.exp(-TAU * k[:, None] * k / n)
    return np.abs(M @ x) ** 2


@case(plane(8), float32=True)
def radix_two(x):
    """Butterflies in place after bits are reversed."""
    n = x.shape[0]
    a = x.copy()
    j = 0
    for i in range(1, n):
        bit = n >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j ^= bit
        if i < j:
            t = a[i]
            a[i] = a[j]
            a[j] = t
    size = 2
    while size <= n:
        half = size // 2
        for start in range(0, n, size):
            for k in range(half):
                w = np.exp(-2j * np.pi * k / size)
                u = a[start + k]
                v = a[start + k + half] * w
                a[start + k] = u + v
                a[start + k + half] = u - v
        size *= 2
    return a


@case(8, 2, 3, plane(8), plane(8), wrt="x,y", writes=("y",), core=True)
def stockham(N, R, K, x, y):
    """A transform of R**K points that sorts itself, by reshaped products."""
    row, column = np.mgrid[0:R, 0:R]
    butterfly = np.exp(-2.0j * np.pi * row * column / R)
    y[:] = x[:]
    i_coord, j_coord = np.mgrid[0:R, 0 : R**K]
    for i in range(K):
        view = np.reshape(y, (R**i, R, R ** (K - i - 1)))
        permuted = np.transpose(view, axes=(1, 0, 2))
        D = np.empty((R, R**i, R ** (K - i - 1)), dtype=np.complex128)
        tmp = np.exp(
            -2.0j * np.pi * i_coord[:, : R**i] * j_coord[:, : R**i] / R ** (i + 1)
        )
        D[:] = np.repeat(np.reshape(tmp, (R, R**i, 1)), R ** (K - i - 1), axis=2)
        twisted = np.reshape(permuted, (N,)) * np.reshape(D, (N,))
        y[:] = np.reshape(butterfly @ np.reshape(twisted, (R, R ** (K - 1))), (N,))


@case(3, 2, 2, (3, 3, 3), plane(4), (3, 2), core=True)
def contour_integral(NR, NM, slabs, Ham, points, Y):
    """Moments of a resolvent: systems solved at points of the plane."""
    P0 = np.zeros((NR, NM), dtype=np.complex128)
    P1 = np.zeros((NR, NM), dtype=np.complex128)
    for z in points:
        Tz = np.zeros((NR, NR), dtype=np.complex128)
        for n in range(slabs + 1):
            zz = np.power(z, slabs / 2 - n)
            Tz += zz * Ham[n]
        if NR == NM:
            X = np.linalg.inv(Tz)
        else:
            X = np.linalg.solve(Tz, Y)
        if abs(z) < 1.0:
            X = -X
        P0 += X
        P1 += z * X
    return P0, P1


@case((3, 3), (3, 3), 0.4)
def green_function(H, S, eta):
    """The retarded Green's function of a Hamiltonian, its spectrum and density."""
    E = np.linspace(-1.0, 1.0, 3)
    G = np.zeros((3, 3, 3), dtype=np.complex128)
    weight = 0.0
    for k in range(3):
        M = (E[k] + 1j * eta) * np.eye(3) - H - 0.1j * (S @ S.T)
        G[k] = np.linalg.inv(M)
        weight += np.log(np.abs(np.linalg.det(M)))
    density = -np.trace(G[1]).imag / np.pi
    return np.real(G * G.conj()), density + weight


@case(
    integers(0, 2, 2, 2),
    plane(2, 2, 2, 2, 2),
    plane(1, 2, 2, 2, 2),
    plane(1, 2, 2, 2, 2, 2),
    plane(1, 2, 2, 2, 2),
    writes=("Sigma",),
    core=True,
)
def scattering_self_energies(neighbours, dH, G, D, Sigma):
    """Matrix products added into slices, over points, energies and neighbours."""
    for k in range(G.shape[0]):
        for E in range(G.shape[1]):
            for q in range(D.shape[0]):
                for w in range(D.shape[1]):
                    for i in range(D.shape[-2]):
                        for j in range(D.shape[-1]):
                            for a in range(neighbours.shape[0]):
                                for b in range(neighbours.shape[1]):
                                    if E - w >= 0:
                                        dHG = (
                                            G[k, E - w, neighbours[a, b]] @ dH[a, b, i]
                                        )
                                        dHD = dH[a, b, j] * D[q, w, a, b, i, j]
                                        Sigma[k, E, a] += dHG @ dHD


@case(plane(6), positive(6), 0.05, 3)
def schroedinger(psi, V, dt, steps):
    """Half steps of a wave function in a potential, on a ring."""
    psi = psi.copy()
    for _ in range(steps):
        left = np.roll(psi, 1)
        right = np.roll(psi, -1)
        H = -0.5 * (left - 2 * psi + right) + V * psi
        psi = psi - 1j * dt * H
    return np.abs(psi) ** 2


@case((3,), (4, 2), (4, 2))
def structure_factor(q, r, s):
    """Waves from several places, summed and squared."""
    k = np.sqrt(q**2 + 1.0)
    phase = r @ s.T
    waves = np.exp(1j * k[:, np.newaxis, np.newaxis] * phase)
    return np.sum(np.abs(np.sum(waves, axis=2)) ** 2, axis=1)


@case(positive(4), positive(4), positive(3))
def impedance(R, L, omega):
    """A ladder of resistances and inductances."""
    Z = 1.0 + 0j
    total = 0.0
    for w in omega:
        for k in range(len(R)):
            branch = R[k] + 1j * w * L[k]
            Z = branch + Z * R[k] / (Z + R[k])
        total += np.log(np.abs(Z)) + np.angle(Z)
    return total
