"""Eigenvalues, singular values, factors and norms of matrices and of stacks of them."""

import numpy as np

from corpus import case, normal, plane


def stack(*shape):
    """Well-conditioned matrices with different eigenvalues."""
    n = shape[-1]
    return lambda rng: (
        rng.standard_normal(shape) + np.diag(np.arange(3.0, 3.0 + 2 * n)[:n])
    )


def symmetric(*shape):
    """Symmetric matrices with different eigenvalues."""

    def make(rng):
        a = stack(*shape)(rng)
        return a + np.swapaxes(a, -1, -2)

    return make


def hermitian(n):
    """A Hermitian matrix."""

    def make(rng):
        a = plane(n, n)(rng)
        return a + a.conj().T + np.diag(np.arange(n) * 4.0)

    return make


@case(stack(2, 3, 3), (2, 3, 2), (3, 3), analytic=False, core=True)
def stacks_solved(A, B, c):
    x = np.linalg.solve(A, B)
    return (
        x.sum()
        + np.linalg.det(A) @ np.linalg.slogdet(A)[1]
        + (np.linalg.inv(A) * c).sum()
    )


@case(stack(2, 3, 3), (3,), stack(3, 3), heavy=True)
def vectors_and_broadcasts(A, b, C):
    return np.linalg.solve(A, b), np.linalg.solve(C, A), np.linalg.solve(C, b)


@case(symmetric(2, 3, 3), analytic=False)
def eigenvalues_of_a_stack(A):
    w, V = np.linalg.eigh(A)
    return w, V**2, np.linalg.eigvalsh(A[0] @ A[1], UPLO="U")


@case(symmetric(3, 3), analytic=False, heavy=True)
def function_of_a_matrix(A):
    w, V = np.linalg.eigh(A)
    return (V * np.exp(0.1 * w)) @ V.T


@case(hermitian(3), analytic=False)
def hermitian_eigenvalues(A):
    found = np.linalg.eigh(A)
    return found.eigenvalues, np.abs(found.eigenvectors)


@case(stack(3, 3), plane(2, 2), analytic=False)
def general_eigenvalues(A, B):
    w, V = np.linalg.eig(A)
    return w.real + w.imag**2, np.abs(V), np.linalg.eigvals(B)


@case((4, 3), (2, 2, 3), analytic=False)
def singular_values(A, B):
    u, s, vh = np.linalg.svd(A, full_matrices=False)
    return (u * np.log(s)) @ vh, u**2, np.linalg.svd(B, compute_uv=False)


@case(plane(3, 2), analytic=False)
def complex_singular_values(A):
    u, s, vh = np.linalg.svd(A, full_matrices=False)
    return (u * np.log(s)) @ vh, np.abs(vh), s


@case(stack(3, 3), analytic=False)
def singular_vectors_of_a_square(A):
    u, s, vh = np.linalg.svd(A)
    return (u / s) @ vh, np.linalg.svd(A)[1]


@case((4, 3), (2, 2, 3), analytic=False)
def singular_values_among_full_matrices(A, B):
    _, s, _ = np.linalg.svd(A)
    total = np.sum(np.linalg.svd(B).S, axis=0)
    for k in range(2):
        total = total + np.linalg.svd(B[k] ** 2)[1]
    return s, total


@case((4, 3), (2, 3), (2, 3, 3), analytic=False)
def orthogonal_factors(A, B, C):
    Q, R = np.linalg.qr(A)
    wide = np.linalg.qr(B)
    return Q, R, wide.Q, wide.R, np.linalg.qr(C, mode="r")


@case(plane(3, 2), analytic=False, heavy=True)
def complex_orthogonal_factors(A):
    Q, R = np.linalg.qr(A)
    return Q, R


@case((4, 2), (2, 2, 3), (4,), analytic=False)
def pseudoinverses(A, B, y):
    x, residuals, _, _ = np.linalg.lstsq(A, y, rcond=None)
    return x, residuals, np.linalg.pinv(B), np.linalg.pinv(A)


@case(plane(3, 2), plane(2, 3, 3, scale=2.0), analytic=False, heavy=True)
def complex_inverses(A, B):
    sign, size = np.linalg.slogdet(B)
    return np.linalg.pinv(A), np.linalg.inv(B), np.linalg.det(B), sign, size


@case(stack(3, 3), (2, 3), analytic=False)
def conditions_and_norms(A, B):
    spectral = np.linalg.norm(A, 2) + np.linalg.norm(B, "nuc") * np.linalg.cond(A)
    return spectral, np.linalg.cond(A, 1), np.linalg.norm(B, -2), np.linalg.norm(B, 1)


@case((2, 3, 2), analytic=False, heavy=True)
def norms_along_axes(A):
    return (
        np.linalg.norm(A, "nuc", axis=(2, 0), keepdims=True),
        np.linalg.norm(A, np.inf, axis=(0, 1)),
        np.linalg.norm(A, 3, axis=-1),
        np.linalg.norm(A),
    )


@case(normal(2, 3, 2), analytic=False, heavy=True)
def norms_of_the_array_standard(A):
    vectors = np.linalg.vector_norm(A, axis=(0, 2), ord=3)
    return vectors, np.linalg.matrix_norm(A, ord=2), np.linalg.matrix_norm(A)


def all_of_it(A):
    u, s, vh = np.linalg.svd(A)
    return u, s, vh


@case((4, 3), analytic=False, heavy=True)
def singular_values_of_a_helper(A):
    total = 0.0
    for i in range(2):
        u, s, vh = all_of_it(A * (i + 1))
        total += np.sum(s**3)
    return total


@case((3, 3), analytic=False)
def factors_of_a_lower_triangle(A):
    u, s, vh = np.linalg.svd(A, hermitian=True)
    again = np.linalg.svd(A, compute_uv=False, hermitian=True) * s
    return u**2 * again * vh.T**2 + np.linalg.pinv(A, hermitian=True)
