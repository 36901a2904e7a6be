"""Derivatives that the user's own compiled functions call, and derivatives of those."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from typing import Any, NamedTuple

import gradscribe as gs
import numba
import numpy as np
import pytest
from numba import njit, prange
from scipy.special import jv

rng = np.random.default_rng(5)
X = rng.normal(size=(5, 3))
W = rng.normal(size=3)
V = rng.normal(size=3)


class Point(NamedTuple):
    x: Any
    y: Any


def loss(w: Any, X: Any, k: float = 2.0) -> Any:
    return np.sum(np.tanh(X @ w - 1.0) ** 2) * k


def at_point(p: Any) -> Any:
    return np.sum(p.x**2) * p.y


SCALE = 3.0


def scaled(x: Any) -> Any:
    return np.sum(np.sin(SCALE * x) * X[0])


def cube(x: Any) -> Any:
    return x**3


def doubled(x: Any) -> None:
    x[:] = 2.0 * x


def moved(x: Any, y: Any) -> None:
    x[:] = y[::-1]


dloss = gs.grad(loss)
dpoint = gs.grad(at_point, wrt=("p.x", "p.y"))
dscaled = gs.grad(scaled)
dcube = gs.grad(cube)
ddcube = gs.grad(dcube)
every = [
    gs.value_and_grad(loss),
    gs.jit(loss),
    gs.hessian(loss),
    gs.jacobian(gs.grad(loss)),
]
value_and_grad, value, hessian, jacobian = every
push, pull, product = gs.jvp(loss), gs.vjp(loss), gs.hvp(loss)
twice, move = gs.jit(doubled), gs.jit(moved)


@njit  # type: ignore[untyped-decorator]
def step(w: Any) -> Any:
    return w - 0.1 * dloss(w, X)


@njit  # type: ignore[untyped-decorator]
def call(f: Any, w: Any, X: Any) -> Any:
    return f(w, X=X, k=0.5)


def flat(value: Any) -> list[Any]:
    if isinstance(value, tuple):
        return [leaf for part in value for leaf in flat(part)]
    return [value]


def test_a_step_of_descent() -> None:
    np.testing.assert_array_equal(step(W), W - 0.1 * dloss(W, X))


def test_handed_in_as_an_argument_and_by_keyword() -> None:
    np.testing.assert_array_equal(call(dloss, W, X), dloss(W, X, 0.5))
    np.testing.assert_array_equal(
        call(dloss, W, np.asfortranarray(X)), dloss(W, np.asfortranarray(X), 0.5)
    )


def test_float32_stays_so() -> None:
    w, x = W.astype(np.float32), X.astype(np.float32)
    found = call(dloss, w, x)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, dloss(w, x, 0.5))


def test_all_modes() -> None:
    @njit  # type: ignore[untyped-decorator]
    def all_of(w: Any, v: Any, X: Any) -> Any:
        return (
            value_and_grad(w, X),
            value(w, X),
            hessian(w, X),
            jacobian(w, X),
            push(v, w, X),
            pull(2.0, w, X),
            product(w, v, X),
        )

    plain = (
        *(f(W, X) for f in every[:1]),
        *(f(W, X) for f in every[1:]),
        push(V, W, X),
        pull(2.0, W, X),
        product(W, V, X),
    )
    for found, wanted in zip(flat(all_of(W, V, X)), flat(plain), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_numbers_in_a_loop() -> None:
    @njit  # type: ignore[untyped-decorator]
    def newton(x: Any) -> Any:
        for _ in range(4):
            x = x - dcube(x) / (ddcube(x) + 1.0)
        return x

    wanted = 2.0
    for _ in range(4):
        wanted = wanted - 3 * wanted**2 / (6 * wanted + 1.0)
    np.testing.assert_allclose(newton(2.0), wanted, rtol=1e-14)


def test_tuples_with_names() -> None:
    @njit  # type: ignore[untyped-decorator]
    def use(p: Any) -> Any:
        return dpoint(p)

    x, y = use(Point(W, 2.0))
    np.testing.assert_array_equal(x, 4.0 * W)
    np.testing.assert_allclose(y, np.sum(W**2), rtol=1e-14)


def test_globals_are_frozen_as_numba_freezes_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @njit  # type: ignore[untyped-decorator]
    def use(x: Any) -> Any:
        return dscaled(x)

    wanted = dscaled(W)
    np.testing.assert_array_equal(use(W), wanted)
    monkeypatch.setitem(globals(), "SCALE", 4.0)
    np.testing.assert_array_equal(use(W), wanted)
    assert not np.allclose(dscaled(W), wanted)


def test_what_a_function_writes() -> None:
    @njit  # type: ignore[untyped-decorator]
    def use(x: Any) -> None:
        twice(x)

    @njit  # type: ignore[untyped-decorator]
    def overlapping(x: Any) -> None:
        move(x[1:], x[:-1])

    x = np.array([1.0, 2.0])
    use(x)
    np.testing.assert_array_equal(x, [2.0, 4.0])
    with pytest.raises(ValueError, match="shares memory"):
        overlapping(np.arange(4.0))


def test_sizes_are_checked() -> None:
    with pytest.raises(ValueError, match="sizes do not match"):
        call(dloss, W[:2], X)


@njit  # type: ignore[untyped-decorator]
def with_list(w: Any) -> Any:
    return dloss([1.0, 2.0], w)


def unknown(x: Any) -> Any:
    return np.sum(np.fromfile(x))


dunknown = gs.grad(unknown)


@njit  # type: ignore[untyped-decorator]
def with_unknown(x: Any) -> Any:
    return dunknown(x)


def test_refusals_say_what_to_do() -> None:
    with pytest.raises(numba.TypingError, match=r"pass np\.array of it, or a tuple"):
        with_list(X)
    with pytest.raises(gs.TranspileError, match="fromfile is not supported"):
        with_unknown(W)


def test_importing_does_not_import_numba() -> None:
    code = """
