"""Systems of special form and functions of matrices, of scipy.linalg."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from corpus import case, dominant


@case(dominant(3), dominant(3), analytic=False, heavy=True)
def roots_and_logarithms(A, B):
    root = scipy.linalg.sqrtm(A)
    size = scipy.linalg.logm(B) @ root
    x = scipy.linalg.solve_sylvester(A, B, size[:, :3])
    return np.sin(x) + 0.1 * size


@case(dominant(3), analytic=False)
def root_of_the_identity(A):
    return scipy.linalg.sqrtm(np.eye(3) + 0.0 * A) * A


@case(dominant(3), dominant(3), analytic=False, heavy=True)
def powers_and_polar_factors(A, B):
    u, p = scipy.linalg.polar(A - 2.0 * B)
    v, q = scipy.linalg.polar(A @ B, side="left")
    power = scipy.linalg.fractional_matrix_power(B, 0.3).real
    return u @ p @ power + np.sin(v) + q


@case(dominant(3), dominant(3), analytic=False, heavy=True)
def sines_and_frechet_derivatives(A, B):
    rising, moved = scipy.linalg.expm_frechet(A / 3.0, B)
    waves = scipy.linalg.sinm(A) @ scipy.linalg.cosm(B) + scipy.linalg.tanhm(A)
    return rising + np.sin(moved) + waves + scipy.linalg.sinhm(B / 2.0)


@case(dominant(3), dominant(3), analytic=False, heavy=True)
def factors_kept_for_later(A, B):
    factors = scipy.linalg.lu_factor(A)
    x = scipy.linalg.lu_solve(factors, B[0])
    y = scipy.linalg.lu_solve(factors, B, trans=1)
    return x * scipy.linalg.lu_solve(factors, x) + y


@case((3, 5), (5,), analytic=False, heavy=True)
def systems_of_bands(bands, b):
    bands = 0.1 * bands + np.array([[0.0], [3.0], [0.0]])
    x = scipy.linalg.solve_banded((1, 1), bands, b)
    few = bands[:2]
    y = scipy.linalg.solveh_banded(few, x)
    z = scipy.linalg.solveh_banded(few[::-1], x, lower=True)
    return y * z


@case((4,), (4,), analytic=False, heavy=True)
def systems_of_vectors(c, b):
    c = 0.2 * c + np.array([3.0, 0.0, 0.0, 0.0])
    r = np.where(np.arange(4) == 0, c, 0.3 * b)
    x = scipy.linalg.solve_toeplitz((c, r), b) + scipy.linalg.solve_toeplitz(c, b)
    y = scipy.linalg.solve_circulant(c, x)
    return (
        scipy.linalg.hankel(y, c) @ scipy.linalg.khatri_rao(y[:, None], c[:2, None])[:4]
    )


@case(dominant(3), dominant(3), analytic=False, heavy=True)
def lyapunov(A, B):
    x = scipy.linalg.solve_continuous_lyapunov(A, B)
    return np.sin(x) + scipy.linalg.solve_discrete_lyapunov(A / 8.0, B)


@case(dominant(3), dominant(3), analytic=False, heavy=True)
def generalised_eigenvalues(A, B):
    left, right = A + A.T, B @ B.T
    w, v = scipy.linalg.eigh(left, right)
    again = scipy.linalg.eigvalsh(left, right, lower=False)
    lines = scipy.linalg.eigvalsh_tridiagonal(A[0], B[0, :2])
    return w**3 + again * v[0] ** 2 + lines


@case((2, 4), (5, 3), analytic=False, heavy=True)
def complete_factors(A, B):
    q, r = np.linalg.qr(A, mode="complete")
    below = np.linalg.qr(B, mode="complete").R
    (again,) = scipy.linalg.qr(B, mode="r")
    x, left, rank, s = scipy.linalg.lstsq(B, B[:, 0] ** 2)
    return np.sin(q) @ r, below**2 + again, x * s
