"""What differs between the dialects of printed Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..graph.ir import Equation
from ..graph.ops import OPS
from .spell import HELPERS, NUMPY, Spelling


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect: how operations are spelled, and which names it takes.

    ``spelling`` has a row for every operation that the dialect can print. Where
    ``overlaps``, an assignment reads all of its right side before it writes. ``into``
    names the functions that write what an operation gives into an array. Where
    ``typed``, a variable holds numbers only, or arrays of one rank.
    """

    name: str
    spelling: Mapping[str, Spelling]
    reserved: frozenset[str]
    overlaps: bool = False
    typed: bool = False
    into: Mapping[str, str] = field(default_factory=dict)

    def spell(self, eq: Equation) -> Spelling:
        """Return how an equation is printed; raise where there is no row for it."""
        found = self.spelling.get(eq.op)
        if found is None:
            raise NotPrintable(f"the {self.name} dialect cannot print {eq.op!r}")
        return found


class NotPrintable(AssertionError):
    """A graph that a dialect has no text for: an error of gradscribe's own."""


def temporary(eq: Equation) -> str:
    """Return the name, without number, of a temporary that an equation sets.

    Loops that stand for an operation say which in their attribute ``stands_for``.
    """
    plain = {"matvec": "matmul", "vecmat": "matmul", "index": "item", "if": "chosen"}
    op = str(eq.attrs.get("stands_for", eq.op))
    if op in HELPERS or op not in OPS:
        return op
    if op == "outside":
        return str(eq.attrs["function"][1]).rpartition(".")[2].strip("_")
    if op == "call":
        return str(eq.attrs["callee"]).strip("_")
    return plain.get(op, "state" if op in ("for", "while") else op)


# Names that the printed text uses without defining them.
PYTHON = frozenset(
    """IndexError RecursionError ValueError abs bool complex float int len math max min
    np print range scipy slice
    """.split()
)

NUMPY_DIALECT = Dialect("numpy", NUMPY, PYTHON | frozenset(HELPERS.values()), True)


__all__ = ["NUMPY_DIALECT", "PYTHON", "Dialect", "NotPrintable", "temporary"]
