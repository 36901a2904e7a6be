"""Products of a matrix's columns, or rows, with each other: one product for a loop."""

from __future__ import annotations

import functools

import gradscribe as gs
import numpy as np
import pytest
from harness import one_compiled

pytestmark = pytest.mark.usefixtures("loops_in_python")


def columns_from(x, weights):
    """Each column with those from it on; both halves are filled."""
    m = x.shape[1]
    made = np.zeros((m, m))
    for i in range(m):
        made[i:, i] = x[:, i] @ x[:, i:] / 2.0
        made[i, i:] = made[i:, i]
    return np.sum(weights * made)


def columns_to(x, weights):
    """Each column with those up to it, from the last one down."""
    m = x.shape[1]
    made = np.zeros((m, m))
    for i in range(m - 1, -1, -1):
        made[i, : i + 1] = x[:, i] @ x[:, : i + 1]
    return np.sum(weights * made * made)


def rows_from(x, weights):
    """Each row with those from it on, of a matrix that is computed."""
    n = x.shape[0]
    made, y = np.zeros((n, n)), np.sin(x)
    for i in range(n):
        made[i, i:] = np.exp(y[i:] @ y[i])
    return np.sum(weights * made)


def without_itself(x, weights):
    """Not with itself: an infinite number would meet a zero."""
    m = x.shape[1]
    made = np.zeros((m, m))
    for i in range(m):
        made[i, i + 1 :] = x[:, i] @ x[:, i + 1 :]
    return np.sum(weights * made)


def some_columns(x, weights):
    """The last column comes with no other."""
    m = x.shape[1]
    made = np.zeros((m, m))
    for i in range(m - 1):
        made[i, i:] = x[:, i] @ x[:, i:]
    return np.sum(weights * made)


def changing(x, weights):
    """The matrix is another one in every iteration."""
    m = x.shape[1]
    made, y = np.zeros((m, m)), x.copy()
    for i in range(m):
        made[i, i:] = y[:, i] @ y[:, i:]
        y[:, i] *= 2.0
    return np.sum(weights * made)


def overwritten(x, weights):
    """What a product gave is written."""
    m = x.shape[1]
    made = np.zeros((m, m))
    for i in range(m):
        row = x[:, i] @ x[:, i:]
        row[0] *= 0.5
        made[i, i:] = row
    return np.sum(weights * made)


def small(x, weights):
    """Nothing is as large as all the products."""
    total = 0.0
    for i in range(x.shape[1]):
        total += np.sum((x[:, i] @ x[:, i:]) ** 2) * weights[i, i]
    return total


TAKEN = [columns_from, columns_to, rows_from]
LEFT = [without_itself, some_columns, changing, overwritten, small]


def arguments(f, n, m):
    rng = np.random.default_rng(n + m)
    size = n if f is rows_from else m
    return rng.standard_normal((n, m)), rng.standard_normal((size, size))


@functools.cache
def derivative(f, target):
    return gs.value_and_grad(f, wrt=("x", "weights"), target=target)


def agree(f, *args, rtol=1e-11):
    ours, theirs = (derivative(f, target)(*args) for target in ("cpu", "numpy"))
    np.testing.assert_allclose(ours[0], theirs[0], rtol=rtol, atol=rtol)
    for got, expected in zip(ours[1], theirs[1], strict=True):
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got, expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("f", one_compiled(TAKEN))
@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0), (1, 1), (5, 4), (7, 9)])
def test_gradients_agree(f, n, m):
    agree(f, *arguments(f, n, m))


@pytest.mark.parametrize("f", [*TAKEN, *LEFT])
def test_one_product_is_taken_where_it_is_right(f):
    args = arguments(f, 5, 4)
    agree(f, *args)
    gradient = gs.grad(f, wrt="x")
    gradient(*args)
    text = gradient.source_for("cpu")
    assert (" @ add_" in text or "add_1 @ " in text) == (f in TAKEN)


@pytest.mark.parametrize("f", TAKEN)
def test_infinite_numbers_spoil_no_more_than_they_did(f):
    x, weights = arguments(f, 6, 5)
    x[2, 3] = np.inf
    with np.errstate(all="ignore"):
        ours = gs.grad(f, wrt="x")(x, weights)
        theirs = gs.grad(f, wrt="x", target="numpy")(x, weights)
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))


