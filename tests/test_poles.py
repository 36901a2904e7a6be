"""Guards against infinite partials: there where a zero may meet one, else none."""

from __future__ import annotations

import gradscribe as gs
import numpy as np
import pytest


def call_price(s, v, z, kappa):
    """Paths of a price whose variance is kept above zero."""
    dt = 1.0 / z.shape[1]
    total = 0.0
    for p in range(z.shape[0]):
        price, variance = s, v
        for t in range(z.shape[1]):
            above = max(variance, 1e-8)
            root = np.sqrt(above * dt)
            price *= np.exp(root * z[p, t] - 0.5 * above * dt)
            variance += kappa * (0.04 - above) * dt + 0.3 * root * z[p, t]
        total += max(price - 100.0, 0.0)
    return total / z.shape[0]


def conjugate_gradients(A, b, steps):
    x = np.zeros(b.size)
    r = b.copy()
    p = b.copy()
    rs = np.dot(r, r)
    for _ in range(steps):
        q = A @ p
        alpha = rs / np.dot(p, q)
        x += alpha * p
        r -= alpha * q
        new = np.dot(r, r)
        p = r + new / rs * p
        rs = new
    return np.sum(x * x)


def differences(f, given, wrt):
    """Return central differences with respect to an array or a number."""
    at = [np.array(g, dtype=float) if k == wrt else g for k, g in enumerate(given)]
    found = np.empty(at[wrt].shape)
    for place in np.ndindex(found.shape):
        ends = []
        for step in (1e-6, -1e-6):
            moved = list(at)
            moved[wrt] = at[wrt].copy()
            moved[wrt][place] += step
            moved[wrt] = moved[wrt][()]
            ends.append(f(*moved))
        found[place] = (ends[0] - ends[1]) / 2e-6
    return found


def test_no_guard_where_roots_and_states_are_sound():
    rng = np.random.default_rng(3)
    given = (100.0, 0.04, rng.standard_normal((7, 5)), 1.5)
    made = gs.grad(call_price, wrt="v", target="numpy")
    np.testing.assert_allclose(
        made(*given), differences(call_price, given, 1), rtol=1e-5
    )
    text = made.source_for("numpy")
    assert "isfinite" not in text
    assert "_bar == 0" not in text


def test_no_guard_of_a_state_that_the_last_iteration_leaves():
    rng = np.random.default_rng(4)
    root = rng.standard_normal((4, 4))
    given = (root @ root.T + 4.0 * np.eye(4), rng.standard_normal(4), 3)
    made = gs.grad(conjugate_gradients, wrt="b", target="numpy")
    expected = differences(conjugate_gradients, given, 1)
    np.testing.assert_allclose(made(*given), expected, rtol=1e-5)
    assert "where" not in made.source_for("numpy")


def clamped(x):
    y = 1.0 / np.sqrt(x)
    if y > 2.0:
        y = 2.0
    return y * 3.0


def root_where_positive(x):
    return np.sum(np.where(x > 0.0, np.sqrt(np.maximum(x, 0.0)), 0.0))


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_a_zero_that_meets_a_pole_stays_zero(target):
    with np.errstate(all="ignore"):
        assert gs.grad(clamped, target=target)(0.0) == 0.0
        found = gs.grad(root_where_positive, target=target)(np.array([-1.0, 0.0, 4.0]))
    np.testing.assert_allclose(found, [0.0, 0.0, 0.25])


def swept(b, c):
    n = len(b)
    c, d = c.copy(), np.empty(n)
    for i in range(1, n):
        d[i] = c[i] / b[i]
        c[i] -= d[i] * c[i - 1]
    return d[n - 2] * np.sum(c[: n - 1])


def test_a_quotient_has_one_guard() -> None:
    gradient = gs.grad(
        swept, wrt=("b", "c"), target="numpy", types="b: f64[n], c: f64[n]"
    )
    text = gradient.source
    assert "at_pole = divide_bar == 0 and is_infinite" in text
    assert text.count("at_pole = ") == 1
    b, c = np.array([2.0, 3.0, 0.5, 0.0]), np.array([1.0, 4.0, -2.0, 3.0])
    with np.errstate(divide="ignore"):
        found = gradient(b, c)
    b[3] = 1.0  # whatever it is
    for one, other in zip(found, gradient(b, c), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)
