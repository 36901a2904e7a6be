"""What is saved for the backward part: nothing, where values can be had again."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest


def lu(A):
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]


def cholesky(A):
    n = A.shape[0]
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = A[i, j] - L[i, :j] @ L[j, :j]
            if i == j:
                L[i, i] = np.sqrt(s)
            else:
                L[i, j] = s / L[j, j]
    return L


def solve_lower(L, b):
    n = b.size
    x = np.zeros(n)
    for i in range(n):
        x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]
    return x


def seidel(A, steps):
    n = A.shape[0]
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                total = A[i - 1, j] + A[i, j - 1] + A[i, j] + A[i, j + 1] + A[i + 1, j]
                A[i, j] = total / 5.0


def heat(u, steps):
    for _ in range(steps):
        u[1:-1] += 0.1 * (u[:-2] - 2.0 * u[1:-1] + u[2:])


def tanh_recurrence(x, a):
    h = 0.0
    for t in range(x.size):
        h = np.tanh(a * h + x[t])
    return h


def running_product(x):
    y = np.ones(x.size + 1)
    for i in range(x.size):
        y[i + 1] = y[i] * x[i]
    return y


def exponential_in_place(x):
    for i in range(x.size):
        x[i] = np.exp(x[i])


def newton(a):
    x = a
    change = 1.0
    while change > 1e-12:
        step = (x * x - a) / (2.0 * x)
        x = x - step
        change = abs(step)
    return x


def burgers(u, steps):
    for _ in range(steps):
        u[1:-1] = u[1:-1] - 0.1 * u[1:-1] * (u[1:-1] - u[:-2])


SQUARE = np.random.default_rng(1).standard_normal((6, 6)) + 6.0 * np.eye(6)
LINE = np.random.default_rng(2).standard_normal(6)

NOTHING: list[tuple[Callable[..., Any], tuple[Any, ...], Any]] = [
    (lu, (SQUARE,), SQUARE),
    (solve_lower, (SQUARE, LINE), LINE),
    (seidel, (SQUARE, 3), SQUARE),
    (heat, (LINE, 4), LINE),
    (running_product, (LINE,), np.ones(7)),
    (exponential_in_place, (LINE,), LINE),
]


def _saved(source: str) -> list[str]:
    """Return the names of the arrays that are kept besides the function's own."""
    return sorted(set(re.findall(r"\b\w+_(?:saved|old)(?:_\d+)?\b", source)))


def _derived(function: Callable[..., Any], args: tuple[Any, ...], seed: Any) -> str:
    derivative = gs.vjp(function, target="numpy")
    derivative(np.copy(seed) if np.ndim(seed) else seed, *args)
    return derivative.source


@pytest.mark.parametrize(("function", "args", "seed"), NOTHING)
def test_nothing_is_saved(function, args, seed) -> None:
    assert _saved(_derived(function, args, seed)) == []


@pytest.mark.parametrize(
    ("function", "args", "seed", "names"),
    [
        (tanh_recurrence, (LINE, 0.9), 1.0, ["h_saved"]),
        (newton, (2.0,), 1.0, ["x_saved"]),
        (burgers, (LINE, 3), LINE, ["u_old"]),
    ],
)
def test_one_array_is_saved(function, args, seed, names) -> None:
    assert _saved(_derived(function, args, seed)) == names


def test_cholesky_saves_no_floats() -> None:
    spd = SQUARE @ SQUARE.T
    source = _derived(cholesky, (spd,), np.tril(np.ones((6, 6))))
    assert [name for name in _saved(source) if "L" in name or "s_" in name] == []


def test_docstring_states_what_is_allocated() -> None:
    n = 200_000
    x = np.linspace(-1.0, 1.0, n)
    derivative = gs.vjp(tanh_recurrence, target="numpy")
    derivative(1.0, x[:8].copy(), 0.9)
    assert "8*" in derivative.__doc__ or "8*" in derivative.source
    tracemalloc.start()
    derivative(1.0, x, 0.9)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    saved_and_result = 8 * (n + 1) + 8 * n
    assert saved_and_result <= peak < 1.1 * saved_and_result + 10_000
