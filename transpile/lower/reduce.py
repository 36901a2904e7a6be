"""Choosing how to reduce; scans."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.ir import Equation, Value
from .context import Lowering
from .elements import element, settled
from .integers import bounds, extents
from .nests import loop, nest
from .reductions import REDUCE, TWO_PASSES, Reduction, by_results
from .rows import BY_ROWS
from .scalars import cast, constant


def reduce(lo: Lowering, eq: Equation) -> None:
    """Lower a reduction."""
    (x,) = eq.operands
    if eq.op in TWO_PASSES:
        settled(lo, x)
    r = Reduction(lo, eq, x, tuple(eq.attrs["axis"]), eq.result.type.dtype)
    if not eq.result.type.rank:
        lo.define(eq.result, REDUCE[eq.op](r, []))
    elif eq.op in BY_ROWS and x.type.rank - 1 not in r.axes:
        lo.values[eq.result] = BY_ROWS[eq.op](r)
    else:
        lo.values[eq.result] = by_results(r)


def scan(lo: Lowering, eq: Equation) -> None:
    """Lower a cumulative sum or product."""
    (x,), axis = eq.operands, eq.attrs["axis"]
    op, start = ("add", 0) if eq.op == "cumsum" else ("multiply", 1)
    dtype = eq.result.type.dtype
    stops = bounds(lo, x)
    memory = lo.allocate(eq.result, extents(lo, x))

    def line(outer: list[Value], carries: list[Value]) -> Sequence[Value]:
        def step(counter: Value, inner: list[Value]) -> Sequence[Value]:
            at = [*outer[:axis], counter, *outer[axis:]]
            found = cast(lo, element(lo, x, at), dtype)
            total = lo.emit(op, inner[0], found)
            return [total, lo.write("store", inner[1], total, at)]

        inits = [constant(lo, start, dtype), carries[0]]
        return loop(lo, stops[axis], inits, step)[1:]

    others = [stop for k, stop in enumerate(stops) if k != axis]
    (final,) = nest(lo, others, [memory], line)
    lo.values[eq.result] = final
