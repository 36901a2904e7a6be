"""Arrays of which each element is read where it was written: numbers instead.

Before ``for i: t[i] = x[i] * y[i]; z[i] = sin(t[i])``; after
``for i: v = x[i] * y[i]; z[i] = sin(v)``, and ``t`` is not made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from types import MappingProxyType

from ..graph.buffers import buffers, handed_on, written
from ..graph.ir import EFFECTS, WRITES, Buffer, Equation, Region, Value, walk
from ..graph.loopform import Loop
from ..graph.substitute import in_equation

Key = tuple[object, ...]
NOTHING: Mapping[Key, Value] = MappingProxyType({})


def contract(body: Region) -> Region:
    """Return a function's body without the arrays that only hand numbers on."""
    made = _made(body)
    forwarded = _forwarded(body, made)
    unread = made - _needed(forwarded)
    return _without(_forwarded(body, unread), unread) if unread else body


# ---- elements read where they were stored ----


def _forwarded(
    region: Region, arrays: Set[Buffer], before: Mapping[Key, Value] = NOTHING
) -> Region:
    """Let reads of an array's element that was stored before take the number itself.

    What stands in an array before a loop that does not write it, stands there inside.
    """
    equations: list[Equation] = []
    known = dict(before)
    mapping: dict[Value, Value] = {}
    for eq in region.equations:
        if mapping:
            eq = in_equation(eq, mapping)
        if eq.op == "index" and not eq.result.type.rank:
            stored = known.get(_key(eq, eq.operands[1:]))
            if stored is not None:
                mapping[eq.result] = stored
                continue
        for buffer in written(eq) | _born(eq):
            _forget(known, buffer)
        if eq.op == "store":
            base, value, *slots = eq.operands
            plain = value.type.dtype == base.type.dtype and not value.type.rank
            if plain and base.buffer in arrays:
                known[_key(eq, slots)] = value
        if eq.regions:
            regions = tuple(_forwarded(r, arrays, known) for r in eq.regions)
            eq = replace(eq, regions=regions)
        equations.append(eq)
    results = tuple(mapping.get(v, v) for v in region.results)
    return Region(region.params, tuple(equations), results)


def _born(eq: Equation) -> set[Buffer]:
    """Return the memory that an equation, or what is in its regions, makes."""
    inside = (eq, *(e for r in eq.regions for e in walk(r)))
    return buffers([e.result for e in inside if e.op in ("empty", "zeros")])


def _key(eq: Equation, slots: Sequence[Value]) -> Key:
    places = tuple(v.linear if v.linear is not None else v for v in slots)
    return (eq.operands[0].buffer, eq.attrs["path"], places)


def _forget(known: dict[Key, Value], buffer: Buffer) -> None:
    for key in [k for k in known if k[0] is buffer]:
        del known[key]


# ---- arrays that nothing reads ----


def _made(body: Region) -> set[Buffer]:
    """Return the buffers of arrays that the function makes."""
    return {
        eq.result.buffer
        for eq in walk(body)
        if eq.op == "empty" and eq.result.buffer is not None
    }


def _needed(body: Region) -> set[Buffer]:
    """Return the buffers that are read, or that other memory may be.

    What a nest reads only to write what is not needed, is not needed either.
    """
    needed = buffers(body.results)
    nests: list[tuple[Set[Buffer], Set[Buffer]]] = []
    needed.update(_used(body, nests))
    grown = True
    while grown:
        before = len(needed)
        for writes, reads in nests:
            if not needed.isdisjoint(writes):
                needed |= reads
        grown = len(needed) > before
    return needed


def _used(
    region: Region, nests: list[tuple[Set[Buffer], Set[Buffer]]]
) -> Iterator[Buffer]:
    """Yield what is used by other than nests; list what those write and use."""
    for eq in region.equations:
        if _only_writes(eq):
            inside = (eq, *walk(eq.regions[0]))
            nests.append((written(eq), {b for e in inside for b in _own(e)}))
            continue
        yield from _own(eq)
        for inner in eq.regions:
            yield from _used(inner, nests)


def _only_writes(eq: Equation) -> bool:
    """Whether a loop of ours does nothing but write arrays."""
    if eq.op != "for" or "stands_for" not in eq.attrs or not eq.results:
        return False
    inside = walk(eq.regions[0])
    arrays = all(v.buffer is not None for v in eq.results)
    return arrays and not any(inner.op in EFFECTS for inner in inside)


def _own(eq: Equation) -> Iterator[Buffer]:
    """Yield the buffers that an equation itself uses."""
    if eq.op == "store":
        yield from buffers(eq.operands[1:])
    elif eq.op == "for":
        for pair in handed_on(eq):
            yield from pair
    elif eq.op != "empty":
        yield from buffers((*eq.operands, *eq.results))
        for region in eq.regions:
            yield from buffers((*region.params, *region.results))


def _without(region: Region, unread: Set[Buffer]) -> Region:
    """Return a region without some arrays: no stores, no carries."""
    equations = []
    for eq in region.equations:
        if eq.op in (*WRITES, "empty") and eq.result.buffer in unread:
            continue
        if eq.op == "for":
            eq = _without_carries(eq, unread)
        regions = tuple(_without(r, unread) for r in eq.regions)
        eq = replace(eq, regions=regions) if regions else eq
        if not _is_idle(eq):
            equations.append(eq)
    params, results = _kept(region.params, unread), _kept(region.results, unread)
    return Region(params, tuple(equations), results)


def _is_idle(eq: Equation) -> bool:
    """Whether a loop of ours has nothing left to do."""
    if eq.op != "for" or eq.results or "stands_for" not in eq.attrs:
        return False
    return not any(inner.op in EFFECTS | WRITES for inner in walk(eq.regions[0]))


def _without_carries(eq: Equation, unread: Set[Buffer]) -> Equation:
    attrs = dict(eq.attrs)
    if "labels" in attrs:
        pairs = zip(attrs["labels"], Loop.of(eq).carries, strict=True)
        attrs["labels"] = tuple(n for n, v in pairs if v.buffer not in unread)
    return replace(
        eq,
        operands=_kept(eq.operands, unread),
        results=_kept(eq.results, unread),
        attrs=MappingProxyType(attrs),
    )


def _kept(values: tuple[Value, ...], unread: Set[Buffer]) -> tuple[Value, ...]:
    return tuple(v for v in values if v.buffer not in unread)
