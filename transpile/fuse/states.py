"""States of loops that are made again in each iteration: one array, or two in turns.

Before ``for t in range(n): y = empty k; for i: y[i] = f(x[i]); x = y``, after
``for t in range(n): for i: x[i] = f(x[i])``. Where an element of the new state needs
others of the old one: ``y = empty k`` before the loop, and ``x, y = y, x`` at the end
of each iteration. The state before the loop is copied if something else needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..graph.buffers import buffers
from ..graph.build import Builder
from ..graph.ir import (
    CONTROL,
    WRITES,
    At,
    Buffer,
    Equation,
    Index,
    Program,
    Region,
    Type,
    Value,
    captured,
    equation,
    is_view,
    walk,
)
from ..graph.linear import Derived
from ..graph.loopform import Loop
from ..graph.substitute import substitute
from ..lower.tidy import tidy
from .nests import around, fresh
from .takeover import is_plain, taken_over, together, touches


def keep_states(program: Program) -> Program:
    """Return lowered functions whose loops do not make their states again."""
    return program.map(
        lambda f: replace(f, body=tidy(_region(f.body, _unbound(f.body, set()))))
    )


def _unbound(region: Region, found: set[Value]) -> set[Value]:
    """Add what nothing has given a value yet, on some path: it cannot be copied."""
    for eq in region.equations:
        if eq.op == "undefined":
            found.update(eq.results)
        elif eq.op in ("for", "while"):
            loop = Loop.of(eq)
            rows = zip(loop.inits, loop.carries, loop.finals, strict=True)
            found.update(v for init, *others in rows if init in found for v in others)
        for inner in eq.regions:
            _unbound(inner, found)
            if eq.op == "if":
                pairs = zip(eq.results, inner.results, strict=True)
                found.update(result for result, value in pairs if value in found)
    return found


def _region(region: Region, unbound: set[Value]) -> Region:
    inner = (
        replace(e, regions=tuple(_region(r, unbound) for r in e.regions))
        for e in region.equations
    )
    region = replace(region, equations=tuple(inner))
    place = 0
    while place < len(region.equations):
        found = _first_kept(region, place, unbound)
        place += found is None
        region = found or region
    return region


def _first_kept(region: Region, place: int, unbound: set[Value]) -> Region | None:
    """Return a region of which a loop keeps one more of its states."""
    eq = region.equations[place]
    if eq.op != "for" or eq.attrs.get("exits") or eq.attrs.get("count"):
        return None
    for carry in range(len(Loop.of(eq).carries)):
        state = _State.of(eq, carry)
        if state is None or Loop.of(eq).inits[carry] in unbound:
            continue
        found = state.kept(region, place)
        if found is not None:
            return found
    return None


@dataclass(frozen=True, slots=True)
class _State:
    """A carry of a loop that each iteration makes anew, by ``maker``."""

    loop: Loop
    place: int
    maker: Equation
    old: Buffer
    new: Buffer

    @staticmethod
    def of(eq: Equation, place: int) -> _State | None:
        """Return a carry as such a state, if it is one."""
        loop = Loop.of(eq)
        state, end, start = loop.carries[place], loop.yields[place], loop.inits[place]
        old, new = state.buffer, end.buffer
        if old is None or new is None or old is new:
            return None
        if not state.type == end.type == start.type or _may_differ(state.type):
            return None
        free = list(captured(eq))[len(eq.operands) :]
        params = [v for v in loop.body.params if v is not state]
        ends = [v for k, v in enumerate(loop.yields) if k != place]
        if {old, new} & buffers((*free, *params, *ends)):
            return None
        makers = [e for e in walk(loop.body) if _makes(e, {new})]
        if len(makers) != 1 or makers[0] not in loop.body.equations:
            return None
        plain = makers[0].op == "empty" and is_plain(loop.body.equations, {old, new})
        return _State(loop, place, makers[0], old, new) if plain else None

    def kept(self, region: Region, place: int) -> Region | None:
        """Return the region around the loop with the state made once.

        A buffer is one variable, and the state after a loop has that of the state in
        it: the memory before must not have had a name that both would need.
        """
        start = self.loop.inits[self.place]
        b = Builder(self.loop.eq.origin, self.loop.eq.backward)
        before, after = region.equations[:place], region.equations[place + 1 :]
        final = buffers([self._final]) - buffers([start])
        if final & buffers(region.params) or any(touches(e, final) for e in before):
            return None
        given = _is_given_up(region, place, start, self._final)
        body = taken_over(self.loop.body, self.old, self.new)
        if not given:
            if start.buffer is self._final.buffer:
                return None
            if body is None and start.buffer is self.old:
                return None
            start = _copy(b, start)
        eq = self._in_turns(start, b) if body is None else self._in_place(start, body)
        made = replace(region, equations=(*before, *b.equations, eq, *after))
        if body is None or not self._stays_one(made.params, after):
            return made
        assert start.buffer is not None
        return together(made, start.buffer, buffers([self._final]) - {start.buffer})

    @property
    def _final(self) -> Value:
        return self.loop.finals[self.place]

    def _stays_one(self, params: Sequence[Value], after: Sequence[Equation]) -> bool:
        """Whether what the state is in the end may be the memory that it was in."""
        final = buffers([self._final])
        inside = [e for eq in after for e in (eq, *_within(eq))]
        again = any(_makes(e, final) for e in inside)
        return is_plain(after, final) and not again and not final & buffers(params)

    def _in_place(self, start: Value, body: Region) -> Equation:
        """Return the loop with its state in the memory that it starts in."""
        assert start.buffer is not None
        eq = self.loop.eq
        at = 3 + self.place
        operands = (*eq.operands[:at], start, *eq.operands[at + 1 :])
        body = together(body, start.buffer, {self.old} - {start.buffer})
        return replace(eq, operands=operands, regions=(body,))

    def _in_turns(self, start: Value, b: Builder) -> Equation:
        """Return the loop with two states in turns; ``b`` emits the other one."""
        eq, body, at = self.loop.eq, self.loop.body, 3 + self.place
        made = self.maker.result
        other = b.emit("empty", *b.dims(start), dtype=made.type.dtype, name=made.name)
        spare, left = fresh(made), replace(fresh(made), buffer=Buffer())
        equations = tuple(e for e in body.equations if e is not self.maker)
        inner = substitute(replace(body, equations=equations), {made: spare})
        last = self.loop.carries[self.place]
        for each in equations:
            last = next((v for v in each.results if v.buffer is self.old), last)
        inner = Region((*inner.params, spare), inner.equations, (*inner.results, last))
        told = {k: v for k, v in eq.attrs.items() if k != "labels"}
        operands = (*eq.operands[:at], start, *eq.operands[at + 1 :], other)
        return replace(
            eq,
            operands=operands,
            results=(*eq.results, left),
            regions=(inner,),
            attrs=MappingProxyType(told),
        )


def _may_differ(kind: Type) -> bool:
    """Whether arrays of one type may have other lengths in each iteration."""
    atoms = (atom for length in kind.shape for atom in length.every_atom)
    return any(isinstance(a, Derived) and a.kind == "joined" for a in atoms)


def _copy(b: Builder, array: Value) -> Value:
    """Emit loops that copy an array."""
    lengths, zero, step = b.dims(array), b.constant(0), b.constant(1)
    made = b.emit("empty", *lengths, dtype=array.type.dtype, name=array.name)
    inner = Builder(b.origin, b.backward)
    counters = [Value(Type("weak_int")) for _ in lengths]
    path = (Index(tuple(At(k) for k in range(len(counters)))),)
    number = inner.emit("index", array, *counters, path=path)
    carry, stored = fresh(made), fresh(made)
    operands, inside = (carry, number, *counters), (True,) * len(counters)
    inner.append("store", operands, (stored,), path=path, inbounds=inside)
    loops = [(c, zero, n) for c, n in zip(counters, lengths, strict=True)]
    like = equation("for", (), (), stands_for="copy")
    like = replace(like, origin=b.origin, backward=b.backward)
    eq = around(inner.equations, loops, step, (carry, stored), like)
    b.equations.append(replace(eq, operands=(*eq.operands[:3], made)))
    return eq.result


def _is_given_up(region: Region, place: int, start: Value, final: Value) -> bool:
    """Whether memory is made in a region for a loop that alone goes on with it."""
    home = start.buffer
    assert home is not None
    before, after = region.equations[:place], region.equations[place + 1 :]
    makers = [e for e in before if _makes(e, {home})]
    if len(makers) != 1 or makers[0].op not in ("empty", "zeros"):
        return False
    given = sum(v.buffer is home for v in captured(region.equations[place]))
    if given != 1 or home in buffers(region.params) or not is_plain(before, {home}):
        return False
    later = {*region.results, *(v for e in after for v in captured(e))}
    if final.buffer is not home:
        return home not in buffers(later) and not any(touches(e, {home}) for e in after)
    return later.isdisjoint(v for e in before for v in e.results if v.buffer is home)


def _makes(eq: Equation, memory: set[Buffer]) -> bool:
    """Whether an equation, other than a loop or a branch, makes memory anew."""
    if eq.op in (*WRITES, "call", *CONTROL) or is_view(eq):
        return False
    return not memory.isdisjoint(buffers(eq.results))


def _within(eq: Equation) -> Iterator[Equation]:
    for region in eq.regions:
        yield from walk(region)
