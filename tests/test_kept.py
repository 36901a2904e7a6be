"""Texts kept from process to process: found for the same function, and no other."""

from __future__ import annotations

import importlib.util
import linecache
import logging
import types
from pathlib import Path
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from gradscribe.transpile import records
from gradscribe.transpile.frozen import version

TEXT = """
from typing import NamedTuple
import numpy as np

RATE = 2.0
TABLE = np.array([1.0, 2.0])
SHAPE = (2, 3)


class Pair(NamedTuple):
    a: np.ndarray
    b: float = 1.0


class Model:
    order = 2

    def __init__(self):
        self.w = np.ones(2)

    def power(self, x):
        return x ** self.order


def helper(x):
    return inner(x) * RATE


def inner(x):
    return x * x


def loss(x, k=3.0):
    return np.sum(helper(x)) * k + np.sum(TABLE) * SHAPE[0]


def pairs(p, k=3.0):
    return np.sum(p.a * k) * p.b


def applied(x, f):
    return np.sum(f(x))


def methods(x, m):
    return np.sum(m.power(x) * m.w)


def made(c):
    def captured(x):
        return np.sum(x * c)

    return captured


closed, other = made(2.0), made(2.0)
"""
X = np.array([1.0, 2.0])


def module(folder: Path, text: str = TEXT) -> Any:
    """Import a module as a process of its own would, from a file of that text."""
    path = folder / "program.py"
    path.write_text(text)
    linecache.checkcache(str(path))
    spec = importlib.util.spec_from_file_location("program", path)
    assert spec is not None and spec.loader is not None
    found = types.ModuleType("program")
    found.__file__ = str(path)
    exec(compile(text, str(path), "exec"), found.__dict__)
    return found


def frozen(derivative: Any, *args: Any) -> Any:
    names = derivative.names
    derivative.taker.take_all(names, args)
    kinds = {n: derivative.taker.kind(a) for n, a in zip(names, args, strict=False)}
    return derivative.transform.frozen(kinds, "numpy")


def digest(function: Any, *args: Any, **options: Any) -> str:
    return frozen(gs.grad(function, **options), *args).digest


CASES = {
    "loss": lambda m: (m.loss, X, 3.0),
    "pairs": lambda m: (m.pairs, m.Pair(X, 2.0), 3.0),
    "applied": lambda m: (m.applied, X, m.helper),
    "methods": lambda m: (m.methods, X, m.Model()),
    "closed": lambda m: (m.closed, X),
}
# Statements that change what a module holds, and the cases whose text may be another.
CHANGES = {
    "RATE = 2.5": "loss applied",
    "RATE = 2": "loss applied",
    "RATE = np.float64(2.0)": "loss applied",
    "TABLE[1] = 3.0": "loss",
    "TABLE = TABLE.astype(np.float32)": "loss",
    "TABLE = TABLE[::-1]": "loss",
    "SHAPE = (3, 3)": "loss",
    "SHAPE = (2.0, 3)": "loss",
    "inner = made(2.0)": "loss applied",
    "inner = helper": "loss applied",
    "inner = np.exp": "loss applied",
    "inner = None": "loss applied",
    "loss.__defaults__ = (4.0,)": "loss",
    "pairs.__defaults__ = (4,)": "pairs",
    "Pair._field_defaults['b'] = 3.0": "pairs",
    "Model.order = 3": "methods",
    "Model.order = 2.0": "methods",
    "Model.power = lambda self, x: x": "methods",
    "closed.__closure__[0].cell_contents = 3.0": "closed",
    "closed.__closure__[0].cell_contents = inner": "closed",
    "import math; np = math": "loss applied methods closed pairs",
}


@pytest.mark.parametrize("name", CASES)
def test_found_in_another_process(tmp_path: Path, name: str):
    first, second = CASES[name](module(tmp_path)), CASES[name](module(tmp_path))
    assert digest(*first) == digest(*second)


