"""A new array in the memory of an old one.

Before ``y = empty(n)`` and ``for i in range(n): y[i] = f(x[i])``, where nothing reads
``x`` after that; after ``for i in range(n): x[i] = f(x[i])``. It is right if the old
array is not touched once the new one is first written: or, where one loop touches
both, if each iteration touches elements of its own only, and does so in this order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ..graph.buffers import buffers, handed_on, touched, written
from ..graph.ir import (
    EFFECTS,
    WRITES,
    At,
    Buffer,
    Equation,
    Index,
    Region,
    Value,
    is_view,
    walk,
)
from ..graph.loopform import Loop, without_carry
from ..graph.substitute import substitute

Pinned = tuple[tuple[int, Value], ...]  # counters, and the axes they are the index of


def taken_over(region: Region, old: Buffer, new: Buffer) -> Region | None:
    """Return a region with an array in the memory of another, or None.

    The new array is made in the region, by ``empty``; both are of one type, and
    `is_plain` in the region. Whoever calls sees to it that nothing needs the old array
    after the region.
    """
    found = _met(region, old, new)
    if found is None:
        return None
    equations, _ = found
    kept = [e for e in equations if not (e.op == "empty" and e.result.buffer is new)]
    return together(Region(region.params, tuple(kept), region.results), old, {new})


def handed_over(region: Region, old: Buffer, new: Buffer) -> Region | None:
    """Return a region in which a loop is given the old array for the new one, or None.

    As `taken_over`, but the memory has the new one's name from then on. The
    loop reads the old array and does not write it.
    """
    found = _met(region, old, new)
    if found is None:
        return None
    equations, first = found
    given = [
        v
        for e in equations[:first]
        for v in e.results
        if v.buffer is old and not is_view(e)
    ]
    named = [v for v in _mentioned(region) if v.buffer is new and v.name is not None]
    if old in written(equations[first]) or not named:
        return None
    alone = Region((), (equations[first],), equations[first].results)
    made = together(alone, new, {old}).equations
    if not made:
        return None
    (empty,) = (e for e in equations if e.op == "empty" and e.result.buffer is new)
    operands = tuple(given[-1] if v is empty.result else v for v in made[0].operands)
    equations[first] = replace(made[0], operands=operands)
    equations.remove(empty)
    carry = next(v for v in made[0].regions[0].params if v.buffer is new)
    name = min(named, key=lambda v: v.serial).name
    begun = {carry: replace(empty.result, type=carry.type, name=name)}
    return substitute(Region(region.params, tuple(equations), region.results), begun)


def _met(region: Region, old: Buffer, new: Buffer) -> tuple[list[Equation], int] | None:
    """Return the equations, and which first writes the new array, the old one read.

    None if the two are ever needed at once.
    """
    equations = list(region.equations)
    writers = [k for k, eq in enumerate(equations) if new in written(eq)]
    if not writers or old in buffers(region.results):
        return None
    first = writers[0]
    if any(touches(eq, {old}) for eq in equations[first + 1 :]):
        return None
    if touches(equations[first], {old}):
        both = _in_step(equations[first], old, new, ())
        if both is None:
            return None
        equations[first] = both
    return equations, first


def touches(eq: Equation, memory: set[Buffer]) -> bool:
    """Whether an equation, or one inside, reads or writes memory."""
    return not memory.isdisjoint(touched(eq))


def is_plain(equations: Iterable[Equation], memory: set[Buffer]) -> bool:
    """Whether memory has one name and no views, and only what returns it writes it.

    Functions that are called neither take nor give it.
    """
    for eq in equations:
        own = buffers((*eq.operands, *eq.results)) & memory
        if own and (is_view(eq) or eq.op in ("call", "while")):
            return False
        if any(b in memory for pair in handed_on(eq) for b in pair):
            return False
        if eq.regions:
            inside = {b for b in written(eq) if b in memory}
            if not inside <= buffers(eq.results):
                return False
            if not all(is_plain(r.equations, memory) for r in eq.regions):
                return False
    return True


# ---- in one loop ----


def _in_step(eq: Equation, old: Buffer, new: Buffer, around: Pinned) -> Equation | None:
    """Return a loop whose iterations read of the old array before they write the new.

    Reads behind the first write are moved up. None if iterations are not for
    themselves.
    """
    if eq.op != "for" or eq.attrs.get("exits") or not _counts_up_from_zero(eq):
        return None
    loop = Loop.of(eq)
    assert loop.counter is not None
    axis = _axis(loop, {old, new})
    if axis is None:
        return None
    equations = list(loop.body.equations)
    first = next(k for k, e in enumerate(equations) if new in written(e))
    late = [e for e in equations[first + 1 :] if touches(e, {old})]
    if any(not _may_move(e, equations[first:]) for e in late):
        return None
    if late and any(touches(e, {old}) and e not in late for e in equations[first:]):
        return None
    if touches(equations[first], {old}):
        inner = _in_step(equations[first], old, new, (*around, (axis, loop.counter)))
        if inner is None:
            return None
        equations[first] = inner
    rest = [e for e in equations[first:] if e not in late]
    equations[first:] = [*late, *rest]
    body = replace(loop.body, equations=tuple(equations))
    return replace(eq, regions=(body,))


def _counts_up_from_zero(eq: Equation) -> bool:
    """Whether no two iterations may mean the same element, one counting from behind."""
    start, stop, step = (v.as_linear.value for v in eq.operands[:3])
    if step == 1:
        return start is not None and start >= 0
    return step == -1 and stop is not None and stop >= -1


def _axis(loop: Loop, memory: set[Buffer]) -> int | None:
    """Return the axis on which a loop's counter is the index of all accesses."""
    common: set[int] | None = None
    for eq in walk(loop.body):
        if eq.op in ("for", "dim") or memory.isdisjoint(buffers(eq.operands)):
            continue
        if eq.op not in ("index", *WRITES) or buffers(eq.operands[1:]) & memory:
            return None
        axes = _axes(eq, loop.counter)
        common = axes if common is None else common & axes
    return min(common) if common else None


