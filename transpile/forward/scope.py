"""Tangents under construction: which value holds the tangent of which primal value.

A tangent mirrors its primal's memory: a view's tangent is the same view of the
tangent, a store goes to the same place. Where an operation merely passes a tangent
on, the memory is shared unless something may write it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..graph.buffers import memories, written
from ..graph.build import Builder
from ..graph.ir import Buffer, Region, Type, Value, is_view, walk
from ..reverse.adjoint import adjoint_type
from .seeds import Seeds


@dataclass(frozen=True, slots=True)
class Written:
    """What a function may write: by the root of the memory that a buffer may be in."""

    roots: frozenset[Buffer]
    stands: Mapping[Buffer, Buffer]

    @staticmethod
    def of(body: Region) -> Written:
        """Return what a body may write."""
        stands = memories(body)
        found = {b for eq in walk(body) for b in written(eq)}
        return Written(frozenset(stands.get(b, b) for b in found), stands)

    def __contains__(self, buffer: object) -> bool:
        return self.stands.get(buffer, buffer) in self.roots  # type: ignore[call-overload]

    def same(self, one: Buffer, other: Buffer | None) -> bool:
        """Whether two buffers may be the same memory."""
        return other is not None and (
            self.stands.get(one, one) is self.stands.get(other, other)
        )


class Scope:
    """The tangents seen from one region, and its equations so far.

    ``sparse`` are tangents that may hold zeros by structure: an infinite partial
    must not meet them.
    """

    def __init__(
        self,
        seeds: Seeds,
        written: Written,
        outer: Scope | None = None,
    ) -> None:
        self.seeds = seeds
        self.written = written
        self.dots: dict[Value, Value] = dict(outer.dots) if outer else {}
        self.sparse: set[Value] = outer.sparse if outer else set()
        self.outside = dict(self.dots)
        self.builder = Builder()

    def inner(self) -> Scope:
        """Return the scope of a region inside."""
        scope = Scope(self.seeds, self.written, self)
        scope.builder.origin = self.builder.origin
        scope.builder.backward = self.builder.backward
        return scope

    def define(self, primal: Value, dot: Value, op: str = "") -> None:
        """Note the tangent of a primal value, under a name like its own."""
        last = self.builder.equations[-1] if self.builder.equations else None
        if last is not None and dot in last.results and dot.name is None:
            named = named_dot(primal, dot, op)
            results = tuple(named if r is dot else r for r in last.results)
            self.builder.equations[-1] = replace(last, results=results)
            if dot in self.sparse:
                self.sparse.add(named)
            dot = named
        self.dots[primal] = dot

    def pass_on(self, primal: Value, dot: Value, op: str = "") -> None:
        """Note a tangent that an operation made, in memory that nobody else writes."""
        if self._may_be_written(primal, dot):
            copied = self.builder.emit("copy", dot)
            if dot in self.sparse:
                self.sparse.add(copied)
            dot = copied
        self.define(primal, dot, op)

    def _may_be_written(self, primal: Value, dot: Value) -> bool:
        """Whether memory that a tangent shares may be written under another name."""
        made = self.builder.equations[-1] if self.builder.equations else None
        maker = made if made is not None and made.results == (dot,) else None
        alias = maker is not None and maker.op == "broadcast_to"
        view = maker is not None and is_view(maker)
        owners = [p for p, d in self.dots.items() if d.buffer is dot.buffer]
        if dot.buffer is None or not (alias or view or owners):
            return False
        if view and primal.buffer in {p.buffer for p in owners}:
            return False  # the same view as that of the primal
        return any(p.buffer in self.written for p in (primal, *owners))

    def settled(
        self, primal: Value, dot: Value | None, sure: Value, own: bool = False
    ) -> Value:
        """Return a tangent that a region gives, in memory of its own like its primal.

        Where there is none it is zero; ``sure`` has a length for it. With ``own`` that
        of a number is in memory of its own, too.
        """
        if dot is None:
            return self.zeros(sure)
        before = {d.buffer for d in self.outside.values()} - {None}
        known = {p.buffer for p in self.outside} - {None}
        if primal.buffer is None and not own:
            return dot  # nothing writes into the tangent of a number
        if dot.buffer in before and primal.buffer not in known:
            return self.builder.emit("copy", dot)
        return dot

    def zeros(self, primal: Value) -> Value:
        """Emit the tangent of what does not move."""
        made = self.seeds.zeros(self.builder, primal)
        self.sparse.add(made)
        return made

    def type(self, primal: Value) -> Type:
        """Return the type of a tangent."""
        return self.seeds.type(adjoint_type(primal.type))

    def value(self, primal: Value, buffer: Buffer | None = None) -> Value:
        """Return a new value for a tangent that a region or a call gives."""
        kind = self.type(primal)
        if kind.rank and buffer is None:
            buffer = Buffer(dot_name(primal) or "")
        return named_dot(primal, Value(kind, None, buffer))


def dot_name(primal: Value) -> str | None:
    """Return the name of a tangent in Griewank's notation: ``x_dot``."""
    return f"{primal.name}_dot" if primal.name else None


def named_dot(primal: Value, dot: Value, op: str = "") -> Value:
    """Return a tangent under the name that its primal, or what makes it, gives it."""
    word = primal.hint or op
    hint = f"{word}_dot" if word else None
    return replace(dot, name=dot_name(primal), hint=dot.hint or hint)
