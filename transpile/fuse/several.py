"""Parts of a loop's body as loops of their own, with arrays for what they hand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ..graph.affine import implied
from ..graph.buffers import written
from ..graph.build import Builder
from ..graph.dtypes import strong
from ..graph.ir import (
    At,
    Buffer,
    Equation,
    Index,
    Region,
    Type,
    Value,
    captured,
    is_view,
)
from ..graph.loopform import Loop
from ..graph.ops import OPS
from ..graph.substitute import substitute
from .nests import fresh
from .pair import Facts, is_number

PLACE: Mapping[str, Any] = MappingProxyType(
    {"path": (Index((At(0),)),), "inbounds": (True,)}
)


@dataclass(frozen=True, slots=True)
class Part:
    """Some equations of a loop's body, in their order.

    ``turned``: they are one inner loop, which is better outside.
    """

    equations: tuple[Equation, ...]
    turned: bool = False


@dataclass(frozen=True)
class Body:
    """The body of a loop, and what is known where the loop stands.

    ``same`` gives for a buffer another that stands for the same memory, ``before``
    what makes the values of the function.
    """

    loop: Loop
    facts: Facts
    same: Mapping[Buffer, Buffer]
    before: Mapping[Value, Equation]

    @cached_property
    def makers(self) -> dict[Value, Equation]:
        """What makes the values of the body."""
        return {r: e for e in self.loop.body.equations for r in e.results}

    @cached_property
    def carried(self) -> set[Value]:
        """The numbers that follow from those that the loop hands on."""
        found = {v for v in self.loop.carries if v.buffer is None}
        for eq in self.loop.body.equations:
            if not found.isdisjoint(captured(eq)):
                found.update(v for v in eq.results if v.buffer is None)
        return found

    @cached_property
    def changed(self) -> set[Buffer]:
        """The memory that the loop writes."""
        return {self.root(b) for b in written(self.loop.eq)}

    def root(self, buffer: Buffer) -> Buffer:
        """Return what stands for all that may be the same memory."""
        return self.same.get(buffer, buffer)

    def follows(self, eq: Equation) -> bool:
        """Whether an equation takes numbers that the loop hands on."""
        return not self.carried.isdisjoint(captured(eq))

    def is_again(self, value: Value) -> bool:
        """Whether a number is cheap to compute, and later still the same."""
        eq = self.makers.get(value)
        if eq is None:
            return value not in self.carried
        if not is_number(eq):
            return False
        if eq.op == "index":
            buffer = eq.operands[0].buffer
            if buffer is None or self.root(buffer) in self.changed:
                return False
            return all(map(self.is_again, eq.operands[1:]))
        cheap = eq.op not in OPS or OPS[eq.op].cheap
        return cheap and all(map(self.is_again, eq.operands))


def in_several(whole: Body, parts: Sequence[Part]) -> Region | None:
    """Return a loop for each part, and arrays for what they hand on; None if unfit."""
    writer = _Writer(whole, parts)
    pieces = [writer.piece(k) for k in reversed(range(len(parts)))][::-1]
    return writer.region(pieces) if writer.fits else None


class _Writer:
    """Writes the parts of a loop as loops.

    ``kept`` gives for a number the array that has it for every round; of these arrays
    ``zeros`` begin with zeros. ``loaded`` are those of which the part reads that
    also makes the numbers that the loop hands on.
    """

    def __init__(self, whole: Body, parts: Sequence[Part]) -> None:
        self.whole, self.parts, self.loop = whole, parts, whole.loop
        self.b = Builder(self.loop.eq.origin, self.loop.eq.backward)
        self.kept: dict[Value, Value] = {}
        self.zeros: set[Value] = set()
        self.loaded: dict[Value, Value] = {}
        self.fits = True
        self.low, self.length = self._range()
        self.home = {
            r: k for k, p in enumerate(parts) for e in p.equations for r in e.results
        }
        owners = [
            k for k, p in enumerate(parts) if any(map(whole.follows, p.equations))
        ]
        last = -1 if parts[-1].turned else len(parts) - 1
        self.owner = owners[0] if owners else last
        self.now = {i.buffer: i for i in self.loop.inits if i.buffer is not None}

    def _range(self) -> tuple[Value, Value]:
        """Return the lowest index of the loop, and how many there are."""
        start, stop, step = self.loop.bounds
        if step.as_linear.value == -1:
            start, stop = self._after(stop), self._after(start)
        if start.as_linear.value == 0:
            length = stop
        else:
            length = self.b.emit("subtract", stop, start)
        if not implied(list(self.whole.facts), length.as_linear):
            length = self.b.emit("maximum", length, self.b.constant(0))
        return start, length

    def _after(self, number: Value) -> Value:
        """Return a number plus one: of ``n - 1`` it is ``n``."""
        maker = self.whole.before.get(number)
        form = number.as_linear + 1
        if form.value is not None:
            return self.b.constant(form.value)
        if maker is not None and maker.op == "subtract":
            first = maker.operands[0]
            if first.as_linear == form:
                return first
        return self.b.emit("add", number, self.b.constant(1))

    # ---- what a part does ----

    def piece(self, place: int) -> list[Equation]:
        """Return what a part does, with the numbers that it takes; the last first."""
        part = self.parts[place]
        block = Builder(self.loop.eq.origin, self.loop.eq.backward)
        if part.turned:
            (eq,) = part.equations
            block.equations.append(self._added(block, eq))
        else:
            self._stored(block, place)
        return self._with_numbers(block.equations, place)

    def _slot(self, block: Builder) -> Value:
        """Return the index of a round in an array with one number for each."""
        assert self.loop.counter is not None
        if self.low.as_linear.value == 0:
            return self.loop.counter
        return block.emit("subtract", self.loop.counter, self.low)

    def _array(self, number: Value) -> Value:
        """Return the array that keeps a number, which is made when first asked for."""
        if number not in self.kept:
            self.fits &= number.type.is_inexact
            dtype = strong(number.type.dtype)
            name = number.name or number.hint or "total"
            shape = (self.length.as_linear,)
            kind = Type(dtype, shape)
            memory = Value(kind, None, Buffer(name), hint=name)
            self.kept[number] = memory
        return self.kept[number]

    def _stored(self, block: Builder, place: int) -> None:
        """Write the equations of a part, and stores of what others need of it."""
        block.equations += self.parts[place].equations
        ahead = self.parts[place + 1].equations if place + 1 < len(self.parts) else ()
        starts = {f: i for e in ahead for f, (i, _) in (sums(e) or {}).items()}
        mine = {n: n for n in self.kept if self.home[n] == place}
        for number, value in {**mine, **starts}.items():
            if number in starts and value.number == 0:
                self.zeros.add(number)
            elif number in self.kept:
                array = self.kept[number]
                operands = (array, value, self._slot(block))
                block.append("store", operands, (fresh(array),), **PLACE)

    def _added(self, block: Builder, eq: Equation) -> Equation:
        """Return an inner loop that adds to arrays what it added to numbers."""
        loop, added = Loop.of(eq), sums(eq) or {}
        arrays = {f: self._array(f) for f in loop.finals if f in added}
        slot = self._slot(block)
        body = Builder(eq.origin, eq.backward)
        places = {y: f for f, y in zip(loop.finals, loop.yields, strict=True)}
        params = {f: fresh(a) for f, a in arrays.items()}
        ends: dict[Value, Value] = {}
        for each in loop.body.equations:
            final = places.get(each.result) if len(each.results) == 1 else None
            if final not in added:
                body.equations.append(each)
                continue
            assert final is not None
            _, term = added[final]
            if each.op == "subtract":
                term = body.emit("negative", term)
            ends[final] = fresh(arrays[final])
            operands = (params[final], term, slot)
            body.append("accumulate", operands, (ends[final],), **PLACE)
        kept = [k for k, f in enumerate(loop.finals) if f not in added]

        def others(values: Sequence[Value]) -> list[Value]:
            return [values[k] for k in kept]

        region = Region(
            (loop.body.params[0], *others(loop.carries), *params.values()),
            tuple(body.equations),
            (*others(loop.yields), *(ends[f] for f in params)),
        )
        return replace(
            _bare(eq),
            operands=(*loop.bounds, *others(loop.inits), *map(fresh, arrays.values())),
            results=(*others(loop.finals), *map(fresh, arrays.values())),
            regions=(region,),
        )

    def _with_numbers(
        self, equations: Sequence[Equation], place: int
    ) -> list[Equation]:
        """Return equations behind those for the numbers that they take from others."""
        wanted = {v for e in equations for v in captured(e)}
        if place == self.owner:
            handed_on = [v for v in self.loop.yields if v.buffer is None]
            wanted.update(handed_on)
            self.fits &= all(self.home.get(v, -1) <= place for v in handed_on)
        block = Builder(self.loop.eq.origin, self.loop.eq.backward)
        again: list[Equation] = []
        loaded: dict[Value, Value] = {}
        mine = {r for e in equations for r in e.results}
        for eq in reversed(self.whole.loop.body.equations):
            for value in eq.results:
                if value not in wanted or value in mine:
                    continue
                if value.buffer is not None:
                    self.fits &= value.buffer in self.now and not is_view(eq)
                elif self.whole.is_again(value):
                    again.insert(0, eq)
                    wanted.update(eq.operands)
                else:
                    loaded[value] = fresh(value)
        for value, read in loaded.items():
            array = self._array(value)
            operands = (fresh(array), self._slot(block))
            block.append("index", operands, (read,), **PLACE)
        if place == self.owner:
            self.loaded = loaded
        rest = Region((), (*again, *equations), ())
        return [*block.equations, *substitute(rest, loaded).equations]

    # ---- loops ----

    def region(self, pieces: Sequence[list[Equation]]) -> Region:
        """Return the loops of all parts, and what they result in."""
        for number, array in self.kept.items():
            assert array.buffer is not None
            self.now[array.buffer] = array
            op, dtype = "zeros" if number in self.zeros else "empty", array.type.dtype
            self.b.append(op, (self.length,), (array,), dtype=dtype)
        for place, piece in enumerate(pieces):
            owns = place == self.owner and not all(i.buffer for i in self.loop.inits)
            if owns or not all(map(is_number, piece)):
                self._loop(piece, owns)
        pairs = zip(self.loop.finals, self.loop.inits, strict=True)
        results = (f if i.buffer is None else self.now[i.buffer] for f, i in pairs)
        return Region((), tuple(self.b.equations), tuple(results))

    def _loop(self, equations: Sequence[Equation], owns: bool) -> None:
        """Append the loop of a part."""
        loop = self.loop
        assert loop.counter is not None
        made = {r for e in equations for r in e.results}
        last = {
            r.buffer: r
            for e in equations
            for r in e.results
            if r.buffer in self.now and not is_view(e)
        }
        params = {b: fresh(self.now[b]) for b in last}
        read = [v for e in equations for v in captured(e)]
        outside = {
            v: params.get(v.buffer, self.now[v.buffer])
            for v in read
            if v.buffer in self.now and v not in made
        }
        inside = substitute(Region((), tuple(equations), ()), outside).equations
        mine = [k for k, i in enumerate(loop.inits) if owns and i.buffer is None]
        inits, carries, yields, finals = (
            [values[k] for k in mine]
            for values in (loop.inits, loop.carries, loop.yields, loop.finals)
        )
        ends = {b: fresh(self.now[b]) for b in last}
        region = Region(
            (loop.counter, *carries, *params.values()),
            inside,
            (*(self.loaded.get(v, v) for v in yields), *last.values()),
        )
        eq = replace(
            _bare(loop.eq),
            operands=(*loop.bounds, *inits, *(self.now[b] for b in last)),
            results=(*finals, *ends.values()),
            regions=(region,),
        )
        self.b.equations.append(eq)
        self.now.update(ends)


# ---- equations ----


def _bare(eq: Equation) -> Equation:
    """Return a loop without what is said of its carries."""
    attrs = {k: v for k, v in eq.attrs.items() if k not in ("labels", "kinds")}
    return replace(eq, attrs=MappingProxyType(attrs))


def sums(eq: Equation) -> dict[Value, tuple[Value, Value]] | None:
    """Return the numbers that an inner loop adds up: what they start from, terms.

    None if it hands on other numbers.
    """
    if eq.op != "for":
        return {}
    loop, found = Loop.of(eq), dict[Value, tuple[Value, Value]]()
    makers = {r: e for e in loop.body.equations for r in e.results}
    read = [v for e in loop.body.equations for v in e.operands]
    rows = zip(loop.inits, loop.carries, loop.yields, loop.finals, strict=True)
    for init, carry, end, final in rows:
        if carry.buffer is not None:
            continue
        maker = makers.get(end)
        if maker is None or maker.op not in ("add", "subtract") or end in read:
            return None
        if read.count(carry) != 1 or carry not in maker.operands:
            return None
        if maker.op == "subtract" and maker.operands[0] is not carry:
            return None
        (term,) = (v for v in maker.operands if v is not carry)
        if term.type.dtype != final.type.dtype or not final.type.is_inexact:
            return None
        found[final] = init, term
    return found
