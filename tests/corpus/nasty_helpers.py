"""Functions that write their arguments; broadcasting and reductions in place."""

import numpy as np

from corpus import case, integers, normal


def _push(a, v):
    a[1:] = a[:-1].copy()
    a[0] = v


def _step(a, b):
    a *= b
    b += a * a
    return a.sum() * b[0]


def _early(a, limit):
    for i in range(len(a)):
        if a[i] > limit:
            a[i] = limit
            return a[i] * i
        a[i] *= a[i]
    return a[0]


def _view(a):
    return a[1:3]


def _inner(a):
    a[0] = np.sin(a[0])
    return a[0]


def _outer(a, k):
    s = 0.0
    for i in range(k):
        s += _inner(a[i:])
        a[i + 1] *= s
    return s


def _pair(a, b):
    return a * b, a + b


def _new(a):
    t = np.empty_like(a)
    t[0] = a[-1]
    t[1:] = a[:-1] * a[1:]
    return t


def _pass(a):
    return a


def _default(a, w=2.0, *, p=3):
    return w * a**p


@case((6,))
def helper_on_slices(x):
    y = x * x
    _push(y[2:], x[0] * y[1])
    _push(y[:3], y[5])
    _push(y, y[2] * y[2])
    return y * x


@case((6,))
def helper_alternating(x):
    a = x.copy()
    b = x * x
    s = 0.0
    for i in range(4):
        if i % 2 == 0:
            s += _step(a, b)
        else:
            s *= _step(b, a) + 1.0
        a[i] = np.tanh(a[i])
    return a * b * s


@case((6,), 0.4, writes=("x",))
def helper_with_early_exit(x, c):
    t = _early(x, c)
    u = _early(x[2:], c * 0.5)
    x[0] = t * u
    return t + u * x[1]


@case((6,))
def helper_returns_view(x):
    y = x * x
    v = _view(y)
    v[0] *= y[5]
    w = _view(v[::-1])
    return y * v[1] + w[0]


@case((6,))
def nested_helpers(x):
    y = x * x
    s = _outer(y, 3)
    t = _outer(y[2:], 2)
    return y * s * t


@case((6,))
def helper_pair(x):
    a, b = _pair(x, x * x)
    a, b = _pair(b, a)
    a[0], b[0] = _pair(a[1], b[1])
    for _ in range(2):
        a, b = _pair(a, np.sin(b))
    return a - b


@case((6,))
def helper_fresh_in_loop(x):
    y = x * x
    for i in range(3):
        y = _new(y)
        y[i] *= y[i + 1]
    return y


@case((6,))
def helper_identity(x):
    y = x * x
    z = _pass(y)
    z[0] = y[1] * y[2]
    return y


@case((5,), (5,), writes=("x", "y"))
def helper_on_parameters(x, y):
    s = _step(x, y)
    _push(y[1:4], s)
    x[0] = y[1] * y[2]


@case((4,), (4,))
def helper_called_by_value(x, y):
    a = x * y
    s = _early(a.copy(), 0.2)
    t = _early(a, 0.2)
    return a * s + t


@case((4, 3), (3,), (4,))
def broadcast_in_place(A, b, w):
    c = w[:, None]
    B = A * b
    B += c
    B *= b * c
    B[1:] -= b
    B[:, 1:] /= 2.0 + c * c
    return B.T @ (b[0] * c)


@case((4, 3))
def keepdims_everywhere(A):
    B = A - A.max(axis=1, keepdims=True)
    C = np.exp(B)
    C /= C.sum(axis=-1, keepdims=True)
    D = C - C.mean(axis=0, keepdims=True)
    D *= np.prod(C, axis=0, keepdims=True)
    return D / np.sqrt((D**2).sum(keepdims=True))


@case((5,), (5,))
def where_written(x, y):
    z = np.where(x > y, x * y, y)
    z[1:] = np.where(z[1:] > 0.0, z[:-1], z[1:] ** 2)
    return np.clip(z, -0.8, y) * np.maximum(z, x)


@case((5,), 0.3)
def clip_and_minimum(x, a):
    y = np.clip(x, -a, 2.0 * a)
    y *= np.minimum(x, a)
    np.maximum(y, 0.01, out=y)
    return y * a


@case(normal(5, scale=2.0))
def loops_over_max(x):
    y = x.copy()
    for i in range(1, 5):
        y[i] = max(y[i] * 0.5, y[i - 1])
        y[:i] = np.minimum(y[:i], y[i])
    return y


