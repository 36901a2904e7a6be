"""Shapes, sums and choices in adjoint arithmetic: one row each."""

from __future__ import annotations

from functools import reduce

import numpy as np

from ..graph.build import Expr
from ..graph.ir import Equation, Index, Item, NewAxis, Path, Span, Value
from ..rewrite import Editor, Row, Table
from ..rewrite.patterns import Attr, Exactly
from ..rewrite.recognise import may_be_infinite, surely_finite
from ..rewrite.words import (
    AXIS,
    KEEPDIMS,
    A,
    B,
    C,
    W,
    Z,
    broadcast_to,
    cast,
    copy,
    equal,
    eye,
    index,
    logical_not,
    matmul,
    positive,
    power,
    reshape,
    sum_,
    transpose,
    where,
)
from .fill import fitted, spread

Lengths = tuple[Value, ...]
SWAP = (1, 0)

# ---- shapes ----


def _permuted(a: Expr, inner: tuple[int, ...], outer: tuple[int, ...]) -> Expr:
    axes = tuple(inner[k] for k in outer)
    return a if _in_order(axes) else transpose(a, axes=axes)


def _in_order(axis: tuple[int, ...]) -> bool:
    return axis == tuple(range(len(axis)))


def _has_the_shape(a: Expr, eq: Equation) -> bool:
    return a.type.shape == eq.result.type.shape


def _is_whole(path: Path, slots: tuple[Value, ...]) -> bool:
    (step,) = path
    spans = isinstance(step, Index) and all(item == Span() for item in step.items)
    return spans and not slots


def _widens_only(path: Path) -> bool:
    """Whether an index puts in new axes and takes everything of the others."""
    return len(path) == 1 and all(
        item == Span() or isinstance(item, NewAxis)
        for step in path
        if isinstance(step, Index)
        for item in step.items
    )


def _widened(inner: Path, outer: Path) -> Path:
    """Return the path of two such indices, one after the other."""
    (first,), (second,) = inner, outer
    assert isinstance(first, Index) and isinstance(second, Index)
    below = iter(first.items)
    items: list[Item] = [
        item if isinstance(item, NewAxis) else next(below, item)
        for item in second.items
    ]
    return (Index((*items, *below)),)


def _widens(a: Expr, between: str) -> bool:
    """Whether every number of an array is kept by a cast."""
    weak = a.type.dtype.startswith("weak") or between.startswith("weak")
    return not weak and np.can_cast(a.type.dtype, between, "safe")


def _alone(editor: Editor, eq: Equation) -> bool:
    """Whether an operand is computed in the backward part for this equation only."""
    made = editor.definition(eq.operands[0])
    return (
        made is not None
        and bool(made.backward)
        and editor.facts.uses[made.result] == 1
        and editor.scope.local(made.result)
    )


def _by_scalar(editor: Editor, eq: Equation, b: Expr) -> bool:
    return not b.type.rank and _alone(editor, eq)


def _filled(editor: Editor, eq: Equation, a: Expr, lengths: Lengths) -> Value | None:
    return None if a.type.rank else spread(editor, a.value, lengths, eq)


SHAPES = (
    Row(
        "transpose(transpose x)",
        transpose(transpose(A, axes=Attr("inner")), axes=Attr("outer")),
        _permuted,
    ),
    Row(
        "transpose, axes in order", transpose(A, axes=AXIS), lambda a: a, only=_in_order
    ),
    Row(
        "transpose(-x)",
        transpose(-A, axes=AXIS),
        lambda a, axis: -transpose(a, axes=axis),
        only=_alone,
    ),
    Row(
        "transpose(b * x)",
        transpose(B * A, axes=AXIS),
        lambda a, b, axis: b * transpose(a, axes=axis),
        only=_by_scalar,
    ),
    Row(
        "transpose(x / b)",
        transpose(A / B, axes=AXIS),
        lambda a, b, axis: transpose(a, axes=axis) / b,
        only=_by_scalar,
    ),
    Row(
        "transpose(x @ transpose y)",
        transpose(matmul(A, transpose(B, axes=SWAP)), axes=SWAP),
        lambda a, b: matmul(b, transpose(a, axes=SWAP)),
        only=_alone,
    ),
    Row(
        "transpose(transpose x @ y)",
        transpose(matmul(transpose(A, axes=SWAP), B), axes=SWAP),
        lambda a, b: matmul(transpose(b, axes=SWAP), a),
        only=_alone,
    ),
    Row(
        "reshape(reshape x)",
        reshape(reshape(A, rest="before"), rest="lengths"),
        lambda a, lengths: reshape(a, *lengths),
    ),
    Row(
        "reshape to its shape", reshape(A, rest="to"), lambda a: a, only=_has_the_shape
    ),
    Row(
        "broadcast to its shape",
        broadcast_to(A, rest="to"),
        lambda a: a,
        only=_has_the_shape,
    ),
    Row(
        "broadcast_to(broadcast_to x)",
        broadcast_to(broadcast_to(A, rest="before"), rest="lengths"),
        lambda a, lengths: broadcast_to(a, *lengths),
    ),
    Row(
        "x[:]",
        index(A, path=Attr("path"), rest="slots"),
        lambda a: a,
        only=_is_whole,
    ),
    Row(
        "x[:, new][:, :, new]",
        index(index(A, path=Attr("inner")), path=Attr("outer")),
        lambda a, inner, outer: index(a, path=_widened(inner, outer)),
        only=lambda inner, outer: _widens_only(inner) and _widens_only(outer),
    ),
    Row(
        "x @ eye",
        matmul(A, eye(B, C, k=0, dtype=Attr("dtype"))),
        lambda a: a,
        only=lambda a, dtype: a.type.rank == 2 and a.type.dtype == dtype,
    ),
    Row("+x", positive(A), lambda a: a),
    Row("copy x", copy(A), lambda a: a),
    Row("copy(broadcast_to a)", copy(broadcast_to(A, rest="lengths")), _filled),
    Row("x**1", power(Z, 1), lambda z: z),
    Row(
        "cast to its dtype",
        cast(A, dtype=Attr("dtype")),
        lambda a: a,
        only=lambda a, dtype: a.type.dtype == dtype,
    ),
    Row(
        "cast(cast x)",
        cast(cast(A, dtype=Attr("between")), dtype=Attr("dtype")),
        lambda a, dtype: cast(a, dtype=dtype),
        only=_widens,
    ),
)

