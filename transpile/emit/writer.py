"""What the printing of every operation is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from ..graph.ir import Equation, Value
from ..graph.ops import OPS
from .expressions import Node, call, dotted, method
from .literals import literal


class Writer(Protocol):
    """What a spelling may ask: how an operand is printed, and what it is.

    ``is_double``: no number is of lower precision than float64, so that a literal
    means the same as a float64.
    """

    is_double: bool

    def node(self, value: Value) -> Node:
        """Return a value as an expression."""

    def inline(self, value: Value) -> Equation | None:
        """Return the equation of a value that is printed at its use."""

    def branch(self, eq: Equation, place: int) -> Node:
        """Return the only result of a branch as an expression."""

    def callee(self, eq: Equation) -> tuple[str, tuple[Node, ...]]:
        """Return the name of a called function and the arguments."""


Spelling = Callable[[Writer, Equation], Node]

INFIX: Mapping[str, str] = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "floor_divide": "//",
    "remainder": "%",
    "power": "**",
    "equal": "==",
    "not_equal": "!=",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "bitwise_and": "&",
    "bitwise_or": "|",
    "bitwise_xor": "^",
    "left_shift": "<<",
    "right_shift": ">>",
}
PREFIX: Mapping[str, str] = {"negative": "-", "positive": "+", "invert": "~"}
LOGIC: Mapping[str, str] = {"logical_and": "and", "logical_or": "or"}
HELPERS: Mapping[str, str] = {
    "stop_gradient": "_stop_gradient",
    "sigmoid": "_sigmoid",
    "softplus": "_softplus",
    "log1mexp": "_log1mexp",
    "logsumexp": "_logsumexp",
}
# Python's own functions on Python's own numbers.
BUILTIN: Mapping[str, str] = {"absolute": "abs", "maximum": "max", "minimum": "min"}
WEAK = ("weak_int", "weak_float", "weak_complex")


def operands(w: Writer, eq: Equation) -> list[Node]:
    """Return all operands as expressions."""
    return [w.node(v) for v in eq.operands]


def spelled(eq: Equation) -> str | None:
    """Return the user's spelling, if it belongs to the operation."""
    written = eq.attrs.get("spelled")
    if not isinstance(written, str):
        return None
    written = written.replace("numpy.", "np.", 1)
    row = OPS[eq.op]
    source = "" if eq.origin is None else eq.origin.text
    if written in row.numpy and f"{written}(" not in source:
        # The parser knows only one of np.abs and np.absolute.
        plain = row.numpy[0] if row.category == "elementwise" else written
        written = next((n for n in row.numpy if f"{n}(" in source), plain)
    return written if written in row.numpy or written in row.methods else None


def written_call(w: Writer, eq: Equation, *rest: Node, **named: Node) -> Node | None:
    """Return the call of a function or method that the user wrote, if any."""
    written = spelled(eq)
    if written is None:
        return None
    first, *others = operands(w, eq)
    if written.startswith("."):
        return method(first, written[1:], *others, *rest, **named)
    return call(written, first, *others, *rest, **named)


def is_weak(eq: Equation) -> bool:
    """Whether an operation gives a plain Python number."""
    return eq.result.type.dtype in WEAK and not eq.result.type.rank


def is_integer(eq: Equation) -> bool:
    """Whether an operation on integers gives a number that Python's own gives too."""
    return is_weak(eq) or _counts(eq)


def _counts(eq: Equation) -> bool:
    return all(v.type.is_integer and not v.type.rank for v in eq.operands)


def dtype_node(dtype: str) -> Node:
    """Return a dtype as it is written in a call."""
    plain = {
        "bool": "bool",
        "weak_int": "int",
        "weak_float": "float",
        "weak_complex": "complex",
    }
    return dotted(plain.get(dtype, f"np.{dtype}"))


def typed_literal(w: Writer, value: complex, dtype: str) -> Node:
    """Return a number of a dtype, as a plain literal where that means the same."""
    if dtype == "bool":
        return literal(bool(value))
    if dtype == "weak_complex" or (dtype == "complex128" and w.is_double):
        return literal(complex(value))
    if isinstance(value, complex):
        return call(dtype_node(dtype), literal(value))
    if dtype == "weak_float" or (dtype == "float64" and w.is_double):
        return literal(float(value))
    if dtype == "weak_int" or (dtype == "int64" and w.is_double):
        return literal(int(value))
    return call(dtype_node(dtype), literal(value))
