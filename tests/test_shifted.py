"""Nests over ranges that are a known distance apart, run as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest


def handed_on(x):
    y = np.zeros_like(x)
    for j in range(1, x.shape[1]):
        t = x[1:-1, j].copy()
        y[1:-1, j] += t
        x[1:-1, j] = 0.0
        x[1:-1, j - 1] += t * t
    return y


def three_rows(x):
    y = np.zeros_like(x)
    for j in range(1, x.shape[1]):
        t = np.sin(x[1:-1, j])
        y[2:, j] -= t
        y[1:-1, j] += 2.0 * t
        y[:-2, j] -= t
    return y


RUN_TOGETHER: list[Callable[..., Any]] = [handed_on, three_rows]


def along_the_last_axis(x):
    """Apart they are vector code, together each waits for the one before."""
    y = np.zeros_like(x)
    t = np.sin(x[0, 1:-1])
    y[0, 2:] -= t
    y[0, 1:-1] += 2.0 * t
    y[0, :-2] -= t
    return y


def reads_what_is_cleared(x):
    y = np.zeros_like(x)
    for j in range(1, x.shape[1]):
        x[:-2, j] = x[1:-1, j - 1] * 2.0
        x[1:-1, j] = x[:-2, j] + 1.0
        y[1:-1, j] = x[2:, j] - x[:-2, j]
    return y


APART: list[Callable[..., Any]] = [along_the_last_axis, reads_what_is_cleared]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("f", [*RUN_TOGETHER, *APART], ids=lambda f: f.__name__)
def test_values(f: Callable[..., Any], strict: bool) -> None:
    rng = np.random.default_rng(1)
    run = gs.jit(f, target="numpy", strict=strict)
    run(rng.standard_normal((5, 6)))
    text = run.source_for("cpu")
    scope: dict[str, Any] = {}
    exec(compile(text, "<loops>", "exec"), scope)
    for shape in ((5, 6), (3, 4), (2, 3), (4, 3)):
        x = rng.standard_normal(shape)
        copy = np.copy(x)
        mine, expected = scope[f.__name__](x), f(copy)
        np.testing.assert_allclose(mine, expected, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(x, copy, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("f", RUN_TOGETHER, ids=lambda f: f.__name__)
def test_one_loop_over_rows(f: Callable[..., Any]) -> None:
    run = gs.jit(f, target="numpy")
    run(np.ones((5, 6)))
    text = run.source_for("cpu")
    assert text.count("for i in") == 1, text
    assert "np.empty" not in text