import sys, gradscribe as gs
def f(x): return x * x
d = gs.grad(f)
assert not hasattr(d, "_numba_type_")
assert "numba" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- functions that are compiled already ----


def squares(x: Any) -> Any:
    total = 0.0
    for i in range(x.size):
        total += x[i] ** 2
    return total


@njit(parallel=True)  # type: ignore[untyped-decorator]
def in_threads(x: Any) -> Any:
    total = 0.0
    for i in prange(x.size):
        total += x[i] ** 2
    for i in numba.prange(1, x.size):
        total += x[i] ** 2
    return total


@njit  # type: ignore[untyped-decorator]
def helper(x: Any, k: Any) -> Any:
    return k * x**2


@njit  # type: ignore[untyped-decorator]
def with_helper(x: Any) -> Any:
    return np.sum(helper(x, 3.0))


DECORATORS = {
    "njit": njit,
    "called": njit(),
    "jit": numba.jit(nopython=True),
    "options": njit(parallel=True, fastmath=True, nogil=True),
    "signature": njit("float64(float64[:])"),
}


@pytest.mark.parametrize("how", DECORATORS)
def test_compiled_functions_are_differentiated(how: str) -> None:
    found = gs.grad(DECORATORS[how](squares), target="numpy")(W)
    np.testing.assert_array_equal(found, 2 * W)


def test_prange_is_range() -> None:
    wanted = np.concatenate([2 * W[:1], 4 * W[1:]])
    for target in ("numpy", "cpu"):
        np.testing.assert_array_equal(gs.grad(in_threads, target=target)(W), wanted)


def test_compiled_helpers_and_closures() -> None:
    def made(k: float) -> Any:
        @njit  # type: ignore[untyped-decorator]
        def inner(x: Any) -> Any:
            return np.sum(helper(x, k))

        return inner

    np.testing.assert_allclose(gs.grad(with_helper, target="numpy")(W), 6 * W)
    np.testing.assert_allclose(gs.grad(made(5.0), target="numpy")(W), 10 * W)


@njit  # type: ignore[untyped-decorator]
def unrolled(x: Any) -> Any:
    total = 0.0
    for factor in numba.literal_unroll((1.0, 2)):
        total += factor * x[0]
    return total


@njit  # type: ignore[untyped-decorator]
def with_typed_list(x: Any) -> Any:
    parts = numba.typed.List()
    parts.append(x[0])
    return parts[0]


@numba.vectorize  # type: ignore[untyped-decorator]
def squared(x: Any) -> Any:
    return x * x


def with_ufunc(x: Any) -> Any:
    return np.sum(squared(x))


