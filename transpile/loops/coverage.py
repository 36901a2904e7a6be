"""Where an array begins anew in a loop's body: all that is read later is stored later.

Sections are boxes: a first and a last index on every axis, as linear forms. What a
loop has stored so far, or in all, is a box where one axis goes with its counter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..graph.affine import contradictory, implied
from ..graph.ir import (
    WRITES,
    At,
    Buffer,
    Equation,
    Index,
    Item,
    Span,
    Type,
    Value,
    captured,
    is_view,
    walk,
)
from ..graph.linear import Atom, Linear
from ..graph.loopform import Loop
from ..graph.ops import OPS
from ..reverse.sections import counter_facts

Box = tuple[tuple[Linear, Linear], ...]
Facts = tuple[Linear, ...]
UNFIT = ("exits", "count", "parallel", "trips")


def segments(loop: Loop, buffer: Buffer) -> list[Equation] | None:
    """Return the equations of a body at which an array begins anew, the first included.

    None if it may be read before it is stored, or if one element is stored twice from
    one beginning to the next.
    """
    body = loop.body.equations
    items = [e for e in body if e.op != "dim" and buffer in _touched(e)]
    made = {r for e in walk(loop.body) for r in e.results if r.linear is None}

    def scanned(some: Sequence[Equation]) -> _Scan | None:
        scan = _Scan(buffer, made)
        fits = scan.block(some, tuple(counter_facts(loop.eq)), [], ())
        return None if fits is None else scan

    if not items or scanned(items) is None:
        return None
    cuts = [k for k in range(len(items)) if scanned(items[k:]) is not None]
    for first, last in zip(cuts, [*cuts[1:], len(items)], strict=True):
        part = scanned(items[first:last])
        if part is None or not part.stores_once():
            return None
    return [items[k] for k in cuts]


def _touched(eq: Equation) -> set[Buffer]:
    values = [*captured(eq), *eq.results]
    return {v.buffer for v in values if v.buffer is not None}


@dataclass(frozen=True, slots=True)
class _Store:
    """What is stored in one iteration of some loops."""

    box: Box
    loops: tuple[Loop, ...]
    facts: Facts


@dataclass(slots=True)
class _Scan:
    """What a part of a body stores into an array; ``made`` are numbers it makes."""

    buffer: Buffer
    made: set[Value]
    stores: list[_Store] = field(default_factory=list)
    views: set[Value] = field(default_factory=set)

    def block(
        self,
        equations: Sequence[Equation],
        facts: Facts,
        there: list[Box],
        loops: tuple[Loop, ...],
    ) -> list[Box] | None:
        """Return what equations store, None if they read what is not there."""
        found: list[Box] = []
        for eq in equations:
            if self.buffer not in _touched(eq) or eq.op == "dim":
                continue
            if eq.regions:
                more = self._loop(eq, facts, [*there, *found], loops)
            else:
                more = self._plain(eq, facts, [*there, *found], loops)
            if more is None:
                return None
            found += more
        return found

    def _plain(
        self, eq: Equation, facts: Facts, there: list[Box], loops: tuple[Loop, ...]
    ) -> list[Box] | None:
        """Return what an equation without regions stores."""
        used = [k for k, v in enumerate(eq.operands) if v.buffer is self.buffer]
        if eq.op in ("index", "store") and used[:1] == [0]:
            box = None if eq.operands[0] in self.views else self._box(eq, facts)
            others = used[1:]
            if box is None or any(eq.operands[k] not in self.views for k in others):
                return None
            if eq.op == "store":
                self.stores.append(_Store(box, loops, facts))
                return [box]
            self.views.add(eq.result)
            return [] if _covers(there, box, facts) else None
        pure = eq.op in OPS and OPS[eq.op].pure and eq.op not in WRITES
        fits = (pure and not is_view(eq)) or eq.op == "store"
        views = all(eq.operands[k] in self.views for k in used)
        return [] if fits and views else None

    def _loop(
        self, eq: Equation, facts: Facts, there: list[Box], loops: tuple[Loop, ...]
    ) -> list[Box] | None:
        """Return what a loop stores in all."""
        loop = Loop.of(eq) if eq.op == "for" else None
        if loop is None or any(map(eq.attrs.get, UNFIT)):
            return None
        if loop.bounds[2].as_linear.value not in (1, -1):
            return None
        inside, around = (*facts, *counter_facts(eq)), (*loops, loop)
        body = loop.body.equations
        stored = self.stored(body, inside)
        if stored is None:
            return None
        before = [b for box in stored if (b := _so_far(box, loop)) is not None]
        if self.block(body, inside, [*there, *before], around) is None:
            return None
        return [b for box in stored if (b := _in_all(box, loop)) is not None]

    def stored(self, equations: Sequence[Equation], facts: Facts) -> list[Box] | None:
        """Return what equations store, whatever they read."""
        found: list[Box] = []
        for eq in equations:
            if eq.op == "store" and eq.operands[0].buffer is self.buffer:
                box = self._box(eq, facts)
                if box is None:
                    return None
                found.append(box)
            elif eq.regions and self.buffer in _touched(eq):
                if eq.op != "for":
                    return None
                loop = Loop.of(eq)
                inside = (*facts, *counter_facts(eq))
                more = self.stored(loop.body.equations, inside)
                if more is None:
                    return None
                found += (b for x in more if (b := _in_all(x, loop)) is not None)
        return found

    def _box(self, eq: Equation, facts: Facts) -> Box | None:
        """Return which elements an access is of, None if that is not clear."""
        path, base = eq.attrs["path"], eq.operands[0].type
        if len(path) != 1 or not isinstance(path[0], Index):
            return None
        slots = eq.operands[2 if eq.op in WRITES else 1 :]
        if len(path[0].items) != base.rank:
            return None
        pairs = zip(path[0].items, base.shape, strict=True)
        found = [_range(item, length, slots, facts) for item, length in pairs]
        box = tuple(ends for ends in found if ends is not None)
        atoms = {a for ends in box for form in ends for a in form.every_atom}
        return box if len(box) == base.rank and atoms.isdisjoint(self.made) else None

    def stores_once(self) -> bool:
        """Whether no element is stored twice."""
        for k, store in enumerate(self.stores):
            if not _is_its_own(store):
                return False
            if any(_may_overlap(store, other) for other in self.stores[:k]):
                return False
        return True


def _range(
    item: Item, length: Linear, slots: Sequence[Value], facts: Facts
) -> tuple[Linear, Linear] | None:
    """Return the first and the last index on an axis, exactly."""
    if isinstance(item, At):
        form = slots[item.slot].as_linear
        last = (length - form).value == 1  # an error where there is none
        return (form, form) if last or implied(facts, form) else None
    if not isinstance(item, Span) or item.step is not None:
        return None
    lower = Linear.number(0) if item.lower is None else slots[item.lower].as_linear
    upper = length if item.upper is None else slots[item.upper].as_linear
    if not implied(facts, lower):
        return None
    inside = implied(facts, upper) and implied(facts, length - upper)
    # x[a:n - c] is empty for n < c, as it should be, where c <= a + 2.
    back = (length - upper).value
    near = back is not None and 0 <= back <= (lower.value or 0) + 2
    return (lower, upper - 1) if inside or near else None


# ---- boxes ----


def _covers(there: Sequence[Box], box: Box, facts: Facts) -> bool:
    """Whether all of a box is in one of some, or in what two of them make together."""
    known = list(there)
    known += (b for one in there for two in there for b in _joined(one, two))
    return any(
        all(
            implied(facts, low - ends[0]) and implied(facts, ends[1] - high)
            for (low, high), ends in zip(box, each, strict=True)
        )
        for each in known
    )


def _joined(one: Box, two: Box) -> Iterator[Box]:
    """Yield the box of two where the second begins behind the first."""
    differ = [k for k, (a, b) in enumerate(zip(one, two, strict=True)) if a != b]
    if len(differ) == 1:
        (axis,) = differ
        if (two[axis][0] - one[axis][1]).value == 1:
            yield (*one[:axis], (one[axis][0], two[axis][1]), *one[axis + 1 :])


def _so_far(box: Box, loop: Loop) -> Box | None:
    """Return what earlier iterations stored, by what this one stores."""
    return _over(box, loop, None)


def _in_all(box: Box, loop: Loop) -> Box | None:
    """Return what all iterations store, by what one stores."""
    start, stop, step = (v.as_linear for v in loop.bounds)
    return _over(box, loop, stop - step)


def _over(box: Box, loop: Loop, last: Linear | None) -> Box | None:
    """Return the box of several iterations; None if no axis goes with the counter."""
    start, step = loop.bounds[0].as_linear, loop.bounds[2].as_linear.value or 0
    axes = [k for k, ends in enumerate(box) if _slope(ends, loop)]
    counter = loop.counter
    if len(axes) != 1 or counter is None:
        return None
    (axis,) = axes
    form, slope = box[axis][0], _slope(box[axis], loop)
    if form != box[axis][1] or slope not in (1, -1):
        return None
    rises = slope * step
    first = form.substitute({counter: start})
    end = form - rises if last is None else form.substitute({counter: last})
    ends = (first, end) if rises > 0 else (end, first)
    return (*box[:axis], ends, *box[axis + 1 :])


def _slope(ends: tuple[Linear, Linear], loop: Loop) -> int:
    """Return how an axis moves with a counter, 0 if it does not."""
    counter = loop.counter
    if all(atom is not counter for form in ends for atom in form.every_atom):
        return 0
    return next((f for atom, f in ends[0].terms if atom is counter), 2)


def _is_its_own(store: _Store) -> bool:
    """Whether every iteration of every loop around stores other elements."""
    for loop in store.loops:
        others = {each.counter for each in store.loops if each is not loop}
        moved = [e for e in store.box if _slope(e, loop) in (1, -1) and e[0] == e[1]]
        if not any(others.isdisjoint(ends[0].every_atom) for ends in moved):
            return False
    return True


def _may_overlap(one: _Store, two: _Store) -> bool:
    """Whether two stores may be of one element, in any iterations of the loops."""
    again: dict[Atom, Linear] = {
        loop.counter: Linear.of(Value(Type("weak_int")))
        for loop in two.loops
        if loop.counter is not None
    }
    facts = [*one.facts, *(f.substitute(again) for f in two.facts)]
    for (low, high), ends in zip(one.box, two.box, strict=True):
        first, last = (form.substitute(again) for form in ends)
        if contradictory([*facts, last - low, high - first]):
            return False
    return True
