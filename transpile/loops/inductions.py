"""Induction variables: integers that grow by a known step, as formulas of counters.

Before::

    idx = d
    for j in range(d):
        for i in range(j + 1, d):
            ... a[idx] ...
            idx += 1

after, ``idx`` is ``d + j * (d - 1) - j * (j - 1) // 2`` at the head of an iteration of
the outer loop, and that plus ``i - j - 1`` inside. The backward part then has nothing
to save, and no loop waits for the one before (Muchnick, "Advanced Compiler Design and
Implementation", 1997, section 14.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..graph.affine import implied
from ..graph.build import Builder
from ..graph.ir import Equation, Function, Program, Region, Value, captured
from ..graph.linear import Linear
from ..graph.loopform import Loop, without_carry
from ..graph.substitute import substitute
from ..reverse.sizes import Sizes

Facts = tuple[Linear, ...]


def close_inductions(program: Program) -> Program:
    """Return the program with induction variables computed from counters."""
    return program.map(_function)


def _function(function: Function) -> Function:
    closer = _Closer(Sizes(function), set())
    body = closer.region(function.body, ())
    return replace(function, body=_pruned(body, closer.closed))


@dataclass(frozen=True, slots=True)
class _Closer:
    sizes: Sizes
    closed: set[Value]  # the carries that nothing reads any more

    def region(self, region: Region, facts: Facts) -> Region:
        """Return a region whose loops read formulas instead of what they count."""
        equations = []
        for eq in region.equations:
            if eq.op == "for":
                eq = self._loop(eq, facts)
            elif eq.regions:
                regions = tuple(self.region(r, facts) for r in eq.regions)
                eq = replace(eq, regions=regions)
            equations.append(eq)
        return replace(region, equations=tuple(equations))

    def _loop(self, eq: Equation, facts: Facts) -> Equation:
        loop = Loop.of(eq)
        inside = (*facts, *_counter_facts(loop))
        body, head = loop.body, Builder(eq.origin)
        for carry, init, after in zip(
            loop.carries, loop.inits, loop.yields, strict=True
        ):
            if carry.type.dtype != "weak_int" or carry.type.rank or after is carry:
                continue
            growth = _growth(loop.body, carry, after, inside)
            if growth is None or not _is_fixed(growth, loop):
                continue
            now = self._formula(head, init, growth, loop, carry)
            if now is not None:
                body = substitute(replace(body, params=()), {carry: now})
                body = replace(body, params=loop.body.params)
                self.closed.add(carry)
        made = replace(body, equations=(*head.equations, *body.equations))
        return replace(eq, regions=(self.region(made, inside),))

    def _formula(
        self, builder: Builder, init: Value, growth: Linear, loop: Loop, carry: Value
    ) -> Value | None:
        """Emit what a carry is at an iteration: the start and what was added before."""
        counter, (start, _, step) = loop.counter, loop.bounds
        by = step.as_linear.value
        if counter is None or by not in (1, -1):
            return None
        slope = sum(f for atom, f in growth.terms if atom is counter)
        first = growth.substitute({counter: start.as_linear})
        if not self.sizes.knows_all(first):
            return None
        gone = counter
        if start.as_linear.value != 0 or by < 0:
            ends = (counter, start) if by > 0 else (start, counter)
            gone = builder.emit("subtract", *ends)
        total = init
        if first != Linear.number(0):
            each = self.sizes.value(builder, first)
            assert each is not None
            more = gone if first.value == 1 else builder.emit("multiply", each, gone)
            total = builder.emit("add", total, more)
        if slope:
            less = builder.emit("subtract", gone, builder.constant(1))
            pairs = builder.emit("multiply", gone, less)
            pairs = builder.emit("floor_divide", pairs, builder.constant(2))
            factor = abs(slope)
            if factor != 1:
                pairs = builder.emit("multiply", builder.constant(factor), pairs)
            op = "add" if slope * by > 0 else "subtract"
            total = builder.emit(op, total, pairs)
        if total is not init and builder.equations:
            last = builder.equations[-1]
            named = replace(last.result, name=carry.name)
            builder.equations[-1] = replace(last, results=(named,))
            total = named
        return total


def _pruned(region: Region, closed: set[Value]) -> Region:
    """Return a region without closed carries of which nothing reads the end either."""
    read = {v for eq in region.equations for v in captured(eq)} | set(region.results)
    equations = []
    for eq in region.equations:
        if eq.op == "for":
            loop = Loop.of(eq)
            for carry, final in zip(loop.carries, loop.finals, strict=True):
                if carry in closed and final not in read:
                    eq = without_carry(eq, carry)
        if eq.regions:
            regions = tuple(_pruned(r, closed) for r in eq.regions)
            eq = replace(eq, regions=regions)
        equations.append(eq)
    return replace(region, equations=tuple(equations))


def _counter_facts(loop: Loop) -> Facts:
    """Return the range of a loop's counter, if the loop goes step by step."""
    start, stop, step = (v.as_linear for v in loop.bounds)
    if loop.counter is None or step.value not in (1, -1):
        return ()
    at = loop.counter.as_linear
    if step.value == 1:
        return (at - start, stop - 1 - at)
    return (start - at, at - stop - 1)


def _is_fixed(growth: Linear, loop: Loop) -> bool:
    """Whether a form has nothing of a loop's body in it but the counter."""
    inner = {v for eq in loop.body.equations for v in eq.results}
    inner |= set(loop.carries)
    return all(atom not in inner for atom in growth.every_atom)


def _growth(body: Region, before: Value, after: Value, facts: Facts) -> Linear | None:
    """Return by how much a number grows in a body; None if that is not known."""
    makers = {r: eq for eq in body.equations for r in eq.results}
    total = Linear.number(0)
    while after is not before:
        eq = makers.get(after)
        if eq is None or after.type.dtype != "weak_int":
            return None
        if eq.op in ("add", "subtract"):
            found = _step(eq, before, makers)
        else:
            found = _loop_growth(eq, after, facts) if eq.op == "for" else None
        if found is None:
            return None
        after, more = found
        total = total + more
    return total


def _step(
    eq: Equation, before: Value, makers: Mapping[Value, Equation]
) -> tuple[Value, Linear] | None:
    """Return what an addition starts from, and what it adds."""
    one, other = eq.operands
    for base, more in ((one, other), (other, one)):
        leads = base is before or (
            base in makers and makers[base].op in ("add", "subtract", "for")
        )
        if leads and not (eq.op == "subtract" and base is other):
            form = more.as_linear
            return base, form if eq.op == "add" else -form
    return None


def _loop_growth(
    eq: Equation, after: Value, facts: Facts
) -> tuple[Value, Linear] | None:
    """Return what a carry of an inner loop starts from, and what the loop adds."""
    loop = Loop.of(eq)
    if eq.attrs.get("exits") or after not in loop.finals:
        return None
    place = loop.finals.index(after)
    inside = (*facts, *_counter_facts(loop))
    each = _growth(loop.body, loop.carries[place], loop.yields[place], inside)
    start, stop, step = (v.as_linear for v in loop.bounds)
    if each is None or each.value is None or step.value not in (1, -1):
        return None
    trips = (stop - start) * step.value
    if not implied(list(facts), trips):
        return None
    return loop.inits[place], trips * each.value
