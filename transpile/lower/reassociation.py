"""Whether the sums of a function may be reordered.

Reordering is what lets a reduction run in vector registers. It ruins arithmetic that
adds and takes away again, such as compensated summation: ``(s + y) - s`` would
become ``y``. So sums are taken apart into terms with signs, through names and loop
carries, and a function in which a term meets its opposite keeps the order written.

An element of memory that the function writes may be what was stored there, so two of
one array may be equal, but for elements that a loop goes over while nothing writes the
array: in ``x[j] - x[i]``, with ``j`` the counter of such a loop, no compiler can put
anything in the place of ``x[j]``. Of neighbours, ``x[j]`` and ``x[j - 1]``, it may
from one iteration to the next, where a sum goes on: elsewhere they are two numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Set

from ..graph.buffers import buffers, memories, written
from ..graph.ir import WRITES, Buffer, Equation, Region, Value, walk
from ..graph.linear import Atom

MOST_TERMS = 64
Terms = list[tuple[Value, int]]
SIGNS = {"add": (1, 1), "subtract": (1, -1), "negative": (-1,), "cast": (1,)}


def may_reassociate(body: Region) -> bool:
    """Return whether no sum of a lowered function holds a term and its opposite."""
    sums = _Sums(body)
    return not any(sums.cancels(terms) for terms in sums.of(body, None))


class _Sums:
    """What the sums of a function are made of."""

    def __init__(self, body: Region) -> None:
        equations = list(walk(body))
        self.definitions = {v: eq for eq in equations for v in eq.results}
        self.written = {eq.result.buffer for eq in equations if eq.op in WRITES}
        self.carries = {v for eq in equations for r in eq.regions for v in r.params}
        self.kinds: dict[tuple[Value, bool], Hashable] = {}
        self.same = memories(body)
        self.read = set(_only_read(body, self.same, {}))
        constants = {eq.result for eq in equations if eq.op == "constant"}
        self.stored = {
            self.same.get(b, b)
            for eq in equations
            if eq.op in WRITES - {"accumulate"} and eq.operands[1] not in constants
            for b in buffers((eq.result,))
        }
        self.sums: dict[Buffer, Terms] = {}
        for eq in (e for e in equations if e.op in WRITES):
            (buffer,) = buffers((eq.result,))
            self.sums.setdefault(buffer, []).extend(self.terms(eq.operands[1], 1) or [])

    def of(self, region: Region, counter: Value | None) -> Iterator[Terms | None]:
        """Yield the terms of all sums, also of those that go on in an element."""
        for eq in region.equations:
            if eq.op in ("add", "subtract") and eq.result.type.is_inexact:
                yield self.terms(eq.result, 1)
            elif eq.op == "accumulate" and not _goes_along(eq, counter):
                terms = self.terms(eq.operands[1], 1)
                yield None if terms is None else [(eq.operands[0], 1), *terms]
            for inner in eq.regions:
                own = inner.params[0] if eq.op == "for" else counter
                yield from self.of(inner, own)

    def cancels(self, terms: Terms | None) -> bool:
        """Whether a sum holds two terms that may be equal, with opposite signs."""
        if terms is None:
            return True
        if len(terms) == 2 and all(self._is_from_loop(term) for term, _ in terms):
            return False
        if all(self.kind(term, False) == "constant" for term, _ in terms):
            return False
        goes_on = any(v in self.carries or v.type.rank for v, _ in terms)
        signs: dict[Hashable, set[int]] = {}
        for term, sign in terms:
            signs.setdefault(self.kind(term, goes_on), set()).add(sign)
        for other, sign in self._stored(terms):
            if -sign in signs.get(self.kind(other, goes_on), ()):
                return True
        return any(len(found) == 2 for found in signs.values())

    def _stored(self, terms: Terms) -> Iterator[tuple[Value, int]]:
        """Yield the terms that were stored in elements that a sum is made of."""
        for term, sign in terms:
            eq = self.definitions.get(term)
            if eq is None or eq.op != "index" or term in self.read or len(terms) == 1:
                continue
            for buffer in buffers(eq.operands[:1]):
                yield from ((t, s * sign) for t, s in self.sums.get(buffer, ()))

    def _is_from_loop(self, term: Value) -> bool:
        """Whether a term is what a loop gave: no compiler sees what it is a sum of."""
        eq = self.definitions.get(term)
        if eq is None or eq.op != "for" or term in self.carries:
            return False
        return (eq.operands[1].as_linear - eq.operands[0].as_linear).value is None

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

    def kind(self, term: Value, goes_on: bool) -> Hashable:
        """Return what a term may be equal to: any constant, any carry, its like."""
        eq = self.definitions.get(term)
        if eq is not None and eq.op == "constant":
            return "constant"
        return self.shape(term, goes_on)

    def shape(self, value: Value, goes_on: bool) -> Hashable:
        """Return a key that equal values share; neighbours, if the sum goes on."""
        if (value, goes_on) not in self.kinds:
            self.kinds[value, goes_on] = self._shape(value, goes_on)
        return self.kinds[value, goes_on]

    def _shape(self, value: Value, goes_on: bool) -> Hashable:
        eq = self.definitions.get(value)
        buffer = value.buffer
        if buffer is not None and self.same.get(buffer, buffer) not in self.stored:
            return buffer  # its elements are sums of their own
        if value in self.carries:
            return "carry" if value.type.is_inexact else value
        if eq is None or eq.regions or len(eq.results) > 1:
            return value if eq is None or not value.type.is_inexact else "carry"
        if eq.op == "constant":
            return ("constant", eq.attrs["value"])
        if eq.op == "index" and eq.operands[0].buffer in self.written:
            buffer, *places = (eq.operands[0].buffer, *eq.operands[1:])
            if value in self.read:
                forms = [v.as_linear for v in places]
                if goes_on:
                    forms = [form - form.constant for form in forms]
                return (buffer, eq.attrs["path"], *forms)
            return buffer
        if value.type.rank or eq.op == "call":
            return value.buffer or value
        return (eq.op, *(self.shape(v, goes_on) for v in eq.operands))


def _goes_along(eq: Equation, counter: Value | None) -> bool:
    """Whether an element that is added to is another one in each iteration."""
    slots = [v.as_linear for v in eq.operands[2:]]
    return counter is not None and any(counter in form.atoms for form in slots)


def _only_read(
    region: Region,
    same: Mapping[Buffer, Buffer],
    around: Mapping[Atom, Set[Buffer]],
) -> Iterator[Value]:
    """Yield the elements that a loop goes over and does not write.

    ``around`` gives for the counters of loops the memory that these write. A loop of
    known length may be unrolled, and what is before it met with what is inside.
    """
    for eq in region.equations:
        if eq.op == "index" and not eq.result.type.rank:
            (buffer,) = buffers(eq.operands[:1])
            atoms = {a for v in eq.operands[1:] for a in v.as_linear.every_atom}
            if any(
                same.get(buffer, buffer) not in around[a] for a in atoms & {*around}
            ):
                yield eq.result
        inside = around
        if eq.op == "for":
            start, stop, _ = (v.as_linear for v in eq.operands[:3])
            if (stop - start).value is None:
                changed = {same.get(b, b) for b in written(eq)}
                inside = {**around, eq.regions[0].params[0]: changed}
        for inner in eq.regions:
            yield from _only_read(inner, same, inside)
