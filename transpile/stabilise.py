"""Rewrites for precision, on the program before it is differentiated.

A row gives a formula that overflows, cancels or divides zero by zero, and what to
compute instead: the same function, with the domain of the original as part of the
row (``exp(log(x))`` is nan for negative x and stays so). Specific rows stand before
general ones. A rewritten line carries a comment; what it no longer reads is left for
`eliminate_dead`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

from .graph.build import Expr
from .graph.ir import Equation, Program, Value
from .rewrite import Editor, Row, Table, apply_table, until_settled
from .rewrite.patterns import Attr, Pattern
from .rewrite.recognise import (
    depends_on,
    exponents,
    is_shifted,
    may_be_infinite,
    summed_exponentials,
)
from .rewrite.words import (
    AXIS,
    DDOF,
    KEEPDIMS,
    A,
    B,
    C,
    X,
    Y,
    absolute,
    arccosh,
    arcsinh,
    arctanh,
    cosh,
    deg2rad,
    exp,
    exp2,
    expm1,
    index,
    log,
    log1mexp,
    log1p,
    log2,
    logsumexp,
    matvec,
    mean,
    rad2deg,
    sigmoid,
    sinh,
    softplus,
    sqrt,
    std,
    sum_,
    tanh,
    var,
    vecmat,
    where,
)

# Enough for rows that open the way for others; a sweep sees each equation once.
MOST_SWEEPS = 6

NAN = math.nan


def row(
    name: str,
    pattern: Pattern,
    replacement: Callable[..., Any],
    only: Callable[..., bool] | None = None,
) -> Row:
    """Return a row whose rewrite generated code mentions."""
    return Row(name, pattern, replacement, True, only)


# ---- logarithms of exponentials ----


def _join(editor: Editor, eq: Equation) -> Expr | None:
    """Return ``logaddexp`` over the terms of a sum of exponentials."""
    found = exponents(editor, eq.operands[0])
    if found is None or not all(map(editor.readable, found)):
        return None
    return reduce(lambda x, y: x.op("logaddexp", y), map(editor.expr, found))


def _count(x: Expr, axis: tuple[int, ...]) -> Expr:
    lengths = [x.lift(x.builder.dim(x.value, a)) for a in axis]
    return reduce(lambda m, n: m * n, lengths)


def _elements(x: Expr, path: Any, slots: tuple[Value, ...], lengths: Any) -> Expr:
    more = {"lengths": lengths} if lengths else {}
    return x.op("index", *slots, path=path, **more)


def _not_shifted(editor: Editor, x: Expr) -> bool:
    return not is_shifted(editor, x.value)


def _sums_up(editor: Editor, x: Expr, a: Expr) -> bool:
    return summed_exponentials(editor, a.value, x.value) is not None


def _normaliser(editor: Editor, x: Expr, a: Expr) -> Expr:
    total = summed_exponentials(editor, a.value, x.value)
    assert total is not None
    axes = total.attrs["axis"]
    keepdims = axes != tuple(range(len(axes)))
    return logsumexp(x, axis=axes, keepdims=keepdims)


def _log_softmax(editor: Editor, x: Expr, a: Expr) -> Expr:
    return x - (_normaliser(editor, x, a) if _not_shifted(editor, x) else log(a))


PART: dict[str, Any] = {
    "path": Attr("path"),
    "lengths": Attr("lengths"),
    "rest": "slots",
}

LOGARITHMS = (
    row("log(1 - sigmoid x)", log(1 - sigmoid(X)), lambda x: -softplus(x)),
    row("log sigmoid x", log(sigmoid(X)), lambda x: -softplus(-x)),
    row("log1p(-sigmoid x)", log1p(-sigmoid(X)), lambda x: -softplus(x)),
    row("log(1 + exp x)", log(1 + exp(X)), lambda x: softplus(x)),
    row("log1p exp x", log1p(exp(X)), lambda x: softplus(x)),
    row("log(1 - exp x)", log(1 - exp(X)), lambda x: log1mexp(x)),
    row("log1p(-exp x)", log1p(-exp(X)), lambda x: log1mexp(x)),
    row("log(-expm1 x)", log(-expm1(X)), lambda x: log1mexp(x)),
    row("log(exp x + exp y)", log(A + B), _join),
    row(
        "log sum exp x",
        log(sum_(exp(X), axis=AXIS, keepdims=KEEPDIMS)),
        lambda x, axis, keepdims: logsumexp(x, axis=axis, keepdims=keepdims),
        only=_not_shifted,
    ),
    row(
        "log mean exp x",
        log(mean(exp(X), axis=AXIS, keepdims=KEEPDIMS)),
        lambda x, axis, keepdims: (
            logsumexp(x, axis=axis, keepdims=keepdims) - log(_count(x, axis))
        ),
        only=_not_shifted,
    ),
    row("log softmax x", log(exp(X) / A), _log_softmax, only=_sums_up),
    row(
        "log softmax(x)[i]",
        log(index(exp(X) / A, **PART)),
        lambda editor, x, a, path, slots, lengths: _elements(
            _log_softmax(editor, x, a), path, slots, lengths
        ),
        only=_sums_up,
    ),
    row("log exp(x)[i]", log(index(exp(X), **PART)), _elements),
)

# ---- sigmoid and softmax ----

SIGMOIDS = (
    row("1 / (1 + exp x)", 1 / (1 + exp(X)), lambda x: sigmoid(-x)),
    row("exp x / (1 + exp x)", exp(X) / (1 + exp(X)), lambda x: sigmoid(x)),
    row(
        "exp x / (1 + exp x)**2",
        exp(X) / (1 + exp(X)) ** 2,
        lambda x: sigmoid(x) * sigmoid(-x),
    ),
    row("a / (1 + exp x)", A / (1 + exp(X)), lambda a, x: a * sigmoid(-x)),
    row("1 - sigmoid x", 1 - sigmoid(X), lambda x: sigmoid(-x)),
    row("exp x * sigmoid(-x)", exp(X) * sigmoid(-X), lambda x: sigmoid(x)),
    row("exp(-x) * sigmoid x", exp(-X) * sigmoid(X), lambda x: sigmoid(-x)),
    row("sigmoid x / (1 - sigmoid x)", sigmoid(X) / (1 - sigmoid(X)), lambda x: exp(x)),
    row("sigmoid x / sigmoid(-x)", sigmoid(X) / sigmoid(-X), lambda x: exp(x)),
    row(
        "softmax x",
        exp(X) / A,
        lambda editor, x, a: exp(x - _normaliser(editor, x, a)),
        only=lambda editor, x, a: _sums_up(editor, x, a) and _not_shifted(editor, x),
    ),
)


# ---- near 1 and 0 ----

SMALL = (
    row("exp x - 1", exp(X) - 1, lambda x: expm1(x)),
    row("1 - exp x", 1 - exp(X), lambda x: -expm1(x)),
    row("log(1 + x)", log(1 + X), lambda x: log1p(x)),
    row("log(1 - x)", log(1 - X), lambda x: log1p(-x)),
)

# ---- functions undone by their inverses, each on the domain of the whole ----

INVERSES = (
    row("log exp x", log(exp(X)), lambda x: x),
    row("exp log x", exp(log(X)), lambda x: where(x >= 0, x, NAN)),
    row("log1p expm1 x", log1p(expm1(X)), lambda x: x),
    row("expm1 log1p x", expm1(log1p(X)), lambda x: where(x >= -1, x, NAN)),
    row("expm1 log x", expm1(log(X)), lambda x: where(x >= 0, x - 1, NAN)),
    row("exp log1p x", exp(log1p(X)), lambda x: where(x >= -1, 1 + x, NAN)),
    row("exp softplus x", exp(softplus(X)), lambda x: 1 + exp(x)),
    row("exp(-softplus x)", exp(-softplus(X)), lambda x: sigmoid(-x)),
    row("softplus log x", softplus(log(X)), lambda x: where(x >= 0, log1p(x), NAN)),
    row("log1mexp log x", log1mexp(log(X)), lambda x: where(x >= 0, log1p(-x), NAN)),
    row("log2 exp2 x", log2(exp2(X)), lambda x: x),
    row("exp2 log2 x", exp2(log2(X)), lambda x: where(x >= 0, x, NAN)),
    row("deg2rad rad2deg x", deg2rad(rad2deg(X)), lambda x: x),
    row("rad2deg deg2rad x", rad2deg(deg2rad(X)), lambda x: x),
    row("arctanh tanh x", arctanh(tanh(X)), lambda x: x),
    row("tanh arctanh x", tanh(arctanh(X)), lambda x: where(absolute(x) <= 1, x, NAN)),
    row("arcsinh sinh x", arcsinh(sinh(X)), lambda x: x),
    row("sinh arcsinh x", sinh(arcsinh(X)), lambda x: x),
    row("arccosh cosh x", arccosh(cosh(X)), lambda x: absolute(x)),
    row("cosh arccosh x", cosh(arccosh(X)), lambda x: where(x >= 1, x, NAN)),
    row("sqrt(x**2)", sqrt(X**2), lambda x: absolute(x)),
    row("abs(x)**2", absolute(X) ** 2, lambda x: x**2),
    row(
        "std(x)**2",
        std(X, axis=AXIS, keepdims=KEEPDIMS, ddof=DDOF) ** 2,
        lambda x, axis, keepdims, ddof: var(x, axis=axis, keepdims=keepdims, ddof=ddof),
    ),
    row("sqrt(x)**2", sqrt(X) ** 2, lambda x: where(x >= 0, x, NAN)),
)

# ---- where: a zero that is chosen stays zero beside an infinity ----


def _overflows(editor: Editor, y: Expr) -> bool:
    return may_be_infinite(editor, y.value)


def _decides(editor: Editor, y: Expr, c: Expr) -> bool:
    return bool(y.type.rank) and depends_on(editor, c.value, y.value)


CHOICES = (
    row(
        "where(c, 0, x) * y",
        where(C, 0, X) * Y,
        lambda c, x, y: where(c, 0, x * y),
        only=_overflows,
    ),
    row(
        "where(c, x, 0) * y",
        where(C, X, 0) * Y,
        lambda c, x, y: where(c, x * y, 0),
        only=_overflows,
    ),
    row(
        "where(c, 0, x) / y",
        where(C, 0, X) / Y,
        lambda c, x, y: where(c, 0, x / y),
        only=_decides,
    ),
    row(
        "where(c, x, 0) / y",
        where(C, X, 0) / Y,
        lambda c, x, y: where(c, x / y, 0),
        only=_decides,
    ),
)

# ---- a factor of a matrix: multiply the vector of results, not the matrix ----


def _is_factor(editor: Editor, eq: Equation, a: Expr, b: Expr) -> bool:
    scaled = eq.operands[eq.op == "vecmat"]
    alone = editor.facts.uses[scaled] == 1
    return alone and not b.type.rank and a.type.dtype == eq.result.type.dtype


PRODUCTS = (
    Row(
        "(b * A) @ x",
        matvec(B * A, X),
        lambda a, b, x: b * matvec(a, x),
        only=_is_factor,
    ),
    Row(
        "x @ (b * A)",
        vecmat(X, B * A),
        lambda a, b, x: b * vecmat(x, a),
        only=_is_factor,
    ),
)

TABLE = Table(LOGARITHMS + SIGMOIDS + SMALL + INVERSES + CHOICES + PRODUCTS)


def _visit(editor: Editor, eq: Equation) -> bool:
    known = eq.backward or any(r in editor.facts.repeated for r in eq.results)
    return not known and apply_table(editor, eq, TABLE)


def stabilise(program: Program) -> Program:
    """Return the program with formulas that lose precision written otherwise.

    Before ``mu = 1 / (1 + exp(-eta)); return log(1 - mu)``; after
    ``mu = sigmoid(eta); return -softplus(eta)``.
    """
    return program.map(lambda function: until_settled(function, _visit, MOST_SWEEPS))
