"""Modified Gram-Schmidt: gramschmidt of PolyBench, as NPBench writes it.

The result is a weighted sum of Q and R.
"""

import numpy as np

SIZES = {"small": {"m": 70, "n": 60}, "large": {"m": 220, "n": 180}}
TINY = {"m": 6, "n": 4}
WRT = ("A",)
LOOPS = True


def data(rng, m, n):
    return (
        rng.standard_normal((m, n)),
        rng.standard_normal((m, n)),
        rng.standard_normal((n, n)),
    )


def primal(A, V, W):
    n = A.shape[1]
    A = A.copy()
    Q = np.zeros_like(A)
    R = np.zeros((n, n))
    for k in range(n):
        R[k, k] = np.sqrt(np.dot(A[:, k], A[:, k]))
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, n):
            R[k, j] = np.dot(Q[:, k], A[:, j])
            A[:, j] -= Q[:, k] * R[k, j]
    return np.sum(Q * V) + np.sum(R * W)


def by_hand_numpy(A, V, W):
    """All later columns at once; on the way back they are put together again."""
    n = A.shape[1]
    A = A.copy()
    Q = np.zeros_like(A)
    R = np.zeros((n, n))
    for k in range(n):
        R[k, k] = np.sqrt(A[:, k] @ A[:, k])
        Q[:, k] = A[:, k] / R[k, k]
        R[k, k + 1 :] = Q[:, k] @ A[:, k + 1 :]
        A[:, k + 1 :] -= np.outer(Q[:, k], R[k, k + 1 :])
    bar = np.zeros_like(A)
    for k in range(n - 1, -1, -1):
        q, r, later = Q[:, k], R[k, k + 1 :], bar[:, k + 1 :]
        r_bar = W[k, k + 1 :] - q @ later
        q_bar = V[:, k] - later @ r
        A[:, k + 1 :] += np.outer(q, r)
        q_bar += A[:, k + 1 :] @ r_bar
        later += np.outer(q, r_bar)
        bar[:, k] += q_bar / R[k, k] + (W[k, k] - q_bar @ q / R[k, k]) * q
    return (bar,)


def by_hand_numba(A, V, W):
    """Along rows, all later columns at once, put together again on the way back."""
    m, n = A.shape
    A = A.copy()
    Q = np.empty((m, n))
    R = np.zeros((n, n))
    for k in range(n):
        total = 0.0
        for i in range(m):
            total += A[i, k] * A[i, k]
        R[k, k] = np.sqrt(total)
        later = n - k - 1
        r = R[k, k + 1 :]
        for i in range(m):
            q = A[i, k] / R[k, k]
            Q[i, k] = q
            row = A[i, k + 1 :]
            for j in range(later):
                r[j] += q * row[j]
        for i in range(m):
            q = Q[i, k]
            row = A[i, k + 1 :]
            for j in range(later):
                row[j] -= q * r[j]
    bar = np.zeros((m, n))
    r_bars = np.empty(n)
    q_bar = np.empty(m)
    for k in range(n - 1, -1, -1):
        later = n - k - 1
        r = R[k, k + 1 :]
        for j in range(later):
            r_bars[j] = W[k, k + 1 + j]
        for i in range(m):
            q = Q[i, k]
            row_bar = bar[i, k + 1 :]
            for j in range(later):
                r_bars[j] -= q * row_bar[j]
        along = 0.0
        for i in range(m):
            q = Q[i, k]
            total = V[i, k]
            row, row_bar = A[i, k + 1 :], bar[i, k + 1 :]
            for j in range(later):
                row[j] += q * r[j]
                total += row[j] * r_bars[j] - row_bar[j] * r[j]
                row_bar[j] += q * r_bars[j]
            q_bar[i] = total
            along += total * q
        along = W[k, k] - along / R[k, k]
        for i in range(m):
            bar[i, k] += q_bar[i] / R[k, k] + along * Q[i, k]
    return (bar,)


def for_jax(np, lax):
    """One column a step, the later ones under a mask."""

    def primal(A, V, W):
        index = np.arange(A.shape[1])

        def step(A, k):
            column = A[:, k]
            norm = np.sqrt(column @ column)
            q = column / norm
            r = np.where(index > k, q @ A, 0.0)
            return A - np.outer(q, r), (q, r.at[k].set(norm))

        _, (Q, R) = lax.scan(step, A, index)
        return np.sum(Q.T * V) + np.sum(R * W)

    return primal


def for_torch(torch):
    """On ever fewer columns."""

    def primal(A, V, W):
        total = 0.0
        for k in range(W.shape[0]):
            norm = torch.sqrt(A[:, 0] @ A[:, 0])
            q = A[:, 0] / norm
            r = q @ A[:, 1:]
            A = A[:, 1:] - torch.outer(q, r)
            total = total + norm * W[k, k] + q @ V[:, k] + r @ W[k, k + 1 :]
        return total

    return primal


def for_autograd(np):
    """As for PyTorch."""

    def primal(A, V, W):
        total = 0.0
        for k in range(W.shape[0]):
            norm = np.sqrt(np.dot(A[:, 0], A[:, 0]))
            q = A[:, 0] / norm
            r = np.dot(q, A[:, 1:])
            A = A[:, 1:] - np.outer(q, r)
            total = total + norm * W[k, k] + np.dot(q, V[:, k])
            total = total + np.dot(r, W[k, k + 1 :])
        return total

    return primal