def _axes(eq: Equation, counter: Value | None) -> set[int]:
    path = eq.attrs["path"]
    if len(path) != 1 or not isinstance(path[0], Index):
        return set()
    slots = eq.operands[2 if eq.op in WRITES else 1 :]
    items = path[0].items
    if not all(isinstance(item, At) for item in items):
        return set()
    return {
        axis
        for axis, item in enumerate(items)
        if isinstance(item, At) and slots[item.slot] is counter
    }


def _may_move(eq: Equation, behind: Sequence[Equation]) -> bool:
    """Whether a read of an element may stand before equations that it is among."""
    made = {r for e in behind for r in e.results}
    return eq.op == "index" and made.isdisjoint(eq.operands)


# ---- one memory ----


def together(region: Region, home: Buffer, others: set[Buffer]) -> Region:
    """Return a region in which arrays are versions of one, each of the one before."""
    moved = {
        v: replace(v, buffer=home, serial=Value(v.type).serial)
        for v in (*region.params, *_mentioned(region))
        if v.buffer in others
    }
    region = substitute(region, moved)
    now = next((p for p in region.params if p.buffer is home), None)
    equations, end = _threaded(region.equations, home, now)
    return Region(region.params, equations, _at(region.results, home, end))


def _mentioned(region: Region) -> Iterator[Value]:
    for eq in walk(region):
        yield from (*eq.operands, *eq.results)
        yield from (p for r in eq.regions for p in r.params)


def _threaded(
    equations: Iterable[Equation], home: Buffer, now: Value | None
) -> tuple[tuple[Equation, ...], Value | None]:
    """Return equations in which each takes memory as the one before left it.

    What would store an element where it was read is left out.
    """
    out: list[Equation] = []
    read: dict[Value, Equation] = {}
    for eq in equations:
        if eq.op == "for":
            eq = _carried(eq, home, now)
            if _rests(eq, home):
                continue
        else:
            eq = replace(
                eq,
                operands=_at(eq.operands, home, now),
                regions=tuple(_reading(r, home, now) for r in eq.regions),
            )
        if eq.op == "store" and _is_idle(eq, read.get(eq.operands[1]), home):
            continue
        if eq.op == "index":
            read[eq.result] = eq
        out.append(eq)
        now = next((v for v in eq.results if v.buffer is home), now)
    return tuple(out), now


def _rests(eq: Equation, home: Buffer) -> bool:
    """Whether a loop does nothing but carry memory that stays as it is."""
    loop = Loop.of(eq)
    if loop.yields != loop.carries or eq.results != loop.finals:
        return False
    if len(eq.results) != 1 or eq.result.buffer is not home:
        return False
    return not any(e.op in EFFECTS | WRITES for e in walk(loop.body))


def _is_idle(eq: Equation, source: Equation | None, home: Buffer) -> bool:
    """Whether a store leaves memory as it is."""
    if source is None or eq.operands[0].buffer is not home:
        return False
    same = (eq.operands[0], *eq.operands[2:]) == source.operands
    return same and eq.attrs["path"] == source.attrs["path"]


def _reading(region: Region, home: Buffer, now: Value | None) -> Region:
    """Return a branch that reads memory as it is now."""
    equations, end = _threaded(region.equations, home, now)
    return Region(region.params, equations, _at(region.results, home, end))


def _carried(eq: Equation, home: Buffer, now: Value | None) -> Equation:
    """Return a loop that carries memory once, and only if it writes it."""
    places = [v for v in Loop.of(eq).carries if v.buffer is home]
    for carry in places[1 if home in written(eq) else 0 :]:
        eq = without_carry(eq, carry)
    body = eq.regions[0]
    start = next((p for p in body.params if p.buffer is home), now)
    equations, end = _threaded(body.equations, home, start)
    body = Region(body.params, equations, _at(body.results, home, end))
    return replace(eq, operands=_at(eq.operands, home, now), regions=(body,))


def _at(
    values: tuple[Value, ...], home: Buffer, now: Value | None
) -> tuple[Value, ...]:
    """Return values, the memory as it is now."""
    if now is None:
        return values
    return tuple(now if v.buffer is home else v for v in values)
