"""What is saved for the backward part: nothing, where values can be had again."""

from __future__ import annotations

import math
import re
import tracemalloc
from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from harness import one_compiled

pytestmark = pytest.mark.usefixtures("loops_in_python")


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


def triangle_of_a_copy(C, A, beta):
    C = C.copy()
    for i in range(A.shape[0]):
        C[i, : i + 1] *= beta
        for k in range(A.shape[1]):
            C[i, : i + 1] += A[i, k] * A[: i + 1, k]
    return C


def rows_below_in_a_copy(A, B):
    B = B.copy()
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            B[i, j] += np.dot(A[i + 1 :, i], B[i + 1 :, j])
    return B


SQUARE = np.random.default_rng(1).standard_normal((6, 6)) + 6.0 * np.eye(6)
LINE = np.random.default_rng(2).standard_normal(6)

NOTHING: list[tuple[Callable[..., Any], tuple[Any, ...], Any]] = [
    (lu, (SQUARE,), SQUARE),
    (solve_lower, (SQUARE, LINE), LINE),
    (seidel, (SQUARE, 3), SQUARE),
    (heat, (LINE, 4), LINE),
    (running_product, (LINE,), np.ones(7)),
    (exponential_in_place, (LINE,), LINE),
    (triangle_of_a_copy, (SQUARE, SQUARE, 0.7), SQUARE),
    (rows_below_in_a_copy, (SQUARE, SQUARE), SQUARE),
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


def squashed(z):
    return np.tanh(z)


def gated(x, W):
    h = np.zeros(W.shape[0])
    for t in range(x.size):
        h = squashed(W @ h + x[t]) * 0.9
    return np.sum(h * h)


def test_what_a_helper_returns_is_kept_once() -> None:
    gs.check_grads(gated, LINE, SQUARE / 9.0, target="numpy")
    derivative = gs.grad(gated, wrt=("x", "W"), target="numpy")
    derivative(LINE, SQUARE)
    assert _saved(derivative.source) == ["call_saved", "h_saved"]
    assert "squashed_forward" not in derivative.source


# ---- the formula of the docstring against what is allocated ----


def two_levels(u0, k, steps):
    u = u0.copy()
    for _ in range(steps):
        for i in range(1, u.size - 1):
            u[i] = u[i] + k * np.sin(u[i - 1] * u[i + 1])
    return np.sum(u * u)


def damped_newton(a):
    x = a.copy()
    change = 1.0
    while change > 1e-12:
        step = (x * x - a) / (2.0 * x)
        x = x - 0.3 * step
        change = np.max(np.abs(step))
    return np.sum(x)


def strict_triangle(x, k):
    n = x.size
    s = 0.0
    for i in range(n):
        for j in range(i):
            s = np.sin(s + k * x[i] * x[j])
    return s


def _vector(n: int) -> np.ndarray:
    return np.linspace(0.5, 1.5, n)


def _matrix(n: int) -> np.ndarray:
    return np.random.default_rng(n).standard_normal((n, n)) + n * np.eye(n)


MEASURED: list[tuple[Callable[..., Any], Callable[[int], tuple[Any, ...]], str]] = [
    (lu, lambda n: (_matrix(n // 20),), "A"),
    (cholesky, lambda n: (_matrix(n // 20) @ _matrix(n // 20).T,), ""),
    (seidel, lambda n: (_matrix(n // 20), 2), ""),
    (heat, lambda n: (_vector(n), 9), ""),
    (tanh_recurrence, lambda n: (_vector(20 * n), 0.9), ""),
    (burgers, lambda n: (_vector(n) / n, 30), "u"),
    (newton, lambda n: (float(10 ** (n // 5)),), ""),
    (damped_newton, lambda n: (_vector(n),), ""),
    (two_levels, lambda n: (_vector(n), 0.1, 15), ""),
    (strict_triangle, lambda n: (_vector(n // 5), 0.1), ""),
]


def _at_the_end_of_the_forward_part(
    source: str, name: str, args: tuple[Any, ...]
) -> tuple[int, dict[str, Any]]:
    """Run a gradient; return what it holds between its parts, and its variables.

    The forward part ends with the first blank line.
    """
    lines = source.splitlines()
    if "    # Forward" not in lines:
        return 0, {}
    place = lines.index("", lines.index("    # Forward"))
    lines.insert(place, "    _mark(locals())")
    found: list[tuple[int, dict[str, Any]]] = []

    def mark(variables: dict[str, Any]) -> None:
        found.append((tracemalloc.get_traced_memory()[0], dict(variables)))

    names: dict[str, Any] = {"_mark": mark}
    exec("\n".join(lines), names)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        names[name](*args)
    finally:
        tracemalloc.stop()
    (size, variables) = found[0]
    return size - before, variables


def _stated(source: str, variables: dict[str, Any]) -> tuple[float, bool]:
    """Return the bytes that the docstring states, and whether that is a bound."""
    doc = " ".join(source.split('"""')[1].split())
    match = re.search(r"Stored for the backward part: (at most )?(.*) bytes", doc)
    if match is None:
        return 0, False
    names = {**variables, "max": max, "ceil": math.ceil}
    return eval(match[2], names), match[1] is not None


@pytest.mark.parametrize("n", [400, 700])
@pytest.mark.parametrize(
    ("function", "arguments", "copied"),
    MEASURED,
    ids=lambda f: getattr(f, "__name__", ""),
)
def test_the_docstring_states_what_is_allocated(function, arguments, copied, n):
    """``copied`` is the parameter that is copied at entry, since it is written."""
    args = arguments(n)
    seed = function(*map(np.copy, args))
    if seed is None:
        seed = args[0].copy()
    derivative = gs.vjp(function, target="numpy")
    derivative(seed, *args)
    own, variables = _at_the_end_of_the_forward_part(
        derivative.source, derivative.__name__, (seed, *args)
    )
    if copied and variables:
        own -= variables[copied].nbytes
    stated, is_bound = _stated(derivative.source, variables)
    small = 4000  # numbers and the headers of arrays
    assert own <= 1.02 * stated + small, (own, stated)
    assert own >= (0.5 if is_bound else 0.98) * stated - small, (own, stated)


# ---- triangles ----


def upper_triangle(x, k):
    n = x.size
    s = 0.0
    for i in range(n):
        for j in range(i + 1, n):
            r = np.exp(-k * (x[i] - x[j]) ** 2)
            s += r * np.sin(x[i] * r)
    return s


def downwards_and_skipping(x, k):
    n = x.size
    s = 0.1
    for i in range(n - 1, -1, -1):
        for j in range(i, n):
            if x[i] * x[j] > 0.9:
                continue
            s = np.sin(s + k * x[i] * x[j])
    return s


def three_deep(x, k):
    y = x.copy()
    for _ in range(3):
        for i in range(1, x.size):
            for j in range(i + 1):
                y[i] = np.sin(y[i] * y[j]) + k
    return np.sum(y)


def rows_of_a_triangle(A, k):
    for i in range(A.shape[0]):
        for j in range(i):
            A[i] = np.sin(A[j] * k + A[i])
    return np.sum(A * A)


def columns_of_a_triangle(A, k):
    n = A.shape[1]
    for m in range(2):
        for j in range(n - 1, 0, -1):
            for i in range(j - 1, -1, -1):
                A[:, i] = np.sin(A[:, j] * k + A[:, i]) * m
    return np.sum(A * A)


def parts_of_columns(A, k):
    for _ in range(1, A.shape[0]):
        for j in range(A.shape[1]):
            A[1:, j] = A[1:, j] * A[1:, j - 1] + k
    return np.sum(A * A)


def in_a_branch(x, k):
    s = 0.1
    for i in range(x.size):
        if x[i] > 0.6:
            for j in range(i, -1, -1):
                s = np.sin(s + k * x[i] * x[j])
                for m in range(2):
                    s = s * np.exp(-s * x[m])
        s = s * s
    return s


def by_a_number(x, k, n=7):
    s = 0.1
    for i in range(n):
        for j in range(i + 1):
            s = np.cos(s + k * x[j % 3])
    return s


def left_early(x, k):
    s = 0.1
    for i in range(x.size):
        for j in range(i):
            s = np.sin(s + k * x[i] * x[j])
            if s > 0.7:
                break
    return s


OF_MATRICES = (rows_of_a_triangle, columns_of_a_triangle, parts_of_columns)
TRIANGLES = [
    (strict_triangle, "x.shape[0] * (x.shape[0] - 1) // 2"),
    (upper_triangle, "x.shape[0] * (x.shape[0] - 1) // 2"),
    (downwards_and_skipping, "x.shape[0] * (x.shape[0] + 1) // 2"),
    (three_deep, "(3, max(0, x.shape[0] - 1) * (x.shape[0] + 2) // 2)"),
    (rows_of_a_triangle, "(A.shape[0] * (A.shape[0] - 1) // 2, A.shape[1])"),
    (
        columns_of_a_triangle,
        "(2, A.shape[0], max(0, A.shape[1] - 1) * A.shape[1] // 2)",
    ),
    (parts_of_columns, "(max(0, A.shape[0] - 1), max(0, A.shape[0] - 1), A.shape[1])"),
    (in_a_branch, "(x.size * (x.size + 1) // 2, 2)"),
    (by_a_number, "max(0, n) * (n + 1) // 2"),
    (left_early, "(x.size, max(0, x.size - 1))"),
]


@pytest.mark.parametrize(
    ("function", "length"), TRIANGLES, ids=lambda f: getattr(f, "__name__", "")
)
def test_a_triangle_is_saved_in_an_array_of_its_size(function, length) -> None:
    x = np.linspace(0.513, 1.07, 6)
    x = np.outer(x, x[1:]) if function in OF_MATRICES else x
    for target in ("numpy", "cpu") if function in OF_MATRICES else ("numpy",):
        gs.check_grads(function, x, 0.3, target=target)
    derivative = gs.grad(function, target="numpy")
    derivative(x, 0.3)
    assert f"np.empty({length}" in derivative.source, derivative.source


def test_a_triangle_of_no_size() -> None:
    derivative = gs.grad(by_a_number, target="numpy")
    x = np.ones(3)
    for n in (-2, 0, 1):
        assert np.all(np.isfinite(derivative(x, 0.3, n)))
    for f in (strict_triangle, upper_triangle):
        assert gs.grad(f, target="numpy")(np.ones(0), 0.3).shape == (0,)


def by_twos(x, k):
    s = 0.1
    for _ in range(3):
        for i in range(0, len(x), 2):
            s = np.sin(s + k * x[i])
    return s


def down_by_threes(x, k):
    s = 0.1
    for m in range(x.shape[0]):
        n = x.shape[0]
        for i in range(n - 1, 0, -3):
            s = np.sin(s + k * x[i] * x[m])
    return s


@pytest.mark.parametrize(
    "function", one_compiled([by_twos, down_by_threes]), ids=lambda f: f.__name__
)
def test_lengths_that_are_taken_inside_are_known_before(function) -> None:
    derivative = gs.grad(function, target="numpy")
    for size in (7, 6, 2):
        x = np.linspace(0.513, 1.07, size)
        gs.check_grads(function, x, 0.3, target="numpy")
        derivative(x, 0.3)
    gs.check_grads(function, x, 0.3, target="cpu")
    assert "count" not in derivative.source, derivative.source


def ever_longer(r):
    y = np.sin(r)
    for k in range(1, len(r)):
        y[:k] += np.dot(r[:k], y[:k]) * np.flip(y[:k])
    return np.sum(y)


def ever_shorter_backwards(r):
    y = np.sin(r)
    for k in range(len(r) - 1, -1, -1):
        y[k:] = y[k:] * np.cos(y[k:]) * r[k]
    return np.sum(y)


@pytest.mark.parametrize("f", [ever_longer, ever_shorter_backwards])
@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_ever_longer_parts_lie_end_to_end(f: Callable[..., Any], n: int) -> None:
    made = gs.grad(f, target="numpy", types="r: f64[n]")
    assert re.search(r"y_old = np\.empty\(.* // 2\)", made.source)
    r = np.random.default_rng(n).standard_normal(n)
    steps = 1e-5 * np.eye(n)
    slopes = [(f(r + h) - f(r - h)) / 2e-5 for h in steps]
    np.testing.assert_allclose(made(r), slopes, rtol=1e-6, atol=1e-8)


def diffused(u, steps):
    v = u.copy()
    for _ in range(steps):
        w = v.copy()
        for i in range(1, len(v) - 1):
            for j in range(v.shape[1]):
                w[i, j] = v[i, j] + 0.2 * (v[i - 1, j] - 2.0 * v[i, j] + v[i + 1, j])
        v = w
    return np.sum(v * v)


def test_lengths_of_arrays_that_a_loop_makes_are_not_saved():
    derivative = gs.grad(diffused, wrt="u", target="numpy")
    derivative(np.ones((5, 4)), 2)
    assert "saved" not in derivative.source_for("numpy")


def windows(x, k):
    s = 0.0
    for i in range(len(x)):
        for j in range(max(0, i - k), min(len(x), i + k + 1)):
            for m in range(max(j - 2, 0), min(j, i) + 1):
                s += np.exp(x[i] * x[j] + x[m])
    return s


@pytest.mark.parametrize(("n", "k"), [(0, 1), (1, 0), (6, 2), (5, 9), (4, -1), (4, -3)])
def test_windows_have_the_length_of_the_largest(n: int, k: int) -> None:
    made = gs.grad(windows, wrt="x", target="numpy", types="x: f64[n], k: int")
    assert "((len(x), max(0, min(len(x), 2 * k + 1)), 3))" in made.source
    x = np.linspace(-0.5, 0.4, n)
    steps = 1e-5 * np.eye(n)
    slopes = [(windows(x + h, k) - windows(x - h, k)) / 2e-5 for h in steps]
    np.testing.assert_allclose(made(x, k), slopes, rtol=1e-6, atol=1e-8)


def red_black(u, sweeps):
    u = u.copy()
    n, m = u.shape
    for _ in range(sweeps):
        for colour in range(2):
            for i in range(n):
                for j in range(1 + (i + colour) % 2, m - 1, 2):
                    around = u[(i + 1) % n, j] + u[(i - 1) % n, j] + u[i, j - 1]
                    u[i, j] += 0.3 * np.sin(around + u[i, j + 1] - u[i, j])
    return np.sum(u * u)


@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (2, 1), (1, 2), (3, 4), (2, 7)])
def test_a_rest_has_bounds(shape: tuple[int, int]) -> None:
    types = "u: f64[n, m], sweeps: int"
    made = gs.grad(red_black, wrt="u", target="numpy", types=types)
    assert "sweeps), 2, u.shape[0], (max(0, u.shape[1] - 2) + 1) // 2)" in made.source
    u = np.linspace(-1.0, 1.0, shape[0] * shape[1]).reshape(shape)
    turn = np.cos(3.0 * np.arange(u.size)).reshape(shape)
    slope = red_black(u + 1e-6 * turn, 2) - red_black(u - 1e-6 * turn, 2)
    np.testing.assert_allclose(2e-6 * np.sum(made(u, 2) * turn), slope, atol=1e-14)
    assert "IndexError" not in gs.grad(red_black, wrt="u", types=types).source_for(
        "cpu"
    )


def waves(u, v, steps):
    u, v = u.copy(), v.copy()
    n = u.shape[0]
    for _ in range(steps):
        for i in range(n):
            after, before = (i + 1) % n, (i - 1) % n
            v[i] += np.sin(u[after] - 2.0 * u[i] + u[before])
        for i in range(n):
            u[i] += 0.1 * v[i] * v[(i + 2) % n]
    return np.sum(u * u)


def test_rests_do_not_count_from_the_end() -> None:
    types = "u: f64[n], v: f64[n], steps: int"
    text = gs.grad(waves, wrt=("u", "v"), types=types).source_for("cpu")
    assert "u_2[_around(i + 1, n)]" in text or "_around(i + 2, n)" in text
    assert "< 0" not in text


def deposited(x, cells):
    density = np.zeros(cells)
    for p in range(x.size):
        c = int(np.floor(x[p]))
        density[c % cells] += 1.0 - (x[p] - c)
        density[(c - 9) % cells] += x[p] - c
    return np.sum(density**3)


def test_a_length_that_divides_is_positive() -> None:
    types = "x: f64[n], cells: int"
    gradient = gs.grad(deposited, wrt="x", types=types)
    assert "IndexError" not in gradient.source_for("cpu")
    x = np.array([-7.3, -0.2, 0.4, 3.9, 12.6])
    for cells in (1, 3, 50):
        shift = np.array([1.0, -2.0, 0.5, 3.0, 1.5]) * 1e-6
        slope = deposited(x + shift, cells) - deposited(x - shift, cells)
        found = gradient(x, cells) @ shift
        np.testing.assert_allclose(2.0 * found, slope, rtol=1e-6, atol=1e-12)
    with pytest.raises(ZeroDivisionError):
        gradient(x, 0)
    with pytest.raises(ValueError, match="negative"):
        gradient(x, -3)


def arm(q, m):
    t, x, y, cost = 0.0, 0.0, 0.0, 0.0
    for i in range(q.size):
        t = t + q[i] * m[i]
        c = np.cos(t)
        s = np.sin(t)
        x += m[i] * c
        y += s
        cost += x * x + y * y
    return cost


def test_what_the_function_computed_is_not_computed_again() -> None:
    gradient = gs.grad(arm, target="numpy", types="q: f64[n], m: f64[n]")
    assert "t_bar += y_bar * c\n" in gradient.source
    assert "t_bar -= c_bar * s\n" in gradient.source
    q, m = np.linspace(-0.7, 0.9, 5), np.linspace(1.0, 2.0, 5)
    shift = 1e-6 * np.array([1.0, -2.0, 0.5, 3.0, 1.5])
    slope = arm(q + shift, m) - arm(q - shift, m)
    np.testing.assert_allclose(2.0 * gradient(q, m) @ shift, slope, rtol=1e-8)


def scaled_again(A, a):
    C = np.zeros((3, 5))
    D = np.ones((5, 5)) * a
    s = 0.0
    for i in range(5):
        s = np.sin(np.sum(D[i]))
        C = np.sin(C + 0.1) * A
    s += np.sin(D[0, 1] - a * 0.7)
    C[0, -1] -= np.tanh(0.7 + a)
    C[1] -= np.tanh(0.2 * a)
    C = C[:, ::-1] * a
    return s + C.sum()


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_an_adjoint_is_not_read_after_a_loop_that_gives_its_name_away(
    target: str,
) -> None:
    A = np.cos(np.arange(15.0)).reshape(3, 5)
    _, found = gs.grad(scaled_again, wrt=("A", "a"), target=target)(A, 1.3)
    slope = scaled_again(A, 1.3 + 1e-6) - scaled_again(A, 1.3 - 1e-6)
    np.testing.assert_allclose(2e-6 * found, slope, rtol=1e-7)