@case((5, 5))
def cholesky_in_place(G):
    A = G @ G.T + 5.0 * np.eye(5)
    for j in range(5):
        A[j, j] = np.sqrt(A[j, j] - A[j, :j] @ A[j, :j])
        for i in range(j + 1, 5):
            A[i, j] = (A[i, j] - A[i, :j] @ A[j, :j]) / A[j, j]
    return np.tril(A)


@case((4, 4))
def gram_schmidt_in_place(A):
    Q = A.copy()
    for j in range(4):
        for k in range(j):
            Q[:, j] -= (Q[:, k] @ Q[:, j]) * Q[:, k]
        Q[:, j] /= np.sqrt(Q[:, j] @ Q[:, j])
    return Q


@case((5, 5), (5,))
def gauss_seidel(G, b):
    A = G + 10.0 * np.eye(5)
    u = np.zeros(5)
    for _ in range(3):
        for i in range(5):
            u[i] = (b[i] - A[i, :i] @ u[:i] - A[i, i + 1 :] @ u[i + 1 :]) / A[i, i]
    return u


@case((6, 6))
def five_point_in_place(u):
    v = u.copy()
    for _k in range(2):
        v[1:-1, 1:-1] += 0.1 * (
            v[:-2, 1:-1]
            + v[2:, 1:-1]
            + v[1:-1, :-2] * v[1:-1, 2:]
            - 4.0 * v[1:-1, 1:-1] ** 2
        )
        v[0] = v[1]
        v[:, -1] = v[:, -2]
    return v


@case((6, 6))
def scan_rows_then_columns(A):
    B = A.copy()
    for i in range(1, 6):
        B[i] += 0.5 * B[i - 1] * B[i]
    for j in range(4, -1, -1):
        B[:, j] *= np.cos(B[:, j + 1])
    return B


@case((4,), 6, wrt="x")
def ring_buffer(x, n):
    hist = np.zeros((3, 4))
    hist[0] = x
    for k in range(1, n):
        new = np.sin(hist[(k - 1) % 3]) + hist[(k - 2) % 3] * x
        hist[k % 3] = new
        new[0] = 5.0
        hist[k % 3, 1] *= new[2]
    return hist


@case((4,), 4, wrt="x")
def stored_history(x, n):
    H = np.empty((n + 1, 4))
    H[0] = x
    for k in range(n):
        r = H[k + 1]
        r[:] = H[k] * 0.5
        r[1:] += H[k, :-1] ** 2
        if r[0] > 0.1:
            r *= r[0]
    return H[-1] + H.sum(axis=0)


@case((4,))
def copy_is_not_view(x):
    y = x * x
    a = y[1:3].copy()
    b = np.array(y[1:3])
    c = y[[1, 2]]
    d = y[1:3] * 1.0
    y[1] = 0.0
    a[0] *= b[1]
    c[0] += d[0]
    return y[:2] * a + b * c * d


@case((4, 3))
def ravel_and_flat(A):
    B = A.T.copy()
    f = B.ravel()
    f[1:] *= f[:-1]
    g = B.T.reshape(-1)
    g = g * f
    return B.sum() * g


@case((4,))
def integers_and_floats(x):
    n = 0
    m = 1
    y = np.zeros(4, dtype=np.int64)
    s = 1
    for i in range(4):
        y[i] = i * m
        m = m + n
        n += 1
        s = s * x[i] + y[i] // 2
    return s * m


@case((5,), integers(0, 3, 5), wrt="x")
def group_means(x, g):
    total = np.zeros(3)
    count = np.zeros(3)
    for i in range(5):
        total[g[i]] += x[i] ** 2
        count[g[i]] += 1.0
    mean = total / np.maximum(count, 1.0)
    return (x - mean[g]) * mean[g]


@case((5,), integers(0, 5, 3), wrt="x")
def delete_by_index(x, k):
    y = x * x
    y[k] = 0.0
    y[k[0]] = x[k[1]] * y[k[2]]
    return y * x


@case((4, 5))
def argmax_rows(A):
    k = A.argmax(axis=1) if A.ndim > 2 else np.argmax(A)
    i = k // 5
    j = k % 5
    B = A.copy()
    B[i] *= A[i, j]
    B[:, j] += B[i, j] ** 2
    return B


@case((5,))
def cumulative_mutated(x):
    c = np.cumsum(x * x)
    c[2:] -= c[:-2]
    d = np.cumprod(c + 1.0)
    d[0] = c[4]
    return np.diff(d) * c[1:]


@case((4,), (4,))
def concatenated_and_written(x, y):
    z = np.concatenate((x, y[::-1], x[:2]))
    z[3:6] *= z[4:7]
    w = np.stack((z[:4], y), axis=1)
    w[:, 0] = w[:, 1] * z[9]
    return w.ravel() * z[:8]
