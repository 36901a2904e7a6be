"""Functions whose derivatives the user gives."""

from __future__ import annotations

import inspect
import pickle
from pathlib import Path
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from harness import command

pytestmark = pytest.mark.usefixtures("loops_in_python")

TARGETS = ["numpy", "cpu"]
X = np.array([0.3, -0.2, 0.5])
EPS = 0.01


def smooth_abs_vjp(cotangent, x):
    return cotangent * x / np.sqrt(x * x + EPS)


def smooth_abs_jvp(tangent, x):
    return tangent * x / np.sqrt(x * x + EPS)


@gs.custom_derivative(jvp=smooth_abs_jvp, vjp=smooth_abs_vjp)
def smooth_abs(x):
    """The absolute value, with a slope that is continuous."""
    return np.abs(x)


def total(x, k):
    y = x
    for i in range(2):
        y = y * smooth_abs(k * y + x[i])
    return np.sum(y)


def slope(x):
    return x / np.sqrt(x * x + EPS)


def total_by_hand(x, k):
    """The value and the gradient of `total` with respect to x."""
    y, y_dot = x, np.eye(len(x))
    for i in range(2):
        t = k * y + x[i]
        t_dot = k * y_dot + np.eye(len(x))[i]
        y_dot = y_dot * np.abs(t)[:, None] + (y * slope(t))[:, None] * t_dot
        y = y * np.abs(t)
    return np.sum(y), y_dot.sum(axis=0)


@pytest.mark.parametrize("target", TARGETS)
def test_rules_take_the_place_of_derivatives(target):
    value, expected = total_by_hand(X, 0.7)
    found = gs.value_and_grad(total, target=target)(X, 0.7)
    np.testing.assert_allclose(found[0], value, rtol=1e-14)
    np.testing.assert_allclose(found[1], expected, rtol=1e-13)
    tangent = np.array([1.0, -2.0, 0.5])
    _, dot = gs.jvp(total, target=target)(tangent, X, 0.7)
    np.testing.assert_allclose(dot, expected @ tangent, rtol=1e-13)
    found = gs.grad(smooth_abs, target=target)(0.3)  # the function itself
    np.testing.assert_allclose(found, slope(0.3), rtol=1e-14)


def weighed(x, c):
    return np.sum(c * smooth_abs(x))


@pytest.mark.parametrize("target", TARGETS)
def test_second_derivatives_are_those_of_the_rules(target):
    c = np.array([1.0, -2.0, 3.0])
    expected = np.diag(c * EPS / (X * X + EPS) ** 1.5)
    forward = gs.hessian(weighed, target=target)(X, c)
    np.testing.assert_allclose(forward, expected, rtol=1e-13)
    reverse = gs.jacobian(gs.grad(weighed, target=target), mode="reverse")(X, c)
    np.testing.assert_allclose(reverse, expected, rtol=1e-13)
    third = gs.grad(gs.grad(gs.grad(weighed)), target=target)(0.3, 1.0)
    np.testing.assert_allclose(third, -0.9 * EPS / (0.09 + EPS) ** 2.5, rtol=1e-13)


def cube_rule(given, x):
    return 3 * given * x * x


@gs.custom_derivative(jvp=cube_rule, vjp=cube_rule)
def cube(x):
    return np.round(x**3, 13)  # has no derivative that is not zero


def sixth(x):
    return np.sum(cube(x) * cube(x))


def sixth_in_a_loop(x):
    total = 0.0
    for i in range(len(x)):
        total += cube(x[i]) * cube(x[i])
    return total


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("function", [sixth, sixth_in_a_loop])
def test_reverse_mode_over_a_derivative_keeps_the_rules(function, target):
    expected = np.diag(30 * X**4)
    found = gs.hessian(function, target=target)(X)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)
    reverse = gs.jacobian(gs.grad(function, target=target), mode="reverse")
    try:
        found = reverse(X)
    except gs.TranspileError as error:
        assert function is sixth_in_a_loop and "forward mode" in str(error)
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)


