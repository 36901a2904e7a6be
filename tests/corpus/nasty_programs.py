"""Algorithms as a scientist writes them, in place."""

import numpy as np

from corpus import case, dominant, exactly, normal, unit


@case(dominant(4), (4,))
def lu_solve_with_permutation(A, b):
    M = A.copy()
    n = M.shape[0]
    perm = np.arange(n)
    for k in range(n - 1):
        p = k + np.argmax(np.abs(M[k:, k]))
        if p != k:
            M[[k, p]] = M[[p, k]]
            perm[[k, p]] = perm[[p, k]]
        M[k + 1 :, k] /= M[k, k]
        M[k + 1 :, k + 1 :] -= np.outer(M[k + 1 :, k], M[k, k + 1 :])
    z = b[perm]
    for i in range(n):
        z[i] -= M[i, :i] @ z[:i]
    for i in range(n - 1, -1, -1):
        z[i] = (z[i] - M[i, i + 1 :] @ z[i + 1 :]) / M[i, i]
    return z


@case((5,), (4,), (4,), (5,))
def thomas(d, a, c, b):
    dd = d + 4.0
    r = b.copy()
    cc = c.copy()
    cc[0] /= dd[0]
    r[0] /= dd[0]
    for i in range(1, 5):
        m = dd[i] - a[i - 1] * cc[i - 1]
        if i < 4:
            cc[i] /= m
        r[i] = (r[i] - a[i - 1] * r[i - 1]) / m
    for i in range(3, -1, -1):
        r[i] -= cc[i] * r[i + 1]
    return r


@case((3,), (3,), 5, wrt="q,v")
def kepler_verlet(q, v, n):
    q = q + 2.0
    v = v.copy()
    acc = -q / (q @ q) ** 1.5
    for _ in range(n):
        v += 0.05 * acc
        q = q + 0.1 * v
        acc = -q / (q @ q) ** 1.5
        v += 0.05 * acc
    return 0.5 * v @ v - 1.0 / np.sqrt(q @ q)


@case((3, 2))
def nbody_pairs(P):
    F = np.zeros_like(P)
    n = len(P)
    for i in range(n):
        for j in range(i + 1, n):
            d = P[j] - P[i]
            r2 = d @ d + 0.1
            f = d / r2**1.5
            F[i] += f
            F[j] -= f
    return F


@case((4,), 0.1, 1.0)
def rk4(y, h, w):
    u = y.copy()
    for _ in range(3):
        k1 = np.sin(w * u)
        k2 = np.sin(w * (u + 0.5 * h * k1))
        k3 = np.sin(w * (u + 0.5 * h * k2))
        k4 = np.sin(w * (u + h * k3))
        u += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return u


@case((6,), (6,))
def edit_distance_like(x, y):
    D = np.zeros((7, 7))
    for i in range(1, 7):
        D[i, 0] = D[i - 1, 0] + x[i - 1] ** 2
        D[0, i] = D[0, i - 1] + y[i - 1] ** 2
    for i in range(1, 7):
        for j in range(1, 7):
            c = (x[i - 1] - y[j - 1]) ** 2
            best = D[i - 1, j - 1]
            if D[i - 1, j] < best:
                best = D[i - 1, j]
            if D[i, j - 1] < best:
                best = D[i, j - 1]
            D[i, j] = best + c
    return D[6, 6]


@case((5, 3), normal(3, 3), (3,))
def hmm_forward(E, T, p):
    a = np.exp(p) / np.exp(p).sum()
    M = np.exp(T)
    M /= M.sum(axis=1, keepdims=True)
    ll = 0.0
    for t in range(5):
        a = (a @ M) * np.exp(-(E[t] ** 2))
        c = a.sum()
        a /= c
        ll += np.log(c)
    return ll


@case((5, 3), normal(3, 3))
def viterbi(E, T):
    V = np.empty((5, 3))
    V[0] = E[0]
    for t in range(1, 5):
        for j in range(3):
            V[t, j] = E[t, j] + np.max(V[t - 1] + T[:, j])
    return V[-1].max()


