"""The pattern of a Jacobian: which elements depend on which inputs.

A mark stands where a tangent would: ``y_dot[i, k]`` says whether ``y[i]`` depends on
any of the inputs in set ``k``. What is done to memory, in branches and in loops is what
is done to tangents; the rest is here. No value decides, but those of a constant matrix:
a derivative that is zero at some point has its mark.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..graph.build import Builder
from ..graph.ir import Equation, Item, NewAxis, Region, Span, Type, Value
from ..graph.ops import ELEMENTWISE
from ..graph.shapes import same
from ..rules import RULES
from ..rules.combinators import axis_of
from ..rules.partials import cast
from .many import FORMS, Dots
from .push import Pusher
from .scope import Scope
from .seeds import Seeds

Form = Callable[[Builder, Equation, Dots, Seeds], Value | None]


@dataclass(frozen=True, slots=True)
class Marks(Seeds):
    """Several sets of inputs at once: a mark for each, along the last axis."""

    def type(self, kind: Type) -> Type:
        """Return the type of the marks of a value of some type."""
        assert self.count is not None
        return Type("bool", (*kind.shape, self.count.as_linear))

    def zeros(self, builder: Builder, primal: Value) -> Value:
        """Emit marks for what depends on nothing."""
        return builder.emit("zeros", *self.lengths(builder, primal), dtype="bool")


class Marker(Pusher):
    """Pushes marks through the regions of one function."""

    suffix = "pattern"

    def _by_rule(self, eq: Equation, scope: Scope) -> None:
        fixed = eq.attrs.get("fixed", ())
        dots = [
            None if k in fixed else scope.dots.get(v) for k, v in enumerate(eq.operands)
        ]
        if RULES[eq.op].kind == "constant" or all(dot is None for dot in dots):
            return
        form = EITHER.get(eq.op, _any_of_all)
        made = form(scope.builder, eq, dots, scope.seeds)
        if made is None:
            made = _any_of_all(scope.builder, eq, dots, scope.seeds)
        scope.pass_on(eq.result, _conform(scope, eq.result, made), eq.op)


def _conform(scope: Scope, primal: Value, made: Value) -> Value:
    """Return marks broadcast to the shape of the result."""
    wanted, shape = scope.seeds.type(primal.type).shape, made.type.shape
    if len(shape) == len(wanted) and all(map(_surely, shape, wanted)):
        return made
    lengths = scope.seeds.lengths(scope.builder, primal)
    return scope.builder.emit("broadcast_to", made, *lengths)


def _surely(one: object, other: object) -> bool:
    return same(one, other) is True  # type: ignore[arg-type]


def _or(builder: Builder, parts: Sequence[Value | None]) -> Value:
    """Return where any of some marks is set."""
    given = dict.fromkeys(part for part in parts if part is not None)
    return functools.reduce(functools.partial(builder.emit, "bitwise_or"), given)


def _any(builder: Builder, dot: Value | None, *axes: int) -> Value | None:
    """Return marks of what depends on all elements along some axes."""
    if dot is None or not axes:
        return dot
    return builder.emit("any", dot, axis=axes, keepdims=False)


def _any_of_all(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value:
    """Every element depends on all elements: right for whatever an operation does."""
    parts = [
        _any(builder, dot, *range(v.type.rank))
        for v, dot in zip(eq.operands, dots, strict=True)
        if dot is not None
    ]
    return _or(builder, parts)


def mark_call(pusher: Pusher, eq: Equation, scope: Scope) -> None:
    """Mark what a call gives of which nobody sees the inside: it depends on all."""
    dots = [scope.dots.get(v) for v in eq.operands]
    scope.builder.equations.append(eq)
    if any(dot is not None for dot in dots):
        marks = _any_of_all(scope.builder, eq, dots, scope.seeds)
        for result in (r for r in eq.results if r in pusher.active):
            made = scope.builder.emit("copy", _conform(scope, result, marks))
            scope.dots[result] = made


def _each(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value:
    """Mark what depends on the elements that stand where it stands."""
    return _or(builder, dots)


def _along(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value | None:
    """Mark what depends on the elements along some axes."""
    axis, keepdims = axis_of(eq)
    (dot, *_) = dots
    if dot is None or not axis:
        return dot
    return builder.emit("any", dot, axis=axis, keepdims=keepdims)


def _matvec(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value:
    """Mark ``A @ x``: if A is constant, its zeros take part."""
    matrix, vector = dots
    if matrix is None and vector is not None:
        return _product(builder, eq.operands[0], vector)
    return _or(builder, [_any(builder, matrix, 1), _any(builder, vector, 0)])


def _vecmat(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value:
    vector, matrix = dots
    if matrix is None and vector is not None:
        turned = builder.emit("transpose", eq.operands[1], axes=(1, 0))
        return _product(builder, turned, vector)
    return _or(builder, [_any(builder, vector, 0), _any(builder, matrix, 0)])


def _product(builder: Builder, matrix: Value, marks: Value) -> Value:
    """Return which rows of a matrix have a number where a mark is: they are counted."""
    there = builder.emit("not_equal", matrix, builder.constant(0))
    one, other = (cast(builder, each, "float32") for each in (there, marks))
    counts = builder.emit("matmul", one, other)
    return builder.emit("greater", counts, builder.constant(0))


def _matmul(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value | None:
    """Mark what depends on a row of one and a column of the other; no batches."""
    if any(v.type.rank != 2 for v in eq.operands):
        return None
    left, right = dots
    rows = _spaced(builder, _any(builder, left, 1), 1)
    columns = _spaced(builder, _any(builder, right, 0), 0)
    return _or(builder, [rows, columns])


def _outer(builder: Builder, eq: Equation, dots: Dots, seeds: Seeds) -> Value:
    left, right = dots
    return _or(builder, [_spaced(builder, left, 1), _spaced(builder, right, 0)])


def _spaced(builder: Builder, dot: Value | None, axis: int) -> Value | None:
    if dot is None:
        return None
    items: list[Item] = [Span(), Span()]
    items.insert(axis, NewAxis())
    return builder.index(dot, items)


def without_checks(region: Region) -> Region:
    """Return a region that neither prints nor checks: whoever takes numbers does.

    A loop that a check may end keeps it.
    """
    kept = [eq for eq in region.equations if eq.op not in ("check", "print")]
    made = [
        eq
        if eq.op == "while"
        else replace(eq, regions=tuple(map(without_checks, eq.regions)))
        for eq in kept
    ]
    return replace(region, equations=tuple(made))


REDUCTIONS = "sum mean prod max min var std logsumexp".split()
KEPT = "flip copy reshape broadcast_to concatenate stack full transpose".split()
EITHER: dict[str, Form] = {
    **dict.fromkeys(ELEMENTWISE | {"real", "imag"}, _each),
    **dict.fromkeys(REDUCTIONS, _along),
    **{op: FORMS[op] for op in KEPT},
    "matvec": _matvec,
    "vecmat": _vecmat,
    "matmul": _matmul,
    "outer": _outer,
}
