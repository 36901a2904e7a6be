"""Arrays that are made to be read: each element computed where it is read.

Before ``for i: t[i] = 0.2 * x[i + 1]`` and ``for i: y[i] += t[i - 1]``; after
``for i: y[i] += 0.2 * x[i]``. The element is computed at most once more than before,
unless that is cheap, and from memory that was not written in between. An index that may
count from the end says nothing of the counter with which the element was computed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..graph.affine import implied
from ..graph.buffers import buffers, memories, touched
from ..graph.ir import WRITES, Buffer, Equation, Region, Value, walk
from ..graph.linear import Atom, Linear
from ..graph.substitute import substitute
from ..reverse.sections import counter_facts
from .nests import Copier, Memory, Nest, element

# What is cheaper than to write a number to memory and to read it again.
CHEAP = frozenset({"add", "subtract", "multiply", "negative", "constant", "dim"})
MOST_LOADS, MOST_WORK = 2, 6

Key = tuple[Linear, ...]


def pull(body: Region, front: bool = False) -> Region:
    """Return a function's body with elements computed where they are read.

    ``front`` says that no index is negative.
    """
    reads, writes = Counter[Buffer](), Counter[Buffer]()
    for eq in walk(body):
        for value in eq.operands:
            if value.buffer is not None and eq.op == "index":
                reads[value.buffer] += 1
            elif value.buffer is not None and eq.op not in ("for", "dim"):
                writes[value.buffer] += 1
    made = {eq.result.buffer for eq in walk(body) if eq.op == "empty"}
    kept = buffers(body.results)
    for eq in walk(body):
        if eq.regions and Nest.of(eq) is None:
            kept |= buffers((*eq.operands, *eq.results))
    candidates = {b for b in made - kept if b is not None and writes[b] == 1}
    return _Puller(Memory(memories(body)), candidates, reads, front).region(body, ())


@dataclass(frozen=True, slots=True)
class Site:
    """A read of an element, and the loops around it; ``facts`` are at least zero."""

    eq: Equation
    counters: tuple[Value, ...]
    repeated: bool
    facts: tuple[Linear, ...]

    @property
    def once(self) -> bool:
        """Whether no two passes read the same element."""
        slots = element(self.eq) or ()
        atoms = [slot.as_linear.atoms for slot in slots]
        moved = {found[0] for found in atoms if len(found) == 1}
        return not self.repeated and moved.issuperset(self.counters)

    @property
    def from_front(self) -> bool:
        """Whether no index is negative."""
        slots = element(self.eq) or ()
        return all(implied(self.facts, slot.as_linear) for slot in slots)


@dataclass(frozen=True, slots=True)
class _Puller:
    memory: Memory
    candidates: set[Buffer]
    reads: Counter[Buffer]
    front: bool

    def region(self, region: Region, facts: tuple[Linear, ...]) -> Region:
        """Return a region with its producers moved into their consumers."""
        equations = [
            replace(
                eq,
                regions=tuple(self.region(r, _inside(eq, facts)) for r in eq.regions),
            )
            if eq.regions and Nest.of(eq) is None
            else eq
            for eq in region.equations
        ]
        for place in range(len(equations)):
            nest = Nest.of(equations[place])
            if nest is not None and self._is_producer(nest):
                self._move(nest, place, equations, facts)
        return replace(region, equations=tuple(equations))

    def _is_producer(self, nest: Nest) -> bool:
        plain = nest.write.op == "store" and nest.keeps_dtype
        own = nest.buffer in self.candidates
        starts = all(start.as_linear.value == 0 for start, _ in nest.ranges)
        return plain and own and starts and set(nest.offsets or (1,)) == {0}

    def _move(
        self,
        nest: Nest,
        place: int,
        equations: list[Equation],
        facts: tuple[Linear, ...],
    ) -> None:
        """Replace the reads of what a nest writes, if that is right and pays."""
        sites = {
            later: found
            for later in range(place + 1, len(equations))
            if nest.buffer in touched(equations[later])
            and (found := list(_sites(equations[later], nest.buffer, facts)))
        }
        every = [site for found in sites.values() for site in found]
        if not every or len(every) != self.reads[nest.buffer]:
            return
        if not all(site.once for site in every):
            return
        if not self.front and not all(site.from_front for site in every):
            return
        if not _pays(nest, every) and not _is_slight(nest, sites, equations):
            return
        needed, last = self.memory.read(nest), max(sites)
        for later in range(place + 1, last + 1):
            eq = equations[later]
            if needed & self.memory.written(eq):
                if later != last or not self._in_step(nest, eq, sites[later], needed):
                    return
        for later in sites:
            into = _Into(nest)
            equations[later] = into.equation(equations[later])
        for load in nest.loads:
            if load.operands[0].buffer is not None:
                self.reads[load.operands[0].buffer] += len(every)
        del self.reads[nest.buffer]

    def _in_step(
        self, nest: Nest, eq: Equation, sites: list[Site], needed: set[Buffer]
    ) -> bool:
        """Whether a loop writes what is needed only where it needs it, afterwards."""
        consumer = Nest.of(eq)
        if consumer is None:
            return False
        written = element(consumer.write) or ()
        place = [slot.as_linear for slot in written]
        for site in sites:
            at = _forms(nest, element(site.eq) or ())
            for load in nest.loads:
                base = load.operands[0].buffer
                if base is None or self.memory.root(base) not in needed:
                    continue
                if self.memory.root(base) not in self.memory.written(eq):
                    continue
                slots = element(load) or ()
                if base is not consumer.buffer:
                    return False
                if [s.as_linear.substitute(at) for s in slots] != place:
                    return False
        return True


def _forms(nest: Nest, slots: Sequence[Value]) -> dict[Atom, Linear]:
    pairs = zip(nest.counters, slots, strict=True)
    return {counter: slot.as_linear for counter, slot in pairs}


def _pays(nest: Nest, sites: Sequence[Site]) -> bool:
    """Whether to compute an element at each of its reads costs no more."""
    if len(sites) == 1:
        return True
    if all(element(site.eq) == site.counters for site in sites):
        return False  # loops over one range, which can be one
    return _costs(nest, MOST_LOADS, MOST_WORK)


def _is_slight(
    nest: Nest, places: Iterable[int], equations: Sequence[Equation]
) -> bool:
    """Whether an element is a multiple of one that is read instead.

    It is right where the loops that read it are not one in the end: `gather` puts the
    terms of an array in a loop of their own.
    """
    found = [(k, Nest.of(eq)) for k, eq in enumerate(equations)]
    firsts: dict[Buffer, set[object]] = {}
    for _, added in found:
        if added is not None and added.write.op == "accumulate":
            starts = [start.as_linear for start, _ in added.ranges]
            at = tuple(zip(starts, added.offsets or (), strict=False))
            firsts.setdefault(added.buffer, set()).add(at)
    apart = {b for b, several in firsts.items() if len(several) > 1}
    readers = [reader for k, reader in found if k in set(places)]
    gathered = all(r is not None and r.buffer in apart for r in readers)
    return gathered and _costs(nest, 1, 2)


def _costs(nest: Nest, most_loads: int, most_work: int) -> bool:
    """Whether an element costs so many loads and sums at most."""
    work = [e for e in nest.equations if not is_address(e)]
    cheap = all(e.op in CHEAP or e.op == "index" for e in work)
    loads = {
        (e.operands[0], *(v.as_linear for v in e.operands[1:]))
        for e in work
        if e.op == "index"
    }
    sums = sum(e.op in CHEAP and e.op not in ("constant", "dim") for e in work)
    return cheap and len(loads) <= most_loads and sums <= most_work


def is_address(eq: Equation) -> bool:
    """Whether an equation computes an index."""
    return eq.op != "index" and eq.result.type.is_integer


def _inside(eq: Equation, facts: tuple[Linear, ...]) -> tuple[Linear, ...]:
    """Return what is known of integers in the regions of an equation."""
    return (*facts, *counter_facts(eq)) if eq.op == "for" else facts


def _sites(eq: Equation, buffer: Buffer, facts: tuple[Linear, ...]) -> Iterator[Site]:
    """Yield the reads of a buffer's elements in an equation."""

    def inside(eq: Equation, around: Site) -> Iterator[Site]:
        if eq.op == "index" and eq.operands[0].buffer is buffer:
            if element(eq) is not None:
                yield replace(around, eq=eq)
            return
        for region in eq.regions:
            mine = region.params[:1] if eq.op == "for" else ()
            here = Site(
                eq,
                (*around.counters, *mine),
                around.repeated or eq.op == "while",
                _inside(eq, around.facts),
            )
            for inner in region.equations:
                yield from inside(inner, here)

    yield from inside(eq, Site(eq, (), False, facts))


