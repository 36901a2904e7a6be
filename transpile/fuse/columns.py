"""Columns of an array that a loop goes down again and again: rows, while it runs.

Before, over all pairs of points, whose coordinates lie side by side::

    for i in range(n):
        for j in range(i):
            d = x[i, 0] - x[j, 0]
            ...
            x_bar[j, 0] -= d_bar

after, where the inner loop goes along memory and becomes vector code::

    for i in range(n):
        x_columns[0, i] = x[i, 0]
        x_bar_columns[0, i] = x_bar[i, 0]
    for i in range(n):
        for j in range(i):
            d = x_columns[0, i] - x_columns[0, j]
            ...
            x_bar_columns[0, j] -= d_bar
    for i in range(n):
        x_bar[i, 0] = x_bar_columns[0, i]

It is done if all that the loop touches of an array is in a few columns of known
numbers, and if a loop goes over nearly all rows: then the copies take no longer than
what is done anyway. No row is copied of an array without such columns; the loop that
would be wrong may not run. Of ``x[k, i, 0]`` the matrix is ``x[k]``, if k is in range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from ..graph.affine import implied
from ..graph.buffers import memories
from ..graph.build import Builder
from ..graph.ir import (
    EFFECTS,
    WRITES,
    At,
    Buffer,
    Equation,
    Function,
    Index,
    Program,
    Region,
    Type,
    Value,
    captured,
    walk,
)
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.substitute import substitute
from ..reverse.sections import counter_facts
from .nests import element, fresh

MOST = 8  # columns
LEFT = 8  # rows that no loop goes over
Facts = tuple[Linear, ...]
ACCESSES = WRITES | {"index"}
HANDS_ON = frozenset({"for", "while", "if"})


def _path(rank: int) -> tuple[Index]:
    """Return the path of one element."""
    return (Index(tuple(At(axis) for axis in range(rank))),)


def columns(program: Program) -> Program:
    """Return lowered functions with columns as rows where loops go down them."""
    return program.map(_function)


def _function(function: Function) -> Function:
    if any(eq.attrs.get("parallel") for eq in walk(function.body)):
        return function
    return replace(function, body=_region(function.body, memories(function.body), ()))


def _region(region: Region, same: Mapping[Buffer, Buffer], facts: Facts) -> Region:
    out: list[Equation] = []
    for eq in region.equations:
        before, after = Builder(eq.origin, eq.backward), Builder(eq.origin, eq.backward)
        for each in _found(eq, same):
            if each.is_there(facts):
                eq = each.turned(eq, before, after)
        inside = (*facts, *counter_facts(eq)) if eq.op == "for" else facts
        regions = tuple(_region(r, same, inside) for r in eq.regions)
        eq = replace(eq, regions=regions) if regions else eq
        out += (*before.equations, eq, *after.equations)
    return replace(region, equations=tuple(out))


def _found(eq: Equation, same: Mapping[Buffer, Buffer]) -> list[_Columns]:
    """Return the arrays of which a loop goes down columns."""
    if eq.op != "for":
        return []
    uses: dict[Buffer, list[_Use]] = {}
    for use in _uses(eq, ()):
        for buffer in {same.get(b, b): None for b in _touched(use.eq)}:
            uses.setdefault(buffer, []).append(use)
    made = (_Columns.of(eq, members) for members in uses.values())
    return [each for each in made if each is not None]


def _touched(eq: Equation) -> list[Buffer]:
    return [v.buffer for v in (*eq.operands, *eq.results) if v.buffer is not None]


# ---- what a loop does to an array ----


@dataclass(frozen=True, slots=True)
class _Use:
    """What touches memory, and the loops that it is in, the outermost first."""

    eq: Equation
    loops: tuple[Loop, ...]

    def column(self, inside: set[Value]) -> int | None:
        """Return which column an access is of, None if the row or it may be any.

        ``inside`` is what the loop computes: a row that is looked up lies anywhere.
        """
        slots = element(self.eq) if self.eq.op in ACCESSES else None
        if (
            slots is None
            or len(slots) < 2
            or self.eq.attrs["path"] != _path(len(slots))
        ):
            return None
        *_, row, column = slots
        number, atoms = column.as_linear.value, set(row.as_linear.every_atom)
        steady = inside.isdisjoint(atoms - {loop.counter for loop in self.loops})
        fits = steady and number is not None and number >= 0 and abs(self.pace) <= 1
        return number if fits else None

    @property
    def pace(self) -> int:
        """How far the row moves in an iteration of the innermost loop."""
        row, counter = (element(self.eq) or ())[-2], self.loops[-1].counter
        assert counter is not None
        return dict(row.as_linear.terms).get(counter, 0)

    def goes_over(self, rows: Linear) -> bool:
        """Whether it goes down a column in an inner loop, again for nearly each row."""
        if self.eq.op not in ACCESSES or len(self.loops) < 2 or not self.pace:
            return False
        left = ((rows - trips).value for trips in map(_trips, self.loops))
        return any(gap is not None and gap <= LEFT for gap in left)


def _uses(eq: Equation, loops: tuple[Loop, ...]) -> Iterator[_Use]:
    """Yield all that a loop does to arrays, itself included."""
    yield _Use(eq, loops)
    inside = (*loops, Loop.of(eq)) if eq.op == "for" else loops
    for region in eq.regions:
        for inner in region.equations:
            yield from _uses(inner, inside)


def _trips(loop: Loop) -> Linear:
    """Return how often a loop runs, if that is not negative."""
    start, stop, step = (v.as_linear for v in loop.bounds)
    return stop - start if step.value == 1 else start - stop


# ---- its columns as rows ----


@dataclass(frozen=True, slots=True)
class _Columns:
    """An array as it is before a loop, and the columns that the loop touches.

    ``fixed`` are the indices before those of row and column.
    """

    array: Value
    fixed: tuple[Value, ...]
    numbers: tuple[int, ...]

    @staticmethod
    def of(eq: Equation, uses: Sequence[_Use]) -> _Columns | None:
        """Return an array that all uses are of, if rows are right and better."""
        touched = {b for use in uses for b in _touched(use.eq)}
        given = {v for v in captured(eq) if v.buffer in touched}
        if len(given) != 1 or {v.buffer for v in given} != touched:
            return None
        (array,) = given
        if array.type.rank < 2 or array.type.shape[-1].value == 1:
            return None
        inside = {r for region in eq.regions for e in walk(region) for r in e.results}
        others = HANDS_ON | {"dim"}
        found = {use.column(inside) for use in uses if use.eq.op not in others}
        numbers = sorted(n for n in found if n is not None)
        if None in found or not 0 < len(numbers) <= MOST:
            return None
        if not any(use.goes_over(array.type.shape[-2]) for use in uses):
            return None
        fixed = _fixed(eq, uses)
        if fixed is None:
            return None
        made = _Columns(array, fixed, tuple(numbers))
        return None if made._shows(eq) else made

    def is_there(self, facts: Facts) -> bool:
        """Whether the matrix is, also if the loop does not run."""
        pairs = zip(self.fixed, self.array.type.shape, strict=False)
        return all(
            implied(facts, form) and implied(facts, length - 1 - form)
            for form, length in ((v.as_linear, length) for v, length in pairs)
        )

    def _shows(self, eq: Equation) -> bool:
        """Whether the caller sees how far the loop came if it fails."""
        assert self.array.buffer is not None
        fails = any(e.op in EFFECTS for region in eq.regions for e in walk(region))
        return fails and self.array.buffer.parameter and bool(self._finals(eq))

    def _finals(self, eq: Equation) -> list[Value]:
        return [v for v in eq.results if v.buffer is self.array.buffer]

    def turned(self, eq: Equation, before: Builder, after: Builder) -> Equation:
        """Return the loop over rows; write what comes before and behind it."""
        rows, array = self._rows(before), self.array
        number = before.constant(len(self.numbers))
        lengths = before.dims(array)
        made = before.emit("empty", number, lengths[-2], dtype=array.type.dtype)
        hint = f"{array.name or array.hint or 'x'}_columns"
        made = replace(made, hint=hint)
        before.equations[-1] = replace(before.equations[-1], results=(made,))
        there, here = fresh(made), fresh(made)
        self._copied(before, rows, array, (made, there), into=True)
        whole = Region((), (eq,), ())
        mine = [v for v in _values(whole) if v.buffer is array.buffer]
        mapping = {v: fresh(made) for v in mine}
        mapping[array] = there
        for final in self._finals(eq):
            mapping[final] = here
            ends = (array, final)
            self._copied(after, rows, here, ends, into=False)
        turned = self._over_rows(whole, lengths)
        (loop,) = substitute(turned, mapping).equations
        return loop

    def _rows(self, b: Builder) -> Value:
        """Return how many rows are copied: none if there are no such columns."""
        rank = self.array.type.rank
        rows, last = b.dim(self.array, rank - 2), max(self.numbers)
        if implied([], self.array.type.shape[-1] - 1 - last):
            return rows
        exist = b.emit("less", b.constant(last), b.dim(self.array, rank - 1))
        copied = replace(b.emit("where", exist, rows, b.constant(0)), hint="rows")
        b.equations[-1] = replace(b.equations[-1], results=(copied,))
        return copied

    def _copied(
        self,
        b: Builder,
        rows: Value,
        source: Value,
        ends: tuple[Value, Value],
        into: bool,
    ) -> None:
        """Write a loop that copies columns to rows, or back."""
        counter = Value(Type("weak_int"), hint="i")
        inner = Builder(b.origin, b.backward)
        param = now = fresh(ends[0])
        for place, number in enumerate(self.numbers):
            row, column = inner.constant(place), inner.constant(number)
            there, here = (*self.fixed, counter, column), (row, counter)
            read, write = (there, here) if into else (here, there)
            load = inner.emit("index", source, *read, **_inside(len(read)))
            operands, after = (now, load, *write), fresh(now)
            inner.append("store", operands, (after,), **_inside(len(write)))
            now = after
        body = Region((counter, param), tuple(inner.equations), (now,))
        bounds = (b.constant(0), rows, b.constant(1))
        b.append("for", (*bounds, ends[0]), (ends[1],), (body,), stands_for="for")

    def _over_rows(self, region: Region, lengths: Sequence[Value]) -> Region:
        """Return equations with the indices of each element in the other order."""
        out, known = [], dict[Value, Value]()
        for eq in region.equations:
            if eq.regions:
                inner = tuple(self._over_rows(r, lengths) for r in eq.regions)
                out.append(replace(eq, regions=inner))
            elif not eq.operands or eq.operands[0].buffer is not self.array.buffer:
                out.append(eq)
            elif eq.op == "dim":
                known[eq.result] = lengths[eq.attrs["axis"]]
            else:
                out += self._exchanged(eq)
        return substitute(Region(region.params, tuple(out), region.results), known)

    def _exchanged(self, eq: Equation) -> Sequence[Equation]:
        """Return the same access to a row."""
        builder = Builder(eq.origin, eq.backward)
        *others, index, column = eq.operands
        others = others[: len(others) - len(self.fixed)]
        place = self.numbers.index(column.as_linear.value or 0)
        operands = (*others, builder.constant(place), index)
        inside = tuple(reversed(eq.attrs.get("inbounds", ())[-2:]))
        attrs = MappingProxyType({**eq.attrs, "path": _path(2), "inbounds": inside})
        return *builder.equations, replace(eq, operands=operands, attrs=attrs)


def _fixed(eq: Equation, uses: Sequence[_Use]) -> tuple[Value, ...] | None:
    """Return what all accesses have before row and column, if a loop is given that."""
    found = {(element(u.eq) or ())[:-2] for u in uses if u.eq.op in ACCESSES}
    known = captured(eq)
    if len(found) == 1 and all(v in known for each in found for v in each):
        return found.pop()
    return None


def _inside(rank: int) -> dict[str, Any]:
    """Return the attributes of an access to one element that is there."""
    return {"path": _path(rank), "inbounds": (True,) * rank}


def _values(region: Region) -> Iterator[Value]:
    """Yield all values in a region."""
    yield from (*region.params, *region.results)
    for eq in region.equations:
        yield from (*eq.operands, *eq.results)
        for inner in eq.regions:
            yield from _values(inner)
