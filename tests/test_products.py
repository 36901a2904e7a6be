"""Products with a large matrix in one pass, with a small one as loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from harness import one_compiled

pytestmark = pytest.mark.usefixtures("loops_in_python")

rng = np.random.default_rng(3)
LARGE, SMALL = (1400, 100), (20, 7)
QUESTION = "if X.shape[0] * X.shape[1] > 131072 and X.shape[1] <= 16384:"


def _text(derivative: Any) -> str:
    return str(derivative.source_for("cpu"))


def _branches(text: str) -> tuple[str, str]:
    """Return the two forms of the only group in a text."""
    assert text.count(QUESTION) == 1
    head, _, rest = text.partition(QUESTION)
    indent = len(head) - len(head.rstrip(" "))
    first, _, other = rest.partition(f"\n{' ' * indent}else:\n")
    return first, other


def _numbers(shape: tuple[int, int], dtype: str = "float64") -> Any:
    made = (np.zeros(shape[1]), rng.normal(size=shape), rng.normal(size=shape[0]))
    w, X, y = (v.astype(dtype) for v in made)
    w += rng.normal(size=shape[1]) / np.sqrt(max(shape[1], 1))
    return w, X, y


def logistic(w, X, y):
    mu = 1.0 / (1.0 + np.exp(-(X @ w)))
    return -np.sum(y * np.log(mu) + (1.0 - y) * np.log(1.0 - mu))


def logistic_by_hand(w, X, y):
    return X.T @ (1.0 / (1.0 + np.exp(-(X @ w))) - y)


@pytest.mark.compiled
def test_a_large_matrix_is_read_once():
    derivative = gs.grad(logistic, wrt="w", target="cpu")
    for shape in (LARGE, SMALL):
        args = _numbers(shape)
        expected = logistic_by_hand(*args)
        np.testing.assert_allclose(derivative(*args), expected, rtol=1e-10, atol=1e-9)
    first, other = _branches(_text(derivative))
    assert first.count("for i in range(X.shape[0])") == 1
    assert "np.empty" not in first
    assert "X.T @" not in first
    assert "X.T @" in other


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (1, 5), (5, 1)])
def test_without_rows_or_columns(shape: tuple[int, int]):
    args = _numbers(shape)
    found = gs.grad(logistic, wrt="w", target="cpu")(*args)
    np.testing.assert_allclose(found, logistic_by_hand(*args), atol=1e-12)


@pytest.mark.compiled
def test_single_precision_is_summed_in_double():
    args = _numbers((1100, 1000), "float32")
    derivative = gs.grad(logistic, wrt="w", target="cpu")
    found = derivative(*args)
    assert found.dtype == np.float32
    exact = logistic_by_hand(*(v.astype("float64") for v in args))
    np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-4)
    assert "> 1048576" in _text(derivative)


@pytest.mark.parametrize("view", [np.asfortranarray, lambda X: X[:, ::2]])
def test_what_is_not_stored_by_rows_is_left_to_the_library(view: Callable[..., Any]):
    w, X, y = _numbers((1400, 200))
    X = view(X)
    w = w[: X.shape[1]].copy()
    derivative = gs.grad(logistic, wrt="w", target="cpu")
    expected = logistic_by_hand(w, X, y)
    np.testing.assert_allclose(derivative(w, X, y), expected, rtol=1e-10, atol=1e-9)
    assert "> 131072" not in _text(derivative)


def test_the_value_is_summed_in_the_same_pass():
    derivative = gs.value_and_grad(logistic, wrt="w", target="cpu")
    for shape in (LARGE, SMALL):
        args = _numbers(shape)
        value, bar = derivative(*args)
        np.testing.assert_allclose(value, logistic(*args), rtol=1e-10)
        np.testing.assert_allclose(bar, logistic_by_hand(*args), rtol=1e-9, atol=1e-9)
    first, _ = _branches(_text(derivative))
    assert first.count("for i in range(X.shape[0])") == 1


def ridge(w, X, y):
    residual = X @ w - y
    return 0.5 * np.sum(residual * residual) + 0.1 * np.sum(w * w)


def test_loops_over_columns_do_not_keep_products_apart():
    derivative = gs.grad(ridge, wrt="w", target="cpu")
    for shape in (LARGE, SMALL):
        w, X, y = _numbers(shape)
        expected = X.T @ (X @ w - y) + 0.2 * w
        np.testing.assert_allclose(derivative(w, X, y), expected, rtol=1e-9, atol=1e-9)
    first, _ = _branches(_text(derivative))
    assert first.count("for i in range(X.shape[0])") == 1


def two_columns(a, b, X):
    one, other = X @ a, X @ b
    return np.sum(np.tanh(one) * other)


def test_several_products_share_the_pass():
    derivative = gs.grad(two_columns, wrt=("a", "b"), target="cpu")
    for shape in (LARGE, SMALL):
        a, X, _ = _numbers(shape)
        b = a[::-1].copy()
        t = np.tanh(X @ a)
        expected = X.T @ ((1.0 - t * t) * (X @ b)), X.T @ t
        for found, bar in zip(derivative(a, b, X), expected, strict=True):
            np.testing.assert_allclose(found, bar, rtol=1e-9, atol=1e-9)
    first, _ = _branches(_text(derivative))
    assert first.count("for i in range(X.shape[0])") == 1


def two_matrices(v, w, P, Q):
    return np.sum(np.sin(P @ v + Q @ w))


def test_two_matrices_with_equal_rows_share_the_pass():
    derivative = gs.grad(two_matrices, wrt=("v", "w"), target="cpu")
    for rows in (1500, 20):
        v, w = rng.normal(size=50) / 7, rng.normal(size=60) / 7
        P, Q = rng.normal(size=(rows, 50)), rng.normal(size=(rows, 60))
        c = np.cos(P @ v + Q @ w)
        for found, bar in zip(derivative(v, w, P, Q), (P.T @ c, Q.T @ c), strict=True):
            np.testing.assert_allclose(found, bar, rtol=1e-9, atol=1e-9)
    text = _text(derivative)
    assert "if P.shape[0] * P.shape[1] + Q.shape[0] * Q.shape[1] > 131072" in text


def kept(X, w):
    z = X @ w
    s = np.exp(-z * z)
    return X.T @ s, z


def test_what_is_needed_later_is_stored():
    made = gs.jit(kept, target="cpu")
    for shape in (LARGE, SMALL):
        w, X, _ = _numbers(shape)
        for found, expected in zip(made(X, w), kept(X, w), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
    first, _ = _branches(_text(made))
    assert first.count("np.empty") == 1


def backwards(X, w):
    return X @ (X.T @ w)


def test_products_that_wait_for_all_rows_stay_apart():
    made = gs.jit(backwards, target="cpu")
    X = rng.normal(size=LARGE)
    w = rng.normal(size=LARGE[0])
    np.testing.assert_allclose(made(X, w), backwards(X, w), rtol=1e-9, atol=1e-9)
    assert "> 131072" not in _text(made)


def descent(w, X, y, steps):
    for _ in range(steps):
        w = w - 1e-4 * (X.T @ (np.tanh(X @ w) - y))
    return np.sum(w * w)


def test_inside_a_loop():
    derivative = gs.grad(descent, wrt="w", target="cpu")
    reference = gs.grad(descent, wrt="w", target="numpy")
    for shape in (LARGE, SMALL):
        args = (*_numbers(shape), 3)
        np.testing.assert_allclose(derivative(*args), reference(*args), rtol=1e-8)
    assert _text(derivative).count(QUESTION) == 2


def steps(A, B, x, count):
    total = 0.0
    for _ in range(count):
        y = np.tanh(A @ x)
        C = A.T @ B
        x = A.T @ y + y @ A + 0.1 * (C @ x)
        total += np.sum(C @ B.T * B)
    return total + np.sum(x)


@pytest.mark.parametrize("dtype", one_compiled(["float64", "float32"]))
@pytest.mark.parametrize("n", [0, 1, 3, 5, 60])
def test_products_in_loops_write_into_arrays(n: int, dtype: str):
    A, B = (rng.normal(size=(n, n)).astype(dtype) / max(n, 1) for _ in "AB")
    args = A, B, rng.normal(size=n).astype(dtype), 3
    derivative = gs.grad(steps, wrt=("A", "B", "x"), target="cpu")
    reference = gs.grad(steps, wrt=("A", "B", "x"), target="numpy")
    tol = 1e-10 if dtype == "float64" else 2e-4
    for found, bar in zip(derivative(*args), reference(*args), strict=True):
        assert found.dtype == bar.dtype
        np.testing.assert_allclose(found, bar, rtol=tol, atol=tol)
    text = _text(derivative)
    if n == 1:
        return  # lengths of one are known: loops, or none
    assert "np.dot(A, x" in text  # where it is large, else loops in place
    assert "_matvec" not in text
    assert "_vecmat" not in text
    assert "_matmul(A.T, B, " in text


def rows_times_matrix(L, noise):
    total = 0.0
    for p in range(noise.shape[0]):
        growth = np.zeros(L.shape[0])
        for t in range(noise.shape[1]):
            growth = growth + L @ noise[p, t] + noise[p, t] @ L
            total += np.sum(np.exp(growth))
    return total


@pytest.mark.parametrize("n", [3, 50])
def test_rows_are_multiplied_in_place(n: int):
    args = rng.normal(size=(n, n)) / n, rng.normal(size=(2, 3, n)) / n
    derivative = gs.grad(rows_times_matrix, wrt=("L", "noise"), target="cpu")
    reference = gs.grad(rows_times_matrix, wrt=("L", "noise"), target="numpy")
    for found, bar in zip(derivative(*args), reference(*args), strict=True):
        np.testing.assert_allclose(found, bar, rtol=1e-10, atol=1e-10)
    text = _text(derivative)
    assert "L[i, j] * noise[p, t, j]" in text
    assert "np.dot(L, noise[p, t], " in text
    strict = gs.grad(rows_times_matrix, wrt="L", target="cpu", strict=True)
    np.testing.assert_allclose(strict(*args), reference(*args)[0], rtol=1e-10)
    assert "_matvec(L, " in _text(strict)


def once(A, x):
    return A @ x


@pytest.mark.compiled
def test_a_product_that_is_done_once_is_printed_as_one():
    made = gs.jit(once, target="cpu")
    A, x = rng.normal(size=(3, 2)), rng.normal(size=2)
    np.testing.assert_allclose(made(A, x), A @ x, rtol=1e-14)
    assert "A @ x" in _text(made)


def cut(A, x, k):
    total = 0.0
    for i in range(k):
        total += np.sum(A[:, i:] @ x[: len(x) - k])
    return total


@pytest.mark.compiled
def test_lengths_that_do_not_fit_are_the_librarys_to_refuse():
    made = gs.jit(cut, target="cpu")
    A, x = rng.normal(size=(4, 6)), rng.normal(size=6)
    with pytest.raises(ValueError):
        made(A, x, 2)
    assert "_matvec" not in _text(made)


def complex_steps(A, x, count):
    for _ in range(count):
        x = A @ x
    return x


@pytest.mark.compiled
def test_complex_products_are_left_to_the_library():
    made = gs.jit(complex_steps, target="cpu")
    A = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    x = rng.normal(size=3) + 0j
    np.testing.assert_allclose(made(A, x, 3), complex_steps(A, x, 3), rtol=1e-12)
    assert "_matvec" not in _text(made)


def turned(angle, points):
    total = 0.0
    for i in range(len(points)):
        c, s = np.cos(angle * i), np.sin(angle * i)
        R = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        p = np.array([points[i, 0], points[i, 1], points[i, 2]])
        q = R @ p
        S = R @ R.T @ R
        total += q[0] * q[1] + np.sum(S[0] * q) + np.sum(p @ S)
    return total


def test_products_of_known_small_lengths_are_loops():
    args = 0.3, rng.normal(size=(5, 3))
    derivative = gs.grad(turned, wrt=("angle", "points"), target="cpu")
    reference = gs.grad(turned, wrt=("angle", "points"), target="numpy")
    for found, bar in zip(derivative(*args), reference(*args), strict=True):
        np.testing.assert_allclose(found, bar, rtol=1e-11)
    text = _text(derivative)
    assert "_mat" not in text


def of_a_part(A, x):
    return A[1:, 2:] @ x


def of_a_turned_part(A, x):
    return A[1:, 2:].T @ x[: A.shape[0] - 1]


def from_the_left(A, x):
    return x[: A.shape[0]] @ A[:, 1:]


def of_a_computed_matrix(A, x):
    return (A[:, 2:] * 2.0 + 1.0) @ x


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "function",
    one_compiled([of_a_part, of_a_turned_part, from_the_left, of_a_computed_matrix]),
    ids=lambda f: f.__name__,
)
def test_a_matrix_is_not_copied_for_one_product(
    function: Callable[..., Any], dtype: str
):
    """Its elements are read where they are, along the rows."""
    for shape in ((5, 8), (3, 6)):
        A = rng.normal(size=shape).astype(dtype)
        x = rng.normal(size=shape[1] - 2).astype(dtype)
        run = gs.jit(function, target="cpu")
        expected = function(A, x)
        found = run(A, x)
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    text = _text(run)
    assert " @ " not in text.split('"""')[-1], text
    assert text.count("np.empty((") == 0, text
    last = [line for line in text.splitlines() if line.startswith("        for ")]
    inner = last[-1].split()[1]
    assert f"{inner}]" in text or f"+ {inner}]" in text, text


def test_a_computed_matrix_is_kept_for_two_products():
    def both(A, x):
        B = A * 2.0
        return B @ x + x @ B

    run = gs.jit(both, target="cpu")
    A, x = rng.normal(size=(4, 4)), rng.normal(size=4)
    np.testing.assert_allclose(run(A, x), both(A, x))
    assert "B = np.empty(" in _text(run)
