"""Derivatives of derivatives, what they take besides, and what they hand on."""

from __future__ import annotations

import functools
import importlib.util
import inspect
from typing import Any

import gradscribe as gs
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("loops_in_python")

RNG = np.random.default_rng(5)
X, W, V = RNG.normal(size=(6, 3)), RNG.normal(size=3), RNG.normal(size=3)
Y = np.sign(RNG.normal(size=6))


def quartic(x: Any) -> Any:
    return x**4 * np.sin(x)


def loss(w: Any, X: Any, y: Any) -> Any:
    z = X @ w
    return np.sum(np.log(1 + np.exp(-y * z)))


def rotated(x: Any, A: Any) -> Any:
    y = np.tanh(A @ x)
    y[0] *= x[1]
    return y, np.sum(y)


def stepped(p: Any, x: Any) -> Any:
    for i in range(3):
        x[i] = x[i] * p["k"] + np.sin(x[i])
    return np.sum(x)


class Model:
    k = 2.0

    def energy(self, x: Any) -> Any:
        return self.k * np.sum(x**3)


def test_four_times():
    derivative: Any = quartic
    for _ in range(4):
        derivative = gs.grad(derivative, target="numpy")
    x = 0.7
    sine, cosine = np.sin(x), np.cos(x)
    expected = (24 - 72 * x**2 + x**4) * sine + (96 * x - 16 * x**3) * cosine
    np.testing.assert_allclose(derivative(x), expected, rtol=1e-13)
    assert derivative.__name__ == "quartic_grad_grad_grad_grad"


def sigmoid(t: Any) -> Any:
    return 1 / (1 + np.exp(-t))


def test_second_and_third_order():
    s = sigmoid(X @ W)
    hessian = X.T @ ((s * (1 - s))[:, None] * X)
    third = np.einsum("k,ki,kj,kl", s * (1 - s) * (1 - 2 * s), X, X, X)
    args = (W, X, Y)
    for made in (
        gs.hessian(loss, target="numpy"),
        gs.jacobian(gs.grad(loss), target="numpy"),
        gs.jacobian(gs.grad(loss), target="numpy", mode="reverse"),
    ):
        np.testing.assert_allclose(made(*args), hessian, rtol=1e-12)
    cube = gs.jacobian(gs.hessian(loss), target="numpy")(*args)
    np.testing.assert_allclose(cube, third, rtol=1e-11, atol=1e-12)
    product = gs.hvp(loss, target="numpy")
    np.testing.assert_allclose(product(W, V, X, Y), hessian @ V, rtol=1e-12)
    moved = gs.jacobian(product, "w", target="numpy")(W, V, X, Y)
    np.testing.assert_allclose(moved, third @ V, rtol=1e-11, atol=1e-12)
    by_vector = gs.jacobian(product, "vector", target="numpy")(W, V, X, Y)
    np.testing.assert_allclose(by_vector, hessian, rtol=1e-12)


@pytest.mark.parametrize(
    ("made", "names"),
    [
        (gs.hvp(loss), "w vector X y"),
        (gs.vjp(gs.hvp(loss)), "cotangent w vector X y"),
        (gs.jvp(gs.vjp(gs.grad(loss)), "w"), "tangent cotangent w X y"),
        (gs.vjp(gs.vjp(rotated, "x"), "x"), "cotangent_2 cotangent x A"),
        (gs.hvp(Model.energy), "self x vector"),
        (gs.hvp(Model().energy), "x vector"),
        (gs.hvp(functools.partial(loss, X=X, y=Y)), "w vector X y"),
    ],
)
def test_signatures(made: Any, names: str):
    assert list(inspect.signature(made).parameters) == names.split()


def test_methods_and_partials():
    expected = 12 * W * V
    np.testing.assert_allclose(gs.hvp(Model().energy, target="numpy")(W, V), expected)
    bound = gs.hvp(Model.energy, target="numpy")
    np.testing.assert_allclose(bound(Model(), W, V), expected)
    partial = functools.partial(loss, X=X, y=Y)
    np.testing.assert_allclose(
        gs.hessian(partial, target="numpy")(W),
        gs.hessian(loss, target="numpy")(W, X, Y),
    )


def with_more(x: Any, k: Any) -> Any:
    y = np.sin(x) * k
    return np.sum(y * y), {"y": y}


def pair(x: Any, k: Any) -> Any:
    y = np.sin(x) * k
    return y, np.sum(y)


def test_aux_is_handed_on():
    slope, more = gs.grad(with_more, has_aux=True, target="numpy")(W, 2.0)
    np.testing.assert_allclose(slope, 8 * np.sin(W) * np.cos(W))
    np.testing.assert_allclose(more["y"], 2 * np.sin(W))
    both = gs.value_and_grad(with_more, has_aux=True, target="numpy")
    (value, more), again = both(W, 2.0)
    np.testing.assert_allclose(value, np.sum(more["y"] ** 2))
    np.testing.assert_array_equal(slope, again)
    rows, total = gs.jacobian(pair, has_aux=True, target="numpy")(W, 2.0)
    np.testing.assert_allclose(rows, np.diag(2 * np.cos(W)))
    np.testing.assert_allclose(total, 2 * np.sum(np.sin(W)))
    with pytest.raises(gs.TranspileError, match="does not return a pair"):
        gs.grad(quartic, has_aux=True, target="numpy")(0.5)


