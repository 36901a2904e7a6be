"""Errors' text, and where functions come from."""

from __future__ import annotations

import pickle
import re
import textwrap
from pathlib import Path

import gradscribe as gs
import numpy as np
import pytest
from gradscribe.transpile.errors import Problem
from gradscribe.transpile.read.live import from_function
from gradscribe.transpile.read.source import (
    Constant,
    Helper,
    Module,
    NumPyName,
    Record,
    Unknown,
    digest,
    with_helpers,
)
from gradscribe.transpile.read.static import from_spec, from_text

G = 9.81
WEIGHTS = np.arange(3.0)


def helper(x):
    return x * G


def user(x, k=2):
    return np.exp(x) * helper(x) + WEIGHTS + k + len(x) + undefined  # noqa: F821


# ---- the format ----


def test_format():
    problem = Problem(
        "loss.py",
        12,
        8,
        13,
        "cannot differentiate through a write into a view that overlaps its source",
        "copy the right-hand side first: y[1:] = y[:-1].copy() * w",
        "        y[1:] = y[:-1] * w",
    )
    assert str(problem) == textwrap.dedent("""\
        loss.py:12:8: cannot differentiate through a write into a view that overlaps its source
            y[1:] = y[:-1] * w
            ^^^^^
        help: copy the right-hand side first: y[1:] = y[:-1].copy() * w""")  # noqa: E501


def test_all_problems_and_pickling():
    problems = [Problem("a.py", n, 0, 1, f"problem {n}", None, "x = 1") for n in (1, 2)]
    error = gs.TranspileError(problems)
    assert str(error).count("^") == 2
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == error.problems == tuple(problems)


@pytest.mark.parametrize(
    ("start", "end", "marks"),
    [(4, 0, "^" * 9), (4, 99, "^" * 9), (12, 13, " " * 8 + "^")],
)
def test_carets_stay_under_the_line(start: int, end: int, marks: str):
    text = str(Problem("a.py", 1, start, end, "m", None, "    x = f(y)("))
    assert text.split("\n")[2] == "    " + marks


# ---- live functions ----


def test_names_of_a_live_function():
    source = from_function(user)
    assert source.lookup("np") == Module("numpy")
    assert source.lookup("len") == NumPyName("builtins.len")
    assert isinstance(source.lookup("undefined"), Unknown)
    found = source.lookup("helper")
    assert isinstance(found, Helper) and found.source.qualname == "helper"
    constant = found.source.lookup("G")
    assert isinstance(constant, Constant) and constant.text == "9.81"
    assert constant.origin is not None and constant.origin[0] == __file__
    weights = source.lookup("WEIGHTS")
    assert isinstance(weights, Constant) and weights.text is None
    assert weights.value is WEIGHTS
    default = source.default("k")
    assert isinstance(default, Constant) and default.text == "2"


def test_globals_are_read_again(monkeypatch: pytest.MonkeyPatch):
    watch: list = []
    source = from_function(helper, watch)
    source.lookup("G")
    assert not watch[0].changed
    monkeypatch.setitem(globals(), "G", 1.62)
    assert watch[0].changed and watch[0].read() == 1.62


def test_a_global_may_hide_a_builtin(monkeypatch: pytest.MonkeyPatch):
    watch: list = []
    from_function(user, watch).lookup("len")
    assert not watch[0].changed
    monkeypatch.setitem(globals(), "len", helper)
    assert watch[0].changed


def test_cells():
    def make(c):
        def inner(x):
            return c * x

        return inner

    for number in (2.0, 3.0):
        found = from_function(make(number)).lookup("c")
        assert isinstance(found, Constant) and found.value == number
    assert from_function(make(2.0)) != from_function(make(3.0))


def test_numba_functions_are_read():
    numba = pytest.importorskip("numba")
    assert from_function(numba.njit(helper)).qualname == "helper"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (np.sin, "not a function written in Python"),
        ([].append, "not a function written in Python"),
        (3, "not a function written in Python"),
        (eval("lambda x: x"), "lambda"),
        (Path.exists, None),
    ],
)
def test_what_is_no_function_of_the_user(function: object, message: str | None):
    if message is None:
        assert from_function(function).name == "exists"
        return
    with pytest.raises(gs.TranspileError, match=message) as caught:
        from_function(function)
    assert all(problem.help for problem in caught.value.problems)


def test_no_source():
    space: dict = {}
    exec("def f(x):\n    return x\n", space)
    with pytest.raises(gs.TranspileError, match="cannot be found") as caught:
        from_function(space["f"])
    assert "save the function in a file" in str(caught.value)


