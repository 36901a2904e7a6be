"""heat-3d of PolyBench and NPBench: a stencil of seven points in three dimensions."""

import numpy as np

SIZES = {"small": {"n": 12, "steps": 10}, "large": {"n": 40, "steps": 30}}
WRT = ("A", "B")
LOOPS = True


def data(rng, n, steps):
    return rng.standard_normal((n, n, n)), rng.standard_normal((n, n, n)), steps


def primal(A, B, steps):
    A, B = A.copy(), B.copy()
    for _ in range(steps):
        B[1:-1, 1:-1, 1:-1] = (
            0.125 * (A[2:, 1:-1, 1:-1] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[:-2, 1:-1, 1:-1])
            + 0.125
            * (A[1:-1, 2:, 1:-1] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[1:-1, :-2, 1:-1])
            + 0.125
            * (A[1:-1, 1:-1, 2:] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[1:-1, 1:-1, :-2])
            + A[1:-1, 1:-1, 1:-1]
        )
        A[1:-1, 1:-1, 1:-1] = (
            0.125 * (B[2:, 1:-1, 1:-1] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[:-2, 1:-1, 1:-1])
            + 0.125
            * (B[1:-1, 2:, 1:-1] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[1:-1, :-2, 1:-1])
            + 0.125
            * (B[1:-1, 1:-1, 2:] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[1:-1, 1:-1, :-2])
            + B[1:-1, 1:-1, 1:-1]
        )
    return np.sum(A**2)


def by_hand_numpy(A, B, steps):
    def smooth(a):
        return 0.25 * a[1:-1, 1:-1, 1:-1] + 0.125 * (
            a[2:, 1:-1, 1:-1]
            + a[:-2, 1:-1, 1:-1]
            + a[1:-1, 2:, 1:-1]
            + a[1:-1, :-2, 1:-1]
            + a[1:-1, 1:-1, 2:]
            + a[1:-1, 1:-1, :-2]
        )

    def transposed(inner_bar, out):
        """Add the transposed step's result to out."""
        out[1:-1, 1:-1, 1:-1] += 0.25 * inner_bar
        inner_bar = 0.125 * inner_bar
        out[2:, 1:-1, 1:-1] += inner_bar
        out[:-2, 1:-1, 1:-1] += inner_bar
        out[1:-1, 2:, 1:-1] += inner_bar
        out[1:-1, :-2, 1:-1] += inner_bar
        out[1:-1, 1:-1, 2:] += inner_bar
        out[1:-1, 1:-1, :-2] += inner_bar

    A, B = A.copy(), B.copy()
    for _ in range(steps):
        B[1:-1, 1:-1, 1:-1] = smooth(A)
        A[1:-1, 1:-1, 1:-1] = smooth(B)
    A_bar, B_bar = 2.0 * A, np.zeros_like(B)
    for _ in range(steps):
        inner = A_bar[1:-1, 1:-1, 1:-1].copy()
        A_bar[1:-1, 1:-1, 1:-1] = 0.0
        transposed(inner, B_bar)
        inner = B_bar[1:-1, 1:-1, 1:-1].copy()
        B_bar[1:-1, 1:-1, 1:-1] = 0.0
        transposed(inner, A_bar)
    return A_bar, B_bar


def by_hand_numba(A, B, steps):
    """In gather form: inside, the step is its own transpose; faces are apart."""
    n = A.shape[0]
    A, B = A.copy(), B.copy()
    source, target = A, B
    for _ in range(2 * steps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                for k in range(1, n - 1):
                    target[i, j, k] = 0.25 * source[i, j, k] + 0.125 * (
                        source[i + 1, j, k]
                        + source[i - 1, j, k]
                        + source[i, j + 1, k]
                        + source[i, j - 1, k]
                        + source[i, j, k + 1]
                        + source[i, j, k - 1]
                    )
        source, target = target, source

    # Adjoints of the insides, with a border of zeros, and those of the faces apart.
    A_bar, B_bar = np.zeros_like(A), np.zeros_like(B)
    inside, other = np.zeros_like(A), np.zeros_like(A)
    for i in range(n):
        for j in range(n):
            for k in range(n):
                A_bar[i, j, k] = 2.0 * A[i, j, k]
    for i in range(1, n - 1):
        for j in range(1, n - 1):
            for k in range(1, n - 1):
                inside[i, j, k] = A_bar[i, j, k]
    for step in range(2 * steps):
        faces = B_bar if step % 2 == 0 else A_bar
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                faces[0, i, j] += 0.125 * inside[1, i, j]
                faces[n - 1, i, j] += 0.125 * inside[n - 2, i, j]
                faces[i, 0, j] += 0.125 * inside[i, 1, j]
                faces[i, n - 1, j] += 0.125 * inside[i, n - 2, j]
                faces[i, j, 0] += 0.125 * inside[i, j, 1]
                faces[i, j, n - 1] += 0.125 * inside[i, j, n - 2]
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                for k in range(1, n - 1):
                    other[i, j, k] = 0.25 * inside[i, j, k] + 0.125 * (
                        inside[i + 1, j, k]
                        + inside[i - 1, j, k]
                        + inside[i, j + 1, k]
                        + inside[i, j - 1, k]
                        + inside[i, j, k + 1]
                        + inside[i, j, k - 1]
                    )
        inside, other = other, inside
    for i in range(1, n - 1):
        for j in range(1, n - 1):
            for k in range(1, n - 1):
                A_bar[i, j, k] = inside[i, j, k]
    return A_bar, B_bar


def _smooth(a):
    return 0.25 * a[1:-1, 1:-1, 1:-1] + 0.125 * (
        a[2:, 1:-1, 1:-1]
        + a[:-2, 1:-1, 1:-1]
        + a[1:-1, 2:, 1:-1]
        + a[1:-1, :-2, 1:-1]
        + a[1:-1, 1:-1, 2:]
        + a[1:-1, 1:-1, :-2]
    )


def for_jax(np, lax):
    def function(A, B, steps):
        def step(_, arrays):
            A, B = arrays
            B = B.at[1:-1, 1:-1, 1:-1].set(_smooth(A))
            return A.at[1:-1, 1:-1, 1:-1].set(_smooth(B)), B

        return np.sum(lax.fori_loop(0, steps, step, (A, B))[0] ** 2)

    return function


def for_torch(torch):
    def function(A, B, steps):
        A, B = A.clone(), B.clone()
        for _ in range(steps):
            B[1:-1, 1:-1, 1:-1] = _smooth(A)
            A[1:-1, 1:-1, 1:-1] = _smooth(B)
        return torch.sum(A**2)

    return function


def for_autograd(np):
    def inner(shape):
        mask = np.zeros(shape)
        mask[1:-1, 1:-1, 1:-1] = 1.0
        return mask

    def function(A, B, steps):
        border = 1.0 - inner(A.shape)
        width = ((1, 1), (1, 1), (1, 1))
        for _ in range(steps):
            B = border * B + np.pad(_smooth(A), width, "constant")
            A = border * A + np.pad(_smooth(B), width, "constant")
        return np.sum(A**2)

    return function
