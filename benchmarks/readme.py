"""Measure the three rows of the README: gradscribe, JAX and Numba by hand.

    python benchmarks/readme.py            # print the table
    python benchmarks/readme.py --write    # and put it into README.md

JAX is left out where it is not installed. One thread each; minimum of many calls.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import gradscribe as gs
import numba
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "examples" / name) for name in ("logistic", "heat")]
sys.path.insert(0, str(ROOT / "examples" / "recurrence"))

from heat import misfit  # noqa: E402
from logistic import logistic_loss  # noqa: E402
from recurrence import prediction_error  # noqa: E402

try:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
except ModuleNotFoundError:
    jax = None

LENGTH = 100_000
GRID = 256
STEPS = 100
HEADER = "<!-- measured by benchmarks/readme.py -->"


def milliseconds(call: Callable[[], Any], seconds: float = 3.0) -> float:
    """Return the least time of a call, repeated for some seconds."""
    call()
    best = float("inf")
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return 1e3 * best


# ---- gradients by hand ----


@numba.njit(error_model="numpy")
def logistic_by_hand(w, b, X, y, l2):
    """Gradient of the logistic loss with respect to w."""
    m, n = X.shape
    w_bar = l2 * w
    for i in range(m):
        eta = b
        for j in range(n):
            eta += X[i, j] * w[j]
        error = (1.0 / (1.0 + np.exp(-eta)) - y[i]) / m
        for j in range(n):
            w_bar[j] += error * X[i, j]
    return w_bar


@numba.njit(error_model="numpy")
def recurrence_by_hand(a, b, c, x, y):
    """Gradient of the prediction error with respect to a, b, c."""
    n = len(x)
    h = np.empty(n + 1)
    h[0] = 0.0
    for t in range(n):
        h[t + 1] = np.tanh(a * h[t] + b * x[t] + c)
    a_bar = b_bar = c_bar = h_bar = 0.0
    for t in range(n - 1, -1, -1):
        h_bar += 2.0 * (h[t + 1] - y[t]) / n
        z_bar = h_bar * (1.0 - h[t + 1] * h[t + 1])
        a_bar += z_bar * h[t]
        b_bar += z_bar * x[t]
        c_bar += z_bar
        h_bar = a * z_bar
    return a_bar, b_bar, c_bar


@numba.njit(error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})
def heat_by_hand(T0, observed, r, steps):
    """Gradient of the misfit with respect to T0, in gather form."""
    m, n = T0.shape
    T, new = T0.copy(), T0.copy()
    for _ in range(steps):
        for i in range(1, m - 1):
            for j in range(1, n - 1):
                new[i, j] = T[i, j] + r * (
                    T[i + 1, j]
                    + T[i - 1, j]
                    + T[i, j + 1]
                    + T[i, j - 1]
                    - 4.0 * T[i, j]
                )
        T, new = new, T
    bar = T - observed
    inner = np.zeros((m, n))
    for _ in range(steps):
        for i in range(1, m - 1):
            for j in range(1, n - 1):
                inner[i, j] = r * bar[i, j]
        for i in range(1, m - 1):
            for j in range(1, n - 1):
                bar[i, j] += (
                    inner[i + 1, j]
                    + inner[i - 1, j]
                    + inner[i, j + 1]
                    + inner[i, j - 1]
                    - 4.0 * inner[i, j]
                )
        for j in range(1, n - 1):
            bar[0, j] += inner[1, j]
            bar[m - 1, j] += inner[m - 2, j]
        for i in range(1, m - 1):
            bar[i, 0] += inner[i, 1]
            bar[i, n - 1] += inner[i, n - 2]
    return bar


# ---- the same programs for JAX ----


def jax_logistic(w, b, X, y, l2):
    """Return the logistic loss, as in the example."""
    eta = X @ w + b
    mu = 1.0 / (1.0 + jnp.exp(-eta))
    losses = -(y * jnp.log(mu) + (1.0 - y) * jnp.log(1.0 - mu))
    return jnp.mean(losses) + 0.5 * l2 * jnp.sum(w * w)


def jax_recurrence(a, b, c, x, y):
    """Return the prediction error, by scan."""

    def step(h, xy):
        h = jnp.tanh(a * h + b * xy[0] + c)
        return h, (h - xy[1]) ** 2

    return jnp.mean(jax.lax.scan(step, 0.0, (x, y))[1])


def jax_heat(T0, observed, r, steps):
    """Return the misfit, by scan."""

    def step(T, _):
        lap = T[2:, 1:-1] + T[:-2, 1:-1] + T[1:-1, 2:] + T[1:-1, :-2]
        return T.at[1:-1, 1:-1].add(r * (lap - 4.0 * T[1:-1, 1:-1])), None

    T, _ = jax.lax.scan(step, T0, None, length=steps)
    return 0.5 * jnp.sum((T - observed) ** 2)


# ---- the rows ----


def logit_row() -> list[str]:
    """Return the gradient of one sample at logit 40, whose exact value is 1."""
    args = (np.array([40.0]), 0.0, np.ones((1, 1)), np.zeros(1), 0.0)
    ours = gs.grad(logistic_loss, wrt="w")(*args)[0]
    theirs = jax.grad(jax_logistic)(*args)[0] if jax else None
    hand = logistic_by_hand(*args)[0]
    return [f"{v:.6g}" if v is not None else "-" for v in (ours, theirs, hand)]


def timed_row(
    function: Callable[..., Any],
    other: Callable[..., Any],
    hand: Callable[..., Any],
    args: tuple[Any, ...],
    wrt: tuple[str, ...],
    static: tuple[int, ...] = (),
) -> list[str]:
    """Return milliseconds of the three gradients, after a check that they agree."""
    ours = gs.grad(function, wrt=wrt)
    expected = hand(*args)
    expected = expected if isinstance(expected, tuple) else (expected,)
    for got, e in zip(ours(*args), expected, strict=True):
        np.testing.assert_allclose(got, e, rtol=1e-8, atol=1e-10)
    times = [milliseconds(lambda: ours(*args))]
    times.append(_jax_time(other, args, len(wrt), static, expected))
    times.append(milliseconds(lambda: hand(*args)))
    return [f"{t:.3g} ms" if t else "-" for t in times]


def _jax_time(
    other: Callable[..., Any],
    args: tuple[Any, ...],
    count: int,
    static: tuple[int, ...],
    expected: tuple[Any, ...],
) -> float | None:
    if jax is None:
        return None
    gradient = jax.jit(
        jax.grad(other, argnums=tuple(range(count))), static_argnums=static
    )
    moved = [a if k in static else jnp.asarray(a) for k, a in enumerate(args)]
    for got, e in zip(gradient(*moved), expected, strict=True):
        np.testing.assert_allclose(got, e, rtol=1e-8, atol=1e-10)
    return milliseconds(lambda: jax.block_until_ready(gradient(*moved)))


def table() -> str:
    """Return the Markdown table."""
    rng = np.random.default_rng(0)
    series = (rng.standard_normal(LENGTH), rng.standard_normal(LENGTH))
    grids = (rng.standard_normal((GRID, GRID)), rng.standard_normal((GRID, GRID)))
    recurrence = timed_row(
        prediction_error,
        jax_recurrence,
        recurrence_by_hand,
        (0.8, 0.5, -0.1, *series),
        ("a", "b", "c"),
    )
    heat = timed_row(
        misfit, jax_heat, heat_by_hand, (*grids, 0.2, STEPS), ("T0",), (3,)
    )
    rows = [
        ["gradient of", "gradscribe", "JAX", "Numba by hand"],
        ["---"] * 4,
        ["logistic loss at logit 40, label 0 (exact: 1)", *logit_row()],
        [f"tanh recurrence, {LENGTH} steps", *recurrence],
        [f"heat stencil, {GRID} x {GRID}, {STEPS} steps", *heat],
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main() -> None:
    """Print the table; with ``--write`` put it into the README too."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    text = table()
    print(text)
    if options.write:
        readme = ROOT / "README.md"
        pattern = re.escape(HEADER) + r"\n(\|.*\n)*"
        new = re.sub(pattern, lambda _: f"{HEADER}\n{text}\n", readme.read_text())
        readme.write_text(new)


if __name__ == "__main__":
    main()
