"""The forms that the rows of the table are written in."""

from __future__ import annotations

from ..graph.build import Expr
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
    op: str,
    partials: Function,
    *,
    poles: Function | None = None,
    joint: Function | None = None,
    safe: float = 1,
) -> None:
    """Enter an elementwise operation; ``poles`` say where partials can be infinite.

    ``joint`` says it of all of them. At the number ``safe`` they are finite.
    """
    TABLE.add(Elementwise(partials, poles, safe, joint), op)


def unbounded(result: Expr, *operands: Expr) -> Expr:
    """Return where the result is infinite or nan: most poles are of that kind."""
    return infinite(result)


def unbounded_or(operand: int, *places: float) -> Function:
    """Return what says so of a result that is finite at some places nevertheless."""

    def poles(*values: Expr) -> Expr:
        found = infinite(values[0])
        for place in places:
            found = found.op("logical_or", values[operand].equals(place))
        return found

    return poles


def infinite(x: Expr) -> Expr:
    """Return where a number is infinite or nan."""
    return x.op("isfinite").op("logical_not").called("is_infinite")


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
