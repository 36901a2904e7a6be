"""Sweeps after the first: which equations see nothing new and need no visit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ..graph.ir import WRITES, Buffer, Equation, Function, Value, walk
from .memory import Facts

# Whether a buffer is ever written, whether it is fixed, and what writes it, in order.
Memory = tuple[bool, bool, list[Value]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a sweep found: equations, how often values are read, and memory."""

    equations: frozenset[Equation]
    uses: Counter[Value]
    memory: Mapping[Buffer, Memory]

    @staticmethod
    def of(function: Function, facts: Facts) -> Seen:
        """Return what a sweep finds that begins."""
        every = list(walk(function.body))
        writes: dict[Buffer, list[Value]] = {b: [] for b in facts.written | facts.fixed}
        for eq in every:
            for value in eq.results if eq.op in WRITES or eq.regions else ():
                if value.buffer is not None:
                    writes.setdefault(value.buffer, []).append(value)
        return Seen(
            frozenset(eq for eq in every if not eq.regions),
            Counter(facts.uses),
            {b: (b in facts.written, b in facts.fixed, w) for b, w in writes.items()},
        )


class History:
    """What the last sweep found.

    An equation that was left as it was is left so again, if that is also true of all
    that it is computed from, of how often that is read, and of what writes its memory.
    """

    def __init__(self) -> None:
        self.last: Seen | None = None

    def quiet(self, function: Function, facts: Facts) -> frozenset[Equation]:
        """Return the equations of a function that see what they saw last."""
        last = self.last
        now = self.last = Seen.of(function, facts)
        if last is None:
            return frozenset()
        fresh = _touched(last, now)
        found = []
        for eq in walk(function.body):
            if eq.regions:
                continue
            if not fresh.isdisjoint(eq.operands):
                fresh.update(eq.results)
            elif fresh.isdisjoint(eq.results):
                found.append(eq)
        return frozenset(found)


def _touched(last: Seen, now: Seen) -> set[Value]:
    """Return the values that are made or read in another way than before."""
    touched = {v for v, count in now.uses.items() if last.uses[v] != count}
    touched.update(v for v in last.uses if v not in now.uses)
    for eq in last.equations ^ now.equations:
        touched.update(eq.operands)
        touched.update(eq.results)
    both = {*last.memory, *now.memory}
    other = {b for b in both if last.memory.get(b) != now.memory.get(b)}
    if other:
        values = (v for eq in now.equations for v in (*eq.operands, *eq.results))
        touched.update(v for v in values if v.buffer in other)
    return touched
