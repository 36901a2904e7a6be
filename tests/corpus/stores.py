"""Writes into arrays made by the function."""

import numpy as np

from corpus import case, integers, mask


@case((5,), float32=True)
def store_elements(x):
    y = np.zeros(3)
    y[0] = x[0] * x[1]
    y[1] = x[2] ** 2
    y[-1] = np.sin(x[4])
    return y


@case((5,))
def store_slice(x):
    y = np.empty(6)
    y[0] = 1.0
    y[1:] = x * x
    return y


@case((5,))
def store_over(x):
    y = np.ones(5)
    y[1:4] = x[1:4] ** 2
    y[2] = x[0]
    return y * y


@case((3, 4))
def store_rows_and_columns(A):
    B = np.zeros((3, 4))
    B[0] = A[1] * A[2]
    B[1:, 0] = A[1:, 3]
    B[2, 1:] = A[0, 1:] * 2.0
    return B


@case((4,), 1.5)
def store_broadcast(x, a):
    B = np.zeros((3, 4))
    B[:] = x
    B[1, :] = a
    return B * B


@case((4,))
def store_whole(x):
    y = np.zeros_like(x)
    y[:] = x * x
    y[...] = y + x
    return y


@case((6,))
def store_strided(x):
    y = np.zeros(6)
    y[::2] = x[:3]
    y[1::2] = x[3:] * x[:3]
    return y


@case((6,))
def store_backwards(x):
    y = np.zeros(6)
    y[::-1] = x * np.arange(6.0)
    y[4:1:-1] += x[:3]
    return y


@case((5,))
def augmented_element(x):
    y = x.copy()
    y[0] += x[1] * x[2]
    y[1] -= x[0]
    y[2] *= x[3]
    y[3] /= 2.0 + x[4] ** 2
    return y


@case((5,), (5,))
def quotient_in_a_copy(x, w):
    y = x.copy()
    p = y * w
    y[-1] /= 1.5 + np.sin(w[0])
    return p + y


@case((4, 4), (4, 3))
def triangle_of_a_copy(C, A):
    C = C.copy()
    for i in range(4):
        C[i, : i + 1] *= A[0, 0]
        for k in range(3):
            C[i, : i + 1] += A[i, k] * A[: i + 1, k]
    return np.sin(C)


@case((4, 4), (4, 3))
def rows_below_in_a_copy(A, B):
    B = B.copy()
    for i in range(4):
        for j in range(3):
            B[i, j] += np.dot(A[i + 1 :, i], B[i + 1 :, j])
            B[0, j] *= B[2, j]
    return B


@case((5,))
def augmented_slice(x):
    y = x * 1.0
    y[1:] += x[:-1] * x[:-1]
    y[:-1] *= x[1:]
    return y


@case((5,))
def augmented_whole(x):
    y = x.copy()
    y += x**2
    y *= 3.0
    y -= x
    return y


@case((4,), integers(0, 4, 7), (7,), wrt="x,v")
def add_at(x, k, v):
    y = x * x
    np.add.at(y, k, v)
    return y


@case((5,), (3,))
def store_by_index_array(x, v):
    y = x * x
    y[[0, 2, 4]] = v * v
    return y


@case((5,), (3,))
def augmented_by_index_array(x, v):
    y = x * x
    y[[0, 2, 4]] += v
    return y


@case((6,), mask(6), wrt="x")
def store_scalar_by_mask(x, drop):
    y = x * x
    y[drop] = 0.0
    return y


@case((6,), float32=True)
def store_mask_of_itself(x):
    y = x.copy()
    y[y < 0.0] = 0.0
    return y * x


@case((6,), 0.3)
def store_mask_parameter(x, a):
    y = x.copy()
    y[x > 0.0] *= a
    return y


@case((5,))
def chained_assignment(x):
    y = np.zeros(5)
    z = np.zeros(5)
    y[0] = z[1] = x[0] * x[1]
    return y + 2.0 * z


@case((4,))
def tuple_store(x):
    y = np.zeros(4)
    y[0], y[1] = x[1], x[0] * x[2]
    return y


@case((4,))
def swap_elements(x):
    y = x * x
    y[0], y[3] = y[3], y[0]
    return y * np.arange(1.0, 5.0)


@case((6,))
def overlapping_copy(x):
    y = x * x
    y[1:] = y[:-1].copy() * 2.0
    return y


@case((6,))
def overlapping_expression(x):
    y = x * x
    y[1:] = y[:-1] * 2.0 + y[1:]
    return y


@case((6,))
def overlapping_plain(x):
    y = x * x
    y[1:] = y[:-1]
    return y * x


@case((6,))
def add_own_reverse(x):
    y = x.copy()
    y[:4] += 0.5 * np.flip(y[:4])
    return y


@case((3, 3))
def store_diagonal(A):
    B = np.zeros((3, 3))
    for i in range(3):
        B[i, i] = A[i, i] ** 2
    return B


@case((5,))
def read_between_stores(x):
    y = x.copy()
    a = y[2]
    y[2] = 5.0
    b = y[2] * x[0]
    return a * b


@case((5,))
def square_in_place(x):
    y = x.copy()
    for i in range(5):
        y[i] = y[i] * y[i]
    return y


@case((5,))
def store_after_use(x):
    y = x * 2.0
    z = y * y
    y[:] = 0.0
    return z + y


@case((3,), (2, 3))
def fill_and_copyto(x, A):
    B = np.empty((2, 3))
    B.fill(2.0)
    C = np.empty(3)
    np.copyto(C, x)
    return B * A + C * x


@case((4,))
def full_like_forms(x):
    y = np.full(4, 2.0)
    z = np.ones_like(x)
    z[1] = x[1] ** 2
    return y * x + z * np.full_like(x, 3.0)


@case((2, 3, 4))
def store_rank_three(A):
    B = np.zeros((2, 3, 4))
    B[0, :, 1:3] = A[1, :, 2:]
    B[:, 1, :] += A[:, 2, :] * A[:, 0, :]
    return B
