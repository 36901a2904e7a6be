"""Zeros that nothing reads: adjoints need not be cleared where they end.

Before, when a store is undone, last iteration first::

    for i in range(n - 1, -1, -1):
        x_bar[i] += y_bar[i] * w[i]
        y_bar[i] = 0.0

after, if no later iteration and nothing behind the loop reads ``y_bar[i]``, without the
last line. Integer elimination proves that (`sections`). For compiled code: a reader of
NumPy text may look for the line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..graph.buffers import buffers
from ..graph.ir import (
    CONTROL,
    WRITES,
    Buffer,
    Equation,
    Function,
    Program,
    Region,
    Value,
    is_view,
    walk,
)
from ..graph.substitute import substitute
from .positions import Positions
from .sections import Access, Sections


def leave_uncleared(program: Program) -> Program:
    """Return the program without stores of zeros that nothing reads."""
    return program.map(_function)


def _function(function: Function) -> Function:
    body = function.body
    zeros = [eq for eq in walk(body) if eq.op == "store" and _is_zero(eq)]
    if not zeros:
        return function
    uses = _Uses.of(body)
    gone = {eq for eq in zeros if uses.is_unread(eq)}
    return replace(function, body=_without(body, gone)) if gone else function


def _is_zero(eq: Equation) -> bool:
    value = eq.operands[1]
    return bool(eq.backward) and not value.type.rank and value.number == 0


@dataclass(frozen=True, slots=True)
class _Uses:
    """What reads each buffer that the function makes for itself, and when."""

    sections: Sections
    reads: dict[Buffer, list[Access]]

    @staticmethod
    def of(body: Region) -> _Uses:
        """Find the buffers of which all reads are known."""
        positions = Positions.of(body)
        sections = Sections(positions)
        made = {b for e in walk(body) for b in _made(e)}
        outside = buffers((*body.params, *body.results))
        aliased = {b for one, more in positions.merged.items() for b in (one, *more)}
        times = Counter(walk(body))
        reads: dict[Buffer, list[Access]] = {b: [] for b in made - outside - aliased}
        for eq in times:
            for buffer in buffers((*eq.operands, *eq.results)) & reads.keys():
                if times[eq] > 1:  # computed again elsewhere: it has several places
                    del reads[buffer]
                    continue
                reads[buffer] += _accesses(sections, eq, buffer)
        return _Uses(sections, reads)

    def is_unread(self, eq: Equation) -> bool:
        """Whether nothing reads what a store has written, at any later time."""
        buffer = eq.operands[0].buffer
        if buffer is None or buffer not in self.reads:
            return False
        written = self.sections.of_write(eq)
        if written.ranges is None:
            return False
        return not any(
            self.sections.meet_later(written, read) for read in self.reads[buffer]
        )


def _made(eq: Equation) -> set[Buffer]:
    """Return the memory that an equation makes."""
    if eq.op in CONTROL | WRITES | {"call"} or is_view(eq):
        return set()
    return buffers(eq.results) - buffers(eq.operands)


def _accesses(sections: Sections, eq: Equation, buffer: Buffer) -> Iterator[Access]:
    """Yield what an equation reads of a buffer."""
    if eq.op in CONTROL or eq.op == "dim" or is_view(eq):
        return
    where = sections.positions.equations[eq]
    for k, value in enumerate(eq.operands):
        if value.buffer is not buffer or (k == 0 and eq.op == "store"):
            continue
        if k == 0 and eq.op == "accumulate":
            yield sections.of_write(eq)
        elif k == 0 and eq.op == "index":
            yield sections.of_read(eq, where, where.place)
        else:
            yield sections.of_value(value, where, where.place)


def _without(region: Region, gone: set[Equation]) -> Region:
    """Return a region without some stores."""
    equations: list[Equation] = []
    renamed: dict[Value, Value] = {}
    for eq in region.equations:
        if eq in gone:
            base = eq.operands[0]
            renamed[eq.result] = renamed.get(base, base)
            continue
        regions = tuple(_without(r, gone) for r in eq.regions)
        equations.append(replace(eq, regions=regions) if regions else eq)
    made = replace(region, equations=tuple(equations))
    return substitute(made, renamed)
