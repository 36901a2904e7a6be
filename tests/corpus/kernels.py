"""Kernels of scientific benchmarks, in our own words."""

import numpy as np

from corpus import case, dominant, integers, normal, positive, unit


@case((4, 3), (3,))
def atax(A, x):
    return (A @ x) @ A


@case((4, 3), (3,), (4,))
def bicg(A, p, r):
    return r @ A, A @ p


@case((4,), (4,), (4,), (4,), (4, 4), writes=("x1", "x2"))
def mvt(x1, x2, y1, y2, A):
    x1 += A @ y1
    x2 += y2 @ A


@case(1.5, 1.2, (4, 4), (4,), (4,), (4,), (4,), (4,), (4,), writes=("A", "w", "x"))
def gemver(alpha, beta, A, u1, v1, u2, v2, w, x):
    A += np.outer(u1, v1) + np.outer(u2, v2)
    x += beta * w @ A
    w += alpha * A @ x


@case(1.5, 1.2, (4, 4), (4, 4), (4,))
def gesummv(alpha, beta, A, B, x):
    return alpha * A @ x + beta * B @ x


@case(1.5, 1.2, (3, 4), (4, 2), (2, 5), (3, 5), writes=("D",))
def two_products(alpha, beta, A, B, C, D):
    D[:] = alpha * A @ B @ C + beta * D


@case((2, 3, 4), (4, 4), writes=("A",))
def doitgen(A, C4):
    nr, nq, np_ = A.shape
    for r in range(nr):
        for q in range(nq):
            A[r, q, :] = A[r, q, :] @ C4


@case((2, 3, 4), (4, 4), writes=("A",))
def doitgen_reshaped(A, C4):
    A[:] = np.reshape(np.reshape(A, (2, 3, 1, 4)) @ C4, (2, 3, 4))


@case(1.5, 1.2, (4, 5), (4, 4), (4, 5), writes=("C",))
def symm(alpha, beta, C, A, B):
    temp2 = np.empty((C.shape[1],), dtype=C.dtype)
    C *= beta
    for i in range(C.shape[0]):
        for j in range(C.shape[1]):
            C[:i, j] += alpha * B[i, j] * A[i, :i]
            temp2[j] = B[:i, j] @ A[i, :i]
        C[i, :] += alpha * B[i, :] * A[i, i] + alpha * temp2


@case(1.5, 1.2, (4, 4), (4, 3), writes=("C",))
def syrk(alpha, beta, C, A):
    for i in range(A.shape[0]):
        C[i, : i + 1] *= beta
        for k in range(A.shape[1]):
            C[i, : i + 1] += alpha * A[i, k] * A[: i + 1, k]


@case(dominant(5), (5,), (5,), writes=("x",))
def triangular_solve(L, x, b):
    for i in range(x.shape[0]):
        x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]


