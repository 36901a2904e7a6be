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
from harness import one_compiled

pytestmark = pytest.mark.usefixtures("loops_in_python")

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


@pytest.mark.compiled
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


# ---- losses of complex parameters ----


def moments(poles, weights):
    turn = np.exp(2j * np.pi * np.arange(64) / 64).astype(poles.dtype)
    z = 2 * turn
    f = np.sum(weights / (z[:, np.newaxis] - poles), axis=1)
    return np.abs(np.mean(f * z * z)) ** 2


def power(z):
    return np.sum(np.abs(np.fft.fft(z)) ** 2 * np.arange(len(z)))


def through_mirrors(r, wave):
    for k in range(len(r)):
        wave[0], wave[1] = wave[0] + r[k] * wave[1], wave[1] + np.conj(r[k]) * wave[0]
    return np.abs(wave[1]) ** 2


@pytest.mark.parametrize("dtype", one_compiled(["complex64", "complex128"]))
@pytest.mark.parametrize("target", TARGETS)
def test_contour_integral(target: str, dtype: str):
    """The integral is the sum of weights times poles, s: dL/dp + i dL/dq = 2 w* s."""
    poles, weights = (0.3 * Z).astype(dtype), Z[::-1].astype(dtype)
    total = np.sum(weights * poles)
    found = gs.grad(moments, wrt=("poles", "weights"), target=target)(poles, weights)
    expected = 2 * np.conj(weights) * total, 2 * np.conj(poles) * total
    way = np.array([1.0, 1j, -2.0, 0.5], dtype)
    tangent = gs.jvp(moments, wrt="poles", target=target)(way, poles, weights)[1]
    along = np.sum(np.conj(expected[0]) * way).real
    tolerance = 1e-4 if dtype == "complex64" else 1e-12
    np.testing.assert_allclose(tangent, along, rtol=tolerance)
    for gradient, e in zip(found, expected, strict=True):
        assert gradient.dtype == dtype
        np.testing.assert_allclose(gradient, e, rtol=tolerance)


@pytest.mark.parametrize(
    ("target", "dtype"),
    [
        ("numpy", "complex64"),
        ("numpy", "complex128"),
        pytest.param("cpu", "complex64", marks=pytest.mark.slow),
        ("cpu", "complex128"),
    ],
)
def test_fourier_loss(target: str, dtype: str):
    """The gradient is 2 F^H D F z, the transform by its matrix."""
    z = Z.astype(dtype)
    F = np.exp(-2j * np.pi * np.outer(np.arange(4), np.arange(4)) / 4)
    matrix = 2 * F.conj().T @ np.diag(np.arange(4.0)) @ F
    found = gs.grad(power, target=target)(z)
    assert found.dtype == dtype
    tolerance = 1e-5 if dtype == "complex64" else 1e-12
    np.testing.assert_allclose(found, matrix @ z, rtol=tolerance, atol=tolerance)
    direction = (1j * Z[::-1]).astype(dtype)
    pushed = gs.hvp(power, target=target)(z, direction)
    assert pushed.dtype == dtype
    np.testing.assert_allclose(
        pushed, matrix @ direction, rtol=tolerance, atol=tolerance
    )


@pytest.mark.parametrize("dtype", one_compiled(["complex64", "complex128"]))
@pytest.mark.parametrize("target", TARGETS)
def test_scattering_loop(target: str, dtype: str):
    """Both amplitudes are written over in each trip; against products of matrices."""
    r, wave = (0.3 * Z).astype(dtype), Z[:2].astype(dtype)
    found = gs.grad(through_mirrors, wrt=("r", "wave"), target=target)(r, wave.copy())
    layers = [np.array([[1, a], [a.conj(), 1]]) for a in 0.3 * Z]
    states = [Z[:2]]
    for layer in layers:
        states.append(layer @ states[-1])
    bar = np.array([0, 2 * states[-1][1]])
    expected = np.empty(4, complex)
    for k in range(3, -1, -1):
        # r enters with r and with its conjugate: dL/dr* adds the conjugate.
        expected[k] = bar[0] * states[k][1].conj() + bar[1].conj() * states[k][0]
        bar = layers[k].conj().T @ bar
    tolerance = 1e-4 if dtype == "complex64" else 1e-12
    for gradient, e in zip(found, (expected, bar), strict=True):
        assert gradient.dtype == dtype
        np.testing.assert_allclose(gradient, e, rtol=tolerance, atol=tolerance)
