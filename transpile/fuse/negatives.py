"""Sums of what is negated as differences, and the other way round: the same numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.ir import Equation, Function, Program, Region, Value, walk
from ..lower.tidy import tidy

OTHER = {"add": "subtract", "subtract": "add"}
SPELLED = {"add": "+", "subtract": "-"}
PRODUCTS = frozenset({"multiply", "divide"})


def turn_signs(program: Program) -> Program:
    """Return the program with signs that meet made one.

    Before ``a + (-b)`` and ``a - -b * c``; after ``a - b`` and ``a + b * c``.
    """
    return program.map(_function)


def _function(function: Function) -> Function:
    every = list(walk(function.body))
    if not any(eq.op == "negative" for eq in every):
        return function
    uses = Counter(v for eq in every for v in eq.operands)
    uses.update(v for eq in every for r in eq.regions for v in r.results)
    uses.update(function.body.results)
    makers = {eq.result: eq for eq in every if len(eq.results) == 1}
    return replace(function, body=tidy(_Turner(makers, uses).region(function.body)))


@dataclass(frozen=True, slots=True)
class _Turner:
    makers: Mapping[Value, Equation]
    uses: Mapping[Value, int]

    def region(self, region: Region) -> Region:
        """Return a region with its sums and differences turned."""
        made = (new for eq in region.equations for new in self._turned(eq))
        return replace(region, equations=tuple(made))

    def _turned(self, eq: Equation) -> Iterator[Equation]:
        if eq.regions:
            yield replace(eq, regions=tuple(map(self.region, eq.regions)))
            return
        builder = Builder(eq.origin, eq.backward)
        if eq.op == "accumulate":
            yield from self._added(builder, eq)
            return
        if eq.op not in OTHER or eq.result.type.rank or not eq.result.type.is_float:
            yield eq
            return
        first, second = eq.operands
        other = self._without_sign(builder, second)
        if other is None and eq.op == "add":
            other, first = self._without_sign(builder, first), second
        if other is None:
            yield eq
            return
        op = OTHER[eq.op]
        attrs = MappingProxyType({**eq.attrs, "spelled": SPELLED[op]})
        yield from builder.equations
        yield replace(eq, op=op, operands=(first, other), attrs=attrs)

    def _added(self, builder: Builder, eq: Equation) -> Iterator[Equation]:
        """Yield an addition to an element, of what is negated twice as it is."""
        base, value, *slots = eq.operands
        once = None if value.type.rank else self._without_sign(builder, value)
        twice = None if once is None else self._without_sign(builder, once)
        if twice is not None:
            yield from builder.equations
            eq = replace(eq, operands=(base, twice, *slots))
        yield eq

    def _without_sign(self, builder: Builder, value: Value) -> Value | None:
        """Return the number whose negative a value is, None if it is no negative."""
        eq = self.makers.get(value)
        if eq is None or value.name or self.uses[value] != 1:
            return None
        if eq.op == "negative":
            return eq.operands[0]
        if eq.op not in PRODUCTS:
            return None
        sizes = [self._without_sign(builder, v) for v in eq.operands]
        kept = [v if s is None else s for s, v in zip(sizes, eq.operands, strict=True)]
        if sizes.count(None) != 1:
            return None
        return builder.emit(eq.op, *kept, **eq.attrs)
