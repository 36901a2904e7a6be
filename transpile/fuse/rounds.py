"""One round of threads: what hands out chunks of a loop and joins what they made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..graph.build import Builder
from ..graph.dtypes import strong
from ..graph.ir import (
    At,
    Buffer,
    Equation,
    Function,
    Index,
    Parameter,
    Region,
    Span,
    Structure,
    Value,
)
from .part import FINISHED, INTEGER, Names, Part, again
from .work import FEWEST_CHUNKS

FIRST = (Index((At(0),)),)
STARTS = {"add": 0, "multiply": 1}  # others start every chunk from what they are
SIGNS = {"add": "+=", "multiply": "*="}
NO_MEMORY = "there is no memory for what a thread needs"


@dataclass(frozen=True, slots=True)
class Carry:
    """A carry of a loop that is cut: its place, and how chunks share it.

    ``role`` is the operation that joins what the chunks make of it, or ``disjoint``
    for an array of which each writes its own part.
    """

    place: int
    role: str
    init: Value
    final: Value
    name: str

    @property
    def is_shared(self) -> bool:
        """Whether all chunks write the array itself."""
        return self.role == "disjoint"

    @property
    def start(self) -> Value | float:
        """What a chunk starts from, if that is a number."""
        if self.role not in STARTS:
            return self.init
        number = STARTS[self.role]
        return float(number) if self.init.type.is_inexact else number


@dataclass(frozen=True, slots=True)
class Round:
    """The equations that run a part: in chunks, or at once where it is small."""

    eq: Equation
    carries: Sequence[Carry]
    part: Part
    trips: Value
    chunks: Value

    def emit(self, b: Builder) -> None:
        """Emit both forms, and the choice."""
        many = b.emit("greater_equal", self.chunks, b.constant(FEWEST_CHUNKS))
        regions = (self._region(self._chunked), self._region(self._whole))
        finals = tuple(carry.final for carry in self.carries)
        label = self.eq.attrs.get("stands_for", "for")
        b.append("if", (many,), finals, regions, stands_for=label)

    def _region(self, body: Callable[[Builder], Sequence[Value]]) -> Region:
        b = Builder(self.eq.origin, self.eq.backward)
        results = tuple(body(b))
        return Region((), tuple(b.equations), results)

    def _whole(self, b: Builder) -> list[Value]:
        inits = [carry.init for carry in self.carries]
        finals = [again(v) for v in inits]
        # Numba would compile the part for the literal 0 once more.
        zero = b.emit("cast", b.constant(0), dtype="int64")
        outcome = self._call(b, zero, self.trips, inits, finals)
        if outcome is not None:
            self._raise(b, outcome)
        return finals

    def _call(
        self,
        b: Builder,
        first: Value,
        last: Value,
        inits: Sequence[Value],
        finals: Sequence[Value],
    ) -> Value | None:
        """Emit a call of the part; return what came of it, if that is not sure."""
        results = [v for v in finals if v.buffer is None]
        outcome = None
        if self.part.can_fail:
            outcome = Value(INTEGER, "outcome")
            results.insert(0, outcome)
        results += [v for v in finals if v.buffer is not None]
        operands = (first, last, *self.part.given, *inits)
        b.append("call", operands, results, callee=self.part.function.name)
        return outcome

    def _raise(self, b: Builder, outcome: Value) -> None:
        """Emit what raises the exception of the check that failed."""
        for number, eq in enumerate(self.part.failures, FINISHED + 1):
            with b.at(eq.origin):
                fine = b.emit("not_equal", outcome, b.constant(number))
                b.append("check", (fine,), (), **eq.attrs)

    # ---- in chunks ----

    def _chunked(self, b: Builder) -> list[Value]:
        """Emit the loop of the threads, and the joining of what they made."""
        rows = self._rows(b)
        after = [again(v) for v in rows]
        operands = (*self._taken(), *rows)
        b.append("call", operands, after, callee=self.name)
        return self._joined(b, after)

    def _rows(self, b: Builder) -> list[Value]:
        """Emit memory for what every chunk makes."""
        rows = [_rows(b, c, self.chunks) for c in self.carries]
        if self.part.can_fail:
            outcomes = b.emit("zeros", self.chunks, dtype="int64", name="outcomes")
            rows.insert(0, outcomes)
        return rows

    def _taken(self) -> list[Value]:
        """Return what the function that starts the threads takes, but for memory."""
        starts = [c.start for c in self.carries if c.init.buffer is None]
        values = [v for v in starts if isinstance(v, Value)]
        given = (self.chunks, self.trips, *self.part.given, *values)
        return list(dict.fromkeys(given))

    @property
    def name(self) -> str:
        """What the function that starts the threads is called."""
        return self.part.function.name.replace("_part", "_threads")

    def threads(self) -> Function:
        """Return the function that runs the chunks in threads.

        It stands alone, since Numba takes long over functions with such loops.
        """
        b = Builder(self.eq.origin)
        rows = self._rows(Builder())
        inside, after = [again(v) for v in rows], [again(v) for v in rows]
        counter = Value(INTEGER, "c")
        w = Builder(b.origin)
        yields = self._chunk(w, counter, inside)
        body = Region((counter, *inside), tuple(w.equations), tuple(yields))
        ends = (b.constant(0), self.chunks, b.constant(1))
        b.append("for", (*ends, *rows), after, (body,), parallel=True)
        params = (*self._taken(), *rows)
        given = self.part.function.parameters[2:]
        known = {v: p.name for p in given for v in p.values}
        known |= {c.init: c.name for c in self.carries if c.is_shared}
        names = Names({}, {self.name})
        return Function(
            self.name,
            tuple(
                Parameter(names.take(known.get(v) or v.name or "trips"), (v,))
                for v in params
            ),
            Region(params, tuple(b.equations), tuple(after)),
            Structure("none"),
            tuple(range(len(params) - len(rows), len(params))),
            self.eq.origin,
            "Run the chunks of such a loop in threads.",
            self.part.function.attrs,
        )

    def _chunk(self, w: Builder, counter: Value, rows: Sequence[Value]) -> list[Value]:
        """Emit one chunk's work; return what becomes of the arrays of all chunks."""
        w.comment = "Numba counts chunks without a sign"
        chunk = w.emit("cast", counter, dtype="int64", name="chunk")
        w.comment = None
        ends = (chunk, w.emit("add", chunk, w.constant(1)))
        first, last = (
            w.emit("floor_divide", w.emit("multiply", k, self.trips), self.chunks)
            for k in ends
        )
        own = rows[len(rows) - len(self.carries) :]
        pairs = list(zip(self.carries, own, strict=True))
        inits = [_start(w, carry, row, chunk) for carry, row in pairs]
        finals = [
            again(v)
            if v.buffer
            else replace(again(carry.init), name=f"{carry.name}_part")
            for carry, v in zip(self.carries, inits, strict=True)
        ]
        outcome = self._call(w, first, last, inits, finals)
        yields = [
            final if carry.is_shared else _kept(w, row, final, chunk)
            for (carry, row), final in zip(pairs, finals, strict=True)
        ]
        if outcome is not None:
            yields.insert(0, w.store(rows[0], outcome, FIRST, chunk))
        return yields

    def _joined(self, b: Builder, rows: Sequence[Value]) -> list[Value]:
        """Emit the loop that joins what the chunks made, in their order."""
        fails = self.part.can_fail
        pairs = list(zip(self.carries, rows[fails:], strict=True))
        joined = [(carry, row) for carry, row in pairs if not carry.is_shared]
        results = {carry.place: row for carry, row in pairs}
        if joined or fails:
            counter = Value(INTEGER, "c")
            w = Builder(b.origin, b.backward)
            if fails:
                self._look_at(w, rows[0], counter)
            inside = [again(carry.init) for carry, _ in joined]
            yields = [
                _join(w, carry.role, value, row, counter)
                for (carry, row), value in zip(joined, inside, strict=True)
            ]
            body = Region((counter, *inside), tuple(w.equations), tuple(yields))
            ends = (b.constant(0), self.chunks, b.constant(1))
            after = [again(v) for v in inside]
            operands = (*ends, *(carry.init for carry, _ in joined))
            b.append("for", operands, after, (body,), stands_for="part")
            places = (carry.place for carry, _ in joined)
            results |= dict(zip(places, after, strict=True))
        return [results[carry.place] for carry in self.carries]

    def _look_at(self, w: Builder, outcomes: Value, counter: Value) -> None:
        """Emit what raises what a chunk could not raise."""
        outcome = w.emit("index", outcomes, counter, path=FIRST, name="outcome")
        if self.part.allocates:
            fine = w.emit("not_equal", outcome, w.constant(0))
            w.append("check", (fine,), (), exception="MemoryError", message=NO_MEMORY)
        self._raise(w, outcome)


