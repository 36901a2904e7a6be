"""Gauss-Seidel sweeps over nine points, in place: seidel_2d of PolyBench.

The result is the misfit to a target. The sweeps are linear: nothing needs to be saved.
"""

import numpy as np

SIZES = {"small": {"n": 40, "steps": 20}, "large": {"n": 200, "steps": 50}}
WRT = ("A",)
LOOPS = True


def data(rng, n, steps):
    return rng.standard_normal((n, n)), rng.standard_normal((n, n)), steps


def primal(A, target, steps):
    n = A.shape[0]
    A = A.copy()
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                A[i, j] = (
                    A[i - 1, j - 1]
                    + A[i - 1, j]
                    + A[i - 1, j + 1]
                    + A[i, j - 1]
                    + A[i, j]
                    + A[i, j + 1]
                    + A[i + 1, j - 1]
                    + A[i + 1, j]
                    + A[i + 1, j + 1]
                ) / 9.0
    return 0.5 * np.sum((A - target) ** 2)


def by_hand_numpy(A, target, steps):
    """Row by row: within a row the recurrence is a product with powers of 1/9."""
    n = A.shape[0]
    A = A.copy()
    lag = np.subtract.outer(np.arange(n - 2), np.arange(n - 2))
    solve = np.where(lag >= 0, (1.0 / 9.0) ** (np.maximum(lag, 0) + 1), 0.0)
    for _ in range(steps):
        for i in range(1, n - 1):
            s = A[i - 1, :-2] + A[i - 1, 1:-1] + A[i - 1, 2:] + A[i, 1:-1] + A[i, 2:]
            s += A[i + 1, :-2] + A[i + 1, 1:-1] + A[i + 1, 2:]
            s[0] += A[i, 0]
            A[i, 1:-1] = solve @ s
    bar = A - target
    for _ in range(steps):
        for i in range(n - 2, 0, -1):
            g = bar[i, 1:-1] @ solve
            bar[i, 1:-1] = g
            bar[i, 2:] += g
            bar[i, 0] += g[0]
            for row in (i - 1, i + 1):
                bar[row, :-2] += g
                bar[row, 1:-1] += g
                bar[row, 2:] += g
    return (bar,)


def by_hand_numba(A, target, steps):
    """Gather: going back is a Gauss-Seidel sweep too, from the last point.

    Inside, ``g`` holds the adjoint of the sum at each point: of this sweep where it
    has been, of the one before where it has not. What does not wait for the neighbour
    is added up first, so that a point waits for one multiply-add.
    """
    n = A.shape[0]
    A = A.copy()
    ninth = 1.0 / 9.0
    rest = np.empty(n)
    for _ in range(steps):
        for i in range(1, n - 1):
            above, here, below = A[i - 1], A[i], A[i + 1]
            for j in range(1, n - 1):
                total = above[j - 1] + above[j] + above[j + 1] + here[j] + here[j + 1]
                rest[j] = ninth * (total + below[j - 1] + below[j] + below[j + 1])
            left = here[0]
            for j in range(1, n - 1):
                left = rest[j] + ninth * left
                here[j] = left
    bar = A - target
    g = np.zeros((n, n))
    for step in range(steps):
        for i in range(n - 2, 0, -1):
            above, here, below = g[i - 1], g[i], g[i + 1]
            if step == 0:
                for j in range(1, n - 1):
                    rest[j] = ninth * (
                        bar[i, j] + below[j - 1] + below[j] + below[j + 1]
                    )
            else:
                for j in range(1, n - 1):
                    total = here[j] + here[j - 1] + above[j - 1] + above[j]
                    total += above[j + 1] + below[j - 1] + below[j] + below[j + 1]
                    rest[j] = ninth * total
            right = 0.0
            for j in range(n - 2, 0, -1):
                right = rest[j] + ninth * right
                here[j] = right
        for k in range(1, n - 1):
            for to in range(k - 1, k + 2):
                bar[0, to] += g[1, k]
                bar[n - 1, to] += g[n - 2, k]
            for to in range(max(1, k - 1), min(n - 1, k + 2)):
                bar[to, 0] += g[k, 1]
                bar[to, n - 1] += g[k, n - 2]
    if steps > 0:
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                bar[i, j] = g[i, j] + g[i, j - 1]
                bar[i, j] += g[i - 1, j - 1] + g[i - 1, j] + g[i - 1, j + 1]
    return (bar,)


def for_jax(np, lax):
    """A scan over sweeps, rows and columns; each carries the new row or number."""

    def primal(A, target, steps):
        def point(left, rest):
            new = (rest + left) / 9.0
            return new, new

        def row(above, rows):
            here, below = rows
            rest = above[:-2] + above[1:-1] + above[2:] + here[1:-1] + here[2:]
            rest = rest + below[:-2] + below[1:-1] + below[2:]
            inner = lax.scan(point, here[0], rest)[1]
            new = here.at[1:-1].set(inner)
            return new, new

        def sweep(A, _):
            inner = lax.scan(row, A[0], (A[1:-1], A[2:]))[1]
            return A.at[1:-1].set(inner), None

        A, _ = lax.scan(sweep, A, None, length=steps)
        return 0.5 * np.sum((A - target) ** 2)

    return primal


def for_torch(torch):
    """Row by row: within a row the recurrence is a product with powers of 1/9."""

    def primal(A, target, steps):
        n = A.shape[0]
        index = torch.arange(n - 2, dtype=A.dtype)
        lag = index[:, None] - index
        solve = torch.where(lag >= 0, (1.0 / 9.0) ** (lag + 1.0), 0.0)
        rows = list(A)
        for _ in range(steps):
            for i in range(1, n - 1):
                above, here, below = rows[i - 1 : i + 2]
                rest = above[:-2] + above[1:-1] + above[2:] + here[1:-1] + here[2:]
                rest = rest + below[:-2] + below[1:-1] + below[2:]
                inner = solve @ rest + here[0] * solve[:, 0]
                rows[i] = torch.cat((here[:1], inner, here[-1:]))
        return 0.5 * torch.sum((torch.stack(rows) - target) ** 2)

    return primal


def for_autograd(np):
    """As for PyTorch."""

    def primal(A, target, steps):
        n = A.shape[0]
        lag = np.arange(n - 2)[:, None] - np.arange(n - 2)
        solve = np.where(lag >= 0, (1.0 / 9.0) ** (lag + 1.0), 0.0)
        rows = [A[i] for i in range(n)]
        for _ in range(steps):
            for i in range(1, n - 1):
                above, here, below = rows[i - 1 : i + 2]
                rest = above[:-2] + above[1:-1] + above[2:] + here[1:-1] + here[2:]
                rest = rest + below[:-2] + below[1:-1] + below[2:]
                inner = np.dot(solve, rest) + here[0] * solve[:, 0]
                rows[i] = np.concatenate((here[:1], inner, here[-1:]))
        return 0.5 * np.sum((np.stack(rows) - target) ** 2)

    return primal
