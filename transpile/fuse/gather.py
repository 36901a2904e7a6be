"""Additions into one array over shifted ranges, gathered element by element.

Before, one nest each, ``b[0 : n-2] += s``, ``b[2:n] += t``; after, where the ranges
meet, ``for i in range(2, n-2): b[i] = b[i] + s[i] + t[i-2]``, and the border, term by
term, each under its own condition. An element's terms keep their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..graph.buffers import memories
from ..graph.ir import EFFECTS, Buffer, Equation, Region, Value, walk
from ..graph.linear import Linear
from ..graph.substitute import substitute
from .border import Axis, border
from .interior import interior
from .nests import Copier, Memory, Nest
from .terms import Term


def gather(body: Region, device: bool = False) -> Region:
    """Return a function's body with additions into one array gathered.

    For a ``device`` the border is one nest, of which threads take elements.
    """
    return _Gatherer(Memory(memories(body)), not device).region(body)


@dataclass(slots=True)
class _Group:
    """Nests that write one array, the last of them at a place in the region."""

    nests: list[Nest]
    places: list[int]
    reads: set[Buffer] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Gatherer:
    memory: Memory
    by_rows: bool

    def region(self, region: Region) -> Region:
        """Return a region with its additions gathered, and those inside."""
        equations = [
            replace(eq, regions=tuple(self.region(r) for r in eq.regions))
            if eq.regions and Nest.of(eq) is None
            else eq
            for eq in region.equations
        ]
        makers = {e.result: e for e in equations if len(e.results) == 1}
        made: dict[int, list[Equation]] = {}
        renamed: dict[Value, Value] = {}  # what was only measured in between
        for group in self._groups(equations):
            if len(group.nests) > 1:
                made.update({place: [] for place in group.places})
                made[group.places[-1]] = _gathered(group.nests, makers, self.by_rows)
                first, *_ = group.nests
                renamed.update((n.eq.result, first.init) for n in group.nests[:-1])
        out = [new for k, eq in enumerate(equations) for new in made.get(k, [eq])]
        return substitute(replace(region, equations=tuple(out)), renamed)

    def _groups(self, equations: Sequence[Equation]) -> list[_Group]:
        """Return the nests that may run where the last of their group stands."""
        found: list[_Group] = []
        open_: dict[Buffer, _Group] = {}
        for place, eq in enumerate(equations):
            nest = self._eligible(eq)
            mine = None if nest is None else self.memory.root(nest.buffer)
            touched, written = self.memory.touched(eq), self.memory.written(eq)
            for buffer, group in list(open_.items()):
                effects = any(e.op in EFFECTS for e in _all(eq))
                if buffer is mine and nest is not None:
                    if not _fits(group.nests, nest):
                        del open_[buffer]
                elif buffer in touched or written & group.reads:
                    del open_[buffer]
                elif effects and group.nests[0].buffer.parameter:
                    del open_[buffer]
            if nest is None or mine is None:
                continue
            if mine not in open_:
                open_[mine] = _Group([], [])
                found.append(open_[mine])
            open_[mine].nests.append(nest)
            open_[mine].places.append(place)
            open_[mine].reads |= self.memory.read(nest)
        return found

    def _eligible(self, eq: Equation) -> Nest | None:
        """Return a nest that adds to, or sets, elements without reading the array."""
        nest = Nest.of(eq)
        if nest is None or nest.offsets is None:
            return None
        if len(nest.offsets) != nest.init.type.rank:
            return None
        own = self.memory.root(nest.buffer) in self.memory.read(nest)
        exact = nest.keeps_dtype or nest.is_zero
        return nest if exact and not own else None


def _all(eq: Equation) -> list[Equation]:
    return [eq, *(e for r in eq.regions for e in walk(r))]


def _box(nest: Nest) -> list[tuple[Linear, Linear]]:
    """Return the first index and the end on each axis of what a nest writes."""
    pairs = zip(nest.ranges, nest.offsets or (), strict=True)
    return [(a.as_linear + off, b.as_linear + off) for (a, b), off in pairs]


def _fits(group: Sequence[Nest], nest: Nest) -> bool:
    """Whether a nest's range is a known distance from those of a group, and meets them.

    Of ranges such as ``[0, n)`` and ``[n, m)`` nothing is common: they stay apart.
    """
    if nest.buffer is not group[0].buffer:
        return False  # another array that may be the same memory
    for one, other in zip(_box(group[0]), _box(nest), strict=True):
        gaps = [(a - b).value for a, b in zip(one, other, strict=True)]
        if None in gaps or (one[1] - other[0]).value in range(-99, 1):
            return False
        if (other[1] - one[0]).value in range(-99, 1):
            return False
    return True


def _gathered(
    nests: Sequence[Nest], makers: Mapping[Value, Equation], by_rows: bool
) -> list[Equation]:
    """Return one nest where all ranges meet, and one for the border."""
    last = nests[-1].eq
    block = Copier(last, {})
    block.makers = makers
    terms = [Term.of(nest, block) for nest in nests]
    axes = [
        Axis.of([term.box[k] for term in terms]) for k in range(len(nests[0].counters))
    ]
    final = last.result
    inside = interior(terms, axes, nests[0].init, block)
    if all(axis.plain for axis in axes):
        return _ended(inside, final)
    around = border(terms, axes, inside[-1].result, last, by_rows)
    return _ended([*inside, *around], final)


def _ended(equations: list[Equation], final: Value) -> list[Equation]:
    *rest, last = equations
    return [*rest, replace(last, results=(final,))]
