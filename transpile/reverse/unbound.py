"""What may have no contents yet: something without meaning, where that is asked for.

A variable that a loop or a branch first binds has no length before. The backward
part may measure it all the same, to make zeros that are then not read. And a forward
part returns what its backward part needs on any path, also on those without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

from ..build import Builder
from ..ir import Equation, Function, Program, Region, Value, walk
from ..loopform import Loop
from ..substitute import substitute

Sources = Mapping[Value, tuple[Value, ...]]


def bind_measured(program: Program) -> Program:
    """Give what is measured before it is bound a length, none.

    Before: ``value = undefined; for ...: saved[i] = dim(value)``.
    After: ``value = empty(0); for ...: saved[i] = dim(value)``. Likewise what is
    returned, bound on other paths only.
    """
    return Program(tuple(_bound(function) for function in program.functions))


def _bound(function: Function) -> Function:
    makers = {r: eq for eq in walk(function.body) for r in eq.results}
    sources = _sources(function.body)
    unbound: dict[Equation, Value] = {}
    for eq in walk(function.body):
        if eq.op == "dim" and (eq.backward or eq.attrs.get("saved")):
            for value in _origins(eq.operands[0], sources):
                maker = makers.get(value)
                if maker is not None and maker.op == "undefined":
                    unbound.setdefault(maker, eq.operands[0])
    either = {**sources, **_choices(function.body)}
    for result in function.body.results:
        for value in _origins(result, either):
            maker = makers.get(value)
            if maker is not None and maker.op == "undefined":
                unbound.setdefault(maker, result)
    if not unbound:
        return function
    named = {
        eq.result: replace(eq.result, name=measured.name or measured.hint or "value")
        for eq, measured in unbound.items()
    }
    return replace(
        function, body=substitute(_emptied(function.body, unbound.keys()), named)
    )


def _sources(body: Region) -> Sources:
    """Return for what loops carry and leave the values that it may be."""
    found: dict[Value, tuple[Value, ...]] = {}
    for eq in walk(body):
        if eq.op in ("for", "while"):
            loop = Loop.of(eq)
            for targets in (loop.carries, loop.finals):
                pairs = zip(targets, loop.inits, loop.yields, strict=True)
                found.update((target, (init, new)) for target, init, new in pairs)
    return found


def _choices(body: Region) -> Sources:
    """Return for what branches give the values that it may be."""
    return {
        result: tuple(region.results[k] for region in eq.regions)
        for eq in walk(body)
        if eq.op == "if"
        for k, result in enumerate(eq.results)
    }


def _origins(value: Value, sources: Sources) -> Iterator[Value]:
    """Yield all that a value may be."""
    seen, ahead = {value}, [value]
    while ahead:
        here = ahead.pop()
        yield here
        new = [v for v in sources.get(here, ()) if v not in seen]
        seen.update(new)
        ahead += new


def _emptied(region: Region, unbound: Set[Equation]) -> Region:
    equations: list[Equation] = []
    for eq in region.equations:
        if eq in unbound:
            equations += _empty(eq)
            continue
        inner = tuple(_emptied(r, unbound) for r in eq.regions)
        equations.append(replace(eq, regions=inner) if inner else eq)
    return replace(region, equations=tuple(equations))


def _empty(eq: Equation) -> list[Equation]:
    """Return the equations of an array without elements, or of a zero."""
    builder = Builder(eq.origin)
    kind = eq.result.type
    if not kind.rank:
        zero = False if kind.dtype == "bool" else 0 if kind.is_integer else 0.0
        builder.constant(zero, kind.dtype)
        return [replace(builder.equations[-1], results=eq.results)]
    lengths = [builder.constant(0) for _ in eq.result.type.shape]
    builder.append("empty", lengths, eq.results, dtype=eq.result.type.dtype)
    return builder.equations
