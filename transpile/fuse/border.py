"""The border of a gathered sum: each term under the condition of its range."""

from __future__ import annotations

import itertools
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
    terms: Sequence[Term],
    axes: Sequence[Axis],
    init: Value,
    like: Equation,
    by_rows: bool,
) -> list[Equation]:
    """Return a nest over all elements for which not all terms are there.

    In a row that is inside on the other axes, the middle of the last is jumped over:
    ``skip`` is its length there, and zero elsewhere. With ``by_rows`` other rows are
    gone through once for each term, so that nothing is asked of each element.
    """
    before, rows = _Tests(like, {}), _Tests(like, {})
    *outer, last = axes
    *upper, counter = [fresh(c) for c in terms[-1].nest.counters]
    one, skip = before.constant(1), _length(before, last)
    tests = [
        test
        for index, axis in zip(upper, outer, strict=True)
        for test in rows.tests(index, (axis.low, axis.high), axis)
    ]
    carry = fresh(init)
    row = _Row(terms, upper, like, one)
    if tests and by_rows:
        whole = row.whole(axes, carry)
        here = rows.all(tests)
        inner = _Tests(like, {})
        stop = inner.emit("subtract", last.end, skip)
        inner.equations.append(row.ends((counter, stop), [last], skip, carry))
        ends = [] if last.plain else inner.equations
        result = _either(rows, here, ends, whole, carry)
    else:
        if tests:
            here = rows.all(tests)
            skip = rows.named("skip", "where", here, skip, rows.constant(0))
        stop = rows.emit("subtract", last.end, skip)
        rows.equations.append(row.ends((counter, stop), axes, skip, carry))
        result = rows.equations[-1].result
    if upper:
        pairs = zip(upper, outer, strict=True)
        loops = [(c, axis.first, axis.end) for c, axis in pairs]
        nest = around(rows.equations, loops, one, (carry, result), like)
    else:
        *others, nest = rows.equations
        before.equations += others
    return [*before.equations, replace(nest, operands=(*nest.operands[:3], init))]


@dataclass(frozen=True, slots=True)
class _Row:
    """Writes loops along a row, at the counters ``upper`` of the other axes."""

    terms: Sequence[Term]
    upper: Sequence[Value]
    like: Equation
    one: Value

    def ends(
        self,
        bounds: tuple[Value, Value],
        axes: Sequence[Axis],
        skip: Value,
        array: Value,
    ) -> Equation:
        """Return a loop over a row but its middle; ``axes`` are asked of, the last."""
        inner, carry, (counter, stop) = _Tests(self.like, {}), fresh(array), bounds
        at = (*self.upper, _past(inner, counter, axes[-1], skip))
        result = carry
        for group in _alike(self.terms, len(axes)):
            result = _guarded(inner, group, at, axes, result)
        loop = (counter, axes[-1].first, stop)
        return self._loop(inner.equations, loop, (carry, result), array)

    def whole(self, axes: Sequence[Axis], array: Value) -> tuple[list[Equation], Value]:
        """Return what adds each term to all of a row, and the array after."""
        block = _Tests(self.like, {})
        for group in _alike(self.terms, len(axes)):
            counter = fresh(self.terms[-1].nest.counters[-1])
            inner, carry, box = _Tests(self.like, {}), fresh(array), group[0].box
            result = _written(inner, group, (*self.upper, counter), carry)
            ends = carry, result
            made = self._loop(inner.equations, (counter, *box[-1]), ends, array)
            array = _if_all(
                block, box[:-1], self.upper, axes, [made], made.result, array
            )
        return block.equations, array

    def _loop(
        self,
        equations: Sequence[Equation],
        bounds: tuple[Value, Value, Value],
        ends: tuple[Value, Value],
        array: Value,
    ) -> Equation:
        made = around(equations, [bounds], self.one, ends, self.like)
        return replace(made, operands=(*made.operands[:3], array))


def _either(
    rows: _Tests,
    here: Value,
    ends: Sequence[Equation],
    whole: tuple[list[Equation], Value],
    array: Value,
) -> Value:
    """Append what is done in rows with a middle, and what in others."""
    after = fresh(array)
    other = Region((), tuple(whole[0]), (whole[1],))
    if ends:
        parts = Region((), tuple(ends), (ends[-1].result,)), other
    else:
        here = rows.emit("logical_not", here)
        parts = other, Region((), (), (array,))
    rows.append("if", (here,), (after,), parts)
    return after


def _alike(terms: Sequence[Term], axes: int) -> list[list[Term]]:
    """Return runs of terms that have the same range on the last axes."""

    def key(term: Term) -> list[Any]:
        return [bound.as_linear for pair in term.box[-axes:] for bound in pair]

    return [list(group) for _, group in itertools.groupby(terms, key)]


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
    terms: Sequence[Term],
    at: Sequence[Value],
    axes: Sequence[Axis],
    array: Value,
) -> Value:
    """Append terms under their condition on the last axes; return the array after."""
    box = terms[0].box[-len(axes) :]
    inside = Copier(terms[-1].nest.eq, {})
    result = _written(inside, terms, at, array)
    places = at[-len(axes) :]
    return _if_all(block, box, places, axes, inside.equations, result, array)


def _written(
    block: Copier, terms: Sequence[Term], at: Sequence[Value], array: Value
) -> Value:
    """Append that terms are written to an element; return the array after."""
    for term in terms:
        value, result = term.value(block, at), fresh(array)
        write = replace(
            term.nest.write, operands=(array, value, *at), results=(result,)
        )
        block.equations.append(write)
        array = result
    return array


def _if_all(
    block: _Tests,
    box: Sequence[Bounds],
    at: Sequence[Value],
    axes: Sequence[Axis],
    equations: Sequence[Equation],
    result: Value,
    array: Value,
) -> Value:
    """Append equations for where indices are in a box; return the array after."""
    triples = zip(at, box, axes[: len(box)], strict=True)
    tests = [t for place, each, axis in triples for t in block.tests(place, each, axis)]
    if not tests:
        block.equations += equations
        return result
    after = fresh(array)
    then = Region((), tuple(equations), (result,))
    block.append("if", (block.all(tests),), (after,), (then, Region((), (), (array,))))
    return after
