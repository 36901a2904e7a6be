"""Functions that are called and not read: solvers, and functions in C."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import gradscribe as gs
import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import scipy.special
from harness import command
from numpy.typing import NDArray

pytestmark = pytest.mark.usefixtures("loops_in_python")

TARGETS = ["numpy", "cpu"]
A = np.array([0.5, 1.5, 0.2])
calls: list[int] = []


def differences(function: Any, x: np.ndarray, *rest: Any) -> np.ndarray:
    steps = 1e-6 * np.eye(len(x))
    ends = [(function(x + e, *rest) - function(x - e, *rest)) / 2e-6 for e in steps]
    return np.array(ends)


# ---- a root, by the implicit function theorem: x**3 + a x = 1 ----


def root_vjp(cotangent, result, a):
    return -cotangent * result / (3 * result**2 + a)


def root_jvp(tangent, result, a):
    return -tangent * result / (3 * result**2 + a)


@gs.custom_derivative(jvp=root_jvp, vjp=root_vjp, returns="f64[n]")
def root(a: Annotated[NDArray[np.float64], "n"]):  # noqa: F722, F821
    calls.append(len(a))
    found = scipy.optimize.root(lambda x: x**3 + a * x - 1, np.ones(len(a)), tol=1e-13)
    return found.x


def of_root(a):
    x = root(a)
    x *= np.sin(x)
    return np.sum(x)


@pytest.mark.parametrize("target", TARGETS)
def test_a_solver_and_its_implicit_derivative(target):
    gradient = gs.grad(of_root, target=target)
    expected = differences(of_root, A)
    calls.clear()
    np.testing.assert_allclose(gradient(A), expected, rtol=1e-8)
    assert calls == [3]  # the rule takes what was found
    dot = np.array([1.0, -2.0, 0.5])
    value, tangent = gs.jvp(of_root, target=target)(dot, A)
    np.testing.assert_allclose(value, of_root(A), rtol=1e-12)
    np.testing.assert_allclose(tangent, expected @ dot, rtol=1e-8)
    hessian = gs.hessian(of_root, target=target)(A)
    np.testing.assert_allclose(hessian, differences(gradient, A), atol=1e-7)


def test_it_is_called_by_its_name():
    text = gs.value_and_grad(of_root, types="a: f64[n]").source
    assert f"import {__name__}\n" in text
    assert f"value = np.array({__name__}.root(a), dtype=np.float64)" in text
    assert "a_bar = root_vjp(x_bar, x, a)" in text


# ---- one number, in a loop, with a rule that solves again ----


def number_vjp(cotangent, a):
    x = number(a)
    return -cotangent * x / (3 * x**2 + a)


@gs.custom_derivative(vjp=number_vjp, returns="f64")
def number(a):
    return scipy.optimize.brentq(lambda x: x**3 + a * x - 1, 0.0, 1.0, xtol=1e-14)


def of_numbers(a):
    total = 0.0
    for i in range(len(a)):
        total += number(a[i]) ** 2 * a[0]
    return total


@pytest.mark.parametrize("target", TARGETS)
def test_numbers(target):
    found = gs.grad(of_numbers, target=target)(A)
    np.testing.assert_allclose(found, differences(of_numbers, A), rtol=1e-7)


# ---- a function in C, with an example of what it returns ----


def like_last(order, z):
    return z + 0.0


def kv_vjp(cotangent, order, z):
    return None, -0.5 * cotangent * (kv(order - 1.0, z) + kv(order + 1.0, z))


kv = gs.custom_derivative(scipy.special.kv, vjp=kv_vjp, returns=like_last)


def of_kv(z):
    return np.sum(kv(1.5, z) * z)


@pytest.mark.parametrize("target", TARGETS)
def test_a_function_in_c(target):
    gradient = gs.grad(of_kv, target=target)
    np.testing.assert_allclose(gradient(A), differences(of_kv, A), rtol=1e-8)
    assert "np.array(scipy.special.kv(order, z), dtype=np.float64)" in gradient.source
    x = A.astype(np.float32)
    assert gradient(x).dtype == np.float32
    np.testing.assert_allclose(gradient(x), differences(of_kv, A), rtol=1e-5)


# ---- matrices, several results, words ----


def solve_vjp(cotangent, result, matrix, b):
    adjoint = np.linalg.solve(matrix.T, cotangent)
    return -np.outer(adjoint, result), adjoint


@gs.custom_derivative(vjp=solve_vjp, returns="f64[n]")
def solve(
    matrix: Annotated[NDArray[np.float64], "n, n"],
    b: Annotated[NDArray[np.float64], "n"],
):  # noqa: F722, F821
    return scipy.linalg.solve(matrix, b)


def of_solve(matrix, b):
    x = solve(matrix, b)
    return x @ x


def powers_vjp(cotangents, result, a, n, how):
    y_bar, s_bar = cotangents
    y, _ = result
    return np.full(a.size, np.sum(y_bar * y) + s_bar)


@gs.custom_derivative(vjp=powers_vjp, wrt="a", returns=("f64[2, n]", "f64"))
def powers(a, n, how):
    assert how == "fast"
    total = float(sum(a))
    return np.asfortranarray(np.exp(total) * np.ones((2, n))), total


def of_powers(a, n):
    y, s = powers(a, n, "fast")
    return np.sum(y.ravel() ** 2) + s * y[0, 0]


@pytest.mark.parametrize("target", TARGETS)
def test_matrices_and_several_results(target):
    matrix = np.array([[2.0, 1.0], [0.3, 1.0]])
    b = np.array([1.0, 2.0])
    M_bar, b_bar = gs.grad(of_solve, wrt=("matrix", "b"), target=target)(matrix, b)
    x = np.linalg.solve(matrix, b)
    y = np.linalg.solve(matrix.T, 2 * x)
    np.testing.assert_allclose(b_bar, y, rtol=1e-13)
    np.testing.assert_allclose(M_bar, -np.outer(y, x), rtol=1e-13)
    found = gs.grad(of_powers, target=target)(A, 3)
    np.testing.assert_allclose(found, differences(of_powers, A, 3), rtol=1e-8)


# ---- what goes wrong ----


@gs.custom_derivative(vjp=root_vjp, returns="f64[n]")
def longer(a: Annotated[NDArray[np.float64], "n"]):  # noqa: F722, F821
    return np.ones(len(a) + 1)


def of_longer(a):
    return np.sum(longer(a) ** 2)


@gs.custom_derivative(vjp=root_vjp, returns="f64[n]")
def failing(a: Annotated[NDArray[np.float64], "n"]):  # noqa: F722, F821
    raise ArithmeticError("no root")


def of_failing(a):
    return np.sum(failing(a) ** 2)


@pytest.mark.parametrize("target", TARGETS)
def test_what_it_does_wrong_is_seen(target):
    with pytest.raises(ValueError, match=r"longer returned an array of another shape"):
        gs.grad(of_longer, target=target)(A)
    with pytest.raises(ArithmeticError, match="no root"):
        gs.grad(of_failing, target=target)(A)


@gs.custom_derivative(vjp=root_vjp, returns="f64[m]")
def unknown_length(a):
    return a


@gs.custom_derivative(vjp=root_vjp, returns="double")
def unknown_type(a):
    return a


@gs.custom_derivative(vjp=root_vjp, returns="f64")
def of_parts(a):
    return a[0]


def test_refusals():
    with pytest.raises(gs.TranspileError, match="nothing says what m is"):
        gs.vjp(unknown_length, target="numpy")(A, A)
    with pytest.raises(gs.TranspileError, match="'double' is not a type"):
        gs.vjp(unknown_type, target="numpy")(A, A)
    with pytest.raises(gs.TranspileError, match="no jvp"):
        gs.jvp(number, target="numpy")(1.0, 0.5)
    with pytest.raises(gs.TranspileError, match="holds parts"):
        gs.grad(of_parts, target="numpy")((0.5, 1.5))
    with pytest.raises(TypeError, match="say what it returns"):
        gs.custom_derivative(scipy.special.kv, vjp=kv_vjp)
    bound = np.ones(3).dot
    with pytest.raises(TypeError, match="write a function around it"):
        gs.custom_derivative(bound, vjp=kv_vjp, returns="f64")

    @gs.custom_derivative(vjp=root_vjp, returns="f64[n]")
    def local(a: Annotated[NDArray[np.float64], "n"]):  # noqa: F722, F821
        return a

    with pytest.raises(gs.TranspileError, match="no module has it"):
        gs.vjp(local, target="numpy")(A, A)


# ---- files ----

FILE = """
import numpy as np
import scipy.optimize
import scipy.special
from numpy.typing import NDArray
import gradscribe as gs


