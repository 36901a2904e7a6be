"""Arrays computed element by element from one that is not read again: in its place.

Before ``t = empty(n); ...; y = empty(n); for i: y[i] = t[i] / s``, where nothing reads
``t`` later; after ``for i: t[i] = t[i] / s``. Where a name would no longer say what is
in memory, it gets the other one first: ``y = t; for i: y[i] = y[i] / s``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..graph.buffers import buffers, handed_on, touched, written
from ..graph.ir import Buffer, Equation, Program, Region, captured, is_view, walk
from .takeover import handed_over, taken_over


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
    uses = _Uses.of(region)
    for new in makers:
        for old in _candidates(makers, new) if new.op == "empty" else ():
            one, other = old.result.buffer, new.result.buffer
            assert one is not None and other is not None
            if uses.meet(region, one, other) or (
                _is_adjoint(old, new) and uses.follow(region, one, other)
            ):
                take = taken_over if _is_nameless(old, new) else handed_over
                if (found := take(region, one, other)) is not None:
                    yield found


def _candidates(makers: Sequence[Equation], new: Equation) -> list[Equation]:
    """Return the other arrays of the same type, first the one it is the adjoint of."""
    name, kind = new.result.name, new.result.type
    found = [eq for eq in makers if eq is not new and eq.result.type == kind]
    return sorted(found, key=lambda eq: name is None or name != f"{eq.result.name}_bar")


def _is_adjoint(old: Equation, new: Equation) -> bool:
    """Whether an array is the adjoint of another."""
    name = old.result.name
    return name is not None and new.result.name == f"{name}_bar"


def _is_nameless(old: Equation, new: Equation) -> bool:
    """Whether no name becomes wrong if two arrays are one."""
    if old.result.name is not None:
        return False
    return new.result.name is None or bool(old.backward and new.backward)


@dataclass(frozen=True, slots=True)
class _Uses:
    """Where memory is first written and last touched, and what has several names."""

    first: Mapping[Buffer, int]
    last: Mapping[Buffer, int]
    several: Collection[Buffer]
    viewed: Collection[Buffer]

    @classmethod
    def of(cls, region: Region) -> _Uses:
        """Go through a region once."""
        first: dict[Buffer, int] = {}
        last: dict[Buffer, int] = {}
        for place, eq in enumerate(region.equations):
            for buffer in written(eq):
                first.setdefault(buffer, place)
            last.update(dict.fromkeys(touched(eq), place))
        return cls(first, last, *_with_several_names(region))

    def meet(self, region: Region, old: Buffer, new: Buffer) -> bool:
        """Whether the loop that first writes the new array reads the old one last."""
        place = self.first.get(new)
        if place is None or self.last.get(old) != place:
            return False
        if not {old, new}.isdisjoint(self.viewed):
            return False
        plain = old not in self.several and new not in self.several
        return plain and region.equations[place].op == "for"

    def follow(self, region: Region, old: Buffer, new: Buffer) -> bool:
        """Whether a loop first writes the new array when the old one is done with.

        Views of the old one are done with too, as they are the same memory.
        """
        place = self.first.get(new)
        if place is None or self.last.get(old, place) >= place or new in self.viewed:
            return False
        plain = old not in self.several and new not in self.several
        return plain and region.equations[place].op == "for"


def _with_several_names(region: Region) -> tuple[set[Buffer], set[Buffer]]:
    """Return the memory that is made more than once, comes from outside, or is shared.

    Second, that of which there are views. That is what `is_plain` says of one array,
    of all at once.
    """
    given = {v for e in region.equations for v in captured(e)}
    own = {r for e in region.equations for r in e.results}
    found = buffers((*region.params, *(given - own)))
    viewed: set[Buffer] = set()
    seen: set[Buffer | None] = set()
    for eq in walk(region):
        if eq.op in ("empty", "zeros"):
            found |= {b for b in buffers(eq.results) if b in seen}
            seen.add(eq.result.buffer)
        if is_view(eq):
            viewed |= buffers((*eq.operands, *eq.results))
        if eq.op in ("call", "while"):
            found |= buffers((*eq.operands, *eq.results))
        found |= {b for pair in handed_on(eq) for b in pair}
        if eq.regions:
            found |= written(eq) - buffers(eq.results)
    return found, viewed


__all__ = ["reuse"]