@case(dominant(5), (5,), writes=("A",))
def lu_and_solve(A, b):
    x = np.zeros_like(b)
    y = np.zeros_like(b)
    for i in range(A.shape[0]):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, A.shape[0]):
            A[i, j] -= A[i, :i] @ A[:i, j]
    for i in range(A.shape[0]):
        y[i] = b[i] - A[i, :i] @ y[:i]
    for i in range(A.shape[0] - 1, -1, -1):
        x[i] = (y[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x, y


@case((5, 4))
def modified_gram_schmidt(A):
    Q = np.zeros_like(A)
    R = np.zeros((A.shape[1], A.shape[1]), dtype=A.dtype)
    B = A.copy()
    for k in range(A.shape[1]):
        nrm = np.dot(B[:, k], B[:, k])
        R[k, k] = np.sqrt(nrm)
        Q[:, k] = B[:, k] / R[k, k]
        for j in range(k + 1, A.shape[1]):
            R[k, j] = np.dot(Q[:, k], B[:, j])
            B[:, j] -= Q[:, k] * R[k, j]
    return Q, R


@case((4, 6), 0.25)
def deriche(image, alpha):
    k = (1.0 - np.exp(-alpha)) ** 2 / (
        1.0 + alpha * np.exp(-alpha) - np.exp(2.0 * alpha)
    )
    a1 = a5 = k
    a2 = a6 = k * np.exp(-alpha) * (alpha - 1.0)
    b1 = 2.0 ** (-alpha)
    b2 = -np.exp(-2.0 * alpha)
    y1 = np.empty_like(image)
    y1[:, 0] = a1 * image[:, 0]
    y1[:, 1] = a1 * image[:, 1] + a2 * image[:, 0] + b1 * y1[:, 0]
    for j in range(2, image.shape[1]):
        y1[:, j] = (
            a1 * image[:, j]
            + a2 * image[:, j - 1]
            + b1 * y1[:, j - 1]
            + b2 * y1[:, j - 2]
        )
    y2 = np.empty_like(image)
    y2[:, -1] = 0.0
    y2[:, -2] = a5 * image[:, -1]
    for j in range(image.shape[1] - 3, -1, -1):
        y2[:, j] = (
            a5 * image[:, j + 1]
            + a6 * image[:, j + 2]
            + b1 * y2[:, j + 1]
            + b2 * y2[:, j + 2]
        )
    return y1 + y2


@case(positive(5, 5), writes=("path",))
def shortest_paths(path):
    for k in range(path.shape[0]):
        path[:] = np.minimum(path[:], np.add.outer(path[:, k], path[k, :]))


@case(positive(4, 4))
def shortest_paths_loops(w):
    d = w.copy()
    for k in range(4):
        for i in range(4):
            for j in range(4):
                if d[i, k] + d[k, j] < d[i, j]:
                    d[i, j] = d[i, k] + d[k, j]
    return d


@case((6, 6), (6, 6), 3, writes=("A", "B"))
def jacobi_2d(A, B, steps):
    for _ in range(1, steps):
        B[1:-1, 1:-1] = 0.2 * (
            A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1]
        )
        A[1:-1, 1:-1] = 0.2 * (
            B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1]
        )


@case((5, 5), 2, writes=("A",))
def seidel_rows(A, steps):
    for _ in range(steps - 1):
        for i in range(1, A.shape[0] - 1):
            A[i, 1:-1] += (
                A[i - 1, :-2]
                + A[i - 1, 1:-1]
                + A[i - 1, 2:]
                + A[i, 2:]
                + A[i + 1, :-2]
                + A[i + 1, 1:-1]
                + A[i + 1, 2:]
            )
            for j in range(1, A.shape[1] - 1):
                A[i, j] += A[i, j - 1]
                A[i, j] /= 9.0


@case((4,), (4,), (4,), (4,))
def arc_distance(theta_1, phi_1, theta_2, phi_2):
    temp = (
        np.sin((theta_2 - theta_1) / 2) ** 2
        + np.cos(theta_1) * np.cos(theta_2) * np.sin((phi_2 - phi_1) / 2) ** 2
    )
    return np.arcsin(np.sqrt(0.3 * temp**2 + 0.01))


@case((4, 4))
def go_fast(a):
    trace = 0.0
    for i in range(a.shape[0]):
        trace += np.tanh(a[i, i])
    return a + trace


@case((3, 4), (3, 4), 1.5, -2.0, analytic=False)
def clip_and_scale(x, y, a, b):
    return np.clip(x, -1.0, 1.0) * a + y * b + 9


@case((2, 3, 4))
def softmax_last_axis(x):
    tmp_max = np.max(x, axis=-1, keepdims=True)
    tmp_out = np.exp(x - tmp_max)
    tmp_sum = np.sum(tmp_out, axis=-1, keepdims=True)
    return tmp_out / tmp_sum


def _relu(x):
    return np.maximum(x, 0)


def _softmax(x):
    tmp_max = np.max(x, axis=-1, keepdims=True)
    tmp_out = np.exp(x - tmp_max)
    return tmp_out / np.sum(tmp_out, axis=-1, keepdims=True)


@case((3, 4), (4, 5), (5,), (5, 4), (4,), (4, 3), (3,))
def three_layers(x, w1, b1, w2, b2, w3, b3):
    x = _relu(x @ w1 + b1)
    x = _relu(x @ w2 + b2)
    return _softmax(x @ w3 + b3)


