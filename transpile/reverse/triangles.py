"""Triangular loops: how often their innermost body runs, as a closed form.

``for i in range(n): for j in range(i)`` runs ``n * (n - 1) // 2`` times: the first and
the last length of an arithmetic series, times how many there are, halved. Before
iteration ``i, j`` it ran ``i * (i - 1) // 2 + j`` times, as the rows before are a
triangle too. So are the arrays ``x[:i]`` of ``for i in range(n)``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..graph.affine import implied
from ..graph.ir import Equation
from ..graph.linear import Derived, Linear, derived
from ..graph.loopform import Loop
from ..records import record
from .sections import counter_facts


@record()
class Triangle:
    """Two of some loops: the length of ``column`` depends on the counter of ``row``.

    ``trips`` is how often the two of them run in all.
    """

    row: Equation
    column: Equation
    trips: Linear

    @property
    def place(self) -> Linear:
        """The number of an iteration, from zero; both loops are taken to count up."""
        row, column = Loop.of(self.row), Loop.of(self.column)
        length = _span(self.column)
        assert row.counter is not None and column.counter is not None
        assert length is not None
        low, counter = _low(row), row.counter
        slope = dict(length.terms).get(counter, 0)
        before = counter.as_linear - low
        ends = length.substitute({counter: low}) * 2 + (before - 1) * slope
        return derived("series", before, ends) + column.counter.as_linear - _low(column)


def triangle(
    loops: Sequence[Equation], known: Callable[[Linear], bool]
) -> Triangle | None:
    """Return the two of some loops, inside each other, that make a triangle.

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
    if series is None or not known(series):
        return None
    return Triangle(loops[row], loops[column], series)


@record()
class Rows:
    """Arrays of which the length depends on a loop's counter, kept end to end.

    ``length`` is that of one, ``first`` the place of its first element, ``total`` how
    many elements there are in all.
    """

    length: Linear
    first: Linear
    total: Linear


def rows(
    loops: Sequence[Equation], length: Linear, known: Callable[[Linear], bool]
) -> Rows | None:
    """Return where the arrays of one loop lie, if they make a triangle."""
    if len(loops) != 1 or (span := _span(loops[0])) is None:
        return None
    loop, facts = Loop.of(loops[0]), list(counter_facts(loops[0]))
    counter, length = loop.counter, _settled(length, facts)
    slope = dict(length.terms).get(counter, 0) if counter is not None else 0
    if counter is None or not slope or not implied(facts, length):
        return None
    start, stop, step = (v.as_linear for v in loop.bounds)
    ends = [length.substitute({counter: end}) for end in (start, stop - step)]
    total = derived("series", derived("clip", span), ends[0] + ends[1])
    low = _low(loop)
    before = counter.as_linear - low
    least = length.substitute({counter: low})
    first = derived("series", before, least * 2 + (before - 1) * slope)
    alone = all(not isinstance(atom, Derived) for atom in length.atoms)
    return Rows(length, first, total) if alone and known(total) else None


def _settled(length: Linear, facts: Sequence[Linear]) -> Linear:
    """Return the length of ``x[i:k]`` as ``k - i`` where both are surely in range."""
    atom = length.atoms[0] if len(length.terms) == 1 else None
    if not isinstance(atom, Derived) or atom.kind != "slice":
        return length
    lower, upper, step, whole = atom.parts
    first = lower if isinstance(lower, Linear) else Linear.number(0)
    last = upper if isinstance(upper, Linear) else whole
    if not isinstance(last, Linear) or not isinstance(whole, Linear):
        return length
    ends = (first, last - first, whole - last)
    inside = step == Linear.number(1) and all(implied(facts, end) for end in ends)
    return last - first if inside and length == Linear.of(atom) else length


def _low(loop: Loop) -> Linear:
    """Return the least value of a counter that goes by one."""
    start, stop, step = (v.as_linear for v in loop.bounds)
    return start if step.value == 1 else stop + 1


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
