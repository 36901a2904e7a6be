"""Tangents of memory: what is read and written at a place, there too.

``z = y[i]``       z_dot = y_dot[i]
``y[i] = v``       y_dot[i] = v_dot
``y[i] += v``      y_dot[i] += v_dot
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from ..graph.ir import Equation, Value
from ..reverse.memory import keep_proof
from .push import Pusher, handles
from .scope import Scope


@handles("index")
def push_index(pusher: Pusher, eq: Equation, scope: Scope) -> None:
    """Read the same part of the tangent."""
    scope.builder.equations.append(eq)
    dot = scope.dots.get(eq.operands[0])
    if dot is None or not pusher.moves(eq):
        return
    path, slots = scope.seeds.path(eq.attrs["path"], list(eq.operands[1:]))
    lengths = _lengths(scope, eq)
    made = scope.builder.emit("index", dot, *slots, path=path, **lengths)
    _prove(scope, eq)
    if eq.result.buffer is not eq.operands[0].buffer and made.buffer is dot.buffer:
        is_written = eq.operands[0].buffer in scope.written
        if is_written and not pusher.is_spent(eq.result, eq.operands[0], scope):
            made = scope.builder.emit("copy", made)
    if dot in scope.sparse:
        scope.sparse.add(made)
    scope.define(eq.result, made)


def _lengths(scope: Scope, eq: Equation) -> dict[str, Any]:
    """Return the lengths that a part is known to have, and the count of seeds."""
    if "lengths" not in eq.attrs:
        return {}
    count = scope.seeds.count
    more = () if count is None else (count.as_linear,)
    return {"lengths": (*eq.attrs["lengths"], *more)}


def _prove(scope: Scope, eq: Equation) -> None:
    """Mark the indices of what was just emitted as in range: the primal's were."""
    made = keep_proof(scope.builder.equations[-1], eq)
    if "lengths" in made.attrs:
        attrs = MappingProxyType({**made.attrs, **_lengths(scope, eq)})
        made = Equation(
            made.op, made.operands, made.results, attrs, (), made.origin, made.backward
        )
    scope.builder.equations[-1] = made


@handles("store")
def push_store(pusher: Pusher, eq: Equation, scope: Scope) -> None:
    """Write the tangent of what is written to the same place."""
    whole, part = _tangents(pusher, eq, scope)
    scope.builder.equations.append(eq)
    if whole is None:
        return
    value = part or scope.builder.constant(0.0)
    path, slots = scope.seeds.path(eq.attrs["path"], list(eq.operands[2:]))
    made = scope.builder.store(whole, value, path, *slots)
    _prove(scope, eq)
    if whole in scope.sparse and part is None or part in scope.sparse:
        scope.sparse.add(made)
    scope.define(eq.result, made)


@handles("accumulate")
def push_accumulate(pusher: Pusher, eq: Equation, scope: Scope) -> None:
    """Add the tangent of what is added at the same place."""
    whole, part = _tangents(pusher, eq, scope)
    scope.builder.equations.append(eq)
    if whole is None:
        return
    if part is None:
        scope.dots[eq.result] = whole
        return
    path, slots = scope.seeds.path(eq.attrs["path"], list(eq.operands[2:]))
    made = scope.builder.accumulate(whole, part, path, *slots)
    _prove(scope, eq)
    scope.define(eq.result, made)


def _tangents(
    pusher: Pusher, eq: Equation, scope: Scope
) -> tuple[Value | None, Value | None]:
    """Return the tangents of the array and of what is written; zeros for the array."""
    base, value = eq.operands[:2]
    whole, part = scope.dots.get(base), scope.dots.get(value)
    if not pusher.moves(eq) or whole is None and part is None:
        return None, None
    return whole or scope.zeros(base), part
