"""What may have no contents yet: something without meaning, where that is asked for.

A variable that a loop or a branch first binds has no length before. The backward
part may measure it all the same, to make zeros that are then not read. And a forward
part returns what its backward part needs on any path, also on those without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from ..graph.build import Builder
from ..graph.ir import Equation, Function, Program, Region, Value, walk
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.substitute import substitute
from .sizes import Sizes

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
    undefined = {v for v, eq in makers.items() if eq.op == "undefined"}
    sources = {**_sources(function.body), **_choices(function.body)}
    asked = [
        eq.operands[0]
        for eq in walk(function.body)
        if eq.op == "dim" and (eq.backward or eq.attrs.get("saved"))
    ]
    asked += function.body.results
    unbound: dict[Equation, Value] = {}
    for value in asked:
        for origin in _origins(value, sources):
            if origin in undefined:
                unbound.setdefault(makers[origin], value)
    if not unbound:
        return function
    named = {
        eq.result: replace(eq.result, name=measured.name or measured.hint or "value")
        for eq, measured in unbound.items()
    }
    scope = Scope(Sizes(function), {}, {})
    body = _emptied(function.body, unbound.keys(), scope)
    return replace(function, body=substitute(body, named))


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


@dataclass(frozen=True, slots=True)
class Scope:
    """What is defined at a place: values, and arrays by the lengths they show."""

    sizes: Sizes
    defined: dict[Value, None]
    shown: dict[Linear, tuple[Value, int]]

    def inside(self) -> Scope:
        """Return a scope for a region."""
        return Scope(self.sizes, dict(self.defined), dict(self.shown))

    def define(self, values: Iterable[Value]) -> None:
        """Note definitions."""
        for value in values:
            self.defined[value] = None
            for axis, form in enumerate(value.type.shape):
                self.shown.setdefault(form, (value, axis))

    def length(self, builder: Builder, form: Linear) -> Value:
        """Emit a length; where it is not known yet, nothing has it but what is unbound.

        All arrays of one length must have it: compiled code asks any of them.
        """
        if form in self.shown:
            return builder.dim(*self.shown[form])
        numbers = (a for a in form.every_atom if isinstance(a, Value))
        found = None
        if all(number in self.defined for number in numbers):
            found = self.sizes.value(builder, form)
        return builder.constant(0) if found is None else found


def _emptied(region: Region, unbound: Set[Equation], scope: Scope) -> Region:
    equations: list[Equation] = []
    scope.define(region.params)
    for eq in region.equations:
        if eq in unbound:
            equations += _empty(eq, scope)
        else:
            inner = tuple(_emptied(r, unbound, scope.inside()) for r in eq.regions)
            equations.append(replace(eq, regions=inner) if inner else eq)
        scope.define(eq.results)
    return replace(region, equations=tuple(equations))


def _empty(eq: Equation, scope: Scope) -> list[Equation]:
    """Return the equations of an array without contents, or of a zero."""
    builder = Builder(eq.origin)
    kind = eq.result.type
    if not kind.rank:
        zero = False if kind.dtype == "bool" else 0 if kind.is_integer else 0.0
        builder.constant(zero, kind.dtype)
        return [replace(builder.equations[-1], results=eq.results)]
    lengths = [scope.length(builder, form) for form in kind.shape]
    builder.append("empty", lengths, eq.results, dtype=kind.dtype)
    return builder.equations
