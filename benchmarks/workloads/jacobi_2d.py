"""PolyBench's jacobi-2d, with slices as in NPBench; the result is a weighted sum."""

import numpy as np
from numba import prange

SIZES = {"250, 100 steps": {"n": 250, "steps": 100}}
WRT = ("A", "B")
LOOPS = True


def data(rng, n, steps):
    A, B, weights = (rng.standard_normal((n, n)) for _ in range(3))
    return A, B, weights, steps


def primal(A, B, weights, steps):
    A, B = A.copy(), B.copy()
    for _ in range(1, steps):
        B[1:-1, 1:-1] = 0.2 * (
            A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1]
        )
        A[1:-1, 1:-1] = 0.2 * (
            B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1]
        )
    return np.sum(weights * A)


def by_hand_numpy(A, B, weights, steps):
    A_bar, B_bar = weights.copy(), np.zeros_like(B)
    for _ in range(1, steps):
        _scatter(A_bar, B_bar)
        _scatter(B_bar, A_bar)
    return A_bar, B_bar


def _scatter(new_bar, old_bar):
    share = 0.2 * new_bar[1:-1, 1:-1]
    new_bar[1:-1, 1:-1] = 0.0
    old_bar[1:-1, 1:-1] += share
    old_bar[1:-1, :-2] += share
    old_bar[1:-1, 2:] += share
    old_bar[2:, 1:-1] += share
    old_bar[:-2, 1:-1] += share


def by_hand_numba(A, B, weights, steps):
    # Inner points in gather form, from grids with zeros around; edges apart.
    n = A.shape[0]
    A_bar, B_bar = weights.copy(), np.zeros_like(B)
    A_edges, B_edges = np.zeros((4, n)), np.zeros((4, n))
    _take_edges(A_bar, A_edges)
    for _ in range(1, steps):
        _gather(A_bar, B_bar, B_edges)
        _gather(B_bar, A_bar, A_edges)
    if steps > 1:
        B_bar[1:-1, 1:-1] = 0.0
    _give_edges(A_bar, A_edges)
    _give_edges(B_bar, B_edges)
    return A_bar, B_bar


def _gather(new, old, edges):
    n = new.shape[0]
    for i in prange(1, n - 1):
        for j in range(1, n - 1):
            old[i, j] = 0.2 * (
                new[i, j]
                + new[i, j - 1]
                + new[i, j + 1]
                + new[i - 1, j]
                + new[i + 1, j]
            )
    for j in range(1, n - 1):
        edges[0, j] += 0.2 * new[1, j]
        edges[1, j] += 0.2 * new[n - 2, j]
        edges[2, j] += 0.2 * new[j, 1]
        edges[3, j] += 0.2 * new[j, n - 2]


def _take_edges(bar, edges):
    edges[0], edges[1] = bar[0], bar[-1]
    edges[2, 1:-1], edges[3, 1:-1] = bar[1:-1, 0], bar[1:-1, -1]
    bar[0], bar[-1], bar[:, 0], bar[:, -1] = 0.0, 0.0, 0.0, 0.0


def _give_edges(bar, edges):
    bar[1:-1, 0], bar[1:-1, -1] = edges[2, 1:-1], edges[3, 1:-1]
    bar[0], bar[-1] = edges[0], edges[1]


def for_jax(np, lax):
    def relaxed(X):
        return 0.2 * (
            X[1:-1, 1:-1] + X[1:-1, :-2] + X[1:-1, 2:] + X[2:, 1:-1] + X[:-2, 1:-1]
        )

    def step(_, grids):
        A, B = grids
        B = B.at[1:-1, 1:-1].set(relaxed(A))
        return A.at[1:-1, 1:-1].set(relaxed(B)), B

    def function(A, B, weights, steps):
        A, B = lax.fori_loop(1, steps, step, (A, B))
        return np.sum(weights * A)

    return function


def for_torch(torch):
    def relaxed(X):
        return 0.2 * (
            X[1:-1, 1:-1] + X[1:-1, :-2] + X[1:-1, 2:] + X[2:, 1:-1] + X[:-2, 1:-1]
        )

    def function(A, B, weights, steps):
        A, B = A.clone(), B.clone()
        for _ in range(1, steps):
            B[1:-1, 1:-1] = relaxed(A)
            A[1:-1, 1:-1] = relaxed(B)
        return torch.sum(weights * A)

    return function


def for_autograd(np):
    def relaxed(X):
        inner = 0.2 * (
            X[1:-1, 1:-1] + X[1:-1, :-2] + X[1:-1, 2:] + X[2:, 1:-1] + X[:-2, 1:-1]
        )
        return np.pad(inner, ((1, 1), (1, 1)), "constant")

    def function(A, B, weights, steps):
        edge = np.pad(np.zeros((len(A) - 2, len(A) - 2)), 1, constant_values=1.0)
        for _ in range(1, steps):
            B = edge * B + relaxed(A)
            A = edge * A + relaxed(B)
        return np.sum(weights * A)

    return function
