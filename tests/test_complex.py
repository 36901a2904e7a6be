"""Complex numbers through the whole pipeline: the convention, types, real rewrites.

The derivative of a real number L by a complex z = x + iy is dL/dx + i dL/dy; the
programs are in the corpus, the rules in `test_complex_rules`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from gradscribe.transpile import stabilise
from gradscribe.transpile.rewrite.patterns import Call, Pattern, Wild

Z = np.array([0.3 + 0.4j, -1.2 + 0.5j, -0.7 - 0.9j, 2.1 - 0.2j])
TARGETS = ["numpy", "cpu"]


def size(z):
    return np.sum(np.abs(z) ** 2)


def square(z):
    return z**2


def real_square(x):
    return x * x


def turned(x, z):
    return np.exp(1j * x) * z


# ---- the convention ----


def test_gradient_of_a_size():
    """It points where the size grows: PyTorch's convention, the conjugate of JAX's."""
    np.testing.assert_array_equal(gs.grad(size, target="numpy")(Z), 2 * Z)


def test_cotangents():
    """The adjoint of w = f(z) is conj(f') times that of w."""
    pull = gs.vjp(square, target="numpy")
    assert pull(1.0, 1 + 1j) == 2 - 2j
    assert pull(1j, 1 + 1j) == 2 + 2j
    assert pull(1.0, 3.0) == 6.0


@pytest.mark.parametrize("target", TARGETS)
def test_types(target: str):
    """Real arguments have real gradients; single precision stays so."""
    for dtype, complexes in (("float64", "complex128"), ("float32", "complex64")):
        x, z = Z.real.astype(dtype), Z.astype(complexes)
        dx, dz = gs.vjp(turned, wrt=("x", "z"), target=target)(z, x, z)
        assert (dx.dtype, dz.dtype) == (dtype, complexes)
        made = gs.jit(turned, target=target)(x, z)
        assert made.dtype == complexes
        np.testing.assert_allclose(made, turned(x, z), rtol=1e-5)


def test_numbers():
    assert gs.grad(size, target="numpy")(0.5) == 1.0
    found = gs.grad(size, target="numpy")(1 - 2j)
    assert found == 2 - 4j and isinstance(found, complex)


def test_kinds_that_do_not_fit():
    with pytest.raises(gs.TranspileError, match="returns c128"):
        gs.grad(square, target="numpy")(1j)
    with pytest.raises(TypeError, match="cotangent is complex"):
        gs.vjp(real_square, target="numpy")(Z, Z.real)
    with pytest.raises(TypeError):
        gs.vjp(real_square, target="numpy")(1j, 2.0)


def test_check_grads():
    gs.check_grads(turned, Z.real, Z)


def test_types_from_text():
    text = gs.grad(size, types="z: c128[n]").source
    assert "2 * z" in text
    assert "(2 * z).conjugate()" in gs.vjp(square, types="z: complex").source


# ---- what holds of real numbers only ----

REAL_ONLY: dict[str, Callable[[Any], Any]] = {}


def real_only(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    REAL_ONLY[function.__name__] = function
    return function


@real_only
def root_of_square(z):
    return np.sum(np.abs(np.sqrt(z**2) - 1))


@real_only
def square_of_root(z):
    return np.sum(np.abs(np.sqrt(z) ** 2 + 1))


@real_only
def log_of_exp(z):
    return np.sum(np.abs(np.log(np.exp(4 * z))))


@real_only
def exp_of_log(z):
    return np.sum(np.abs(np.exp(np.log(z)) + 1))


@real_only
def logistic(z):
    return np.sum(np.abs(1 / (1 + np.exp(-z)) + np.log(1 + np.exp(4 * z))))


@real_only
def inverses(z):
    a = np.arcsinh(np.sinh(3 * z)) + np.arccosh(np.cosh(2 * z)) + np.tanh(np.arctanh(z))
    return np.sum(np.abs(a + np.log1p(np.expm1(5 * z)) + np.arctanh(np.tanh(3 * z))))


@real_only
def sums_of_exponentials(z):
    a = np.log(np.sum(np.exp(3 * z))) + np.log(np.exp(z[0] * 4) + np.exp(z[1] * 5))
    return np.abs(a) + np.sum(np.abs(np.log(np.exp(3 * z) / np.sum(np.exp(3 * z)))))


@real_only
def signs(z):
    """No square is known to be positive."""
    w = np.sqrt(z * z) + np.sqrt(np.abs(z * z)) + np.log(z * z)
    return np.sum(w.real * w.imag)


@pytest.mark.parametrize("name", REAL_ONLY)
def test_real_rewrites_leave_complex_numbers(name: str):
    function = REAL_ONLY[name]
    value, gradient = gs.value_and_grad(function, target="numpy")(Z)
    np.testing.assert_allclose(value, function(Z), rtol=1e-14)
    h = 1e-6
    for k in range(Z.size):
        step = h * np.eye(Z.size)[k]
        x, y = (
            (function(Z + s * step) - function(Z - s * step)) / (2 * h) for s in (1, 1j)
        )
        assert abs(gradient[k] - (x + 1j * y)) < 1e-6 * (1 + abs(gradient[k]))


def wildcards(pattern: Pattern) -> set[Wild]:
    """The wildcards of a pattern."""
    if isinstance(pattern, Wild):
        return {pattern}
    parts = pattern.operands if isinstance(pattern, Call) else ()
    return set().union(*map(wildcards, parts))


def test_rows_of_precision_are_about_real_numbers():
    """Each has a real operand, or looks at what it finds."""
    checked = {"log(exp x + exp y)", "log softmax x", "log softmax(x)[i]"}
    for row in stabilise.TABLE.rows:
        kinds = {wild.kind for wild in wildcards(row.pattern) if wild.name in "xyz"}
        assert kinds == {"real"} or row.name in checked, row.name