@pytest.mark.parametrize("change", CHANGES)
def test_another_after_a_change(tmp_path: Path, change: str):
    m = module(tmp_path)
    for name in CASES:
        function, *args = CASES[name](m)
        before = digest(function, *args)
        other = module(tmp_path)
        function, *args = CASES[name](other)
        exec(change, other.__dict__)
        changed = name in CHANGES[change].split()
        assert (digest(function, *args) != before) == changed, name


def test_another_after_an_edit(tmp_path: Path):
    before = digest(*CASES["loss"](module(tmp_path)))
    edited = module(tmp_path, TEXT.replace("return x * x", "return x * x * x"))
    assert digest(*CASES["loss"](edited)) != before


def test_another_for_other_arguments_and_options(tmp_path: Path):
    m = module(tmp_path)
    found = [
        digest(m.loss, X, 3.0),
        digest(m.loss, X, 3),
        digest(m.loss, X[:1], 3.0),
        digest(m.loss, X.repeat(2)[::2], 3.0),
        digest(m.loss, X.astype(np.float32), 3.0),
        digest(m.loss, X, 3.0, wrt="k"),
        digest(m.loss, X, 3.0, wrt=("x",)),
        digest(m.loss, X, 3.0, stabilise=False),
        digest(m.applied, X, m.helper),
        digest(m.applied, X, m.inner),
        digest(m.applied, X, np.exp),
    ]
    assert len(set(found)) == len(found)


def test_helpers_and_globals_bound_anew(tmp_path: Path):
    m = module(tmp_path)
    first = digest(m.loss, X, 3.0)
    m.inner = m.helper
    second = digest(m.loss, X, 3.0)
    m.inner = m.made(1.0)
    assert len({first, second, digest(m.loss, X, 3.0)}) == 3


def test_closures_that_share_a_cell():
    def shared(c):
        def one(x):
            return x * c

        def two(x):
            return x + c

        def both(x):
            return np.sum(one(x) * two(x))

        return both, one, two

    def taken(x, f, g):
        return np.sum(f(x) * g(x))

    (_, one, two), (_, other, _) = shared(2.0), shared(2.0)
    assert digest(taken, X, one, two) != digest(taken, X, other, two)


@pytest.mark.parametrize("name", CASES)
def test_what_is_kept_runs_alike(tmp_path: Path, name: str):
    m = module(tmp_path)
    function, *args = CASES[name](m)
    derivative = gs.value_and_grad(function, target="numpy")
    expected = derivative(*args)
    keeper = frozen(derivative, *args)
    (made,) = derivative._made.values()
    content = keeper.pack(made._generated)
    assert content is not None
    again = frozen(gs.value_and_grad(function), *args).unpack(content)
    assert again.text == made._generated.text and again.lines == made._generated.lines
    assert [h.name for h in again.hidden] == [h.name for h in made._generated.hidden]
    assert [h.read() for h in again.hidden] == [
        h.read() for h in made._generated.hidden
    ]
    assert again.is_current()
    found = type(made)(again, made.kinds, "numpy")(
        [], derivative.taker.take_all(derivative.names, args)[1]
    )
    np.testing.assert_equal(found, expected)
    if name in ("loss", "applied"):
        m.inner = m.helper
        assert not again.is_current()


def test_a_text_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv("GRADSCRIBE_CACHE_DIR", str(tmp_path / "cache"))
    caplog.set_level(logging.INFO, "gradscribe")
    for k, word in enumerate(["made", "found", "made"]):
        caplog.clear()
        m = module(tmp_path)
        assert gs.grad(m.loss, target="numpy")(X)[1] == 24.0
        assert f"text for numpy {word}" in caplog.text
        if k == 1:  # what cannot be read is written again
            (path,) = (tmp_path / "cache").rglob("*.pickle")
            path.write_bytes(b"half")


def test_guarded_records_are_kept_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    one = version.__wrapped__()
    monkeypatch.setattr(records, "GUARDED", not records.GUARDED)
    assert version.__wrapped__() != one


def test_what_cannot_be_compared_is_not_kept(tmp_path: Path):
    m = module(tmp_path, TEXT.replace("SHAPE = (2, 3)", "SHAPE = (2, object())"))
    assert frozen(gs.grad(m.loss), X, 3.0) is None
