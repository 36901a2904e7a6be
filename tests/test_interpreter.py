"""The reference interpreter's control flow, written out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from gradscribe.transpile.graph.build import Builder, Expr
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
from interpreter import run

N = Linear.of(Size("n"))
FLOAT, INT, BOOL = Type("float64"), Type("weak_int"), Type("bool")


def function(
    name: str, params: list[Value], b: Builder, results: list[Value]
) -> Function:
    named = tuple(Parameter(str(p), (p,)) for p in params)
    body = Region(tuple(params), tuple(b.equations), tuple(results))
    return Function(name, named, body)


def block(params: list[Value], b: Builder, results: list[Value]) -> Region:
    return Region(tuple(params), tuple(b.equations), tuple(results))


def sum_until(limit: float) -> Function:
    """``for i in range(n): s += x[i]; if s > limit: break``, with trips counted."""
    x = Value(Type("float64", (N,)), "x", Buffer("x"))
    outer, inner = Builder(), Builder()
    counter, carry = Value(INT, "i"), Value(FLOAT, "s")
    item = inner.index(x, [At(0)], counter)
    total = inner.emit("add", carry, item)
    stop = inner.emit("greater", total, inner.constant(limit))
    body = block([counter, carry], inner, [stop, total])
    zero, one = outer.constant(0), outer.constant(1)
    start = outer.constant(0.0, "float64")
    results = [Value(BOOL), Value(INT), Value(FLOAT)]
    operands = [zero, outer.dim(x, 0), one, start]
    outer.append("for", operands, results, [body], exits=True, count=True)
    return function("sum_until", [x], outer, results)


@pytest.mark.parametrize(
    "limit, expected", [(100.0, (False, 4, 10.0)), (3.5, (True, 2, 6.0))]
)
def test_for_with_break(limit: float, expected: tuple[bool, int, float]) -> None:
    assert run(sum_until(limit), np.array([1.0, 2.0, 3.0, 4.0])) == expected


def test_while() -> None:
    """``while s < 10: s = 2 * s``."""
    start = Value(FLOAT, "start")
    asked, carry = Value(FLOAT, "s"), Value(FLOAT, "s")
    condition, body, outer = Builder(), Builder(), Builder()
    again = (Expr(condition, asked) < 10).value
    doubled = (2 * Expr(body, carry)).value
    regions = [block([asked], condition, [again]), block([carry], body, [doubled])]
    final = Value(FLOAT)
    outer.append("while", [start], [final], regions)
    assert run(function("f", [start], outer, [final]), 3.0) == (12.0,)


def test_if_with_an_undefined_value() -> None:
    x = Value(FLOAT, "x")
    yes, no, outer = Builder(), Builder(), Builder()
    nothing = no.emit("undefined", type=FLOAT)
    regions = [
        block([], yes, [(Expr(yes, x) * 2).value, x]),
        block([], no, [(-Expr(no, x)).value, nothing]),
    ]
    positive = (Expr(outer, x) > 0).value
    results = [Value(FLOAT), Value(FLOAT)]
    outer.append("if", [positive], results, regions)
    code = function("f", [x], outer, results[:1])
    assert run(code, 3.0) == (6.0,)
    assert run(code, -3.0) == (3.0,)


def test_call_and_store() -> None:
    """A callee that writes its argument returns the new contents."""
    a = Value(Type("float64", (N,)), "a", Buffer("a"))
    inner, outer = Builder(), Builder()
    path = (Index((At(0),)),)
    written = inner.store(a, inner.constant(7.0), path, inner.constant(-1))
    callee = function("fill", [a], inner, [written])
    x = Value(Type("float64", (N,)), "x", Buffer("x"))
    result = Value(x.type, "x", x.buffer)
    outer.append("call", [x], [result], callee="fill")
    given = np.zeros(3)
    (found,) = run(Program((callee, function("f", [x], outer, [result]))), given)
    np.testing.assert_array_equal(found, [0, 0, 7])
    np.testing.assert_array_equal(given, 0)


def test_check_raises() -> None:
    n, builder = Value(INT, "n"), Builder()
    holds = (Expr(builder, n) > 0).value
    builder.append("check", [holds], [], exception="IndexError", message="no")
    code = function("f", [n], builder, [n])
    assert run(code, 1) == (1,)
    with pytest.raises(IndexError, match="no"):
        run(code, 0)


def test_unknown_operation_raises() -> None:
    x, builder = Value(FLOAT, "x"), Builder()
    made = Value(FLOAT)
    builder.append("frobnicate", [x], [made])
    with pytest.raises(NotImplementedError, match="frobnicate"):
        run(function("f", [x], builder, [made]), 1.0)
