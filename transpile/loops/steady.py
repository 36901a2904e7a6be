"""Arrays that every iteration of a loop fills with the same numbers: filled before it.

Before, where ``p`` holds the factors of two systems of equations, one after the other::

    p = np.zeros((n, n))
    for _ in range(steps):
        for j in range(1, n):
            p[:, j] = -c / (a * p[:, j - 1] + b)
            q[:, j] = (f * u[j] - a * q[:, j - 1]) / (a * p[:, j - 1] + b)
        ...
        for j in range(1, n):
            p[:, j] = -f / (d * p[:, j - 1] + e)

after::

    p = np.zeros((n, n))
    p_2 = np.zeros((n, n))
    if 0 < steps:
        for j in range(1, n):
            p[:, j] = -c / (a * p[:, j - 1] + b)
        for j in range(1, n):
            p_2[:, j] = -f / (d * p_2[:, j - 1] + e)
    for _ in range(steps):
        for j in range(1, n):
            q[:, j] = (f * u[j] - a * q[:, j - 1]) / (a * p[:, j - 1] + b)
        ...

Then nothing of it is saved for the way back. What is stored must follow from nothing
that changes; every read must be of what was stored in the same iteration; and no
element may be stored twice between two beginnings (`coverage` proves these).
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..graph.buffers import written
from ..graph.build import Builder
from ..graph.ir import (
    EFFECTS,
    WRITES,
    Buffer,
    Equation,
    Program,
    Region,
    Value,
    captured,
    walk,
)
from ..graph.loopform import Loop, without_carry
from ..graph.ops import CREATIONS, PURE
from ..graph.substitute import substitute
from ..reverse.thread import Threader
from .coverage import segments

Key = tuple[Buffer, int]


def fill_before(program: Program) -> Program:
    """Return the program with such arrays filled before the loops."""
    return program.map(lambda f: replace(f, body=_region(f.body)))


def _region(region: Region) -> Region:
    out: list[Equation] = []
    for place, eq in enumerate(region.equations):
        eq = replace(eq, regions=tuple(map(_region, eq.regions))) if eq.regions else eq
        rest = [*region.equations[:place], *region.equations[place + 1 :]]
        found = _Steady.of(eq, rest, region.results) if eq.op == "for" else None
        out += found.filled() if found is not None else [eq]
    return replace(region, equations=tuple(out))


@dataclass(frozen=True, slots=True)
class _Steady:
    """A loop, and the arrays that it fills with the same numbers again and again.

    ``starts`` gives for each the equations of the body at which it begins anew.
    """

    eq: Equation
    makers: Mapping[Buffer, Equation]
    starts: Mapping[Buffer, Sequence[Equation]]

    @staticmethod
    def of(
        eq: Equation, beside: Sequence[Equation], results: Iterable[Value]
    ) -> _Steady | None:
        """Return what is steady in a loop, None if nothing is."""
        loop = Loop.of(eq)
        if any(map(eq.attrs.get, ("exits", "count", "parallel"))):
            return None
        if loop.bounds[2].as_linear.value not in (1, -1):
            return None
        if any(e.op in EFFECTS - {"check"} for e in walk(loop.body)):
            return None
        makers = _own(loop, beside, results)
        starts: dict[Buffer, Sequence[Equation]] = {}
        while makers:
            fixed = _fixed(loop, set(makers))
            starts = {b: segments(loop, b) or () for b in fixed}
            kept = {b: m for b, m in makers.items() if starts.get(b)}
            if kept.keys() == makers.keys():
                return _Steady(eq, makers, starts)
            makers = kept
        return None

    def filled(self) -> list[Equation]:
        """Return what fills the arrays, and the loop that only reads them."""
        loop, ahead = Loop.of(self.eq), Builder(self.eq.origin, self.eq.backward)
        inits = {i.buffer: i for i in loop.inits}
        firsts: dict[Key, Value] = {}
        for buffer, starts in self.starts.items():
            for k in range(len(starts)):
                firsts[buffer, k] = self._array(ahead, inits[buffer], k)
        finals = {key: _version(array) for key, array in firsts.items()}
        versions: dict[Value, Key] = {}
        fills: list[Equation] = []
        rest: list[Equation] = []
        views: dict[Value, Value] = {}
        for eq, keys in self._in_rounds(loop.body):
            mine = {v: keys[b] for v in _values(eq) if (b := v.buffer) in keys}
            like = {v: _version(v, firsts[key].buffer) for v, key in mine.items()}
            views |= {v: like[v] for v in _views(eq, keys)}
            again = {v: other for v, other in like.items() if v not in views}
            versions |= {other: mine[v] for v, other in again.items()}
            there = {v: finals[mine[v]] for v in again}
            one = Region((), (eq,), ())
            fills += substitute(one, {**again, **views}).equations
            kept = Region((), tuple(self._reading([eq])), ())
            rest += substitute(kept, {**there, **views}).equations
        filling = Region((), tuple(_needed(fills, set(versions), set())), ())
        before: dict[Hashable, Value] = {key: array for key, array in firsts.items()}
        region, last = Threader(versions).region(filling, before)
        ends = tuple(last[key] for key in firsts)
        runs = self._runs(ahead, loop)
        stays = Region((), (), tuple(firsts.values()))
        regions = (replace(region, results=ends), stays)
        ahead.append("if", (runs,), tuple(finals.values()), regions)
        eq = self.eq
        for carry in loop.carries:
            if carry.buffer in self.makers:
                eq = without_carry(eq, carry)
        body = replace(eq.regions[0], equations=tuple(rest))
        return [*ahead.equations, replace(eq, regions=(body,))]

    def _array(self, ahead: Builder, init: Value, number: int) -> Value:
        """Return an array as it is before it is filled for a time."""
        if not number:
            return init
        assert init.buffer is not None
        array = _version(init, Buffer(init.buffer.name))
        maker = self.makers[init.buffer]
        ahead.equations.append(replace(maker, results=(array,)))
        return array

    def _in_rounds(self, body: Region) -> Iterator[tuple[Equation, dict[Buffer, Key]]]:
        """Yield the equations of the body, with what each array is for then."""
        numbers = dict.fromkeys(self.makers, -1)
        for eq in body.equations:
            for buffer, starts in self.starts.items():
                numbers[buffer] += eq in starts
            yield eq, {b: (b, max(k, 0)) for b, k in numbers.items()}

    def _reading(self, equations: Iterable[Equation]) -> Iterator[Equation]:
        """Yield equations without the stores, and without loops that did only those."""
        for eq in equations:
            if eq.op == "store" and eq.operands[0].buffer in self.makers:
                continue
            if eq.op == "for":
                for carry in Loop.of(eq).carries:
                    if carry.buffer in self.makers:
                        eq = without_carry(eq, carry)
                body = eq.regions[0]
                body = replace(body, equations=tuple(self._reading(body.equations)))
                eq = replace(eq, regions=(body,))
                idle = not any(e.op in EFFECTS for e in walk(body))
                if idle and not eq.results:
                    continue
            yield eq

    def _runs(self, ahead: Builder, loop: Loop) -> Value:
        """Emit whether the loop runs at all."""
        start, stop, step = loop.bounds
        op = "less" if step.as_linear.value == 1 else "greater"
        return ahead.emit(op, start, stop)


def _version(array: Value, buffer: Buffer | None = None) -> Value:
    """Return another version of an array, or of its like in other memory."""
    buffer = buffer or array.buffer
    return replace(array, buffer=buffer, serial=Value(array.type).serial)


def _values(eq: Equation) -> set[Value]:
    """Return all values in an equation and its regions."""
    found = {*eq.operands, *eq.results}
    for region in eq.regions:
        found.update((*region.params, *region.results))
        found.update(v for inner in region.equations for v in _values(inner))
    return found


def _views(eq: Equation, buffers: Container[Buffer]) -> Iterator[Value]:
    """Yield the views of some arrays that an equation and its regions make."""
    if eq.op == "index" and eq.result.buffer in buffers:
        yield eq.result
    for region in eq.regions:
        for inner in region.equations:
            yield from _views(inner, buffers)


def _needed(
    equations: Sequence[Equation], arrays: Container[Value], wanted: set[Value]
) -> list[Equation]:
    """Return those equations that store into some arrays, and what leads there.

    Loops carry nothing yet. ``wanted`` are the values that are needed later.
    """
    kept: list[Equation] = []
    for eq in reversed(equations):
        if eq.op == "for":
            loop = Loop.of(eq)
            inner = _needed(loop.body.equations, arrays, wanted)
            if not any(e.op in WRITES for e in walk(Region((), tuple(inner), ()))):
                continue
            wanted.update(loop.bounds)
            params = loop.body.params[:1]
            region = Region(params, tuple(inner), ())
            told = {k: v for k, v in eq.attrs.items() if k not in ("labels", "kinds")}
            attrs = MappingProxyType(told)
            bare = replace(eq, operands=loop.bounds, results=(), attrs=attrs)
            kept.append(replace(bare, regions=(region,)))
        elif eq.op in WRITES and eq.operands[0] in arrays:
            wanted.update(eq.operands)
            kept.append(eq)
        elif eq.op in PURE and wanted.intersection(eq.results):
            wanted.update(eq.operands)
            kept.append(eq)
    return kept[::-1]


def _own(
    loop: Loop, beside: Sequence[Equation], results: Iterable[Value]
) -> dict[Buffer, Equation]:
    """Return the arrays made for a loop alone, with what makes them."""
    makers = {r: e for e in beside for r in e.results}
    taken = [v for e in beside for v in captured(e)]
    read = {v.buffer for v in (*taken, *results)}
    found: dict[Buffer, Equation] = {}
    rows = zip(loop.inits, loop.carries, loop.yields, loop.finals, strict=True)
    for row in rows:
        maker, buffer = makers.get(row[0]), row[0].buffer
        if maker is None or maker.op not in CREATIONS or maker.regions:
            continue
        alike = all(v.buffer is buffer for v in row)
        once = sum(v.buffer is buffer for v in loop.inits) == 1
        if buffer is not None and alike and once and buffer not in read:
            found[buffer] = maker
    return found


def _fixed(loop: Loop, buffers: set[Buffer]) -> set[Buffer]:
    """Return those arrays of which all that is stored is the same in all iterations."""
    kept = set(buffers)
    while True:
        left = kept - set(_changing(loop, kept))
        if left == kept:
            return kept
        kept = left


def _changing(loop: Loop, buffers: set[Buffer]) -> Iterator[Buffer]:
    """Yield arrays into which something is stored that may change."""
    changed = {b for b in written(loop.eq) if b not in buffers}
    inside = {*loop.body.params, *(r for e in walk(loop.body) for r in e.results)}
    inside |= {p for e in walk(loop.body) for r in e.regions for p in r.params}
    same: set[Value] = set()

    def stays(value: Value) -> bool:
        if value.buffer is not None and value.buffer in buffers:
            return True
        return value in same or (value not in inside and value.buffer not in changed)

    def block(region: Region, fixed: bool) -> Iterator[Buffer]:
        for eq in region.equations:
            if eq.regions:
                counted = eq.op == "for" and not eq.attrs.get("exits")
                fine = fixed and counted and all(map(stays, eq.operands[:3]))
                if fine and (counter := Loop.of(eq).counter) is not None:
                    same.add(counter)
                for inner in eq.regions:
                    yield from block(inner, fine)
            elif eq.op in WRITES:
                buffer = eq.operands[0].buffer
                fine = fixed and all(map(stays, eq.operands))
                if buffer in buffers and not fine:
                    yield buffer
            elif eq.op in PURE and all(map(stays, eq.operands)):
                same.update(eq.results)

    yield from block(loop.body, True)
