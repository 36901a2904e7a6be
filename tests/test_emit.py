"""The printed text: exact samples, run beside the interpreter, left alone by ruff."""

from __future__ import annotations

import copy
import random
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from emit_samples import SAMPLES, Sample, expression_file
from gradscribe.transpile.arrange.show import show
from gradscribe.transpile.emit.expressions import Atom, binary, call, text, unary
from gradscribe.transpile.emit.literals import literal
from gradscribe.transpile.emit.numpy import Header, docstring, emit_numpy
from gradscribe.transpile.graph.ir import Program
from gradscribe.transpile.parse import parse, parse_types
from gradscribe.transpile.read.static import from_text
from interpreter import run


def _ruff() -> str:
    beside = Path(sys.executable).with_name("ruff")
    found = str(beside) if beside.exists() else shutil.which("ruff")
    if found is None:
        pytest.skip("ruff is not installed")
    return found


def ruff(command: list[str], source: str) -> str:
    done = subprocess.run(
        [_ruff(), *command, "--isolated", "-"],
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else done.stdout + done.stderr


def flat(value: object) -> list[object]:
    if isinstance(value, tuple):
        return [leaf for part in value for leaf in flat(part)]
    return [] if value is None else [value]


def body(emitted: str) -> str:
    """Return the last function of a file."""
    return emitted[emitted.rindex("\ndef ") + 1 :]


def named(sample: Sample) -> object:
    return pytest.param(sample, id=sample.name)


@pytest.mark.parametrize("sample", [named(s) for s in SAMPLES])
def test_text(sample: Sample) -> None:
    made = emit_numpy(sample.program()).text
    assert body("\n" + made) == textwrap.dedent(sample.text).lstrip("\n")


@pytest.mark.parametrize("sample", [named(s) for s in SAMPLES])
def test_meaning(sample: Sample) -> None:
    program = sample.program()
    space: dict[str, object] = {"np": np}
    exec(emit_numpy(program).text, space)
    for args in sample.arguments():
        given = [copy.deepcopy(a) for a in args]
        found = flat(space[program.entry.name](*given))  # type: ignore[operator]
        found += [given[k] for k in program.entry.written]
        expected = run(program, *args)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=0)


@pytest.mark.parametrize("sample", [named(s) for s in SAMPLES])
def test_formatted(sample: Sample) -> None:
    made = emit_numpy(sample.program(), Header(("A sample.",), "a.py", "f")).text
    assert ruff(["format"], made) == made
    assert "All checks passed" in ruff(["check", "--ignore", "F841"], made)


@pytest.mark.parametrize("seed", range(4))
def test_breaking_is_ruffs(seed: int) -> None:
    made = expression_file(random.Random(seed))
    assert ruff(["format"], made).splitlines() == made.splitlines()


def test_origins_point_at_lines() -> None:
    sample = next(s for s in SAMPLES if s.name == "logistic")
    emitted = emit_numpy(sample.program())
    lines = emitted.text.splitlines()
    (number,) = [k for k, line in enumerate(lines, 1) if "z_bar =" in line]
    assert emitted.lines[number].line == 3


def test_show() -> None:
    sample = next(s for s in SAMPLES if s.name == "logistic")
    assert "    z: f64[m] = add (matvec X w) b   # logistic.py:2" in show(
        sample.program()
    )


def test_emission_is_repeatable() -> None:
    for sample in SAMPLES:
        program: Program = sample.program()
        assert emit_numpy(program).text == emit_numpy(sample.program()).text


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (binary("-", Atom("a"), binary("-", Atom("b"), Atom("c"))), "a - (b - c)"),
        (binary("-", binary("-", Atom("a"), Atom("b")), Atom("c")), "a - b - c"),
        (binary("+", Atom("a"), binary("*", literal(-0.5), Atom("b"))), "a - 0.5 * b"),
        (unary("-", binary("**", Atom("x"), literal(2))), "-(x**2)"),
        (binary("**", unary("-", Atom("x")), literal(2)), "(-x) ** 2"),
        (binary("**", Atom("x"), literal(-1.0)), "x**-1.0"),
        (binary("**", Atom("x"), binary("+", Atom("a"), Atom("b"))), "x ** (a + b)"),
        (binary("**", call("f", Atom("x")), literal(2)), "f(x) ** 2"),
        (binary("<", binary("<", Atom("a"), Atom("b")), Atom("c")), "(a < b) < c"),
        (unary("not", binary("<", Atom("a"), Atom("b"))), "not a < b"),
        (binary("*", Atom("a"), literal(-2)), "a * -2"),
        (literal(1e-8, "1e-8"), "1e-8"),
        (literal(1e16), "1e16"),
        (literal(float("-inf")), "-np.inf"),
        (literal(2.0, "2."), "2.0"),
    ],
)
def test_expressions(node: object, expected: str) -> None:
    assert text(node) == expected  # type: ignore[arg-type]


def test_header_joins_again() -> None:
    command = 'gradscribe grad a/b.py:loss --wrt w,b --types "w: f64[n], X: f64[m, n]"'
    header = Header(("Gradient.",), "a/b.py", "loss", command * 2, "sha256:1", ("# ©",))
    lines = list(docstring(header))
    assert lines[:3] == ["# ©", "", '"""Gradient.']
    assert max(map(len, lines)) <= 88
    start = next(k for k, line in enumerate(lines) if line.startswith("Command: "))
    stop = next(k for k, line in enumerate(lines) if line.startswith("Digest: "))
    joined = " ".join(line.strip() for line in lines[start:stop])
    assert joined == f"Command: {command * 2}"


def test_results_that_numpy_returns_together() -> None:
    text = (
        "import numpy as np\n\n\ndef f(A):\n"
        "    w, V = np.linalg.eigh(A)\n"
        "    U, s, Vh = np.linalg.svd(A, full_matrices=False)\n"
        "    return (V * w) @ U * s @ Vh\n"
    )
    program = parse(from_text(text, "f"), parse_types("A: f64[n, n]"))
    made = emit_numpy(program).text
    for line in text.splitlines()[4:6]:
        assert line in made
