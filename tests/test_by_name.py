"""Derivatives that a function calls by name, where it is differentiated itself."""

from __future__ import annotations

import functools
import types
from pathlib import Path
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from harness import command

pytestmark = pytest.mark.usefixtures("loops_in_python")

TARGETS = ["numpy", "cpu"]
P = np.array([0.3, -0.4])
V = np.array([1.0, 0.5])
G = 0.7
X = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.2]])
far = types.ModuleType("far")
vars(far).update(C=1.5)


def differences(function: Any, x: np.ndarray, *rest: Any) -> np.ndarray:
    steps = 1e-6 * np.eye(len(x))
    ends = [(function(x + e, *rest) - function(x - e, *rest)) / 2e-6 for e in steps]
    return np.array(ends)


def loss(p):
    r = X @ p
    total = 0.0
    for i in range(len(r)):
        total += np.sin(G * r[i]) * p[0]
    return total


dloss = gs.grad(loss)
with_value = gs.value_and_grad(loss)
curvature = gs.hvp(loss)
hessian = gs.hessian(loss)
slope = gs.jvp(loss)
plain = gs.jit(loss)


def step(p):
    return p - 0.1 * dloss(p)


def descent(p):
    for _ in range(3):
        p = step(p)
    return np.sum(p**2)


def several(p, v):
    value, gradient = with_value(p)
    _, along = slope(v, p)
    return value * along + gradient @ curvature(p, v) + np.linalg.det(hessian(p))


def compiled(p):
    return plain(p) ** 2


@pytest.mark.parametrize("target", TARGETS)
def test_derivatives_are_read_where_they_are_called(target):
    gradient = gs.grad(descent, target=target)
    np.testing.assert_allclose(gradient(P), differences(descent, P), rtol=1e-7)
    jacobian = gs.jacobian(step, target=target)(P)
    np.testing.assert_allclose(jacobian, differences(step, P).T, rtol=1e-7)
    found = gs.grad(several, target=target)(P, V)
    np.testing.assert_allclose(found, differences(several, P, V), rtol=1e-6)
    found = gs.grad(compiled, target=target)(P)
    np.testing.assert_allclose(found, differences(compiled, P), rtol=1e-7)


def test_its_text_is_a_helper():
    text = gs.jacobian(step, target="numpy", types="p: f64[2]").source
    assert "def loss_grad_jvp(" in text
    text = gs.jit(step, types="p: f64[2]").source
    assert "return p - 0.1 * loss_grad(p, X=X, G=G)" in text
    assert "def loss_grad(p, *, X, G):" in text


def test_what_it_reads_is_read_at_every_call(monkeypatch: pytest.MonkeyPatch):
    gradient = gs.grad(descent, target="numpy")
    gradient(P)
    monkeypatch.setitem(globals(), "G", 0.9)
    monkeypatch.setitem(globals(), "X", 2 * X)
    np.testing.assert_allclose(gradient(P), differences(descent, P), rtol=1e-7)
    monkeypatch.setitem(globals(), "dloss", gs.jit(loss))
    np.testing.assert_allclose(gradient(P), differences(descent, P), rtol=1e-7)


def scaled(x, k=2.0):
    return np.sum(x**3) * k * far.C


dscaled = gs.grad(scaled)
both = gs.grad(scaled, wrt=("x", "k"))


def with_arguments(x):
    first, second = both(x, 3.0)
    return np.sum(dscaled(x) + dscaled(x, 3.0) * dscaled(x, k=x[0])) * second + first[0]


def tree(p):
    return np.sum(p["w"] ** 3) * p["b"]


dtree = gs.grad(tree)


def of_tree(w):
    found = dtree({"w": w, "b": 0.5 * w[0]})
    return np.sum(found["w"] ** 2) + found["b"]


def test_arguments():
    found = gs.grad(with_arguments, target="numpy")
    expected = differences(with_arguments, P)
    np.testing.assert_allclose(found(P), expected, rtol=1e-7)
    single = found(P.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, rtol=1e-5)
    found = gs.grad(of_tree, target="numpy")
    np.testing.assert_allclose(found(P), differences(of_tree, P), rtol=1e-7)