def test_names_that_derivatives_have_too():
    found = gs.vjp(smooth_abs, target="numpy")
    np.testing.assert_allclose(found(np.ones(3), X), slope(X), rtol=1e-14)
    assert found.__name__ == "smooth_abs_vjp"
    assert "def smooth_abs_vjp_2(cotangent, x, *, EPS):" in found.source
    _, dot = gs.jvp(smooth_abs, target="numpy")(np.ones(3), X)
    np.testing.assert_allclose(dot, slope(X), rtol=1e-14)


def test_it_is_the_function():
    assert smooth_abs(-2.0) == 2.0
    assert smooth_abs.__name__ == "smooth_abs"
    assert str(inspect.signature(smooth_abs)) == "(x)"
    assert "continuous" in (smooth_abs.__doc__ or "")
    assert pickle.loads(pickle.dumps(smooth_abs)) is smooth_abs


def plain(x):
    return x**2


def doubled_vjp(cotangent, x):
    return 2.0 * cotangent


def test_another_function_is_made():
    other = gs.custom_derivative(plain, vjp=doubled_vjp)
    third = gs.custom_derivative(plain, vjp=smooth_abs_vjp)
    assert gs.grad(other, target="numpy")(3.0) == 2.0
    np.testing.assert_allclose(gs.grad(third, target="numpy")(3.0), slope(3.0))
    assert gs.grad(plain, target="numpy")(3.0) == 6.0


def test_the_argument_may_be_called_result():
    def back(cotangent, result):
        return 3.0 * cotangent * result

    def with_result(cotangent, result, x):
        return cotangent * (result + 0.0 * x)

    first, second = (
        gs.custom_derivative(plain, vjp=rule) for rule in (back, with_result)
    )
    assert gs.grad(first, target="numpy")(2.0) == 6.0
    assert gs.grad(second, target="numpy")(3.0) == 9.0


@pytest.mark.parametrize("target", TARGETS)
def test_captured_arrays_reach_the_rules(target):
    A = np.array([[1.0, 2.0, 0.0], [0.5, -1.0, 3.0]])
    B = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 4.0]])

    def back(cotangent, x):
        return B @ cotangent  # not the transpose: as backward parts of some codecs

    @gs.custom_derivative(vjp=back)
    def project(x):
        return A @ x

    def loss(x):
        y = project(x)
        return np.sum(y * y)

    gradient = gs.grad(loss, target=target)
    np.testing.assert_allclose(gradient(X), B @ (2 * (A @ X)), rtol=1e-14)
    B[:] *= 2.0  # read at every call
    np.testing.assert_allclose(gradient(X), B @ (2 * (A @ X)), rtol=1e-14)


def pull_vjp(cotangent, self, x):
    return cotangent * self.k


class Spring:
    k = 3.0

    @gs.custom_derivative(vjp=pull_vjp, wrt="x")
    def pull(self, x):
        return x * x

    def energy(self, x):
        return np.sum(self.pull(x))


def scale_vjp(cotangent, x, k):
    return cotangent * k, None


@gs.custom_derivative(vjp=scale_vjp)
def scaled(x, k):
    return x * k


def only_vjp(x):
    return np.sum(scaled(x, 2.0))


def constant_k(x, k):
    return np.sum(scaled(x, k))


def power_vjp(cotangent, x, k):
    return cotangent * k * x ** (k - 1.0)


@gs.custom_derivative(vjp=power_vjp, wrt="x")
def powered(x, k):
    return x**k


def test_methods():
    spring = Spring()
    np.testing.assert_array_equal(spring.pull(X), X * X)
    assert spring.pull.__name__ == "pull"
    found = gs.grad(spring.energy, target="numpy")(X)
    np.testing.assert_array_equal(found, [3.0, 3.0, 3.0])


def test_no_adjoint_is_none():
    found = gs.grad(constant_k, wrt=("x", "k"), target="numpy")(X, 2.0)
    np.testing.assert_array_equal(found[0], [2.0, 2.0, 2.0])
    assert found[1] == 0.0