@case((8,), 3, wrt="x")
def moving_average_in_place(x, w):
    y = x.copy()
    for i in range(len(y) - w + 1):
        y[i] = y[i : i + w].mean() * y[i]
    for i in range(len(y)):
        lo = max(0, i - 1)
        hi = min(len(y), i + 2)
        y[i] = y[lo:hi].sum()
    return y


@case((8,))
def fft_like_butterflies(x):
    y = x.copy()
    step = 1
    while step < 8:
        for s in range(0, 8, 2 * step):
            for k in range(step):
                a = y[s + k]
                b = y[s + k + step]
                y[s + k] = a + b * (0.5 + k)
                y[s + k + step] = a * b
        step *= 2
    return y


@case((8,))
def haar_in_place(x):
    y = x.copy()
    n = 8
    while n > 1:
        h = n // 2
        t = y[:n].copy()
        y[:h] = t[::2] * t[1::2]
        y[h:n] = t[::2] - t[1::2]
        n = h
    return y


@case((5,), unit(5))
def horner_and_derivative(c, x):
    p = np.zeros_like(x)
    d = np.zeros_like(x)
    for k in range(len(c) - 1, -1, -1):
        d *= x
        d += p
        p *= x
        p += c[k]
    return p * d


@case((4, 4), 6, wrt="A")
def power_iteration(A, n):
    B = A @ A.T
    v = np.ones(4)
    lam = 0.0
    for _ in range(n):
        w = B @ v
        new = v @ w / (v @ v)
        v = w / np.sqrt(w @ w)
        if abs(new - lam) < 1e-3:
            lam = new
            break
        lam = new
    return lam * v


@case(normal(4, 4), (4,))
def conjugate_gradient(G, b):
    A = G @ G.T + 4.0 * np.eye(4)
    x = np.zeros(4)
    r = b - A @ x
    p = r.copy()
    rs = r @ r
    for _ in range(4):
        Ap = A @ p
        alpha = rs / (p @ Ap)
        x += alpha * p
        r -= alpha * Ap
        new = r @ r
        if new < 1e-10:
            break
        p = r + (new / rs) * p
        rs = new
    return x


@case((3, 4), (4, 2), (2,))
def rnn_with_states(W, U, b):
    h = np.zeros(2)
    for t in range(3):
        h = np.tanh(W[t] @ U + b * h)
    return h


@case((6,), analytic=False)
def histogram_soft(x):
    h = np.zeros(4)
    for i in range(6):
        b = int(np.floor(x[i] * 1.5)) + 2
        b = min(max(b, 0), 3)
        h[b] += x[i] ** 2
        if h[b] > 1.0:
            h[b] = np.sqrt(h[b])
    return h


@case((6,), normal(6), analytic=False)
def piecewise_linear(t, v):
    out = np.zeros(6)
    for i in range(6):
        u = (np.tanh(t[i]) + 1.0) * 2.4
        k = int(u)
        w = u - k
        out[i] = v[k] * (1.0 - w) + v[k + 1] * w
        v = v * 1.1
    return out


@case((7,))
def three_point_two_buffers(x):
    a = x.copy()
    b = np.zeros_like(x)
    for _k in range(4):
        for i in range(1, 6):
            b[i] = a[i - 1] * a[i + 1] + a[i]
        b[0] = a[0]
        b[6] = b[5]
        a, b = b, a
    return a - b


@case((7,), 5, wrt="x", label="odd")
@case((7,), 4, wrt="x")
def swap_then_use_after(x, n):
    a = x.copy()
    b = x * 0.5
    for _k in range(n):
        b[1:] = a[:-1] * a[1:]
        b[0] += a[0]
        a, b = b, a
    a[3] *= b[3]
    a += b * b
    return a


@case((5,))
def nested_swaps(x):
    a = x.copy()
    b = x * x
    for i in range(3):
        for j in range(3):
            a[j] = a[j] * b[i] + 0.1
            a, b = b, a
        b[i + 1] = a[i] ** 2
        a, b = b, a
    return a * 2.0 - b