def _like(order, z):
    return z * 1.0


def _root_vjp(cotangent, result, a):
    return -cotangent * result / (3 * result**2 + a)


@gs.custom_derivative(vjp=_root_vjp, jvp=_root_vjp, returns="f64[n]")
def root(a: "f64[n]"):
    return scipy.optimize.root(lambda x: x**3 + a * x - 1, np.ones(len(a))).x


def _kv_vjp(cotangent, order, z):
    return None, -0.5 * cotangent * (kv(order - 1.0, z) + kv(order + 1.0, z))


kv = gs.custom_derivative(scipy.special.kv, vjp=_kv_vjp, returns=_like)


def loss(a):
    return np.sum(root(a) ** 2)


def other(z):
    return np.sum(kv(0.5, z) ** 2)
"""


def _grad(folder: Path, function: str) -> str:
    words = ["grad", f"solvers.py:{function}", "--types", "a: f64[n], z: f64[n]"]
    types = "a: f64[n]" if function != "other" else "z: f64[n]"
    return command(folder, *words[:-1], types)


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def test_files_import_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "solvers.py").write_text(FILE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "solvers", raising=False)
    path = tmp_path / "loss_grad.py"
    path.write_text(_grad(tmp_path, "loss"))
    made, solvers = _imported(path), sys.modules["solvers"]
    expected = differences(solvers.loss, A)
    np.testing.assert_allclose(made.loss_grad(A), expected, rtol=1e-8)
    again = gs.jacobian(made.loss_grad, target="numpy")(A)  # the rules still hold
    np.testing.assert_allclose(again, differences(made.loss_grad, A), atol=1e-7)
    text = _grad(tmp_path, "other")
    assert "import scipy.special\n" in text and "import solvers" not in text
    assert "write a function that calls it" in _grad(tmp_path, "root")
    gs.grad(solvers.loss, types="a: f64[n]").save(tmp_path / "saved.py")
    assert "solvers.root(a)" in (tmp_path / "saved.py").read_text()
