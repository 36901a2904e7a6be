"""Reads through integers, slices, index arrays and masks."""

import numpy as np

from corpus import case, exactly, integers, mask


@case((5,), float32=True)
def elements(x):
    return x[0] * x[1] + x[-1] * x[2]


@case((3, 4))
def elements_of_matrix(A):
    return A[0, 1] * A[2, -1] + A[1][2]


@case((6,), float32=True)
def differences(x):
    return x[1:] - x[:-1]


@case((7,))
def strided_slices(x):
    return x[::2] * x[6::-2]


@case((7,))
def negative_bounds(x):
    return x[-5:-1] * x[1:5]


@case((4, 5))
def rows_and_columns(A):
    return A[1] @ A[2] + A[:, 0] @ A[:, -1]


@case((4, 5))
def block(A):
    return A[1:3, ::2] * 2.0


@case((2, 3, 4))
def ellipsis_index(A):
    return A[..., 0] * A[0, ..., 1]


@case((5,), integers(0, 5, 8), wrt="x")
def gather_repeated(x, k):
    return x[k] ** 2


@case((5,))
def gather_constant(x):
    return x[[0, 0, 1]] * np.array([1.0, 2.0, 3.0])


@case((5, 3), integers(0, 5, 4), wrt="A")
def gather_rows(A, k):
    return A[k] ** 2


@case((5, 3), integers(0, 5, 4), integers(0, 3, 4), wrt="A")
def gather_pairs(A, i, j):
    return np.sin(A[i, j])


@case((5, 3), integers(0, 3, 5), wrt="A")
def pick_labels(A, label):
    return A[np.arange(A.shape[0]), label]


@case((5,), exactly([-1, 2, -5], "int64"), wrt="x")
def gather_negative(x, k):
    return x[k] * 3.0


@case((6,), mask(6), wrt="x")
def select_by_mask(x, keep):
    return np.sum(x[keep] ** 2)


@case((6,))
def select_positive(x):
    return np.sum(np.log(x[x > 0.0]))


@case((6,))
def new_axes(x):
    return (x[:, None] * x[None, :]).sum(axis=0)


@case((5,), 2, wrt="x")
def index_parameter(x, k):
    return x[k] * x[k + 1]


@case((4, 4))
def nested_views(A):
    B = A[1:, 1:]
    C = B[:, 1:]
    return C[0] * B[1, 1:]


@case((5,), integers(0, 5, 5), wrt="x")
def index_from_array(x, k):
    s = 0.0
    for i in range(len(k)):
        s += x[k[i]] * (i + 1)
    return s


@case((6,))
def take_function(x):
    return np.take(x, [3, 1, 1]) ** 2


@case((4,))
def size_and_shape(x):
    n = x.shape[0]
    return np.sum(x) / n + x[n - 1] * x.size + len(x) * x.ndim * x[0]


@case((3, 4, 2))
def middle_axis(A):
    return A[:, 1, :] * A[:, -1, :]


@case((6,))
def flat_slices_with_variables(x):
    m = x.shape[0] // 2
    left, right = x[:m], x[m:]
    return left @ right


@case((4, 4), integers(0, 4, 4), wrt="A")
def counted_rows(A, k):
    rows = np.arange(len(k))
    picked = A[rows, k] * A[k, rows] * rows
    total = np.exp(A).sum()
    rows[1] = 3
    return total + np.sum(picked * A[rows[:, None], k].sum(axis=1))


@case((4, 4), integers(0, 4, 4), wrt="A")
def counted_in_a_branch(A, k):
    rows = np.arange(len(k))
    if A[0, 0] > 0.0:
        rows = np.arange(1, len(k))
    s = 0.0
    for i in range(3):
        s += np.sum(A[rows, rows - i] ** 2)
    return s
