"""Views: several names of one buffer, written and read through any of them."""

import numpy as np

from corpus import case


@case((6,), core=True)
def write_through_slice(x):
    y = x * x
    z = y[1:4]
    z[0] = x[5]
    return y * y


@case((6,))
def write_source_read_view(x):
    y = x * x
    z = y[2:]
    y[3] = x[0]
    return z * z


@case((6,), core=True)
def write_both_names(x):
    y = x * x
    z = y[1:]
    z[0] = y[0] * x[3]
    y[1] += z[1]
    z[2] *= z[0]
    return np.sum(y * y) + z[0] * z[2]


@case((3, 4))
def write_through_row(A):
    B = A * 1.0
    row = B[1]
    row[2] = A[0, 0] ** 2
    row += A[2]
    return B


@case((3, 4))
def write_through_transpose(A):
    B = A.copy()
    C = B.T
    C[0] = A[0, 0] * A[:, 1]
    return B * A


@case((3, 4))
def write_through_reshape(A):
    B = A.copy()
    flat = B.reshape(12)
    flat[5] = A[0, 0] * A[0, 1]
    flat[::3] *= 2.0
    return B


@case((12,))
def reshape_parameter_copy(x):
    A = x.copy().reshape(3, 4)
    A[1] = A[0] * A[2]
    return A


@case((5,))
def two_names_one_buffer(x):
    y = x.copy()
    z = y
    z[0] = x[1] * x[2]
    y[1] = z[0] * 2.0
    return y + z


@case((6,))
def view_of_view(x):
    y = x * x
    z = y[1:]
    u = z[::2]
    u[1] = x[0] * 3.0
    return y[3] * z[2] + u[1] * y[1]


@case((6,))
def augmented_view_name(x):
    y = x * x
    z = y[:3]
    z += x[3:]
    return y


@case((6,))
def rebinding_ends_alias(x):
    y = x * x
    z = y[:3]
    z = z * 2.0
    z[0] = 0.0
    return y[:3] + z


@case((4, 4))
def columns_by_views(A):
    B = A.copy()
    left = B[:, :2]
    right = B[:, 2:]
    left[:] = left * right
    right[0] = left[1]
    return B


@case((6,))
def view_in_a_loop(x):
    y = x * x
    z = y[1:]
    for i in range(4):
        z[i] = z[i] * y[i]
    return y


@case((3, 5))
def row_views_in_a_loop(A):
    B = A.copy()
    for i in range(1, 3):
        row = B[i]
        row[:] = row * B[i - 1]
    return B


@case((6,))
def reversed_view(x):
    y = x.copy()
    r = y[::-1]
    r[0] = x[0] * x[1]
    y[0] = r[1] * 2.0
    return r * x


@case((6,), analytic=False)
def returned_view(x):
    y = x * x
    y[0] = 1.0
    return y[1:4]


@case((6,))
def returned_parameter_view(x):
    return x[1:4]


@case((6,))
def returned_parameter(x):
    return x


@case((4,), (4,))
def scratch_buffer(x, y):
    out = np.empty(4)
    tmp = np.empty(4)
    np.multiply(x, y, out=tmp)
    np.add(tmp, x, out=out)
    np.multiply(tmp, 2.0, out=tmp)
    return out * tmp
