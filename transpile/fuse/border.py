"""The border of a gathered sum: each term under the condition of its range."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..graph.ir import Equation, Region, Value
from .nests import Copier, around, fresh
from .terms import Bounds, Term, plain_sum


@dataclass(frozen=True, slots=True)
class Axis:
    """``low`` to ``high`` all terms are there, ``first`` to ``end`` one at least."""

    low: Value
    high: Value
    first: Value
    end: Value

    @staticmethod
    def of(ranges: Sequence[Bounds]) -> Axis:
        """Return an axis of ranges that are known distances apart."""
        starts, stops = zip(*ranges, strict=True)
        return Axis(
            _extreme(starts, max),
            _extreme(stops, min),
            _extreme(starts, min),
            _extreme(stops, max),
        )

    @property
    def plain(self) -> bool:
        """Whether all terms have the same range."""
        return _same(self.low, self.first) and _same(self.high, self.end)


def _extreme(values: Sequence[Value], pick: Callable[..., int]) -> Value:
    base = values[0].as_linear
    gaps = [(v.as_linear - base).value or 0 for v in values]
    return values[gaps.index(pick(gaps))]


def _same(one: Value, other: Value) -> bool:
    return one.as_linear == other.as_linear


class _Tests(Copier):
    """A block with tests of indices against ranges."""

    def named(self, hint: str, op: str, *operands: Value, **attrs: Any) -> Value:
        """Append an equation whose result is called something."""
        result = replace(self.emit(op, *operands, **attrs), hint=hint)
        self.equations[-1] = replace(self.equations[-1], results=(result,))
        return result

    def tests(self, index: Value, bounds: Bounds, axis: Axis) -> list[Value]:
        """Append the tests that an index is in a range, as far as not known."""
        found = []
        if not _same(bounds[0], axis.first):
            found.append(self.emit("less_equal", bounds[0], index))
        if not _same(bounds[1], axis.end):
            found.append(self.emit("less", index, bounds[1]))
        return found

    def all(self, tests: Sequence[Value]) -> Value:
        """Append that all tests hold."""
        total = tests[0]
        for test in tests[1:]:
            total = self.emit("logical_and", total, test)
        return total


def border(
    terms: Sequence[Term], axes: Sequence[Axis], init: Value, like: Equation
) -> list[Equation]:
    """Return a nest over all elements for which not all terms are there.

    In a row that is inside on the other axes, the middle of the last is jumped over:
    ``skip`` is its length there, and zero elsewhere.
    """
    before, rows, inner = (_Tests(like, {}) for _ in range(3))
    *outer, last = axes
    *upper, counter = [fresh(c) for c in terms[-1].nest.counters]
    one, skip = before.constant(1), _length(before, last)
    tests = [
        test
        for index, axis in zip(upper, outer, strict=True)
        for test in rows.tests(index, (axis.low, axis.high), axis)
    ]
    if tests:
        here = rows.all(tests)
        skip = rows.named("skip", "where", here, skip, rows.constant(0))
    stop = rows.emit("subtract", last.end, skip)
    at = (*upper, _past(inner, counter, last, skip))
    carry = fresh(init)
    result = carry
    for term in terms:
        result = _guarded(inner, term, at, axes, result)
    ends = (carry, result)
    row = around(inner.equations, [(counter, last.first, stop)], one, ends, like)
    if upper:
        ends = (row.operands[3], row.result)
        pairs = zip(upper, outer, strict=True)
        loops = [(c, axis.first, axis.end) for c, axis in pairs]
        row = around([*rows.equations, row], loops, one, ends, like)
    else:
        before.equations += rows.equations
    return [*before.equations, replace(row, operands=(*row.operands[:3], init))]


def _length(block: _Tests, axis: Axis) -> Value:
    """Return how many indices of an axis are where all terms are."""
    known = axis.low.as_linear.value
    if known is None:
        length = block.emit("subtract", axis.high, axis.low)
    else:
        length = plain_sum(block, axis.high, -known)
    return block.named("middle", "maximum", length, block.constant(0))


def _past(block: _Tests, counter: Value, axis: Axis, skip: Value) -> Value:
    """Return the index that is meant once the middle is left out."""
    beyond = block.emit("add", counter, skip)
    if _same(axis.low, axis.first):
        return beyond
    below = block.emit("less", counter, axis.low)
    return block.named("at", "where", below, counter, beyond)


def _guarded(
    block: _Tests,
    term: Term,
    at: Sequence[Value],
    axes: Sequence[Axis],
    array: Value,
) -> Value:
    """Append a term under its condition; return the array after."""
    triples = zip(at, term.box, axes, strict=True)
    tests = [
        t for place, bounds, axis in triples for t in block.tests(place, bounds, axis)
    ]
    inside = Copier(term.nest.eq, {}) if tests else block
    value, result = term.value(inside, at), fresh(array)
    write = replace(term.nest.write, operands=(array, value, *at), results=(result,))
    inside.equations.append(write)
    if not tests:
        return result
    after = fresh(array)
    then = Region((), tuple(inside.equations), (result,))
    block.append("if", (block.all(tests),), (after,), (then, Region((), (), (array,))))
    return after