@pytest.mark.parametrize("f", one_compiled(TAKEN))
def test_other_layouts_and_single_precision(f):
    x, weights = arguments(f, 6, 5)
    agree(f, np.asfortranarray(x), weights)
    agree(f, np.repeat(x, 2, axis=1)[:, ::2], weights)
    single = x.astype(np.float32), weights.astype(np.float32)
    ours = gs.grad(f, wrt="x")(*single)
    theirs = gs.grad(f, wrt="x", target="numpy")(*single)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_strictly_sums_stay_in_their_order():
    args = arguments(columns_from, 5, 4)
    gradient = gs.grad(columns_from, wrt="x", strict=True)
    gradient(*args)
    assert " @ add_" not in gradient.source_for("cpu")


def rank_one_by_one(x, weights):
    """Multiples of columns, added to a part of a matrix: no product is written."""
    made = weights.copy()
    for i in range(x.shape[0]):
        made[i, : i + 1] *= 0.5
        for k in range(x.shape[1]):
            made[i, : i + 1] += 2.0 * x[i, k] * x[: i + 1, k]
    return np.sum(made * made)


def along_rows(x, weights):
    """The same with rows, of a matrix that is computed; from each column on."""
    m = x.shape[1]
    made, y = np.zeros((m, m)), np.cos(x)
    for i in range(m):
        for k in range(y.shape[0]):
            made[i, i:] += y[k, i:] * (y[k, i] * weights[i, i])
    return np.sum(made * made * weights)


def other_matrix(x, weights):
    """The factors are those of another matrix."""
    made = np.zeros(weights.shape)
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            made[i, : i + 1] += weights[i, k] * x[: i + 1, k]
    return np.sum(made * made)


def not_all(x, weights):
    """The last column is left out."""
    made = weights.copy()
    for i in range(x.shape[0]):
        for k in range(x.shape[1] - 1):
            made[i, : i + 1] += x[i, k] * x[: i + 1, k]
    return np.sum(made * made)


def growing(x, weights):
    """The matrix is the one that is added to."""
    made = x.copy()
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            made[i, : i + 1] += made[i, k] * made[: i + 1, k] * weights[i, k]
    return np.sum(made * made)


MULTIPLES = [rank_one_by_one, along_rows, other_matrix, not_all, growing]


@pytest.mark.parametrize("f", one_compiled(MULTIPLES))
@pytest.mark.parametrize(("n", "m"), [(0, 3), (4, 0), (1, 1), (5, 5), (6, 9)])
def test_multiples_of_columns_agree(f, n, m):
    if f in (other_matrix, growing):
        m = n
    rng = np.random.default_rng(n)
    size = m if f is along_rows else n
    args = rng.standard_normal((n, m)), rng.standard_normal((size, size))
    agree(f, *args)
    if n > 1 and m > 1:
        text = text_of(f, args)
        assert ("@" in text) == (f in (rank_one_by_one, along_rows))


def text_of(f, args):
    gradient = gs.grad(f, wrt="x")
    gradient(*args)
    return gradient.source_for("cpu")


@pytest.mark.parametrize("f", [rank_one_by_one, along_rows])
def test_infinite_numbers_in_multiples(f):
    x, weights = arguments(columns_to, 5, 5)
    x[2, 3] = np.inf
    with np.errstate(all="ignore"):
        ours = gs.grad(f, wrt="x")(x, weights)
        theirs = gs.grad(f, wrt="x", target="numpy")(x, weights)
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))


@pytest.mark.compiled
def test_no_columns_are_added_where_there_is_no_room():
    x, narrow = np.zeros((4, 0)), np.ones((4, 2))
    agree(rank_one_by_one, x, narrow)
    with pytest.raises(ValueError, match="broadcast"):
        gs.grad(rank_one_by_one, wrt="x")(np.ones((4, 1)), narrow)


@pytest.mark.parametrize("f", [columns_to, rank_one_by_one])
def test_second_derivatives_agree(f):
    x, weights = arguments(columns_to, 4, 4)
    v = np.cos(np.arange(16.0)).reshape(4, 4)
    ours = gs.hvp(f, wrt="x")(v, x, weights)
    theirs = gs.hvp(f, wrt="x", target="numpy")(v, x, weights)
    np.testing.assert_allclose(ours, theirs, rtol=1e-11)
    ours = gs.hessian(f, wrt="x")(x, weights)
    theirs = gs.hessian(f, wrt="x", target="numpy")(x, weights)
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-11)