def identity_vjp(cotangent, x):
    return np.clip(cotangent, -1.0, 1.0)


@gs.custom_derivative(vjp=identity_vjp)
def clipped(x):
    return x


@pytest.mark.parametrize("target", TARGETS)
def test_clipping_in_the_backward_part(target):
    def loss(x):
        return np.sum(clipped(x) ** 2)

    np.testing.assert_allclose(gs.grad(loss, target=target)(3 * X), [1, -1, 1])


@pytest.mark.parametrize("target", TARGETS)
def test_single_precision_stays(target):
    found = gs.grad(total, target=target)(X.astype(np.float32), np.float32(0.7))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, total_by_hand(X, 0.7)[1], rtol=1e-5)


# ---- edits of an adjoint ----

LIMIT = 0.5


def within(adjoint):
    return np.clip(adjoint, -LIMIT, LIMIT)


def normed(adjoint):
    return adjoint / np.maximum(1.0, np.sqrt(np.sum(adjoint * adjoint)))


def recurrent(x, n):
    h = x
    for _ in range(n):
        h = gs.edit_gradient(np.tanh(2 * h + x), within)
    h = gs.edit_gradient(h, normed)
    return np.sum(h * h)


def recurrent_by_hand(x, n):
    states = [x]
    for _ in range(n):
        states.append(np.tanh(2 * states[-1] + x))
    bar, x_bar = normed(2 * states[-1]), np.zeros(3)
    for h in states[:0:-1]:
        inner = within(bar) * (1 - h * h)
        bar, x_bar = 2 * inner, x_bar + inner
    return x_bar + bar


@pytest.mark.parametrize("target", TARGETS)
def test_edits_in_the_backward_part(target):
    gradient = gs.grad(recurrent, target=target)
    np.testing.assert_allclose(gradient(X, 2), recurrent_by_hand(X, 2), rtol=1e-13)
    plain, edited = (f(X, 1) for f in (recurrent, gs.jit(recurrent, target=target)))
    np.testing.assert_allclose(edited, plain, rtol=1e-14)
    x = np.array([0.03, -0.4, 0.7])
    steps = 1e-6 * np.eye(3)
    differences = [(gradient(x + e, 2) - gradient(x - e, 2)) / 2e-6 for e in steps]
    hessian = gs.hessian(recurrent, target=target)(x, 2)
    np.testing.assert_allclose(hessian, np.transpose(differences), atol=1e-6)
    _, dot = gs.jvp(recurrent, target=target)(np.ones(3), X, 1)
    step = 1e-6
    ends = (recurrent(X + step, 1) - recurrent(X - step, 1)) / (2 * step)
    np.testing.assert_allclose(dot, ends, rtol=1e-8)  # tangents are not edited


def edited_by_a_closure(x):
    return np.sum(gs.edit_gradient(x, lambda adjoint: 2 * adjoint))


WEIGHTS = np.arange(6.0)


def weights_vjp(cotangent, x):
    return cotangent * WEIGHTS


@gs.custom_derivative(vjp=weights_vjp)
def halved(x):
    return x / 2


@pytest.mark.parametrize("target", TARGETS)
def test_arrays_that_only_a_rule_reads(target):
    def loss(x):
        return np.sum(halved(x))

    gradient = gs.grad(loss, target=target)
    np.testing.assert_array_equal(gradient(np.ones(6)), WEIGHTS)
    with pytest.raises((ValueError, gs.TranspileError)):
        gradient(np.ones(5))


# ---- refusals ----


def long_vjp(cotangent, x):
    return np.concatenate((cotangent, cotangent))


def many_vjp(cotangent, x, k):
    return cotangent


def short_vjp(cotangent):
    return cotangent


def writing_vjp(cotangent, x):
    cotangent *= 2
    return cotangent


def writes(x):
    x *= 2
    return x


def itself(x):
    return recursive(x - 1.0) if np.sum(x) > 1.0 else x


recursive = gs.custom_derivative(itself, vjp=doubled_vjp)


def of_a_list(x):
    return scaled([x, x], 1.0)


