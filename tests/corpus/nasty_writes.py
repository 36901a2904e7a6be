"""Writes through every function and attribute that NumPy has for them."""

import numpy as np

from corpus import case, exactly, integers, normal, positive


@case((4,), (4,), core=True)
def copyto_with_mask(x, y):
    z = np.empty(4)
    np.copyto(z, x * y)
    np.copyto(z, 3.0, where=x > 0.0)
    np.copyto(z[1:3], y[:2])
    np.copyto(z, y * y * x, where=y < 0.0)
    return z * x


@case(exactly([4.0, -1.0, -0.5, 2.0]), exactly([2.0, -0.1, -3.0, 0.5]))
def out_with_mask(x, y):
    z = x * y
    np.divide(x, y, out=z, where=y > 0.0)
    w = np.zeros(4)
    np.log(x, out=w, where=x > 0.0)
    np.sqrt(x, where=x > 1.0, out=w[:])
    return z * x + w


@case((4, 3), (3, 4))
def out_of_reductions(A, B):
    s = np.empty(4)
    A.sum(axis=1, out=s)
    c = np.empty((4, 4))
    np.dot(A, B, out=c)
    e = np.zeros(4)
    np.mean(A, axis=1, out=e)
    np.cumsum(e, out=e)
    np.cumprod(s, out=s)
    return c * s + e


@case((5,), (2, 3), exactly([3, 0], "int64"))
def put_and_putmask(x, A, k):
    y = x * x
    np.put(y, k, [1.0, x[0]])
    np.put(y, [1], x[4])
    np.put(y, [2, 2], x[:2])
    np.putmask(y, x > 0.0, x * 3.0)
    np.putmask(y, x < -1.0, 0.5)
    B = A * A
    np.put(B, [1, 4], x[1:3])
    return y * x, B


@case((4, 4), (3, 5))
def diagonals(A, B):
    C = A * A
    np.fill_diagonal(C, 0.0)
    D = B.copy()
    np.fill_diagonal(D, B[0, :3])
    np.fill_diagonal(C[1:], A[3, 3])
    return C * A, D * B


@case((4, 3), core=True)
def flat_iterator(A):
    B = A * A
    s = 0.0
    for v in A.flat:
        s = s * 0.8 + v * v
    B.flat[3] = s
    B.flat[::5] *= A[0, 0]
    return B * B.flat[1]


@case((8,), (8,), 3)
def masks_in_loop(x, w, n):
    z = x * 1.0
    for i in range(n):
        z[z < 0.0] *= 0.5
        z[z > 1.0] -= 1.0
        z[z > 0.3] += w[i]
        m = z < w
        z[m] = np.sin(z[m]) + w[m]
        z[~m] -= w[~m] * 0.5
    return z


@case(normal(5, 5, scale=0.7), 4, analytic=False)
def masked_iteration(A, n):
    Z = np.zeros_like(A)
    for _ in range(n):
        inside = np.abs(Z) < 1.0
        Z[inside] = Z[inside] ** 2 + A[inside]
    return Z


@case((6, 4))
def masks_of_rows_in_loop(A):
    B = A.copy()
    for k in range(1, 4):
        B[A[:, k] > 0.0, k] = 0.5
        B[B[:, k - 1] < 0.0, k] *= 2.0
        B[B[:, k] > 0.0, k] += B[0, 0]
    return B


@case(positive(8))
def lengths_of_clipped_slices(x):
    y = x * x
    v = y[1:5]
    w = np.concatenate((v, v[:2]))
    y[:6] *= w
    return y[:6] + w


@case((8,), 6)
def lengths_of_descending_slices(x, k):
    y = x * x
    y[k::-2] *= x[: len(y[k::-2])]
    y[:k:-1] += y[: max(0, 7 - k)]
    return y


@case((4,), integers(0, 4, 3))
def copies_by_keyword(x, k):
    y = np.array(x, copy=True)
    y[k] = 1.0
    y[k] += x[:3]
    return y * x


def _flattened(A):
    return A.ravel() * 2.0


def _turned(A):
    return A.T * 2.0


@case((4, 3))
def ravel_of_what_is_turned(A):
    B = A.T * 2.0
    f = B.ravel()
    g = _flattened(np.exp(A.T))
    h = _turned(A).reshape(-1)
    C = A.T.copy()
    k = C.ravel()
    k[1:] += f[:-1]
    return f[1:] * f[:-1] + g[1:] + C[0, 1] * h[:-1]


@case((3, 4), (4, 3), core=True)
def flat_writes_beside_what_is_turned(A, C):
    B = A * 2.0
    B.ravel()[3] = 5.0 * A[0, 0]
    f = B.reshape(-1)
    f[5:8] *= A[0, 1]
    return np.sum(B * np.cos(C.T)) * f[2] + B * np.exp(C.T)


@case((5,), core=True)
def rows_from_both_ends(x):
    """The first row that the loop writes is the last one."""
    C = np.zeros((3, 5))
    C[-1, 1:] += x[:-1]
    for i in range(3):
        C[i - 1, 4 - i] = 0.5
    return C * C


@case((5,), core=True)
def read_before_both_ends_are_written(x):
    C = np.zeros((4, 5))
    C[:] = np.sin(x)
    s = C[-1, 2] * C[-1, 3] * x[0]
    for i in range(3):
        C[i - 1, 2] = x[i] * C[3, 3]
    return s * C.sum()
