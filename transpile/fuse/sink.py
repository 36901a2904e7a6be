"""Stores of zeros, moved down to where the memory is next used.

Before ``x[1:-1] = 0; y[...] = ...; x[...] += ...``; after ``y[...] = ...;
x[1:-1] = 0; x[...] += ...``. At the end of a loop over an array that is zeros before
it, they move to the beginning, and once more behind the loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..graph.buffers import memories
from ..graph.ir import Equation, Region, Value, captured, walk
from ..graph.loopform import Loop
from ..graph.substitute import substitute
from .nests import Copier, Memory, Nest, around, fresh


def sink(body: Region) -> Region:
    """Return a function's body with its stores of zeros moved down."""
    uses = Counter(v for eq in walk(body) for v in eq.operands)
    uses.update(v for eq in walk(body) for r in eq.regions for v in r.results)
    uses.update(body.results)
    zeros = {eq.result for eq in walk(body) if eq.op == "zeros"}
    once = {v for v in zeros if uses[v] == 1}
    return _Sinker(Memory(memories(body)), once).region(body)


@dataclass(frozen=True, slots=True)
class _Sinker:
    """``zeros`` are new arrays of zeros that one equation takes."""

    memory: Memory
    zeros: set[Value]

    def region(self, region: Region) -> Region:
        """Return a region with its stores of zeros, and those inside, moved down."""
        equations: list[Equation] = []
        for eq in region.equations:
            if eq.regions and Nest.of(eq) is None:
                regions = tuple(self.region(r) for r in eq.regions)
                equations += self._turned(replace(eq, regions=regions))
            else:
                equations.append(eq)
        return replace(region, equations=tuple(self._sunk(equations)))

    def _sunk(self, equations: Sequence[Equation]) -> list[Equation]:
        """Return equations with each store of zeros before what next touches it."""
        out: list[Equation] = []  # in reverse
        for eq in reversed(equations):
            nest = Nest.of(eq)
            if nest is None or not nest.is_zero:
                out.append(eq)
                continue
            place = len(out)
            while place and not self._stays(out[place - 1], nest):
                place -= 1
            out.insert(place, eq)
        out.reverse()
        return out

    def _stays(self, eq: Equation, nest: Nest) -> bool:
        """Whether a store of zeros must not move behind an equation."""
        mine = self.memory.root(nest.buffer)
        if eq.op in ("check", "print", "call") and mine.parameter:
            return True
        return nest.eq.result in eq.operands or mine in self.memory.touched(eq)

    def _turned(self, eq: Equation) -> list[Equation]:
        """Return a loop with stores of zeros at its end at its beginning instead."""
        after: list[Equation] = []
        if eq.op != "for" or eq.attrs.get("exits") or "stands_for" in eq.attrs:
            return [eq]
        for place in range(len(Loop.of(eq).carries)):
            found = self._moved(eq, place)
            if found is not None:
                eq, late = found
                after += late
        return [eq, *after]

    def _moved(
        self, eq: Equation, place: int
    ) -> tuple[Equation, list[Equation]] | None:
        loop = Loop.of(eq)
        init, carry, final = loop.inits[place], loop.carries[place], loop.finals[place]
        if init not in self.zeros:
            return None
        equations = list(loop.body.equations)
        makers = {eq.result: eq for eq in equations if len(eq.results) == 1}
        maker = makers.get(loop.yields[place])
        nest = None if maker is None else Nest.of(maker)
        if nest is None or maker is None or not nest.is_zero or nest.offsets is None:
            return None
        inside = {r for e in equations for r in e.results} | set(loop.body.params)
        needed = {v for v in captured(maker) if v in inside and v is not nest.init}
        if any(not _is_plain(v, makers, inside) for v in needed):
            return None
        rest = [e for e in equations if e is not maker]
        head = Copier(maker, {})
        cleared = _again(nest, head, makers, carry, fresh(carry))
        renamed = substitute(Region((), tuple(rest), (nest.init,)), {carry: cleared})
        body = (*head.equations, *renamed.equations)
        results = list(loop.body.results)
        results[len(results) - len(loop.yields) + place] = renamed.results[0]
        region = Region(loop.body.params, tuple(self._sunk(body)), tuple(results))
        before = fresh(final)
        tail = Copier(maker, {})
        _again(nest, tail, makers, before, final)
        finals = tuple(before if v is final else v for v in eq.results)
        return replace(eq, regions=(region,), results=finals), tail.equations


def _is_plain(value: Value, makers: dict[Value, Equation], inside: set[Value]) -> bool:
    """Whether a number can be computed again outside the loop."""
    if value not in inside:
        return True
    maker = makers.get(value)
    if maker is None or maker.op not in ("dim", "constant", "add", "subtract"):
        return (
            maker is not None
            and maker.op == "maximum"
            and all(_is_plain(v, makers, inside) for v in maker.operands)
        )
    return maker.op == "dim" or all(
        _is_plain(v, makers, inside) for v in maker.operands
    )


def _again(
    nest: Nest,
    block: Copier,
    makers: dict[Value, Equation],
    init: Value,
    result: Value,
) -> Value:
    """Append a store of zeros again, from one value of the array to another."""
    known = {**makers, **{e.result: e for e in nest.equations}}
    ranges = [(block.outer(a, known), block.outer(b, known)) for a, b in nest.ranges]
    step = block.constant(1)
    for value in captured(nest.eq):
        if not value.type.rank:
            block.outer(value, makers)
    inner = Copier(nest.eq, {**block.mapping, **{c: fresh(c) for c in nest.counters}})
    for eq in nest.equations:
        inner.copy(eq)
    counters = [inner.mapping[c] for c in nest.counters]
    carry, end = fresh(init), fresh(init)
    slots = tuple(inner.mapping.get(v, v) for v in nest.write.operands[1:])
    write = replace(nest.write, operands=(carry, *slots), results=(end,))
    loops = [(c, a, b) for c, (a, b) in zip(counters, ranges, strict=True)]
    made = around([*inner.equations, write], loops, step, (carry, end), nest.eq)
    block.equations.append(
        replace(made, operands=(*made.operands[:3], init), results=(result,))
    )
    return result