# ---- sums ----


def _scalar_factor(editor: Editor, eq: Equation, a: Expr) -> bool:
    return not a.type.rank and _alone(editor, eq)


def _total(x: Expr, axis: tuple[int, ...], keepdims: bool) -> Expr:
    return sum_(x, axis=axis, keepdims=keepdims)


def _repeated(editor: Editor, eq: Equation) -> Value | None:
    """Return the sum of what is broadcast along the axes it is summed over."""
    made = editor.definition(eq.operands[0])
    axes, keepdims = eq.attrs["axis"], eq.attrs.get("keepdims", False)
    if made is None or made.op != "broadcast_to":
        return None
    source, *lengths = made.operands
    if not all(map(editor.readable, made.operands)):
        return None
    new = len(lengths) - source.type.rank
    if any(axis >= new for axis in axes) or (source.type.rank and keepdims):
        return None
    times = reduce(lambda m, n: m * n, (editor.expr(lengths[k]) for k in axes))
    total = (editor.expr(source) * times).value
    if total.type.shape == eq.result.type.shape:
        return total
    if source.type.rank:
        return None
    one = editor.constant(1)
    kept = [one if k in axes else n for k, n in enumerate(lengths)]
    if not keepdims:
        kept = [n for k, n in enumerate(lengths) if k not in axes]
    return spread(editor, total, kept, eq)


SUMS = (
    Row("sum over nothing", sum_(A, axis=()), lambda a: a),
    Row("sum of one repeated", sum_(broadcast_to(A, rest="to"), axis=AXIS), _repeated),
    Row(
        "sum(-x)",
        sum_(-Z, axis=AXIS, keepdims=KEEPDIMS),
        lambda z, axis, keepdims: -_total(z, axis, keepdims),
        only=_alone,
    ),
    Row(
        "sum(a * x)",
        sum_(A * Z, axis=AXIS, keepdims=KEEPDIMS),
        lambda a, z, axis, keepdims: a * _total(z, axis, keepdims),
        only=_scalar_factor,
    ),
    Row(
        "sum(x / a)",
        sum_(Z / A, axis=AXIS, keepdims=KEEPDIMS),
        lambda a, z, axis, keepdims: _total(z, axis, keepdims) / a,
        only=_scalar_factor,
    ),
)

# ---- choices ----


def _as_result(editor: Editor, eq: Equation, a: Expr) -> Value | None:
    return fitted(editor, a.value, eq)


def _is_array(editor: Editor, w: Expr) -> bool:
    return bool(w.type.rank) or may_be_infinite(editor, w.value)


def _is_finite(editor: Editor, w: Expr) -> bool:
    return surely_finite(editor, w.value, editor.facts.params)


def _overflows(editor: Editor, w: Expr) -> bool:
    return may_be_infinite(editor, w.value)


CHOICES = (
    Row("where(c, x, x)", where(C, A, A), _as_result),
    Row("where(True, x, y)", where(Exactly(True), A, B), _as_result),
    Row("where(False, x, y)", where(Exactly(False), B, A), _as_result),
    Row(
        "where(not c, x, y)",
        where(logical_not(C), A, B),
        lambda c, a, b: where(c, b, a),
    ),
    Row(
        "where(a == 0, 0, a * y)",
        where(equal(A, 0), 0, A * W),
        lambda a, w: a * w,
        only=_is_finite,
    ),
    Row("-x == 0", equal(-Z, 0), lambda z: z.equals(0)),
    Row(
        "where(c, x, 0) * y",
        where(C, Z, 0) * W,
        lambda c, z, w: where(c, z * w, 0),
        only=_overflows,
    ),
    Row(
        "where(c, 0, x) * y",
        where(C, 0, Z) * W,
        lambda c, z, w: where(c, 0, z * w),
        only=_overflows,
    ),
    Row(
        "where(c, x, 0) / y",
        where(C, Z, 0) / W,
        lambda c, z, w: where(c, z / w, 0),
        only=_is_array,
    ),
    Row(
        "where(c, 0, x) / y",
        where(C, 0, Z) / W,
        lambda c, z, w: where(c, 0, z / w),
        only=_is_array,
    ),
)

TABLE = Table(SHAPES + SUMS + CHOICES)
