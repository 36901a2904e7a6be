"""Tangents through loops and branches: carried, and given, beside their primals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from ..graph.ir import Buffer, Equation, Region, Value
from ..graph.loopform import Loop
from .push import Pusher, handles
from .scope import Scope


@handles("if")
def push_if(pusher: Pusher, eq: Equation, scope: Scope) -> None:
    """Give the tangents of what the branch that is taken gives."""
    moved = [k for k, r in enumerate(eq.results) if r in pusher.active]
    regions, ends = [], []
    for region in eq.regions:
        inner = scope.inner()
        pusher.push(region, inner)
        end = [_given(pusher, inner, region.results[k]) for k in moved]
        regions.append((region, inner))
        ends.append(end)
    results = []
    for place, k in enumerate(moved):
        one, other = (end[place].buffer for end in ends)
        own = eq.results[k].buffer  # views of one array are not that array
        same = one is other and all(r.results[k].buffer is own for r in eq.regions)
        results.append(scope.value(eq.results[k], one if own and same else None))
        if all(end[place] in scope.sparse for end in ends):
            scope.sparse.add(results[-1])
    made = tuple(
        replace(
            region,
            equations=tuple(inner.builder.equations),
            results=(*region.results, *end),
        )
        for (region, inner), end in zip(regions, ends, strict=True)
    )
    scope.builder.equations.append(
        replace(eq, results=(*eq.results, *results), regions=made)
    )
    for k, result in zip(moved, results, strict=True):
        scope.dots[eq.results[k]] = result


def _given(pusher: Pusher, inner: Scope, value: Value) -> Value:
    """Return the tangent that a branch gives."""
    dot = inner.dots.get(value)
    if dot is None and _is_undefined(pusher, value):
        return inner.builder.emit("undefined", type=inner.type(value))
    return inner.settled(value, dot, value)


def _is_undefined(pusher: Pusher, value: Value) -> bool:
    """Whether a value has no contents yet, and so no length to make zeros of."""
    maker = pusher.makers.get(value)
    return maker is not None and maker.op == "undefined"


@handles("for", "while")
def push_loop(pusher: Pusher, eq: Equation, scope: Scope) -> None:
    """Carry the tangents of what the loop carries."""
    loop = Loop.of(eq)
    places = [
        k
        for k, (carry, final) in enumerate(zip(loop.carries, loop.finals, strict=True))
        if carry in pusher.active or final in pusher.active
    ]
    inits = [_initial(pusher, scope, loop.inits[k]) for k in places]
    inner = scope.inner()
    carried = []
    for k, init in zip(places, inits, strict=True):
        same = loop.carries[k].buffer is loop.inits[k].buffer is not None
        param = scope.value(loop.carries[k], init.buffer if same else None)
        inner.dots[loop.carries[k]] = param
        carried.append(param)
    inner.outside.update(inner.dots)
    pusher.push(loop.body, inner)
    ends = []
    for k in places:
        value = loop.yields[k]
        ends.append(inner.settled(value, inner.dots.get(value), loop.carries[k]))
    finals = _finals(scope, loop, places, inits, carried, ends)
    body = replace(
        loop.body,
        params=(*loop.body.params, *carried),
        equations=tuple(inner.builder.equations),
        results=(*loop.body.results, *ends),
    )
    regions = [*eq.regions[:-1], body]
    if loop.condition is not None:
        regions[0] = _widened(loop.condition, carried)
    told = {k: v for k, v in eq.attrs.items() if k not in ("labels", "kinds")}
    scope.builder.equations.append(
        replace(
            eq,
            operands=(*eq.operands, *inits),
            results=(*eq.results, *finals),
            regions=tuple(regions),
            attrs=MappingProxyType(told),
        )
    )


def _initial(pusher: Pusher, scope: Scope, init: Value) -> Value:
    """Return what a tangent is before a loop."""
    dot = scope.dots.get(init)
    if dot is not None:
        return dot
    if _is_undefined(pusher, init):
        return scope.builder.emit("undefined", type=scope.type(init))
    return scope.zeros(init)


def _finals(
    scope: Scope,
    loop: Loop,
    places: Sequence[int],
    inits: Sequence[Value],
    carried: Sequence[Value],
    ends: Sequence[Value],
) -> list[Value]:
    """Return what tangents are after a loop, in memory that mirrors the primal's."""
    finals = []
    for k, init, param, end in zip(places, inits, carried, ends, strict=True):
        final = loop.finals[k]
        buffer: Buffer | None = None
        if final.buffer is not None:
            pairs = (
                (loop.inits[k].buffer, init.buffer),
                (loop.carries[k].buffer, param.buffer),
                (loop.yields[k].buffer, end.buffer),
            )
            buffer = next((dot for own, dot in pairs if own is final.buffer), None)
        made = scope.value(final, buffer)
        scope.dots[final] = made
        finals.append(made)
    return finals


def _widened(condition: Region, carried: Sequence[Value]) -> Region:
    """Return the condition of a loop that carries tangents: it does not read them."""
    unread = tuple(
        Value(v.type, v.name, Buffer(v.name or "") if v.type.rank else None)
        for v in carried
    )
    return replace(condition, params=(*condition.params, *unread))
