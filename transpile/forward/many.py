"""Rules for one tangent, and for several at once.

Several tangents have one axis more, the last. Partial derivatives broadcast over it;
what is linear acts on the other axes as before; products take all tangents in one
product. What fits none of these goes through the seeds one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..graph.build import Builder, Expr
from ..graph.ir import At, Buffer, Equation, Index, Item, NewAxis, Region, Span, Value
from ..graph.shapes import ONE, same
from ..rules import RULES
from ..rules.combinators import Elementwise, Weighted, axis_of
from ..rules.partials import (
    Choice,
    Partial,
    Ratio,
    cast,
    draft,
    known,
    merged,
    pushed,
    total,
)
from ..rules.scans import moved_product
from .seeds import Seeds

Dots = Sequence[Value | None]
Form = Callable[[Builder, Equation, Dots, Seeds], Value | None]


def by_rule(
    builder: Builder, eq: Equation, dots: Dots, seeds: Seeds, *, guard: str = ""
) -> Value | None:
    """Return the tangent of an equation's result, None where it is zero."""
    rule = RULES[eq.op]
    if seeds.count is None:
        return rule.jvp(builder, eq, dots, guard=guard)
    if isinstance(rule, Elementwise):
        made = _elementwise(rule, builder, eq, dots, seeds, guard)
    elif isinstance(rule, Weighted):
        made = _weighted(rule, builder, eq, dots)
    else:
        form = FORMS.get(eq.op)
        made = None if form is None else form(builder, eq, dots, seeds)
        made = made or _one_by_one(builder, eq, dots, seeds)
    return None if made is None else _conform(builder, made, eq.result, seeds)


def _conform(builder: Builder, made: Value, result: Value, seeds: Seeds) -> Value:
    """Return tangents broadcast to the shape of the result, in its dtype."""
    wanted = seeds.type(result.type).shape
    shape = made.type.shape
    if len(shape) != len(wanted) or any(
        d == ONE and same(d, e) is not True for d, e in zip(shape, wanted, strict=True)
    ):
        made = builder.emit("broadcast_to", made, *seeds.lengths(builder, result))
    return cast(builder, made, result.type.dtype)


# ---- partials ----


def with_axis(x: Expr) -> Expr:
    """Return an array with an axis for the seeds."""
    if not x.type.rank:
        return x
    items: list[Item] = [*(Span() for _ in range(x.type.rank)), NewAxis()]
    return Expr(x.builder, x.builder.index(x.value, items))


def _over_seeds(partial: Partial) -> Partial:
    """Return a partial that broadcasts over the seeds."""
    if isinstance(partial, Expr):
        return with_axis(partial)
    if isinstance(partial, Choice):
        yes, no = _over_seeds(partial.yes), _over_seeds(partial.no)
        return Choice(with_axis(partial.condition), yes, no)
    if isinstance(partial, Ratio):
        times = partial.times
        times = with_axis(times) if isinstance(times, Expr) else times
        over = None if partial.over is None else with_axis(partial.over)
        return Ratio(times, over, partial.negative)
    return partial


def _elementwise(
    rule: Elementwise,
    builder: Builder,
    eq: Equation,
    dots: Dots,
    seeds: Seeds,
    guard: str,
) -> Value | None:
    def make(trial: Builder) -> list[Value | None]:
        partials = rule.partials_of(trial, eq)
        pairs = zip(dots, partials, strict=True)
        given = [(Expr(trial, t), known(p, eq)) for t, p in pairs if t is not None]
        parts = merged(given)
        summed = total([pushed(t, _over_seeds(p), eq) for t, p in parts])
        return [None if summed is None else summed.value]

    if guard and rule.poles:
        return _one_by_one(builder, eq, dots, seeds, guard=guard)
    return draft(builder, make)[0]


def _weighted(
    rule: Weighted, builder: Builder, eq: Equation, dots: Dots
) -> Value | None:
    (dot,) = dots
    assert dot is not None

    def make(trial: Builder) -> list[Value | None]:
        partial = _over_seeds(rule.weights_of(trial, eq))
        scaled = pushed(Expr(trial, dot), partial, eq)
        if scaled is None:
            return [None]
        axis, keepdims = axis_of(eq)
        return [scaled.op("sum", axis=axis, keepdims=keepdims).value]

    return draft(builder, make)[0]