def moving_power(x):
    return np.sum(powered(x, x[0]))


@pytest.mark.parametrize(
    ("function", "rules", "message"),
    [
        (plain, {"vjp": long_vjp}, "of shape"),
        (plain, {"vjp": many_vjp}, "has 3 parameters"),
        (plain, {"vjp": short_vjp}, "has 1 parameters"),
        (plain, {"vjp": writing_vjp}, "writes an argument"),
        (plain, {"vjp": np.exp}, "not a function written in Python"),
        (writes, {"vjp": doubled_vjp}, "writes an argument"),
        (constant_k, {"vjp": many_vjp}, "must return"),
    ],
)
def test_wrong_rules_are_refused(function: Any, rules: Any, message: str):
    made = gs.custom_derivative(function, **rules)
    args = (X, 2.0)[: len(inspect.signature(function).parameters)]
    with pytest.raises(gs.TranspileError, match=message):
        gs.vjp(made, target="numpy")(made(*map(np.copy, args)), *args)


def test_a_mode_without_a_rule_is_refused():
    with pytest.raises(gs.TranspileError, match="no jvp") as error:
        gs.jvp(only_vjp, target="numpy")(X, X)
    assert "custom_derivative(..., jvp=...)" in str(error.value)
    assert "def only_vjp" not in str(error.value)


def test_what_is_not_in_wrt_must_not_move():
    with pytest.raises(gs.TranspileError, match="with respect to 'k'"):
        gs.grad(moving_power, target="numpy")(X)
    with pytest.raises(gs.TranspileError, match="calls itself"):
        gs.grad(lambda_free, target="numpy")(X)
    with pytest.raises(gs.TranspileError, match="no function of a module"):
        gs.grad(edited_by_a_closure, target="numpy")(X)
    with pytest.raises(TypeError, match="needs a jvp or a vjp"):
        gs.custom_derivative(plain)
    with pytest.raises(ValueError, match="no parameter 'z'"):
        gs.custom_derivative(plain, vjp=doubled_vjp, wrt="z")


def lambda_free(x):
    return np.sum(recursive(x))


# ---- files ----

FILE = """
import numpy as np
import gradscribe as gs

EPS = 0.01


def _vjp(cotangent, x):
    return cotangent * x / np.sqrt(x * x + EPS)


@gs.custom_derivative(vjp=_vjp, wrt=("x",))
def smooth(x):
    return np.abs(x)


def _plain(x):
    return x


def clip(cotangent, x):
    return np.clip(cotangent, -1, 1)


clipped = gs.custom_derivative(_plain, vjp=clip)


def loss(x):
    return np.sum(smooth(clipped(x)) * 3.0)
"""


def _grad(folder: Path, *more: str) -> str:
    words = ["grad", "loss.py:loss", "--types", "x: f64[n]", *more]
    return command(folder, *words)


def test_files_hold_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "loss.py").write_text(FILE)
    text = _grad(tmp_path)
    assert "def _vjp(cotangent, x, *, EPS):" in text
    assert "gradscribe." not in text.replace("Command: gradscribe", "")
    space: dict[str, Any] = {}
    exec(text, space)
    found = space["loss_grad"](X)
    np.testing.assert_allclose(found, np.clip(3.0 * slope(X), -1, 1), rtol=1e-14)
    (tmp_path / "loss_grad.py").write_text(text)
    changed = FILE.replace("-1, 1)", "-2, 2)")
    assert changed != FILE
    (tmp_path / "loss.py").write_text(changed)
    assert _grad(tmp_path) != text  # the digest covers the rules


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("vjp=clip)", "vjp=lambda c, x: c)", "a vjp that is not named"),
        ("vjp=clip)", "vjp=np.clip)", "a vjp that cannot be read"),
        ('wrt=("x",)', "wrt=names()", "a wrt that is not written out"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, old: str, new: str, message: str
):
    assert old in FILE
    (tmp_path / "loss.py").write_text(FILE.replace(old, new))
    assert message in _grad(tmp_path)
