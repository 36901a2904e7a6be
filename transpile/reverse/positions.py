"""Where values are defined: the enclosing control equations and the place in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..graph.buffers import handed_on, written
from ..graph.ir import WRITES, Buffer, Equation, Region, Value, is_view

Place = tuple[int, ...]

# The results of a control equation come after all that is inside it.
AFTER = 1 << 30


@dataclass(frozen=True, slots=True)
class Definition:
    """How a value comes about.

    ``eq`` defines it, or is None for a parameter of a region. ``chain`` are the
    enclosing control equations, outermost first, each with the region taken.
    ``place`` orders definitions as the text does.
    """

    eq: Equation | None
    chain: tuple[tuple[Equation, Region], ...]
    place: Place

    @property
    def loops(self) -> tuple[Equation, ...]:
        """The enclosing loops, outermost first."""
        return tuple(eq for eq, _ in self.chain if eq.op in ("for", "while"))


@dataclass(slots=True)
class Positions:
    """All definitions of a body, and all writes to memory by buffer."""

    body: Region
    definitions: dict[Value, Definition] = field(default_factory=dict)
    equations: dict[Equation, Definition] = field(default_factory=dict)
    writes: dict[Buffer, list[Equation]] = field(default_factory=dict)
    stored: dict[Value, list[Equation]] = field(default_factory=dict)
    born: dict[Buffer, Definition] = field(default_factory=dict)
    after: dict[Buffer, Value] = field(default_factory=dict)
    merged: dict[Buffer, set[Buffer]] = field(default_factory=dict)

    @staticmethod
    def of(body: Region) -> Positions:
        """Walk a function's body."""
        found = Positions(body)
        found._region(body, (), ())
        return found

    def _region(
        self, region: Region, chain: tuple[tuple[Equation, Region], ...], at: Place
    ) -> None:
        for param in region.params:
            self._define(param, Definition(None, chain, (*at, -1)))
        for k, eq in enumerate(region.equations):
            here = Definition(eq, chain, (*at, k))
            self.equations[eq] = here
            for r, inner in enumerate(eq.regions):
                self._region(inner, (*chain, (eq, inner)), (*at, k, r))
            done = Definition(eq, chain, (*at, k, AFTER)) if eq.regions else here
            for result in eq.results:
                self._define(result, done)
                if not chain and result.buffer is not None and not is_view(eq):
                    self.after[result.buffer] = result
            self._note_writes(eq)
            for one, other in handed_on(eq):
                self.merged.setdefault(one, set()).add(other)

    def is_lasting(self, value: Value) -> bool:
        """Whether a value's memory outlives all loops, for reading on the way back."""
        return value.buffer in self.born and not self.born[value.buffer].chain

    def written_elsewhere(self, buffer: Buffer) -> bool:
        """Whether memory is written under another buffer's name.

        What a branch or a loop gives may be the memory that it was given.
        """
        seen, ahead = {buffer}, [buffer]
        while ahead:
            for other in self.merged.get(ahead.pop(), ()):
                if other in self.writes:
                    return True
                if other not in seen:
                    seen.add(other)
                    ahead.append(other)
        return False

    def _define(self, value: Value, here: Definition) -> None:
        self.definitions[value] = here
        if value.buffer is not None:
            born = self.born.get(value.buffer)
            if born is None or here.place < born.place:
                self.born[value.buffer] = here
            if not here.chain and here.eq is None:
                self.after[value.buffer] = value

    def _note_writes(self, eq: Equation) -> None:
        if eq.op in WRITES:
            buffer = eq.operands[0].buffer
            assert buffer is not None
            self.writes.setdefault(buffer, []).append(eq)
            self.stored.setdefault(eq.operands[1], []).append(eq)
        elif eq.op == "call":
            for result in eq.results:
                if result.buffer is not None and result.buffer in written(eq):
                    self.writes.setdefault(result.buffer, []).append(eq)
