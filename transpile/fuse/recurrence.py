"""A recurrence as two loops, as `apart` asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..graph.affine import implied
from ..graph.build import Builder
from ..graph.ir import At, Buffer, Equation, Index, Region, Type, Value
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.substitute import substitute
from .nests import Copier, element, fresh
from .pair import Facts, bare, behind, depends

LEAST = 4  # operations that need not wait, from which on it pays
LINE = (Index((At(0),)),)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A loop that stores one element on an axis, and reads the one stored before."""

    loop: Loop
    store: Equation
    before: Equation
    axis: int

    def parted(self, facts: Facts) -> list[Equation] | None:
        """Return two loops, None if that does not pay or not all is a sum."""
        if self.store.operands[1].type.dtype != self.array.type.dtype:
            return None
        path = self._path()
        rest = None if path is None else self._rest(path)
        if path is None or not rest or sum(map(_is_work, rest)) < LEAST:
            return None
        ahead, block = self._builder(), self._builder()
        row = self._kept(ahead, rest)
        final = self._waiting(block, path, row)
        region = Region((), tuple(block.equations), (final,))
        if self._exists(facts):
            ahead.equations += substitute(
                region, {final: self.loop.finals[0]}
            ).equations
            return ahead.equations
        start, stop, step = self.loop.bounds
        op = "less" if step.as_linear.value == 1 else "greater"
        runs = ahead.emit(op, start, stop)
        regions = (region, Region((), (), self.loop.inits))
        ahead.append("if", (runs,), self.loop.finals, regions, stands_for="for")
        return ahead.equations

    @property
    def array(self) -> Value:
        """The array before the loop."""
        return self.loop.inits[0]

    @property
    def counter(self) -> Value:
        """The counter of the loop."""
        assert self.loop.counter is not None
        return self.loop.counter

    def _builder(self) -> Builder:
        return Builder(self.loop.eq.origin, self.loop.eq.backward)

    def _exists(self, facts: Facts) -> bool:
        """Whether there is an element before the first, also if the loop never runs."""
        forms = map(self._at_start, element(self.before) or ())
        pairs = zip(forms, self.array.type.shape, strict=True)
        return all(implied(facts, f) and implied(facts, n - 1 - f) for f, n in pairs)

    def _at_start(self, index: Value) -> Linear:
        start = self.loop.bounds[0].as_linear
        return index.as_linear.substitute({self.counter: start})

    # ---- the path from the element before to the new one ----

    def _path(self) -> list[Equation] | None:
        """Return what leads from the element before to the new one, in order."""
        found: list[Equation] = []
        now, body = self.before.result, self.loop.body.equations
        while True:
            users = [e for e in body if now in e.operands]
            if len(users) != 1 or users[0].operands.count(now) != 1:
                return None
            if users[0] is self.store:
                return found
            if not self._is_linear(users[0], now):
                return None
            found.append(users[0])
            now = users[0].result

    def _is_linear(self, eq: Equation, now: Value) -> bool:
        """Whether a number is added to another, or multiplied by one that stays."""
        if eq.op in ("add", "subtract", "negative"):
            return True
        if eq.op == "multiply" or (eq.op == "divide" and eq.operands[0] is now):
            (other,) = (v for v in eq.operands if v is not now)
            body = self.loop.body.equations
            made = next((e for e in body if other in e.results), None)
            fixed = made is None or not depends(made, self.counter, body)
            return fixed and other is not self.counter
        return False

    # ---- the loop that does not wait ----

    def _rest(self, path: Sequence[Equation]) -> list[Equation] | None:
        """Return what leads to what is added; the last makes that number."""
        block, now = self._builder(), self.before.result
        total: Value | None = None
        for eq in path:
            total, now = _without(block, eq, now, total), eq.result
        if total is None or total.type.dtype != self.array.type.dtype:
            return None
        left = {*path, self.before, self.store}
        body = [e for e in self.loop.body.equations if e not in left]
        return _makers((total,), [*body, *block.equations])

    def _kept(self, ahead: Builder, rest: Sequence[Equation]) -> Value:
        """Write the loop that keeps what does not wait; return where."""
        array, inner = self.array, self._builder()
        kind = Type(array.type.dtype, (array.type.shape[self.axis],))
        row = Value(kind, None, Buffer("rest"), hint="rest")
        length = ahead.dim(array, self.axis)
        ahead.append("empty", (length,), (row,), dtype=array.type.dtype)
        inner.equations += rest
        slot = self._slot(inner, rest)
        carry, kept, final = fresh(row), fresh(row), fresh(row)
        operands = (carry, rest[-1].result, slot)
        inner.append("store", operands, (kept,), path=LINE, inbounds=(True,))
        region = Region((self.counter, carry), tuple(inner.equations), (kept,))
        (param,) = self.loop.carries
        region = substitute(region, {param: array})
        loop = bare(self.loop.eq, self.loop.bounds, region)
        given = (*loop.operands, row)
        ahead.equations.append(replace(loop, operands=given, results=(final,)))
        return final

    def _slot(self, block: Builder, there: Sequence[Equation]) -> Value:
        """Return the index on the axis, made where it is not yet."""
        slot = (element(self.store) or ())[self.axis]
        body = self.loop.body.equations
        block.equations += (e for e in _makers((slot,), body) if e not in there)
        return slot

    # ---- the loop that waits ----

    def _waiting(self, block: Builder, path: Sequence[Equation], row: Value) -> Value:
        """Write the loop over what was kept; return the array after it."""
        loop, (carry,) = self.loop, self.loop.carries
        first = self._first(block)
        last, inner = replace(fresh(first), hint="last"), self._builder()
        slots = element(self.store) or ()
        inner.equations += _makers(slots, loop.body.equations)
        slot = slots[self.axis]
        rest = inner.emit("index", row, slot, path=LINE, inbounds=(True,))
        term, minus = self._scaled(block, inner, path, last)
        total = inner.emit("subtract" if minus else "add", rest, term)
        stored = (carry, total, *self.store.operands[2:])
        inner.equations.append(replace(self.store, operands=stored))
        params = (self.counter, carry, last)
        region = Region(params, tuple(inner.equations), (*loop.yields, total))
        made_loop = bare(loop.eq, loop.bounds, region)
        operands = (*made_loop.operands, self.array, first)
        final = fresh(self.array)
        results = (final, fresh(last))
        block.equations.append(replace(made_loop, operands=operands, results=results))
        return final

    def _first(self, block: Builder) -> Value:
        """Write the read of the element before the first iteration."""
        body, slots = self.loop.body.equations, []
        copier = Copier(self.loop.eq, {self.counter: self.loop.bounds[0]})
        for slot in element(self.before) or ():
            number = self._at_start(slot).value
            if number is not None:
                slots.append(copier.constant(number))
                continue
            for eq in _makers((slot,), body):
                copier.copy(eq)
            slots.append(copier.mapping.get(slot, slot))
        block.equations += copier.equations
        attrs = self.before.attrs
        place = {k: attrs[k] for k in ("path", "inbounds") if k in attrs}
        return block.emit("index", self.array, *slots, **place)

    def _scaled(
        self, block: Builder, inner: Builder, path: Sequence[Equation], last: Value
    ) -> tuple[Value, bool]:
        """Return what becomes of the element before, and whether it is taken away."""
        term, minus, now = last, False, self.before.result
        for eq in path:
            minus ^= (
                eq.op == "negative" or eq.operands[1:] == (now,) and eq.op == "subtract"
            )
            if eq.op in ("multiply", "divide"):
                (other,) = (v for v in eq.operands if v is not now)
                made = _makers((other,), self.loop.body.equations)
                again = {e.result: fresh(e.result) for e in made}
                copied = substitute(Region((), tuple(made), ()), again)
                block.equations += copied.equations
                term = inner.emit(eq.op, term, again.get(other, other))
            now = eq.result
        return term, minus


def _without(
    block: Builder, eq: Equation, now: Value, total: Value | None
) -> Value | None:
    """Return what an equation on the path makes of the total of all else."""
    if eq.op == "negative":
        return None if total is None else block.emit("negative", total)
    (other,) = (v for v in eq.operands if v is not now)
    if eq.op in ("add", "subtract") and total is None:
        turns = eq.op == "subtract" and eq.operands[0] is now
        return block.emit("negative", other) if turns else other
    if total is None:
        return None
    operands = (total, other) if eq.operands[0] is now else (other, total)
    return block.emit(eq.op, *operands)


def _is_work(eq: Equation) -> bool:
    return eq.result.type.is_inexact and eq.op not in ("index", "constant")


def _makers(values: Sequence[Value], body: Sequence[Equation]) -> list[Equation]:
    """Return those equations that lead to some values, in order."""
    made = [e for e in body if not set(values).isdisjoint(e.results)]
    needed = {*behind(made, body), *made}
    return [e for e in body if e in needed]
