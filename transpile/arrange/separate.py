"""One definition per value: what two regions define apart gets values apart.

A backward loop may compute again what its forward loop computed, as the same values.
In the text these are separate variables, which need not have one name.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..graph.ir import Buffer, Equation, Function, Region, Value


def separate(function: Function) -> Function:
    """Return a function in which every value is defined at one place only."""
    return replace(function, body=_Separation().region(function.body, _Scope()))


@dataclass(slots=True)
class _Scope:
    """What stands for the values and buffers that are visible."""

    values: dict[Value, Value] = field(default_factory=dict)
    buffers: dict[Buffer, Buffer] = field(default_factory=dict)

    def inner(self) -> _Scope:
        return _Scope(dict(self.values), dict(self.buffers))

    def read(self, values: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple(self.values.get(v, v) for v in values)


class _Separation:
    def __init__(self) -> None:
        self.values: set[Value] = set()
        self.buffers: set[Buffer] = set()

    def region(self, region: Region, scope: _Scope) -> Region:
        params = self.define(region.params, scope)
        equations = tuple(self.equation(eq, scope) for eq in region.equations)
        return Region(params, equations, scope.read(region.results))

    def equation(self, eq: Equation, scope: _Scope) -> Equation:
        operands = scope.read(eq.operands)
        regions = tuple(self.region(r, scope.inner()) for r in eq.regions)
        results = self.define(eq.results, scope)
        return replace(eq, operands=operands, results=results, regions=regions)

    def define(self, values: tuple[Value, ...], scope: _Scope) -> tuple[Value, ...]:
        for value in values:
            scope.values[value] = self.value(value, scope)
        return scope.read(values)

    def value(self, value: Value, scope: _Scope) -> Value:
        buffer = self.buffer(value.buffer, scope)
        if value not in self.values and buffer is value.buffer:
            self.values.add(value)
            return value
        return Value(value.type, value.name, buffer, value.linear, value.hint)

    def buffer(self, buffer: Buffer | None, scope: _Scope) -> Buffer | None:
        if buffer is None:
            return None
        if buffer not in scope.buffers:
            again = buffer in self.buffers
            made = Buffer(buffer.name, buffer.parameter) if again else buffer
            self.buffers.add(buffer)
            scope.buffers[buffer] = made
        return scope.buffers[buffer]
