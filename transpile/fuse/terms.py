"""The terms of a gathered sum: what is added or set, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..graph.ir import Equation, Value
from .nests import Copier, Nest

Bounds = tuple[Value, Value]


@dataclass(frozen=True, slots=True)
class Term:
    """A nest that writes one array, and the range it writes on each axis."""

    nest: Nest
    box: tuple[Bounds, ...]

    @staticmethod
    def of(nest: Nest, block: Copier) -> Term:
        """Return the term of a nest; its bounds are computed in a block."""
        makers = {e.result: e for e in nest.equations}
        box = tuple(
            (shifted(block, a, off, makers), shifted(block, b, off, makers))
            for (a, b), off in zip(nest.ranges, nest.offsets or (), strict=True)
        )
        return Term(nest, box)

    def value(self, block: Copier, at: Sequence[Value]) -> Value:
        """Append what is written to the element at some indices; return that."""
        offsets = self.nest.offsets or ()
        pairs = zip(self.nest.counters, at, offsets, strict=True)
        inner = Copier(
            self.nest.eq, {c: plain_sum(block, i, -off) for c, i, off in pairs}
        )
        inner.equations, inner.numbers = block.equations, block.numbers
        for eq in self.nest.equations:
            inner.copy(eq)
        return inner.mapping.get(self.nest.value, self.nest.value)


def shifted(
    block: Copier, value: Value, number: int, makers: Mapping[Value, Equation]
) -> Value:
    """Return a bound plus a number, as short as it can be written."""
    outer = block.outer(value, makers)
    return plain_sum(block, outer, number)


def plain_sum(block: Copier, value: Value, number: int) -> Value:
    """Return a value plus a number, a sum with another number folded."""
    known = value.as_linear.value
    if known is not None:
        return block.constant(known + number)
    mine = {e.result: e for e in block.equations if len(e.results) == 1}
    maker = mine.get(value, block.makers.get(value))
    if maker is not None and maker.op in ("add", "subtract"):
        base, step = maker.operands
        if step.as_linear.value is not None:
            sign = 1 if maker.op == "add" else -1
            return block.plus(base, number + sign * step.as_linear.value)
    return block.plus(value, number)
