"""Dot products, matrix products, outer products, transposes, reshapes, joins."""

import numpy as np

from corpus import case


@case((5,), (5,), float32=True)
def dot_vectors(x, y):
    return np.dot(x, y)


@case((4, 3), (3,), float32=True)
def matrix_vector(A, x):
    return A @ x


@case((4, 3), (4,))
def vector_matrix(A, x):
    return x @ A


@case((4, 3), (3, 5), float32=True)
def matrix_matrix(A, B):
    return A @ B


@case((4, 3), (4, 5))
def transposed_product(A, B):
    return A.T @ B


@case((4, 3), (5, 3))
def product_with_transposed(A, B):
    return np.dot(A, B.T)


@case((4, 3))
def gram(A):
    return A.T.dot(A)


@case((3, 3), (3,), float32=True)
def quadratic_form(A, x):
    return x.dot(A).dot(x)


@case((3, 3), (3,))
def quadratic_form_twice(A, x):
    return 0.5 * x @ (A + A.T) @ x


@case((2, 4, 3), (2, 3, 5))
def batched_product(A, B):
    return np.matmul(A, B)


@case((2, 4, 3), (3, 5))
def batched_product_broadcast(A, B):
    return A @ B


@case((4,), (3,))
def outer_product(x, y):
    return np.outer(x, y) + np.outer(x, y) ** 2


@case((3, 4))
def trace_by_product(A):
    return np.sum(A * A) + np.sum(A @ A.T)


@case((3, 3))
def trace_of_square(A):
    return np.trace(A @ A)


@case((2, 6))
def reshape_and_back(A):
    B = A.reshape(3, 4)
    return (B * B).reshape(2, 6)


@case((2, 6))
def reshape_unknown(A):
    return np.sin(A).reshape(-1, 3)


@case((2, 3))
def flatten_matrix(A):
    return A.ravel() * A.flatten()


@case((2, 3, 4))
def permuted_axes(A):
    return np.transpose(A, (2, 0, 1)) ** 2


@case((3, 4))
def transpose_elementwise(A):
    return A.T * 2.0 - (A * A).T


@case((3,), (4,))
def join_vectors(x, y):
    z = np.concatenate((x, y, x))
    return z * z


@case((2, 3), (1, 3))
def join_rows(A, B):
    return np.concatenate([A, B], axis=0) ** 2


@case((4,), (4,))
def stack_rows(x, y):
    return np.stack([x, y, x * y])


@case((4,), (4,))
def stack_columns(x, y):
    return np.stack((x, y), axis=1) ** 2


@case((3,), (3,))
def vertical_and_horizontal(x, y):
    return np.vstack((x, y)), np.hstack((x, y)) ** 2


@case((6, 4), (4, 5), (5,), (5, 3), (3,))
def two_layers(X, W1, b1, W2, b2):
    return np.tanh(X @ W1 + b1) @ W2 + b2


@case((5,))
def flipped(x):
    return np.flip(x) * x + x[::-1]


@case((3,))
def broadcast_explicitly(x):
    return np.broadcast_to(x, (4, 3)) * np.arange(12.0).reshape(4, 3)


@case((5,))
def array_of_scalars(x):
    return np.array([x[0] * x[1], x[2], x[3] ** 2])


@case((3, 3))
def diagonal_of(A):
    return np.diag(A) ** 2


@case((3,))
def matrix_from_diagonal(d):
    return np.diag(d) @ np.ones((3, 2))


@case((3,))
def column_and_squeeze(x):
    column = x.reshape(-1, 1)
    return (column * column).squeeze() + np.expand_dims(x, 0)[0]


@case((4,), (4,))
def inner_by_operator(x, y):
    return (x @ y) * x - np.inner(x, y) * y


@case((2, 3), (3, 2))
def einsum_product(A, B):
    return np.einsum("ij,jk->ik", A, B)


@case((3, 2))
def tiled_and_repeated(A):
    return np.tile(A, (2, 1)), np.repeat(A, 2, axis=0)
