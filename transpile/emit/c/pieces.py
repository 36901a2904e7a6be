"""Pieces of C: texts that know how tightly they hold together."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from .kinds import SINGLE, Kind, Number, unspelled

PRIMARY, UNARY, TIMES, PLUS, SHIFT, ORDER, EQUAL = 15, 14, 13, 12, 11, 10, 9
BIT, AND, OR, CHOICE = 7, 5, 4, 3


class C(NamedTuple):
    """A piece of C, and how tightly it holds together."""

    text: str
    level: int = PRIMARY

    def within(self, level: int) -> str:
        """Return the text, in parentheses where its surroundings bind as tightly."""
        return self.text if self.level >= level else f"({self.text})"


class Around(Protocol):
    """What an expression needs of the function around it."""

    def kind(self, node: ast.expr) -> Kind: ...  # noqa: D102
    def term(self, node: ast.expr) -> C: ...  # noqa: D102
    def number(self, value: ast.expr, kind: Kind | None) -> C: ...  # noqa: D102
    def variable(self, name: str) -> C: ...  # noqa: D102
    def inverse(self, divisor: ast.expr, kind: Kind) -> C | None: ...  # noqa: D102
    def element(self, node: ast.Subscript) -> C: ...  # noqa: D102
    def length(self, node: ast.expr, axis: int) -> C: ...  # noqa: D102
    def rank(self, node: ast.expr) -> int: ...  # noqa: D102
    def called(self, node: ast.Call) -> C | None: ...  # noqa: D102
    def dotted(self, node: ast.expr, a: ast.expr, b: ast.expr) -> C: ...  # noqa: D102
    def searched(self, node: ast.Call) -> C: ...  # noqa: D102
    def determined(self, node: ast.Call) -> C: ...  # noqa: D102
    def log_determined(self, node: ast.Call) -> tuple[C, C]: ...  # noqa: D102
    def least(self, node: ast.expr) -> int | None: ...  # noqa: D102
    def only_if(self, part: Callable[[], C]) -> C: ...  # noqa: D102


def call(name: str, *parts: C | str) -> C:
    """Return a call."""
    texts = [p.text if isinstance(p, C) else p for p in parts]
    return C(f"{name}({', '.join(texts)})")


def infix(left: C, sign: str, right: C, level: int) -> C:
    """Return an operation between two."""
    return C(f"{left.within(level)} {sign} {right.within(level + 1)}", level)


def literal(value: object) -> C:
    """Return a number as C has it.

    Examples
    --------
    >>> literal(-2.5).text, literal(True).text, literal(float("inf")).text
    ('-2.5', 'true', 'INFINITY')
    """
    if isinstance(value, bool):
        return C("true" if value else "false")
    if isinstance(value, complex):
        imaginary = literal(value.imag).within(UNARY)
        if value.real == 0.0:
            return C(f"{imaginary} * I", TIMES)
        return C(f"{literal(value.real).text} + {imaginary} * I", PLUS)
    if isinstance(value, int) and abs(value) >= 1 << 63:
        raise unspelled(f"the integer {value}")
    if isinstance(value, int | float):
        text = repr(value)
        names = {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}
        text = names.get(text, text)
        return C(text, UNARY if text.startswith("-") else PRIMARY)
    raise unspelled(repr(value))


def narrowed(made: C, kind: Number) -> C:
    """Return what a function of doubles gives, as the kind that it is to be."""
    return C(f"(float){made.within(UNARY)}", UNARY) if kind == SINGLE else made


def product(parts: Sequence[C]) -> C:
    """Return lengths multiplied."""
    kept = [p for p in parts if p.text != "1"] or [C("1")]
    if len(kept) == 1:
        return kept[0]
    return C(" * ".join(p.within(TIMES) for p in kept), TIMES)
