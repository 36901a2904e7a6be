"""Lengths that checks have settled: numbers, from the check on.

Before ``check min(6, n) - 3 == 3`` and ``for i in range(min(3, n))``; after it
``for i in range(3)``, since there ``n`` is at least 6. A check that then surely
holds is not made again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ..graph.build import Builder
from ..graph.ir import Equation, Region, Value, walk
from ..graph.linear import Linear

HOLDS: Mapping[str, Callable[[int, int], bool]] = {
    "equal": lambda low, high: low == high,
    "less_equal": lambda low, high: low <= high,
    "less": lambda low, high: low < high,
}


def settle_lengths(body: Region) -> Region:
    """Return a function's body with the lengths that checks settle as numbers."""
    if not any(eq.op == "check" for eq in walk(body)):
        return body
    makers = {v: eq for eq in walk(body) for v in eq.results}
    return _Settler(makers, {}, {}).region(body)


@dataclass(frozen=True, slots=True)
class _Settler:
    """What is known at one point: the least that lengths can be, and numbers."""

    makers: Mapping[Value, Equation]
    least: dict[Linear, int]
    settled: dict[Value, Value]

    def region(self, region: Region) -> Region:
        """Return a region with settled lengths; what it checks holds only inside."""
        inner = _Settler(self.makers, dict(self.least), dict(self.settled))
        equations: list[Equation] = []
        for eq in region.equations:
            equations += inner._equation(eq)
        results = tuple(inner.settled.get(v, v) for v in region.results)
        return Region(region.params, tuple(equations), results)

    def _equation(self, eq: Equation) -> list[Equation]:
        if eq.op == "check":
            if self._holds(eq.operands[0]):
                return []
            self._believe(eq.operands[0])
        operands = tuple(self.settled.get(v, v) for v in eq.operands)
        number = self._number(eq)
        if number is not None:
            builder = Builder(eq.origin, eq.backward)
            self.settled[eq.result] = builder.constant(number)
            return [*builder.equations, eq]
        regions = tuple(self.region(r) for r in eq.regions)
        if regions or operands != eq.operands:
            eq = replace(eq, operands=operands, regions=regions)
        return [eq]

    # ---- what is known ----

    def _value(self, value: Value) -> int | None:
        return self.settled.get(value, value).as_linear.value

    def _least(self, value: Value) -> int | None:
        number = self._value(value)
        return self.least.get(value.as_linear) if number is None else number

    def _number(self, eq: Equation) -> int | None:
        """Return what an integer surely is, where a length decides it."""
        if len(eq.operands) != 2 or len(eq.results) != 1:
            return None
        if not eq.result.type.is_integer or eq.result.type.rank:
            return None
        values = [self._value(v) for v in eq.operands]
        if eq.op in ("add", "subtract"):
            if None in values or not any(v in self.settled for v in eq.operands):
                return None
            first, second = (v or 0 for v in values)
            return first + second if eq.op == "add" else first - second
        if eq.op not in ("minimum", "maximum"):
            return None
        for value, other in zip(values, reversed(eq.operands), strict=True):
            bound = self._least(other)
            if value is not None and bound is not None:
                exact = self._value(other)
                if eq.op == "minimum" and bound >= value:
                    return value
                if eq.op == "maximum" and exact is not None:
                    return max(value, exact)
        return None

    def _holds(self, condition: Value) -> bool:
        """Whether a condition is one between numbers, and true."""
        eq = self.makers.get(condition)
        if eq is None:
            return False
        if eq.op == "logical_not":
            inner = self.makers.get(eq.operands[0])
            return inner is not None and self._compared(inner) is False
        return self._compared(eq) is True

    def _compared(self, eq: Equation) -> bool | None:
        if eq.op not in HOLDS or any(v.type.rank for v in eq.operands):
            return None
        one, other = (self._value(v) for v in eq.operands)
        if one is None or other is None:
            return None
        return HOLDS[eq.op](one, other)

    # ---- what a check says ----

    def _believe(self, condition: Value) -> None:
        eq = self.makers.get(condition)
        if eq is None:
            return
        if eq.op == "equal":
            for one, other in (eq.operands, eq.operands[::-1]):
                number = self._value(other)
                if number is not None:
                    self._bound(one, number)
        elif eq.op == "logical_not":
            inner = self.makers.get(eq.operands[0])
            if inner is not None and inner.op == "less_equal":
                number = self._value(inner.operands[1])
                if number is not None:
                    self._bound(inner.operands[0], number + 1)

    def _bound(self, value: Value, least: int) -> None:
        """Note that an integer is at least a number, and what follows from it."""
        if not value.type.is_integer or value.type.rank:
            return
        form, eq = value.as_linear, self.makers.get(value)
        self.least[form] = max(least, self.least.get(form, least))
        if eq is None or len(eq.operands) != 2:
            return
        one, other = eq.operands
        number = other.as_linear.value
        if eq.op == "minimum":
            self._bound(one, least)
            self._bound(other, least)
        elif number is None:
            return
        elif eq.op == "maximum" and least > number:
            self._bound(one, least)
        elif eq.op in ("add", "subtract"):
            self._bound(one, least + (number if eq.op == "subtract" else -number))
