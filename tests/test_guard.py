"""The short way of a call: taken for what was compiled, and for nothing else."""

from __future__ import annotations

import inspect
import traceback
from pathlib import Path

import gradscribe as gs
import numpy as np
import pytest

SCALE = 2.0


def loss(w, b, X, y=1.5, *, power=2):
    r = X @ w + b * y
    return SCALE * np.sum(r**power)


def counted(x):
    return len(x) * np.sum(x)


def rolled(x, k):
    return np.concatenate([x[k:], x[:k]])


def taken(x, k):
    return x[k] * x[0]


def given(v):
    return v + 0.0


W, X = np.array([1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
CALLS = {
    "same": ((W, 0.5, X), {}),
    "keyword": ((W,), {"b": 0.5, "X": X}),
    "default given": ((W, 0.5, X, 1.5), {"power": 2}),
    "int": ((W, 1, X), {}),
    "numpy scalar": ((W, np.float64(0.5), X), {}),
    "single": ((W.astype(np.float32), 0.5, X.astype(np.float32)), {}),
    "Fortran": ((W, 0.5, np.asfortranarray(X)), {}),
    "strided": ((W, 0.5, np.repeat(X, 2, axis=0)[::2]), {}),
    "one row": ((W, 0.5, X[:1]), {}),
    "read-only": ((np.frombuffer(W.tobytes()), 0.5, X), {}),
    "more rows": ((W, 0.5, np.vstack([X, X])), {}),
    "unpickled dtype": ((W.astype(np.dtype("float64", copy=True)), 0.5, X), {}),
}
REFUSED = {
    "sizes": ((np.ones(3), 0.5, X), {}, ValueError),
    "rank": ((X, 0.5, X), {}, Exception),
    "masked": ((np.ma.masked_array(W), 0.5, X), {}, TypeError),
    "too few": ((W, 0.5), {}, TypeError),
    "too many": ((W, 0.5, X, 1.0, 2), {}, TypeError),
    "unknown": ((W, 0.5, X), {"z": 1}, TypeError),
    "twice": ((W, 0.5, X), {"w": W}, TypeError),
}


@pytest.fixture(scope="module")
def slope():
    made = gs.grad(loss, wrt=("w", "b"))
    made(W, 0.5, X)
    return made


@pytest.mark.parametrize("name", CALLS)
def test_as_the_long_way(slope, name: str):
    slope(W, 0.5, X)
    args, named = CALLS[name]
    expected = gs.grad(loss, wrt=("w", "b"), target="numpy")(*args, **named)
    for _ in range(2):
        found = slope(*args, **named)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5)
            assert type(one) is type(other) and one.dtype == other.dtype


@pytest.mark.parametrize("name", REFUSED)
def test_refused_as_before(slope, name: str):
    slope(W, 0.5, X)
    args, named, error = REFUSED[name]
    with pytest.raises(error):
        slope(*args, **named)


def test_the_short_way_is_taken(slope, monkeypatch: pytest.MonkeyPatch):
    slope(W, 0.5, X)
    long = []
    monkeypatch.setitem(
        short_way(slope), "gs_long", lambda *args, **_: long.append(args)
    )
    assert slope(W, 0.5, X) and slope(W, b=0.5, X=X, power=2)
    first, second = slope(W, 0.5, X), slope(W, 0.5, X)
    assert not np.shares_memory(first[0], second[0])
    assert not long
    slope(W, 1, X)
    slope(np.frombuffer(W.tobytes()), 0.5, X)
    slope(W, 0.5, np.asfortranarray(X))
    monkeypatch.setitem(globals(), "np", None)
    slope(W, 0.5, X)
    assert len(long) == 4


def short_way(derivative) -> dict:
    """Return what the names mean in the function that calls go to."""
    assert derivative.__call__ != derivative._call
    return derivative.__call__.__globals__


def test_a_global_bound_anew(slope, monkeypatch: pytest.MonkeyPatch):
    (before, _) = slope(W, 0.5, X)
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    (after, _) = slope(W, 0.5, X)
    np.testing.assert_allclose(after, 1.5 * before)
    monkeypatch.setitem(globals(), "np", None)
    with pytest.raises(gs.TranspileError):
        slope(W, 0.5, X)


def test_a_builtin_bound_anew(monkeypatch: pytest.MonkeyPatch):
    slope = gs.grad(counted)
    assert slope(W)[0] == slope(W)[0] == 2.0
    assert short_way(slope)
    monkeypatch.setitem(globals(), "len", lambda x: 5)
    assert slope(W)[0] == 5.0


def test_lengths_that_follow():
    product = gs.vjp(rolled, wrt="x")
    seed, x = np.arange(4.0), np.ones(4)
    for _ in range(2):
        np.testing.assert_array_equal(product(seed, x, 1), [3.0, 0.0, 1.0, 2.0])
    with pytest.raises(ValueError, match="cotangent"):
        product(np.arange(3.0), x, 1)


def test_errors_have_the_users_line():
    slope = gs.grad(taken, wrt="x")
    slope(W, 1)
    assert short_way(slope)
    with pytest.raises(IndexError) as caught:
        slope(W, 5)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert "x[k]" in (frames[-1].line or "")
    ours = str(Path(gs.__file__).parent / "runtime")
    assert not any(frame.filename.startswith((ours, "<")) for frame in frames)


def test_a_result_that_may_be_an_argument():
    product = gs.vjp(given)
    seed = np.ones(2)
    for _ in range(3):
        assert not np.shares_memory(product(seed, W), seed)


def test_names_of_every_kind():
    def f(a, /, type, b=2.0, *, c=3.0):
        return a * type * b * c

    slope = gs.grad(f, wrt="a")
    for _ in range(2):
        assert slope(1.0, 5.0) == 30.0
        assert slope(1.0, type=5.0, c=1.0) == 10.0
    assert short_way(slope)
    assert slope(1.0, 5.0, 2.0, c=3.0) == 30.0
    with pytest.raises(TypeError, match="f_grad"):
        slope(a=1.0)
    assert "type" in inspect.signature(slope).parameters
