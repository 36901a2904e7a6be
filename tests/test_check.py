"""The verifier complains about each way in which a graph can be malformed."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from gradscribe.transpile.graph.build import Builder
from gradscribe.transpile.graph.check import Malformed, check
from gradscribe.transpile.graph.ir import (
    At,
    Buffer,
    Function,
    Index,
    Parameter,
    Program,
    Region,
    Type,
    Value,
)
from gradscribe.transpile.graph.linear import Linear, Size


def _array() -> Value:
    return Value(Type("float64", (Linear.of(Size("n")),)), "x", Buffer("x", True))


def _program(x: Value, builder: Builder, *results: Value) -> Program:
    body = Region((x,), tuple(builder.equations), results)
    return Program((Function("f", (Parameter("x", (x,)),), body),))


def test_nothing_in_a_graph_can_be_changed() -> None:
    x, b = _array(), Builder()
    b.emit("exp", x)
    for each, field in ((x, "name"), (x.type, "dtype"), (b.equations[0], "op")):
        with pytest.raises(FrozenInstanceError):
            setattr(each, field, "other")


def test_well_formed() -> None:
    x, b = _array(), Builder()
    assert check(_program(x, b, b.emit("exp", x)))


def test_reads_what_is_not_defined() -> None:
    x, b = _array(), Builder()
    stranger = Value(Type("float64"), "s")
    with pytest.raises(Malformed, match="reads s: f64, which is not defined"):
        check(_program(x, b, b.emit("exp", stranger)))


def test_defines_again() -> None:
    x, b = _array(), Builder()
    y = b.emit("exp", x)
    b.append("exp", (x,), (y,))
    with pytest.raises(Malformed, match="again"):
        check(_program(x, b, y))


def test_reads_overwritten_memory() -> None:
    x, b = _array(), Builder()
    y = b.emit("copy", x)
    view = b.emit("transpose", y, axes=(0,))
    path = (Index((At(0),)),)
    after = b.store(y, b.constant(1.0), path, b.constant(0))
    stale = b.emit("exp", view)
    with pytest.raises(Malformed, match="overwritten"):
        check(_program(x, b, b.emit("add", after, stale)))


def test_branches_must_agree() -> None:
    x, b = _array(), Builder()
    c = b.constant(True)
    empty = Region((), (), ())
    y = Value(Type("float64"), "y")
    b.append("if", (c,), (y,), (empty, empty))
    with pytest.raises(Malformed, match="another number of values"):
        check(_program(x, b, y))


def test_calls_fit() -> None:
    x, b = _array(), Builder()
    b.append("call", (x,), (), callee="g")
    with pytest.raises(Malformed, match="calls g, which does not stand before it"):
        check(_program(x, b))
    b = Builder()
    b.append("call", (x, x), (), callee="f")
    with pytest.raises(Malformed, match="calls f with 2 arguments"):
        check(_program(x, b))
