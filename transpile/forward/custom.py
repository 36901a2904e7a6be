"""Calls of functions whose derivatives are given: the tangent is what the rule says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..graph.build import Builder
from ..graph.custom import Rule, custom_of
from ..graph.ir import At, Equation, Index, Region, Span, Value
from ..reverse.adjoint import adjoint_type
from ..reverse.custom import given_rule, new_value, require_named
from ..rules.partials import cast
from .scope import Scope

if TYPE_CHECKING:
    from .push import Pusher


def push_call(pusher: Pusher, eq: Equation, scope: Scope) -> None:
    """Emit the call, and that of the rule with the tangents of the arguments.

    After ``y = call f x`` stands ``y_dot = call f_jvp x_dot x``.
    """
    callee = pusher.program.find(eq.attrs["callee"])
    custom = custom_of(callee)
    assert custom is not None
    rule = given_rule(callee, custom.jvp, "jvp", eq)
    require_named(callee, custom, eq, pusher.active)
    scope.builder.equations.append(eq)
    moved = [eq.operands[k] for k in custom.wrt]
    known = {v: scope.dots.get(v) or scope.zeros(v) for v in moved if _moves(v)}
    if scope.seeds.count is None:
        found = _called(pusher, eq, rule, known, moved, scope.builder)
    else:
        found = _one_by_one(pusher, eq, rule, known, moved, scope)
    for place, dot in found.items():
        if eq.results[place] in pusher.active:
            scope.define(eq.results[place], dot, callee.name)


def _moves(value: Value) -> bool:
    return value.type.is_inexact


def _called(
    pusher: Pusher,
    eq: Equation,
    rule: Rule,
    dots: dict[Value, Value],
    moved: list[Value],
    builder: Builder,
) -> dict[int, Value]:
    """Emit a call of the rule; return the tangents of results, by place."""
    made = pusher.program.find(rule.name)
    given = [dots.get(v, v) for v in moved]
    operands = (*given, *rule.taken(eq))
    places = zip(rule.places, made.body.results, strict=True)
    results = [new_value(v.type, eq.results[k].type) for k, v in places]
    builder.append("call", operands, results, callee=rule.name)
    return {
        place: cast(builder, dot, adjoint_type(eq.results[place].type).dtype)
        for place, dot in zip(rule.places, results, strict=True)
        if eq.results[place].type.is_inexact
    }


def _one_by_one(
    pusher: Pusher,
    eq: Equation,
    rule: Rule,
    dots: dict[Value, Value],
    moved: list[Value],
    scope: Scope,
) -> dict[int, Value]:
    """Emit a loop over the seeds that calls the rule; return all tangents."""
    b, count = scope.builder, scope.seeds.count
    assert count is not None
    inner = Builder(b.origin, b.backward)
    counter = Value(count.type, "k")
    parts = {v: _at(inner, dot, counter) for v, dot in dots.items()}
    found = _called(pusher, eq, rule, parts, moved, inner)
    wholes, carried, stored = [], [], []
    for place, one in found.items():
        lengths = scope.seeds.lengths(b, eq.results[place])
        whole = b.emit("empty", *lengths, dtype=one.type.dtype)
        carry = Value(whole.type, whole.name, whole.buffer)
        path = (Index((*(Span() for _ in range(one.type.rank)), At(0))),)
        stored.append(
            inner.emit("store", carry, one, counter, path=path, inbounds=(True,))
        )
        wholes.append(whole)
        carried.append(carry)
    region = Region((counter, *carried), tuple(inner.equations), tuple(stored))
    finals = [Value(whole.type, None, whole.buffer) for whole in wholes]
    bounds = (b.constant(0), count, b.constant(1))
    b.append("for", (*bounds, *wholes), finals, (region,))
    return dict(zip(found, finals, strict=True))


def _at(builder: Builder, dot: Value, counter: Value) -> Value:
    """Return the tangent for one seed."""
    path = (Index((*(Span() for _ in range(dot.type.rank - 1)), At(0))),)
    return builder.emit("index", dot, counter, path=path, inbounds=(True,))
