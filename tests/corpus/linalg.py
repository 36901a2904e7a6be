"""Linear algebra by explicit loops."""

import numpy as np

from corpus import case, dominant, positive, spd


@case(dominant(5), writes=("A",), core=True)
def lu_dot(A):
    """Replace A by its factors L and U."""
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]


@case(dominant(4))
def lu_loops(M):
    A = M.copy()
    n = len(A)
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] = A[i, k] / A[k, k]
            for j in range(k + 1, n):
                A[i, j] -= A[i, k] * A[k, j]
    return A


@case(dominant(4))
def log_determinant(M):
    A = M.copy()
    s = 0.0
    for k in range(4):
        s += np.log(A[k, k])
        for i in range(k + 1, 4):
            A[i, k:] -= A[k, k:] * (A[i, k] / A[k, k])
    return s


@case(spd(4), float32=True)
def cholesky(A):
    n = A.shape[0]
    L = np.zeros((n, n))
    for j in range(n):
        s = A[j, j]
        for k in range(j):
            s -= L[j, k] ** 2
        L[j, j] = np.sqrt(s)
        for i in range(j + 1, n):
            s = A[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            L[i, j] = s / L[j, j]
    return L


@case(spd(4), writes=("A",))
def cholesky_in_place(A):
    A[0, 0] = np.sqrt(A[0, 0])
    for i in range(1, A.shape[0]):
        for j in range(i):
            A[i, j] -= np.dot(A[i, :j], A[j, :j])
            A[i, j] /= A[j, j]
        A[i, i] -= np.dot(A[i, :i], A[i, :i])
        A[i, i] = np.sqrt(A[i, i])


@case(dominant(5), (5,))
def forward_substitution(L, b):
    x = np.zeros(5)
    for i in range(5):
        x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]
    return x


@case(dominant(5), (5,))
def back_substitution(U, b):
    n = len(b)
    x = b.copy()
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            x[i] -= U[i, j] * x[j]
        x[i] /= U[i, i]
    return x


@case(dominant(4), (4,))
def gauss_solve(M, b):
    A = M.copy()
    x = b.copy()
    n = 4
    for k in range(n - 1):
        for i in range(k + 1, n):
            f = A[i, k] / A[k, k]
            A[i, k + 1 :] -= f * A[k, k + 1 :]
            x[i] -= f * x[k]
    for i in range(n - 1, -1, -1):
        x[i] = (x[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x


@case((5, 3))
def gram_schmidt(M):
    A = M.copy()
    m, n = A.shape
    Q = np.zeros((m, n))
    R = np.zeros((n, n))
    for k in range(n):
        R[k, k] = np.sqrt(A[:, k] @ A[:, k])
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, n):
            R[k, j] = Q[:, k] @ A[:, j]
            A[:, j] -= Q[:, k] * R[k, j]
    return Q, R


@case((5,))
def durbin(r):
    r = 0.1 * r
    y = np.zeros(5)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, 5):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return y


@case(positive(5), (4,), (4,), (5,))
def tridiagonal(d, lower, upper, b):
    """Thomas's algorithm."""
    n = len(d)
    diag = d + 4.0
    x = b.copy()
    for i in range(1, n):
        w = lower[i - 1] / diag[i - 1]
        diag[i] -= w * upper[i - 1]
        x[i] -= w * x[i - 1]
    x[n - 1] /= diag[n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = (x[i] - upper[i] * x[i + 1]) / diag[i]
    return x


@case(spd(4), (4,))
def conjugate_gradient(A, b):
    x = np.zeros_like(b)
    r = b.copy()
    p = r.copy()
    rr = r @ r
    for _ in range(3):
        q = A @ p
        alpha = rr / (p @ q)
        x += alpha * p
        r -= alpha * q
        new = r @ r
        p = r + (new / rr) * p
        rr = new
    return x


@case((3, 4), (4, 3))
def matrix_product_loops(A, B):
    C = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            for k in range(4):
                C[i, j] += A[i, k] * B[k, j]
    return C


@case(dominant(4), (4,))
def jacobi_iteration(A, b):
    x = np.zeros(4)
    D = np.diag(A)
    for _ in range(4):
        x = (b - A @ x + D * x) / D
    return x


@case(dominant(4), (4,))
def gauss_seidel_solver(A, b):
    x = np.zeros(4)
    for _ in range(3):
        for i in range(4):
            s = b[i]
            for j in range(4):
                if j != i:
                    s -= A[i, j] * x[j]
            x[i] = s / A[i, i]
    return x


@case((5, 2), (5, 2), 1.2, 0.3, (5, 5), writes=("C",))
def syr2k(A, B, alpha, beta, C):
    for i in range(5):
        C[i, : i + 1] *= beta
        for k in range(2):
            C[i, : i + 1] += (
                A[: i + 1, k] * alpha * B[i, k] + B[: i + 1, k] * alpha * A[i, k]
            )


@case((4, 4), (4, 3), 0.8, writes=("B",))
def trmm(A, B, alpha):
    for i in range(4):
        for j in range(3):
            B[i, j] += np.dot(A[i + 1 :, i], B[i + 1 :, j])
    B *= alpha


@case((3,), (3,))
def cross_product(a, b):
    c = np.empty(3)
    for i in range(3):
        j = (i + 1) % 3
        k = (i + 2) % 3
        c[i] = a[j] * b[k] - a[k] * b[j]
    return c
