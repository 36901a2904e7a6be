"""Adjoints under construction: which value holds the adjoint of which primal value.

A `Scope` belongs to one backward region. Contributions of one statement are summed
and then added to what is there, in place where the adjoint owns its array. What a
loop or a branch contributes to a value from outside becomes a carry or a result of
the backward equation, made when the first contribution arrives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from ..graph.build import Builder
from ..graph.dtypes import strong
from ..graph.ir import Buffer, Origin, Type, Value, is_view
from ..graph.loopform import Loop
from .sizes import Sizes


class Scope:
    """The adjoints seen from one backward region.

    ``local`` are the primal values defined in the mirrored forward region; adjoints
    of others belong to an enclosing scope, and ``adopt`` says how they come in.
    ``sparse`` are adjoints that may hold zeros by structure, not by chance: there a
    partial may be infinite, and a guard is due. With each stands the adjoint that its
    zeros come from, a number's, or itself.
    """

    def __init__(
        self,
        sizes: Sizes,
        names: dict[Value, Value],
        sparse: dict[Value, Value],
        local: set[Value],
    ) -> None:
        self.sizes = sizes
        self.names = names
        self.sparse = sparse
        self.local = local
        self.builder = Builder(backward=True)
        self.bars: dict[Value, Value] = {}
        self.owned: set[Value] = set()
        self.pending: dict[Value, list[tuple[Value, bool]]] = {}
        self.adopt: Callable[[Value], None] | None = None

    # ---- contributions ----

    def start_statement(self, origin: Origin | None) -> None:
        """Add up what the last statement contributed, if another begins."""
        before = self.builder.origin
        if before is not None and origin is not None:
            if (before.file, before.statement) == (origin.file, origin.statement):
                return
        self.flush_all()
        self.builder.origin = origin

    def add(self, primal: Value, contribution: Value, owned: bool) -> None:
        """Note a contribution to the adjoint of a primal value."""
        self.pending.setdefault(primal, []).append((contribution, owned))

    def flush_all(self) -> None:
        """Add all noted contributions to their adjoints."""
        for primal in list(self.pending):
            self.flush(primal)

    def flush(self, primal: Value) -> None:
        """Add the noted contributions to one adjoint."""
        noted = self.pending.pop(primal, None)
        self._reach(primal)
        if noted is None:
            return
        total, owned = noted[0]
        for contribution, _ in noted[1:]:
            total, owned = self._plus(total, contribution, False), True
        before = self.bars.get(primal)
        if before is None:
            self._set(primal, total, owned)
        else:
            total = self._plus(before, total, before in self.owned)
            self._set(primal, total, True)

    def _plus(self, before: Value, more: Value, in_place: bool) -> Value:
        """Emit a sum, in place if the first summand may be written."""
        if in_place and more.type.rank:
            total = self.builder.accumulate(before, more, ())
        else:
            total = self.builder.emit("add", before, more)
        if before in self.sparse and more in self.sparse:
            same = self.sparse[before] is self.sparse[more]
            self.sparse[total] = self.sparse[more] if same else total
        return total

    def _reach(self, primal: Value) -> None:
        """Bring the adjoint of a value from outside into this scope."""
        if primal not in self.local and primal not in self.bars and self.adopt:
            self.adopt(primal)

    def _set(self, primal: Value, bar: Value, owned: bool) -> None:
        self.bars[primal] = bar
        if owned:
            self.owned.add(bar)
        else:
            self.owned.discard(bar)
        self.names.setdefault(bar, primal)

    def disown_repeats(self) -> None:
        """Let an adjoint that is passed on to two values belong to neither."""
        noted = [n for notes in self.pending.values() for n in notes]
        times = Counter(bar for bar, _ in noted)
        for primal, notes in self.pending.items():
            self.pending[primal] = [(b, own and times[b] == 1) for b, own in notes]

    # ---- reading ----

    def take(self, primal: Value) -> Value | None:
        """Return the complete adjoint of a value, None if nothing contributed."""
        self.flush(primal)
        return self.bars.get(primal)

    def take_or_zero(self, primal: Value) -> Value:
        """Return the adjoint of a value; zeros, if nothing contributed."""
        return self.take(primal) or self._zero(primal)

    def own(self, primal: Value) -> Value:
        """Return the adjoint as something that may be written, copied if shared."""
        bar = self.take_or_zero(primal)
        if bar.type.rank and bar not in self.owned:
            made = self.builder.emit("copy", bar)
            self.inherit(made, bar)
            self._set(primal, made, True)
            return made
        return bar

    def inherit(self, made: Value, *sources: Value) -> None:
        """Note that an adjoint has the zeros of others."""
        if any(source in self.sparse for source in sources):
            self.sparse[made] = made

    def replace(self, primal: Value, bar: Value) -> None:
        """Note that an adjoint was written in place: ``bar`` is its new contents."""
        self._set(primal, bar, True)

    def _zero(self, primal: Value) -> Value:
        bar = self.zeros(primal)
        self._set(primal, bar, True)
        return bar

    def zeros(self, primal: Value) -> Value:
        """Emit zeros of the shape and dtype of a primal value."""
        if not primal.type.rank:
            made = self.builder.constant(0.0, dtype_of(primal.type))
        else:
            lengths = [self.length(primal, axis) for axis in range(primal.type.rank)]
            made = self.builder.emit("zeros", *lengths, dtype=primal.type.dtype)
        self.sparse[made] = made
        return made

    def length(self, primal: Value, axis: int) -> Value:
        """Emit the length of an axis: of the value, if it is at hand, or from sizes."""
        if self.adopt is None and primal in self.local:
            return self.builder.dim(primal, axis)
        known = self.sizes.value(self.builder, primal.type.shape[axis])
        return known or self.builder.dim(primal, axis)


def adjoint_type(kind: Type) -> Type:
    """Return the type of an adjoint: of a Python number, that of an array."""
    return replace(kind, dtype=strong(kind.dtype)) if kind.is_inexact else kind


def dtype_of(kind: Type) -> str | None:
    """Return the dtype of a constant beside a value: None for a Python number."""
    if kind.is_complex:
        return strong(kind.dtype)
    return None if kind.dtype.startswith("weak") else kind.dtype


def bar_name(primal: Value) -> str | None:
    """Return the name of an adjoint in Griewank's notation: ``x_bar``."""
    return f"{primal.name}_bar" if primal.name else None  # unnamed: a temporary


def fresh_arrays(builder: Builder, since: int) -> set[Value]:
    """Return the arrays made by the equations emitted since and shared by nobody.

    What a loop fills is such an array where it was before.
    """
    emitted = builder.equations[since:]
    made = {
        eq.result
        for eq in emitted
        if len(eq.results) == 1
        and eq.result.type.rank
        and eq.op != "broadcast_to"
        and not is_view(eq)
    }
    for eq in emitted:
        if eq.op == "for":
            loop = Loop.of(eq)
            pairs = zip(loop.inits, loop.finals, strict=True)
            made.update(r for x, r in pairs if x in made and x.buffer is r.buffer)
    return made


__all__ = ["Buffer", "Scope", "Sizes", "bar_name", "dtype_of", "fresh_arrays"]
