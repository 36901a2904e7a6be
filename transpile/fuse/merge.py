"""Neighbouring loops over the same range, run as one.

The second loop may run with the first if no iteration of it touches what another
iteration of the first writes, or the other way round: all accesses to such memory
have the counter, alike, on one axis; or each loop has rows of its own, by number. What
stands between them and needs the first comes after both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from ..graph.buffers import buffers, handed_on, memories, written
from ..graph.carries import far_apart, places, trips_of
from ..graph.ir import (
    EFFECTS,
    WRITES,
    Buffer,
    Equation,
    Region,
    Value,
    captured,
    is_view,
    walk,
)
from ..graph.linear import Atom, Linear
from ..graph.loopform import Loop
from ..graph.ops import ELEMENTWISE
from ..graph.substitute import recounted, substitute
from .nests import Memory, element
from .shifted import over_range_of
from .work import defined

# What may run before a loop that it came after, if it reads nothing of the loop's.
MOVABLE = ELEMENTWISE | {"constant", "dim", "empty", "zeros"}
MAKING = frozenset({"empty", "zeros"})
TOUCHING = WRITES | {"index"}
AROUND = frozenset({"dim", "for", "while", "if"})

# What is printed above a loop that holds equations of both sweeps.
BOTH = "Forward and backward"

Partner = tuple[int, Equation, list[Equation], list[Equation]]

FARTHEST = 32  # how many equations a loop moves across, at most


def merge(body: Region, free: bool = False) -> Region:
    """Return a function's body with the nests of array operations merged.

    ``free``: sums may be taken in another order.
    """
    views = frozenset(eq.result for eq in walk(body) if is_view(eq))
    same = memories(body)
    outside = frozenset(same.get(b, b) for b in buffers(body.params))
    return _Merger(same, views, outside, Memory(same), free).region(body)


@dataclass(frozen=True, slots=True)
class Accesses:
    """How a loop touches one block of memory.

    ``along`` are the axes on which all have the counter in their indices, with these,
    ``rows`` those on which all have numbers. ``summed``: it is only added to, not along
    the last axis.
    """

    writes: bool
    along: Mapping[int, frozenset[Linear]]
    rows: Mapping[int, frozenset[int]]
    summed: bool = False

    def joined(self, other: Accesses) -> Accesses:
        """Return both."""
        along = _both(self.along, other.along)
        rows = _both(self.rows, other.rows)
        summed = self.summed and other.summed
        return Accesses(self.writes or other.writes, along, rows, summed)

    def is_apart(self, other: Accesses) -> bool:
        """Whether both touch other rows."""
        axes = self.rows.keys() & other.rows.keys()
        return any(self.rows[axis].isdisjoint(other.rows[axis]) for axis in axes)


Index = TypeVar("Index")


def _both(
    one: Mapping[int, frozenset[Index]], other: Mapping[int, frozenset[Index]]
) -> Mapping[int, frozenset[Index]]:
    return {axis: one[axis] | other[axis] for axis in one if axis in other}


@dataclass(frozen=True, slots=True)
class Uses:
    """What an equation reads, and which memory it may touch and write.

    ``inside``: what its regions define. What comes after it may define that again, as a
    backward part that computes it anew, but what comes before it may not. ``named`` are
    the variables that stand for such memory.
    """

    read: frozenset[Value]
    touched: set[Buffer]
    written: set[Buffer]
    inside: frozenset[Value]
    named: set[Buffer]


@dataclass(frozen=True, slots=True)
class _Merger:
    """``outside`` stands for the memory that is given to the function.

    ``free``: sums may be taken in another order.
    """

    same: Mapping[Buffer, Buffer]
    views: frozenset[Value]
    outside: frozenset[Buffer]
    memory: Memory
    free: bool
    uses: dict[Equation, Uses] = field(default_factory=dict)

    def region(self, region: Region) -> Region:
        """Return a region with its neighbours merged, and those inside."""
        out: list[Equation] = []
        for eq in region.equations:
            found = self._partner(out, eq)
            if found is None:
                out.append(eq)
                continue
            place, moved, before, after = found
            out[place:] = [*before, _merged(out[place], moved), *after]
        made = (
            replace(
                eq, regions=tuple(_told_once(eq, self.region(r)) for r in eq.regions)
            )
            if eq.regions
            else eq
            for eq in out
        )
        return replace(region, equations=tuple(made))

    def _partner(self, out: Sequence[Equation], eq: Equation) -> Partner | None:
        """Return the loop that another can run with, what goes before and after.

        And the other loop, over the range of that one, if it was a known distance away.

        It is the one that writes most of what the other reads, the nearest of such.
        """
        best, most = None, -1
        if not _is_nest(eq):
            return None
        own = self._uses(eq).touched
        for place in range(len(out) - 1, max(len(out) - FARTHEST, 0) - 1, -1):
            first = out[place]
            shared = own & self._uses(first).written
            if _is_nest(first) and len(shared) > most:
                moved = eq if _alike(first, eq) else None
                if moved is None and own & self._uses(first).touched:
                    moved = over_range_of(first, eq)
                parted = moved and self._parted(first, out[place + 1 :], moved)
                if moved and parted and self._may_run_together(first, moved):
                    best, most = (place, moved, *parted), len(shared)
            if first.op != "check" and _effects(first):
                break
        return best

    def _parted(
        self, first: Equation, between: Sequence[Equation], second: Equation
    ) -> tuple[list[Equation], list[Equation]] | None:
        """Return what may stand before two loops, and what after them, if all may."""
        before, after = list[Equation](), list[Equation]()
        behind = [first]
        for eq in between:
            if any(self._follows(eq, other) for other in behind):
                after.append(eq)
                behind.append(eq)
            else:
                before.append(eq)
        if any(self._follows(second, eq) for eq in after):
            return None
        checks = [eq for eq in between if eq.op == "check"]
        if checks or _effects(second):
            if any(eq.op not in MOVABLE | {"check"} for eq in between):
                return None  # an error must not come before what outlives it
            if any(eq.op == "check" for eq in after):
                return None
        fails = bool(_effects(first))
        alike = not fails or all(self._fail_alike(first, eq) for eq in checks)
        return (before, after) if alike else None

    def _follows(self, eq: Equation, other: Equation) -> bool:
        """Whether an equation must stay behind another.

        Memory that is made is not that of any other variable.
        """
        mine, its = self._uses(eq), self._uses(other)
        if not (
            mine.read.isdisjoint(other.results) and its.inside.isdisjoint(eq.results)
        ):
            return True
        if eq.op in MAKING or other.op in MAKING:
            return not mine.named.isdisjoint(its.named)
        apart = mine.written.isdisjoint(its.touched)
        return not (apart and mine.touched.isdisjoint(its.written))

    def _uses(self, eq: Equation) -> Uses:
        if eq not in self.uses:
            touched, written = self.memory.touched(eq), self.memory.written(eq)
            inside = frozenset(v for region in eq.regions for v in defined(region))
            named = buffers(v for e in _every(eq) for v in (*captured(e), *e.results))
            read = frozenset(captured(eq))
            self.uses[eq] = Uses(read, touched, written, inside, named)
        return self.uses[eq]

    def _may_run_together(self, first: Equation, second: Equation) -> bool:
        if not self._fail_alike(first, second):
            return False
        loop = Loop.of(second)
        if any(handed_on(first)) or any(handed_on(second)):
            return False  # an array that is not the same memory all the time
        apart = [v for v in loop.inits if v not in first.results]
        if buffers(apart) & buffers(first.results):
            return False  # memory made twice, by the same equation
        numbers = {v for v in first.results if v.buffer is None}
        if not numbers.isdisjoint(captured(second)):
            return False
        one, other = self._accesses(first), self._accesses(second)
        counter, trips = Loop.of(first).counter, trips_of(first)
        assert loop.counter is not None and counter is not None
        for memory in one.keys() & other.keys():
            here, there = one[memory], other[memory]
            if not (here.writes or there.writes) or here.is_apart(there):
                continue
            if self.free and here.summed and there.summed:
                continue
            moved: dict[Atom, Linear] = {loop.counter: counter.as_linear}
            if not any(
                far_apart(
                    {f.substitute(moved) for f in there.along[axis]}, forms, trips
                )
                for axis, forms in here.along.items()
                if axis in there.along
            ):
                return False
        return True

    def _fail_alike(self, first: Equation, second: Equation) -> bool:
        """Whether it cannot be told from outside in which order two loops fail.

        Where both fail, in different iterations, the message may be that of the other
        statement; the exception is the same, and nothing that outlives it was written.
        """
        one, other = _effects(first), _effects(second)
        if not (one or other):
            return True
        kinds = {eq.attrs.get("exception") for eq in (*one, *other)}
        touched = {self.same.get(b, b) for b in written(first) | written(second)}
        alike = not (one and other) or (len(kinds) == 1 and None not in kinds)
        return alike and not touched & self.outside

    def _accesses(self, eq: Equation) -> dict[Buffer, Accesses]:
        """Return how a loop touches each block of memory."""
        counter = Loop.of(eq).counter
        assert counter is not None
        found: dict[Buffer, Accesses] = {}
        for inner in walk(eq.regions[0]):
            for k, value in enumerate(inner.operands):
                buffer = value.buffer
                if buffer is None or inner.op in AROUND:
                    continue
                memory = self.same.get(buffer, buffer)
                writes = inner.op in WRITES and k == 0 or inner.op == "call"
                made = Accesses(writes, {}, {})
                if inner.op in TOUCHING and k == 0 and value not in self.views:
                    along = {axis: frozenset([f]) for axis, f in places(inner, counter)}
                    across = all(axis + 1 < value.type.rank for axis in along)
                    summed = inner.op == "accumulate" and bool(along) and across
                    made = Accesses(writes, along, _rows(inner), summed)
                known = found.get(memory)
                found[memory] = made if known is None else known.joined(made)
        return found


def _is_nest(eq: Equation) -> bool:
    """Whether an equation is a loop that an array operation was lowered to."""
    return eq.op == "for" and "stands_for" in eq.attrs and not eq.attrs.get("exits")


def _alike(one: Equation, other: Equation) -> bool:
    """Whether two loops have the same range."""
    if one.attrs.get("count"):
        return False
    pairs = zip(one.operands[:3], other.operands[:3], strict=True)
    return not other.attrs.get("count") and all(
        a is b or (a.linear is not None and a.linear == b.linear) for a, b in pairs
    )


def _rows(eq: Equation) -> dict[int, frozenset[int]]:
    """Return the axes that an equation indexes by a number, and the number."""
    slots = enumerate(element(eq) or ())
    numbers = {axis: slot.as_linear.value for axis, slot in slots}
    return {k: frozenset({n}) for k, n in numbers.items() if n is not None and n >= 0}


def _told_once(eq: Equation, region: Region) -> Region:
    """Return a region of a loop that need not say again that it is of both sweeps."""
    if eq.comment != BOTH:
        return region
    told = (
        replace(e, comment=None) if e.comment == BOTH else e for e in region.equations
    )
    return replace(region, equations=tuple(told))


def _effects(eq: Equation) -> list[Equation]:
    return [inner for inner in _every(eq) if inner.op in EFFECTS]


def _every(eq: Equation) -> tuple[Equation, ...]:
    """Return an equation and those inside."""
    return (eq, *(inner for r in eq.regions for inner in walk(r)))


def _merged(first: Equation, second: Equation) -> Equation:
    """Return one loop that does in each iteration what two did."""
    one, other = Loop.of(first), Loop.of(second)
    assert one.counter is not None and other.counter is not None
    ends = dict(zip(one.finals, one.yields, strict=True))
    inside = dict(ends)
    taken: dict[Value, int] = {}
    for k, (init, carry) in enumerate(zip(other.inits, other.carries, strict=True)):
        if init in ends:
            inside[carry] = ends[init]
            taken[init] = k
    body = substitute(recounted(other.body, other.counter, one.counter), inside)
    yields, finals = list(one.yields), list(one.finals)
    for k, final in enumerate(one.finals):
        if final in taken:
            yields[k], finals[k] = (
                body.results[taken[final]],
                other.finals[taken[final]],
            )
    fresh = [k for k, init in enumerate(other.inits) if init not in ends]
    region = Region(
        (*one.body.params, *(other.carries[k] for k in fresh)),
        (*one.body.equations, *body.equations),
        (*yields, *(body.results[k] for k in fresh)),
    )
    mixed = first.backward != second.backward or BOTH in (first.comment, second.comment)
    return replace(
        second,
        comment=BOTH if mixed else first.comment or second.comment,
        operands=(*first.operands, *(other.inits[k] for k in fresh)),
        results=(*finals, *(other.finals[k] for k in fresh)),
        regions=(region,),
        attrs=MappingProxyType(
            {
                **first.attrs,
                "labels": (*labels(first), *(labels(second)[k] for k in fresh)),
            }
        ),
    )


def labels(eq: Equation) -> tuple[str, ...]:
    """Return what each carry of a nest stands for."""
    alike = (eq.attrs["stands_for"],) * len(Loop.of(eq).carries)
    found: tuple[str, ...] = eq.attrs.get("labels", alike)
    return found
