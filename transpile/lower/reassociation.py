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
So are elements at two places known beforehand, as ``y[1] - y[0]``, but for what was
stored in them: not by a loop of any length that goes along the array, which no compiler
sees through.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class _Place:
    """An element whose place is known beforehand."""

    buffer: Buffer
    where: tuple[Hashable, ...]


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
        self.stores: dict[Buffer, list[tuple[Equation, Equation | None]]] = {}
        for eq, along in _writes(body, ()):
            (buffer,) = buffers((eq.result,))
            self.sums.setdefault(buffer, []).extend(self.terms(eq.operands[1], 1) or [])
            self.stores.setdefault(buffer, []).append((eq, along))

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
        direct = [(self.kind(term, goes_on), sign) for term, sign in terms]
        stored = [(self.kind(v, goes_on), sign) for v, sign in self._stored(terms)]
        vague = {kind for kind, _ in (*direct, *stored) if isinstance(kind, Buffer)}
        signs: dict[Hashable, set[int]] = {}
        for kind, sign in direct:
            signs.setdefault(_vaguely(kind, vague), set()).add(sign)
        for kind, sign in stored:
            if -sign in signs.get(_vaguely(kind, vague), ()):
                return True
        return any(len(found) == 2 for found in signs.values()) or self._meet(terms)

    def _meet(self, terms: Terms) -> bool:
        """Whether elements at known places hold sums with a term and its opposite."""
        signs: dict[Hashable, set[int]] = {}
        for term, sign in terms:
            place = self.kind(term, False)
            if not isinstance(place, _Place):
                continue
            for other, own in self._held(term, place):
                signs.setdefault(self.kind(other, False), set()).add(sign * own)
        return any(len(found) == 2 for found in signs.values()) and {*signs} != {
            "constant"
        }

    def _held(self, term: Value, place: _Place) -> Iterator[tuple[Value, int]]:
        """Yield the terms of what may have been stored where an element is read."""
        for eq, along in self.stores.get(place.buffer, ()):
            if along is not None and term not in _results(along):
                continue
            own = self._place(eq.operands[0], eq.operands[2:], eq)
            if own is None or own == place:
                yield from self.terms(eq.operands[1], 1) or ()

    def _place(
        self, array: Value, slots: Sequence[Value], eq: Equation
    ) -> _Place | None:
        """Return an element by its place, if that is known beforehand."""
        places = tuple(v.as_linear.value for v in slots)
        if array.buffer is None or len(places) != array.type.rank or None in places:
            return None
        return _Place(array.buffer, (eq.attrs["path"], *places))

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
        return _is_long(eq)

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
            place = self._place(eq.operands[0], eq.operands[1:], eq)
            return buffer if place is None or goes_on else place
        if value.type.rank or eq.op == "call":
            return value.buffer or value
        return (eq.op, *(self.shape(v, goes_on) for v in eq.operands))


def _vaguely(kind: Hashable, vague: Set[Hashable]) -> Hashable:
    """Return what an element is like if another one may lie anywhere in its array."""
    return kind.buffer if isinstance(kind, _Place) and kind.buffer in vague else kind


def _writes(
    region: Region, loops: tuple[Equation, ...]
) -> Iterator[tuple[Equation, Equation | None]]:
    """Yield what writes memory, each with the loop of any length that it goes along."""
    for eq in region.equations:
        if eq.op in WRITES:
            atoms = {a for v in eq.operands[2:] for a in v.as_linear.atoms}
            along = [e for e in loops if e.regions[0].params[0] in atoms]
            yield eq, along[0] if along else None
        inside = (*loops, eq) if eq.op == "for" and _is_long(eq) else loops
        for inner in eq.regions:
            yield from _writes(inner, inside)


def _is_long(eq: Equation) -> bool:
    """Whether nothing is known of a loop's length, so that it is not unrolled."""
    return (eq.operands[1].as_linear - eq.operands[0].as_linear).value is None


def _results(loop: Equation) -> set[Value]:
    return {v for eq in walk(loop.regions[0]) for v in eq.results}


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
            if _is_long(eq):
                changed = {same.get(b, b) for b in written(eq)}
                inside = {**around, eq.regions[0].params[0]: changed}
        for inner in eq.regions:
            yield from _only_read(inner, same, inside)
