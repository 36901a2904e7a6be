"""Loops beside recurrences, in strips: along rows, and many recurrences at a time.

Before, down the columns of an array whose rows are recurrences::

    for j in range(2, n):
        for i in range(m):
            y[i, j] = x[i, j] + b * y[i, j - 1]

after::

    for strip in range((m + 15) // 16):
        first = 16 * strip
        last = min(m, first + 16)
        for j in range(2, n):
            for i in range(first, last):
                y[i, j] = x[i, j] + b * y[i, j - 1]

Row by row, each iteration would wait for the one before: the sum and the product, and
the memory between them. Column by column, a cache line is fetched again for each of its
numbers. In strips of 16 rows neither is so, whatever the lengths.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.ir import WRITES, Equation, Region, Type, Value
from ..graph.loopform import Loop
from .nests import element
from .pair import Pair, accesses, bare

SIZE = 16  # the fastest, or near it, of 8 to 64 rows for arrays of all sizes


def recurs(pair: Pair, each: Loop) -> bool:
    """Whether an iteration of the outer loop reads what an earlier one wrote."""
    found = list(accesses(each.body.equations))
    writes = [e for e in found if e.op in WRITES]
    reads = [e for e in found if e.op in ("index", "accumulate")]
    return any(
        pair.may_meet(a, b) and _follows(pair, a, b) for a in writes for b in reads
    )


def _follows(pair: Pair, write: Equation, read: Equation) -> bool:
    """Whether a read is of the element that an earlier iteration wrote."""
    counter, one, other = pair.loop.counter, element(write), element(read)
    assert counter is not None and one is not None and other is not None
    ahead = 0
    for x, y in zip(one, other, strict=True):
        gap = (x.as_linear - y.as_linear).value
        slope = dict(x.as_linear.terms).get(counter, 0)
        if gap is None or (gap and not slope):
            return False
        ahead = ahead or gap * slope
    return ahead * (pair.loop.bounds[2].as_linear.value or 0) > 0


def in_strips(each: Loop, outer: Equation) -> list[Equation]:
    """Return a loop in strips, each of them inside another loop.

    ``outer`` is that loop, with ``each`` as the last of what it does.
    """
    start, stop, step = each.bounds
    rises = step.as_linear.value == 1
    builder = Builder(each.eq.origin, each.eq.backward)
    ends = (stop, start) if rises else (start, stop)
    trips = ends[0] if ends[1].as_linear.value == 0 else builder.emit("subtract", *ends)
    more = builder.emit("add", trips, builder.constant(SIZE - 1))
    count = builder.emit("floor_divide", more, builder.constant(SIZE))
    strip = Value(Type("weak_int"), hint="strip")
    inside = Builder(each.eq.origin, each.eq.backward)
    first = inside.emit("multiply", inside.constant(SIZE), strip)
    if not rises or start.as_linear.value != 0:
        first = inside.emit("add" if rises else "subtract", start, first)
    past = inside.emit("add" if rises else "subtract", first, inside.constant(SIZE))
    last = inside.emit("minimum" if rises else "maximum", stop, past)
    last = replace(last, hint="last")
    inside.equations[-1] = replace(inside.equations[-1], results=(last,))
    body = Region((_counter(each),), each.body.equations, ())
    part = bare(each.eq, (first, last, step), body)
    numbers = Loop.of(outer).body.equations[:-1]
    around = Region((_counter(Loop.of(outer)),), (*numbers, part), ())
    inside.equations.append(bare(outer, outer.operands[:3], around))
    bounds = (builder.constant(0), count, builder.constant(1))
    region = Region((strip,), tuple(inside.equations), ())
    made = bare(each.eq, bounds, region)
    attrs = MappingProxyType({**made.attrs, "strips": True})
    builder.equations.append(replace(made, attrs=attrs))
    return builder.equations


def _counter(loop: Loop) -> Value:
    assert loop.counter is not None
    return loop.counter