@case((5,), analytic=False)
def while_swaps(x):
    a = np.abs(x) + 0.5
    b = np.zeros(5)
    k = 0
    while a.max() > 0.3 and k < 9:
        b[:] = a * 0.5
        b[1:] += 0.1 * a[:-1] ** 2
        a, b = b, a
        k += 1
        if a[0] < 0.2:
            break
    return a * b + k


@case((5,))
def swap_and_break(x):
    a = x.copy()
    b = np.sin(x)
    for i in range(5):
        b[i] = a[i] * b[i]
        if b[i] < -0.1:
            break
        a, b = b, a
        a[i] *= 2.0
    return a + 3.0 * b


@case((6,))
def two_loops_same_names(x):
    t = np.zeros(3)
    for i in range(3):
        t[i] = x[i] * x[i + 1]
    u = t.sum()
    for i in range(3):
        t[i] *= u + x[i]
        u = t[i]
    for i in range(2, -1, -1):
        t[i] = t[i] * t[(i + 1) % 3]
    return t * u


@case((6,))
def accumulate_slices(x):
    y = np.zeros(8)
    for i in range(5):
        y[i : i + 3] += x[i] * y[i : i + 3] + x[i + 1]
        y[i + 1 :: 2] *= x[i]
    return y


@case((6,))
def row_of_tile(x):
    B = np.zeros((2, 3))
    for i in range(6):
        B[i // 3, i % 3] = x[i]
        B[i // 3] *= B[i // 3, i % 3] + 1.0
    C = B.reshape(6)
    C[::2] = C[1::2]
    return B


@case((4, 4))
def triangular_in_place(A):
    B = A.copy()
    for i in range(4):
        B[i, :i] = B[:i, i] * B[i, i]
        B[i, i] = B[i, : i + 1].sum()
    return B


@case((6,), 0.5)
def guard_then_in_place(x, t):
    y = x.copy()
    if t < 0.0:
        return y
    y *= t
    if y[0] > 10.0:
        y[1] = 0.0
        return y * y
    y[2:] *= y[:4]
    return y


@case(exactly([0.3, -0.8, 1.2]), label="neg")
@case(exactly([0.3, 0.8, 1.2]))
def while_else_return(x):
    i = 0
    p = 1.0
    while i < 3:
        if x[i] < 0.0:
            return p * x[i]
        p *= x[i]
        i += 1
    else:
        p = p * p
    return p * i


@case((4, 3), exactly([0, 2, 1, 1], "int64"), wrt="A")
def cross_entropy(A, y):
    s = 0.0
    Z = A - A.max(axis=1)[:, None]
    for i in range(4):
        s -= Z[i, y[i]] - np.log(np.exp(Z[i]).sum())
    picked = Z[np.arange(4), y]
    return s - picked.mean()


@case((5,))
def statistics_updated(x):
    mean = 0.0
    m2 = 0.0
    n = 0
    for v in x:
        n += 1
        d = v - mean
        mean += d / n
        m2 += d * (v - mean)
    return m2 / (n - 1) + mean**2


@case((5,))
def loop_carried_view_index(x):
    y = x * x
    k = 0
    for i in range(4):
        v = y[k : k + 2]
        v[0] *= v[1]
        if v[0] < 0.3:
            k += 1
        v[1] += x[i]
    return y * y[k]


@case((5,), (5,))
def out_arguments(x, y):
    t = np.empty(5)
    np.multiply(x, y, out=t)
    np.exp(t, out=t)
    np.add(t[1:], t[:-1], out=t[:-1])
    np.divide(t, 1.0 + t, out=t)
    return t


@case((5,))
def minus_equals_self(x):
    y = x * 3.0
    y -= y[2]
    y /= y[0] * y[0] + 1.0
    y *= y[::-1]
    y -= y.mean()
    return y


def _columns_alone(u, w):
    s = 0.0
    for i in range(len(u)):
        s += u[i]
    return s


@case((3, 5))
def private_memory_in_both_sweeps(a):
    c = a.copy()
    s = 0.7
    for i in range(1, 5):
        s *= a[-1, i]
        t = 0.0
        for j in range(1, 5):
            t += _columns_alone(c[:, j], a[:, i]) * s
    return t