def _rows(b: Builder, carry: Carry, chunks: Value) -> Value:
    """Emit memory for what every chunk makes of a carry."""
    if carry.is_shared:
        return carry.init
    init, name = carry.init, f"{carry.name}_parts"
    op = "zeros" if init.buffer else "empty"
    return b.emit(op, chunks, *b.dims(init), dtype=strong(init.type.dtype), name=name)


def _start(w: Builder, carry: Carry, row: Value, chunk: Value) -> Value:
    """Emit what a carry is at the start of a chunk."""
    if carry.is_shared:
        return row
    kind = carry.init.type
    if carry.init.buffer is not None:
        part = Value(kind, f"{carry.name}_part", Buffer())
        w.append("index", (row, chunk), (part,), path=_row(kind.rank))
        return part
    start = carry.start
    if isinstance(start, Value):
        return start
    return w.constant(start, None if kind.dtype.startswith("weak_") else kind.dtype)


def _kept(w: Builder, rows: Value, final: Value, chunk: Value) -> Value:
    """Emit the store of what a chunk made; an array was written where it belongs."""
    path = _row(final.type.rank)
    if final.buffer is None:
        return w.store(rows, final, path, chunk)
    return w.emit("store", rows, final, chunk, path=path, inplace=True)


def _join(w: Builder, role: str, value: Value, rows: Value, counter: Value) -> Value:
    """Emit what a carry is together with what a chunk made of it."""
    if value.buffer is not None:
        return _add_row(w, value, rows, [counter])
    piece, result = Value(value.type), again(value)
    w.append("index", (rows, counter), (piece,), path=FIRST)
    w.append(role, (value, piece), (result,), spelled=SIGNS.get(role))
    return result


def _add_row(w: Builder, array: Value, rows: Value, places: list[Value]) -> Value:
    """Emit a nest that adds one of the rows to an array, element by element."""
    axis = len(places) - 1
    if axis == array.type.rank:
        every = tuple(At(k) for k in range(len(places)))
        piece = w.emit("index", rows, *places, path=(Index(every),))
        return w.accumulate(array, piece, (Index(every[:-1]),), *places[1:])
    counter, carry, final = Value(INTEGER), again(array), again(array)
    nest = Builder(w.origin, w.backward)
    after = _add_row(nest, carry, rows, [*places, counter])
    body = Region((counter, carry), tuple(nest.equations), (after,))
    ends = (w.constant(0), w.dim(array, axis), w.constant(1))
    w.append("for", (*ends, array), (final,), (body,), stands_for="part")
    return final


def _row(rank: int) -> tuple[Index, ...]:
    return (Index((At(0), *(Span() for _ in range(rank)))),)