def test_stopped():
    def pulled(x: Any) -> Any:
        return np.sum((x - gs.stop_gradient(x)) ** 2 + gs.stop_gradient(x[0]) * x)

    np.testing.assert_array_equal(gs.grad(pulled, target="numpy")(W), np.full(3, W[0]))
    again = gs.hessian(pulled, target="numpy")(W)
    np.testing.assert_array_equal(again, 2 * np.eye(3))


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_check_grads_of_higher_order(target: Any):
    gs.check_grads(quartic, 0.3, order=3, target=target)


def test_check_grads_of_structures_and_writes():
    A = RNG.normal(size=(4, 3))
    gs.check_grads(rotated, W, A, order=3, target="numpy")
    gs.check_grads(stepped, {"k": 2.0}, W, order=2, target="numpy")
    gs.check_grads(Model().energy, W, order=2, target="numpy")


def test_check_grads_finds_a_kink():
    def kink(x: Any) -> Any:
        return np.sum(np.where(x > 0, 2 * x, x))

    for mode in ("fwd", "rev"):
        with pytest.raises(AssertionError, match="central differences give"):
            gs.check_grads(kink, np.zeros(2), modes=(mode,), target="numpy")


def test_check_grads_refuses():
    with pytest.raises(ValueError, match="order is 0"):
        gs.check_grads(quartic, 0.3, order=0)
    with pytest.raises(ValueError, match="they can be 'fwd' and 'rev'"):
        gs.check_grads(quartic, 0.3, modes=("forward",))


def test_mode_of_a_jacobian():
    with pytest.raises(ValueError, match="'auto', 'forward' or 'reverse'"):
        gs.jacobian(quartic, mode="backward")  # type: ignore[call-overload]
    columns = gs.jacobian(rotated, target="numpy", mode="forward")
    rows = gs.jacobian(rotated, target="numpy", mode="reverse")
    A = RNG.normal(size=(4, 3))
    for one, other in zip(columns(W, A), rows(W, A), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_products_with_zeros_taken_twice(target: Any):
    def last(x: Any) -> Any:
        return np.cumprod(x)[-1] + np.prod(x)

    found = gs.hessian(last, target=target)(np.array([0.0, 2.0, 3.0]))
    expected = np.array([[0.0, 6.0, 4.0], [6.0, 0.0, 0.0], [4.0, 0.0, 0.0]])
    np.testing.assert_array_equal(found, expected)


def products(x: Any) -> Any:
    grid = np.cumprod(np.outer(x, x + 1), axis=0)
    return np.sum(np.sin(np.cumprod(x)) * x) + np.prod(x) + np.sum(grid)


@pytest.mark.parametrize("zeros", [(), (1,), (0, 2), (0, 1, 2)])
def test_saved_gradient_of_products_with_zeros(tmp_path: Any, zeros: Any):
    x = np.array([0.7, -1.3, 2.0])
    x[list(zeros)] = 0.0
    derivative = gs.grad(products, target="numpy")
    derivative(x)
    again = read_again(derivative, tmp_path / "products_grad.py")
    ahead, behind = (
        np.array([derivative(x + side * e) for e in 1e-4 * np.eye(3)])
        for side in (1, -1)
    )
    expected = gs.hessian(products, target="numpy")(x)
    np.testing.assert_allclose(expected, (ahead - behind) / 2e-4, atol=1e-6)
    for mode in ("forward", "reverse"):
        found = gs.jacobian(again, target="numpy", mode=mode)(x)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def fitted(x: Any, known: Any) -> Any:
    """Residuals that are zero at the first element; the others are left out."""
    total = np.where(known, np.log(x) - np.log(4.0), 0.0) ** 2
    total = total + np.where(known, np.sqrt(x) - 2.0, 0.0) ** 2
    total = total + np.where(known, 1 / x - 0.25, 0.0) ** 2
    total = total + np.where(known, x**1.5 - 8.0, 0.0) ** 2
    total = total + np.where(known, np.arcsin(x / 8) - np.arcsin(0.5), 0.0) ** 2
    total = total + np.where(known, x * np.log(x) - 4.0 * np.log(4.0), 0.0) ** 2
    return np.sum(total) + np.sum(np.where(known, x / (x - 2), 0.0) * (x - 4))


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_an_adjoint_that_is_zero_by_chance(tmp_path: Any, target: Any):
    """Where a mask lets it through, the guard against poles has no part in it."""
    x, known = np.array([4.0, 0.0, -1.0, 2.0]), np.array([True, False, False, False])
    derivative = gs.grad(fitted, target="numpy")
    hessian = gs.hessian(fitted, target=target)
    step = np.array([1e-4, 0.0, 0.0, 0.0])
    with np.errstate(all="ignore"):
        ahead, behind = derivative(x + step, known), derivative(x - step, known)
        expected = np.zeros((4, 4))
        expected[0, 0] = (ahead - behind)[0] / 2e-4
        expected[1:, 1:] = 0.0
        np.testing.assert_allclose(hessian(x, known), expected, rtol=1e-6)
        again = read_again(derivative, tmp_path / "fitted_grad.py")
        found = gs.jacobian(again, target="numpy", mode="forward")(x, known)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        rows = gs.jacobian(again, target="numpy", mode="reverse")(x[:1], known[:1])
        np.testing.assert_allclose(rows, expected[:1, :1], rtol=1e-6)


def entropy(x: Any, known: Any) -> Any:
    y = np.log(x)
    return np.where(known, x * y, 0.0)


def entropies(x: Any, known: Any) -> Any:
    total = 0.0
    for i in range(2):
        total += np.sum(entropy(x * (i + 1.0), known))
    return total


def test_a_masked_pole_in_a_helper():
    """What a helper's backward part is given may be infinite."""
    x, known = np.array([4.0, 0.0]), np.array([True, False])
    with np.errstate(all="ignore"):
        slope = gs.grad(entropies, target="numpy")(x, known)
    np.testing.assert_allclose(slope, [np.log(4) + 2 * np.log(8) + 3, 0])


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.05, 0.3])
def test_the_second_derivative_of_sinc(x: Any):
    def wave(x: Any) -> Any:
        return np.sinc(x)

    t = np.pi * x
    series = np.pi**2 * (-1 / 3 + t**2 / 10 - t**4 / 168 + t**6 / 6480)
    found = gs.hessian(wave, target="numpy")(x)
    np.testing.assert_allclose(found, series, rtol=1e-5)


