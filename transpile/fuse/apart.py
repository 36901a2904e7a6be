"""What does not wait for the iteration before, apart from what does.

Before, where all but one of nine numbers are there already::

    for j in range(1, n):
        a[j] = (a[j - 1] + a[j] + b[j - 1] + b[j] + ...) / 9.0

after, the first loop as vector code, and one product and one sum to wait for::

    for j in range(1, n):
        rest[j] = (a[j] + b[j - 1] + b[j] + ...) / 9.0
    last = a[0]
    for j in range(1, n):
        last = rest[j] + last / 9.0
        a[j] = last

It is done where an inner loop stores one element, to which the element stored before
comes by sums, and products with numbers that stay the same; not where sums keep
their order. Nothing else that the loop reads is something that it wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..graph.affine import contradictory, implied
from ..graph.buffers import memories
from ..graph.ir import (
    WRITES,
    Buffer,
    Equation,
    Function,
    Program,
    Region,
    Type,
    Value,
)
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..reverse.sections import counter_facts
from .nests import element
from .pair import Facts, is_number, is_plain
from .recurrence import Recurrence


def apart(program: Program) -> Program:
    """Return lowered functions with recurrences freed of what does not wait."""
    return program.map(_function)


def _function(function: Function) -> Function:
    attrs = function.attrs
    if not attrs.get("reassoc") or attrs.get("strict"):
        return function
    same, front = memories(function.body), bool(attrs.get("from_front"))
    return replace(function, body=_Parter(same, front).region(function.body, ()))


@dataclass(frozen=True, slots=True)
class _Parter:
    """``same`` as `memories` gives it; ``front`` says that no index is negative."""

    same: Mapping[Buffer, Buffer]
    front: bool

    def region(self, region: Region, facts: Facts) -> Region:
        """Return a region with the recurrences in it in two loops each."""
        out: list[Equation] = []
        for eq in region.equations:
            inside = (*facts, *counter_facts(eq)) if eq.op == "for" else facts
            found = self.found(eq, inside)
            made = None if found is None else found.parted(facts)
            if made is not None:
                out += made
                continue
            if eq.regions:
                regions = tuple(self.region(r, inside) for r in eq.regions)
                eq = replace(eq, regions=regions)
            out.append(eq)
        return replace(region, equations=tuple(out))

    def found(self, eq: Equation, facts: Facts) -> Recurrence | None:
        """Return a loop as such a recurrence, if it is one."""
        if not is_plain(eq):
            return None
        loop = Loop.of(eq)
        body = loop.body.equations
        stores = [e for e in body if e.op in WRITES]
        if not all(is_number(e, True) for e in body) or len(stores) != 1:
            return None
        (store,) = stores
        if store.op != "store" or loop.yields != store.results:
            return None
        axis = _axis(store, loop)
        if axis is None or not store.operands[1].type.is_inexact:
            return None
        reads = [e for e in body if e.op == "index" and self._is_of(e, store)]
        made = {r for e in body for r in e.results}
        if not all(_is_known(e, made) for e in (store, *reads)):
            return None
        before = [e for e in reads if _follows(store, e, loop)]
        rest = (e for e in reads if e not in before)
        if len(before) != 1 or any(self._waits(store, e, loop, facts) for e in rest):
            return None
        return Recurrence(loop, store, before[0], axis)

    def _is_of(self, read: Equation, store: Equation) -> bool:
        """Whether a read is of the memory that is written."""
        one, other = read.operands[0].buffer, store.operands[0].buffer
        assert one is not None and other is not None
        return self.same.get(one, one) is self.same.get(other, other)

    def _waits(self, store: Equation, read: Equation, loop: Loop, facts: Facts) -> bool:
        """Whether a read may be of an element that an earlier iteration stored."""
        one, other = element(store), element(read)
        if one is None or other is None or len(one) != len(other):
            return True
        if store.operands[0].buffer is not read.operands[0].buffer:
            return True
        ago = Linear.of(Value(Type("weak_int"), hint="ago"))
        equal = [ago - 1]
        for x, y in zip(one, other, strict=True):
            places = x.as_linear, y.as_linear
            if self.front or all(implied(facts, p) for p in places):
                gap = places[0] - places[1] - _pace(x, loop) * ago
                equal += [gap, -gap]
        return not contradictory((*facts, *equal))


def _is_known(eq: Equation, made: set[Value]) -> bool:
    """Whether nothing but the counter decides in a loop which element it is."""
    slots = element(eq)
    return slots is not None and made.isdisjoint(
        atom for v in slots for atom in v.as_linear.every_atom
    )


def _pace(index: Value, loop: Loop) -> int:
    """Return how far an index moves in an iteration."""
    assert loop.counter is not None
    step = loop.bounds[2].as_linear.value or 0
    return step * dict(index.as_linear.terms).get(loop.counter, 0)


def _axis(store: Equation, loop: Loop) -> int | None:
    """Return the one axis on which the element moves from iteration to iteration."""
    slots = element(store) or ()
    assert loop.counter is not None
    atoms = [set(v.as_linear.every_atom) for v in slots]
    moving = [k for k, found in enumerate(atoms) if loop.counter in found]
    if len(slots) != store.operands[0].type.rank or len(moving) != 1:
        return None
    return moving[0] if abs(_pace(slots[moving[0]], loop)) == 1 else None


def _follows(store: Equation, read: Equation, loop: Loop) -> bool:
    """Whether a read is of the element that the iteration before stored."""
    one, other = element(store) or (), element(read) or ()
    if store.operands[0].buffer is not read.operands[0].buffer:
        return False
    return len(one) == len(other) and all(
        (x.as_linear - _pace(x, loop) - y.as_linear).value == 0
        for x, y in zip(one, other, strict=True)
    )
