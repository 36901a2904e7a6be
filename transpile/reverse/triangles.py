"""Triangular loops: how often their innermost body runs, as a closed form.

``for i in range(n): for j in range(i)`` runs ``n * (n - 1) // 2`` times: the first and
the last length of an arithmetic series, times how many there are, halved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..graph.affine import implied
from ..graph.ir import Equation
from ..graph.linear import Linear, derived
from ..graph.loopform import Loop
from .sections import counter_facts


def triangle(
    loops: Sequence[Equation], known: Callable[[Linear], bool]
) -> tuple[int, Linear] | None:
    """Return how many outer loops to count together, and their trips in all.

    None, unless the length of just one of them depends on the counter of another, and
    is surely not negative.
    """
    spans = [_span(eq) for eq in loops]
    counters = [Loop.of(eq).counter for eq in loops]
    found: tuple[int, int] | None = None
    for k, span in enumerate(spans):
        if span is None:
            return None
        outer = [m for m in range(k) if counters[m] in span.atoms]
        if outer and (found or len(outer) > 1):
            return None
        if outer:
            found = outer[0], k
    if found is None:
        return None
    row, column = found
    series = _series(loops, row, column, spans)
    if series is None:
        return None
    others = (spans[m] for m in range(column) if m != row)
    factors = [derived("clip", span) for span in others if span is not None]
    total = derived("product", *factors, series) if factors else series
    return (column + 1, total) if known(total) else None


def _span(eq: Equation) -> Linear | None:
    """Return the trips of a loop, where they are not negative."""
    if eq.op != "for" or eq.attrs.get("exits") or "trips" in eq.attrs:
        return None
    start, stop, step = (v.as_linear for v in Loop.of(eq).bounds)
    if step.value not in (1, -1):
        return None
    return (stop - start) * step.value


def _series(
    loops: Sequence[Equation], row: int, column: int, spans: Sequence[Linear | None]
) -> Linear | None:
    """Return the sum of a loop's lengths over the iterations of another."""
    loop, length = Loop.of(loops[row]), spans[column]
    span = spans[row]
    assert loop.counter is not None and length is not None and span is not None
    facts = [fact for eq in loops[:column] for fact in counter_facts(eq)]
    if not implied(facts, length):
        return None
    start, stop, step = (v.as_linear for v in loop.bounds)
    ends = [length.substitute({loop.counter: end}) for end in (start, stop - step)]
    return derived("series", derived("clip", span), ends[0] + ends[1])
