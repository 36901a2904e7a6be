"""Arrays of a few numbers, inside loops: numbers; loops over their elements: unrolled.

Before ``a = empty(3); for i in range(3): a[i] = x[i]`` and ``a[1] += y``; after
``a0 = x[0]; a1 = x[1]; a2 = x[2]`` and ``a1 = a1 + y``. Such an array is the
function's own, of at most `ELEMENTS` numbers, and only its elements are read and
written, at places known beforehand; what loops and branches hand on is then the
numbers. Loops are unrolled only for that: of at most `TRIPS` passes, to at most
`EQUATIONS`, with no loop left inside, and all together to no more than the function
had before.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ..graph.buffers import buffers, memories
from ..graph.build import Builder
from ..graph.ir import CONTROL, WRITES, Buffer, Equation, Region, Type, Value, walk
from ..graph.loopform import Loop
from .nests import element
from .sizes import settle_lengths
from .unroll import EQUATIONS, TRIPS, passes, stays, unroll, weight

__all__ = ["ELEMENTS", "EQUATIONS", "TRIPS", "scalars"]

ELEMENTS = 16
NUMBERS = ("float64", "float32", "bool")
BORN = frozenset({"empty", "zeros", "undefined"})


def scalars(body: Region, strict: bool = False) -> Region:
    """Return a function's body with small arrays inside its loops as numbers.

    Sums then begin with their first term, not with zero, unless ``strict``: it is
    only the sign of a zero that may differ.
    """
    settled = settle_lengths(body)
    found = _chosen(settled)
    if not found.small:
        return body
    unrolled = unroll(settled, found.counters)
    small = _Survey.of(unrolled, frozenset()).small
    return _Scalars(small, strict).region(unrolled) if small else body


# ---- which arrays, and which loops in the way ----


@dataclass(slots=True)
class _Array:
    """What is known of memory: its shapes, how it is reached, whether in a loop."""

    shapes: set[tuple[tuple[int, ...], str]] = field(default_factory=set)
    counters: set[Value] = field(default_factory=set)
    places: set[tuple[int, int]] = field(default_factory=set)
    kept: bool = False
    inside: bool = False

    @property
    def is_small(self) -> bool:
        """Whether it can be numbers."""
        if self.kept or not self.inside or len(self.shapes) != 1:
            return False
        ((shape, dtype),) = self.shapes
        small = 0 < math.prod(shape) <= ELEMENTS and dtype in NUMBERS
        return small and all(-shape[a] <= p < shape[a] for a, p in self.places)


def _chosen(body: Region) -> _Survey:
    """Return the arrays and the loops to unroll for them, within what may be added."""
    loops = {
        eq.regions[0].params[0]: eq
        for eq in walk(body)
        if passes(eq) is not None and weight(eq, None) <= EQUATIONS
    }
    room = sum(1 for _ in walk(body))
    allowed = frozenset(loops)
    while True:
        survey = _Survey.of(body, allowed)
        needed = frozenset(c for c in survey.counters if _is_flat(loops[c], survey))
        costs = {c: weight(loops[c], needed) for c in loops if c in needed}
        if needed == allowed and sum(costs.values()) <= max(room, EQUATIONS):
            return survey
        if needed == allowed:
            dearest = max(costs, key=lambda c: (costs[c], c.serial))
            needed = needed - {dearest}
        allowed = needed


def _is_flat(eq: Equation, survey: _Survey) -> bool:
    """Whether no loop is left in a loop that is written out."""
    inside = [e for e in walk(eq.regions[0]) if e.op in ("for", "while")]
    counters = (e.regions[0].params[0] for e in inside if e.op == "for")
    written = survey.counters
    return all(e.op == "for" for e in inside) and all(c in written for c in counters)


@dataclass(slots=True)
class _Survey:
    """Walks over a body, and notes how each memory is used."""

    same: Mapping[Buffer, Buffer]
    allowed: frozenset[Value]
    arrays: dict[Buffer, _Array] = field(default_factory=dict)

    @staticmethod
    def of(body: Region, allowed: frozenset[Value]) -> _Survey:
        """Return what is found in a body; ``allowed`` are counters to be numbers."""
        survey = _Survey(memories(body), allowed)
        survey._keep(buffers((*body.params, *body.results)))
        survey._region(body, False)
        return survey

    @property
    def small(self) -> dict[Buffer, tuple[tuple[int, ...], str]]:
        """The memory that can be numbers, with shape and type."""
        every = {*self.arrays, *self.same}
        found = {b: self._array(b) for b in every}
        return {b: next(iter(a.shapes)) for b, a in found.items() if a.is_small}

    @property
    def counters(self) -> frozenset[Value]:
        """The counters of the loops to unroll."""
        small = [a for a in self.arrays.values() if a.is_small]
        return frozenset(c for array in small for c in array.counters)

    def _array(self, buffer: Buffer) -> _Array:
        return self.arrays.setdefault(self.same.get(buffer, buffer), _Array())

    def _keep(self, found: set[Buffer]) -> None:
        for buffer in found:
            self._array(buffer).kept = True

    def _region(self, region: Region, inside: bool) -> None:
        for eq in region.equations:
            self._equation(eq, inside)
            loop = eq.op == "while" or (
                eq.op == "for" and eq.regions[0].params[0] not in self.allowed
            )
            for inner in eq.regions:
                self._region(inner, inside or loop)

    def _equation(self, eq: Equation, inside: bool) -> None:
        if eq.op in BORN and eq.result.buffer is not None:
            self._birth(eq)
        elif eq.op == "index" or eq.op in WRITES:
            self._access(eq, inside)
        elif eq.op not in CONTROL or eq.op != "if" and not stays(Loop.of(eq)):
            self._keep(buffers((*eq.operands, *eq.results)))

    def _birth(self, eq: Equation) -> None:
        if eq.op == "undefined":
            return
        assert eq.result.buffer is not None
        lengths = [v.as_linear.value for v in eq.operands]
        shape = tuple(n for n in lengths if n is not None)
        array = self._array(eq.result.buffer)
        if len(shape) == eq.result.type.rank:
            array.shapes.add((shape, eq.result.type.dtype))
        else:
            array.kept = True

    def _access(self, eq: Equation, inside: bool) -> None:
        base = eq.operands[0].buffer
        assert base is not None
        slots = element(eq)
        if slots is None or eq.op in WRITES and eq.operands[1].type.rank:
            self._keep(buffers((*eq.operands, *eq.results)))
            return
        array = self._array(base)
        array.inside |= inside
        for axis, slot in enumerate(slots):
            atoms = set(slot.as_linear.atoms)
            if not atoms <= self.allowed:
                array.kept = True
            array.counters |= {a for a in atoms if isinstance(a, Value)}
            place = slot.as_linear.value
            if place is not None:
                array.places.add((axis, place))


# ---- numbers in their place ----


@dataclass(slots=True)
class _Scalars:
    """Replaces small arrays by numbers: ``numbers`` are what memory holds now."""

    small: Mapping[Buffer, tuple[tuple[int, ...], str]]
    strict: bool
    numbers: dict[Buffer, tuple[Value, ...]] = field(default_factory=dict)
    read: dict[Value, Value] = field(default_factory=dict)
    negated: dict[Value, Value] = field(default_factory=dict)

    def region(self, region: Region) -> Region:
        """Return a region over numbers; its values mean something else elsewhere."""
        inner = _Scalars(
            self.small,
            self.strict,
            dict(self.numbers),
            dict(self.read),
            dict(self.negated),
        )
        params = inner._defined(region.params)
        equations: list[Equation] = []
        for eq in region.equations:
            equations += inner._equation(eq)
        return Region(params, tuple(equations), inner._used(region.results))

    def _equation(self, eq: Equation) -> Sequence[Equation]:
        if self._is_element(eq):
            return self._element(eq)
        operands = self._used(eq.operands)
        regions = tuple(self.region(r) for r in eq.regions)
        attrs = self._attrs(eq)
        results = self._defined(eq.results) if eq.regions else eq.results
        if eq.op == "negative":
            self.negated[eq.result] = operands[0]
        if eq.op == "add" and (term := self._only_term(*operands)):
            self.read[eq.result] = term
            return ()
        changed = replace(
            eq, operands=operands, results=results, regions=regions, attrs=attrs
        )
        return [changed]

    def _is_element(self, eq: Equation) -> bool:
        if eq.op == "index":
            return eq.operands[0].buffer in self.small
        return eq.op in WRITES | BORN and eq.result.buffer in self.small

    def _attrs(self, eq: Equation) -> Mapping[str, object]:
        """Return attributes with as many labels as there are carries."""
        if "labels" not in eq.attrs:
            return eq.attrs
        pairs = zip(eq.attrs["labels"], Loop.of(eq).carries, strict=True)
        labels = [label for label, v in pairs for _ in range(self._width(v))]
        return MappingProxyType({**eq.attrs, "labels": tuple(labels)})

    def _width(self, value: Value) -> int:
        if value.buffer is None or value.buffer not in self.small:
            return 1
        return math.prod(self.small[value.buffer][0])

    def _element(self, eq: Equation) -> Sequence[Equation]:
        """Make, write or read numbers in place of an array and its elements."""
        builder = Builder(eq.origin, eq.backward)
        builder.comment = eq.comment
        buffer = eq.operands[0].buffer if eq.op == "index" else eq.result.buffer
        assert buffer is not None
        shape, dtype = self.small[buffer]
        if eq.op in BORN:
            number = _first(builder, eq.op, dtype)
            self.numbers[buffer] = (number,) * math.prod(shape)
            return builder.equations
        before = self.numbers[buffer]
        place = _place(element(eq) or (), shape)
        if eq.op == "index":
            self.read[eq.result] = before[place]
            return ()
        (value,) = self._used(eq.operands[1:2])
        if eq.op == "accumulate" and value in self.negated:
            value = builder.emit("subtract", before[place], self.negated[value])
        elif eq.op == "accumulate":
            term = self._only_term(before[place], value)
            value = term or builder.emit("add", before[place], value)
        if value.type.dtype != dtype:
            value = builder.emit("cast", value, dtype=dtype)
        self.numbers[buffer] = (*before[:place], value, *before[place + 1 :])
        return builder.equations

    def _only_term(self, first: Value, second: Value) -> Value | None:
        """Return what is added to a zero of the same type."""
        kind = first.type
        if self.strict or kind != second.type or not kind.is_float:
            return None
        return second if first.number == 0 else None

    def _used(self, values: Sequence[Value]) -> tuple[Value, ...]:
        used: list[Value] = []
        for value in values:
            if value.buffer is not None and value.buffer in self.small:
                used += self.numbers[value.buffer]
            else:
                used.append(self.read.get(value, value))
        return tuple(used)

    def _defined(self, values: Sequence[Value]) -> tuple[Value, ...]:
        defined: list[Value] = []
        for value in values:
            if value.buffer is not None and value.buffer in self.small:
                kind = Type(self.small[value.buffer][1])
                hint = value.name or value.hint
                made = [Value(kind, hint=hint) for _ in range(self._width(value))]
                self.numbers[value.buffer] = tuple(made)
                defined += made
            else:
                defined.append(value)
        return tuple(defined)


def _first(builder: Builder, op: str, dtype: str) -> Value:
    """Return what an element is before anything is stored."""
    if op == "undefined":
        return builder.emit("undefined", type=Type(dtype))
    return builder.constant(False if dtype == "bool" else 0.0, dtype)


def _place(slots: Sequence[Value], shape: Sequence[int]) -> int:
    """Return the place of an element in an array as it lies in memory."""
    place = 0
    for slot, length in zip(slots, shape, strict=True):
        at = slot.as_linear.value
        assert at is not None
        place = place * length + at % length
    return place
