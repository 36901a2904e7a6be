"""Arrays that every iteration fills with the same numbers, filled before the loop."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from harness import one_compiled

pytestmark = pytest.mark.usefixtures("loops_in_python")


def two_systems(u, a, steps):
    n = u.shape[0]
    u = u.copy()
    p = np.zeros((n, n))
    q = np.zeros((n, n))
    for _ in range(steps):
        p[1 : n - 1, 0] = 0.0
        q[1 : n - 1, 0] = u[1 : n - 1, 0]
        for j in range(1, n - 1):
            p[1 : n - 1, j] = -0.1 / (0.1 * p[1 : n - 1, j - 1] + 1.2)
            q[1 : n - 1, j] = u[1 : n - 1, j] - p[1 : n - 1, j] * q[1 : n - 1, j - 1]
        for j in range(n - 2, 0, -1):
            u[1 : n - 1, j] = p[1 : n - 1, j] * u[1 : n - 1, j + 1] + q[1 : n - 1, j]
        p[1 : n - 1, 0] = 0.3
        for j in range(1, n - 1):
            p[1 : n - 1, j] = a / (0.2 * p[1 : n - 1, j - 1] + 1.2)
        for j in range(n - 2, 0, -1):
            u[j, 1 : n - 1] = p[1 : n - 1, j] * u[j + 1, 1 : n - 1] + q[1 : n - 1, j]
    return np.sum(u * u)


def elements_of_what_varies(u, a, steps):
    n = u.shape[0]
    weights = np.empty(n)
    total = 0.0
    for k in range(steps):
        for i in range(n):
            weights[i] = np.exp(-a * u[0, i] * i)
        for i in range(n):
            total += weights[i] * np.sin(u[i, i] * k + total)
    return total


def upwards_and_downwards(u, a, steps):
    n = u.shape[0]
    c = np.zeros((2, n))
    total = 0.0
    for _ in range(steps):
        c[0, n - 1] = a
        for i in range(n - 2, -1, -1):
            c[0, i] = np.cos(c[0, i + 1] * u[0, 0])
        c[1, 0] = 0.5
        for i in range(1, n):
            c[1, i] = c[0, i] * c[1, i - 1]
        for i in range(n):
            total = np.sin(total + c[1, i] * u[i, 0]) + c[0, i]
    return total


STEADY: list[Callable[..., Any]] = [
    elements_of_what_varies,
    two_systems,
    upwards_and_downwards,
]


def read_before_it_is_stored(u, a, steps):
    n = u.shape[0]
    c = np.zeros(n)
    total = 0.0
    for _ in range(steps):
        for i in range(n):
            total = np.sin(total + c[i] * u[i, 0])
            c[i] = a * i
    return total


def read_of_the_round_before(u, a, steps):
    n = u.shape[0]
    c = np.ones(n)
    total = 0.0
    for _ in range(steps):
        for i in range(1, n):
            c[i] = 0.5 * c[i - 1] + a
        total = np.sin(total + c[n - 1] * u[0, 0])
        c[0] = 0.25
    return total


def stored_twice(u, a, steps):
    n = u.shape[0]
    c = np.zeros(n)
    total = 0.0
    for _ in range(steps):
        for i in range(n):
            c[i] = a
        total = np.sin(total + c[0] * u[0, 0])
        for i in range(1, n):
            c[i] = c[i - 1] * 2.0
        total = np.sin(total + c[n - 1] * u[0, 0])
    return total


def stored_under_a_condition(u, a, steps):
    n = u.shape[0]
    c = np.zeros(n)
    total = 0.0
    for _ in range(steps):
        for i in range(n):
            if u[0, i] > 0.0:
                c[i] = a * i
        for i in range(n):
            total = np.sin(total + c[i] * u[i, 0])
    return total


def by_the_counter(u, a, steps):
    n = u.shape[0]
    c = np.zeros(n)
    total = 0.0
    for k in range(steps):
        for i in range(n):
            c[i] = a * i * k
        for i in range(n):
            total = np.sin(total + c[i] * u[i, 0])
    return total


def read_behind_the_loop(u, a, steps):
    n = u.shape[0]
    c = np.zeros(n)
    total = 0.0
    for _ in range(steps):
        for i in range(n):
            c[i] = a * i
        for i in range(n):
            total = np.sin(total + c[i] * u[i, 0])
    return total * c[n - 1]


def of_what_the_loop_changes(u, a, steps):
    n = u.shape[0]
    u = u.copy()
    c = np.zeros(n)
    for _ in range(steps):
        for i in range(n):
            c[i] = a * u[0, i]
        for i in range(n):
            u[0, i] = np.sin(c[i] * u[i, 0])
    return np.sum(u)


CHANGING: list[Callable[..., Any]] = [
    read_before_it_is_stored,
    read_of_the_round_before,
    stored_twice,
    stored_under_a_condition,
    by_the_counter,
    read_behind_the_loop,
    of_what_the_loop_changes,
]


@pytest.mark.parametrize(
    "f", one_compiled([*STEADY, *CHANGING]), ids=lambda f: f.__name__
)
def test_what_is_steady_is_filled_once(f: Callable[..., Any]) -> None:
    rng = np.random.default_rng(7)
    mine, expected = (gs.grad(f, wrt=("u", "a"), target=t) for t in ("cpu", "numpy"))
    for n, steps in ((5, 3), (5, 1), (4, 0), (3, 2), (2, 2)):
        given = rng.standard_normal((n, n)), 0.7, steps
        for one, other in zip(mine(*given), expected(*given), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)
    gs.check_grads(f, rng.standard_normal((5, 5)), 0.7, 3, wrt=("u", "a"), target="cpu")
    found = re.search(r"if 0 < steps:$|= 0 < steps$", mine.source_for("cpu"), re.M)
    assert bool(found) is (f in STEADY)


def test_nothing_is_saved_of_it() -> None:
    derivative = gs.grad(two_systems, target="numpy")
    derivative(np.ones((5, 5)), 0.7, 3)
    assert not re.search(r"\bp\w*_(old|saved)", derivative.source_for("cpu"))
