"""Facts about a function that a sweep relies on: uses, writes, fixed buffers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set

from ..graph.buffers import buffers, memories, written
from ..graph.ir import Buffer, Equation, Function, Region, Value, walk
from ..records import remembered

LOOPS = frozenset({"for", "while"})


def written_by(eq: Equation) -> Set[Buffer]:
    """Return the buffers whose old contents are gone after an equation.

    A loop that writes one of its carried arrays counts as writing all buffers that
    its carries pass through.
    """
    if not eq.regions:
        return written(eq)
    found = _gone_in(eq.regions[0]).union(*map(_gone_in, eq.regions[1:]))
    if eq.op in LOOPS and found:
        body = eq.regions[-1]
        carried = buffers((*eq.operands, *eq.results, *body.params, *body.results))
        if carried & found:
            found |= carried
    return found


@remembered
def _gone_in(region: Region) -> frozenset[Buffer]:
    return frozenset().union(*map(written_by, region.equations))


class Facts:
    """What holds throughout a function.

    ``uses`` counts the places that read a value, ``readers`` are the operations there
    ("" for the end of a region), ``written`` are the buffers that
    are ever written, ``fixed`` those of arrays that pass through control, calls or
    the function's boundary, where one array cannot stand in for another. ``shared``
    are values that stand in for others, ``repeated`` those that are defined in more
    than one region, ``quiet`` the equations that the last sweep left as they are and
    that see nothing new. ``alike`` has for a buffer those that may be the same memory.
    ``changes`` counts the rewrites. ``params`` are given by the user, and so finite: a
    part of a callee is given whatever was computed.
    """

    def __init__(self, function: Function) -> None:
        self.uses: Counter[Value] = Counter()
        self.readers: dict[Value, set[str]] = {}
        self.shared: set[Value] = set()
        self.repeated: set[Value] = set()
        self.quiet: frozenset[Equation] = frozenset()
        self.changes = 0
        self.written: set[Buffer] = set()
        self.fixed: set[Buffer] = buffers(function.body.params)
        inner = bool(function.attrs.get("inner"))
        self.params = frozenset(() if inner else function.body.params)
        self.alike: dict[Buffer, set[Buffer]] = {}
        for buffer, root in memories(function.body).items():
            group = self.alike.setdefault(root, {root})
            group.add(buffer)
            self.alike[buffer] = group
        self._region(function.body)
        seen: set[Value] = set()
        for eq in walk(function.body):
            self.repeated.update(r for r in eq.results if r in seen)
            seen.update(eq.results)

    def gone(self, eq: Equation) -> Set[Buffer]:
        """Return the buffers whose contents may be gone after an equation.

        What a loop or a branch gives may be the very memory that it was given.
        """
        found = written_by(eq)
        if not found or not self.alike:
            return found
        return {*found}.union(*(self.alike[b] for b in found if b in self.alike))

    def _read(self, op: str, values: Iterable[Value]) -> None:
        for value in values:
            self.uses[value] += 1
            self.readers.setdefault(value, set()).add(op)

    def _region(self, region: Region) -> None:
        for eq in region.equations:
            self._read(eq.op, eq.operands)
            self.written |= written_by(eq)
            if eq.regions or eq.op == "call":
                self.fixed |= buffers((*eq.operands, *eq.results))
            for inner in eq.regions:
                self.fixed |= buffers(inner.params)
                self._region(inner)
        self._read("", region.results)
        self.fixed |= buffers(region.results)


def has_effects(region: Region, effects: frozenset[str]) -> bool:
    """Whether a region does anything besides computing its results."""
    return any(eq.op in effects for eq in walk(region))