def first(parts: Any) -> Any:
    return parts[0] ** 2


REFUSED = {
    unrolled: "loop over the tuple itself",
    with_typed_list: "use a list, or an array",
    with_ufunc: "made by numba.vectorize, .*; call a function with its formula",
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f: Any) -> None:
    with pytest.raises(gs.TranspileError, match=REFUSED[f]):
        gs.grad(f, target="numpy")(W)


def test_typed_list_as_an_argument() -> None:
    given = numba.typed.List([1.0, 2.0])
    with pytest.raises(TypeError, match=r"pass tuple\(parts\)"):
        gs.grad(first, target="numpy")(given)
    assert gs.grad(first, target="numpy")(tuple(given)) == (2.0, 0.0)


@njit  # type: ignore[untyped-decorator]
def weighted(x: Any, k: Any) -> Any:
    return np.sum(k * x**2)


def test_partial_of_a_compiled_function() -> None:
    found = gs.grad(functools.partial(weighted, k=3.0), target="numpy")(W)
    np.testing.assert_array_equal(found, 6 * W)


# ---- kept by Numba, results with names, lengths that follow from others ----

CACHED = """
import gradscribe as gs
import numba
import numpy as np
import scipy.special


def loss(x):
    return np.sum(np.tanh(x) ** 2)


dloss = gs.grad(loss)


@numba.njit(cache=True)
def step(x):
    return x - 0.1 * dloss(x)


if __name__ == "__main__":
    import cached

    print(cached.step(np.ones(2))[0], sum(cached.step.stats.cache_hits.values()))
    print(cached.dloss(np.ones(2))[0])
"""


JV = jv(2.5, 1.0)
# Losses, and their slopes at 1.
LOSSES = [
    ("np.sum(np.tanh(x) ** 2)", 2 * np.tanh(1.0) / np.cosh(1.0) ** 2),
    ("np.sum(scipy.special.jv(2.5, x) * x)", JV + (jv(1.5, 1.0) - jv(3.5, 1.0)) / 2),
]


@pytest.mark.parametrize(("loss", "slope"), LOSSES)
def test_a_caller_that_numba_keeps(tmp_path: Any, loss: str, slope: float) -> None:
    """SciPy's C functions are found before code that calls them is linked."""
    (tmp_path / "cached.py").write_text(CACHED.replace(LOSSES[0][0], loss))
    found = []
    for place in ("one", "one", "two"):  # the last finds no text in the cache
        environment = {**os.environ, "GRADSCRIBE_CACHE_DIR": str(tmp_path / place)}
        command = [sys.executable, "cached.py"]
        run = functools.partial(subprocess.run, capture_output=True, text=True)
        done = run(command, cwd=tmp_path, env=environment, check=True)
        found.append(done.stdout.split())
    for value, _, own in found:
        np.testing.assert_allclose(float(value), 1 - 0.1 * slope, rtol=1e-14)
        np.testing.assert_allclose(float(own), slope, rtol=1e-14)
    assert [hits for _, hits, _ in found] == ["0", "1", "1"]


def pulled(p: Point) -> Any:
    return np.sum(p.x**3) * p.y


dpulled = gs.grad(pulled)


@njit  # type: ignore[untyped-decorator]
def descend(p: Any) -> Any:
    slope = dpulled(p)
    return p.x - 0.1 * slope.x, slope.y


def test_results_with_names() -> None:
    x, y = descend(Point(V, 2.0))
    np.testing.assert_allclose(x, V - 0.6 * V**2, rtol=1e-14)
    np.testing.assert_allclose(y, np.sum(V**3), rtol=1e-13)


def longer(x: Any, n: int) -> Any:
    return np.concatenate((x[1:], np.ones(2 * n) * x[0], np.outer(x, x).ravel()))


vlonger = gs.vjp(longer)


@njit  # type: ignore[untyped-decorator]
def pulled_back(c: Any, x: Any, n: int) -> Any:
    return vlonger(c, x, n)


def test_lengths_of_cotangents_that_follow_from_others() -> None:
    c = rng.normal(size=2 + 4 + 9)
    np.testing.assert_allclose(pulled_back(c, V, 2), vlonger(c, V, 2), rtol=1e-14)
    with pytest.raises(ValueError, match="sizes do not match"):
        pulled_back(c[1:], V, 2)
