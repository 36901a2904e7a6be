"""Every row of the table of refusals, and the page that shows it."""

from __future__ import annotations

import random
import textwrap
from pathlib import Path

import gradscribe as gs
import numpy as np
import pytest
from gradscribe.transpile.errors import Problem, TranspileError
from gradscribe.transpile.parse import parse, parse_types
from gradscribe.transpile.read import language
from gradscribe.transpile.read.static import from_text
from refusals import SECTIONS, Row, page

PAGE = Path(__file__).resolve().parents[1] / "docs" / "refusals.md"
TYPES = "x: f64[n], y: f64[n], A: f64[m, n], n: int"
# Syntax that Python 3.11 does not have, or has inside of square brackets only.
NEWER = {"TypeAlias", "TemplateStr", "Slice"}
ROWS = [row for rows in SECTIONS.values() for row in rows]


def problems(body: str) -> tuple[Problem, ...]:
    """The problems of a function with a body."""
    head = "import math, scipy.linalg, scipy.special\nimport numpy as np\n\n"
    head += "def f(x, y, A, n):\n"
    source = from_text(head + textwrap.indent(body, "    "), "f")
    with pytest.raises(TranspileError) as caught:
        parse(source, parse_types(TYPES))
    return caught.value.problems


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_row(row: Row) -> None:
    example, message, fix = row
    found = problems(example)
    assert (message, fix) == (found[0].message, found[0].help)
    assert 4 <= found[0].line < 5 + len(example.split("\n"))
    assert found[0].end_column > found[0].column


@pytest.mark.parametrize("name", language.NUMPY_HELP)
def test_function(name: str) -> None:
    found = problems(f"return np.{name}(x)")
    assert found[0].message == f"np.{name} is not supported"
    assert found[0].help == language.NUMPY_HELP[name]


def test_only_misspelled_names_are_guessed() -> None:
    assert problems("return np.sun(x)")[0].help == "did you mean np.sum?"
    assert "did you mean" not in (problems("return np.packbits(x)")[0].help or "")
    known = problems("return scipy.special.wofz(x)")[0].help or ""
    assert "did you mean" not in known and "custom_derivative" in known
    near = problems("return scipy.special.gamaln(x)")[0].help
    assert near == "did you mean scipy.special.gammaln?"


def test_what_follows_from_a_problem_is_not_told() -> None:
    body = "a = x + y[0.5]\nfor i in range(n):\n    b = a + x\n    a = y * 2\nreturn a"
    assert [p.message for p in problems(body)] == ["an index of type weak_float"]
    (problem,) = problems("import random as r\nreturn x * r.random()")
    assert problem.message == "an import inside a function is not supported"


def test_page() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(dict(language.NUMPY_HELP))


def test_every_refused_kind_has_a_row() -> None:
    messages = " ".join(message for _, message, _ in ROWS)
    for table in (language.STATEMENTS, language.EXPRESSIONS):
        for kind, refusal in table.items():
            assert kind in NEWER or refusal.message in messages, kind


def drawing_of_python(x):
    return x + random.gauss(0.0, 1.0)


def drawing_of_another(x, rng):
    return x + rng.permuted(np.arange(3.0)).sum()


def test_draws_are_numpys():
    """Only generators of NumPy can be drawn from, and not all in all ways."""
    rng = np.random.default_rng(0)
    with pytest.raises(gs.TranspileError, match="write rng.normal\\(loc, scale\\)"):
        gs.grad(drawing_of_python, target="numpy")(1.0)
    with pytest.raises(gs.TranspileError, match=r"write x\[rng.permutation\(n\)\]"):
        gs.grad(drawing_of_another, target="numpy")(1.0, rng)
