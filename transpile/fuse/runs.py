"""The body of a loop over samples as runs of lanes.

A run is what all lanes of a block do one after another in one loop. Between runs stands
what is done once for all of them: loops and branches that all lanes take alike, sizes,
checks. A number that is read in another run than that which computes it has a home, an
array with an element for every lane.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from ..graph.ir import Buffer, Equation, Region, Type, Value, captured, walk
from ..graph.linear import Linear
from ..graph.loopform import Loop
from .lanes import MEMORY, Lanes


@dataclass(slots=True)
class Run:
    """Equations of all lanes, one after another in a single loop over the lanes.

    Then numbers move to where they are kept, and are added to sums.
    """

    equations: list[Equation] = field(default_factory=list)
    moves: list[tuple[Value, Value]] = field(default_factory=list)
    adds: list[tuple[Value, Value]] = field(default_factory=list)


Item = Equation | Run | tuple[Equation, tuple[list["Item"], ...]]


class Plan:
    """How the body of one loop is divided.

    ``homes`` are the arrays of numbers that are kept between runs, ``totals`` the sums
    of the loop by their place among its carries, ``versions`` the arrays to be
    threaded, with what they are versions of.
    """

    def __init__(self, lanes: Lanes, block: int) -> None:
        self.lanes = lanes
        self.loop = lanes.loop
        self.block = block
        body = self.loop.eq.regions[0]
        self.names = {v.name for e in walk(body) for v in e.results}
        self.homes: dict[Value, Value] = {}
        self.versions: dict[Value, Hashable] = {}
        self.totals: dict[int, Value] = {}
        self.first = Value(Type("weak_int"), self.name("first"))
        self.size = Value(Type("weak_int"), self.name("size"))
        self.items = self._items(self.loop.body, self._ends())
        self._find_homes()

    def name(self, name: str) -> str:
        """Return a name that nothing in the loop has."""
        while name in self.names:
            name += "_"
        return name

    def _ends(self) -> list[tuple[Value, Value]]:
        """Return the sums that a block adds up, each with what it adds."""
        ends = []
        rows = zip(self.loop.carries, self.loop.yields, strict=True)
        for k, (carry, value) in enumerate(rows):
            if carry.buffer is None:
                total = Value(carry.type, carry.name)
                self.totals[k] = total
                ends.append((total, value))
        return ends

    def _items(self, region: Region, ends: Sequence[tuple[Value, Value]]) -> list[Item]:
        """Return a body as runs of lanes and what is the same for all of them."""
        items: list[Item] = []
        run, late = Run(), Run()

        def close() -> None:
            nonlocal run
            if run.equations or run.moves or run.adds:
                items.append(run)
            run = Run()

        for eq in region.equations:
            if eq.op in ("for", "if") and self._is_common(eq):
                if eq.op == "for":
                    inner = Loop.of(eq)
                    run.moves += self._moves(inner.carries, inner.inits)
                close()
                items.append(self._control(eq))
            elif eq.op in ("for", "if"):
                run.equations.append(eq)
            elif self.is_scatter(eq):
                late.equations.append(eq)
            elif self.lanes.varies(eq) and eq.op not in MEMORY:
                run.equations.append(eq)
            else:
                items.append(eq)
        run.moves += [e for e in ends if e[0] not in self.totals.values()]
        run.adds += [e for e in ends if e[0] in self.totals.values()]
        close()
        run = late
        close()
        return items

    def _is_common(self, eq: Equation) -> bool:
        """Whether all lanes take the same way through a loop or a branch."""
        ways = eq.operands[:3] if eq.op == "for" else eq.operands[:1]
        return not any(v in self.lanes.varying for v in ways)

    def is_scatter(self, eq: Equation) -> bool:
        """Whether lanes may add to the same element of a sum."""
        if eq.op != "accumulate" or eq.operands[0].buffer not in self.lanes.summed:
            return False
        return any(v in self.lanes.varying for v in eq.operands[2:])

    def _moves(
        self, targets: Iterable[Value], sources: Iterable[Value]
    ) -> list[tuple[Value, Value]]:
        """Return the numbers that vary and go from one place to another."""
        pairs = zip(targets, sources, strict=True)
        return [(t, s) for t, s in pairs if t in self.lanes.varying and t is not s]

    def _control(self, eq: Equation) -> Item:
        if eq.op == "for":
            inner = Loop.of(eq)
            ends = self._moves(inner.carries, inner.yields)
            return eq, (self._items(inner.body, ends),)
        bodies = []
        for region in eq.regions:
            ends = self._moves(eq.results, region.results)
            bodies.append(self._items(region, ends))
        return eq, tuple(bodies)

    # ---- homes of numbers that are read in more than one run ----

    def _find_homes(self) -> None:
        """Give memory to what is not read only in the run that computes it."""
        made: dict[Value, int] = {}
        read: list[tuple[Value, int]] = []
        self._note(self.items, made, read)
        for value, run in read:
            if value in self.lanes.varying and made.get(value) != run:
                self._home(value)
        for value in self.loop.body.params:
            self.homes.pop(value, None)  # known to every lane

    def _note(
        self,
        items: Sequence[Item],
        made: dict[Value, int],
        read: list[tuple[Value, int]],
    ) -> None:
        for item in items:
            if isinstance(item, Run):
                inside: set[Value] = set()
                for eq in item.equations:
                    read += [(v, id(item)) for v in captured(eq) if v not in inside]
                    inside.update(eq.results)
                    made.update((r, id(item)) for r in eq.results)
                read += [(s, id(item)) for _, s in (*item.moves, *item.adds)]
                for target, _ in item.moves:
                    self._home(target)
            elif isinstance(item, tuple):
                eq, bodies = item
                if eq.op == "for":
                    inner = Loop.of(eq)
                    for carry, final in zip(inner.carries, inner.finals, strict=True):
                        if carry in self.lanes.varying:
                            self.homes[final] = self._home(carry)
                for body in bodies:
                    self._note(body, made, read)

    def _home(self, value: Value) -> Value:
        if value not in self.homes:
            dtype = {"weak_float": "float64", "weak_int": "int64"}.get(
                value.type.dtype, value.type.dtype
            )
            name = f"{value.name}_lanes" if value.name else None
            hint = value.hint or "lanes"
            kind = Type(dtype, (Linear.number(self.block),))
            home = Value(kind, name, Buffer(name or ""), hint=hint)
            self.homes[value] = home
            assert home.buffer is not None
            self.versions[home] = home.buffer
        return self.homes[value]

    def wide(self, array: Value) -> Value:
        """Return an array of one sample as that of all lanes."""
        shape = (*array.type.shape, Linear.number(self.block))
        wide = replace(array, type=replace(array.type, shape=shape))
        wide = replace(wide, serial=Value(array.type).serial)
        assert array.buffer is not None
        self.versions[wide] = array.buffer
        return wide
