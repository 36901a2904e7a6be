"""Which array values need no memory: those computed inside the nest that reads them.

A value qualifies if it has no name of the user's, one reader, in its own region, that
takes each element once, and if nothing in between writes what it is computed from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ..ir import (
    WHOLE_VIEWS,
    Buffer,
    Equation,
    Function,
    Mask,
    Region,
    Value,
    is_view,
    walk,
)
from ..ops import ELEMENTWISE
from ..shapes import is_basic
from .elements import DEFER

# Views and the like cost nothing to look through, however often that is done.
FREE = WHOLE_VIEWS | {"broadcast_to", "flip", "full", "ones", "zeros"}
ONE_PASS = frozenset(
    """sum prod max min mean any all argmax argmin count_nonzero cumsum cumprod
    concatenate stack dot copy flip transpose real imag""".split()
)


def deferred(function: Function) -> frozenset[Equation]:
    """Return the equations whose array results are computed on demand."""
    uses: Counter[Value] = Counter()
    _count(function.body, uses)
    found: set[Equation] = set()
    for region in _regions(function.body):
        found |= _in_region(region, uses)
    return frozenset(found)


def _regions(region: Region) -> list[Region]:
    inner = [r for eq in walk(region) for r in eq.regions]
    return [region, *inner]


def _count(region: Region, uses: Counter[Value]) -> None:
    for eq in region.equations:
        uses.update(set(eq.operands))
        for inner in eq.regions:
            _count(inner, uses)
    uses.update(region.results)


def is_deferrable_view(eq: Equation) -> bool:
    """Whether an equation is a view that can be looked through."""
    return is_view(eq) and eq.op in ("index", *WHOLE_VIEWS)


def _in_region(region: Region, uses: Counter[Value]) -> set[Equation]:
    reader: dict[Value, int] = {}
    for place, eq in enumerate(region.equations):
        for value in eq.operands:
            reader.setdefault(value, place)
    ends = _ends(region, uses, reader)
    leaves: dict[Value, set[Buffer]] = {}
    found: set[Equation] = set()
    for place, eq in enumerate(region.equations):
        own = _leaves(eq, leaves)
        end = ends.get(eq)
        if end is not None and not _written(region, own, place + 1, end):
            found.add(eq)
            leaves[eq.result] = own
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
            if eq.op in FREE or _takes_each_once(consumer, value):
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


def _takes_each_once(consumer: Equation, value: Value) -> bool:
    """Whether the consumer evaluates each element of an operand at most once."""
    if consumer.op in ELEMENTWISE or consumer.op == "broadcast_to":
        return bool(consumer.result.type.shape == value.type.shape)
    if consumer.op in ONE_PASS:
        return True
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


def _written(region: Region, buffers: set[Buffer], start: int, stop: int) -> bool:
    return any(
        result.buffer in buffers
        for eq in region.equations[start:stop]
        if not is_deferrable_view(eq)
        for result in eq.results
        if result.buffer is not None
    )
