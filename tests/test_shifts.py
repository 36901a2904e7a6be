"""Shifts that cancel get no adjoint; those that do not cancel keep theirs."""

from __future__ import annotations

import gradscribe as gs
import numpy as np
import pytest


def shares(x):
    e = np.exp(x - np.max(x))
    return np.sum((e / np.sum(e)) ** 2)


def log_share(x):
    z = x - np.max(x)
    return (z - np.log(np.sum(np.exp(z))))[2]


def normaliser(x):
    top = np.max(x)
    return (top + np.log(np.sum(np.exp(x - top)))) ** 2


def rows(x):
    X = np.outer(x, x)
    top = X.max(axis=1)
    e = np.exp(X - top[:, None])
    return np.sum((e / e.sum(axis=1)[:, None]) ** 3) + np.sum(
        (top + np.log(e.sum(axis=1))) ** 2
    )


def picked(x):
    X = np.outer(x, x)
    z = X - np.max(X, axis=1, keepdims=True)
    label = np.array([2, 0, 3, 2])
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(4), label])


def taken_along_rows(x):
    X = np.outer(x, x)
    z = X - X.max(axis=1)[:, None]
    total = np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    label = np.array([2, 0, 3, 2])[:, None]
    return np.sum((np.take_along_axis(z, label, axis=1) - total) ** 2)


def row_by_row(x):
    X = np.outer(x, x)
    label = np.array([2, 0, 3, 2])
    loss = 0.0
    for i in range(4):
        z = X[i] - np.max(X[i])
        loss += np.log(np.sum(np.exp(z))) - z[label[i]]
    return loss


def mean_of_rows(x):
    X = np.outer(x, x)
    z = X - np.max(X, axis=1, keepdims=True)
    return np.sum((np.log(np.sum(np.exp(z), axis=1)) - np.mean(z, axis=1)) ** 2)


def of_two(x):
    top = np.max(x)
    return (top + np.log(np.exp(x - top) @ np.ones(4) + np.exp(2.0 * x - top)[1])) ** 2


def weighted(x):
    y = np.exp(x - np.max(x))
    return np.sum(x * y) / np.sum(y)


def also_elsewhere(x):
    top = np.max(x)
    e = np.exp(x - top)
    return 2.0 * top + np.log(np.sum(e)) + np.sum(e)


def other_numerator(x):
    e = np.exp(x - np.max(x))
    return x[0] / np.sum(e)


def other_axis(x):
    X = np.outer(x, x)
    top = X.max(axis=0)
    return np.sum(top + np.log(np.sum(np.exp(X - top), axis=1)))


def shares_of_other_rows(x):
    X = np.outer(x, x)
    e = np.exp(X - np.max(X, axis=1, keepdims=True))
    return np.sum((e / np.sum(e, axis=1)) ** 2)


def top_of_other_rows(x):
    X = np.outer(x, x)
    top = np.max(X, axis=1, keepdims=True)
    return np.sum((top + np.log(np.sum(np.exp(X - top), axis=1))) ** 2)


def totals_of_other_rows(x):
    X = np.outer(x, x)
    z = X - np.max(X, axis=1, keepdims=True)
    return np.sum((z - np.log(np.sum(np.exp(z), axis=1))) ** 2)


def picked_from_other_rows(x):
    X = np.outer(x, x)
    z = X - np.max(X, axis=1, keepdims=True)
    other = np.array([1, 0, 3, 2])
    return np.sum((np.log(np.sum(np.exp(z), axis=1)) - z[other, np.arange(4)]) ** 2)


def one_row_for_all(x):
    X = np.outer(x, x)
    z = X - np.max(X, axis=1, keepdims=True)
    return np.sum((np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(1), 2]) ** 2)


def reshaped(x):
    X = np.outer(x, x)[:, :2]
    z = X - np.max(X, axis=1, keepdims=True)
    totals = np.log(np.sum(np.exp(z), axis=1))
    return np.sum((z.reshape(2, 4) - totals) ** 2)


def differences(f, x):
    slopes = np.empty(len(x))
    for i in range(len(x)):
        step = np.zeros(len(x))
        step[i] = 1e-6
        slopes[i] = (f(x + step) - f(x - step)) / 2e-6
    return slopes


CANCEL = [shares, log_share, normaliser, rows, picked, taken_along_rows, row_by_row]
CANCEL += [mean_of_rows, weighted]
MATTER = [also_elsewhere, other_numerator, other_axis, shares_of_other_rows, of_two]
MATTER += [top_of_other_rows, totals_of_other_rows, picked_from_other_rows]
MATTER += [one_row_for_all, reshaped]


@pytest.mark.parametrize("f", CANCEL)
def test_a_shift_that_cancels_has_no_adjoint(f):
    gradient = gs.grad(f, target="numpy")
    x = np.array([0.3, -1.2, 2.0, 0.7])
    np.testing.assert_allclose(gradient(x), differences(f, x), atol=1e-7)
    assert "equal" not in gradient.source  # of the maximum, with its ties


@pytest.mark.parametrize("f", MATTER)
def test_a_shift_that_matters_keeps_its_adjoint(f):
    gradient = gs.grad(f, target="numpy")
    x = np.array([0.3, -1.2, 2.0, 0.7])
    np.testing.assert_allclose(gradient(x), differences(f, x), atol=1e-7)
    assert "equal" in gradient.source
