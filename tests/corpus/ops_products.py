"""Products of vectors, matrices and arrays with more axes, in NumPy's spellings."""

import numpy as np

from corpus import case, plane


@case((2, 3), (3, 4), (4, 2))
def einsum_chain(A, B, C):
    return np.einsum("ij,jk,kl->il", A, B, C), np.einsum("ij,jk", A, B)


@case((3, 3), (3, 2, 3), (3, 3, 2))
def einsum_diagonals(A, B, C):
    trace = np.einsum("ii", A)
    return trace * np.einsum("ii->i", A), np.einsum("iji->ij", B), np.einsum("iij", C)


@case((2, 2, 3), (3, 2), (2, 3))
def einsum_ellipsis(A, B, C):
    batch = np.einsum("...ij,jk->...ik", A, B)
    return batch, np.einsum("...i,...i", A, C), np.einsum("i...->...", A)


@case((2, 3, 2), (3, 2, 2), (2, 2, 3))
def einsum_groups(A, B, C):
    rows = np.einsum("ijk,jkl->il", A, B)
    return rows, np.einsum("bij,bki->bjk", A, C), np.einsum("ijk,jk->i", A, B[:, :, 0])


@case((2, 2), (2, 2, 2, 2), heavy=True)
def einsum_four_indices(C, V):
    return np.einsum("pi,qj,ijkl,rk,sl->pqrs", C, C, V, C, C, optimize=True)


@case((2, 3), (3, 4), (2, 1), heavy=True)
def einsum_spellings(A, B, v):
    lists = np.einsum(A, [0, 1], B, [1, 2], [2, 0])
    return lists, np.einsum("Ij, jK -> KI", A, B), np.einsum("ij,ij->i", A, v)


@case((2, 3, 2), (3, 2, 2))
def tensordot_axes(A, B):
    return (
        np.tensordot(A, B, axes=([1, 0], [0, 1])),
        np.tensordot(B, A, 1),
        np.tensordot(A, B, axes=(-1, 1)),
    )


@case((2, 3), (3, 2), (2,), heavy=True)
def kroneckers(A, B, v):
    return np.kron(A, B), np.kron(v, v), np.kron(v, A)


@case((2, 3), (4, 3), (3,), analytic=False)
def inner_and_outer(A, B, v):
    return np.inner(A, B), np.inner(A, v), np.outer(A, v), np.vdot(v, v * v)


@case(plane(2, 3), plane(2, 3), analytic=False)
def conjugated_products(a, b):
    return np.vdot(a, b), np.vecdot(a, b), np.einsum("ij,kj->ik", a, b)


@case((2, 3), (3,), (3, 2))
def crosses(a, b, c):
    return np.cross(a, b), np.cross(c, a, axisa=0, axisc=0), np.linalg.cross(a, b)


@case((2, 2, 3), (3,), (2,), heavy=True)
def stacks_times_vectors(A, x, y):
    return A @ x, y @ A, np.dot(A, x), np.dot(x, np.swapaxes(A, 1, 2))


@case((3, 4), (2, 3, 3), heavy=True)
def traces(A, B):
    shifted = np.trace(A, offset=1) * np.trace(A, -1)
    return shifted, np.trace(B, axis1=1, axis2=2), np.linalg.trace(B)


@case((3, 4), (2, 3, 3), (3,), heavy=True)
def diagonals(A, B, v):
    above = np.diag(A, 1) * np.diag(A, -1)[0]
    return above, np.diagonal(B, 1, 1, 2), np.diag(v, -1), np.diagflat(A[:2], 1)


@case((2, 3, 4))
def triangles(A):
    return np.tril(A, -1) * np.triu(A + 1.0, k=-1)
