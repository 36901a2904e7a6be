"""The forms that the rows of the table are written in."""

from __future__ import annotations

from .combinators import (
    Bilinear,
    Constant,
    Custom,
    Elementwise,
    Function,
    LinearRule,
    Structural,
    Weighted,
)
from .table import TABLE


def elementwise(
    op: str, partials: Function, *, singular: bool = False, safe: float = 1
) -> None:
    """Enter an elementwise operation; ``singular`` if a partial can be infinite.

    At the number ``safe`` it is finite.
    """
    TABLE.add(Elementwise(partials, singular, safe), op)


def weighted(op: str, weights: Function, *attrs: str) -> None:
    """Enter a reduction by its weights."""
    TABLE.add(Weighted(weights, attrs), op)


def linear(op: str, transpose: Function, *attrs: str) -> None:
    """Enter an operation that is linear in its first operand."""
    TABLE.add(LinearRule(transpose, attrs), op)


def bilinear(op: str, first: Function, second: Function) -> None:
    """Enter a product."""
    TABLE.add(Bilinear(first, second), op)


def constant(*ops: str) -> None:
    """Enter operations through which nothing flows."""
    TABLE.add(Constant(), *ops)


def custom(op: str, *, vjp: Function, jvp: Function) -> None:
    """Enter an operation that fits no other form."""
    TABLE.add(Custom(vjp, jvp), op)


def structural(kind: str, *ops: str) -> None:
    """Enter operations that the passes differentiate themselves."""
    TABLE.add(Structural(kind), *ops)
