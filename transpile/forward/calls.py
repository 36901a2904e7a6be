"""Tangents through calls: ``step`` becomes ``step_jvp``.

``step_jvp`` takes the arguments of ``step`` and then the tangents of those that move,
returns the tangents of what it returns, and writes those of what it writes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from ..graph.custom import custom_of
from ..graph.ir import (
    LEAF,
    Buffer,
    Equation,
    Function,
    Parameter,
    Region,
    Structure,
    Value,
    calls_itself,
    walk,
)
from ..graph.linear import Linear, Size
from ..reverse.activity import Activity
from ..reverse.calls import at_every_level
from ..rules import is_constant
from ..steps import free
from . import custom
from .marks import Marker, mark_call
from .push import Mask, Pusher, handles
from .scope import Scope, Written, dot_name
from .seeds import Seeds


@handles("call")
def push_call(pusher: Pusher, eq: Equation, scope: Scope) -> None:
    """Call what pushes tangents through the callee."""
    if not pusher.moves(eq):
        scope.builder.equations.append(eq)
        return
    callee = pusher.program.find(eq.attrs["callee"])
    if custom_of(callee) is not None:
        push = mark_call if isinstance(pusher, Marker) else custom.push_call
        push(pusher, eq, scope)
        return
    params, results = _asked(pusher, callee, eq)
    made = _pushed(pusher, callee, params, results, scope.seeds)
    moved = _chosen(eq.operands, params)
    given = {v: scope.dots.get(v) or scope.zeros(v) for v in moved}
    dots = [given[v] for v in moved]
    width = callee.returns.width
    after = [scope.value(v, _buffer(given, v)) for v in _chosen(eq.results, results)]
    cut = sum(results[:width])
    told = {k: v for k, v in eq.attrs.items() if k != "callee"}
    scope.builder.equations.append(
        replace(
            eq,
            operands=(*eq.operands, *dots),
            results=(
                *eq.results[:width],
                *after[:cut],
                *eq.results[width:],
                *after[cut:],
            ),
            attrs=MappingProxyType({**told, "callee": made.name}),
        )
    )
    scope.dots.update(zip(_chosen(eq.results, results), after, strict=True))


def _chosen(values: Sequence[Value], mask: Mask) -> list[Value]:
    return list(itertools.compress(values, mask))


def _buffer(given: Mapping[Value, Value], value: Value) -> Buffer | None:
    """Return the memory of a tangent that a call gives: that of its argument's."""
    if value.buffer is not None:
        for operand, dot in given.items():
            if operand.buffer is value.buffer:
                return dot.buffer
    return None


def _asked(pusher: Pusher, callee: Function, eq: Equation) -> tuple[Mask, Mask]:
    """Return which parameters and results of a callee have tangents.

    What is written and moves has one before, too.
    """
    active = pusher.active.__contains__
    params, results = tuple(map(active, eq.operands)), tuple(map(active, eq.results))
    if calls_itself(callee):
        params, results = at_every_level(pusher.program, callee, params, results)
    width = callee.returns.width
    written = dict(zip(callee.written, results[width:], strict=True))
    params = tuple(on or written.get(k, False) for k, on in enumerate(params))
    results = (
        *results[:width],
        *(params[k] for k in callee.written),
    )
    return params, results


def _pushed(
    pusher: Pusher, callee: Function, params: Mask, results: Mask, seeds: Seeds
) -> Function:
    """Return the function that pushes tangents through a callee, made once."""
    key = (callee.name, params, results)
    if key in pusher.made:
        return pusher.made[key]
    known = [f.name for f in (*pusher.program.functions, *pusher.made.values())]
    name = free(f"{callee.name}_{pusher.suffix}", known)
    pusher.made[key] = replace(callee, name=name)  # what it calls itself by
    active = Activity(pusher.program, is_constant)
    ends = _chosen(callee.body.results, results)
    active.run(callee.body, _chosen(callee.body.params, params), ends)
    makers = {r: eq for eq in walk(callee.body) for r in eq.results}
    inner = type(pusher)(pusher.program, active, pusher.made, makers)
    moved = _chosen(callee.body.params, params)
    scope = Scope(_seeds_inside(seeds), Written.of(callee.body))
    dots = []
    for param in moved:
        called = dot_name(param) or "tangent"
        buffer = Buffer(called, True) if scope.type(param).rank else None
        dot = Value(scope.type(param), called, buffer)
        scope.dots[param] = dot
        dots.append(dot)
    scope = scope.inner()
    if scope.seeds.count is not None:
        length, axis = (scope.seeds.count,), dots[0].type.rank - 1
        scope.builder.append("dim", dots[:1], length, axis=axis)
    inner.push(callee.body, scope)
    del pusher.made[key]  # callees stand before
    made = pusher.made[key] = _assembled(callee, name, params, results, dots, scope)
    return made


def _seeds_inside(seeds: Seeds) -> Seeds:
    """Return seeds whose number a callee finds as the length of what it is given."""
    if seeds.count is None:
        return seeds
    form = Linear.of(Size("seeds"))
    count = Value(seeds.count.type, "seeds", linear=form)
    return replace(seeds, count=count)


def _assembled(
    callee: Function,
    name: str,
    params: Mask,
    results: Mask,
    dots: Sequence[Value],
    scope: Scope,
) -> Function:
    """Return a callee with tangents among its parameters and results."""
    body, width = callee.body, callee.returns.width
    ends = [
        scope.settled(value, scope.dots.get(value), value, own=True)
        for value in _chosen(body.results, results)
    ]
    cut = sum(results[:width])
    numbers = [k for k, on in enumerate(params) if on]
    kept = itertools.compress(callee.written, results[width:])
    written = (
        *callee.written,
        *(len(body.params) + numbers.index(k) for k in kept),
    )
    given = _named(dots, {p.name for p in callee.parameters})
    return replace(
        callee,
        name=name,
        parameters=(*map(_required, callee.parameters), *given),
        body=Region(
            (*body.params, *dots),
            tuple(scope.builder.equations),
            (*body.results[:width], *ends[:cut], *body.results[width:], *ends[cut:]),
        ),
        returns=_with(callee.returns, cut),
        written=written,
        doc=None,
        attrs=MappingProxyType({"inner": True}),
    )


def _named(dots: Sequence[Value], taken: set[str]) -> Iterator[Parameter]:
    """Yield a parameter for each tangent, under a name of its own."""
    for dot in dots:
        name, count = str(dot.name), 1
        while name in taken:
            count += 1
            name = f"{dot.name}_{count}"
        taken.add(name)
        yield Parameter(name, (dot,))


def _required(parameter: Parameter) -> Parameter:
    """Return a parameter that tangents may stand behind: every call gives it."""
    return replace(parameter, kind="positional", default=None)


def _with(returns: Structure, more: int) -> Structure:
    """Return the structure of results and so many tangents."""
    if not more:
        return returns
    kept = returns.children if returns.kind == "tuple" else (returns,)
    kept = tuple(child for child in kept if child.kind != "none")
    whole = Structure("tuple", (*kept, *(LEAF,) * more))
    return LEAF if whole.width == 1 else whole


__all__ = ["Equation", "push_call"]
