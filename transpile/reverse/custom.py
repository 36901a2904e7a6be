"""Calls of functions whose derivatives are given: the adjoint is what the rule says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import TranspileError
from ..graph.custom import Custom, Rule, custom_of
from ..graph.ir import Buffer, Equation, Function, Type, Value
from ..graph.places import problem_at
from ..rules.partials import cast
from .adjoint import Scope, adjoint_type

if TYPE_CHECKING:
    from .activity import Activity
    from .sweep import Reverser


def reverse_call(reverser: Reverser, eq: Equation, scope: Scope) -> None:
    """Call the rule with the adjoints of the results; add what it returns.

    For ``y = call f x`` that is ``x_bar += call f_vjp y_bar x``.
    """
    callee = reverser.program.find(eq.attrs["callee"])
    custom = custom_of(callee)
    if custom is None or not any(r in reverser.active for r in eq.results):
        return
    rule = given_rule(callee, custom.vjp, "vjp", eq)
    require_named(callee, custom, eq, reverser.active)
    if all(scope.take(r) is None for r in eq.results):
        return
    bars = [scope.take_or_zero(r) for r in eq.results]
    made = reverser.program.find(rule.name)
    places = zip(rule.places, made.body.results, strict=True)
    results = [new_value(v.type, eq.operands[k].type) for k, v in places]
    operands = (*bars, *rule.taken(eq))
    scope.builder.append("call", operands, results, callee=rule.name)
    for place, bar in zip(rule.places, results, strict=True):
        operand = eq.operands[place]
        if operand in reverser.active:
            fitted = cast(scope.builder, bar, adjoint_type(operand.type).dtype)
            scope.add(operand, fitted, True)


def new_value(kind: Type, like: Type) -> Value:
    """Return the value of what a rule gives, in the caller's sizes."""
    made = replace(kind, shape=like.shape)
    return Value(made, None, Buffer() if made.rank else None)


def given_rule(callee: Function, rule: Rule | None, kind: str, eq: Equation) -> Rule:
    """Return a rule; raise TranspileError where it is not given."""
    if rule is None:
        raise TranspileError(
            problem_at(
                eq,
                f"'{callee.name}' has derivatives of its own, but no {kind}",
                f"give it one: custom_derivative(..., {kind}=...)",
            )
        )
    return rule


def require_named(
    callee: Function, custom: Custom, eq: Equation, active: Activity
) -> None:
    """Raise TranspileError if something moves that has no derivative."""
    names = [p.name for p in callee.parameters for _ in p.values]
    for k, operand in enumerate(eq.operands):
        if operand in active and k not in custom.wrt:
            name = names[k]
            raise TranspileError(
                problem_at(
                    eq,
                    f"'{callee.name}' has no derivative with respect to '{name}', which"
                    " is not in its wrt",
                    f"add it there, or pass gs.stop_gradient({name})",
                )
            )