# ---- what is linear ----


def _same(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value | None:
    """Do to all tangents what is done to the primal: other axes than the last."""
    return None if dots[0] is None else builder.emit(eq.op, dots[0], **eq.attrs)


def _lengths(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value | None:
    """Do likewise to what is given the lengths of the result."""
    (dot, *_), count = dots, seeds.count
    if dot is None or count is None or eq.attrs.get("order", "C") != "C":
        return None
    lengths = builder.dims(eq.result)
    return builder.emit(eq.op, dot, *lengths, count, **eq.attrs)


def _full(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value | None:
    if dots[0] is None:
        return None
    lengths = seeds.lengths(builder, eq.result)
    return builder.emit("copy", builder.emit("broadcast_to", dots[0], *lengths))


def _transpose(
    builder: Builder, eq: Equation, dots: Dots, seeds: Seeds
) -> Value | None:
    if dots[0] is None:
        return None
    axes = eq.attrs["axes"]
    return builder.emit("transpose", dots[0], axes=(*axes, len(axes)))


def _joined(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value | None:
    filled = [
        seeds.zeros(builder, x) if dot is None else dot
        for dot, x in zip(dots, eq.operands, strict=True)
    ]
    return builder.emit(eq.op, *filled, **eq.attrs)


def _cumprod(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value | None:
    if dots[0] is None:
        return None
    return moved_product(eq, Expr(builder, dots[0]), with_axis).value


# ---- products ----


def _matvec(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value | None:
    if dots[0] is not None or dots[1] is None:
        return None
    return builder.emit("matmul", eq.operands[0], dots[1])


def _vecmat(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value | None:
    if dots[1] is not None or dots[0] is None:
        return None
    turned = builder.emit("transpose", eq.operands[1], axes=(1, 0))
    return builder.emit("matmul", turned, dots[0])


def _dot(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value | None:
    parts = [
        Expr(builder, builder.emit("vecmat", other, dot))
        for dot, other in zip(dots, reversed(eq.operands), strict=True)
        if dot is not None
    ]
    summed = total(parts)
    return None if summed is None else summed.value


FORMS: dict[str, Form] = {
    **dict.fromkeys(("sum", "mean", "cumsum", "flip", "copy"), _same),
    **dict.fromkeys(("reshape", "broadcast_to"), _lengths),
    **dict.fromkeys(("concatenate", "stack"), _joined),
    "full": _full,
    "cumprod": _cumprod,
    "transpose": _transpose,
    "matvec": _matvec,
    "vecmat": _vecmat,
    "dot": _dot,
}

# ---- one by one ----


def _one_by_one(
    builder: Builder, eq: Equation, dots: Dots, seeds: Seeds, *, guard: str = ""
) -> Value | None:
    """Emit a loop over the seeds in which the rule is that for one tangent."""
    assert seeds.count is not None
    inner = Builder(builder.origin, builder.backward)
    counter = Value(seeds.count.type, "k")
    parts = [None if dot is None else _at(inner, dot, counter) for dot in dots]
    one = RULES[eq.op].jvp(inner, eq, parts, guard=guard)
    if one is None:
        return None
    lengths = seeds.lengths(builder, eq.result)
    whole = builder.emit("empty", *lengths, dtype=one.type.dtype)
    carried = Value(whole.type, whole.name, whole.buffer)
    path = (Index((*(Span() for _ in range(eq.result.type.rank)), At(0))),)
    stored = inner.emit("store", carried, one, counter, path=path, inbounds=(True,))
    zero, step = builder.constant(0), builder.constant(1)
    region = Region((counter, carried), tuple(inner.equations), (stored,))
    final = Value(whole.type, None, whole.buffer)
    builder.append("for", (zero, seeds.count, step, whole), (final,), (region,))
    return final


def _at(builder: Builder, dot: Value, counter: Value) -> Value:
    """Return the tangent for one seed."""
    path = (Index((*(Span() for _ in range(dot.type.rank - 1)), At(0))),)
    return builder.emit("index", dot, counter, path=path, inbounds=(True,))


__all__ = ["Buffer", "by_rule"]
