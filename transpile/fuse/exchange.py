"""Two loops in the other order, as `interchange` asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from ..graph.affine import contradictory
from ..graph.build import Builder
from ..graph.ir import Equation, Region, Value, walk
from ..graph.loopform import Loop
from ..graph.substitute import substitute
from ..reverse.sections import counter_facts
from ..reverse.thread import Env, Threader
from .nests import fresh
from .pair import PURE, Pair, accesses, bare, behind, depends
from .strips import in_strips, recurs

SIGNS = {"add": "+=", "subtract": "-="}


@dataclass(frozen=True, slots=True)
class Exchange:
    """Makes the other order of a pair."""

    pair: Pair

    def exchanged(self) -> Region:
        """Return the loops in the other order, and what the arrays are after them."""
        equations = [e for e in self.pair.numbers if self._is_fixed(e)]
        equations += self._checks()
        for each in self.pair.inner:
            equations += self._nest(each)
        # Other loops beside this one may define the same numbers.
        moved = [e.result for e in self.pair.numbers if self._is_fixed(e)]
        region = Region((), tuple(equations), ())
        return threaded(
            substitute(region, {v: fresh(v) for v in moved}), self.pair.loop
        )

    def _checks(self) -> Iterator[Equation]:
        """Yield a loop for what is checked in every iteration of the outer one."""
        loop, numbers = self.pair.loop, self.pair.numbers
        checks = [e for e in numbers if e.op == "check"]
        needed = behind(checks, numbers)
        kept = (e for e in numbers if e in needed or e in checks)
        body = tuple(e for e in kept if e in checks or not self._is_fixed(e))
        assert loop.counter is not None
        if checks:
            yield bare(loop.eq, loop.bounds, Region((loop.counter,), body, ()))

    def _is_fixed(self, eq: Equation) -> bool:
        """Whether a number is the same in all iterations, and needs no memory."""
        return eq.op in PURE and not depends(
            eq, self.pair.loop.counter, self.pair.numbers
        )

    def _nest(self, each: Loop) -> list[Equation]:
        """Return one of the inner loops, with the outer one inside it."""
        assert each.counter is not None
        needed = behind(each.body.equations, self.pair.numbers)
        numbers = [
            e for e in self.pair.numbers if e in needed and not self._is_fixed(e)
        ]
        assert self.pair.loop.counter is not None
        loop = self.pair.loop
        if recurs(self.pair, each):
            region = Region((self.pair.loop.counter,), (*numbers, each.eq), ())
            return in_strips(each, bare(loop.eq, loop.bounds, region))
        body = [*numbers, *each.body.equations]
        head, rest, inside = parted(body, self.pair.loop.counter)
        region = Region((each.counter,), (*head, *self._sums(each, rest, inside)), ())
        return [bare(each.eq, each.bounds, region)]

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
        made = bare(loop.eq, self.pair.loop.bounds, region)
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


def parted(
    body: Iterable[Equation], counter: Value
) -> tuple[list[Equation], list[Equation], set[Value]]:
    """Return what does not follow from a counter, the rest, and what that computes."""
    inside = {counter}
    head: list[Equation] = []
    rest: list[Equation] = []
    for eq in body:
        if eq.op in PURE and not inside & set(eq.operands):
            head.append(eq)
        else:
            inside.update(eq.results)
            rest.append(eq)
    return head, rest, inside


def threaded(region: Region, loop: Loop) -> Region:
    """Return what stands for a loop, with what the arrays of the loop are after it."""
    written = {c.buffer for c in loop.carries}
    versions = {
        v: v.buffer
        for eq in walk(region)
        for v in (*eq.operands, *eq.results)
        if v.buffer in written
    }
    env: Env = {v.buffer: v for v in loop.inits}
    made, after = Threader(versions).region(region, env)
    return replace(made, results=tuple(after[v.buffer] for v in loop.inits))


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
