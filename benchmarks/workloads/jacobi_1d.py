"""Two alternating sweeps over three points: jacobi_1d of PolyBench, as in NPBench."""

import numpy as np

SIZES = {"small": {"n": 400, "steps": 100}, "large": {"n": 4000, "steps": 500}}
TINY = {"n": 7, "steps": 3}
WRT = ("A", "B")
LOOPS = True


def data(rng, n, steps):
    A, B, target = rng.standard_normal((3, n))
    return A, B, target, steps


def primal(A, B, target, steps):
    A, B = A.copy(), B.copy()
    for _ in range(steps):
        B[1:-1] = 0.33333 * (A[:-2] + A[1:-1] + A[2:])
        A[1:-1] = 0.33333 * (B[:-2] + B[1:-1] + B[2:])
    return 0.5 * np.sum((A - target) ** 2)


def by_hand_numpy(A, B, target, steps):
    A, B = A.copy(), B.copy()
    for _ in range(steps):
        B[1:-1] = 0.33333 * (A[:-2] + A[1:-1] + A[2:])
        A[1:-1] = 0.33333 * (B[:-2] + B[1:-1] + B[2:])
    A_bar, B_bar = A - target, np.zeros_like(B)
    for _ in range(steps):
        for old, new in ((B_bar, A_bar), (A_bar, B_bar)):
            g = 0.33333 * new[1:-1]
            new[1:-1] = 0.0
            old[:-2] += g
            old[1:-1] += g
            old[2:] += g
    return A_bar, B_bar


def by_hand_numba(A, B, target, steps):
    """Gather: what is inside an old array has no adjoint of its own."""
    n = len(A)
    A, B = A.copy(), B.copy()
    for _ in range(steps):
        for j in range(1, n - 1):
            B[j] = 0.33333 * (A[j - 1] + A[j] + A[j + 1])
        for j in range(1, n - 1):
            A[j] = 0.33333 * (B[j - 1] + B[j] + B[j + 1])
    A_bar, B_bar = A - target, np.zeros(n)
    if n < 3 or steps == 0:
        return A_bar, B_bar
    # Inside, x and y are the adjoints; their ends stay zero.
    x, y = A_bar.copy(), np.zeros(n)
    x[0] = x[n - 1] = 0.0
    for _ in range(steps):
        B_bar[0] += 0.33333 * x[1]
        B_bar[n - 1] += 0.33333 * x[n - 2]
        for j in range(1, n - 1):
            y[j] = 0.33333 * (x[j - 1] + x[j] + x[j + 1])
        A_bar[0] += 0.33333 * y[1]
        A_bar[n - 1] += 0.33333 * y[n - 2]
        for j in range(1, n - 1):
            x[j] = 0.33333 * (y[j - 1] + y[j] + y[j + 1])
    A_bar[1 : n - 1] = x[1 : n - 1]
    return A_bar, B_bar


def for_jax(np, lax):
    def primal(A, B, target, steps):
        def step(carry, _):
            A, B = carry
            B = B.at[1:-1].set(0.33333 * (A[:-2] + A[1:-1] + A[2:]))
            A = A.at[1:-1].set(0.33333 * (B[:-2] + B[1:-1] + B[2:]))
            return (A, B), None

        (A, _), _ = lax.scan(step, (A, B), None, length=steps)
        return 0.5 * np.sum((A - target) ** 2)

    return primal


def for_torch(torch):
    """With new arrays, the ends put on."""

    def primal(A, B, target, steps):
        for _ in range(steps):
            inner = 0.33333 * (A[:-2] + A[1:-1] + A[2:])
            B = torch.cat((B[:1], inner, B[-1:]))
            inner = 0.33333 * (B[:-2] + B[1:-1] + B[2:])
            A = torch.cat((A[:1], inner, A[-1:]))
        return 0.5 * torch.sum((A - target) ** 2)

    return primal


def for_autograd(np):
    """With new arrays, the ends put on."""

    def primal(A, B, target, steps):
        for _ in range(steps):
            inner = 0.33333 * (A[:-2] + A[1:-1] + A[2:])
            B = np.concatenate((B[:1], inner, B[-1:]))
            inner = 0.33333 * (B[:-2] + B[1:-1] + B[2:])
            A = np.concatenate((A[:1], inner, A[-1:]))
        return 0.5 * np.sum((A - target) ** 2)

    return primal
