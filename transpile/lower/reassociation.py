"""Whether the sums of a function may be reordered.

Reordering is what lets a reduction run in vector registers. It ruins arithmetic that
adds and takes away again, such as compensated summation: ``(s + y) - s`` would
become ``y``. So sums are taken apart into terms with signs, through names and loop
carries, and a function in which a term meets its opposite keeps the order written.
"""

from __future__ import annotations

from collections.abc import Hashable

from ..ir import WRITES, Buffer, Equation, Region, Value, walk

MOST_TERMS = 64
Terms = list[tuple[Hashable, int]]
SIGNS = {"add": (1, 1), "subtract": (1, -1), "negative": (-1,), "cast": (1,)}


def may_reassociate(body: Region) -> bool:
    """Whether no float sum of a lowered function holds a term and its opposite."""
    definitions = {v: eq for eq in walk(body) for v in eq.results}
    stored = {eq.results[0].buffer for eq in walk(body) if eq.op in WRITES}
    carries = {v for eq in walk(body) for r in eq.regions for v in r.params}
    for eq in walk(body):
        if eq.op not in ("add", "subtract") or not eq.result.type.is_float:
            continue
        terms = _terms(eq.result, definitions, 1)
        if terms is None or _cancels(terms, definitions, stored, carries):
            return False
    return True


def _terms(value: Value, definitions: dict[Value, Equation], sign: int) -> Terms | None:
    eq = definitions.get(value)
    if eq is None or eq.op not in SIGNS or not value.type.is_float:
        return [(value, sign)]
    found: Terms = []
    for operand, own in zip(eq.operands, SIGNS[eq.op], strict=True):
        more = _terms(operand, definitions, sign * own)
        if more is None or len(found) + len(more) > MOST_TERMS:
            return None
        found += more
    return found


def _cancels(
    terms: Terms,
    definitions: dict[Value, Equation],
    stored: set[Buffer | None],
    carries: set[Value],
) -> bool:
    signs: dict[Hashable, set[int]] = {}
    for term, sign in terms:
        signs.setdefault(_kind(term, definitions, stored, carries), set()).add(sign)
    return any(len(found) == 2 for found in signs.values())


def _kind(
    term: Hashable,
    definitions: dict[Value, Equation],
    stored: set[Buffer | None],
    carries: set[Value],
) -> Hashable:
    """Return what a term may be equal to: itself; any constant; any carry, say."""
    if not isinstance(term, Value):
        return term
    eq = definitions.get(term)
    if term in carries:
        return "carry"
    if eq is None:
        return term
    if eq.op == "constant":
        return "constant"
    if eq.op == "index":
        buffer = eq.operands[0].buffer
        return buffer if buffer in stored else (buffer, eq.operands[1:])
    return "carry" if eq.regions else term
