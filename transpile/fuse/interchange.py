"""The order of two loops, one inside the other, by how they go through memory.

Before, down the columns of arrays that lie in rows::

    for j in range(n - 1, i - 1, -1):
        for k in range(i - 1, -1, -1):
            a[k, j] -= b[i, j] * l[i, k]
            a[i, k] -= b[i, j] * l[k, j]

after, along rows, what belongs to one element summed apart from it::

    for k in range(i - 1, -1, -1):
        total = a[i, k]
        for j in range(n - 1, i - 1, -1):
            a[k, j] -= b[i, j] * l[i, k]
            total -= b[i, j] * l[k, j]
        a[i, k] = total

Cost model: an access costs nothing where the inner counter is in none of its indices,
1 where it is in the last one alone, and `STRIDE` where it is in another: another cache
line each time. Ties stay as they are.

It is done only where no two accesses to one element, of which one writes, change their
order; integer elimination over the counters proves that. So every sum is taken in the
order that it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from ..graph.affine import contradictory
from ..graph.buffers import memories
from ..graph.build import Builder
from ..graph.ir import Buffer, Equation, Function, Program, Region, Value, walk
from ..graph.loopform import Loop
from ..graph.substitute import substitute
from ..lower.tidy import tidy
from ..reverse.sections import counter_facts
from ..reverse.thread import Env, Threader
from .nests import fresh
from .pair import PURE, Facts, Pair, accesses, behind, depends
from .spread import spread

SIGNS = {"add": "+=", "subtract": "-="}


def interchange(program: Program) -> Program:
    """Return lowered functions with pairs of loops in the better order."""
    return program.map(_function)


def _function(function: Function) -> Function:
    body, front = function.body, bool(function.attrs.get("from_front"))
    makers = {r: e for e in walk(body) for r in e.results}
    orders = _Orders(memories(body), makers, front)
    return replace(function, body=tidy(orders.region(body, ())))


@dataclass(frozen=True, slots=True)
class _Orders:
    """``same`` gives for a buffer another that stands for the same memory.

    ``front`` says that no index is negative.
    """

    same: Mapping[Buffer, Buffer]
    makers: Mapping[Value, Equation]
    front: bool

    def region(self, region: Region, facts: Facts) -> Region:
        """Return a region with the loops in it in the better order."""
        out: list[Equation] = []
        renamed: dict[Value, Value] = {}
        for eq in region.equations:
            known = facts
            if eq.op == "for":
                known = (*facts, *counter_facts(eq))
                made = self._exchanged(eq, facts) or self._spread(eq, facts)
                if made is not None:
                    out += made.equations
                    renamed.update(zip(eq.results, made.results, strict=True))
                    continue
            inner = tuple(self.region(r, known) for r in eq.regions)
            out.append(replace(eq, regions=inner) if inner else eq)
        return substitute(replace(region, equations=tuple(out)), renamed)

    def _exchanged(self, eq: Equation, facts: Facts) -> Region | None:
        """Return what stands for a loop around others, if it is better inside them."""
        pair = Pair.of(eq, facts, self.same, self.front)
        if pair is None or not pair.is_better() or not pair.is_legal():
            return None
        return _Exchange(pair).exchanged()

    def _spread(self, eq: Equation, facts: Facts) -> Region | None:
        """Return what stands for a loop that is better as several."""
        made = spread(eq, facts, self.same, self.makers, self.front)
        return None if made is None else self.region(made, facts)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """Makes the other order of a pair."""

    pair: Pair

    def exchanged(self) -> Region:
        """Return the loops in the other order, and what the arrays are after them."""
        equations = [e for e in self.pair.numbers if self._is_fixed(e)]
        equations += self._checks()
        for each in self.pair.inner:
            equations.append(self._nest(each))
        # Other loops beside this one may define the same numbers.
        moved = [e.result for e in self.pair.numbers if self._is_fixed(e)]
        region = Region((), tuple(equations), ())
        region = substitute(region, {v: fresh(v) for v in moved})
        written = {c.buffer for c in self.pair.loop.carries}
        versions = {
            v: v.buffer
            for eq in walk(region)
            for v in (*eq.operands, *eq.results)
            if v.buffer in written
        }
        env: Env = {v.buffer: v for v in self.pair.loop.inits}
        made, after = Threader(versions).region(region, env)
        finals = tuple(after[v.buffer] for v in self.pair.loop.inits)
        return replace(made, results=finals)

    def _checks(self) -> Iterator[Equation]:
        """Yield a loop for what is checked in every iteration of the outer one."""
        loop, numbers = self.pair.loop, self.pair.numbers
        checks = [e for e in numbers if e.op == "check"]
        needed = behind(checks, numbers)
        kept = (e for e in numbers if e in needed or e in checks)
        body = tuple(e for e in kept if e in checks or not self._is_fixed(e))
        assert loop.counter is not None
        if checks:
            yield _bare(loop.eq, loop.bounds, Region((loop.counter,), body, ()))

    def _is_fixed(self, eq: Equation) -> bool:
        """Whether a number is the same in all iterations, and needs no memory."""
        return eq.op in PURE and not depends(
            eq, self.pair.loop.counter, self.pair.numbers
        )

    def _nest(self, each: Loop) -> Equation:
        """Return one of the inner loops, with the outer one inside it."""
        assert each.counter is not None and self.pair.loop.counter is not None
        needed = behind(each.body.equations, self.pair.numbers)
        numbers = [
            e for e in self.pair.numbers if e in needed and not self._is_fixed(e)
        ]
        body = [*numbers, *each.body.equations]
        inside = {self.pair.loop.counter}
        head: list[Equation] = []
        rest: list[Equation] = []
        for eq in body:
            if eq.op in PURE and not inside & set(eq.operands):
                head.append(eq)
            else:
                inside.update(eq.results)
                rest.append(eq)
        region = Region((each.counter,), (*head, *self._sums(each, rest, inside)), ())
        return _bare(each.eq, each.bounds, region)

    def _sums(
        self, each: Loop, body: list[Equation], inside: set[Value]
    ) -> list[Equation]:
        """Return the loop that goes inside, with sums into one element as numbers."""
        loop = self.pair.loop
        assert loop.counter is not None
        builder = Builder(loop.eq.origin, loop.eq.backward)
        sums = [e for e in body if self._is_sum(each, e, body, inside)]
        starts = [_load(builder, e) for e in sums]
        carries = [fresh(v) for v in starts]
        yields = [fresh(v) for v in starts]
        finals = [fresh(v) for v in starts]
        for eq, carry, result in zip(sums, carries, yields, strict=True):
            body[body.index(eq)] = _added(eq, carry, result, body)
        region = Region((loop.counter, *carries), tuple(body), tuple(yields))
        made = _bare(loop.eq, loop.bounds, region)
        operands = (*made.operands, *starts)
        builder.equations.append(
            replace(made, operands=operands, results=tuple(finals))
        )
        for eq, final in zip(sums, finals, strict=True):
            operands = (eq.operands[0], final, *eq.operands[2:])
            builder.append("store", operands, eq.results, **_place(eq))
        if not sums or self._runs(each):
            return builder.equations
        return [*self._guarded(builder.equations)]

    def _is_sum(
        self, each: Loop, eq: Equation, body: Iterable[Equation], inside: set[Value]
    ) -> bool:
        """Whether an equation adds to one element, which nothing else touches."""
        if eq.op != "accumulate" or inside & set(eq.operands[2:]):
            return False
        if eq.operands[1].type.dtype != eq.operands[0].type.dtype:
            return False
        others = [e for e in accesses(body) if e is not eq]
        return not any(
            self.pair.may_meet(eq, e) and self.pair.meet(eq, e, (each, each), None)
            for e in others
        )

    def _runs(self, each: Loop) -> bool:
        """Whether the loop that goes inside surely runs."""
        start, stop, step = (v.as_linear for v in self.pair.loop.bounds)
        left = stop - start if step.value == 1 else start - stop
        around = self.pair.facts[: -len(list(counter_facts(self.pair.loop.eq)))]
        return contradictory([*around, *counter_facts(each.eq), -left])

    def _guarded(self, equations: Sequence[Equation]) -> Iterator[Equation]:
        """Yield equations under the condition that the loop among them runs."""
        start, stop, step = self.pair.loop.bounds
        builder = Builder(self.pair.loop.eq.origin, self.pair.loop.eq.backward)
        op = "less" if step.as_linear.value == 1 else "greater"
        runs = builder.emit(op, start, stop)
        regions = (Region((), tuple(equations), ()), Region((), (), ()))
        builder.append("if", (runs,), (), regions, stands_for="for")
        yield from builder.equations


# ---- equations ----


def _load(builder: Builder, eq: Equation) -> Value:
    """Emit the read of the element to which an equation adds."""
    kind = Value(eq.operands[1].type, None, hint="total")
    operands = (eq.operands[0], *eq.operands[2:])
    builder.append("index", operands, (kind,), **_place(eq))
    return kind


def _added(
    eq: Equation, carry: Value, result: Value, body: Iterable[Equation]
) -> Equation:
    """Return what adds to a number instead of an element."""
    makers = {e.result: e for e in body if e.op == "negative"}
    added, op = eq.operands[1], "add"
    if added in makers:
        (added,), op = makers[added].operands, "subtract"
    attrs: Mapping[str, object] = MappingProxyType({"spelled": SIGNS[op]})
    return replace(eq, op=op, operands=(carry, added), results=(result,), attrs=attrs)


def _place(eq: Equation) -> dict[str, Any]:
    """Return how an equation indexes, for another one at the same element."""
    return {k: eq.attrs[k] for k in ("path", "inbounds") if k in eq.attrs}


def _bare(eq: Equation, bounds: Sequence[Value], region: Region) -> Equation:
    """Return a loop that carries nothing yet."""
    attrs = {k: v for k, v in eq.attrs.items() if k not in ("labels", "kinds")}
    return replace(
        eq,
        operands=tuple(bounds),
        results=(),
        regions=(region,),
        attrs=MappingProxyType(attrs),
    )
