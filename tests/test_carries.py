"""What loops carry, by kind."""

from __future__ import annotations

import numpy as np
import pytest
from gradscribe.transpile import parse as parsing
from gradscribe.transpile.graph.carries import classify, is_parallel, kinds
from gradscribe.transpile.graph.check import Malformed, check
from gradscribe.transpile.graph.ir import Equation, Program, walk
from gradscribe.transpile.read.live import from_function


def total(x):
    s = 0.0
    for i in range(x.size):
        s = s + x[i] * x[i]
    return s


def product_and_largest(x):
    p = 1.0
    m = x[0]
    for i in range(x.size):
        p = p * x[i]
        m = max(m, x[i])
    return p + m


def recurrence(x):
    h = 0.0
    for i in range(x.size):
        h = np.tanh(h + x[i])
    return h


def alternating(x):
    s = 0.0
    for i in range(x.size):
        s = s + s * x[i]
    return s


def rows(A):
    for i in range(A.shape[0]):
        A[i, 0] = A[i, 1] * A[i, 2]
        A[i, 1:] *= 2.0


def shifted(x):
    for i in range(1, x.size):
        x[i] = x[i - 1] * 2.0


def every_other(x):
    y = np.zeros(2 * x.size)
    for i in range(x.size):
        y[2 * i] = x[i]
    return y


def last(x):
    y = 0.0
    for i in range(x.size):
        y = x[i] * 2.0
    return y


def _loop(function, types: str) -> tuple[Program, Equation]:
    source = from_function(function)
    program = parsing.parse(source, parsing.parse_types(types))
    return program, next(eq for eq in walk(program.entry.body) if eq.op == "for")


@pytest.mark.parametrize(
    ("function", "types", "expected"),
    [
        (total, "x: f64[n]", {"reduce(add)"}),
        (product_and_largest, "x: f64[n]", {"reduce(multiply)", "reduce(maximum)"}),
        (recurrence, "x: f64[n]", {"state"}),
        (alternating, "x: f64[n]", {"state"}),
        (rows, "A: f64[m, n]", {"disjoint"}),
        (shifted, "x: f64[n]", {"state"}),
        (every_other, "x: f64[n]", {"disjoint"}),
        (last, "x: f64[n]", {"private"}),
    ],
)
def test_kinds(function, types, expected) -> None:
    _, loop = _loop(function, types)
    assert set(kinds(loop)) == expected
    assert is_parallel(loop) == ("state" not in expected)


def test_the_verifier_holds_the_kinds_to_the_body() -> None:
    program, loop = _loop(recurrence, "x: f64[n]")
    assert check(classify(program))
    claimed = Equation(
        loop.op,
        loop.operands,
        loop.results,
        {**loop.attrs, "kinds": ("private",)},
        loop.regions,
    )
    entry = program.entry
    equations = tuple(claimed if eq is loop else eq for eq in entry.body.equations)
    from dataclasses import replace

    body = replace(entry.body, equations=equations)
    with pytest.raises(Malformed, match="carries"):
        check(Program((replace(entry, body=body),)))