class _Into:
    """Puts what a nest computes in place of reads of what it wrote."""

    def __init__(self, nest: Nest) -> None:
        self.nest = nest

    def equation(self, eq: Equation) -> Equation:
        """Return an equation with such reads in its regions replaced."""
        regions = tuple(self.region(r, {}) for r in eq.regions)
        return replace(eq, regions=regions) if regions else eq

    def region(self, region: Region, arrays: Mapping[Buffer, Value]) -> Region:
        """Return a region with such reads replaced; ``arrays`` are as they are now."""
        now = dict(arrays)
        now.update((v.buffer, v) for v in region.params if v.buffer is not None)
        out: list[Equation] = []
        found: dict[Value, Value] = {}
        known: dict[Key, Value] = {}
        for eq in region.equations:
            if found:
                eq = replace(eq, operands=tuple(found.get(v, v) for v in eq.operands))
            if eq.op == "index" and eq.operands[0].buffer is self.nest.buffer:
                slots = element(eq) or ()
                key = tuple(slot.as_linear for slot in slots)
                if key not in known:
                    known[key] = self._computed(eq, slots, now, out)
                found[eq.result] = known[key]
                continue
            if eq.regions:
                regions = [self.region(substitute(r, found), now) for r in eq.regions]
                eq = replace(eq, regions=tuple(regions))
            if eq.op in WRITES or eq.regions or eq.op == "call":
                now.update((v.buffer, v) for v in eq.results if v.buffer is not None)
            out.append(eq)
        results = tuple(found.get(v, v) for v in region.results)
        return Region(region.params, tuple(out), results)

    def _computed(
        self,
        eq: Equation,
        slots: Sequence[Value],
        now: Mapping[Buffer, Value],
        out: list[Equation],
    ) -> Value:
        nest = self.nest
        block = Copier(eq, dict(zip(nest.counters, slots, strict=True)))
        block.arrays = now
        for inner in nest.equations:
            block.copy(inner)
        out += block.equations
        return block.mapping.get(nest.value, nest.value)
