"""Each row of the stabilise table: its text, its values, the edges of its domain."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from gradscribe.transpile.graph.check import check
from gradscribe.transpile.graph.ir import At, Index, NewAxis, Program, Span
from gradscribe.transpile.rewrite import eliminate_dead
from gradscribe.transpile.stabilise import TABLE, stabilise
from interpreter import run
from rewriting import comments, formulas, graph, name, ops, rewritten

INF, NAN = math.inf, math.nan
MODERATE = (-3.0, -0.5, -1e-3, 1e-3, 0.25, 0.75, 2.0)
WIDE = (*MODERATE, -1000.0, -700.0, -40.0, -1e-20, 0.0, 1e-20, 40.0, 700.0, 1000.0)
POSITIVE = (1e-300, 1e-20, 0.5, 1.0, 3.0, 1e20)


def f(op: str, x: Any, *others: Any, **attrs: Any) -> Any:
    return x.op(op, *others, **attrs)


@dataclass
class Case:
    """A formula, what it becomes, what it means, and what it gives at the edges."""

    row: str
    make: Callable[..., Any]
    after: str
    exact: Callable[[Any], Any]
    at: tuple[float, ...] = WIDE
    edges: dict[float, float] = field(default_factory=dict)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(x))


def s(x: Any) -> Any:
    return f("sigmoid", x)


def e(x: Any) -> Any:
    return f("exp", x)


def minus(x: Any) -> str:
    return f"negative({x})"


def checked(condition: str, x: str) -> str:
    return f"where({condition}, {x}, nan)"


CASES = [
    Case(
        "log sigmoid x",
        lambda x: f("log", s(x)),
        "negative(softplus(negative(x)))",
        lambda x: mp.log(sigmoid(x)),
        edges={INF: 0, -INF: -INF, NAN: NAN},
    ),
    Case(
        "log(1 - sigmoid x)",
        lambda x: f("log", 1 - s(x)),
        "negative(softplus(x))",
        lambda x: -softplus(x),
        edges={INF: -INF, -INF: 0, NAN: NAN},
    ),
    Case(
        "log1p(-sigmoid x)",
        lambda x: f("log1p", -s(x)),
        "negative(softplus(x))",
        lambda x: -softplus(x),
        edges={INF: -INF, -INF: 0, NAN: NAN},
    ),
    Case(
        "log(1 + exp x)",
        lambda x: f("log", 1 + e(x)),
        "softplus(x)",
        softplus,
        edges={INF: INF, -INF: 0, NAN: NAN},
    ),
    Case(
        "log1p exp x",
        lambda x: f("log1p", e(x)),
        "softplus(x)",
        softplus,
        edges={INF: INF, -INF: 0, NAN: NAN},
    ),
    Case(
        "log(1 - exp x)",
        lambda x: f("log", 1 - e(x)),
        "log1mexp(x)",
        lambda x: mp.log(-mp.expm1(x)),
        edges={0.0: -INF, -INF: 0, 1.0: NAN, NAN: NAN},
    ),
    Case(
        "log1p(-exp x)",
        lambda x: f("log1p", -e(x)),
        "log1mexp(x)",
        lambda x: mp.log(-mp.expm1(x)),
        edges={0.0: -INF, -INF: 0, 1.0: NAN, NAN: NAN},
    ),
    Case(
        "log(-expm1 x)",
        lambda x: f("log", -f("expm1", x)),
        "log1mexp(x)",
        lambda x: mp.log(-mp.expm1(x)),
        edges={0.0: -INF, -INF: 0, 1.0: NAN, NAN: NAN},
    ),
    Case(
        "log(exp x + exp y)",
        lambda x: f("log", e(x) + e(2 * x)),
        "logaddexp(x, multiply(2, x))",
        lambda x: mp.log(mp.exp(x) + mp.exp(2 * x)),
        edges={INF: INF, -INF: -INF, NAN: NAN},
    ),
    Case(
        "1 / (1 + exp x)",
        lambda x: 1 / (1 + e(-x)),
        "sigmoid(x)",
        sigmoid,
        edges={INF: 1, -INF: 0, NAN: NAN},
    ),
    Case(
        "1 / (1 + exp x)",
        lambda x: f("reciprocal", 1 + e(x)),
        "sigmoid(negative(x))",
        lambda x: sigmoid(-x),
        edges={INF: 0, -INF: 1},
    ),
    Case(
        "1 / (1 + exp x)",
        lambda x: (e(-x) + 1.0) ** -1,
        "sigmoid(x)",
        sigmoid,
        edges={INF: 1, -INF: 0},
    ),
    Case(
        "exp x / (1 + exp x)",
        lambda x: e(x) / (1 + e(x)),
        "sigmoid(x)",
        sigmoid,
        edges={INF: 1, -INF: 0, NAN: NAN},
    ),
    Case(
        "exp x / (1 + exp x)**2",
        lambda x: e(x) / (1 + e(x)) ** 2,
        "multiply(sigmoid(x), sigmoid(negative(x)))",
        lambda x: sigmoid(x) * sigmoid(-x),
        edges={INF: 0, -INF: 0, NAN: NAN},
    ),
    Case(
        "a / (1 + exp x)",
        lambda x: 3 / (1 + e(x)),
        "multiply(3, sigmoid(negative(x)))",
        lambda x: 3 * sigmoid(-x),
        edges={INF: 0, -INF: 3, NAN: NAN},
    ),
    Case(
        "1 - sigmoid x",
        lambda x: 1 - s(x),
        "sigmoid(negative(x))",
        lambda x: sigmoid(-x),
        edges={INF: 0, -INF: 1, NAN: NAN},
    ),
    Case(
        "exp x * sigmoid(-x)",
        lambda x: e(x) * s(-x),
        "sigmoid(x)",
        sigmoid,
        edges={INF: 1, -INF: 0},
    ),
    Case(
        "exp(-x) * sigmoid x",
        lambda x: s(x) * e(-x),
        "sigmoid(negative(x))",
        lambda x: sigmoid(-x),
        edges={INF: 0, -INF: 1},
    ),
    Case(
        "sigmoid x / (1 - sigmoid x)",
        lambda x: s(x) / (1 - s(x)),
        "exp(x)",
        mp.exp,
        at=(*MODERATE, -700.0, 700.0),
        edges={-INF: 0, NAN: NAN},
    ),
    Case(
        "sigmoid x / sigmoid(-x)",
        lambda x: s(x) / s(-x),
        "exp(x)",
        mp.exp,
        at=(*MODERATE, -700.0, 700.0),
        edges={-INF: 0, NAN: NAN},
    ),
    Case(
        "exp x - 1",
        lambda x: e(x) - 1,
        "expm1(x)",
        mp.expm1,
        at=(*MODERATE, -1000.0, -1e-20, 0.0, 1e-20, 700.0),
        edges={INF: INF, -INF: -1, NAN: NAN},
    ),
    Case(
        "1 - exp x",
        lambda x: 1 - e(x),
        "negative(expm1(x))",
        lambda x: -mp.expm1(x),
        at=(*MODERATE, -1000.0, -1e-20, 0.0, 1e-20, 700.0),
        edges={INF: -INF, -INF: 1, NAN: NAN},
    ),
    Case(
        "log(1 + x)",
        lambda x: f("log", 1.0 + x),
        "log1p(x)",
        mp.log1p,
        at=(-0.5, -1e-20, 0.0, 1e-20, 3.0, 1e300),
        edges={-1.0: -INF, -2.0: NAN, INF: INF, NAN: NAN},
    ),
    Case(
        "log(1 - x)",
        lambda x: f("log", 1 - x),
        "log1p(negative(x))",
        lambda x: mp.log1p(-x),
        at=(0.5, -1e-20, 0.0, 1e-20, -3.0, -1e300),
        edges={1.0: -INF, 2.0: NAN, -INF: INF, NAN: NAN},
    ),
    Case("log exp x", lambda x: f("log", e(x)), "x", lambda x: x, edges={-INF: -INF}),
    Case(
        "exp log x",
        lambda x: e(f("log", x)),
        checked("greater_equal(x, 0)", "x"),
        lambda x: x,
        at=POSITIVE,
        edges={0.0: 0, -1.0: NAN, INF: INF, -INF: NAN, NAN: NAN},
    ),
    Case("log1p expm1 x", lambda x: f("log1p", f("expm1", x)), "x", lambda x: x),
    Case(
        "expm1 log1p x",
        lambda x: f("expm1", f("log1p", x)),
        checked("greater_equal(x, -1)", "x"),
        lambda x: x,
        at=(-0.5, 0.0, 1e-20, 5.0),
        edges={-1.0: -1, -2.0: NAN, INF: INF, NAN: NAN},
    ),
    Case(
        "expm1 log x",
        lambda x: f("expm1", f("log", x)),
        checked("greater_equal(x, 0)", "subtract(x, 1)"),
        lambda x: x - 1,
        at=POSITIVE,
        edges={0.0: -1, -1.0: NAN, INF: INF, NAN: NAN},
    ),
    Case(
        "exp log1p x",
        lambda x: e(f("log1p", x)),
        checked("greater_equal(x, -1)", "add(1, x)"),
        lambda x: 1 + x,
        at=(-0.5, 0.0, 1e-20, 5.0),
        edges={-1.0: 0, -2.0: NAN, INF: INF, NAN: NAN},
    ),
    Case(
        "exp softplus x",
        lambda x: e(f("softplus", x)),
        "add(1, exp(x))",
        lambda x: 1 + mp.exp(x),
        at=(*MODERATE, -1000.0, 700.0),
        edges={INF: INF, -INF: 1, NAN: NAN},
    ),
    Case(
        "exp(-softplus x)",
        lambda x: e(-f("softplus", x)),
        "sigmoid(negative(x))",
        lambda x: sigmoid(-x),
        edges={INF: 0, -INF: 1, NAN: NAN},
    ),
    Case(
        "softplus log x",
        lambda x: f("softplus", f("log", x)),
        checked("greater_equal(x, 0)", "log1p(x)"),
        mp.log1p,
        at=POSITIVE,
        edges={0.0: 0, -0.5: NAN, INF: INF, NAN: NAN},
    ),
    Case(
        "log1mexp log x",
        lambda x: f("log1mexp", f("log", x)),
        checked("greater_equal(x, 0)", "log1p(negative(x))"),
        lambda x: mp.log1p(-x),
        at=(1e-20, 0.25, 0.75),
        edges={0.0: 0, 1.0: -INF, -0.5: NAN, 2.0: NAN, NAN: NAN},
    ),
    Case("log2 exp2 x", lambda x: f("log2", f("exp2", x)), "x", lambda x: x),
    Case(
        "exp2 log2 x",
        lambda x: f("exp2", f("log2", x)),
        checked("greater_equal(x, 0)", "x"),
        lambda x: x,
        at=POSITIVE,
        edges={0.0: 0, -1.0: NAN, INF: INF},
    ),
    Case(
        "deg2rad rad2deg x", lambda x: f("deg2rad", f("rad2deg", x)), "x", lambda x: x
    ),
    Case(
        "rad2deg deg2rad x", lambda x: f("rad2deg", f("deg2rad", x)), "x", lambda x: x
    ),
    Case("arctanh tanh x", lambda x: f("arctanh", f("tanh", x)), "x", lambda x: x),
    Case(
        "tanh arctanh x",
        lambda x: f("tanh", f("arctanh", x)),
        checked("less_equal(absolute(x), 1)", "x"),
        lambda x: x,
        at=(-0.5, 0.0, 0.75),
        edges={1.0: 1, -1.0: -1, 1.5: NAN, -1.5: NAN, NAN: NAN},
    ),
    Case("arcsinh sinh x", lambda x: f("arcsinh", f("sinh", x)), "x", lambda x: x),
    Case("sinh arcsinh x", lambda x: f("sinh", f("arcsinh", x)), "x", lambda x: x),
    Case(
        "arccosh cosh x",
        lambda x: f("arccosh", f("cosh", x)),
        "absolute(x)",
        abs,
        edges={-INF: INF, NAN: NAN},
    ),
    Case(
        "cosh arccosh x",
        lambda x: f("cosh", f("arccosh", x)),
        checked("greater_equal(x, 1)", "x"),
        lambda x: x,
        at=(1.0, 1.5, 1e20),
        edges={0.5: NAN, INF: INF, NAN: NAN},
    ),
    Case(
        "sqrt(x**2)",
        lambda x: f("sqrt", x**2),
        "absolute(x)",
        abs,
        at=(*WIDE, 1e200, -1e-200),
        edges={-INF: INF, NAN: NAN},
    ),
    Case("abs(x)**2", lambda x: f("absolute", x) ** 2, "power(x, 2)", lambda x: x * x),
    Case("sqrt(x**2)", lambda x: f("sqrt", x * x), "absolute(x)", abs),
    Case(
        "sqrt(x)**2",
        lambda x: f("square", f("sqrt", x)),
        checked("greater_equal(x, 0)", "x"),
        lambda x: x,
        at=POSITIVE,
        edges={0.0: 0, -1.0: NAN, INF: INF, NAN: NAN},
    ),
    Case(
        "sqrt(x)**2",
        lambda x: f("sqrt", x) * f("sqrt", x),
        checked("greater_equal(x, 0)", "x"),
        lambda x: x,
        at=POSITIVE,
        edges={0.0: 0, -1.0: NAN, INF: INF, NAN: NAN},
    ),
]


def stable(function: Any) -> Any:
    """Return a function stabilised, checked and without its dead equations."""
    return eliminate_dead(check(stabilise(Program((function,)))).entry)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.row} as {c.after}")
def test_row(case: Case) -> None:
    function = stable(graph(case.make, x="f64[n]"))
    made = formulas(function)
    assert made in ([case.after], [f"copy({case.after})"])
    assert len(comments(function)) == 1 and " written as " in comments(function)[0]
    points = [x for x in case.at if x not in case.edges]
    (values,) = run(function, np.array(points))
    with mp.workdps(1000):
        for x, value in zip(points, values, strict=True):
            wanted = case.exact(mp.mpf(x))
            if isinstance(wanted, mp.mpc):
                assert math.isnan(value), x
                continue
            tolerance = 8 * np.finfo(float).eps * abs(wanted) + mp.mpf(5e-324)
            assert abs(mp.mpf(float(value)) - wanted) <= tolerance, (x, value)
    if case.edges:
        (values,) = run(function, np.array(list(case.edges)))
        np.testing.assert_array_equal(values, list(case.edges.values()))


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.row} as {c.after}")
def test_row_in_single_precision_and_for_a_scalar(case: Case) -> None:
    for kind in ("f32[n]", "f64"):
        function = stable(graph(case.make, x=kind))
        assert formulas(function) in ([case.after], [f"copy({case.after})"])


def test_every_row_has_a_test() -> None:
    tested = {case.row for case in CASES} | {
        "log sum exp x",
        "log mean exp x",
        "log softmax x",
        "log softmax(x)[i]",
        "log exp(x)[i]",
        "softmax x",
        "std(x)**2",
        "where(c, 0, x) * y",
        "where(c, x, 0) * y",
        "where(c, 0, x) / y",
        "where(c, x, 0) / y",
        "(b * A) @ x",
        "x @ (b * A)",
    }
    assert {row.name for row in TABLE.rows} == tested


# ---- the yardstick ----


def loss(w: Any, X: Any, y: Any) -> Any:
    eta = name(f("matvec", X, w), "eta")
    mu = name(1 / (1 + e(-eta)), "mu")
    terms = y * f("log", mu) + (1 - y) * f("log", 1 - mu)
    return -f("sum", terms, axis=(0,), keepdims=False), mu


def test_yardstick() -> None:
    function = stable(graph(loss, w="f64[n]", X="f64[m, n]", y="f64[m]"))
    assert comments(function) == [
        "1 / (1 + exp(-eta)) written as sigmoid(eta)",
        "log(sigmoid(eta)) written as -softplus(-eta)",
        "log(1 - sigmoid(eta)) written as -softplus(eta)",
    ]
    assert not {"exp", "log", "divide"} & set(ops(function))
    assert function.body.results[1].name == "mu"
    X = np.array([[-1000.0], [-40.0], [0.5], [40.0], [1000.0]])
    y = np.array([0.0, 1.0, 0.5, 1.0, 1.0])
    value, _ = run(function, np.ones(1), X, y)
    with mp.workdps(1000):
        exact = mp.fsum(softplus(t) - s * t for (t,), s in zip(X, y, strict=True))
        assert abs(mp.mpf(float(value)) - exact) < 1e-13 * exact


# ---- sums of exponentials ----

MATRIX = np.array([[1000.0, 1001.0, -5.0], [-1000.0, -2000.0, -1000.5]])


def _logsumexp(x: Any, axis: int | None = None) -> Any:
    top = x.max(axis=axis, keepdims=True)
    total = np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top
    return total


@pytest.mark.parametrize("axis", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp(axis: tuple[int, ...], keepdims: bool) -> None:
    def make(x: Any) -> Any:
        return f("log", f("sum", e(x), axis=axis, keepdims=keepdims))

    function = stable(graph(make, x="f64[m, n]"))
    assert formulas(function) == ["logsumexp(x)"]
    (value,) = run(function, MATRIX)
    wanted = _logsumexp(MATRIX, axis if len(axis) > 1 else axis[0])
    np.testing.assert_allclose(np.ravel(value), np.ravel(wanted), rtol=1e-15)
    (value,) = run(function, np.full((2, 3), -INF))
    assert (value == -INF).all()


def test_log_mean_exp() -> None:
    def make(x: Any) -> Any:
        return f("log", f("mean", e(x), axis=(1,), keepdims=False))

    function = stable(graph(make, x="f64[m, n]"))
    assert formulas(function) == ["subtract(logsumexp(x), log(x.1))"]
    (value,) = run(function, MATRIX)
    wanted = _logsumexp(MATRIX, 1)[:, 0] - np.log(3)
    np.testing.assert_allclose(value, wanted, rtol=1e-15)


def _softmax(x: Any, how: str) -> Any:
    top = e(x)
    if how == "kept":
        return top / f("sum", top, axis=(1,), keepdims=True)
    total = f("sum", top, axis=(1,), keepdims=False)
    if how == "newaxis":
        path = (Index((Span(), NewAxis())),)
        return top / f("index", total, path=path)
    return top / f("reshape", total, x.builder.dim(x.value, 0), 1)


@pytest.mark.parametrize("how", ["kept", "newaxis", "reshape"])
def test_softmax(how: str) -> None:
    function = stable(graph(lambda x: _softmax(x, how), x="f64[m, n]"))
    assert formulas(function) == ["exp(subtract(x, logsumexp(x)))"]
    assert comments(function)[0].startswith("exp(x) / ")
    (value,) = run(function, MATRIX)
    wanted = np.exp(MATRIX - _logsumexp(MATRIX, 1))
    np.testing.assert_allclose(value, wanted, rtol=1e-15)
    function = stable(graph(lambda x: f("log", _softmax(x, how)), x="f64[m, n]"))
    (value,) = run(function, MATRIX)
    np.testing.assert_allclose(value, MATRIX - _logsumexp(MATRIX, 1), rtol=1e-13)
    assert "exp" not in ops(function)


def test_softmax_over_leading_axes_needs_no_axes_kept() -> None:
    def make(x: Any) -> Any:
        return e(x) / f("sum", e(x), axis=(0,), keepdims=False)

    function = stable(graph(make, x="f64[m, n]"))
    assert formulas(function) == ["exp(subtract(x, logsumexp(x)))"]
    (value,) = run(function, MATRIX)
    np.testing.assert_allclose(value, np.exp(MATRIX - _logsumexp(MATRIX, 0)))


def test_a_shifted_softmax_stays() -> None:
    def make(x: Any) -> Any:
        shifted = x - f("max", x, axis=(1,), keepdims=True)
        return e(shifted) / f("sum", e(shifted), axis=(1,), keepdims=True)

    before = graph(make, x="f64[m, n]")
    assert formulas(stable(before)) == formulas(before)


def test_log_of_elements_of_a_softmax() -> None:
    def make(x: Any, shift: bool) -> Any:
        if shift:
            x = x - f("max", x, axis=(1,), keepdims=True)
        part = _softmax(x, "kept").op("index", 0, 1, path=(Index((At(0), At(1))),))
        return f("log", part)

    for shift in (False, True):
        function = stable(graph(lambda x, s=shift: make(x, s), x="f64[m, n]"))
        (value,) = run(function, np.array([[2000.0, 3.0], [0.0, 1.0]]))
        assert value == 3.0 - 2000.0


# ---- choices ----


def test_a_factor_of_a_matrix_multiplies_the_result() -> None:
    matrix, vector, factor = "f64[n, m]", "f64[m]", "f64"
    right = graph(lambda b, A, x: f("matvec", b * A, x), b=factor, A=matrix, x=vector)
    assert formulas(stable(right)) == ["multiply(b, matvec(A, x))"]
    left = graph(lambda b, A, x: f("vecmat", x, A * b), b=factor, A=matrix, x="f64[n]")
    assert formulas(stable(left)) == ["multiply(b, vecmat(x, A))"]


def test_a_factor_stays_where_it_widens_or_is_needed() -> None:
    def product(b: Any, A: Any, x: Any) -> Any:
        return f("matvec", b * A, x)

    kept = graph(product, b="f64", A="f32[n, m]", x="f64[m]")
    assert formulas(stable(kept)) == ["matvec(multiply(b, A), x)"]
    rows = graph(product, b="f64[m]", A="f64[n, m]", x="f64[m]")
    assert formulas(stable(rows)) == ["matvec(multiply(b, A), x)"]


def test_a_chosen_zero_stays_zero_beside_an_infinity() -> None:
    zero = {
        "where(c, 0, x) * y": lambda x: (x <= 0).where(0, x) * f("log", x),
        "where(c, x, 0) * y": lambda x: f("log", x) * (x > 0).where(x, 0),
        "where(c, 0, x) / y": lambda x: x.equals(0).where(0, x + 1) / x,
        "where(c, x, 0) / y": lambda x: (x > 0).where(x + 1, 0) / x,
    }
    for row, make in zero.items():
        function = stable(graph(make, x="f64[n]"))
        assert formulas(function)[0].startswith("where("), row
        (values,) = run(function, np.array([0.0, 0.5]))
        assert values[0] == 0 and np.isfinite(values[1]), row


def test_clean_choices_stay_as_they_are() -> None:
    def make(x: Any, w: Any) -> Any:
        return (x > 0).where(x, 0) * w, (x > 0).where(x, 0) / 2

    before = graph(make, x="f64[n]", w="f64[n]")
    assert formulas(stable(before)) == formulas(before)


# ---- what must not be rewritten ----


def test_memory_that_was_overwritten_is_not_read() -> None:
    def make(x: Any, builder: Any) -> Any:
        t = f("negative", x)
        mu = s(t)
        after = t.op("store", 0.0, path=())
        return f("log", mu), after

    before = graph(make, x="f64[n]")
    assert formulas(stable(before)) == formulas(before)
    assert not comments(stable(before))


def test_integers_stay() -> None:
    def make(k: Any) -> Any:
        return f("log", 1 + k)

    before = graph(make, k="i64[n]")
    assert formulas(stable(before)) == formulas(before)


def test_named_intermediate_values_are_seen_through_and_stay() -> None:
    def make(x: Any) -> Any:
        one = name(x.lift(1.0) * 1, "one")
        grown = name(e(x), "grown")
        return f("log", 1 + grown), grown, one

    function = stable(graph(make, x="f64[n]"))
    assert formulas(function)[:2] == ["softplus(x)", "exp(x)"]
    assert function.body.results[1].name == "grown"


def test_sums_of_three_exponentials() -> None:
    def make(x: Any, y: Any, z: Any) -> Any:
        return f("log", e(x) + e(y) + e(z))

    function = stable(graph(make, x="f64", y="f64", z="f64"))
    assert formulas(function) == ["logaddexp(logaddexp(x, y), z)"]
    assert comments(function)


def test_stabilise_is_settled() -> None:
    for case in CASES:
        once = rewritten(graph(case.make, x="f64[n]"), stabilise)
        assert formulas(rewritten(once, stabilise)) == formulas(once)
