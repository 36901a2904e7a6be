"""Elements that an inner loop adds to again and again: numbers while it runs.

Before, where nothing tells LLVM that ``a[i]`` is never one of the ``a[j]``::

    for j in range(i):
        a[j] -= w[i, j]
        a[i] += w[i, j]

after::

    total = a[i]
    for j in range(i):
        a[j] -= w[i, j]
        total += w[i, j]
    a[i] = total

Integer elimination over the counters proves that nothing else in the loop touches the
element. Every sum keeps its order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from ..graph.affine import contradictory, implied
from ..graph.buffers import memories
from ..graph.build import Builder
from ..graph.ir import (
    EFFECTS,
    WRITES,
    Buffer,
    Equation,
    Function,
    Program,
    Region,
    Value,
    is_view,
    walk,
)
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.substitute import in_equation, substitute
from ..reverse.sections import counter_facts
from .nests import PURE, element, fresh

AROUND = frozenset({"dim", "for", "while", "if"})
UNFIT = ("exits", "count", "parallel")
Facts = tuple[Linear, ...]
Place = tuple[Buffer, tuple[Linear, ...]]


def totals(program: Program) -> Program:
    """Return lowered functions whose inner loops hold fixed elements as numbers."""
    return program.map(_function)


def _function(function: Function) -> Function:
    views = frozenset(eq.result for eq in walk(function.body) if is_view(eq))
    front = bool(function.attrs.get("from_front"))
    holder = _Holder(memories(function.body), views, front)
    return replace(function, body=holder.region(function.body, ()))


@dataclass(frozen=True, slots=True)
class _Holder:
    """``same`` as `memories` gives it; ``front`` says that no index is negative."""

    same: Mapping[Buffer, Buffer]
    views: frozenset[Value]
    front: bool

    def region(self, region: Region, facts: Facts) -> Region:
        """Return a region with the loops in it, inner ones first, over numbers."""
        out: list[Equation] = []
        for eq in region.equations:
            inside = (*facts, *counter_facts(eq)) if eq.op == "for" else facts
            if eq.regions:
                regions = tuple(self.region(r, inside) for r in eq.regions)
                eq = replace(eq, regions=regions)
            out += self._held(eq, facts)
        return replace(region, equations=tuple(out))

    def _held(self, eq: Equation, facts: Facts) -> Sequence[Equation]:
        if eq.op != "for" or any(map(eq.attrs.get, UNFIT)):
            return (eq,)
        step = eq.operands[2].as_linear.value
        loop, inside = Loop.of(eq), (*facts, *counter_facts(eq))
        touched = list(_touched(loop.body, inside))
        found = {
            place: members
            for place, members in _fixed(loop).items()
            if step and self._is_alone(place, members, touched, inside)
        }
        if not found:
            return (eq,)
        exists = all(_is_inside(m[0], facts) for m in found.values())
        return _Held(loop, found).made(guarded=not exists)

    def _is_alone(
        self,
        place: Place,
        members: Sequence[Equation],
        touched: Sequence[tuple[Equation, Facts]],
        facts: Facts,
    ) -> bool:
        """Whether nothing else in a loop touches an element."""
        buffer, at = place
        root = self.same.get(buffer, buffer)
        for eq, known in touched:
            if eq in members:
                continue
            near = [v for v in (*eq.operands, *eq.results) if v.buffer is not None]
            roots = [self.same.get(b, b) for v in near if (b := v.buffer)]
            if root not in roots:
                continue
            if eq.op not in WRITES | {"index"} or self.views.intersection(near):
                return False
            slots = element(eq)
            if slots is None or eq.operands[0].buffer is not buffer:
                return False
            others = [v.as_linear for v in slots]
            if len(others) != len(at) or not self._apart(at, others, known, facts):
                return False
        return not any(self.views.intersection(eq.operands) for eq in members)

    def _apart(
        self, at: Sequence[Linear], others: Sequence[Linear], known: Facts, facts: Facts
    ) -> bool:
        """Whether two elements differ on an axis, in whatever iterations."""
        for one, other in zip(at, others, strict=True):
            gap = one - other
            if not contradictory((*known, gap, -gap)):
                continue
            if self.front or (implied(facts, one) and implied(known, other)):
                return True
        return False


def _fixed(loop: Loop) -> dict[Place, list[Equation]]:
    """Return the writes and reads of elements that stay the same in all iterations."""
    changing = {*loop.body.params, *(r for e in walk(loop.body) for r in e.results)}
    carried = {v.buffer for v in loop.carries if v.buffer is not None}
    makers = {r: e for e in loop.body.equations for r in e.results}
    rows = zip(loop.inits, loop.carries, loop.finals, strict=True)
    stays = all(i.buffer is c.buffer is f.buffer for i, c, f in rows)
    checks = any(e.op in EFFECTS for e in walk(loop.body))
    found: dict[Place, list[Equation]] = {}
    for eq in loop.body.equations:
        if eq.op != "index" and eq.op not in WRITES or not stays:
            continue
        buffer, slots = eq.operands[0].buffer, element(eq)
        if buffer not in carried or buffer is None or slots is None:
            continue
        if checks and buffer.parameter or len(slots) != eq.operands[0].type.rank:
            continue
        at = tuple(v.as_linear for v in slots)
        steady = all(changing.isdisjoint(form.every_atom) for form in at)
        if steady and all(_is_steady(v, makers, changing) for v in slots):
            found.setdefault((buffer, at), []).append(eq)
    return {place: eqs for place, eqs in found.items() if _is_sum(eqs)}


def _is_steady(
    value: Value, makers: Mapping[Value, Equation], changing: set[Value]
) -> bool:
    """Whether an integer is made outside, or from such at once."""
    eq = makers.get(value)
    return value not in changing or (
        eq is not None and eq.op in PURE and changing.isdisjoint(eq.operands)
    )


def _is_sum(members: Sequence[Equation]) -> bool:
    """Whether an element is only added to."""
    kinds = {e.operands[1].type.dtype for e in members if e.op == "accumulate"}
    return (
        all(e.op == "accumulate" for e in members)
        and kinds == {members[0].operands[0].type.dtype}
        and members[0].operands[0].type.is_inexact
    )


def _touched(region: Region, facts: Facts) -> Iterator[tuple[Equation, Facts]]:
    """Yield what may touch memory, with what is known of integers there."""
    for eq in region.equations:
        inside = (*facts, *counter_facts(eq)) if eq.op == "for" else facts
        for inner in eq.regions:
            yield from _touched(inner, inside)
        if eq.op not in AROUND:
            yield eq, facts


def _is_inside(eq: Equation, facts: Facts) -> bool:
    """Whether an element surely exists, whether or not the loop runs."""
    forms = [v.as_linear for v in element(eq) or ()]
    pairs = zip(forms, eq.operands[0].type.shape, strict=True)
    return all(implied(facts, f) and implied(facts, n - 1 - f) for f, n in pairs)


@dataclass(frozen=True, slots=True)
class _Held:
    """A loop, and what adds to each of some elements."""

    loop: Loop
    found: Mapping[Place, Sequence[Equation]]

    def made(self, guarded: bool) -> Sequence[Equation]:
        """Return what stands for the loop; ``guarded``: if it runs at all."""
        loop, firsts = self.loop, [members[0] for members in self.found.values()]
        builder = Builder(loop.eq.origin, loop.eq.backward)
        places = [
            tuple(self._slot(builder, v) for v in element(e) or ()) for e in firsts
        ]
        arrays = {i.buffer: i for i in loop.inits}
        starts = []
        for eq, slots in zip(firsts, places, strict=True):
            start = Value(eq.operands[1].type, None, hint="total")
            array = arrays[eq.operands[0].buffer]
            builder.append("index", (array, *slots), (start,), **_attrs(eq))
            starts.append(start)
        finals = tuple(map(fresh, loop.finals))
        sums = tuple(map(fresh, starts))
        builder.equations.append(self._over_numbers(starts, (*finals, *sums)))
        arrays = {v.buffer: v for v in finals}
        for eq, slots, total in zip(firsts, places, sums, strict=True):
            before = arrays[eq.operands[0].buffer]
            stored = arrays[before.buffer] = fresh(before)
            builder.append("store", (before, total, *slots), (stored,), **_attrs(eq))
        ends = tuple(v if v.buffer is None else arrays[v.buffer] for v in finals)
        region = Region((), tuple(builder.equations), ends)
        if not guarded:
            renamed = dict(zip(ends, loop.finals, strict=True))
            return substitute(region, renamed).equations
        start, stop, step = loop.bounds
        outer = Builder(loop.eq.origin, loop.eq.backward)
        up = (step.as_linear.value or 1) > 0
        runs = outer.emit("less" if up else "greater", start, stop)
        regions = (region, Region((), (), loop.inits))
        outer.append("if", (runs,), loop.finals, regions, stands_for="for")
        return outer.equations

    def _slot(self, builder: Builder, value: Value) -> Value:
        """Return an index, made before the loop."""
        makers = {r: e for e in self.loop.body.equations for r in e.results}
        if value not in makers:
            return value
        made = replace(makers[value], results=(fresh(value),))
        builder.equations.append(made)
        return made.result

    def _over_numbers(
        self, starts: Sequence[Value], results: tuple[Value, ...]
    ) -> Equation:
        """Return the loop, with the numbers last among its carries."""
        loop, params = self.loop, [fresh(v) for v in starts]
        groups = {e: k for k, g in enumerate(self.found.values()) for e in g}
        negated = {e.result: e for e in loop.body.equations if e.op == "negative"}
        now, mapping = list(params), dict[Value, Value]()
        equations: list[Equation] = []
        for eq in loop.body.equations:
            made, place = in_equation(eq, mapping), groups.get(eq)
            if place is not None:
                mapping[eq.result] = made.operands[0]
                made = _added(made, now[place], negated)
                now[place] = made.result
            equations.append(made)
        yields = (mapping.get(v, v) for v in loop.body.results)
        attrs = {k: v for k, v in loop.eq.attrs.items() if k not in ("labels", "kinds")}
        body = Region((*loop.body.params, *params), tuple(equations), (*yields, *now))
        return replace(
            loop.eq,
            operands=(*loop.eq.operands, *starts),
            results=results,
            regions=(body,),
            attrs=MappingProxyType(attrs),
        )


def _added(eq: Equation, total: Value, negated: Mapping[Value, Equation]) -> Equation:
    """Return what adds to a number instead of an element."""
    added, op, sign = eq.operands[1], "add", "+="
    if added in negated:
        (added,), op, sign = negated[added].operands, "subtract", "-="
    attrs = MappingProxyType({"spelled": sign})
    return replace(
        eq, op=op, operands=(total, added), results=(fresh(total),), attrs=attrs
    )


def _attrs(eq: Equation) -> dict[str, Any]:
    """Return how an equation indexes, for another one at the same element."""
    return {k: eq.attrs[k] for k in ("path", "inbounds") if k in eq.attrs}
