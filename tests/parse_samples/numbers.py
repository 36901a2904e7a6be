"""Numbers, dtypes and library functions."""

# ruff: noqa: B007, B905, E501, E731, F821

import math

import numpy as np
from numpy import exp

from parse_samples import M, V, case

N = 3
SCALE = 2.5


@case(np.float32(1.5) * np.ones(4, np.float32))
def float32_all(x):
    h = 0
    c = 1.0
    for i in range(4):
        h = h * 0.5 + x[i]
        c *= 1.1
    return h * c


@case(V(6), 0)
@case(V(6), 2)
def range_forms(x, k):
    s = 0.0
    for i in range(5, k - 1, -1):
        s = s * 0.5 + x[i]
    for i in range(k, 6, 2):
        s += i * x[i]
    for i in range(3, 3):
        s = 1e9
    return s


@case(V(4), True)
@case(V(4), False)
def bools(x, flag):
    done = False
    c = 0
    for i in range(4):
        if done:
            c += 1
        done = done or x[i] > 0
        if not flag:
            c += 2
    return c


@case(V(4))
def globals_used(x):
    y = np.zeros(N)
    for i in range(N):
        y[i] = x[i] * SCALE
    return y


@case(V(4))
def math_fns(x):
    s = 0.0
    for i in range(4):
        s += math.sqrt(abs(x[i])) + math.exp(x[i]) * math.pi + exp(x[i])
        s += max(x[i], 0.0) - min(x[i], 1.0, 2.0)
        s += float(x[i]) + int(x[i] * 3)
    return s


@case(V(5))
def none_flag(x):
    best = None
    if best is None:
        best = x[0]
    return best * 2


@case(M(3, 3))
def ndim_branch(A):
    if A.ndim == 1:
        return A[0]
    elif A.ndim == 2 and A.shape[0] > 0:
        return A[0, 0] * A[1, 2]
    return 0.0


@case(V(5))
def neg_indices(x):
    s = 0.0
    for i in range(5):
        s += x[-i - 1] * x[i - 5]
    return s + x[-1] + x[-2:].sum() + x[:-2].sum() + x[::-1][0] + x[-2::-1].sum()


@case(M(3, 4))
def reductions(A):
    return (
        A.sum(axis=0) @ A.mean(0)
        + np.max(A, axis=-1, keepdims=True).sum()
        + A.std()
        + np.linalg.norm(A)
        + np.prod(A[0])
        + A.min()
        + np.trace(A[:, :3])
        + np.argmax(A)
        + (A > 0).sum()
    )


@case(V(4))
def lists(x):
    parts = [x[0], x[1] * 2, 3.0]
    y = np.array(parts)
    z = np.concatenate([y, x, np.zeros(2)])
    w = np.stack([x, x * 2]).T
    u = np.vstack((x, w.T))
    h = np.hstack([x, y])
    return (
        z.sum()
        + w[1, 0]
        + u.sum()
        + h[-1]
        + len(parts)
        + np.array([[1.0, x[0]], [x[1], 2]])[1, 0]
    )


@case(V(8), 2)
def data_sections(x, k):
    y = x.copy()
    for i in range(k, 8 - k):
        y[i] = x[i - k : i + k + 1].sum()
    return y


@case(np.array([3, 0, 1, 2]), V(4))
def int_arrays(p, x):
    y = np.zeros(4)
    for i in range(4):
        y[p[i]] = x[i]
    y += x[p]
    p2 = p * 2
    k = 0
    for v in p:
        k += v
    return y + p2 + k


@case(V(6))
def ints_become_float(x):
    a = 0
    b = 1
    for i in range(6):
        a, b = b, a + b * x[i]
    return a + b


@case(V(6))
def int_stay(x):
    c = 0
    for i in range(6):
        c = c + 2 * i
        if x[i] > 0:
            c -= 1
    return x[c % 6] * c


@case(np.arange(6))
def int_array_param(k):
    s = 0
    for i in range(6):
        s += k[i] * 2
    y = np.zeros(6)
    y[k] = s
    return y / 2


@case(np.float32(2.0) * np.ones(3, np.float32), 2.0)
def f32_mixed(x, a):
    y = x * 2.0
    z = np.zeros(3, dtype=x.dtype)
    z[:] = y
    z += a
    t = 0.0
    for v in z:
        t += v
    return z * t


@case(V(4))
def where_stuff(x):
    y = np.where(x > 0, x, 0.0)
    c = (x > 0) & (x < 1) | ~(x > -1)
    z = np.clip(x, None, 0.5) + np.clip(x, -1, 1) + x.clip(0, 1)
    return y + z + c


@case(M(3, 3))
def chol(A):
    S = A @ A.T + 3 * np.eye(3)
    n = S.shape[0]
    L = np.zeros_like(S)
    for i in range(n):
        for j in range(i + 1):
            s = S[i, j] - L[i, :j] @ L[j, :j]
            if i == j:
                L[i, j] = np.sqrt(s)
            else:
                L[i, j] = s / L[j, j]
    return L


@case(M(4, 3))
def gram_schmidt(A):
    Q = A.copy()
    R = np.zeros((3, 3))
    for k in range(3):
        R[k, k] = np.sqrt(np.sum(Q[:, k] ** 2))
        Q[:, k] /= R[k, k]
        for j in range(k + 1, 3):
            R[k, j] = Q[:, k] @ Q[:, j]
            Q[:, j] -= Q[:, k] * R[k, j]
    return Q, R


@case(V(3))
def power_ints(x):
    n = 3
    return x**n + x**-1.0 + 2**n + n**2 + 2.0**-1


@case(V(3))
def strings(x):
    mode = "a"
    if mode == "a":
        y = x * 2
    elif mode in ("b", "c"):
        y = x
    return y


@case(V(3))
def defaults(x, mode="sum", scale=2.0, *, k=3, flag=None):
    if mode == "sum" and flag is None:
        return x.sum() * scale * k
    return x


@case(V(3))
def local_array_const(x):
    w = np.array([1.0, 2.0, 3.0])
    w[0] = x[0]
    idx = [0, 2]
    return (
        (w * x)[idx].sum()
        + np.arange(3)[1]
        + np.linspace(0, 1, 5)[2]
        + np.full(3, 2.0) @ x
        + np.ones((2, 3)).sum()
    )


@case(V(4))
def one_number_two_names(x):
    a = b = x[0] * 2
    c, d = (x[1] + 1,) * 2
    b += 1
    for _ in range(2):
        c = a * b + c
        d = c - d
    return a, b, c, d


@case(M(3, 4))
def picks_and_repeats(A):
    return (
        np.take(A, [2, 0, 0], axis=0),
        np.tile(A[0], 2),
        np.repeat(A, 2, axis=1),
        np.add.outer(A[0], A[1]),
        np.maximum.reduce(A),
        A.reshape(-1, 2),
    )
