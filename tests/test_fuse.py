"""Neighbouring nests run as one; arrays that only hand numbers on become numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("loops_in_python")


def _loops(function: Callable[..., Any], *args: Any) -> str:
    """The compiled form of the function itself."""
    made = gs.jit(function, target="cpu")
    np.testing.assert_allclose(made(*args), function(*args), rtol=1e-14)
    return made.source_for("cpu").rpartition("\ndef ")[2]


def chain(x, y):
    a = x * y
    b = np.arctan(a) + a
    return np.sum(b * a)


def test_a_chain_is_one_loop_without_arrays():
    text = _loops(chain, np.arange(5.0), np.ones(5))
    assert text.count("for ") == 1
    assert "np.empty" not in text


def shifted(x):
    a = np.arctan(x)
    b = np.arctan(x)
    return a[1:] * b[:-1]


def test_what_is_read_once_elsewhere_is_computed_there():
    text = _loops(shifted, np.arange(5.0))
    assert text.count("for ") == 1
    assert text.count("np.empty") == 1


def twice(x):
    a = np.arctan(x)
    return a[1:] * a[:-1]


def test_what_is_dear_and_read_twice_is_an_array():
    text = _loops(twice, np.arange(5.0))
    assert text.count("for ") == 2
    assert text.count("np.empty") == 2


def transposed(A):
    B = A * 2.0
    C = A + 1.0
    return B * C.T


def test_rows_and_columns_meet_where_they_are_read():
    text = _loops(transposed, np.arange(9.0).reshape(3, 3))
    assert text.count("for ") == 2
    assert text.count("np.empty") == 1


def both_ways(A):
    B = np.exp(A)
    return B * B.T


def test_rows_and_columns_stay_apart():
    text = _loops(both_ways, np.arange(9.0).reshape(3, 3))
    assert text.count("for ") == 4


def rows(A):
    m = np.mean(A, axis=1)
    return np.sum(np.exp(A - m[:, np.newaxis]), axis=1)


def test_outer_loops_merge_where_inner_ones_cannot():
    text = _loops(rows, np.arange(6.0).reshape(2, 3))
    assert sum(line.startswith("    for ") for line in text.splitlines()) == 1


def weighted(x, a, b):
    return np.sum(np.tanh(a * x + b) * np.exp(-(x**2)))


def test_forward_and_backward_are_one_loop():
    gradient = gs.grad(weighted, wrt=("x", "a", "b"), target="cpu")
    args = np.linspace(-1.0, 1.0, 7), 0.7, 0.1
    plain = gs.grad(weighted, wrt=("x", "a", "b"), target="numpy")
    for got, expected in zip(gradient(*args), plain(*args), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-13)
    text = gradient.source_for("cpu")
    assert text.count("for i in") == 1
    assert text.count("np.empty") == 1
    assert "# Forward and backward\n" in text


def picked_along_rows(x, k):
    rows = np.arange(len(k))
    return np.sum(x[rows, k] ** 2) + np.sum(np.exp(x))


def test_counted_integers_are_counters():
    types = "x: f64[n, m], k: i64[n]"
    made = gs.grad(picked_along_rows, wrt="x", types=types, target="cpu")
    text = made.source_for("cpu").rpartition("\ndef ")[2]
    assert "np.int64" not in text
    assert "x_bar[i, at] += " in text


def after_a_sum(x, y):
    a = np.arctan(x)
    mean = np.sum(a) / len(x)
    b = a * y
    return b * 2.0, a, mean


def test_what_follows_from_a_sum_comes_after_both_loops():
    made = gs.jit(after_a_sum, target="cpu", types="x: f64[n], y: f64[n]")
    text = made.source_for("cpu").rpartition("\ndef ")[2]
    assert text.count("for ") == 1
    assert text.count("np.empty") == 2


def row_by_row(x):
    a = np.zeros((3, len(x)))
    a[0] += x
    a[1] += x * x
    a[2] += x[::-1]
    return a


def test_loops_over_rows_of_their_own_are_one():
    text = _loops(row_by_row, np.arange(5.0))
    assert text.count("for ") == 1


def one_row_from_another(x):
    a = np.zeros((2, len(x)))
    a[0] += x
    a[1] += a[0, ::-1]
    a[-1] *= x
    return a


def test_rows_that_may_be_the_same_stay_apart():
    text = _loops(one_row_from_another, np.arange(5.0))
    assert text.count("for ") > 1


def picked(x, table, place):
    return table[0, place] * x + table[1, place] + table[2, place] * x * x


def test_checks_alike_are_made_once():
    place = np.array([1, 0, 2, -1])
    text = _loops(picked, np.arange(4.0), np.arange(9.0).reshape(3, 3), place)
    assert text.count("for ") == 1
    assert text.count("raise IndexError") == 4  # three of them before the loop
    made = gs.jit(picked, target="cpu")
    with pytest.raises(IndexError):
        made(np.arange(4.0), np.ones((3, 2)), place)


def filled(x, table, place):
    x[:] = table[place]
    return np.sum(table[place + 1])


@pytest.mark.compiled
def test_what_is_written_before_an_error_stays():
    made = gs.jit(filled, target="cpu")
    table, place = np.arange(3.0), np.array([1, 2, 0])
    ours, theirs = np.zeros(3), np.zeros(3)
    for f, x in ((made, ours), (filled, theirs)):
        with pytest.raises(IndexError):
            f(x, table, place)
    np.testing.assert_array_equal(ours, theirs)


def total(x):
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


def test_one_array_for_a_softmax():
    made = gs.grad(total, types="x: f64[n]", target="cpu")
    text = made.source_for("cpu").rpartition("\ndef ")[2]
    assert text.count("np.empty") == 1
    x = np.random.default_rng(0).standard_normal(7)
    e = np.exp(x)
    np.testing.assert_allclose(made(x), e / e.sum(), rtol=1e-13)


def user_named(x):
    e = np.exp(x)
    return e / np.sum(e)


def test_names_of_the_user_keep_their_meaning():
    text = _loops(user_named, np.ones(4))
    assert " e[i] = e[i]" not in text


def waves(x, y, steps):
    a, b = x.copy(), y.copy()
    for _ in range(steps):
        a[1:] -= 0.5 * (b[1:] - b[:-1])
        b[:-1] -= 0.7 * (a[1:] - a[:-1])
    return np.sum(a**2 + b**2)


def test_adjoints_lie_where_their_primals_lay():
    x, y = np.random.default_rng(0).standard_normal((2, 9))
    made = gs.grad(waves, wrt=("x", "y"), target="cpu")
    found = made(x, y, 4)
    plain = gs.grad(waves, wrt=("x", "y"), target="numpy")(x, y, 4)
    np.testing.assert_allclose(found, plain, rtol=1e-13)
    text = made.source_for("cpu").rpartition("\ndef ")[2]
    assert "a_bar = a" in text
    assert "b_bar = b" in text
    assert text.count("np.empty") == 2


def updated(A, u, x, y):
    A = A + np.outer(u, x)
    w = A @ (x + A.T @ y)
    return np.sum(w * w), A.T


def test_an_adjoint_lies_where_an_array_lay_that_only_products_read():
    rng = np.random.default_rng(0)
    given = rng.standard_normal((3, 4)), *map(rng.standard_normal, (3, 4, 3))
    plain = gs.grad(updated, wrt="A", target="numpy", has_aux=True)(*given)
    kept = gs.grad(updated, wrt="A", target="cpu", has_aux=True)
    for one, other in zip(kept(*given), plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    assert "A_bar = A_2" not in kept.source_for("cpu")
    alone = gs.grad(updated_alone, wrt="A", target="cpu")
    np.testing.assert_allclose(alone(*given), plain[0], rtol=1e-12)
    assert "A_bar = A_2" in alone.source_for("cpu")


def updated_alone(A, u, x, y):
    A = A + np.outer(u, x)
    w = A @ (x + A.T @ y)
    return np.sum(w * w)


def gates(w, x):
    b, total = len(x), 0.0
    for i in range(0, len(w), 2):
        total += np.sum(np.tanh(w[i, :b] * x) * (w[i, b : 2 * b] + w[i + 1, b:]))
    return total


def test_adjoints_of_slices_are_as_long_as_what_was_checked():
    w, x = np.random.default_rng(0).standard_normal((4, 6)), np.arange(3.0)
    made = gs.grad(gates, wrt=("w", "x"), target="cpu")
    found, plain = made(w, x), gs.grad(gates, wrt=("w", "x"), target="numpy")(w, x)
    for one, other in zip(found, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)
    backward = made.source_for("cpu").rpartition("# Backward")[2]
    assert backward.count(" in range(") == 1
    assert "if i < 0" not in backward
    with pytest.raises(ValueError, match="broadcast"):
        made(w[:, :5].copy(), x)


def looked_up(knots, x, w):
    place = np.searchsorted(knots, x, side="right") - 1
    return np.sum(w[place] * (x - knots[place]) ** 2)


def test_places_are_searched_where_they_are_used():
    knots, w = np.array([0.0, 1.0, 1.0, 3.0]), np.arange(4.0)
    x = np.array([0.5, 1.0, 7.0, np.nan])
    made = gs.grad(looked_up, wrt=("x", "w"), target="cpu")
    found = made(knots, x, w)
    plain = gs.grad(looked_up, wrt=("x", "w"), target="numpy")(knots, x, w)
    for one, other in zip(found, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)
    assert "np.searchsorted(knots, x[i], " in made.source_for("cpu")


def handed_to_both(x):
    y = np.zeros(len(x))
    y[1:] += x[:-1] ** 2
    return np.sum(np.cumsum(np.exp(y)) * np.cumsum(np.sin(x + y)))


def taken_later(x):
    e = np.exp(x - np.max(x))
    return np.sum(e) * np.log(np.sum(e)) + (e / np.sum(e))[2]


def taken_in_another_place(x):
    e = np.exp(x)
    return np.sum((e[::-1] / np.sum(e)) ** 2 * e)


@pytest.mark.parametrize("f", [handed_to_both, taken_later, taken_in_another_place])
def test_memory_is_taken_again_only_when_it_is_free(f):
    x = np.random.default_rng(0).standard_normal(6)
    plain = gs.grad(f, target="numpy")(x)
    np.testing.assert_allclose(gs.grad(f, target="cpu")(x), plain, rtol=1e-12)


def copied_to_both(x):
    y = np.empty(len(x))
    z = np.empty(len(x))
    y[:] = np.exp(x)
    z[:] = np.sin(x)
    for i in range(1, len(x)):
        y[i] += y[i - 1] * x[i]
    for i in range(len(x) - 2, -1, -1):
        z[i] += z[i + 1] * x[i]
    return np.sum((y + z) ** 2)


def test_loops_that_would_copy_memory_to_itself_are_left_out():
    gradient = gs.grad(copied_to_both, target="cpu")
    x = np.random.default_rng(0).standard_normal(6)
    plain = gs.grad(copied_to_both, target="numpy")(x)
    np.testing.assert_allclose(gradient(x), plain, rtol=1e-12)
    assert "pass" not in gradient.source_for("cpu").replace("backward pass", "")


def sums_apart(A, x):
    """The sums of rows are stored between the loops that could run together."""
    B = np.arctan(A)
    C = np.stack((B @ x, (B * B) @ x), axis=1)
    return np.sum(np.exp(B) @ x) + np.sum(C)


def test_a_loop_moves_past_what_another_leaves():
    A, x = np.arange(6.0).reshape(2, 3), np.array([0.3, 0.1, 0.2])
    gradient = gs.grad(sums_apart, wrt=("A", "x"), target="cpu")
    plain = gs.grad(sums_apart, wrt=("A", "x"), target="numpy")
    for got, expected in zip(gradient(A, x), plain(A, x), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-13)


def distances(x, m):
    """Differences of elements, made by the same equations in both parts."""
    for _ in range(2):
        d = x[:, None] - x[None, :]
        x = x + (d * np.exp(-(d**2))) @ m
    return np.sum(x)


def test_pairs_are_numbers_in_loops():
    args = np.array([0.3, 0.9, 0.2, 0.5]), np.array([0.1, 0.4, 0.2, 0.3])
    gradient = gs.grad(distances, wrt=("x", "m"), target="cpu")
    plain = gs.grad(distances, wrt=("x", "m"), target="numpy")
    for got, expected in zip(gradient(*args), plain(*args), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-13)
    text = gradient.source_for("cpu").rpartition("\ndef ")[2]
    assert "np.empty((x.shape[0], x.shape[0]))" not in text, text
