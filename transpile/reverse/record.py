"""To-be-recorded analysis: what the backward part reads, and how it gets it.

Each primal value that the backward part of a loop refers to is, in this order: at
hand (defined outside, its memory unchanged or rewound), recomputed from such values
by cheap operations, read back from where the program stored it, or saved (Hascoet,
Naumann and Pascual, "To be recorded analysis in reverse-mode automatic
differentiation", 2005). Arrays are never versioned: a store whose old contents are
read again is undone on the way back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..ir import WRITES, At, Buffer, Equation, Index, Region, Value, is_view
from ..loopform import Loop
from ..ops import OPS
from .needs import Needs
from .positions import AFTER, Definition, Positions
from .sections import Access, Sections
from .sizes import Sizes
from .split import NotUndone

# What one saved element costs by rank, in saved scalars, when sets are compared.
COST = (1, 16, 256, 4096, 65536)


@dataclass(frozen=True, slots=True)
class Route:
    """How a value is had again: what must be saved, and which stores undone."""

    leaves: frozenset[Value] = frozenset()
    rewinds: frozenset[Equation] = frozenset()

    def __or__(self, other: Route) -> Route:
        return Route(self.leaves | other.leaves, self.rewinds | other.rewinds)


FREE = Route()


@dataclass(slots=True)
class Plan:
    """The decision: values to save, stores to undo, values read back from memory.

    ``inline`` are parts of expressions outside loops that are computed again, so that
    the forward part keeps its statement; ``named`` are those that cannot be.
    """

    saved: dict[Value, None] = field(default_factory=dict)
    rewound: dict[Equation, None] = field(default_factory=dict)
    forwarded: dict[Value, Equation] = field(default_factory=dict)
    inline: dict[Value, None] = field(default_factory=dict)
    named: dict[Value, None] = field(default_factory=dict)


class Recorder:
    """Plans how the backward equations of one body get the primal values they read.

    ``sources`` maps backward equations to the forward ones they reverse.
    """

    def __init__(
        self,
        positions: Positions,
        backward: Iterable[Equation],
        sources: Mapping[Equation, Equation],
        sizes: Sizes,
        undo: frozenset[Buffer] = frozenset(),
    ) -> None:
        self.positions = positions
        self.sections = Sections(positions)
        self.undo = undo
        self.plan = Plan()
        self.needs = Needs(positions, sources, sizes)
        self.needs.collect(tuple(backward), None)
        self.no_forwarding: set[Value] = set()

    # ---- the decision ----

    def decide(self) -> Plan:
        """Return the plan, made again until reading back and undoing agree."""
        while True:
            self.plan = Plan()
            needs, done = list(self.needs.wanted), 0
            for write in self._asked():
                self.plan.rewound[write] = None
                needs += self._slots(write)
            while done < len(needs):
                routes = [(v, self.route(v, p)) for v, p in needs[done:]]
                done = len(needs)
                for write in self._choose(routes):
                    needs += self._slots(write)
            wrong = [
                v for v, s in self.plan.forwarded.items() if s in self.plan.rewound
            ]
            if not wrong:
                return self.plan
            self.no_forwarding.update(wrong)

    def _asked(self) -> list[Equation]:
        """Return the stores that are to be undone whatever reads them."""
        return [
            write
            for buffer, writes in self.positions.writes.items()
            if buffer in self.undo
            for write in writes
        ]

    def _slots(self, write: Equation) -> list[tuple[Value, Definition]]:
        """Return what undoing a store needs: its indices."""
        here = self.positions.equations[write]
        if write.op == "call":
            split = write.attrs.get("split")
            if split is None or not split.full:
                raise NotUndone(write.attrs["primal"])
            return []
        # The store is undone with them: they are read before.
        here = replace(here, place=(*here.place, AFTER))
        return [(slot, here) for slot in write.operands[2:]]

    def _choose(self, routes: list[tuple[Value, Route]]) -> list[Equation]:
        """Add to the plan what the routes need; return the stores newly undone."""
        saved = self.plan.saved
        for value, route in routes:
            if route.leaves == {value}:
                saved[value] = None
        open_: dict[Value, Route] = {}
        for value, route in routes:
            if route.leaves - set(saved) and value not in saved:
                open_[value] = open_.get(value, FREE) | route
        union = {leaf for r in open_.values() for leaf in r.leaves if leaf not in saved}
        if _cost(union) <= _cost(open_):
            saved.update(dict.fromkeys(_ordered(union)))
        else:
            saved.update(dict.fromkeys(open_))
        new = []
        for value, route in routes:
            if value in saved:
                continue
            for write in sorted(route.rewinds, key=self._order):
                if write not in self.plan.rewound:
                    self.plan.rewound[write] = None
                    new.append(write)
        return new

    def _order(self, eq: Equation) -> tuple[int, ...]:
        return self.positions.equations[eq].place

    # ---- routes ----

    def route(self, value: Value, at: Definition) -> Route:
        """Return how a value is had again at a place of the backward part."""
        if value in self.needs.lengths.values():
            return Route(frozenset([value]))
        definition = self.positions.definitions[value]
        if value.buffer is not None:
            return self._array(value, definition, at)
        if not definition.chain:
            if self._is_fleeting(value, definition):
                return Route(frozenset([value]))
            if self.stays_inline(value, definition, at):
                self.plan.inline[value] = None
            return FREE
        if definition.eq is None:
            return FREE if is_counter(value, definition) else Route(frozenset([value]))
        return self._recompute(value, definition.eq, at)

    def _is_fleeting(self, value: Value, definition: Definition) -> bool:
        """Whether a part of an expression reads memory that has another name too.

        It must get a name at once: whoever moves the read does not see the writes.
        """
        eq = definition.eq
        if eq is None or value.name is not None or eq.op != "index":
            return False
        buffer = eq.operands[0].buffer
        return buffer is not None and self.positions.written_elsewhere(buffer)

    def stays_inline(
        self, value: Value, definition: Definition, at: Definition
    ) -> bool:
        """Whether a part of an expression is better computed again than named."""
        eq = definition.eq
        if eq is None or value.name is not None or value in self.plan.named:
            return False
        if eq.regions or self._recompute(value, eq, at) != FREE:
            self.plan.named[value] = None
            self.plan.inline.pop(value, None)
            return False
        return True

    def _array(self, value: Value, definition: Definition, at: Definition) -> Route:
        eq = definition.eq
        saved = Route(frozenset([value]))
        view = eq is not None and is_view(eq)
        if self.positions.is_lasting(value):
            place = at.place if eq is None or eq is not at.eq else (*at.place, 0)
            access = self.sections.of_value(value, at, place)
            rewinds = self._memory(value, definition, access)
            if rewinds is None:
                return saved
            route = Route(frozenset(), frozenset(rewinds))
            if view and eq is not None:
                for operand in eq.operands[1:]:
                    route |= self.route(operand, at)
            return route
        if eq is None or not definition.chain:
            return saved if definition.chain else FREE
        return self._recompute(value, eq, at)

    def _recompute(self, value: Value, eq: Equation, at: Definition) -> Route:
        saved = Route(frozenset([value]))
        if eq.op in WRITES or eq.regions or not is_cheap(eq):
            return self._read_back(value, eq, at) or saved
        if _inexact(eq, self.positions):
            return saved
        if eq.op == "dim" and self.positions.is_lasting(eq.operands[0]):
            return FREE
        known = self._read_back(value, eq, at)
        if known == FREE:
            return known
        self.plan.forwarded.pop(value, None)
        route = FREE
        base = eq.operands[0] if eq.operands else None
        if eq.op == "index" and base is not None and self.positions.is_lasting(base):
            access = self.sections.of_read(eq, at, at.place)
            rewinds = self._memory(base, self.positions.definitions[base], access)
            if rewinds is None:
                return saved
            route |= Route(frozenset(), frozenset(rewinds))
            operands = eq.operands[1:]
        else:
            operands = eq.operands
        for operand in operands:
            route |= self.route(operand, at)
        return route

    def _memory(
        self, value: Value, born: Definition, access: Access
    ) -> list[Equation] | None:
        """Return the stores to undo so that an access finds the old contents.

        None if the memory is overwritten before the place of the access.
        """
        assert value.buffer is not None
        if self.positions.written_elsewhere(value.buffer):
            return None
        rewinds = []
        for write in self.positions.writes.get(value.buffer, ()):
            touched = self.sections.of_write(write)
            if write.op == "call" and access.place == touched.place:
                return None  # the call undoes its stores after it took its arguments
            if self.sections.meet_between(born, access, touched):
                return None
            if self.sections.meet_later(access, touched):
                if write not in self.needs.markers:
                    return None
                rewinds.append(write)
        return rewinds

    def _read_back(self, value: Value, eq: Equation, at: Definition) -> Route | None:
        """Return the route by which a value is read from where it was stored."""
        if value in self.no_forwarding or value.buffer is not None:
            return None
        here = self.positions.equations[eq]
        for store in self.positions.stored.get(value, ()):
            if not self._keeps(store, value, here, at):
                continue
            place = self.positions.equations[store]
            path = store.attrs["path"]
            slots = store.operands[2:]
            ranges = self.sections.ranges(path[0], store.operands[0].type, slots, store)
            access = Access(ranges, place, (*place.place, 0))
            rewinds = self._memory(store.result, place, access)
            if rewinds is None or store in rewinds:
                continue
            route = Route(frozenset(), frozenset(rewinds))
            for slot in slots:
                route |= self.route(slot, at)
            if not route.leaves:
                self.plan.forwarded[value] = store
                return route
        return None

    def _keeps(
        self, store: Equation, value: Value, here: Definition, at: Definition
    ) -> bool:
        """Whether a store puts the value itself into one element of lasting memory."""
        place = self.positions.equations[store]
        path = store.attrs["path"]
        base = store.operands[0]
        if store.op != "store" or place.chain != here.chain or len(path) != 1:
            return False
        if base.type.dtype != value.type.dtype or not self.positions.is_lasting(base):
            return False
        if not isinstance(path[0], Index):
            return False
        if not all(isinstance(item, At) for item in path[0].items):
            return False
        assert base.buffer is not None
        between = (
            self.positions.equations[w].place
            for w in self.positions.writes[base.buffer]
            if w is not store
        )
        return not any(at.place <= p < place.place for p in between)


def is_cheap(eq: Equation) -> bool:
    """Whether computing a value again costs about as much as loading it."""
    if eq.op == "power":
        exponent = eq.operands[1].number
        if exponent is None and eq.operands[1].linear is not None:
            exponent = eq.operands[1].linear.value
        return exponent in (2, 3, -1)
    return OPS[eq.op].cheap


def is_counter(value: Value, definition: Definition) -> bool:
    """Whether a region's parameter counts its loop's iterations, both ways."""
    loop = Loop.of(definition.chain[-1][0])
    if value is loop.counter:
        return True
    return (
        loop.counter is None and "trips" in loop.eq.attrs and value is loop.carries[-1]
    )


def _inexact(eq: Equation, positions: Positions) -> bool:
    """Whether recomputing might decide otherwise: comparisons of computed floats."""
    if eq.op == "cast" and eq.result.type.is_integer:
        return eq.operands[0].type.is_inexact
    if eq.result.type.dtype != "bool":
        return False
    return any(
        v.type.is_inexact and not _is_read(v, positions.definitions.get(v))
        for v in eq.operands
    )


def _is_read(value: Value, definition: Definition | None) -> bool:
    if definition is None or definition.eq is None or not definition.chain:
        return True
    return definition.eq.op in ("index", "constant")


def _cost(values: Iterable[Value]) -> int:
    return sum(COST[min(v.type.rank, len(COST) - 1)] for v in values)


def _ordered(values: Iterable[Value]) -> list[Value]:
    return sorted(values, key=lambda v: v.serial)


__all__ = ["Plan", "Recorder", "Region", "is_counter"]
