"""Functions that write their own parameters, which are then outputs."""

import numpy as np

from corpus import case, positive


@case((5,), 1.7, writes=("x",), core=True)
def scale_parameter(x, a):
    x *= a


@case((3, 3), (3, 2), (2, 3), 1.5, 0.5, writes=("C",))
def gemm(C, A, B, alpha, beta):
    C[:] = alpha * A @ B + beta * C


@case((4,), (4,), writes=("y",))
def write_and_return(x, y):
    s = x @ y
    y[1:] = y[:-1] * x[1:]
    return s * y[0]


@case((5,), writes=("x",))
def read_after_write(x):
    a = x[0] * x[1]
    x[0] = a
    x[1] = x[0] * x[2]
    return x[1] + a


@case((6,), writes=("x",))
def prefix_products(x):
    for i in range(1, 6):
        x[i] *= x[i - 1]


@case((4,), (4,), writes=("x", "y"))
def exchange_parameters(x, y):
    for i in range(4):
        t = x[i]
        x[i] = y[i] * 2.0
        y[i] = t * x[i]


@case((4, 4), writes=("A",))
def symmetrise(A):
    for i in range(4):
        for j in range(i):
            A[i, j] = 0.5 * (A[i, j] + A[j, i])
            A[j, i] = A[i, j] ** 2


@case((5,), (5,), writes=("out",))
def output_argument(x, out):
    out[:] = x * x


@case((5,), positive(5), writes=("out",))
def output_by_ufunc(x, out):
    np.multiply(x, out, out=out)


@case((6,), writes=("x",))
def write_through_parameter_view(x):
    y = x[1:4]
    y[:] = y * x[0]
    x[0] = y[1]


@case((4,), writes=("x",))
def conditional_write(x):
    if x[0] > x[1]:
        x[0] = x[1] ** 2
    else:
        x[1] = x[0] ** 2


@case((4,), (4,))
def rebinding_is_no_write(x, y):
    x = x * 2.0
    x[0] = y[1]
    return x * y


@case((5,), writes=("x",))
def overwritten_entirely(x):
    x[:] = 1.0
    return x[0] * 2.0


@case((4, 3), writes=("A",))
def normalise_rows(A):
    for i in range(4):
        A[i] /= np.sqrt(A[i] @ A[i])
