"""What an equation writes, and which buffers may be the same memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

from ..records import remembered
from .ir import WRITES, Buffer, Equation, Region, Value, is_view, walk
from .loopform import Loop

Pairs = Iterator[tuple[Buffer, Buffer]]
NOTHING: frozenset[Buffer] = frozenset()


def buffers(values: Iterable[Value]) -> set[Buffer]:
    """Return the buffers of the arrays among values."""
    return {v.buffer for v in values if v.buffer is not None}


def written(eq: Equation) -> Set[Buffer]:
    """Return the buffers that an equation, or what is in its regions, writes."""
    if eq.op in WRITES:
        return buffers(eq.results)
    if eq.op == "call":
        return buffers(eq.results) & buffers(eq.operands)
    return _united(map(written_in, eq.regions)) if eq.regions else NOTHING


def touched(eq: Equation) -> Set[Buffer]:
    """Return the buffers that an equation, or one inside, reads or writes."""
    if eq.op == "dim":
        return NOTHING
    own = buffers((*eq.operands, *eq.results))
    return own.union(*map(touched_in, eq.regions)) if eq.regions else own


@remembered
def written_in(region: Region) -> Set[Buffer]:
    """Return the buffers that equations of a region write."""
    return _united(map(written, region.equations))


@remembered
def touched_in(region: Region) -> Set[Buffer]:
    """Return the buffers that equations of a region read or write."""
    return _united(map(touched, region.equations))


def _united(found: Iterable[Set[Buffer]]) -> Set[Buffer]:
    return NOTHING.union(*found)


def renamed(eq: Equation) -> Iterator[tuple[Value, Value]]:
    """Yield values with what branches and loops call them, inside and after."""
    if eq.op == "if":
        for region in eq.regions:
            yield from zip(region.results, eq.results, strict=True)
    elif eq.op in ("for", "while"):
        loop = Loop.of(eq)
        for target in (loop.carries, loop.finals):
            yield from zip(loop.inits, target, strict=True)
            yield from zip(loop.yields, target, strict=True)


def rebound(eq: Equation) -> Set[Buffer]:
    """Return the buffers for which a loop or branch puts another array in their place.

    So does ``for k in range(n): b = b * a`` with what ``b`` was before: it is still
    there after the loop, but not under that name.
    """
    own = {
        target.buffer
        for source, target in renamed(eq)
        if target.buffer is not None and source.buffer is not target.buffer
    }
    return own.union(*map(_rebound_in, eq.regions)) if eq.regions else own


@remembered
def _rebound_in(region: Region) -> Set[Buffer]:
    return _united(map(rebound, region.equations))


def handed_on(eq: Equation) -> Pairs:
    """Yield buffers, each with one that may be the same memory after an equation.

    What a branch or a loop gives may be the very memory that it was given.
    """
    for source, target in renamed(eq) if eq.regions else ():
        one, other = source.buffer, target.buffer
        if one is not None and other is not None and one is not other:
            yield one, other


def memories(body: Region) -> Mapping[Buffer, Buffer]:
    """Return for each buffer one that stands for all that may be the same memory."""
    found: dict[Buffer, Buffer] = {}

    def root(buffer: Buffer) -> Buffer:
        while buffer in found:
            buffer = found[buffer]
        return buffer

    for eq in walk(body):
        for one, other in handed_on(eq):
            first, second = root(one), root(other)
            if first is not second:
                found[first] = second
    return {buffer: root(buffer) for buffer in found}


def last_version(region: Region, array: Value) -> Value:
    """Return the last version of an array in a region."""
    for eq in region.equations:
        for result in eq.results:
            if result.buffer is array.buffer and not is_view(eq):
                array = result
    return array
