"""Arrays that every iteration fills before it reads them, made inside the loop.

Before::

    terms = np.empty(k)
    for i in range(n):
        for j in range(k):
            terms[j] = f(i, j)
        total += g(terms)

after, ``terms`` is made at the head of each iteration: what one iteration leaves in it
is not the state of the next one (privatisation; Tu and Padua, "Automatic array
privatization", 1993). Whoever makes loops of it may make the memory once again.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from ..graph.buffers import buffers
from ..graph.ir import (
    At,
    Buffer,
    Equation,
    Function,
    Index,
    Program,
    Region,
    Span,
    Value,
    captured,
    is_view,
)
from ..graph.linear import Linear
from ..graph.loopform import Loop, without_carry
from ..graph.ops import CREATIONS


def localise(program: Program) -> Program:
    """Return the program with arrays that are private to iterations made in them."""
    return program.map(privatise)


def privatise(function: Function) -> Function:
    """Return a function with arrays that are private to iterations made in them."""
    return replace(function, body=_region(function.body))


def _region(region: Region) -> Region:
    made = list(region.equations)
    for place, eq in enumerate(made):
        if eq.op == "for" and not eq.attrs.get("exits"):
            eq = _moved_in(eq, region)
        if eq.regions:
            eq = replace(eq, regions=tuple(map(_region, eq.regions)))
        made[place] = eq
    read = {v for eq in made for v in captured(eq)} | set(region.results)
    kept = (eq for eq in made if eq.op not in CREATIONS or eq.result in read)
    return replace(region, equations=tuple(kept))


def _moved_in(eq: Equation, around: Region) -> Equation:
    """Return a loop with the creations of its private arrays inside."""
    makers = {r: maker for maker in around.equations for r in maker.results}
    beside = [each for each in around.equations if each is not eq]
    read = buffers(v for each in beside for v in captured(each))
    read |= buffers(around.results)
    for init in Loop.of(eq).inits:
        maker = makers.get(init)
        if maker is None or maker.op not in CREATIONS or maker.regions:
            continue
        loop = Loop.of(eq)
        place = loop.inits.index(init)
        if init.buffer not in read and _is_private(loop, place, maker):
            eq = _moved(eq, loop.carries[place], maker)
    return eq


def _is_private(loop: Loop, place: int, maker: Equation) -> bool:
    """Whether every iteration fills a carried array before it reads it."""
    init, carry = loop.inits[place], loop.carries[place]
    buffer = carry.buffer
    if buffer is None or loop.yields[place].buffer is not buffer:
        return False
    if init.buffer is not buffer or loop.finals[place].buffer is not buffer:
        return False
    if any(v.buffer is buffer for k, v in enumerate(loop.inits) if k != place):
        return False
    extents = [{form} for form in carry.type.shape]
    if len(maker.operands) == len(extents):
        for known, value in zip(extents, maker.operands, strict=True):
            known.add(value.as_linear)
    return _is_filled_first(loop.body, buffer, extents)


def _is_filled_first(
    body: Region, buffer: Buffer, shape: Sequence[Set[Linear]]
) -> bool:
    """Whether whatever reads an array in a body comes after all of it was written.

    A loop inside may do so for itself, in each of its iterations.
    """
    for eq in body.equations:
        if all(v.buffer is not buffer for v in captured(eq)):
            continue
        if _fills(eq, buffer, shape):
            return True
        if eq.op != "for" or any(v.buffer is buffer for v in eq.operands[:3]):
            return False
        if not _is_filled_first(eq.regions[0], buffer, shape):
            return False
    return True


def _fills(eq: Equation, buffer: Buffer, shape: Sequence[Set[Linear]]) -> bool:
    """Whether an equation writes every element of an array, and reads none before."""
    loops: list[Loop] = []
    while eq.op == "for" and not eq.attrs.get("exits"):
        loop = Loop.of(eq)
        loops.append(loop)
        touching = [
            inner
            for inner in loop.body.equations
            if any(v.buffer is buffer for v in captured(inner))
        ]
        if not touching or any(v.buffer is buffer for v in eq.operands[:3]):
            return False
        eq, *later = touching
        if any(v.buffer is buffer for e in later for v in _read_by(e)):
            return False
    return _is_full_store(eq, shape, loops)


def _read_by(eq: Equation) -> Sequence[Value]:
    """Return what an equation after the store reads: all, to be on the safe side."""
    return tuple(captured(eq))


def _is_full_store(
    eq: Equation, shape: Sequence[Set[Linear]], loops: Sequence[Loop]
) -> bool:
    """Whether a store reaches every element as the counters of loops go on."""
    if eq.op != "store" or is_view(eq) or len(eq.attrs["path"]) != 1:
        return False
    (step,) = eq.attrs["path"]
    slots = eq.operands[2:]
    if not isinstance(step, Index) or len(step.items) != len(shape):
        return False
    ranges = {loop.counter: loop.bounds for loop in loops if loop.counter is not None}
    seen: list[Value] = []
    for item, length in zip(step.items, shape, strict=True):
        if item == Span():
            continue
        if not isinstance(item, At) or slots[item.slot] not in ranges:
            return False
        counter = slots[item.slot]
        if counter in seen or not _is_whole(ranges[counter], length):
            return False
        seen.append(counter)
    return len(seen) == len(loops)


def _is_whole(bounds: Sequence[Value], lengths: Set[Linear]) -> bool:
    """Whether a range goes over an axis, whose length is known by some forms."""
    start, stop, step = (v.as_linear for v in bounds)
    if step.value == 1:
        return start.value == 0 and stop in lengths
    return step.value == -1 and stop.value == -1 and start + 1 in lengths


def _moved(eq: Equation, carry: Value, maker: Equation) -> Equation:
    """Return a loop whose carry is made at the head of its body instead."""
    eq = without_carry(eq, carry)
    body = eq.regions[0]
    first = replace(maker, results=(carry,))
    body = replace(body, equations=(first, *body.equations))
    return replace(eq, regions=(body,))
