"""Compiled modules take arguments as Python does: parts, defaults, names."""

from __future__ import annotations

import inspect
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradscribe.cli import main
from test_build import loaded

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
SOURCE = """
import numpy as np


def layers(ps, x: "f64[n]"):
    for W, b in ps:
        x = np.tanh(W @ x + b)
    return np.sum(x)


def line(p, x: "f64[n]", *, scale=2.0, steps=1, on=True):
    total = np.sum(p["w"] * x + p["b"]) * scale**steps
    return total if on else 0.0 * total


def several(x: "f64[n]", y: "f64[n]"):
    return x * y, np.sum(x)
"""
TYPES = (
    "ps: [(f64[n, n], f64[n]), (f64[n, n], f64[n])], p: {w: f64[n], b: float},"
    " scale: float, steps: int, on: bool"
)
NAMES = """
import numpy as np


def matvec(A: "f64[m, n]", x: "f64[n]"):
    return A @ x


def exp(x: "f64[n]"):
    return np.exp(x)


def read(x: "f64"):
    return x + 1.0


def free(x: "f64"):
    return 2.0 * x


def bound(x: "f64"):
    return 3.0 * x


def bound_run(x: "f64"):
    return 4.0 * x
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("arguments")
    (folder / "parts.py").write_text(SOURCE)
    (folder / "names.py").write_text(NAMES)
    parts = [f"{folder}/parts.py:{name}" for name in ("layers", "line")]
    several = [f"{folder}/parts.py:several", "--vjp", "--wrt", "x,y"]
    names = "matvec exp read free bound bound_run".split()
    named = [f"{folder}/names.py:{name}" for name in names]
    end = ["--with-test", "-o", str(folder), "--name"]
    assert main(["build", *parts, "--types", TYPES, *end, "parted"]) == 0
    assert main(["build", *several, *end, "severalfold"]) == 0
    assert main(["build", *named, "--mode", "primal", *end, "called"]) == 0
    return folder


@pytest.mark.parametrize("name", ["parted", "severalfold", "called"])
def test_the_tests_beside_them_pass(place: Path, name: str):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, f"test_{name}.py"], cwd=place, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_lists_dicts_and_tuples_go_in_and_out(place: Path):
    parted = loaded(place, "parted")
    W, b, x = np.eye(3) * 0.5, np.ones(3), np.arange(3.0)
    found = parted.layers_grad([(W, b), [W, b]], x)
    assert isinstance(found, list)
    assert [tuple(part.shape for part in pair) for pair in found] == [
        ((3, 3), (3,))
    ] * 2
    own = parted.line_grad({"w": x, "b": 1}, x)
    np.testing.assert_array_equal(own["w"], 2.0 * x)
    assert own["b"] == 6.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([(1, 2)], 3), r"ps: expected 2 items, got 1"),
        ((7, 3), r"ps: expected a tuple, got <class 'int'>"),
        (([(np.eye(2), 5), 0], 3), r"ps\[1\]: expected a tuple"),
        (([(np.eye(2), 5), (1, 2)], np.ones(2)), r"ps\[0\]\[1\]: expected a NumPy"),
    ],
)
def test_errors_name_the_part(place: Path, arguments: Any, message: str):
    with pytest.raises((TypeError, ValueError), match=message):
        loaded(place, "parted").layers_grad(*arguments)
    with pytest.raises(KeyError, match="p has no 'b'"):
        loaded(place, "parted").line_grad({"w": 1, "c": 2}, np.ones(2))


def test_defaults_and_names(place: Path):
    line = loaded(place, "parted").line_grad
    p, x = {"w": np.ones(2), "b": 0.5}, np.array([1.0, 3.0])
    np.testing.assert_array_equal(line(p, x)["w"], 2.0 * x)
    np.testing.assert_array_equal(line(p, x, steps=3)["w"], 8.0 * x)
    np.testing.assert_array_equal(line(p, x, on=False, scale=1)["w"], 0.0 * x)
    shown = str(inspect.signature(line))
    assert shown == "(p, x, *, scale=2.0, steps=1, on=True)"
    with pytest.raises(TypeError, match="takes 2 positional arguments but 3"):
        line(p, x, 2.0)
    references = sys.getrefcount(x)
    for _ in range(100):
        line(p, x)
    assert sys.getrefcount(x) == references


def test_functions_called_as_those_of_c(place: Path):
    called = loaded(place, "called")
    np.testing.assert_array_equal(called.matvec(np.eye(2), np.ones(2)), np.ones(2))
    np.testing.assert_array_equal(called.exp(np.zeros(2)), np.ones(2))
    found = [getattr(called, n)(1.0) for n in ("read", "free", "bound", "bound_run")]
    assert found == [2.0, 2.0, 3.0, 4.0]