async def delayed(x):
    return x


class Called:
    def __call__(self, x):
        return x


def misspelled(x):
    return x * WEIGTHS  # noqa: F821


def position(x):
    return np.argmax(x)


@pytest.mark.parametrize(
    ("function", "message", "help"),
    [
        (delayed, r"test_errors\.py:\d+: delayed is async", "a plain def"),
        (Called(), "is not a function", "__call__, as in gs.grad(model.__call__)"),
        (misspelled, "'WEIGTHS' is not defined$", "did you mean WEIGHTS?"),
        (position, "position returns i64; a gradient needs", "return a float: others"),
    ],
)
def test_what_to_write_instead(function, message: str, help: str):
    with pytest.raises(gs.TranspileError) as caught:
        gs.grad(function, target="numpy")(WEIGHTS)
    first = str(caught.value).splitlines()[0]
    assert re.search(message, first), first
    assert help in str(caught.value)
    with pytest.raises(gs.TranspileError, match="jacobian twice"):
        gs.hessian(helper, target="numpy")(WEIGHTS)


# ---- files ----


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    texts = {
        "pkg/__init__.py": "from .a import step\n",
        "pkg/a.py": """
            raise SystemExit("imported")
            import numpy as np, other.deep as deep
            from numpy import exp, pi
            from .b import H as HH, helper
            from . import b
            G = -9.81
            TWO = 2 * np.pi
            TWICE = 1
            TWICE = 2
            ARRAY = np.array([1.0, 2.0])
            MADE = open("x")
            class Model:
                def loss(self, w):
                    return w
            def step(x, dt=TWO, *, k=3):
                return exp(x) * helper(x)
        """,
        "pkg/b.py": """
            import numba, weird
            H = 1.5e3
            @numba.njit(fastmath=True)
            def helper(x):
                return x * H
            @weird.wrapper
            def odd(x):
                return x
        """,
        "other/deep.py": "def f(x):\n    return x\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_names_of_a_file(files: Path):
    source = from_spec("pkg/a.py:step")
    assert source.file == "pkg/a.py"
    assert source.lookup("np.linalg.norm") == NumPyName("numpy.linalg.norm")
    assert source.lookup("exp") == NumPyName("numpy.exp")
    assert source.lookup("pi") == NumPyName("numpy.pi")
    for name in ("helper", "b.helper", "deep.f"):
        assert isinstance(source.lookup(name), Helper)
    expected = {"G": "-9.81", "TWO": "2 * np.pi", "HH": "1.5e3"}
    for name, text in expected.items():
        found = source.lookup(name)
        assert isinstance(found, Constant) and found.text == text
    array = source.lookup("ARRAY")
    assert isinstance(array, Constant) and array.text is None
    for name in ("TWICE", "MADE", "b.odd", "nothing", "np.nothing"):
        assert isinstance(source.lookup(name), Unknown)
    model = source.lookup("Model")
    assert isinstance(model, Record) and model.kind == "object"
    assert list(model.methods) == ["loss"]
    assert [s.name for s in with_helpers(source)] == ["step", "helper"]


def test_specs(files: Path):
    assert from_spec("pkg.a:step").qualname == "step"
    assert from_spec("pkg/a.py:Model.loss").parameters == ("self", "w")
    for spec, help in [
        ("pkg/a.py:stp", "did you mean step"),
        ("pkg/aa.py:step", "did you mean pkg/a.py"),
        ("pkg/a.py", "write pkg/a.py:Model.loss or"),
        ("pkg.c:step", "FILE.py:FUNC"),
    ]:
        with pytest.raises(gs.TranspileError) as caught:
            from_spec(spec)
        assert help in str(caught.value)


def test_syntax_error():
    with pytest.raises(gs.TranspileError) as caught:
        from_text("def f(x):\n    return (x\n", "f", "bad.py")
    assert str(caught.value).startswith("bad.py:2:11: not valid Python")


def test_digest():
    text = "G = {}\n\ndef g(x):\n    return x\n\ndef f(x):{}\n    return g(x) * G\n"

    def of(constant: str = "1.0", comment: str = "", lines: str = "") -> str:
        source = from_text(lines + text.format(constant, comment), "f")
        return digest(with_helpers(source))

    assert of() == of(lines="# other\n\n")
    assert of() != of(constant="2.0")
    assert of() != of(comment="  # changed")
