"""How a primal value is had again at a place of the backward part.

It is at hand (defined outside, its memory unchanged or rewound), computed again by a
cheap operation, read back from where the program stored it; or it must be saved.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from ..graph.ir import WRITES, At, Equation, Index, Value, is_view
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.ops import OPS
from .needs import Needs
from .positions import Definition, Positions
from .sections import Access, Sections

# Exponents of which the power is a product of few factors and a root.
SHORT = frozenset({-2.5, -2, -1.5, -0.5, 0.5, 1.5, 2.5})


@dataclass(frozen=True, slots=True)
class Step:
    """What a value is computed from again, and the stores to undo before."""

    operands: tuple[Value, ...] = ()
    rewinds: tuple[Equation, ...] = ()


AT_HAND = Step()


@dataclass(frozen=True, slots=True)
class Route:
    """All steps to a value: what must be saved, and which stores undone."""

    leaves: frozenset[Value] = frozenset()
    rewinds: frozenset[Equation] = frozenset()

    def __or__(self, other: Route) -> Route:
        return Route(self.leaves | other.leaves, self.rewinds | other.rewinds)


FREE = Route()


@dataclass(slots=True)
class Plan:
    """The decision: values to save, stores to undo, values read back from memory.

    ``original`` says of what was read of a copy that it still is in what was copied.
    ``inline`` are parts of expressions outside loops that are computed again, so that
    the forward part keeps its statement; ``named`` are those that cannot be.
    ``lengths`` are those that follow from sizes. With ``again`` nothing that the
    forward part computes is at hand unless it is saved:
    the backward part is a function of its own.
    """

    saved: dict[Value, None] = field(default_factory=dict)
    rewound: dict[Equation, None] = field(default_factory=dict)
    forwarded: dict[Value, Equation] = field(default_factory=dict)
    original: dict[Value, Value] = field(default_factory=dict)
    inline: dict[Value, None] = field(default_factory=dict)
    named: dict[Value, None] = field(default_factory=dict)
    lengths: dict[Value, Linear] = field(default_factory=dict)
    again: bool = False


class Steps:
    """The steps to primal values; what they decide on the way goes into ``plan``."""

    def __init__(
        self, positions: Positions, needs: Needs, plan: Plan, compiled: bool = False
    ) -> None:
        self.compiled = compiled
        self.positions = positions
        self.sections = Sections(positions)
        self.needs = needs
        self.plan = plan
        self.no_forwarding: set[Value] = set()
        self.known: dict[tuple[Value, Equation | None, object], Step | None] = {}

    def restart(self, plan: Plan, no_forwarding: Iterable[Value]) -> None:
        """Begin a new plan; some values are not read back from memory in it."""
        self.plan = plan
        self.no_forwarding.update(no_forwarding)
        self.known.clear()

    def route(
        self, value: Value, at: Definition, saved: Container[Value] = ()
    ) -> Route:
        """Return all steps to a value from what is at hand or saved."""
        if value in saved:
            return FREE
        step = self.step(value, at)
        if step is None:
            return Route(frozenset([value]))
        found = Route(frozenset(), frozenset(step.rewinds))
        for operand in step.operands:
            found |= self.route(operand, at, saved)
        return found

    def step(self, value: Value, at: Definition) -> Step | None:
        """Return the last step to a value, None if it must be saved."""
        key = (value, at.eq, at.place)
        if key not in self.known:
            self.known[key] = self._step(value, at)
        return self.known[key]

    def _step(self, value: Value, at: Definition) -> Step | None:
        if value in self.needs.lengths.values():
            return None
        definition = self.positions.definitions[value]
        if value.buffer is not None:
            return self._array(value, definition, at)
        if not definition.chain:
            if self._is_fleeting(value, definition):
                return None
            if self.plan.again:
                return self._apart(value, definition, at)
            if self.stays_inline(value, definition, at):
                self.plan.inline[value] = None
            return AT_HAND
        if definition.eq is None:
            return AT_HAND if is_counter(value, definition) else None
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
        step = None if eq.regions else self._recompute(value, eq, at)
        if step is None or self._all_of(step, at) != FREE:
            self.plan.named[value] = None
            self.plan.inline.pop(value, None)
            return False
        return True

    def _array(
        self, value: Value, definition: Definition, at: Definition
    ) -> Step | None:
        eq = definition.eq
        if self.plan.again and self._is_apart(value, definition):
            return self._apart(value, definition, at)
        if self.positions.is_lasting(value):
            place = at.place if eq is None or eq is not at.eq else (*at.place, 0)
            access = self.sections.of_value(value, at, place)
            rewinds = self._memory(value, definition, access)
            if rewinds != []:
                copied = self._copied(value, definition)
                if copied is not None:
                    return copied
            if rewinds is None:
                return None
            view = eq is not None and is_view(eq)
            return Step(eq.operands[1:] if view and eq else (), tuple(rewinds))
        if eq is None or not definition.chain:
            return None if definition.chain else AT_HAND
        return self._recompute(value, eq, at)

    def _is_apart(self, value: Value, definition: Definition) -> bool:
        """Whether an array is given or made once, outside loops, and never written."""
        if definition.chain or value.buffer in self.positions.writes:
            return False
        return value.buffer is None or not self.positions.written_elsewhere(
            value.buffer
        )

    def _is_at_hand(self, value: Value) -> bool:
        """Whether memory outlives the loops, and reaches the backward part."""
        if not self.positions.is_lasting(value):
            return False
        definition = self.positions.definitions[value]
        return not (self.plan.again and self._is_apart(value, definition))

    def _apart(
        self, value: Value, definition: Definition, at: Definition
    ) -> Step | None:
        """Return the step to what the backward part, a function, is not given.

        To ask for an argument costs the caller as much as to keep a result.
        """
        eq = definition.eq
        return None if eq is None else self._recompute(value, eq, at)

    def _recompute(self, value: Value, eq: Equation, at: Definition) -> Step | None:
        cheap = is_cheap(eq) or (self.compiled and is_short(eq))
        if eq.op in WRITES or eq.regions or not cheap:
            return self._read_back(value, eq, at)
        if _inexact(eq, self.positions):
            return None
        if eq.op == "dim":
            if self._is_at_hand(eq.operands[0]):
                return AT_HAND
            form = eq.operands[0].type.shape[eq.attrs["axis"]]
            if not self.plan.again and self.needs.sizes.knows_all(form):
                self.plan.lengths[value] = form
                return Step(tuple(a for a in form.every_atom if isinstance(a, Value)))
        known = self._read_back(value, eq, at)
        if known is not None and self._all_of(known, at) == FREE:
            return known
        self.plan.forwarded.pop(value, None)
        base = eq.operands[0] if eq.operands else None
        if eq.op == "index" and base is not None and self._is_at_hand(base):
            access = self.sections.of_read(eq, at, at.place)
            rewinds = self._memory(base, self.positions.definitions[base], access)
            if rewinds != []:
                copied = self._copied(value, self.positions.definitions[value])
                if copied is not None:
                    return copied
            return None if rewinds is None else Step(eq.operands[1:], tuple(rewinds))
        return Step(eq.operands)

    def _copied(self, value: Value, definition: Definition) -> Step | None:
        """Return the step by which part of a copy is read from what was copied.

        ``C = A.copy()`` and then a read of ``C`` where nothing can have been written
        to it before: it is in ``A``, to which nothing is written at all.
        """
        eq = definition.eq
        if eq is None or eq.op not in ("copy", "index"):
            return None
        copy = eq if eq.op == "copy" else self._copy(eq.operands[0])
        if copy is None or not self._is_given(copy.operands[0]):
            return None
        if eq is not copy:
            access = self.sections.of_read(eq, definition, definition.place)
            assert copy.result.buffer is not None
            for write in self.positions.writes.get(copy.result.buffer, ()):
                if self.sections.meet_later(self.sections.of_write(write), access):
                    return None
        self.plan.original[value] = copy.operands[0]
        return Step((copy.operands[0], *eq.operands[1:]))

    def _copy(self, base: Value) -> Equation | None:
        """Return the equation that made an array's memory, if it is a copy."""
        definition = self.positions.definitions.get(base)
        if definition is None or base.buffer is None:
            return None
        if definition.eq is not None and is_view(definition.eq):
            return None
        if self.positions.written_elsewhere(base.buffer):
            return None
        born = self.positions.born[base.buffer]
        if born.chain or born.eq is None or born.eq.op != "copy":
            return None
        return born.eq

    def _is_given(self, array: Value) -> bool:
        """Whether an array of the function's parameters is never written."""
        definition = self.positions.definitions[array]
        if definition.eq is not None or definition.chain:
            return False
        return self._is_apart(array, definition)

    def _all_of(self, step: Step, at: Definition) -> Route:
        found = Route(frozenset(), frozenset(step.rewinds))
        for operand in step.operands:
            found |= self.route(operand, at)
        return found

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

    def _read_back(self, value: Value, eq: Equation, at: Definition) -> Step | None:
        """Return the step by which a value is read from where it was stored."""
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
            step = Step(tuple(slots), tuple(rewinds))
            if not self._all_of(step, at).leaves:
                self.plan.forwarded[value] = store
                return step
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
    return _exponent(eq) in (2, 3, -1) if eq.op == "power" else OPS[eq.op].cheap


def is_short(eq: Equation) -> bool:
    """Whether that is so of an array in compiled code: of roots and short powers.

    There a power such as ``x**-1.5`` is ``1 / x / sqrt(x)``, in vector code.
    """
    if not eq.results[0].type.rank:
        return False
    return eq.op == "sqrt" or eq.op == "power" and _exponent(eq) in SHORT


def _exponent(eq: Equation) -> bool | int | float | None:
    exponent = eq.operands[1]
    return exponent.as_linear.value if exponent.number is None else exponent.number


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
