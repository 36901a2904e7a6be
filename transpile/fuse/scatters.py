"""Loops that add to neighbours of an element, before `stencils` gathers what they add.

Before, in which no iteration can run before the one in front of it::

    for i in range(n - 2, 0, -1):
        t = b_bar[i]
        b_bar[i] = 0.0
        a_bar[i - 1] += t
        a_bar[i + 1] += t

after, with an array for what was added::

    for i in range(n - 2, 0, -1):
        added[i] = b_bar[i]
        b_bar[i] = 0.0
    for i in range(1, n - 1): a_bar[i - 1] += added[i]
    for i in range(1, n - 1): a_bar[i + 1] += added[i]

It is done where each index is a counter and a number, the loop touches the array in no
other way, and sums may be taken in another order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from ..graph.affine import implied
from ..graph.buffers import buffers, handed_on, memories
from ..graph.ir import (
    Buffer,
    Equation,
    Region,
    Value,
    walk,
)
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..reverse.sections import counter_facts
from .neighbours import CHEAP, Rounds
from .nests import Copier, Memory, element

FEWEST = 8  # iterations, if their number is known
DEEPEST = 3


def scatters(body: Region, front: bool, free: bool) -> Region:
    """Return a function's body with such loops in two rounds.

    ``front`` says that no index is negative, ``free`` that the user's sums may be taken
    in another order; those of a backward part may.
    """
    memory = Memory(memories(body))
    outside = frozenset(map(memory.root, buffers(body.params)))
    return _Scatterer(memory, outside, front, free).region(body)


@dataclass(frozen=True, slots=True)
class _Scatterer:
    memory: Memory
    outside: frozenset[Buffer]
    front: bool
    free: bool

    def region(self, region: Region) -> Region:
        """Return a region with its loops in two rounds, and those inside."""
        makers = {r: e for e in region.equations for r in e.results}
        out: list[Equation] = []
        new: set[Buffer] = set()
        for eq in region.equations:
            made = self._parted(eq, makers, new)
            new -= {b for pair in handed_on(eq) for b in pair}
            new |= buffers(eq.results) if eq.op in ("empty", "zeros") else set()
            if made is None and eq.regions:
                regions = tuple(map(self.region, eq.regions))
                made = [replace(eq, regions=regions)]
            out += made or [eq]
        return replace(region, equations=tuple(out))

    def _parted(
        self, eq: Equation, makers: Mapping[Value, Equation], new: Set[Buffer]
    ) -> list[Equation] | None:
        """Return a nest in two rounds, if it adds to neighbours.

        ``new`` is memory that was made in this pass of what is around.
        """
        loops = _nest(eq)
        if loops is None or any(handed_on(eq)):
            return None
        groups = self._groups(loops, new)
        if not groups:
            return None
        return Rounds(loops, groups, Copier(eq, {}), makers).made()

    def _groups(self, loops: Sequence[Loop], new: Set[Buffer]) -> list[list[Equation]]:
        """Return what adds to each array of neighbours, in the order of the loop."""
        body = loops[-1].body.equations
        every = list(walk(Region((), (loops[0].eq,), ())))
        found: dict[Buffer, list[Equation]] = {}
        for eq in body:
            if eq.op == "accumulate" and eq.operands[0].buffer is not None:
                found.setdefault(eq.operands[0].buffer, []).append(eq)
        return [
            group
            for buffer, group in found.items()
            if (buffer in new or self.memory.root(buffer) not in self.outside)
            and (self.free or all(e.backward for e in group))
            and len(set(offsets := [self._offsets(e, loops) for e in group])) > 1
            and None not in offsets
            and _around_zero([o for o in offsets if o is not None])
            and self._alone(buffer, group, every, buffer in new)
        ]

    def _offsets(self, eq: Equation, loops: Sequence[Loop]) -> tuple[int, ...] | None:
        """Return how far each index is from its loop's counter, if that is all."""
        slots, value = element(eq) or (), eq.operands[1]
        if len(slots) != len(loops) or value.type.rank:
            return None
        if value.type.dtype != eq.operands[0].type.dtype:
            return None
        facts = [fact for loop in loops for fact in counter_facts(loop.eq)]
        found: list[int] = []
        for slot, loop in zip(slots, loops, strict=True):
            assert loop.counter is not None
            gap = (slot.as_linear - Linear.of(loop.counter)).value
            if gap is None or not (self.front or implied(facts, slot.as_linear)):
                return None
            found.append(gap)
        return tuple(found)

    def _alone(
        self,
        buffer: Buffer,
        group: Sequence[Equation],
        every: Sequence[Equation],
        is_new: bool,
    ) -> bool:
        """Whether a nest touches an array only where it adds to it.

        Memory that is new is not that of any other variable.
        """
        root = buffer if is_new else self.memory.root(buffer)
        return not any(
            value.buffer is not None
            and (value.buffer if is_new else self.memory.root(value.buffer)) is root
            for eq in every
            if eq not in group and not eq.regions
            for value in (*eq.operands, *eq.results)
        )


def _around_zero(offsets: Sequence[tuple[int, ...]]) -> bool:
    """Whether what is added may lie where the counters are, in an array as long."""
    return all(min(gaps) <= 0 <= max(gaps) for gaps in zip(*offsets, strict=True))


def _nest(eq: Equation) -> list[Loop] | None:
    """Return loops, each all that is in the one around it but for numbers."""
    loops: list[Loop] = []
    inner: Equation | None = eq
    while inner is not None and inner.op == "for":
        if any(map(inner.attrs.get, ("exits", "count", "parallel", "stands_for"))):
            return None
        loop = Loop.of(inner)
        start, stop, step = (v.as_linear for v in loop.bounds)
        length = (stop - start).value
        if step.value not in (1, -1) or (length is not None and abs(length) < FEWEST):
            return None
        loops.append(loop)
        found = [e for e in loop.body.equations if e.regions]
        if not found:
            break
        others = [e for e in loop.body.equations if e is not found[0]]
        if len(found) > 1 or any(v.type.rank for e in others for v in e.results):
            return None
        (inner,) = found
    if not loops or len(loops) > DEEPEST or not _is_rectangle(loops):
        return None
    return loops


def _is_rectangle(loops: Sequence[Loop]) -> bool:
    """Whether the bounds of all loops are the same all the time."""
    makers = {r: e for loop in loops for e in loop.body.equations for r in e.results}
    inside = {v for loop in loops for v in loop.body.params}
    ahead = [bound for loop in loops for bound in loop.bounds]
    while ahead:
        value = ahead.pop()
        if value in inside:
            return False
        if value in makers:
            if makers[value].op not in (*CHEAP, "constant", "dim"):
                return False
            ahead += makers[value].operands
    return True
