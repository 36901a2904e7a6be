"""Checks that were made before, in the same iteration, and indices that were read.

Before ``if t[i] >= n: raise ...; a[i] = x[t[i]]; if t[i] >= n: raise ...``, after
``if t[i] >= n: raise ...; a[i] = x[t[i]]``.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace

from ..graph.ir import Equation, Region, Value
from ..graph.ops import ELEMENTWISE
from ..graph.substitute import in_equation

PURE = ELEMENTWISE | {"constant", "dim", "index"}
SILENT = frozenset({"inbounds", "spelled"})  # what says nothing of the value


def without_repeated(region: Region) -> Region:
    """Return a region without checks of what was checked in it.

    Integers that it read before are not read again.
    """
    alike = _Alike()
    made: set[Hashable] = set()
    same: dict[Value, Value] = {}
    out: list[Equation] = []
    for eq in region.equations:
        if same:
            eq = in_equation(eq, same)
        if eq.regions:
            eq = replace(eq, regions=tuple(map(without_repeated, eq.regions)))
        if eq.op == "check":
            condition = alike.of(eq.operands[0])
            if condition in made:
                continue
            made.add(condition)
        elif eq.op in PURE and not eq.result.type.rank:
            alike.note(eq)
            first = alike.of(eq.result)
            if first is not eq.result and eq.op == "index" and first.type.is_integer:
                same[eq.result] = first
                continue
        out.append(eq)
    results = tuple(same.get(v, v) for v in region.results)
    return Region(region.params, tuple(out), results)


@dataclass(frozen=True, slots=True)
class _Alike:
    """The first of the values that are computed alike, from the same."""

    firsts: dict[Hashable, Value] = field(default_factory=dict)
    names: dict[Value, Value] = field(default_factory=dict)

    def of(self, value: Value) -> Value:
        """Return the first value that is surely equal to another."""
        return self.names.get(value, value)

    def note(self, eq: Equation) -> None:
        """Note what a number is computed from."""
        told = tuple(pair for pair in sorted(eq.attrs.items()) if pair[0] not in SILENT)
        key = (eq.op, eq.result.type, told, *map(self.of, eq.operands))
        self.names[eq.result] = self.firsts.setdefault(key, eq.result)
