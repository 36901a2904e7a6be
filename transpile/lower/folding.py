"""Which array values need no memory: those computed inside the nest that reads them.

A value qualifies if it has no name of the user's, one reader, in its own region, that
takes each element once, and if nothing in between writes what it is computed from. So
do the integers from `arange`, however often they are read: they are the counters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ..graph.buffers import written
from ..graph.ir import (
    CONTROL,
    WHOLE_VIEWS,
    WRITES,
    Buffer,
    Equation,
    Mask,
    Region,
    Value,
    is_view,
    walk,
)
from ..graph.ops import ELEMENTWISE
from ..graph.shapes import is_basic
from .elements import DEFER

# Views and the like cost nothing to look through, however often that is done.
FREE = WHOLE_VIEWS | {"broadcast_to", "flip", "full", "ones", "zeros"}
ONE_PASS = frozenset(
    """sum prod max min mean any all argmax argmin count_nonzero cumsum cumprod
    concatenate stack dot copy flip transpose real imag""".split()
)
# Where products with a vector have the matrix.
MATRIX = {"matvec": 0, "vecmat": 1}


Same = Mapping[Buffer, Buffer]


def deferred(region: Region, same: Same) -> dict[Value, set[Buffer]]:
    """Return the results of a region's equations that are computed on demand.

    With each goes the memory that computing it reads. What another region computes
    again by the same equations does not count as a use. ``same`` stands for buffers
    that may be the same memory.
    """
    uses: Counter[Value] = Counter()
    _count(region, uses)
    counting = _counting(region)
    return {**dict.fromkeys(counting, set[Buffer]()), **_in_region(region, uses, same)}


def _counting(region: Region) -> list[Value]:
    """Return the integers that are counted and only read, element by element."""
    made = [
        eq.result
        for eq in region.equations
        if eq.op == "arange" and eq.result.type.is_integer
    ]
    held = set(region.results) if made else set()
    for eq in walk(region) if made else ():
        held.update(v for v in eq.operands if _needs_memory(eq, v))
        held.update(v for inner in eq.regions for v in inner.results)
    return [v for v in made if v not in held]


def _count(region: Region, uses: Counter[Value]) -> None:
    for eq in region.equations:
        uses.update(set(eq.operands))
        for inner in eq.regions:
            _count(inner, uses)
    uses.update(region.results)


def is_deferrable_view(eq: Equation) -> bool:
    """Whether an equation is a view that can be looked through."""
    return is_view(eq) and eq.op in ("index", *WHOLE_VIEWS)


def _in_region(
    region: Region, uses: Counter[Value], same: Same
) -> dict[Value, set[Buffer]]:
    reader: dict[Value, int] = {}
    for place, eq in enumerate(region.equations):
        for value in eq.operands:
            reader.setdefault(value, place)
    ends = _ends(region, uses, reader)
    leaves: dict[Value, set[Buffer]] = {}
    found: dict[Value, set[Buffer]] = {}
    for place, eq in enumerate(region.equations):
        own = _leaves(eq, leaves)
        end = ends.get(eq)
        if end is not None and not _written(region, own, place + 1, end, same):
            found[eq.result] = leaves[eq.result] = own
        elif is_deferrable_view(eq):
            leaves[eq.result] = own
    return found


def _ends(
    region: Region, uses: Counter[Value], reader: Mapping[Value, int]
) -> dict[Equation, int]:
    """Return where each candidate is at last evaluated: the place of its nest."""
    ends: dict[Equation, int] = {}
    for eq in reversed(region.equations):
        if len(eq.results) != 1 or not eq.result.type.rank:
            continue
        value, place = eq.result, reader.get(eq.result)
        single = value.name is None and uses[value] == 1 and place is not None
        if not single:
            continue
        assert place is not None
        consumer = region.equations[place]
        final = _final(consumer, place, ends)
        if is_deferrable_view(eq):
            ends[eq] = place if final is None else final
        elif _is_deferrable(eq) and final is not None:
            free = eq.op in FREE and not _needs_memory(consumer, value)
            if free or _takes_each_once(consumer, value):
                ends[eq] = final
    return ends


def _is_deferrable(eq: Equation) -> bool:
    if eq.op == "index":
        (step,) = eq.attrs["path"]
        return not any(isinstance(item, Mask) for item in step.items)
    return eq.op in DEFER


def _final(consumer: Equation, place: int, ends: Mapping[Equation, int]) -> int | None:
    """Where a value read by this consumer is evaluated; None if it must be there."""
    if consumer in ends:
        return ends[consumer]
    if is_deferrable_view(consumer):
        return None  # a view that is read often
    return place


def _needs_memory(consumer: Equation, value: Value) -> bool:
    """Whether an operand must be in memory: it is handed on, or written."""
    written = consumer.op in WRITES and consumer.operands[0] is value
    return written or consumer.op in CONTROL or consumer.op == "call"


def _takes_each_once(consumer: Equation, value: Value) -> bool:
    """Whether the consumer evaluates each element of an operand at most once."""
    if consumer.op in ELEMENTWISE or consumer.op == "broadcast_to":
        return bool(consumer.result.type.shape == value.type.shape)
    if consumer.op in ONE_PASS:
        return True
    if consumer.op in MATRIX:
        place = MATRIX[consumer.op]
        matrix, vector = consumer.operands[place], consumer.operands[1 - place]
        return matrix is value is not vector
    if consumer.op == "index":
        return consumer.operands[0] is value and is_basic(consumer.attrs["path"])
    if consumer.op in ("store", "accumulate"):
        at = [k for k, v in enumerate(consumer.operands) if v is value]
        return at == [1] and is_basic(consumer.attrs["path"])
    return False


def _leaves(eq: Equation, leaves: Mapping[Value, set[Buffer]]) -> set[Buffer]:
    """Return the memory that evaluating a result reads."""
    found: set[Buffer] = set()
    for value in eq.operands:
        if value.buffer is not None:
            found |= leaves.get(value, {value.buffer})
    return found


def _written(
    region: Region, read: set[Buffer], start: int, stop: int, same: Same
) -> bool:
    """Whether equations, or what is inside them, write memory that is read."""
    roots = {same.get(buffer, buffer) for buffer in read}
    return any(
        same.get(buffer, buffer) in roots
        for eq in region.equations[start:stop]
        for buffer in written(eq)
    )
