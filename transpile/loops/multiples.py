"""Multiples of a matrix's columns that a loop adds up: one product with a vector.

Before::

    for k in range(a.shape[1]):
        c[i, : i + 1] += alpha * a[i, k] * a[: i + 1, k]

after::

    c[i, : i + 1] += alpha * (a[: i + 1, :] @ a[i, :])

and in the same way with rows. Only where the factors are elements of the matrix itself:
then `gram` makes one product of all of them. The sum is taken in another order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..graph.build import Builder
from ..graph.ir import At, Equation, Index, Item, Program, Region, Span, Value
from ..graph.loopform import Loop
from ..graph.ops import ELEMENTWISE
from ..graph.substitute import in_equation

STEADY = ELEMENTWISE | {"constant", "dim", "index", "check"}


def add_multiples(program: Program) -> Program:
    """Return the program with such loops as products."""
    return program.map(lambda f: replace(f, body=_region(f.body)))


def _region(region: Region) -> Region:
    equations: list[Equation] = []
    for eq in region.equations:
        sum_ = _Sum.of(eq) if eq.op == "for" else None
        if sum_ is not None:
            equations += sum_.product()
            continue
        regions = tuple(map(_region, eq.regions))
        equations.append(replace(eq, regions=regions) if regions else eq)
    return replace(region, equations=tuple(equations))


@dataclass(slots=True)
class _Sum:
    """A loop that adds multiples of columns to a part of an array.

    ``column`` and ``element`` are read in each iteration, ``factors`` are the same in
    all of them, as is what ``steady`` equations compute.
    """

    loop: Loop
    added: Equation
    column: Equation
    element: Equation
    factors: list[Value]
    steady: list[Equation] = field(default_factory=list)

    @staticmethod
    def of(eq: Equation) -> _Sum | None:
        """Return a loop as such a sum, if it is one."""
        loop = Loop.of(eq)
        plain = not eq.attrs.get("exits") and not eq.attrs.get("count")
        if not plain or len(loop.carries) != 1 or not loop.body.equations:
            return None
        *others, added = loop.body.equations
        if added.op != "accumulate" or loop.yields != added.results:
            return None
        if added.operands[0] is not loop.carries[0]:
            return None
        varying = {loop.counter}
        steady, makers = [], dict[Value, Equation]()
        for each in others:
            if varying.isdisjoint(each.operands):
                steady.append(each)
            else:
                varying.update(each.results)
                makers.update((r, each) for r in each.results)
        if not all(e.op in STEADY for e in steady) or varying & {*added.operands[2:]}:
            return None
        found = _factors(added.operands[1], makers)
        if found is None or not _fits(loop, *found[:2]):
            return None
        return _Sum(loop, added, *found, steady)

    def product(self) -> list[Equation]:
        """Return the equations that stand for the loop."""
        loop, b = self.loop, Builder(self.added.origin, self.added.backward)
        now = {loop.carries[0]: loop.inits[0]}
        steady = [in_equation(eq, now) for eq in self.steady]
        checks = [eq for eq in steady if eq.op == "check"]
        b.equations += (eq for eq in steady if eq.op != "check")
        matrix, row = self._whole(b, self.column), self._whole(b, self.element)
        axis = _place(self.column, loop.counter)
        pair = ("matvec", matrix, row) if axis else ("vecmat", row, matrix)
        total = b.emit(*pair)
        for factor in self.factors:
            total = b.emit("multiply", factor, total)
        operands = (loop.inits[0], total, *self.added.operands[2:])
        last = replace(self.added, operands=operands, results=loop.finals)
        return [*b.equations, *(_guarded(loop, checks, last) if checks else [last])]

    def _whole(self, b: Builder, eq: Equation) -> Value:
        """Emit a read of all that the iterations read one by one."""
        place = _place(eq, self.loop.counter)
        assert place is not None
        items: list[Item] = []
        slots: list[Value] = []
        given, proofs = eq.operands[1:], iter(eq.attrs["inbounds"])
        sure = []
        for axis, item in enumerate(eq.attrs["path"][0].items):
            proof = next(proofs) if isinstance(item, At) else None
            if axis == place:
                items.append(Span())
                continue
            if proof is not None:
                sure.append(proof)
            items.append(_moved(item, given, slots))
        length = eq.operands[0].type.shape[place]
        lengths = list(eq.result.type.shape)
        lengths.insert(place if lengths else 0, length)
        return b.emit(
            "index",
            eq.operands[0],
            *slots,
            path=(Index(tuple(items)),),
            inbounds=tuple(sure),
            lengths=tuple(lengths),
        )


def _guarded(loop: Loop, checks: Sequence[Equation], last: Equation) -> list[Equation]:
    """Return what checks and adds, where the loop would have."""
    b = Builder(last.origin, last.backward)
    runs = b.emit("less", b.constant(0), loop.bounds[1])
    result = last.result
    inside = replace(result, serial=Value(result.type).serial)
    added = replace(last, results=(inside,))
    regions = (
        Region((), (*checks, added), (inside,)),
        Region((), (), (loop.inits[0],)),
    )
    b.append("if", (runs,), (result,), regions)
    return b.equations


def _moved(item: Item, given: Sequence[Value], slots: list[Value]) -> Item:
    """Return an item of a path over slots that are counted anew."""

    def slot(old: int) -> int:
        slots.append(given[old])
        return len(slots) - 1

    if isinstance(item, At):
        return At(slot(item.slot))
    assert isinstance(item, Span)
    ends = (None if k is None else slot(k) for k in (item.lower, item.upper))
    return Span(*ends)


def _factors(
    value: Value, makers: Mapping[Value, Equation]
) -> tuple[Equation, Equation, list[Value]] | None:
    """Return the column, the element and the other factors of a product."""
    reads: list[Equation] = []
    others: list[Value] = []
    ahead = [value]
    while ahead:
        eq = makers.get(value := ahead.pop())
        if eq is None:
            others.append(value)
        elif eq.op == "multiply":
            ahead += reversed(eq.operands)
        elif eq.op == "index":
            reads.append(eq)
        else:
            return None
    reads.sort(key=lambda e: -e.result.type.rank)
    if [e.result.type.rank for e in reads] != [1, 0] or any(
        v.type.rank for v in others
    ):
        return None
    return reads[0], reads[1], others


def _fits(loop: Loop, column: Equation, element: Equation) -> bool:
    """Whether the iterations read all of one matrix that way."""
    matrix = column.operands[0]
    if element.operands[0] is not matrix or matrix.type.rank != 2:
        return False
    if matrix.buffer is loop.carries[0].buffer or not matrix.type.is_float:
        return False
    place = _place(column, loop.counter)
    if place is None or place != _place(element, loop.counter):
        return False
    start, stop, step = (v.as_linear for v in loop.bounds)
    return (start.value, step.value) == (0, 1) and stop == matrix.type.shape[place]


def _place(eq: Equation, counter: Value | None) -> int | None:
    """Return the axis that a counter indexes, if nothing else depends on it."""
    step, *more = eq.attrs["path"]
    slots = eq.operands[1:]
    if more or not isinstance(step, Index) or slots.count(counter) != 1:
        return None
    plain = all(
        isinstance(item, At) or (isinstance(item, Span) and item.step is None)
        for item in step.items
    )
    here = [
        axis
        for axis, item in enumerate(step.items)
        if isinstance(item, At) and slots[item.slot] is counter
    ]
    return here[0] if plain and len(here) == 1 else None
