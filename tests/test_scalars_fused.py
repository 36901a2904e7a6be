"""Small arrays inside loops as numbers: what becomes numbers, and what stays."""

from __future__ import annotations

import re

import gradscribe as gs
import numpy as np
import pytest
from harness import one_compiled

pytestmark = pytest.mark.usefixtures("loops_in_python")


def cross(a, b):
    first = a[1] * b[2] - a[2] * b[1]
    return np.array([first, a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def turned(rows, X):
    """Vectors of slices, products of them, and two ways through a branch."""
    total = 0.0
    for k in range(len(rows)):
        axis, x = rows[k, 0:3], X[k] - rows[k, 3:6]
        if axis[0] > 0.0:
            y = x + cross(axis, x)
        else:
            y = x * np.cos(axis[1]) + np.sum(axis * x)
        total += np.sum((y[0:2] / (2.0 + y[2] ** 2)) ** 2) + y[-1]
    return total


def walk(x):
    """A vector that the loop carries."""
    place, speed = np.zeros(3), np.zeros(3)
    total = 0.0
    for k in range(len(x)):
        for i in range(3):
            speed[i] = 0.9 * speed[i] + x[k, i] - 0.1 * place[2 - i] ** 2
        for i in range(3):
            place[i] += 0.1 * speed[i]
        total += place[0] * place[1] + np.sin(place[2])
    return total


def matrices(x):
    """Small matrices, with places that depend on two loops."""
    total = 0.0
    for k in range(len(x)):
        a = np.empty((2, 2))
        for i in range(2):
            for j in range(2):
                a[i, j] = x[k, i] * x[k, j + 1] + (i == j)
        total += a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
    return total


def shifted(x):
    """Places that are known only at run time: memory stays memory."""
    total = 0.0
    for k in range(len(x)):
        ring = np.empty(3)
        for i in range(3):
            ring[(i + k) % 3] = x[k, i] ** 2
        total += ring[0] * ring[1]
    return total


def longer(x):
    """Loops of more passes than are written out."""
    total = 0.0
    for k in range(len(x)):
        part = np.empty(5)
        for i in range(5):
            part[i] = np.sin(x[k, 0]) + i
        for i in range(4):
            total += part[i] * part[i + 1]
    return total


def returned(x):
    """An array that is handed to the caller."""
    total = np.zeros(3)
    for k in range(len(x)):
        for i in range(3):
            total[i] += np.sin(x[k, i]) * x[k, 0]
    return total


rng = np.random.default_rng(5)
ROWS, X = rng.standard_normal((9, 6)), rng.standard_normal((9, 3))
CASES = [
    (turned, (ROWS, X)),
    (walk, (X,)),
    (matrices, (X,)),
    (shifted, (X,)),
    (longer, (X,)),
    (returned, (X,)),
]


def loops_of(f, args, **options) -> str:
    """Return the loops of a gradient, and check its numbers against the NumPy text."""
    seeds = (np.array([1.0, -2.0, 0.5]),) if f is returned else ()
    make = gs.vjp if seeds else gs.value_and_grad
    names = ("rows", "X") if f is turned else ("x",)
    made = make(f, wrt=names, **options)
    ours = made(*seeds, *args)
    theirs = make(f, wrt=names, target="numpy")(*seeds, *args)
    flat = [np.ravel(part) for part in _leaves(ours)]
    for one, other in zip(flat, map(np.ravel, _leaves(theirs)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)
    return made.source_for("cpu")


def _leaves(result) -> list[np.ndarray]:
    if isinstance(result, tuple):
        return [leaf for part in result for leaf in _leaves(part)]
    return [np.asarray(result)]


@pytest.mark.parametrize(
    "f, args", one_compiled(CASES), ids=[f.__name__ for f, _ in CASES]
)
def test_numbers_stay(f, args):
    loops_of(f, args)


def small_arrays(text: str) -> list[str]:
    """Return the small arrays that a text makes."""
    return re.findall(r"np\.(?:empty|zeros)\(\(?\d[^\n]*", text)


@pytest.mark.parametrize("f, args", [CASES[0], CASES[2]], ids=["turned", "matrices"])
def test_vectors_and_matrices_become_numbers(f, args):
    assert not small_arrays(loops_of(f, args))


@pytest.mark.compiled
def test_lengths_that_checks_settle_are_numbers():
    text = loops_of(turned, (ROWS, X))
    assert "range(min(" not in text
    with pytest.raises(ValueError, match="broadcast"):
        gs.grad(turned, wrt="rows")(ROWS[:, :5].copy(), X)


def test_what_a_loop_carries_becomes_numbers():
    made = gs.jit(walk)
    made(X)
    assert not small_arrays(made.source_for("cpu"))


@pytest.mark.parametrize("f", [shifted, longer])
def test_other_arrays_stay(f):
    assert small_arrays(loops_of(f, (X,)))


def test_strict_sums_begin_with_zero():
    assert "0.0 +" in loops_of(turned, (ROWS, X), strict=True)
    assert "0.0 +" not in loops_of(turned, (ROWS, X))
