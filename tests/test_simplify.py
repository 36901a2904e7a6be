"""Simplify: each rewrite by its text, all of them by values, the yardstick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gradscribe.transpile.arrange.show import show
from gradscribe.transpile.graph.build import Builder, Expr
from gradscribe.transpile.graph.check import check
from gradscribe.transpile.graph.ir import (
    At,
    Function,
    Index,
    Program,
    Region,
    Span,
    Value,
)
from gradscribe.transpile.graph.shapes import TypeRefused
from gradscribe.transpile.reverse.gradient import Request, gradient
from gradscribe.transpile.simplify import simplify
from gradscribe.transpile.stabilise import stabilise
from interpreter import run
from rewriting import formulas, graph, name, ops, rewritten

ALL = Index((Span(),))
KINDS = {
    "x": "f64[n]",
    "y": "f64[n]",
    "s": "f64",
    "t": "f64",
    "k": "i64[n]",
    "A": "f64[m, n]",
    "v": "f32[n]",
}


def f(op: str, x: Any, *others: Any, **attrs: Any) -> Any:
    return x.op(op, *others, **attrs)


def total(x: Any, axis: tuple[int, ...] = (0,), keepdims: bool = False) -> Any:
    return f("sum", x, axis=axis, keepdims=keepdims)


def spread(s: Any, x: Any) -> Any:
    return f("broadcast_to", s, *s.builder.dims(x.value))


def zeros(x: Any) -> Any:
    b = x.builder
    return Expr(b, b.emit("zeros", *b.dims(x.value), dtype=x.type.dtype))


def at(array: Any, place: Any) -> Any:
    return f("index", array, place, path=(Index((At(0),)),))


def turned(A: Any) -> Any:
    return f("transpose", A, axes=(1, 0))


def put(op: str, array: Any, value: Any, place: Any = None) -> Any:
    if place is None:
        return f(op, array, value, path=())
    return f(op, array, value, place, path=(Index((At(0),)),))


def tidy(function: Function) -> Function:
    return rewritten(check(Program((function,))).entry, simplify_checked)


def simplify_checked(program: Program) -> Program:
    return check(simplify(program))


def backward(make: Callable[..., Any]) -> Function:
    """Return the graph of a function of some of the standard parameters."""
    wanted = make.__code__.co_varnames[: make.__code__.co_argcount]
    return graph(make, True, **{p: KINDS[p] for p in wanted if p in KINDS})


def arguments(function: Function, rng: np.random.Generator) -> list[Any]:
    made: list[Any] = []
    for value in function.body.params:
        shape = {0: (), 1: (4,), 2: (3, 4)}[value.type.rank]
        if value.type.dtype == "int64":
            made.append(rng.integers(-3, 4, shape))
        else:
            made.append(np.asarray(rng.uniform(0.5, 2, shape), value.type.dtype)[()])
    return made


def assert_same_values(before: Function, after: Function, seed: int = 0) -> None:
    args = arguments(before, np.random.default_rng(seed))
    for old, new in zip(run(before, *args), run(after, *args), strict=True):
        assert np.shape(old) == np.shape(new)
        close = 1e-5 if np.asarray(new).dtype == np.float32 else 1e-10
        np.testing.assert_allclose(new, old, rtol=close, atol=close)


ROWS: list[tuple[Callable[..., Any], str]] = [
    # sums and products
    (lambda x, y: -(x - y), "subtract(y, x)"),
    (lambda x, y: -x + y, "subtract(y, x)"),
    (lambda x, y: x - (-y), "add(x, y)"),
    (lambda x, y: x + (-y), "subtract(x, y)"),
    (lambda x, y: (-x) * (-y), "multiply(x, y)"),
    (lambda x, y: x * 1.0 + y * 0, "copy(x)"),
    (lambda x, y: 2 * x * 0.5 * y, "multiply(x, y)"),
    (lambda x, y: x + y - x, "copy(y)"),
    (lambda x: x + x, "multiply(2, x)"),
    (lambda x: 3 * x - x * 2 + x, "multiply(2, x)"),
    (lambda x: 2 * f("negative", -x), "multiply(2, x)"),
    (lambda x: x / 2 + x / 2, "copy(x)"),
    (lambda x: x / 3 + x / 3, "divide(multiply(2, x), 3)"),
    (lambda s, x, y: s * x - s * y, "multiply(s, subtract(x, y))"),
    (lambda s, x, y: s * x * 2 - 2 * s * y, "multiply(multiply(2, s), subtract(x, y))"),
    (lambda x, y: x * y + y * x, "multiply(multiply(2, x), y)"),
    (lambda s, t, x: s * x * t, "multiply(multiply(s, t), x)"),
    (lambda s, x, y: x / s - y / s, "divide(subtract(x, y), s)"),
    (lambda s, x: s * (0.5 * x) * 2, "multiply(s, x)"),
    (lambda x, y, s: x * (y - s) + x * s, "multiply(x, y)"),
    (lambda x: 2 * x ** (f("subtract", x.lift(2), 1)), "multiply(2, x)"),
    (lambda x, y: x * y - (x * y), "zeros(x.0)"),
    # what stays as it is
    (lambda x: x * x, "multiply(x, x)"),
    (lambda x: x / 2, "divide(x, 2)"),
    (lambda x, y: x / y, "divide(x, y)"),
    (lambda x: x / x, "divide(x, x)"),
    (lambda x: (1 - x) * (1 + x), "multiply(subtract(1, x), add(1, x))"),
    (lambda x: x * f("sigmoid", -x), "multiply(x, sigmoid(negative(x)))"),
    (lambda x: 1 - x * x, "subtract(1, multiply(x, x))"),
    # sigmoids cancel, but no difference from 1 is made
    (
        lambda x, y: (1 - y) * f("sigmoid", x) - y * f("sigmoid", -x),
        "subtract(sigmoid(x), y)",
    ),
    # broadcasting
    (lambda s, x: spread(s, x) * x, "multiply(s, x)"),
    (
        lambda s, x: spread(s, x) + f("exp", spread(s, x)) * x,
        "add(s, multiply(exp(s), x))",
    ),
    (lambda s, x: f("exp", spread(s, x)) + x, "add(exp(s), x)"),
    (lambda s, x: (x > 0).where(spread(s, x), 0), "where(greater(x, 0), s, 0)"),
    (lambda s, x: total(spread(s, x)), "multiply(s, x.0)"),
    (lambda s, A: total(spread(s, A), (0, 1)), "multiply(s, multiply(A.0, A.1))"),
    (lambda x, A: total(spread(x, A)), "multiply(x, A.0)"),
    (lambda s, x: put("store", zeros(x), spread(s, x)), "store(zeros(x.0), s)"),
    (lambda x: x + zeros(x), "copy(x)"),
    (lambda x: f("exp", x) + zeros(x), "exp(x)"),
    # sums
    (lambda x: total(-f("exp", x)), "negative(sum(exp(x)))"),
    (lambda s, x: total(s * x), "multiply(s, sum(x))"),
    (lambda s, x: total(x / s), "divide(sum(x), s)"),
    (lambda x: f("exp", total(x, ())), "exp(x)"),
    # choices
    (lambda x, y: (x > y).where(x, x) + y, "add(x, y)"),
    (lambda x, y: x.lift(True).where(x, y) * y, "multiply(x, y)"),
    (lambda x, y: x.lift(1.0).equals(0).where(0, x) * y, "multiply(x, y)"),
    (
        lambda x, y: (x > 0).where(y, 0) * f("log", x),
        "where(greater(x, 0), multiply(y, log(x)), 0)",
    ),
    (lambda x, y: (x > 0).where(y, 0) / x, "where(greater(x, 0), divide(y, x), 0)"),
    # shapes
    (
        lambda A: f("transpose", f("transpose", A, axes=(1, 0)), axes=(1, 0)) * 2,
        "multiply(A, 2)",
    ),
    (
        lambda A, x: (
            f(
                "reshape",
                f("reshape", A, x.builder.dim(A.value, 1), x.builder.dim(A.value, 0)),
                *x.builder.dims(A.value),
            )
            * x
        ),
        "multiply(A, x)",
    ),
    (lambda x: f("index", x, path=(ALL,)) * 3, "multiply(x, 3)"),
    (
        lambda v: f("cast", f("cast", v, dtype="float64"), dtype="float32") * 3,
        "multiply(v, 3)",
    ),
    # memory
    (lambda x: put("accumulate", zeros(x), f("exp", x)), "exp(x)"),
    (lambda x, s: put("accumulate", zeros(x), s, 1), "store(zeros(x.0), s, 1)"),
    (
        lambda x, s: put(
            "accumulate", put("accumulate", put("accumulate", zeros(x), s, 1), s, 2), x
        ),
        "accumulate(accumulate(copy(x), s, 1), s, 2)",
    ),
    (lambda x, s: put("accumulate", f("exp", x), s.lift(0.0), 1), "exp(x)"),
    (lambda x, y: put("accumulate", f("exp", x), -y), "subtract(exp(x), y)"),
    (lambda x, s: at(put("store", f("exp", x), s, 1), 1) * s, "multiply(s, s)"),
    (lambda x, s: at(zeros(x), 1) + s, "copy(s)"),
    (lambda x: f("copy", f("exp", x)), "exp(x)"),
    (lambda x: f("copy", x), "copy(x)"),
    (
        lambda x, s, t: put("accumulate", put("accumulate", x + 1, s, 2), t, 2),
        "accumulate(add(x, 1), add(s, t), 2)",
    ),
    (
        lambda x, s: put("accumulate", x + 1, -s * at(x, 0), 2),
        "accumulate(add(x, 1), negative(multiply(s, index(x, 0))), 2)",
    ),
    (
        lambda x, s: put("accumulate", x + 1, s * -2.0, 2),
        "accumulate(add(x, 1), negative(multiply(2, s)), 2)",
    ),
    (
        lambda x, s: f(
            "store", x + 1, s, 1, 2, path=(Index((Span(0),)), Index((At(1),)))
        ),
        "store(add(x, 1), s, 3)",
    ),
    (
        lambda x, s: f(
            "store", x + 1, s, 4, 2, path=(Index((Span(None, 0),)), Index((At(1),)))
        ),
        "store(add(x, 1), s, 2)",
    ),
    (
        lambda x, s: f(
            "store", x + 1, s, 1, -1, path=(Index((Span(0),)), Index((At(1),)))
        ),
        "store(add(x, 1), s, 1, -1)",
    ),
    (
        lambda s, A: f(
            "matvec",
            A,
            spread(s.lift(1.0), A.op("index", 0, path=(Index((At(0), Span())),))),
        ),
        "matvec(A, ones(A.1))",
    ),
    (lambda x: f("copy", spread(x.lift(3.0), x)), "full(3.0, x.0)"),
    # transposes move out of products and sums
    (lambda A: turned(-turned(A * A)) * 2, "multiply(-2, multiply(A, A))"),
    (
        lambda s, A: turned(s * turned(A * A)) * 2,
        "multiply(multiply(2, s), multiply(A, A))",
    ),
    (
        lambda A: f("copy", turned(f("matmul", A, turned(A / A)))),
        "matmul(divide(A, A), transpose(A))",
    ),
    (
        lambda A: f("copy", turned(f("matmul", turned(A), A / A))),
        "matmul(transpose(divide(A, A)), A)",
    ),
    # guards where nothing can be infinite
    (lambda x, y: x * (x.equals(0).where(1, y)), "multiply(x, y)"),
    (
        lambda x, y: (x * 3) * (2 * (x * 3).equals(0).where(1, y)),
        "multiply(multiply(6, x), y)",
    ),
    (lambda x, y: x.equals(0).where(0, x * y), "multiply(x, y)"),
    (
        lambda x, y: x * (x.equals(0).where(1, f("log", y))),
        "multiply(x, where(equal(x, 0), 1, log(y)))",
    ),
    (lambda x, y: x / (x.equals(0).where(1, y)), "divide(x, where(equal(x, 0), 1, y))"),
    # sharing
    (lambda x, y: f("exp", x) * y + f("exp", x), "add(multiply(exp(x), y), exp(x))"),
]


@pytest.mark.parametrize(("make", "after"), ROWS, ids=[row[1] for row in ROWS])
def test_row(make: Callable[..., Any], after: str) -> None:
    before = backward(make)
    function = tidy(before)
    assert formulas(function) in ([after], [after.removeprefix("copy(").rstrip(")")])
    assert_same_values(before, function)
    again = tidy(function)
    assert formulas(again) == formulas(function)


def test_equal_equations_are_shared() -> None:
    function = tidy(backward(lambda x, y: (f("exp", x) * y, f("exp", x) + y)))
    assert ops(function).count("exp") == 1


def test_two_results_are_two_arrays() -> None:
    function = tidy(backward(lambda x: (f("exp", x), f("exp", x))))
    one, two = function.body.results
    assert one.buffer is not two.buffer
    assert ops(function) == ["exp", "copy"]


def test_integers_by_their_linear_form() -> None:
    def make(x: Any, builder: Builder) -> Any:
        n = Expr(builder, builder.dim(x.value, 0))
        return f("reshape", x, ((n + 1) - 1).value) * ((n - 1) + 1), (n + n) - n

    function = tidy(backward(make))
    assert formulas(function) == ["multiply(x, x.0)", "x.0"]


def test_overwritten_memory_is_not_read() -> None:
    def make(x: Any) -> Any:
        t = f("exp", x)
        doubled = t + 0
        after = put("store", t, 5.0)
        return doubled * 2, after

    before = backward(make)
    assert_same_values(before, tidy(before))


def test_the_forward_part_keeps_its_spelling() -> None:
    def make(x: Any, y: Any) -> Any:
        return 2 * x * 0.5 + 0 * y - (-x) + f("exp", x) * f("exp", x)

    before = graph(make, x="f64[n]", y="f64[n]")
    assert formulas(tidy(before)) == formulas(before)


# ---- loops and branches ----


def _loop(builder: Builder, x: Expr) -> tuple[Any, ...]:
    """Emit a loop with an invariant carry, one that only feeds itself, and a sum."""
    start, stop, step = (
        builder.constant(0),
        builder.dim(x.value, 0),
        builder.constant(1),
    )
    zero = builder.constant(0.0, "float64")
    inits = [builder.constant(1.5, "float64"), zero, zero]
    counter = Value(start.type, "i")
    kept, idle, total = (Value(v.type, n) for v, n in zip(inits, "kit", strict=True))
    inner = Builder(backward=True)
    element = at(Expr(inner, x.value), counter)
    more = Expr(inner, total) + element * Expr(inner, kept)
    idler = Expr(inner, idle) + 1
    body = Region(
        (counter, kept, idle, total),
        tuple(inner.equations),
        (kept, idler.value, more.value),
    )
    finals = [Value(v.type, v.name) for v in (kept, idle, total)]
    builder.append("for", (start, stop, step, *inits), finals, (body,))
    return finals[0], finals[2]


def test_loops_lose_what_they_pass_through() -> None:
    def make(x: Any, builder: Builder) -> Any:
        kept, total = _loop(builder, x)
        return Expr(builder, kept) * Expr(builder, total)

    before = backward(make)
    function = tidy(before)
    (loop,) = (eq for eq in function.body.equations if eq.op == "for")
    assert len(loop.results) == 1 and len(loop.operands) == 4
    assert_same_values(before, function)


def test_an_unread_loop_goes() -> None:
    def make(x: Any, builder: Builder) -> Any:
        _loop(builder, x)
        return x * 2

    assert ops(tidy(backward(make))) == ["multiply"]


def _scattered(x: Expr, builder: Builder, shift: int) -> Expr:
    """Emit ``for i in range(n): out[i + shift] += x[i]`` on zeros."""
    start, stop, step = (
        builder.constant(0),
        builder.dim(x.value, 0),
        builder.constant(1),
    )
    out = zeros(x).value
    counter = Value(start.type, "i")
    carry = Value(out.type, "out", out.buffer)
    inner = Builder(backward=True)
    place = inner.emit("add", counter, inner.constant(shift))
    added = put(
        "accumulate", Expr(inner, carry), at(Expr(inner, x.value), counter), place
    )
    body = Region((counter, carry), tuple(inner.equations), (added.value,))
    final = Value(out.type, "out", out.buffer)
    builder.append("for", (start, stop, step, out), (final,), (body,))
    return Expr(builder, final)


@pytest.mark.parametrize(("shift", "op"), [(0, "store"), (-1, "accumulate")])
def test_a_loop_stores_what_it_adds_once(shift: int, op: str) -> None:
    """An index that may be negative counts from the end: it could meet another."""
    before = backward(lambda x, builder: _scattered(x, builder, shift))
    function = tidy(before)
    assert op in ops(function)
    assert_same_values(before, function)


# ---- the yardstick ----


def loss(w: Any, X: Any, y: Any) -> Any:
    eta = name(f("matvec", X, w), "eta")
    mu = name(1 / (1 + f("exp", -eta)), "mu")
    terms = y * f("log", mu) + (1 - y) * f("log", 1 - mu)
    return -total(terms)


def derived(function: Function, *wrt: str, mode: str = "grad") -> Function:
    program = check(stabilise(Program((function,))))
    return check(simplify(check(gradient(program, Request(wrt, mode))))).entry


@pytest.mark.parametrize("kind", ["f64", "f32"])
@pytest.mark.parametrize("mode", ["grad", "value_and_grad"])
def test_yardstick(kind: str, mode: str) -> None:
    primal = graph(loss, w=f"{kind}[n]", X=f"{kind}[m, n]", y=f"{kind}[m]")
    function = derived(primal, "w", mode=mode)
    gradient = formulas(function)[-1]
    assert gradient == "matvec(transpose(X), subtract(sigmoid(matvec(X, w)), y))"
    assert "subtract mu y'" in show(Program((function,)))
    assert not {"divide", "exp", "log"} & set(ops(function))
    assert ops(function).count("sigmoid") == 1


def test_weighted_yardstick_with_a_mean() -> None:
    def make(w: Any, X: Any, y: Any, c: Any) -> Any:
        eta = name(f("matvec", X, w), "eta")
        mu = name(f("exp", eta) / (1 + f("exp", eta)), "mu")
        terms = c * (y * f("log", mu) + (1 - y) * f("log", 1 - mu))
        return -f("mean", terms, axis=(0,), keepdims=False)

    primal = graph(make, w="f64[n]", X="f64[m, n]", y="f64[m]", c="f64[m]")
    text = show(Program((derived(primal, "w"),)))
    assert (
        "eta_bar: f64[m] = divide (multiply c (subtract mu y)) (dim y axis=0)'" in text
    )


def test_the_worked_example_of_the_style_guide() -> None:
    def make(w: Any, b: Any, X: Any, y: Any, l2: Any) -> Any:
        z = name(f("matvec", X, w) + b, "z")
        losses = name(f("logaddexp", z.lift(0.0), z) - y * z, "losses")
        mean = f("mean", losses, axis=(0,), keepdims=False)
        return mean + 0.5 * l2 * total(w * w)

    primal = graph(make, w="f64[n]", b="f64", X="f64[m, n]", y="f64[m]", l2="f64")
    text = show(Program((derived(primal, "w", "b"),)))
    assert "w_bar: f64[n] = multiply l2 w'" in text
    assert "divide (subtract (sigmoid z) y) (dim y axis=0)'" in text
    assert "losses" not in text


# ---- random graphs ----


def _random(seed: int) -> Callable[..., Any]:
    rng = np.random.default_rng(seed)

    def make(x: Any, y: Any, s: Any, A: Any, builder: Builder) -> Any:
        pool = [x, y, s, A, s.lift(2), s.lift(0.5)]
        for _ in range(rng.integers(3, 25)):
            one, other = (pool[rng.integers(len(pool))] for _ in range(2))
            pool.append(_step(rng, one, other, x))
        results = [v for v in pool if v.type.dtype == "float64"][-3:]
        return tuple(results)

    return make


def _step(rng: np.random.Generator, one: Any, other: Any, x: Any) -> Any:
    kind = rng.integers(12)
    rank = one.type.rank
    if kind < 5:
        op = ["add", "subtract", "multiply", "subtract", "multiply"][kind]
        return f(op, one, other)
    if kind == 5:
        return -one
    if kind == 6:
        return f("sigmoid", one) if rng.random() < 0.5 else f("sigmoid", -one)
    if kind == 7 and rank:
        axis = (int(rng.integers(rank)),)
        return total(one, axis, bool(rng.integers(2)) and rank == 2)
    if kind == 8 and rank == 0:
        return spread(one, x)
    if kind == 9 and rank == 1 and other.type.rank == 0:
        return put("accumulate", f("copy", one * 1.5), other, int(rng.integers(3)))
    if kind == 10 and rank:
        return (one > 1).where(other, 0)
    if kind == 11 and rank == 1:
        return at(one, int(rng.integers(3)))
    return one + other / (1 + other * other)


@pytest.mark.parametrize("seed", range(120))
def test_random_graphs_keep_their_values(seed: int) -> None:
    try:
        before = check(Program((backward(_random(seed)),))).entry
        run(before, *arguments(before, np.random.default_rng(seed)))
    except (TypeRefused, ValueError):
        pytest.skip("shapes that do not fit")
    assert_same_values(before, tidy(before), seed)
