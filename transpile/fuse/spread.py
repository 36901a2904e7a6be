"""A loop in several, one after the other, so that loops in it can change places.

Before, down the columns of an array that lies in rows::

    for k in range(m):
        total = 0.0
        for j in range(n):
            total += b[j] * a[j, k]
        y[k] += total * x[k]

after, with an array for the numbers that one part hands to another::

    t = np.empty(m)
    for k in range(m):
        t[k] = 0.0
    for k in range(m):
        for j in range(n):
            t[k] += b[j] * a[j, k]
    for k in range(m):
        y[k] += t[k] * x[k]

of which `interchange` turns the second round. What is cheap and the same later is
computed again instead. It is done only where the order of two loops is better changed
(by the model of `interchange`), and where no two accesses to one element, of which one
writes, change places: integer elimination over the counters proves that. What is only
added to an element may be added in another order, where sums may.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..graph.buffers import buffers, handed_on
from ..graph.ir import EFFECTS, Buffer, Equation, Region, Value, captured, walk
from ..graph.loopform import Loop
from ..reverse.sections import counter_facts
from .pair import Facts, Pair, accesses, is_number
from .several import Body, Part, in_several, sums

ORDERED = EFFECTS - {"check"}


def spread(
    eq: Equation,
    facts: Facts,
    same: Mapping[Buffer, Buffer],
    before: Mapping[Value, Equation],
    front: bool,
    free: bool,
) -> Region | None:
    """Return a loop as several, if loops in it then are better in another order.

    The results are those of the loop. ``before`` is what makes the values outside;
    ``front`` says that no index is negative, ``free`` that sums may be taken in another
    order.
    """
    if any(map(eq.attrs.get, ("exits", "count", "parallel"))):
        return None
    loop = Loop.of(eq)
    equations = loop.body.equations
    if len(equations) == 1 or loop.bounds[2].as_linear.value not in (1, -1):
        return None
    if any(True for e in (eq, *equations) for _ in handed_on(e)):
        return None  # an array that is not the same memory all the time
    if any(e.op in ORDERED for e in walk(loop.body)):
        return None
    numbers = tuple(e for e in equations if is_number(e))
    pair = Pair(loop, numbers, (), (*facts, *counter_facts(eq)), same, front)
    made = _Spread(Body(loop, facts, same, before), pair, free)
    turned = [e for e in equations if e.op == "for" and made.turns(e)]
    parts = made.parts(turned) if turned else None
    return None if parts is None else in_several(made.body, parts)


@dataclass(frozen=True, slots=True)
class _Spread:
    """Divides the body of a loop; ``pair`` says which accesses are of one element."""

    body: Body
    pair: Pair
    free: bool

    def turns(self, eq: Equation) -> bool:
        """Whether an inner loop is better around this one, and may be."""
        if sums(eq) is None or self.body.follows(eq):
            return False
        each = Loop.of(eq)
        if not all(is_number(e, writes=True) for e in each.body.equations):
            return False
        made = in_several(self.body, [Part((eq,), turned=True)])
        if made is None:
            return False
        last, known = made.equations[-1], self.pair
        pair = Pair.of(last, self.body.facts, known.same, known.front)
        return pair is not None and pair.is_better() and pair.is_legal()

    def parts(self, turned: Sequence[Equation]) -> list[Part] | None:
        """Return the parts, if running one after the other changes nothing."""
        parts: list[Part] = []
        rest: list[Equation] = []
        for eq in self.pair.loop.body.equations:
            if eq in turned:
                parts += [Part(tuple(rest)), Part((eq,), turned=True)]
                rest = []
            else:
                rest.append(eq)
        parts.append(Part(tuple(rest)))
        owners = [p for p in parts if any(map(self.body.follows, p.equations))]
        if len(owners) > 1 or not self._is_free(parts):
            return None
        return parts

    def _is_free(self, parts: Sequence[Part]) -> bool:
        """Whether no accesses change places, of a part and a later round of another."""
        for k, later in enumerate(parts):
            for earlier in parts[:k]:
                if not self._may_follow(earlier, later):
                    return False
        return True

    def _may_follow(self, earlier: Part, later: Part) -> bool:
        """Whether all rounds of a part may be before all those of another."""
        one, other = list(self._touched(earlier)), list(self._touched(later))
        for b, around_b in one:
            for a, around_a in other:
                if around_a is None or around_b is None:
                    shared = self._memory(a) & self._memory(b)
                    if not shared.isdisjoint(self.body.changed):
                        return False
                elif self.free and a.op == b.op == "accumulate":
                    continue  # one sum
                elif self.pair.may_meet(a, b) and self.pair.meet(
                    a, b, (around_a, around_b), False
                ):
                    return False
        return True

    def _touched(self, part: Part) -> Iterator[tuple[Equation, Loop | None]]:
        """Yield the accesses of a part, and the loop around each: None if unclear."""
        for eq in part.equations:
            if is_number(eq, writes=True):
                yield from ((e, self.pair.loop) for e in accesses([eq]))
            elif eq.op == "for" and _is_leaf(eq):
                each = Loop.of(eq)
                yield from ((e, each) for e in accesses(each.body.equations))
            elif eq.op != "check":
                yield eq, None

    def _memory(self, eq: Equation) -> set[Buffer]:
        """Return all memory that an equation may touch."""
        inside = (eq, *(e for r in eq.regions for e in walk(r)))
        found = buffers([*captured(eq), *(v for e in inside for v in e.results)])
        return {self.body.root(b) for b in found}


def _is_leaf(eq: Equation) -> bool:
    """Whether a loop does nothing but compute numbers, and read and write elements."""
    return all(is_number(e, writes=True) for e in Loop.of(eq).body.equations)
