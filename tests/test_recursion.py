"""Recursion that is too deep raises as Python's own does, on every target."""

from __future__ import annotations

import threading

import gradscribe as gs
import numpy as np
import pytest


def alternating(x: np.ndarray, n: int) -> float:
    """Return a sum over levels; each level holds arrays of its own."""
    if n == 0:
        return np.sum(x)
    y = np.tanh(x) + 0.1 * x[::-1]
    return alternating(y * np.sin(y) + x, n - 1) - np.sum(y)


POINT = np.linspace(0.1, 1.0, 4)


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_too_deep(target: str) -> None:
    gradient = gs.grad(alternating, target=target)
    step = 1e-6
    shift = step * np.arange(4.0)
    expected = alternating(POINT + shift, 3) - alternating(POINT - shift, 3)
    found = gradient(POINT, 3) @ shift
    np.testing.assert_allclose(2 * found, expected, rtol=1e-6)
    with pytest.raises(RecursionError, match="maximum recursion depth exceeded"):
        gradient(POINT, 5000)
    assert np.all(np.isfinite(gradient(POINT, 3)))


def test_as_deep_as_python_goes_in_a_thread() -> None:
    gradient = gs.grad(alternating)
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(gradient(POINT, 990)))
    thread.start()
    thread.join()
    assert np.all(np.isfinite(found[0]))


def falling(a):
    n = a.shape[0]
    if n < 2:
        return
    h = n // 2
    s = a[0:n:2] * a[1:n:2]
    a[:h] = s
    falling(a[:h])


def of_falling(x):
    a = x.copy()
    falling(a)
    return np.sum(a * a)


def test_reverse_mode_over_its_backward_part_is_refused():
    x = np.array([0.5, -1.0, 2.0, 0.3])
    gradient = gs.grad(of_falling, target="numpy")
    hessian = gs.hessian(of_falling, target="numpy")(x)
    steps = 1e-6 * np.eye(4)
    found = [(gradient(x + e) - gradient(x - e)) / 2e-6 for e in steps]
    np.testing.assert_allclose(hessian, found, atol=1e-7)
    try:
        reverse = gs.jacobian(gradient, mode="reverse", target="numpy")(x)
    except gs.TranspileError as error:
        assert "by forward mode" in str(error)
    else:
        np.testing.assert_allclose(reverse, hessian, rtol=1e-12)


def butterflies(data, n, angle):
    if n < 2:
        return
    half = n // 2
    butterflies(data[:half], half, 2.0 * angle)
    butterflies(data[half:n], half, 2.0 * angle)
    for k in range(half):
        turned = np.cos(angle * k) * data[k + half]
        data[k + half] = data[k] - turned
        data[k] += turned


def of_butterflies(x, c):
    data = x.copy()
    butterflies(data, x.shape[0], np.pi / x.shape[0])
    return np.sum(c * data)


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_parts_are_written_where_they_are(target: str) -> None:
    gradient = gs.grad(of_butterflies, target=target)
    x, c = POINT, np.array([1.0, -2.0, 0.5, 3.0])
    columns = np.eye(4)
    expected = [of_butterflies(row, c) for row in columns]  # it is linear
    np.testing.assert_allclose(gradient(x, c), expected, rtol=1e-13)
    text = gradient.source_for(target)
    assert "copy()" not in text.split("def of_butterflies_grad")[0]
    assert "def butterflies(" not in text
    assert "data_bar[:half]" in text
    assert "    cos_saved = np.empty(" not in text.split("if n >= 2")[0]


def paired(a):
    if a.shape[0] == 1:
        return a[0] * a[0]
    h = a.shape[0] // 2
    return paired(a[:h]) * np.sin(paired(a[h:]))


def of_paired(x):
    return paired(x)


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_parts_are_added_to_where_they_are(target: str) -> None:
    gradient = gs.grad(of_paired, target=target)
    shift = 1e-6 * np.arange(4.0)
    expected = of_paired(POINT + shift) - of_paired(POINT - shift)
    np.testing.assert_allclose(2 * gradient(POINT) @ shift, expected, rtol=1e-8)
    text = gradient.source_for(target)
    assert "a_bar[h:]" in text
    assert "np.zeros" not in text.split("def of_paired_grad")[0]


def halves(a, b, k):
    if k == 0:
        a[:] = a * b
        return
    halves(b, a, k - 1)


def of_halves(x):
    y = x.copy()
    halves(y[:2], y[2:], 3)
    return np.sum(y)


def test_parts_of_one_array_that_are_written_are_refused() -> None:
    with pytest.raises(gs.TranspileError, match="given arrays that overlap"):
        gs.grad(of_halves, target="numpy")(POINT)
