"""Arrays computed element by element from one that is not read again: in its place.

Before ``t = empty(n); ...; y = empty(n); for i: y[i] = t[i] / s``, where nothing reads
``t`` later; after ``for i: t[i] = t[i] / s``. Not where a name would no longer say what
is in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..graph.buffers import buffers, written
from ..graph.ir import Equation, Program, Region, captured, walk
from .takeover import is_plain, taken_over, touches


def reuse(program: Program) -> Program:
    """Return lowered functions with arrays in memory that is free by then.

    What a loop makes is left to `states` and `hoist`.
    """
    return program.map(lambda f: replace(f, body=_region(f.body)))


def _region(body: Region) -> Region:
    while (shorter := next(_shorter(body), None)) is not None:
        body = shorter
    return body


def _shorter(region: Region) -> Iterator[Region]:
    """Yield the region with one array less, in each way in which that is right."""
    makers = [e for e in region.equations if e.op in ("empty", "zeros")]
    for new in makers:
        for old in makers if new.op == "empty" else ():
            if old is new or not _may_share(old, new):
                continue
            one, other = old.result.buffer, new.result.buffer
            assert one is not None and other is not None
            if _stepwise(region, old, new) and _once(region, old, new):
                if (found := taken_over(region, one, other)) is not None:
                    yield found


def _may_share(old: Equation, new: Equation) -> bool:
    """Whether two arrays are alike, and no name becomes wrong if they are one."""
    if old.result.type != new.result.type or old.result.name is not None:
        return False
    return new.result.name is None or bool(old.backward and new.backward)


def _stepwise(region: Region, old: Equation, new: Equation) -> bool:
    """Whether the loop that first writes the new array reads the old one."""
    for eq in region.equations:
        if new.result.buffer in written(eq):
            return eq.op == "for" and touches(eq, buffers(old.results))
    return False


def _once(region: Region, old: Equation, new: Equation) -> bool:
    """Whether two arrays are made once, and are seen in the region by one name."""
    memory = buffers((old.result, new.result))
    made = [e for e in walk(region) if e.op in ("empty", "zeros")]
    if sum(e.result.buffer in memory for e in made) != 2:
        return False
    given = {v for e in region.equations for v in captured(e)}
    own = {r for e in region.equations for r in e.results}
    if memory & buffers((*region.params, *(given - own))):
        return False
    return is_plain(region.equations, memory)


__all__ = ["reuse"]
