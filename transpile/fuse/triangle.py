"""Triangles of loops, with work beside the inner one, in the order along rows.

Before, down a column of ``a``::

    for j in range(n):
        for k in range(j):
            a[i, j] -= a[i, k] * a[k, j]
        a[i, j] /= a[j, j]

after, along its rows, what stood behind the inner loop before it::

    for k in range(n):
        a[i, k] /= a[k, k]
        for j in range(k + 1, n):
            a[i, j] -= a[i, k] * a[k, j]

So it is for all four kinds of triangle: whether counters rise or fall, and whether the
inner loop comes from the first iteration to that of the outer one or goes on from
there. What stands beside it must be where the inner counter is that of the outer loop:
behind the inner loop in the first case, before it in the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ..graph.build import Builder
from ..graph.ir import WRITES, Buffer, Equation, Region
from ..graph.loopform import Loop
from ..reverse.sections import counter_facts
from .exchange import parted, threaded
from .nests import Copier, fresh
from .pair import PURE, Facts, Pair, accesses, bare, behind, is_number, is_plain

EMPTY = Region((), (), ())


@dataclass(frozen=True, slots=True)
class Triangle:
    """A loop around another whose range ends or begins at the counter.

    ``beside`` is what else the outer loop does, once for each element of the diagonal,
    ``checks`` are those of its counter, with what leads to them.
    """

    pair: Pair
    beside: tuple[Equation, ...]
    checks: tuple[Equation, ...]
    from_start: bool

    @staticmethod
    def of(
        eq: Equation, facts: Facts, same: Mapping[Buffer, Buffer], front: bool
    ) -> Triangle | None:
        """Return a loop as such a triangle, if it is one."""
        if not is_plain(eq):
            return None
        loop = Loop.of(eq)
        equations = loop.body.equations
        checks = _checks(equations)
        kept = [e for e in equations if e.op != "check"]
        places = [n for n, e in enumerate(kept) if e.op == "for"]
        if checks is None or len(places) != 1 or not is_plain(kept[places[0]]):
            return None
        inner = Loop.of(kept[places[0]])
        before, after = kept[: places[0]], kept[places[0] + 1 :]
        beside = (*before, *after)
        if not all(is_number(e, True) for e in (*beside, *inner.body.equations)):
            return None
        numbers, from_start = _numbers(inner, before), _is_from_start(loop, inner)
        idle = before if from_start else after
        if from_start is None or not all(e.op in PURE for e in (*numbers, *idle)):
            return None
        around = (*facts, *counter_facts(eq))
        pair = Pair(loop, numbers, (inner,), around, same, front)
        return Triangle(pair, beside, checks, from_start)

    def turned(self) -> Region | None:
        """Return the triangle in the other order, if that is better and the same."""
        if not self.pair.is_better() or not self._is_legal():
            return None
        loop, inner = self.pair.loop, self.pair.inner[0]
        assert loop.counter is not None and inner.counter is not None
        beside, row = self._beside(), self._row()
        body = (*beside, *row) if self.from_start else (*row, *beside)
        made = [bare(loop.eq, loop.bounds, Region((inner.counter,), body, ()))]
        if self.checks:
            checks = Region((loop.counter,), self.checks, ())
            made.insert(0, bare(loop.eq, loop.bounds, checks))
        return threaded(Region((), tuple(made), ()), loop)

    def _is_legal(self) -> bool:
        """Whether no accesses to one element, one of them a write, change places."""
        pair, inner = self.pair, self.pair.inner[0]
        inside = list(accesses(inner.body.equations))
        for a, b in product(inside, repeat=2):
            if pair.may_meet(a, b) and pair.meet(a, b, (inner, inner), True):
                return False
        sides = product(inside, accesses(self.beside))
        return not any(pair.may_meet(a, b) and self._crosses(a, b) for a, b in sides)

    def _crosses(self, a: Equation, b: Equation) -> bool:
        """Whether what is beside may be of an element of the iterations around it.

        Of ``a`` in an iteration (j, k), ``b`` for t: t between j and k changes sides.
        """
        return self.pair.meets_between(a, b, self.pair.inner[0], self.beside)

    def _beside(self) -> list[Equation]:
        """Return what is beside, with the counter that comes outside."""
        loop, inner = self.pair.loop, self.pair.inner[0]
        assert loop.counter is not None and inner.counter is not None
        copier = Copier(loop.eq, {loop.counter: inner.counter})
        for eq in self.beside:
            if eq.op in WRITES:
                mine = tuple(copier.mapping.get(v, v) for v in eq.operands)
                results = (fresh(eq.result),)
                copier.append(eq.op, mine, results, **eq.attrs)
            else:
                copier.copy(eq)
        return copier.equations

    def _row(self) -> list[Equation]:
        """Return the loop that comes inside, with what leads to its bounds."""
        loop, inner = self.pair.loop, self.pair.inner[0]
        assert loop.counter is not None and inner.counter is not None
        start, stop, step = loop.bounds
        builder = Builder(loop.eq.origin, loop.eq.backward)
        if self.from_start:
            op = "add" if step.as_linear.value == 1 else "subtract"
            start = builder.emit(op, inner.counter, builder.constant(1))
        else:
            stop = inner.counter
        body = (*self.pair.numbers, *inner.body.equations)
        head, rest, _ = parted(body, loop.counter)
        inside = Region((loop.counter,), tuple(rest), ())
        row = bare(loop.eq, (start, stop, step), inside)
        return [*builder.equations, *head, row]


def _checks(body: Sequence[Equation]) -> tuple[Equation, ...] | None:
    """Return a body's checks and what leads to them; None if that is in memory."""
    scalars = [e for e in body if e.op in PURE or e.op == "index"]
    checks = [e for e in body if e.op == "check"]
    needed = behind(checks, scalars)
    if any(e.op == "index" for e in needed):
        return None
    return tuple(e for e in body if e in needed or e in checks)


def _numbers(inner: Loop, before: Sequence[Equation]) -> tuple[Equation, ...]:
    """Return what computes the numbers that a loop reads."""
    scalars = [e for e in before if not e.result.type.rank]
    bounds = bare(inner.eq, inner.bounds, EMPTY)
    needed = behind([*inner.body.equations, bounds], scalars)
    return tuple(e for e in scalars if e in needed)


def _is_from_start(loop: Loop, inner: Loop) -> bool | None:
    """Whether the inner loop comes up to the outer iteration, or goes on from there."""
    assert loop.counter is not None
    start, stop, step = (v.as_linear for v in loop.bounds)
    first, last, by = (v.as_linear for v in inner.bounds)
    here = loop.counter.as_linear
    if by.value != step.value:
        return None
    if (first - start).value == 0 and (last - here).value == 0:
        return True
    if (first - here - step).value == 0 and (last - stop).value == 0:
        return False
    return None
