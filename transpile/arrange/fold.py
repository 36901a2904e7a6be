"""Which values are printed inside the expression that uses them.

A part of an expression has no name and one use; it stays where the user wrote it.
Its evaluation moves to its use, so nothing on the way may write what it reads.
Lengths, constants, elements and views are cheap: they may be printed at many uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..graph.buffers import memories, rebound, written
from ..graph.ir import (
    CONDITIONALS,
    CONTROL,
    WHOLE_VIEWS,
    WRITES,
    Buffer,
    Equation,
    Function,
    Gather,
    Index,
    Mask,
    Region,
    Value,
    captured,
    is_view,
)

_ALWAYS = frozenset({"constant", "dim"})
_NEVER = WRITES | {"check", "print", "outside", "draw", "for", "while"}
_INTEGER = frozenset(
    {"add", "subtract", "multiply", "negative", "remainder", "floor_divide"}
)


@dataclass(frozen=True, slots=True)
class Folding:
    """For each region the values printed at their use, with their equations."""

    regions: Mapping[int, Mapping[Value, Equation]]

    def of(self, region: Region) -> Mapping[Value, Equation]:
        """Return the values of a region that are printed at their use."""
        return self.regions[id(region)]


class Scope:
    """The values printed at their use that are visible at a point of the program."""

    def __init__(self, folding: Folding) -> None:
        self._folding = folding
        self._inline: dict[Value, Equation] = {}

    def enter(self, region: Region) -> Mapping[Value, Equation]:
        """Make the values of a region visible; return those printed at their use."""
        for eq in region.equations:
            for result in eq.results:
                self._inline.pop(result, None)
        folded = self._folding.of(region)
        self._inline.update(folded)
        return folded

    def get(self, value: Value) -> Equation | None:
        """Return the equation of a value that is printed at its use."""
        return self._inline.get(value)

    def support(self, value: Value) -> Iterator[Value]:
        """Yield the variables that printing a value reads."""
        eq = self._inline.get(value)
        if eq is None:
            yield value
            return
        if eq.op == "if":
            for region in eq.regions:
                self.enter(region)
        for operand in captured(eq):
            yield from self.support(operand)


def fold(function: Function, also: frozenset[Value] = frozenset()) -> Folding:
    """Decide for every region of a function what is printed at its use.

    ``also`` are values that may be so although they have a name.
    """
    regions: dict[int, Mapping[Value, Equation]] = {}
    apart = _computed_results(function)
    _visit(function.body, regions, set(), also, apart, memories(function.body))
    return Folding(regions)


def _computed_results(function: Function) -> frozenset[Value]:
    """Return what a gradient function returns besides: computed in the forward part."""
    equations = function.body.equations
    if not any(eq.backward for eq in equations):
        return frozenset()
    returned = set(function.body.results)
    return frozenset(
        v for eq in equations if not eq.backward for v in eq.results if v in returned
    )


def _visit(
    region: Region,
    regions: dict[int, Mapping[Value, Equation]],
    cheap: set[Value],
    also: frozenset[Value],
    apart: frozenset[Value],
    same: Mapping[Buffer, Buffer],
) -> None:
    if id(region) in regions:
        return
    cheap = cheap | set(region.params)
    cheap.update(
        v for eq in region.equations for v in eq.results if v.name or eq.op in _ALWAYS
    )
    for eq in region.equations:
        for inner in eq.regions:
            _visit(inner, regions, cheap, also, frozenset(), same)
    regions[id(region)] = _Decision(region, regions, cheap, also, apart, same).run()


@dataclass(slots=True)
class _Use:
    place: int
    nested: bool


@dataclass(slots=True)
class _Decision:
    """The decision for one region, made from its last equation to its first."""

    region: Region
    regions: Mapping[int, Mapping[Value, Equation]]
    cheap: set[Value]
    also: frozenset[Value]
    apart: frozenset[Value]
    same: Mapping[Buffer, Buffer]
    uses: dict[Value, list[_Use]] = field(default_factory=dict)
    written: list[frozenset[Buffer]] = field(default_factory=list)
    based: set[Value] = field(default_factory=set)
    last: dict[int, _Use] = field(default_factory=dict)
    reads: dict[Value, frozenset[Buffer]] = field(default_factory=dict)

    def run(self) -> Mapping[Value, Equation]:
        self._collect()
        self._find_reads()
        folded: dict[Value, Equation] = {}
        for place in range(len(self.region.equations) - 1, -1, -1):
            eq = self.region.equations[place]
            if self._folds(eq, place):
                folded[eq.result] = eq
        return dict(reversed(folded.items()))

    def _collect(self) -> None:
        for place, eq in enumerate(self.region.equations):
            self.written.append(frozenset(written(eq) | rebound(eq)))
            self._use(eq.operands, place, nested=False)
            inside = list(captured(eq))[len(eq.operands) :]
            self._use(inside, place, nested=True)
            if eq.op in WRITES:
                self.based.add(eq.operands[0])
            if eq.attrs.get("inplace"):
                self.based.add(eq.operands[1])
            if eq.op == "call":
                self.based.update(
                    v for v in eq.operands if v.buffer in self.written[place]
                )
            if eq.op in CONTROL:
                self.based.update(v for v in eq.operands if v.type.rank)
            self._mark_cheap(eq)
        self._use(self.region.results, len(self.region.equations), nested=False)

    def _use(self, values: Iterable[Value], place: int, nested: bool) -> None:
        for value in values:
            self.uses.setdefault(value, []).append(_Use(place, nested))

    def _mark_cheap(self, eq: Equation) -> None:
        if len(eq.results) != 1 or not all(v in self.cheap for v in eq.operands):
            return
        integer = not eq.result.type.rank and eq.result.type.is_integer
        if eq.op in _ALWAYS or _is_cheap_read(eq) or (integer and eq.op in _INTEGER):
            self.cheap.add(eq.result)

    def _find_reads(self) -> None:
        for eq in self.region.equations:
            if len(eq.results) != 1 or eq.op in _ALWAYS:
                continue
            found: set[Buffer] = set()
            for value in captured(eq):
                if self._stays(value):
                    found |= self.reads.get(value, frozenset())
                if value.buffer is not None:
                    found.add(value.buffer)
            self.reads[eq.result] = frozenset(found)

    def _stays(self, value: Value) -> bool:
        """Whether an operand is likely to be printed inside what it is part of."""
        if value.name and value not in self.also:
            return False
        return value in self.cheap or len(self.uses.get(value, ())) == 1

    def _folds(self, eq: Equation, place: int) -> bool:
        if len(eq.results) != 1 or eq.op in _NEVER or eq.attrs.get("acts"):
            return False
        if eq.result.name and eq.result not in self.also:
            return False
        if eq.op == "call" and self.written[place]:
            return False
        if eq.op == "if" and not is_conditional(eq, self.regions):
            return False
        if eq.op in _ALWAYS or eq.op == "undefined":
            return True
        if eq.result in self.apart and eq.op != "index":
            return False
        if eq.result in self.based and not is_view(eq):
            return False
        uses = self.uses.get(eq.result, [])
        if eq.op == "flip" and any(self._is_viewed(use) for use in uses):
            return False
        many = eq.result in self.cheap and _is_repeatable(eq)
        if not many and (len(uses) != 1 or uses[0].nested):
            return not uses and eq.op != "call"
        return self._moves(eq, place, uses)

    def _is_viewed(self, use: _Use) -> bool:
        """Whether a use is a view: there ``np.flip`` would be one too."""
        equations = self.region.equations
        return use.place < len(equations) and is_view(equations[use.place])

    def _moves(self, eq: Equation, place: int, uses: list[_Use]) -> bool:
        ends = [u if u.nested else self.last.get(u.place, u) for u in uses]
        reads = self._memory(self.reads[eq.result])
        for end in ends:
            between = self.written[place + 1 : end.place + end.nested]
            if any(reads & self._memory(written) for written in between):
                return False
        if ends:
            self.last[place] = max(ends, key=lambda u: (u.place, u.nested))
        return True

    def _memory(self, buffers: Iterable[Buffer]) -> set[Buffer]:
        return {self.same.get(b, b) for b in buffers}


def is_conditional(
    eq: Equation, regions: Mapping[int, Mapping[Value, Equation]]
) -> bool:
    """Whether an ``if`` is printed as ``a if c else b``, or with and, or."""
    if eq.attrs.get("spelled") not in CONDITIONALS:
        return False
    return len(eq.results) == 1 and all(
        all(
            len(inner.results) == 1 and inner.result in regions[id(region)]
            for inner in region.equations
        )
        for region in eq.regions
    )


def _is_cheap_read(eq: Equation) -> bool:
    if eq.op in WHOLE_VIEWS:
        return True
    if eq.op != "index":
        return False
    return not any(
        isinstance(item, Gather | Mask)
        for step in eq.attrs["path"]
        if isinstance(step, Index)
        for item in step.items
    )


def _is_repeatable(eq: Equation) -> bool:
    return _is_cheap_read(eq) or eq.op in _INTEGER