def test_captured():
    weights, c = np.array([1.0, 2.0]), 3

    def inner(x):
        return np.sum(x**3 * weights) * c

    slope = gs.grad(inner)

    def outer(x):
        return np.sum(slope(x) ** 2)

    expected = 2 * (3 * P**2 * weights * c) * (6 * P * weights * c)
    np.testing.assert_allclose(gs.grad(outer, target="numpy")(P), expected, rtol=1e-14)


def of_power(k, x):
    return np.sum(x**k)


@pytest.mark.parametrize("given", [((), {"k": 3.0}), ((3.0,), {})])
@pytest.mark.parametrize("wrt", ["x", 1])
def test_partials_of_derivatives(given, wrt):
    args, keywords = given
    inner = gs.grad(of_power, wrt=wrt, target="numpy")
    found = gs.jacobian(functools.partial(inner, *args, **keywords), wrt="x")
    np.testing.assert_allclose(found(x=P), np.diag(6 * P), rtol=1e-13)


def test_constants_of_modules():
    gradient = gs.grad(scaled, target="numpy")
    np.testing.assert_allclose(gradient(P), 9.0 * P**2, rtol=1e-14)
    assert gradient.source.startswith("C = 1.5\n")


def of_given(x, slope):
    return np.sum(slope(x) ** 2)


def of_default(x, slope=dscaled):
    return np.sum(slope(x) ** 2)


@pytest.mark.parametrize("target", TARGETS)
def test_derivatives_as_arguments(target):
    expected = 2 * (9.0 * P**2) * (18.0 * P)
    found = gs.grad(of_given, target=target)(P, dscaled)
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    found = gs.grad(of_default, target=target)(P)
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    found = gs.grad(of_default, target=target)(P, gs.jit(far_from_it))
    np.testing.assert_allclose(found, 2 * np.sinh(P) * np.cosh(P), rtol=1e-13)


def far_from_it(x):
    return np.sinh(x)


# ---- refusals ----


def of_itself(x):
    return np.sum(x**2) + np.sum(d_itself(x))


d_itself = gs.grad(of_itself)


def twice_vjp(cotangent, x):
    return 2 * cotangent


@gs.custom_derivative(vjp=twice_vjp)
def twice(x):
    return 2 * x


def of_twice(x):
    return np.sum(twice(x) ** 2)


d_twice = gs.grad(of_twice)


def with_rules(x):
    return np.sum(d_twice(x))


class Model:
    k = 3.0

    def energy(self, x):
        return self.k * np.sum(x**2)


d_energy = gs.grad(Model().energy)


def of_a_method(x):
    return np.sum(d_energy(x))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (of_itself, "the function that it is the derivative of"),
        (with_rules, "whose derivatives are given"),
        (of_a_method, "derivative of a bound method"),
    ],
)
def test_refusals(function, message):
    with pytest.raises(gs.TranspileError, match=message):
        gs.grad(function, target="numpy")(P)


# ---- files ----

FILE = """
import numpy as np
import gradscribe as gs

G = 0.7


def loss(p, y):
    return np.sum(np.sin(G * p) * y)


dloss = gs.grad(loss)
ddloss = gs.hessian(loss, wrt="p", target="numpy")
dddloss = gs.grad(gs.grad(loss))


def step(p, y):
    return p - 0.1 * dloss(p, y)


def after(p, y):
    return np.sum(step(p, y) ** 2) + np.sum(ddloss(p, y) @ p)
"""


def _grad(folder: Path, text: str) -> str:
    (folder / "model.py").write_text(text)
    words = ["grad", "model.py:after", "--types", "p: f64[n], y: f64[n]"]
    return command(folder, *words)


def test_files(tmp_path: Path):
    text = _grad(tmp_path, FILE)
    space: dict[str, Any] = {}
    exec(text, space)
    primal: dict[str, Any] = {}
    exec(compile(FILE, str(tmp_path / "model.py"), "exec"), primal)
    expected = differences(primal["after"], P, V)
    np.testing.assert_allclose(space["after_grad"](P, V), expected, rtol=1e-7)
    changed = _grad(tmp_path, FILE.replace('loss, wrt="p"', 'loss, wrt="y"'))
    digests = [line for line in (text + changed).split("\n") if "Digest" in line]
    assert len(set(digests)) == 2
    refused = _grad(tmp_path, FILE.replace("gs.grad(loss)", "gs.grad(loss, strict=s)"))
    assert "a derivative that is not written out" in refused
