"""The backward part made whole: every primal value it reads is defined where it is.

Before, a backward loop refers to ``h`` of the forward loop; after, it begins with
``h = h_saved[t]``. Marks of stores become stores of the old contents, or go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..graph.build import Builder
from ..graph.ir import Equation, Index, Region, Value, captured, is_view
from ..graph.linear import Linear
from ..graph.substitute import substitute
from .layout import proved
from .memory import keep_proof
from .positions import Definition, Positions
from .ragged import load_piece
from .saves import Saver, Slot
from .steps import Plan, is_cheap, is_counter

Names = dict[Value, Value]


class Replayer:
    """Rebuilds backward regions according to a plan.

    ``slots`` say where saved values are, ``old`` where the old contents of stores
    to be undone are.
    """

    def __init__(
        self,
        positions: Positions,
        plan: Plan,
        saver: Saver,
        slots: dict[Value, Slot],
        old: dict[Equation, Value],
        mirror: dict[Region, Region],
    ) -> None:
        self.positions = positions
        self.plan = plan
        self.saver = saver
        self.slots = slots
        self.old = old
        self.mirror = mirror
        self.loop_of = {eq.regions[-1]: eq for eq in positions.equations if eq.regions}
        self.versions: dict[Value, object] = {}
        self.made: dict[Value, None] = {}
        self.measured: dict[Equation, Value] = {}
        self.computed: dict[Equation, Linear] = {}
        for eq in positions.equations:
            for value in (*eq.results, *eq.operands):
                self._track(value)

    def _track(self, value: Value) -> None:
        definition = self.positions.definitions.get(value)
        if definition is None or not self._lasts(value):
            return
        if definition.eq is None or not is_view(definition.eq):
            self.versions[value] = value.buffer

    def region(self, region: Region, known: Names) -> Region:
        """Return a backward region with the values it reads defined inside."""
        out: list[Equation] = []
        known = dict(known)
        for param in region.params:
            known[param] = param
        forward = self.mirror.get(region)
        loop = self.loop_of.get(forward) if forward is not None else None
        for eq in region.equations:
            if eq.op == "rewind":
                self._rewind(eq, known, out)
                continue
            if eq in self.measured or eq in self.computed:
                known[eq.result] = self._length(eq, known, out)
                continue
            if eq.op in ("for", "while"):
                self._before_loop(eq, forward, known, out)
            operands = tuple(self.provide(v, eq, known, out) for v in eq.operands)
            regions = tuple(self.region(r, known) for r in eq.regions)
            for result in eq.results:
                known[result] = result
                if eq.op == "call" and result.buffer in self.positions.writes:
                    self.versions[result] = result.buffer
            out.append(replace(eq, operands=operands, regions=regions))
        like = region.equations[-1] if region.equations else None
        results = tuple(
            self.provide(v, like, known, out) if like else known.get(v, v)
            for v in region.results
        )
        if loop is not None:
            last = out[-1] if out else None
            out += self.saver.running.decrement(loop, last)
        return replace(region, equations=tuple(out), results=results)

    def _length(self, eq: Equation, known: Names, out: list[Equation]) -> Value:
        """Return the length of an array that is not at hand."""
        if eq in self.measured:
            return self.provide(self.measured[eq], eq, known, out)
        return self._sized(self.computed[eq], eq, known, out)

    def _sized(
        self, form: Linear, like: Equation, known: Names, out: list[Equation]
    ) -> Value:
        """Return a length that follows from sizes."""
        builder = _builder(like)
        length = self.saver.sizes.value(builder, form)
        assert length is not None, f"no way to compute {form}"
        for made in builder.equations:
            ready = tuple(self.provide(v, like, known, out) for v in made.operands)
            out.append(replace(made, operands=ready))
            known.update((r, r) for r in made.results)
        return known.get(length) or self.provide(length, like, known, out)

    def _before_loop(
        self, eq: Equation, forward: Region | None, known: Names, out: list[Equation]
    ) -> None:
        """Compute arrays of this iteration again before a loop, not in each of its own.

        Only what is computed from memory that nothing writes: the loop undoes stores.
        """
        for value in self._behind(captured(eq)):
            chain = self.positions.definitions[value].chain
            here = chain and chain[-1][1] is forward
            if here and value.type.rank and value not in known:
                if self._is_steady(value, known):
                    self.provide(value, eq, known, out)

    def _behind(self, values: Iterable[Value]) -> Iterator[Value]:
        """Yield the primal values that some are computed from again, and themselves."""
        ahead, seen = list(dict.fromkeys(values)), set[Value]()
        while ahead:
            value = ahead.pop()
            definition = self.positions.definitions.get(value)
            if definition is None or value in seen:
                continue
            seen.add(value)
            yield value
            eq = definition.eq
            if definition.chain and value not in self.slots and eq and not eq.regions:
                ahead += reversed(eq.operands)

    def _is_steady(self, value: Value, known: Names) -> bool:
        """Whether a value is computed from counters and from what nothing writes."""
        if value in known and not value.type.rank:
            return True
        definition = self.positions.definitions.get(value)
        buffer = value.buffer
        if definition is None or value in self.slots or value in self.plan.forwarded:
            return False
        if buffer is not None and self._is_written(value):
            return False
        if not definition.chain:
            return self._at_hand(value, definition)
        eq = definition.eq
        if eq is None or eq.regions:
            return eq is None and is_counter(value, definition)
        return is_cheap(eq) and all(self._is_steady(v, known) for v in eq.operands)

    # ---- one value ----

    def provide(
        self, value: Value, like: Equation, known: Names, out: list[Equation]
    ) -> Value:
        """Return a value at hand that equals a primal value; define it if need be."""
        if value in known:
            return known[value]
        definition = self.positions.definitions.get(value)
        if self._is_copy(value, definition):
            return self.provide(self.plan.original[value], like, known, out)
        if definition is None or value in self.versions:
            if value not in self.slots:
                return value
        assert definition is not None
        if value in self.slots:
            made = self._load(value, self.slots[value], like, known, out)
        elif self._at_hand(value, definition):
            return value
        elif value in self.plan.lengths:
            return self._sized(self.plan.lengths[value], like, known, out)
        else:
            made = self._compute(value, definition, like, known, out)
            if self._stale(made):
                return made
        known[value] = made
        return made

    def _is_copy(self, value: Value, definition: Definition | None) -> bool:
        """Whether a value is all of a copy, read from what was copied."""
        if value not in self.plan.original or definition is None:
            return False
        return definition.eq is not None and definition.eq.op == "copy"

    def _at_hand(self, value: Value, definition: Definition) -> bool:
        if definition.eq is None and definition.chain:
            return is_counter(value, definition)
        if definition.chain or self._stale(value):
            return False
        if self.plan.again and definition.eq is not None:
            return self._is_written(value)
        return value not in self.plan.inline

    def _is_written(self, value: Value) -> bool:
        """Whether a value is in memory that is handed over whole."""
        return value.buffer is not None and (
            value.buffer in self.positions.writes
            or self.positions.written_elsewhere(value.buffer)
        )

    def _stale(self, value: Value) -> bool:
        """Whether a view must be made anew at every use: its memory is written."""
        return self._lasts(value)

    def _lasts(self, value: Value) -> bool:
        """Whether a value is in memory that is written and outlives all loops."""
        buffer = value.buffer
        if buffer is None or buffer not in self.positions.writes:
            return False
        return not self.positions.born[buffer].chain

    def _load(
        self,
        value: Value,
        slot: Slot,
        like: Equation,
        known: Names,
        out: list[Equation],
    ) -> Value:
        assert slot.array is not None
        builder = _builder(like)
        if slot.piece is not None:
            load_piece(self.saver, builder, slot.array, slot.piece, value)
            eq = builder.equations.pop()
        elif slot.loops == () and slot.position is None and slot.rows is None:
            return slot.array
        else:
            index, operands = self.saver.place(builder, slot, value)
            builder.emit("index", slot.array, *operands, path=(index,))
            eq = proved(builder.equations.pop(), value.type.shape)
        loaded = value
        if value.buffer is not None:
            # It lies in the array of saved values now, not in its own memory.
            loaded = replace(value, buffer=slot.array.buffer)
            loaded = replace(loaded, serial=Value(value.type).serial)
        for made in (*builder.equations, replace(eq, results=(loaded,))):
            ready = tuple(self.provide(v, like, known, out) for v in made.operands)
            out.append(replace(made, operands=ready))
            known.update((r, r) for r in made.results)
        self.made[loaded] = None
        return loaded

    def _compute(
        self,
        value: Value,
        definition: Definition,
        like: Equation,
        known: Names,
        out: list[Equation],
    ) -> Value:
        """Emit a primal equation again, or the read of what it stored."""
        store = self.plan.forwarded.get(value)
        eq = definition.eq
        assert eq is not None, f"no way to have {value} again"
        if store is not None:
            slots = store.operands[2:]
            eq = replace(store, op="index", operands=(store.result, *slots))
        if eq.op == "index":
            eq = keep_proof(eq, eq)
        if value in self.plan.original:
            eq = replace(eq, operands=(self.plan.original[value], *eq.operands[1:]))
        operands = tuple(self.provide(v, like, known, out) for v in eq.operands)
        made = value
        self.made[value] = None
        if not definition.chain or self._stale(value):
            # The same scope may not define a value twice.
            made = replace(value, serial=Value(value.type).serial)
        if value.buffer is not None and is_view(eq):
            made = replace(made, buffer=operands[0].buffer)
            made = replace(made, serial=Value(value.type).serial)
        out.append(
            replace(
                eq,
                operands=operands,
                results=(made,),
                origin=like.origin,
                backward=True,
                comment=None,
            )
        )
        return made

    # ---- stores undone ----

    def _rewind(self, marker: Equation, known: Names, out: list[Equation]) -> None:
        write: Equation = marker.attrs["forward"]
        if write not in self.plan.rewound:
            return
        old = self.provide(self.old[write], marker, known, out)
        slots = [self.provide(v, marker, known, out) for v in write.operands[2:]]
        builder = _builder(marker)
        base = write.result
        after = builder.store(base, old, write.attrs["path"], *slots)
        self.versions[after] = base.buffer
        eq = builder.equations[-1]
        out.append(keep_proof(eq, write))


def fold_names(region: Region, made: Iterable[Value]) -> Region:
    """Take the names from values that were made again for a single use.

    Before ``h = h_saved[t]; g = 2 * h``; after ``g = 2 * h_saved[t]``.
    """
    uses = Counter(_uses(region))
    alone = {
        v: replace(v, name=None, hint=v.name, serial=Value(v.type).serial)
        for v in made
        if v.name is not None and uses[v] == 1
    }
    return substitute(region, alone)


def _uses(region: Region) -> Iterator[Value]:
    for eq in region.equations:
        yield from eq.operands
        for inner in eq.regions:
            yield from _uses(inner)
    yield from region.results


def _builder(like: Equation) -> Builder:
    return Builder(like.origin, backward=True)


__all__ = ["Index", "Replayer"]
