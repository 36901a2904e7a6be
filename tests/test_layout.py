"""Matrices of our own, laid out the way in which loops go through them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest

TYPES = "u: f64[m, n]"


def down_columns(u):
    q = np.zeros((u.shape[1], u.shape[0]))
    for j in range(1, u.shape[0]):
        for i in range(u.shape[1]):
            q[i, j] = 0.5 * q[i, j - 1] + u[j, i] * u[j - 1, i]
    total = 0.0
    for j in range(q.shape[1]):
        for i in range(q.shape[0]):
            total += q[i, j] * u[j, i]
    return total


def along_rows(u):
    q = np.zeros((u.shape[0], u.shape[1]))
    for i in range(u.shape[0]):
        for j in range(1, u.shape[1]):
            q[i, j] = 0.5 * q[i, j - 1] + u[i, j]
    return np.sum(q)


def given_away(u):
    q = np.zeros((u.shape[1], u.shape[0]))
    for j in range(1, u.shape[0]):
        for i in range(u.shape[1]):
            q[i, j] = 0.5 * q[i, j - 1] + u[j, i]
    return q


def text(f: Callable[..., Any]) -> str:
    return gs.jit(f, types=TYPES).source_for("cpu")


def test_the_inner_loop_goes_along_rows():
    found = text(down_columns)
    assert "q[j, i] = 0.5 * q[j - 1, i]" in found
    assert "q[i" not in found


@pytest.mark.parametrize("f", [along_rows, given_away])
def test_layouts_that_stay(f: Callable[..., Any]):
    assert "q[i, j] = 0.5 * q[i, j - 1] + u[" in text(f)


@pytest.mark.parametrize("shape", [(3, 7), (21, 18), (1, 4), (0, 3), (3, 0)])
def test_numbers(shape: tuple[int, int]):
    u = np.random.default_rng(3).standard_normal(shape)
    assert gs.jit(down_columns)(u) == pytest.approx(down_columns(u), rel=1e-13)
    expected = gs.grad(down_columns, target="numpy")(u)
    np.testing.assert_allclose(gs.grad(down_columns)(u), expected, rtol=1e-12)
