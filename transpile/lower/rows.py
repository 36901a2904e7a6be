"""Reductions over leading axes: all results at a time, in the order of memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..graph.ir import Type, Value
from .integers import at_least, bounds, plus
from .nests import fill_into, nest
from .reductions import (
    Counters,
    Reduction,
    doubles,
    outer_of,
    result_extents,
    square_of,
    wide,
)
from .scalars import cast


class _Rows:
    """A reduction over leading axes: whole rows are added to a row of totals."""

    def __init__(self, r: Reduction) -> None:
        self.r = r
        self.lengths = result_extents(r)
        self.keepdims = bool(r.eq.attrs.get("keepdims", False))

    def places(self, at: Counters) -> list[Value]:
        """Return the counters of the result from those of the operand."""
        zero, axes = self.r.lo.number(0), range(self.r.x.type.rank)
        kept = [axis for axis in axes if self.keepdims or axis not in self.r.axes]
        return [zero if axis in self.r.axes else at[axis] for axis in kept]

    def totals(self, dtype: str, term: Callable[[Counters], Value]) -> Value:
        """Return the sums of terms: the result's memory, if it has that dtype."""
        lo, result = self.r.lo, self.r.eq.result
        final = self.r.eq.op == "sum" and self.r.dtype == dtype
        like = result if final else Value(Type(dtype), None, None)
        memory = lo.allocate(like, self.lengths, "zeros")

        def visit(at: list[Value], carries: list[Value]) -> Sequence[Value]:
            return [lo.write("accumulate", carries[0], term(at), self.places(at))]

        (total,) = nest(lo, bounds(lo, self.r.x), [memory], visit)
        return total

    def filled(self, element: Callable[[Counters], Value]) -> Value:
        """Return the result's memory, every element computed and cast."""
        r = self.r
        memory = r.lo.allocate(r.eq.result, self.lengths)
        return fill_into(
            r.lo, memory, self.lengths, lambda at: cast(r.lo, element(at), r.dtype)
        )


def _sum_rows(r: Reduction) -> Value:
    rows, dtype = _Rows(r), wide(r.dtype)
    total = rows.totals(dtype, lambda at: r.element(at, dtype))
    if dtype == r.dtype:
        return total
    return rows.filled(lambda at: r.lo.read(total, at))


def _mean_of_rows(r: Reduction, rows: _Rows) -> Callable[[Counters], Value]:
    dtype = doubles(r)
    total = rows.totals(dtype, lambda at: r.element(at, dtype))
    count = cast(r.lo, r.count(), "float64")
    return lambda at: r.lo.emit("divide", r.lo.read(total, at), count)


def _mean_rows(r: Reduction) -> Value:
    rows = _Rows(r)
    return rows.filled(_mean_of_rows(r, rows))


def _var_rows(r: Reduction) -> Value:
    rows, lo = _Rows(r), r.lo
    compute = _mean_of_rows(r, rows)
    like = Value(Type(doubles(r)), None, None, hint="mean")
    means = fill_into(lo, lo.allocate(like, rows.lengths), rows.lengths, compute)

    def squared(at: Counters) -> Value:
        mean = lo.read(means, rows.places(at))
        return square_of(lo, lo.emit("subtract", r.element(at, doubles(r)), mean))

    squares = rows.totals("float64", squared)
    freedom = plus(lo, r.count(), lo.number(-r.eq.attrs.get("ddof", 0)))
    divisor = cast(lo, at_least(lo, freedom, 0), "float64")

    def finish(at: Counters) -> Value:
        found = lo.emit("divide", lo.read(squares, at), divisor)
        return lo.emit("sqrt", found) if r.eq.op == "std" else found

    return rows.filled(finish)


def _extreme_rows(r: Reduction) -> Value:
    rows, lo = _Rows(r), r.lo
    op = {"max": "maximum", "min": "minimum"}[r.eq.op]
    first = rows.filled(lambda at: r.element(r.first(outer_of(r, at))))

    def visit(at: list[Value], carries: list[Value]) -> Sequence[Value]:
        places = rows.places(at)
        best = lo.emit(op, lo.read(carries[0], places), r.element(at))
        return [lo.write("store", carries[0], best, places)]

    (best,) = nest(lo, bounds(lo, r.x), [first], visit)
    return best


BY_ROWS: Mapping[str, Callable[[Reduction], Value]] = {
    "sum": _sum_rows,
    "mean": _mean_rows,
    "var": _var_rows,
    "std": _var_rows,
    "max": _extreme_rows,
    "min": _extreme_rows,
}