def test_powers_of_exponent_zero():
    def power(x: Any, p: Any) -> Any:
        return x**p

    found = gs.hessian(power, wrt=("x", "p"), target="numpy")(2.0, 0.0)
    expected = [[0.0, 0.5], [0.5, np.log(2.0) ** 2]]
    np.testing.assert_allclose(np.array(found), expected, atol=1e-15)


def test_squares_of_what_has_a_kink():
    def energy(x: Any) -> Any:
        return np.sum(np.abs(x) ** 2)

    def scatter(x: Any) -> Any:
        return 3.0 * np.std(x) ** 2

    found = gs.hessian(energy, target="numpy")(np.array([0.0, 2.0]))
    np.testing.assert_array_equal(found, 2 * np.eye(2))
    found = gs.hessian(scatter, target="numpy")(np.ones(3))
    np.testing.assert_allclose(found, 2 * np.eye(3) - 2 / 3)


def stacked_product(C: Any, B: Any) -> Any:
    return np.dot(C, B)


def read_again(derivative: Any, path: Any) -> Any:
    """Return the function of a derivative's saved file."""
    derivative.save(path)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, path.stem)


def test_gradient_text_of_a_stacked_product(tmp_path: Any):
    C, B = RNG.normal(size=(2, 3, 4)), RNG.normal(size=(4, 5))
    seed, others = RNG.normal(size=(2, 3, 5)), (RNG.normal(size=C.shape), B * 2)
    derivative = gs.vjp(stacked_product, wrt=("C", "B"), target="numpy")
    derivative(seed, C, B)
    text = read_again(derivative, tmp_path / "stacked_product_vjp.py")
    again = gs.vjp(text, wrt=("C", "B"), target="numpy")
    C_bar, B_bar = again(others, seed, C, B)
    np.testing.assert_allclose(C_bar, seed @ others[1].T)
    np.testing.assert_allclose(B_bar, np.einsum("abc,abd->cd", others[0], seed))


def smoothed(o: Any, x: Any) -> Any:
    return np.convolve(o, x)


def test_gradient_text_of_a_convolution_with_one_element(tmp_path: Any):
    o, x, seed = np.array([2.0]), np.array([1.0, -2.0, 3.0]), np.array([0.5, 1.0, 2.0])
    derivative = gs.vjp(smoothed, wrt="o", target="numpy")
    np.testing.assert_array_equal(derivative(seed, o, x), [4.5])
    text = read_again(derivative, tmp_path / "smoothed_vjp.py")
    again = gs.vjp(text, wrt=("cotangent", "x"), target="numpy")
    seed_bar, x_bar = again(np.array([3.0]), seed, o, x)
    np.testing.assert_array_equal(seed_bar, 3 * x)
    np.testing.assert_array_equal(x_bar, 3 * seed)


def test_source_of_a_number_given_as_float_and_as_numpy_float():
    derivative = gs.grad(quartic, target="numpy")
    assert derivative(0.5) == derivative(np.float64(0.5))
    assert derivative.source.startswith("import numpy")
