"""Loops and nests of loops, written from the inside out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..graph.ir import Region, Type, Value
from .context import Element, Lowering
from .integers import bounds, extents, minus, restated

Body = Callable[[Value, list[Value]], Sequence[Value]]
NestBody = Callable[[list[Value], list[Value]], Sequence[Value]]


def loop(
    lo: Lowering,
    stop: Value,
    inits: Sequence[Value],
    body: Body,
    start: Value | None = None,
) -> list[Value]:
    """Append ``for counter in range(start, stop)``; return the final carries."""
    name = lo.counter_name()
    counter = Value(Type("weak_int"), name)
    carries = [fresh(v) for v in inits]
    first, one = start or lo.number(0), lo.number(1)
    lo.counters.add(counter)
    with lo.scope() as block:
        lo.open_counters.append(name)
        lo.visible[counter] = True
        at = counter.as_linear
        lo.facts += [at - first.as_linear, stop.as_linear - 1 - at]
        results = tuple(body(counter, carries))
        lo.open_counters.pop()
    region = Region((counter, *carries), tuple(block.equations), results)
    finals = [fresh(v) for v in inits]
    ends = (first, stop, one)
    lo.block.append("for", (*ends, *inits), finals, (region,), stands_for=lo.label)
    return finals


def fresh(value: Value) -> Value:
    """Return a new value with the type, name and memory of another."""
    return Value(value.type, value.name, value.buffer, hint=value.hint)


def nest(
    lo: Lowering,
    stops: Sequence[Value],
    inits: Sequence[Value],
    body: NestBody,
    starts: Sequence[Value] | None = None,
) -> list[Value]:
    """Append loops over all combinations, the last counter fastest.

    The body gets counters from zero, as distances from the starts. An axis of length
    one gets no loop.
    """
    firsts = starts or [lo.number(0)] * len(stops)

    def level(counters: list[Value], carries: list[Value]) -> Sequence[Value]:
        axis = len(counters)
        if axis == len(stops):
            return body(counters, carries)
        start, stop = firsts[axis], stops[axis]
        if (stop.as_linear - start.as_linear).value == 1:
            return level([*counters, lo.number(0)], carries)
        return loop(
            lo,
            restated(lo, stop),
            carries,
            lambda c, inner: level([*counters, minus(lo, c, start)], inner),
            start,
        )

    return list(level([], list(inits)))


def fill(lo: Lowering, like: Value, element: Element) -> Value:
    """Return new memory for an array of the original, every element computed."""
    memory = lo.allocate(like, extents(lo, like))
    return fill_into(lo, memory, bounds(lo, like), element)


def fill_into(
    lo: Lowering, memory: Value, stops: Sequence[Value], element: Element
) -> Value:
    """Return the memory after every element was stored."""
    (full,) = nest(
        lo,
        stops,
        [memory],
        lambda at, carry: [lo.write("store", carry[0], element(at), at)],
    )
    return full


def if_else(
    lo: Lowering,
    condition: Value,
    then: Callable[[], Sequence[Value]],
    otherwise: Sequence[Value],
) -> list[Value]:
    """Append ``if``: the values of ``then`` where it holds, else the given ones."""
    with lo.scope() as block:
        yes = tuple(then())
    regions = (
        Region((), tuple(block.equations), yes),
        Region((), (), tuple(otherwise)),
    )
    finals = [fresh(v) for v in otherwise]
    lo.block.append("if", (condition,), finals, regions)
    return finals
