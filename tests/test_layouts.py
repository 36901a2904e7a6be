"""Arguments of any layout: read-only, strided, Fortran order, reversed."""

from __future__ import annotations

from collections.abc import Callable

import gradscribe as gs
import numpy as np
import pytest


def form(A, x):
    y = A @ x
    y[0] *= x[0]
    return np.sum(A[1:] * A[:-1]) + y @ y


def _read_only(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a.flags.writeable = False
    return a


def _strided(a: np.ndarray) -> np.ndarray:
    return np.repeat(a, 2, axis=0)[::2]


def _reversed(a: np.ndarray) -> np.ndarray:
    return a[::-1].copy()[::-1]


LAYOUTS = [_read_only, _strided, _reversed, np.asfortranarray]


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_layouts_agree(target: str) -> None:
    rng = np.random.default_rng(5)
    A, x = rng.standard_normal((4, 3)), rng.standard_normal(3)
    gradient = gs.grad(form, wrt=("A", "x"), target=target)
    expected = gradient(A, x)
    for layout in LAYOUTS:
        _same(layout, gradient, A, x, expected)


def _same(
    layout: Callable[[np.ndarray], np.ndarray],
    gradient: Callable[..., tuple[np.ndarray, ...]],
    A: np.ndarray,
    x: np.ndarray,
    expected: tuple[np.ndarray, ...],
) -> None:
    for got, e in zip(gradient(layout(A), layout(x)), expected, strict=True):
        np.testing.assert_allclose(got, e, rtol=1e-12)
        assert got.flags.c_contiguous and got.flags.writeable


def summed_along_the_middle(C):
    lines = C.transpose(0, 2, 1).reshape(-1, C.shape[1])
    rows = np.array([np.cumsum(lines[i]) for i in range(len(lines))])
    return rows.reshape(C.shape[0], C.shape[2], C.shape[1]).transpose(0, 2, 1)


@pytest.mark.parametrize("shape", [(1, 3, 4), (2, 3, 1)])
def test_a_cotangent_that_is_reshaped_stays(shape: tuple[int, ...]) -> None:
    C, seed = np.ones(shape), np.ones(shape)
    found = gs.vjp(summed_along_the_middle, target="numpy")(seed, C)
    np.testing.assert_array_equal(seed, 1.0)
    np.testing.assert_allclose(found, np.cumsum(np.ones(shape), axis=1)[:, ::-1])
