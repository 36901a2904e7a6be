"""Whether the sums of a function may be reordered.

Reordering is what lets a reduction run in vector registers. It ruins arithmetic that
adds and takes away again, such as compensated summation: ``(s + y) - s`` would
become ``y``. So sums are taken apart into terms with signs, through names and loop
carries, and a function in which a term meets its opposite keeps the order written.
"""

from __future__ import annotations

from collections.abc import Hashable

from ..graph.ir import WRITES, Region, Value, walk

MOST_TERMS = 64
Terms = list[tuple[Value, int]]
SIGNS = {"add": (1, 1), "subtract": (1, -1), "negative": (-1,), "cast": (1,)}


def may_reassociate(body: Region) -> bool:
    """Return whether no sum of a lowered function holds a term and its opposite."""
    sums = _Sums(body)
    return not any(
        sums.cancels(eq.result)
        for eq in walk(body)
        if eq.op in ("add", "subtract") and eq.result.type.is_inexact
    )


class _Sums:
    """What the sums of a function are made of."""

    def __init__(self, body: Region) -> None:
        equations = list(walk(body))
        self.definitions = {v: eq for eq in equations for v in eq.results}
        self.written = {eq.result.buffer for eq in equations if eq.op in WRITES}
        self.carries = {v for eq in equations for r in eq.regions for v in r.params}
        self.kinds: dict[Value, Hashable] = {}

    def cancels(self, total: Value) -> bool:
        """Whether a sum holds two terms that may be equal, with opposite signs."""
        terms = self.terms(total, 1)
        if terms is None:
            return True
        signs: dict[Hashable, set[int]] = {}
        for term, sign in terms:
            signs.setdefault(self.kind(term), set()).add(sign)
        return any(len(found) == 2 for found in signs.values())

    def terms(self, value: Value, sign: int) -> Terms | None:
        """Return the terms of a sum with their signs; None if there are too many."""
        eq = self.definitions.get(value)
        if eq is None or eq.op not in SIGNS or not value.type.is_inexact:
            return [(value, sign)]
        found: Terms = []
        for operand, own in zip(eq.operands, SIGNS[eq.op], strict=True):
            more = self.terms(operand, sign * own)
            if more is None or len(found) + len(more) > MOST_TERMS:
                return None
            found += more
        return found

    def kind(self, term: Value) -> Hashable:
        """Return what a term may be equal to: any constant, any carry, its like."""
        eq = self.definitions.get(term)
        if eq is not None and eq.op == "constant":
            return "constant"
        return self.shape(term)

    def shape(self, value: Value) -> Hashable:
        """Return a key that equal values share."""
        if value not in self.kinds:
            self.kinds[value] = self._shape(value)
        return self.kinds[value]

    def _shape(self, value: Value) -> Hashable:
        eq = self.definitions.get(value)
        if value in self.carries:
            return "carry" if value.type.is_inexact else value
        if eq is None or eq.regions or len(eq.results) > 1:
            return value if eq is None or not value.type.is_inexact else "carry"
        if eq.op == "constant":
            return ("constant", eq.attrs["value"])
        if eq.op == "index" and eq.operands[0].buffer in self.written:
            return eq.operands[0].buffer
        if value.type.rank or eq.op == "call":
            return value.buffer or value
        return (eq.op, *(self.shape(v) for v in eq.operands))
