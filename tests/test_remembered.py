"""What is found out once: about regions, and about the lines of a module's text."""

from __future__ import annotations

import ast

import pytest
from gradscribe.transpile.graph.buffers import touched, touched_in, written_in
from gradscribe.transpile.graph.build import Builder
from gradscribe.transpile.graph.ir import Buffer, Equation, Region, Type, Value, walk
from gradscribe.transpile.graph.linear import Linear
from gradscribe.transpile.graph.substitute import substitute
from gradscribe.transpile.read.source import constant_text

KIND = Type("float64", (Linear.number(3),))


def made() -> tuple[Region, Value, Value]:
    """A region that writes one array and reads another, inside a branch."""
    x, y = (Value(KIND, name, Buffer(name)) for name in "xy")
    inner = Builder()
    new = inner.emit("accumulate", y, x, path=())
    branch = Region((), tuple(inner.equations), (new,))
    last = Value(KIND, "y", y.buffer)
    test = Value(Type("bool"), "test")
    eq = Equation("if", (test,), (last,), regions=(branch, Region((), (), (y,))))
    return Region((x, y, test), (eq,), (last,)), x, y


def test_memory_of_a_region() -> None:
    region, x, y = made()
    assert written_in(region) == {y.buffer}
    assert touched_in(region) == touched(region.equations[0]) == {x.buffer, y.buffer}
    assert written_in(region) is written_in(region)
    assert [eq.op for eq in walk(region)] == ["if", "accumulate"]


def test_a_region_without_the_values_stays_as_it_is() -> None:
    region, x, _ = made()
    other = Value(KIND, "z", Buffer("z"))
    assert substitute(region, {other: x}) is region
    changed = substitute(region, {x: other})
    assert touched_in(changed) == (touched_in(region) - {x.buffer}) | {other.buffer}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_text_of_a_constant(end: str) -> None:
    module = end.join(
        ['WORD = "ä"; RATE = 1e-3', "PAIR = (", "    1,", "    2.50)", ""]
    )
    first, second, third = ast.parse(module).body
    assert isinstance(first, ast.Assign) and isinstance(second, ast.Assign)
    assert constant_text(module, first.value, "ä") == '"ä"'
    assert constant_text(module, second.value, 1e-3) == "1e-3"
    assert isinstance(third, ast.Assign)
    assert constant_text(module, third.value, (1, 2.5)) == "(1, 2.5)"
