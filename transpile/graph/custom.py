"""Functions whose derivatives are given: which functions these are, and what they take.

Until all derivatives are taken such a function is called, never opened, and what its
rules need of the module stands among its arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from ..records import record
from .ir import Equation, Function, Program, Region, Value, walk

CUSTOM = "custom"


@record()
class Rule:
    """A function that gives adjoints or tangents.

    It takes those of the other side, and then some ``operands`` of the function that
    it belongs to, by place; what that returns counts as further operands. Each result
    of the rule belongs to one of the function's operands (of a ``vjp``) or results (of
    a ``jvp``): those are the ``places``.
    """

    name: str
    operands: tuple[int, ...]
    places: tuple[int, ...]

    def taken(self, eq: Equation) -> Iterator[Value]:
        """Yield what it takes of a call of the function."""
        every = (*eq.operands, *eq.results)
        yield from (every[k] for k in self.operands)


@record()
class Custom:
    """The rules of a function, and the places of the operands that have derivatives."""

    wrt: tuple[int, ...]
    jvp: Rule | None = None
    vjp: Rule | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that are given."""
        return tuple(rule for rule in (self.jvp, self.vjp) if rule is not None)

    def renamed(self, names: Mapping[str, str]) -> Custom:
        """Return the same with other names for the functions."""
        jvp, vjp = (
            rule and replace(rule, name=names[rule.name])
            for rule in (self.jvp, self.vjp)
        )
        return Custom(self.wrt, jvp, vjp)


def custom_of(function: Function) -> Custom | None:
    """Return what is given as the derivatives of a function."""
    found: Custom | None = function.attrs.get(CUSTOM)
    return found


def with_custom(function: Function, custom: Custom) -> Function:
    """Return a function with derivatives that are given."""
    attrs = MappingProxyType({**function.attrs, CUSTOM: custom})
    return replace(function, attrs=attrs)


def calls_of(function: Function) -> Iterator[str]:
    """Yield the names of the functions that a function calls."""
    for eq in walk(function.body):
        if eq.op == "call":
            yield str(eq.attrs["callee"])


def rules_of(function: Function) -> tuple[str, ...]:
    """Return the names of the functions that are given as its derivatives."""
    custom = custom_of(function)
    return () if custom is None else tuple(rule.name for rule in custom.rules)


def reached(program: Program) -> Program:
    """Return the program without functions that nothing needs."""
    known = {f.name: f for f in program.functions}
    wanted: set[str] = set()
    ahead = [program.entry.name]
    while ahead:
        name = ahead.pop()
        if name not in wanted:
            wanted.add(name)
            ahead += [*calls_of(known[name]), *rules_of(known[name])]
    return Program(tuple(f for f in program.functions if f.name in wanted))


def callees(
    function: Function, known: dict[str, Function], found: dict[str, Function]
) -> list[Function]:
    """Return the functions that a function needs, each before its callers."""
    for name in calls_of(function):
        if name != function.name and name not in found:
            callees(known[name], known, found)
            found[name] = known[name]
            for rule in rules_of(known[name]):  # they may call it
                callees(known[rule], known, found)
                found[rule] = known[rule]
    return list(found.values())


def settle_custom(program: Program) -> Program:
    """Return the program of a last derivative, for which no rule is needed any more.

    Before ``y = call f x EPS``, of which only the rules read ``EPS``; after
    ``y = call f x``.
    """
    kept: dict[str, list[int]] = {}
    functions = []
    for function in program.functions:
        if custom_of(function) is not None:
            function, kept[function.name] = _without_rules(function)
        functions.append(replace(function, body=_called_with(function.body, kept)))
    if not kept:
        return program
    known = {f.name: f for f in functions}
    return Program((*callees(functions[-1], known, {}), functions[-1]))


def _without_rules(function: Function) -> tuple[Function, list[int]]:
    """Return a function with the parameters that it reads itself, and their places."""
    read = {v for eq in walk(function.body) for v in _values(eq.operands)}
    read.update(*(region.results for region in _regions(function.body)))
    parameters = tuple(
        p for p in function.parameters if p.kind != "global" or p.values[0] in read
    )
    params = tuple(v for p in parameters for v in p.values)
    places = [k for k, v in enumerate(function.body.params) if v in params]
    attrs = {k: v for k, v in function.attrs.items() if k != CUSTOM}
    made = replace(
        function,
        parameters=parameters,
        body=replace(function.body, params=params),
        attrs=MappingProxyType(attrs),
    )
    return made, places


def _values(operands: tuple[Value, ...]) -> Iterator[Value]:
    """Yield operands, and the values that their types speak of."""
    for value in operands:
        yield value
        for form in value.type.shape:
            yield from (atom for atom in form.every_atom if isinstance(atom, Value))


def _regions(region: Region) -> Iterator[Region]:
    yield region
    for eq in walk(region):
        yield from eq.regions


def _called_with(region: Region, kept: dict[str, list[int]]) -> Region:
    equations = []
    for eq in region.equations:
        regions = tuple(_called_with(r, kept) for r in eq.regions)
        operands = eq.operands
        if eq.op == "call" and eq.attrs["callee"] in kept:
            operands = tuple(operands[k] for k in kept[eq.attrs["callee"]])
        equations.append(replace(eq, operands=operands, regions=regions))
    return replace(region, equations=tuple(equations))
