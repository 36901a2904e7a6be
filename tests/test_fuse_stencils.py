"""Adjoints of stencils in gather form, over sizes at which ranges do not meet."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import fuzz
import gradscribe as gs
import numpy as np
import pytest
from fuzz_programs import program

pytestmark = pytest.mark.usefixtures("loops_in_python")


def jacobi(A, B, steps):
    A, B = A.copy(), B.copy()
    for _ in range(steps):
        B[1:-1, 1:-1] = 0.2 * (
            A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1]
        )
        A[1:-1, 1:-1] = 0.2 * (
            B[1:-1, 1:-1] + B[1:-1, :-2] - B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1]
        )
    return np.sum(A * A)


def line(u, v, steps):
    u, v = u.copy(), v.copy()
    for _ in range(steps):
        v[1:-1] = 0.3 * (u[:-2] + u[1:-1] + u[2:])
        u[1:-1] = 0.3 * (v[:-2] + v[1:-1] * v[1:-1] + v[2:])
    return np.sum(u * u)


def cube(A, B, steps):
    A, B = A.copy(), B.copy()
    for _ in range(steps):
        B[1:-1, 1:-1, 1:-1] = 0.5 * (A[2:, 1:-1, 1:-1] - 2.0 * A[1:-1, 1:-1, 1:-1])
        A[1:-1, 1:-1, 1:-1] = B[1:-1, 2:, 1:-1] - B[1:-1, :-2, 1:-1] * 0.1
    return np.sum(A * A)


def field(ex, ey, hz):
    ex, ey, hz = ex.copy(), ey.copy(), hz.copy()
    for _ in range(2):
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    return np.sum(ex * ex + ey * hz)


def additions(x, k):
    out = np.zeros(x.shape[0])
    out[2:] += x[2:] * k[0]
    out[1:] += x[:-1] * k[0]
    out[:-1] += x[1:]
    out[:] -= x * x
    return np.sum(out * out)


CASES: list[tuple[Callable[..., Any], int, int, tuple[Any, ...]]] = [
    (line, 2, 1, (2,)),
    (jacobi, 2, 2, (2,)),
    (cube, 2, 3, (2,)),
    (field, 3, 2, ()),
    (additions, 2, 1, ()),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_any_sizes(case: tuple[Callable[..., Any], int, int, tuple[Any, ...]]):
    """The text for Numba is run by Python: quick, and the same arithmetic."""
    function, arrays, rank, rest = case
    rng = np.random.default_rng(0)
    names = function.__code__.co_varnames[:arrays]
    plain = gs.grad(function, wrt=names, target="numpy")
    shape = (4,) * rank
    first = [rng.standard_normal(shape) for _ in range(arrays)]
    text = _text(function, names, [*first, *rest])
    scope: dict[str, Any] = {}
    exec(text, scope)
    compiled = scope[f"{function.__name__}_grad"]
    for sizes in itertools.product(range(6), repeat=rank):
        args = [rng.standard_normal(sizes) for _ in range(arrays)]
        if _fails(function, *args, *rest):
            continue
        expected = plain(*args, *rest)
        found = compiled(*(a.copy() for a in args), *rest)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def _fails(function: Callable[..., Any], *args: Any) -> bool:
    try:
        function(*args)
    except (IndexError, ValueError):
        return True
    return False


def _text(function: Callable[..., Any], names: tuple[str, ...], args: list[Any]) -> str:
    made = gs.grad(function, wrt=names, target="cpu")
    made(*args)
    return made.source_for("cpu")


@pytest.mark.compiled
def test_half_a_step_is_one_pass():
    args = np.ones((5, 6)), np.ones((5, 6)), 2
    text = _text(jacobi, ("A", "B"), list(args)).rpartition("# Backward: return")[2]
    assert "np.empty((" not in text  # no array for a part of an expression
    assert text.count("for j in range(A.shape[1] - 4)") == 1
    assert text.count("for j in range(B.shape[1] - 4)") == 1


def linear(A, weights, steps):
    A = A.copy()
    for _ in range(steps):
        A[1:] += 0.5 * A[:-1]
    return np.sum(A * weights)


def test_what_the_gradient_does_not_need_is_not_computed():
    text = _text(linear, ("A",), [np.ones(5), np.ones(5), 2])
    assert "A_2" not in text  # the array as it changes


@pytest.mark.parametrize("seed", [71059, 120157])
def test_memory_that_branches_make_again(seed: int):
    """An array read behind a branch or a loop that may give its name to another."""
    assert fuzz.trial(program(seed), seed, "loops") == "ok"


def differences_of_fluxes(q, steps):
    q = q.copy()
    flux = np.zeros(q.size + 1)
    for _ in range(steps):
        for i in range(1, q.size):
            flux[i] = np.sin(q[i] - q[i - 1])
        for i in range(1, q.size - 1):
            q[i] -= 0.1 * q[i] * (flux[i + 1] - flux[i])
    return np.sum(q * q)


def test_signs_that_meet_are_one() -> None:
    gradient = gs.grad(differences_of_fluxes, types="q: f64[n], steps: int")
    for target in ("numpy", "cpu"):
        text = gradient.source_for(target)
        assert not any(signs in text for signs in ("-= -", "- -", "+ (-", "+= -"))
    q = np.linspace(0.1, 2.0, 7) ** 2
    shift = np.cos(np.arange(7.0)) * 1e-6
    slope = differences_of_fluxes(q + shift, 3) - differences_of_fluxes(q - shift, 3)
    np.testing.assert_allclose(2.0 * gradient(q, 3) @ shift, slope, rtol=1e-8)
