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

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..graph.buffers import memories
from ..graph.ir import Buffer, Equation, Function, Program, Region, Value, walk
from ..graph.substitute import substitute
from ..lower.tidy import tidy
from ..reverse.sections import counter_facts
from .exchange import Exchange
from .pair import Facts, Pair
from .spread import spread
from .triangle import Triangle


def interchange(program: Program) -> Program:
    """Return lowered functions with pairs of loops in the better order."""
    return program.map(_function)


def _function(function: Function) -> Function:
    body, front = function.body, bool(function.attrs.get("from_front"))
    makers = {r: e for e in walk(body) for r in e.results}
    attrs = function.attrs
    free = bool(attrs.get("reassoc")) and not attrs.get("strict")
    orders = _Orders(memories(body), makers, front, free)
    return replace(function, body=tidy(orders.region(body, ())))


@dataclass(frozen=True, slots=True)
class _Orders:
    """``same`` gives for a buffer another that stands for the same memory.

    ``front`` says that no index is negative, ``free`` that sums may be taken in another
    order.
    """

    same: Mapping[Buffer, Buffer]
    makers: Mapping[Value, Equation]
    front: bool
    free: bool

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
                    ends = [renamed.get(v, v) for v in made.results]
                    renamed.update(zip(eq.results, ends, strict=True))
                    continue
            inner = tuple(self.region(r, known) for r in eq.regions)
            out.append(replace(eq, regions=inner) if inner else eq)
        return substitute(replace(region, equations=tuple(out)), renamed)

    def _exchanged(self, eq: Equation, facts: Facts) -> Region | None:
        """Return what stands for a loop around others, if it is better inside them."""
        pair = Pair.of(eq, facts, self.same, self.front)
        if pair is not None:
            better = pair.is_better() and pair.is_legal()
            return Exchange(pair).exchanged() if better else None
        triangle = Triangle.of(eq, facts, self.same, self.front)
        return None if triangle is None else triangle.turned()

    def _spread(self, eq: Equation, facts: Facts) -> Region | None:
        """Return what stands for a loop that is better as several."""
        made = spread(eq, facts, self.same, self.makers, self.front, self.free)
        return None if made is None else self.region(made, facts)
