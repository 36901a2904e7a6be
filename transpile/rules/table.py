"""What a rule is, and the table that holds one for every operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..graph.build import Builder
from ..graph.ir import Equation, Value
from .partials import Contributions

Values = Sequence[Value | None]


class UnknownDerivative(Exception):
    """An operation without a rule: never a derivative of zero."""


class Rule(Protocol):
    """The derivative of one operation in both modes."""

    @property
    def kind(self) -> str:
        """``constant``, ``memory`` or ``control`` for those; else ``smooth``."""

    def vjp(
        self,
        builder: Builder,
        eq: Equation,
        bar: Value,
        active: Sequence[bool],
        *,
        guard: Value | None = None,
    ) -> Contributions:
        """Return what the result's adjoint contributes to each operand's.

        Where a partial may be infinite, a finite number stands in its place wherever
        ``guard`` is zero: the result, or what the adjoint's zeros come from.
        """

    def jvp(
        self, builder: Builder, eq: Equation, tangents: Values, *, guard: str = ""
    ) -> Value | None:
        """Return the result's tangent; None stands for zero on both sides.

        ``guard`` asks for a finite number in the place of an infinite partial: with
        ``tangent`` where the tangent is zero, with ``result`` where the result is.
        """


class Table(dict[str, Rule]):
    """Rules by operation; an unknown operation raises."""

    def __missing__(self, op: str) -> Rule:
        raise UnknownDerivative(f"no derivative is known for {op}")

    def add(self, rule: Rule, *ops: str) -> None:
        """Enter a rule; a second one for an operation is a mistake."""
        for op in ops:
            if op in self:
                raise ValueError(f"two rules for {op}")
            self[op] = rule


TABLE = Table()