def _conv2d(x, weights):
    K = weights.shape[0]
    n = x.shape[0]
    h = x.shape[1] - K + 1
    w = x.shape[2] - K + 1
    c = weights.shape[3]
    out = np.empty((n, h, w, c), dtype=x.dtype)
    for i in range(h):
        for j in range(w):
            out[:, i, j, :] = np.sum(
                x[:, i : i + K, j : j + K, :, np.newaxis]
                * weights[np.newaxis, :, :, :],
                axis=(1, 2, 3),
            )
    return out


@case((2, 4, 4, 2), (2, 2, 2, 3), (3,))
def conv2d_bias(x, weights, bias):
    return _conv2d(x, weights) + bias


def _maxpool(x):
    out = np.empty([x.shape[0], x.shape[1] // 2, x.shape[2] // 2, x.shape[3]])
    for i in range(x.shape[1] // 2):
        for j in range(x.shape[2] // 2):
            out[:, i, j, :] = np.max(
                x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, :], axis=(1, 2)
            )
    return out


@case((2, 5, 5, 1), (2, 2, 1, 2), (8, 3), (3,))
def small_lenet(x, conv, fc, bias):
    x = _maxpool(_relu(_conv2d(x, conv)))
    x = np.reshape(x, (x.shape[0], 8))
    return x @ fc + bias


def _batchnorm(x, eps=1e-5):
    mean = np.mean(x, axis=0, keepdims=True)
    std = np.std(x, axis=0, keepdims=True)
    return (x - mean) / np.sqrt(std + eps)


@case((3, 3, 3, 2), (1, 1, 2, 2), (1, 1, 2, 2), analytic=False)
def residual_block(x, conv1, conv2):
    y = _relu(_batchnorm(_conv2d(x, conv1)))
    y = _batchnorm(_conv2d(y, conv2))
    return _relu(y + x)


@case((4, 6), positive(6), analytic=False)
def radial_average(image, radius):
    total = np.zeros(3)
    rmax = radius.max()
    for i in range(3):
        r1 = rmax * i / 3
        r2 = rmax * (i + 1) / 3
        mask = np.logical_and(r1 < radius, radius < r2)
        values = image[1, mask]
        total[i] = values.sum()
    return total


@case((3, 6, 6), (3, 6, 6), (3, 5, 5))
def horizontal_diffusion_3d(in_field, coeff, unused):
    lap = 4.0 * in_field[:, 1:5, 1:5] - (
        in_field[:, 2:6, 1:5]
        + in_field[:, 0:4, 1:5]
        + in_field[:, 1:5, 2:6]
        + in_field[:, 1:5, 0:4]
    )
    res = lap[:, 1:, 1:3] - lap[:, :-1, 1:3]
    flx = np.where(res * (in_field[:, 2:5, 2:4] - in_field[:, 1:4, 2:4]) > 0, 0, res)
    return in_field[:, 2:4, 2:4] - coeff[:, 2:4, 2:4] * (flx[:, 1:, :] - flx[:, :-1, :])


@case((3, 3, 4), (4, 3, 4), (3, 3, 4), (3, 3, 4), writes=("utens",))
def advection_columns(utens, wcon, u_stage, u_pos):
    I, J, K = utens.shape  # noqa: E741
    ccol = np.ndarray((I, J, K), dtype=utens.dtype)
    dcol = np.ndarray((I, J, K), dtype=utens.dtype)
    data_col = np.ndarray((I, J), dtype=utens.dtype)
    for k in range(1):
        gcv = 0.25 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
        cs = gcv * 0.1
        ccol[:, :, k] = gcv * 0.9
        bcol = 3.0 - ccol[:, :, k]
        correction = -cs * (u_stage[:, :, k + 1] - u_stage[:, :, k])
        dcol[:, :, k] = 3.0 * u_pos[:, :, k] + utens[:, :, k] + correction
        divided = 1.0 / bcol
        ccol[:, :, k] = ccol[:, :, k] * divided
        dcol[:, :, k] = dcol[:, :, k] * divided
    for k in range(1, K):
        gav = -0.25 * (wcon[1:, :, k] + wcon[:-1, :, k])
        acol = gav * 0.9
        bcol = 4.0 - acol
        ccol[:, :, k] = 0.2 * gav
        dcol[:, :, k] = 3.0 * u_pos[:, :, k] + utens[:, :, k]
        divided = 1.0 / (bcol - ccol[:, :, k - 1] * acol)
        ccol[:, :, k] = ccol[:, :, k] * divided
        dcol[:, :, k] = (dcol[:, :, k] - dcol[:, :, k - 1] * acol) * divided
    for k in range(K - 1, K - 2, -1):
        datacol = dcol[:, :, k]
        data_col[:] = datacol
        utens[:, :, k] = 3.0 * (datacol - u_pos[:, :, k])
    for k in range(K - 2, -1, -1):
        datacol = dcol[:, :, k] - ccol[:, :, k] * data_col[:, :]
        data_col[:] = datacol
        utens[:, :, k] = 3.0 * (datacol - u_pos[:, :, k])


def _acceleration(pos, mass, G, softening):
    x = pos[:, 0:1]
    y = pos[:, 1:2]
    z = pos[:, 2:3]
    dx = x.T - x
    dy = y.T - y
    dz = z.T - z
    inv_r3 = dx**2 + dy**2 + dz**2 + softening**2
    inv_r3[inv_r3 > 0] = inv_r3[inv_r3 > 0] ** (-1.5)
    ax = G * (dx * inv_r3) @ mass
    ay = G * (dy * inv_r3) @ mass
    az = G * (dz * inv_r3) @ mass
    return np.hstack((ax, ay, az))


def _energy(pos, vel, mass, G):
    kinetic = 0.5 * np.sum(mass * vel**2)
    x = pos[:, 0:1]
    dx = x.T - x
    inv_r = np.sqrt(dx**2)
    inv_r[inv_r > 0] = 1.0 / inv_r[inv_r > 0]
    potential = G * np.sum(np.sum(np.triu(-(mass * mass.T) * inv_r, 1)))
    return kinetic, potential


@case(positive(4, 1), (4, 3), (4, 3), 0.05, wrt="mass,pos,vel,dt", heavy=True)
def nbody_energy(mass, pos, vel, dt):
    steps = 2
    KE = np.ndarray(steps + 1)
    PE = np.ndarray(steps + 1)
    vel = vel - np.mean(mass * vel, axis=0) / np.mean(mass)
    pos = pos.copy()
    acc = _acceleration(pos, mass, 1.0, 0.1)
    KE[0], PE[0] = _energy(pos, vel, mass, 1.0)
    for i in range(steps):
        vel += acc * dt / 2.0
        pos += vel * dt
        acc = _acceleration(pos, mass, 1.0, 0.1)
        vel += acc * dt / 2.0
        KE[i + 1], PE[i + 1] = _energy(pos, vel, mass, 1.0)
    return KE, PE


def _q_times_x(q_diag, tril, x):
    n = x.shape[1]
    out = q_diag * x
    k = 0
    for i in range(n):
        for j in range(i + 1, n):
            out[:, j] += tril[k] * x[:, i]
            k += 1
    return out


@case((2,), (2, 3), normal(2, 3, scale=0.3), (2, 3), (4, 3))
def adbench_gmm(alphas, means, log_diag, lower, x):
    n = x.shape[0]
    K = alphas.shape[0]
    terms = np.empty((n, K))
    for k in range(K):
        centred = x - means[k]
        y = _q_times_x(np.exp(log_diag[k]), lower[k], centred)
        terms[:, k] = alphas[k] + np.sum(log_diag[k]) - 0.5 * np.sum(y**2, axis=1)
    top = np.max(terms, axis=1)
    slse = np.sum(top + np.log(np.sum(np.exp(terms - top[:, None]), axis=1)))
    m = np.max(alphas)
    return slse - n * (m + np.log(np.sum(np.exp(alphas - m))))


def _rodrigues(rot, x):
    sqtheta = np.sum(rot**2)
    if sqtheta != 0.0:
        theta = np.sqrt(sqtheta)
        w = rot / theta
        w_cross_x = np.array(
            [
                w[1] * x[2] - w[2] * x[1],
                w[2] * x[0] - w[0] * x[2],
                w[0] * x[1] - w[1] * x[0],
            ]
        )
        tmp = np.dot(w, x) * (1.0 - np.cos(theta))
        return x * np.cos(theta) + w_cross_x * np.sin(theta) + w * tmp
    return x + np.array(
        [
            rot[1] * x[2] - rot[2] * x[1],
            rot[2] * x[0] - rot[0] * x[2],
            rot[0] * x[1] - rot[1] * x[0],
        ]
    )


@case(normal(11, scale=0.2), (3,), 1.3, (2,))
def bundle_residual(cam, X, w, feat):
    Xcam = _rodrigues(cam[0:3], X - cam[3:6])
    p = Xcam[0:2] / (Xcam[2] + 3.0)
    r2 = np.sum(p**2)
    distorted = p * (1.0 + cam[9] * r2 + cam[10] * r2 * r2)
    proj = distorted * cam[6] + cam[7:9]
    return w * (proj - feat), 1.0 - w * w


@case((3, 3, 2), (2, 2), unit(3), wrt="theta,base,weights")
def blend_bones(theta, base, weights):
    """A chain of rotations, blended."""
    total = np.zeros((2, 2))
    pose = np.eye(2)
    for i in range(3):
        a = theta[i, 0, 0]
        R = np.zeros((2, 2))
        R[0, 0] = R[1, 1] = np.cos(a)
        R[0, 1] = -np.sin(a)
        R[1, 0] = np.sin(a)
        pose = pose @ R
        total += weights[i] * (base @ pose.T)
    return total


@case((5,), (5,), integers(0, 5, 7), integers(0, 5, 7), (7,), wrt="x,y,length")
def spring_network(x, y, a, b, length):
    fx = np.zeros(5)
    fy = np.zeros(5)
    for e in range(len(a)):
        i, j = a[e], b[e]
        if i == j:
            continue
        dx = x[j] - x[i]
        dy = y[j] - y[i]
        r = np.sqrt(dx * dx + dy * dy)
        force = (r - length[e]) / r
        fx[i] += force * dx
        fx[j] -= force * dx
        fy[i] += force * dy
        fy[j] -= force * dy
    return fx, fy


@case((6, 2), integers(0, 3, 6), (3, 2), wrt="points,centres")
def cluster_means(points, label, centres):
    total = centres * 0.1
    count = np.zeros(3)
    for i in range(points.shape[0]):
        total[label[i]] += points[i]
        count[label[i]] += 1
    for k in range(3):
        if count[k] > 0:
            total[k] /= count[k]
    return np.sum((total - centres) ** 2)


@case(positive(6), 0.1, 0.02)
def mortgage(payments, rate, inflation):
    balance = 100.0
    paid = 0.0
    for t, p in enumerate(payments):
        balance = balance * (1 + rate) - p
        paid += p / (1 + inflation) ** t
        if balance <= 0:
            break
    return paid + balance


@case((3,), (4, 3), (4,), 0.1, 3, wrt="w,X,y,rate")
def unrolled_descent(w, X, y, rate, steps):
    v = np.zeros_like(w)
    for _ in range(steps):
        g = X.T @ (X @ w - y) / len(y)
        v = 0.9 * v - rate * g
        w = w + v
    return 0.5 * np.mean((X @ w - y) ** 2)


@case((3,), (4, 3), (4,), 0.1, wrt="w,X,y,rate")
def adam_steps(w, X, y, rate):
    m = np.zeros(3)
    s = np.zeros(3)
    for t in range(1, 4):
        g = X.T @ (X @ w - y)
        m = 0.9 * m + 0.1 * g
        s = 0.99 * s + 0.01 * g * g
        m_hat = m / (1 - 0.9**t)
        s_hat = s / (1 - 0.99**t)
        w = w - rate * m_hat / (np.sqrt(s_hat) + 1e-3)
    return w @ w


@case((4, 3), (3, 3), (3, 3), (3, 3))
def attention(X, Q, K, V):
    q, k, v = X @ Q, X @ K, X @ V
    scores = q @ k.T / np.sqrt(q.shape[1])
    scores = scores - scores.max(axis=1, keepdims=True)
    weights = np.exp(scores)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights @ v


@case((4, 3), (3,), (3,))
def layer_norm(X, gain, bias):
    mu = X.mean(axis=-1, keepdims=True)
    var = ((X - mu) ** 2).mean(axis=-1, keepdims=True)
    return gain * (X - mu) / np.sqrt(var + 1e-5) + bias


@case((5,), positive(3), unit(5))
def gaussian_process(y, theta, x):
    n = len(x)
    K = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            K[i, j] = theta[0] * np.exp(-0.5 * (x[i] - x[j]) ** 2 / theta[1] ** 2)
        K[i, i] += theta[2] + 1.0
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = K[i, j] - L[i, :j] @ L[j, :j]
            if i == j:
                L[i, i] = np.sqrt(s)
            else:
                L[i, j] = s / L[j, j]
    z = np.zeros(n)
    for i in range(n):
        z[i] = (y[i] - L[i, :i] @ z[:i]) / L[i, i]
    return -0.5 * z @ z - np.sum(np.log(np.diag(L)))


@case((7,), unit(2))
def kalman_filter(y, q):
    x, P = 0.0, 1.0
    total = 0.0
    for t in range(len(y)):
        P = P + q[0]
        S = P + q[1]
        K = P / S
        innovation = y[t] - x
        total -= 0.5 * (np.log(S) + innovation**2 / S)
        x += K * innovation
        P *= 1.0 - K
    return total


@case((6,), 0.2, 0.9)
def leaky_neuron(current, dt, threshold):
    v = 0.0
    spikes = 0
    charge = 0.0
    for t in range(len(current)):
        v += dt * (-v + 3.0 * current[t])
        if v > threshold:
            v = v - threshold
            spikes += 1
        charge += v * v
    return charge + spikes * dt


@case(unit(5), 2.0)
def simpson(values, width):
    h = width / (len(values) - 1)
    s = values[0] + values[-1]
    for i in range(1, len(values) - 1):
        if i % 2 == 1:
            s += 4.0 * values[i]
        else:
            s += 2.0 * values[i]
    return s * h / 3.0


@case(0.3, 2.4)
def bisection_then_newton(a, b):
    lo, hi = 0.0, 3.0
    while hi - lo > 1e-3:
        mid = 0.5 * (lo + hi)
        if mid * mid - b > 0.0:
            hi = mid
        else:
            lo = mid
    x = 0.5 * (lo + hi)
    x = x - (x * x - b) / (2.0 * x)
    x = x - (x * x - b) / (2.0 * x)
    return a * x


@case((2, 2), 3, wrt="A")
def matrix_power(A, n):
    P = np.eye(2)
    for _ in range(n):
        P = P @ A
    return P


@case((3, 3))
def determinant_by_cofactors(A):
    return (
        A[0, 0] * (A[1, 1] * A[2, 2] - A[1, 2] * A[2, 1])
        - A[0, 1] * (A[1, 0] * A[2, 2] - A[1, 2] * A[2, 0])
        + A[0, 2] * (A[1, 0] * A[2, 1] - A[1, 1] * A[2, 0])
    )


@case((4,), (6,))
def spline_basis(c, t):
    out = np.zeros_like(t)
    for k in range(len(c)):
        d = t - k
        out += c[k] * np.where(d * d < 1.0, (1.0 - d * d) ** 2, 0.0)
    return out


@case((8,))
def haar_transform(x):
    a = x.copy()
    n = len(a)
    while n > 1:
        h = n // 2
        s = (a[:n:2] + a[1:n:2]) / np.sqrt(2.0)
        d = (a[:n:2] - a[1:n:2]) / np.sqrt(2.0)
        a[:h] = s
        a[h:n] = d
        n = h
    return a * a


@case((8,), analytic=False)
def bubble_sort(x):
    y = x.copy()
    n = len(y)
    for i in range(n):
        for j in range(n - 1 - i):
            if y[j] > y[j + 1]:
                y[j], y[j + 1] = y[j + 1], y[j]
    return y * np.arange(8.0)
