"""Forward substitution: trisolv of PolyBench, as NPBench writes it.

The result is the misfit of the solution to a target.
"""

import numpy as np

SIZES = {"small": {"n": 200}, "large": {"n": 2000}}
WRT = ("L", "b")
LOOPS = True


def data(rng, n):
    L = np.tril(rng.standard_normal((n, n)) / np.sqrt(n)) + 2.0 * np.eye(n)
    return L, rng.standard_normal(n), rng.standard_normal(n)


def primal(L, b, target):
    x = np.empty_like(b)
    for i in range(len(b)):
        x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]
    return 0.5 * np.sum((x - target) ** 2)


def by_hand_numpy(L, b, target):
    n = len(b)
    x = np.empty(n)
    for i in range(n):
        x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]
    b_bar = x - target
    for i in range(n - 1, -1, -1):
        b_bar[i] /= L[i, i]
        b_bar[:i] -= b_bar[i] * L[i, :i]
    return np.tril(np.outer(-b_bar, x)), b_bar


def by_hand_numba(L, b, target):
    """Both gradients of a row in one pass over it."""
    n = len(b)
    x = np.empty(n)
    for i in range(n):
        total = b[i]
        for j in range(i):
            total -= L[i, j] * x[j]
        x[i] = total / L[i, i]
    b_bar = x - target
    L_bar = np.empty((n, n))
    for i in range(n - 1, -1, -1):
        g = b_bar[i] / L[i, i]
        b_bar[i] = g
        for j in range(i):
            b_bar[j] -= g * L[i, j]
            L_bar[i, j] = -g * x[j]
        L_bar[i, i] = -g * x[i]
        L_bar[i, i + 1 :] = 0.0
    return L_bar, b_bar


def for_jax(np, lax):
    """A loop of static length; what lies ahead in x is still zero."""

    def primal(L, b, target):
        def step(x, row):
            L_i, b_i, i = row
            return x.at[i].set((b_i - L_i @ x) / L_i[i]), None

        x, _ = lax.scan(step, np.zeros_like(b), (L, b, np.arange(len(b))))
        return 0.5 * np.sum((x - target) ** 2)

    return primal


def for_torch(torch):
    """Column by column: what is known is taken off the right-hand side."""

    def primal(L, b, target):
        total = 0.0
        for i, column in enumerate(torch.unbind(L, 1)):
            x = b[0] / column[i]
            total = total + 0.5 * (x - target[i]) ** 2
            b = b[1:] - x * column[i + 1 :]
        return total

    return primal


def for_autograd(np):
    """Column by column."""

    def primal(L, b, target):
        total = 0.0
        for i in range(len(target)):
            x = b[0] / L[i, i]
            total = total + 0.5 * (x - target[i]) ** 2
            b = b[1:] - x * L[i + 1 :, i]
        return total

    return primal
