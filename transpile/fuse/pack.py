"""Rows of samples copied to where those of a block lie side by side.

Before, where each ``x[i, r]`` is in another cache line than that of the next sample::

    for i in range(n):
        for j in range(k):
            for r in range(d):
                t[j] += (x[i, r] - c[j, r]) ** 2

after::

    for i in range(n):
        row = np.empty(d)
        for r in range(d):
            row[r] = x[i, r]
        for j in range(k):
            for r in range(d):
                t[j] += (row[r] - c[j, r]) ** 2

It is done for rows that a sample reads whole in one place and again in another, or in
each iteration of a loop. In a block of samples the copy is ``row[r, lane]``, of which
vectors are read: gradient and function of a GMM take half as long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..graph.buffers import written
from ..graph.build import Builder
from ..graph.ir import At, Equation, Index, Region, Value
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.shapes import surely_not_negative
from .lanes import Lanes, range_of
from .nests import around, element, fresh


def packed(lanes: Lanes) -> Equation:
    """Return a loop over samples that copies the rows that it reads again and again."""
    eq, counter = lanes.loop.eq, lanes.loop.counter
    assert counter is not None
    touched = written(eq) | lanes.private
    found: dict[tuple[Value, int], list[_Read]] = {}
    for read in _reads(lanes.loop.body, counter, ()):
        array = read.eq.operands[0]
        if array.buffer not in touched and read.has_all(lanes.loop):
            found.setdefault((array, read.place), []).append(read)
    builder = Builder(eq.origin, eq.backward)
    instead: dict[Equation, tuple[Value, int]] = {}
    for (_, place), reads in found.items():
        again = len(reads) > 1 or any(read.is_repeated for read in reads)
        whole = next((read for read in reads if read.is_whole), None)
        if again and whole is not None:
            row = _copied(builder, whole, counter)
            instead.update((read.eq, (row, place)) for read in reads)
    if not instead:
        return eq
    body = _reading(lanes.loop.body, instead)
    equations = (*builder.equations, *body.equations)
    return replace(eq, regions=(replace(body, equations=equations),))


@dataclass(frozen=True, slots=True)
class _Read:
    """A read of an element of this sample's row.

    ``place`` is the axis of the samples, ``loops`` those in the sample's work that the
    read is in.
    """

    eq: Equation
    place: int
    loops: tuple[Loop, ...]

    @property
    def others(self) -> list[Value]:
        """The indices into the row."""
        slots = element(self.eq) or ()
        return [slot for k, slot in enumerate(slots) if k != self.place]

    def has_all(self, samples: Loop) -> bool:
        """Whether the array surely has a row for every sample."""
        first, end = range_of(samples) or (None, None)
        length = self.eq.operands[0].type.shape[self.place]
        if first is None or end is None:
            return False
        return surely_not_negative(first) and surely_not_negative(length - end)

    @property
    def is_repeated(self) -> bool:
        """Whether a loop reads the same element in each of its iterations."""
        return any(loop.counter not in self.others for loop in self.loops)

    @property
    def is_whole(self) -> bool:
        """Whether the loops around it go over the whole row."""
        around = {loop.counter: loop for loop in self.loops}
        shape = self.eq.operands[0].type.shape
        lengths = [dim for k, dim in enumerate(shape) if k != self.place]
        for slot, length in zip(self.others, lengths, strict=True):
            loop = around.pop(slot, None)
            if loop is None or range_of(loop) != (Linear.number(0), length):
                return False
        return True


def _reads(region: Region, counter: Value, loops: tuple[Loop, ...]) -> Iterator[_Read]:
    """Yield the reads of rows that are one element after another."""
    for eq in region.equations:
        if eq.op == "index":
            slots = element(eq)
            here = [k for k, slot in enumerate(slots or ()) if slot is counter]
            rank = eq.operands[0].type.rank
            if slots and len(slots) == rank and len(here) == 1 and here[0] < rank - 1:
                yield _Read(eq, here[0], loops)
        inner = (*loops, Loop.of(eq)) if eq.op == "for" else loops
        for each in eq.regions:
            yield from _reads(each, counter, inner)


def _copied(b: Builder, read: _Read, counter: Value) -> Value:
    """Emit the row of a sample as an array of its own."""
    array, place = read.eq.operands[0], read.place
    axes = [axis for axis in range(array.type.rank) if axis != place]
    lengths = [b.dim(array, axis) for axis in axes]
    name = f"{array.name}_row" if array.name else None
    row = b.emit("empty", *lengths, dtype=array.type.dtype, name=name)
    counters = [fresh(slot) for slot in read.others]
    carry, inside = fresh(row), Builder(b.origin, b.backward)
    slots = [*counters[:place], counter, *counters[place:]]
    every = tuple(At(k) for k in range(len(slots)))
    value = inside.emit(
        "index", array, *slots, path=(Index(every),), inbounds=_sure(slots)
    )
    path = (Index(every[:-1]),)
    end = inside.emit("store", carry, value, *counters, path=path, inbounds=_sure(axes))
    zero, one = b.constant(0), b.constant(1)
    loops = [(c, zero, n) for c, n in zip(counters, lengths, strict=True)]
    like = Equation(
        "for", (), (), MappingProxyType({"stands_for": "row"}), (), b.origin, b.backward
    )
    nest = around(inside.equations, loops, one, (carry, end), like)
    made = fresh(row)
    b.equations.append(
        replace(nest, operands=(*nest.operands[:-1], row), results=(made,))
    )
    return made


def _sure(slots: Sequence[object]) -> tuple[bool, ...]:
    return (True,) * len(slots)


def _reading(region: Region, instead: dict[Equation, tuple[Value, int]]) -> Region:
    """Return a region that reads copies of rows instead of the rows."""
    equations: list[Equation] = []
    for eq in region.equations:
        if eq in instead:
            row, place = instead[eq]
            slots = element(eq) or ()
            others = [slot for k, slot in enumerate(slots) if k != place]
            told = eq.attrs.get("inbounds")
            attrs = {**eq.attrs, "path": (Index(tuple(map(At, range(len(others))))),)}
            if told is not None:
                attrs["inbounds"] = tuple(t for k, t in enumerate(told) if k != place)
            eq = replace(eq, operands=(row, *others), attrs=MappingProxyType(attrs))
        elif eq.regions:
            eq = replace(eq, regions=tuple(_reading(r, instead) for r in eq.regions))
        equations.append(eq)
    return replace(region, equations=tuple(equations))
