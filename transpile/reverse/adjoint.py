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

from ..build import Builder
from ..ir import Buffer, Function, Origin, Type, Value, is_view
from ..linear import Atom, Derived, Linear, Size


class Sizes:
    """Where sizes come from: the parameter and axis that define each `Size`."""

    def __init__(self, function: Function) -> None:
        self.sources: dict[Atom, tuple[Value, int]] = {}
        copies = {
            eq.operands[0]: eq.result
            for eq in function.body.equations
            if eq.op == "copy" and eq.origin is None
        }
        for param in function.body.params:
            value = copies.get(param, param)
            for axis, form in enumerate(value.type.shape):
                if form.constant == 0 and form.terms and form.terms[0][1] == 1:
                    if len(form.terms) == 1 and isinstance(form.atoms[0], Size):
                        self.sources.setdefault(form.atoms[0], (value, axis))

    def value(self, builder: Builder, form: Linear) -> Value | None:
        """Emit the integer that a form stands for; None if it has an unknown atom."""
        if not all(self.knows(atom) for atom in form.atoms):
            return None
        total: Value | None = None
        for atom, factor in form.terms:
            term = self._atom(builder, atom)
            if abs(factor) != 1:
                term = builder.emit("multiply", builder.constant(abs(factor)), term)
            if total is None:
                total = term if factor > 0 else builder.emit("negative", term)
            else:
                total = builder.emit("add" if factor > 0 else "subtract", total, term)
        if total is None:
            return builder.constant(form.constant)
        if form.constant:
            size = builder.constant(abs(form.constant))
            op = "add" if form.constant > 0 else "subtract"
            total = builder.emit(op, total, size)
        return _known_as(builder, total, form)

    def _slice(self, builder: Builder, atom: Derived) -> Value:
        """Emit the length of ``x[lower:upper]``: the clipped bounds' difference."""
        lower, upper, _, length = atom.parts
        assert isinstance(length, Linear)
        whole = self.value(builder, length)
        assert whole is not None
        zero = builder.constant(0)
        start, stop = zero, whole
        if isinstance(lower, Linear):
            start = self._clipped(builder, lower, length, whole)
        if isinstance(upper, Linear):
            stop = self._clipped(builder, upper, length, whole)
        span = builder.emit("subtract", stop, start) if start is not zero else stop
        return builder.emit("maximum", zero, span)

    def _clipped(
        self, builder: Builder, form: Linear, length: Linear, whole: Value
    ) -> Value:
        """Emit a bound of a slice as NumPy understands it: in ``[0, length]``."""
        zero = builder.constant(0)
        if form.value is not None and form.value < 0:
            return builder.emit("maximum", zero, self._sure(builder, length + form))
        bound = self._sure(builder, form)
        if form.value is None:
            wrapped = builder.emit("add", bound, whole)
            wrapped = builder.emit("maximum", zero, wrapped)
            negative = builder.emit("less", bound, zero)
            bound = builder.emit("where", negative, wrapped, bound)
        return builder.emit("minimum", bound, whole)

    def _sure(self, builder: Builder, form: Linear) -> Value:
        value = self.value(builder, form)
        assert value is not None
        return value

    def knows_all(self, form: Linear) -> bool:
        """Whether the integer that a form stands for can be computed."""
        return all(self.knows(atom) for atom in form.atoms)

    def knows(self, atom: Atom) -> bool:
        """Whether the integer that an atom stands for can be computed."""
        if isinstance(atom, Derived):
            forms = [p for p in atom.parts if isinstance(p, Linear)]
            known = all(self.knows(a) for form in forms for a in form.atoms)
            return known and (atom.kind in ("clip", "product") or _unit_slice(atom))
        return isinstance(atom, Value) or atom in self.sources

    def _atom(self, builder: Builder, atom: Atom) -> Value:
        if isinstance(atom, Value):
            return atom
        if isinstance(atom, Derived) and atom.kind == "slice":
            return self._slice(builder, atom)
        if isinstance(atom, Derived):
            parts = [
                part
                for p in atom.parts
                if isinstance(p, Linear) and (part := self.value(builder, p))
            ]
            if atom.kind == "clip":
                return builder.emit("maximum", builder.constant(0), parts[0])
            total = parts[0]
            for part in parts[1:]:
                total = builder.emit("multiply", total, part)
            return total
        array, axis = self.sources[atom]
        return builder.dim(array, axis)


def _known_as(builder: Builder, value: Value, form: Linear) -> Value:
    """Let a value that was just computed know the form that it stands for."""
    last = builder.equations[-1] if builder.equations else None
    if value.as_linear == form or last is None or value not in last.results:
        return value
    made = replace(value, linear=form)
    builder.equations[-1] = replace(last, results=(made,))
    return made


def _unit_slice(atom: Derived) -> bool:
    """Whether an atom is the length of a slice of step 1."""
    if atom.kind != "slice":
        return False
    step = atom.parts[2]
    return isinstance(step, Linear) and step.value == 1


class Scope:
    """The adjoints seen from one backward region.

    ``local`` are the primal values defined in the mirrored forward region; adjoints
    of others belong to an enclosing scope, and ``adopt`` says how they come in.
    ``sparse`` are adjoints that may hold zeros by structure, not by chance: there a
    partial may be infinite, and a guard is due.
    """

    def __init__(
        self,
        sizes: Sizes,
        names: dict[Value, Value],
        sparse: set[Value],
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
            self.sparse.add(total)
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
            self.sparse.add(made)

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
        self.sparse.add(made)
        return made

    def length(self, primal: Value, axis: int) -> Value:
        """Emit the length of an axis: of the value, if it is at hand, or from sizes."""
        if self.adopt is None and primal in self.local:
            return self.builder.dim(primal, axis)
        known = self.sizes.value(self.builder, primal.type.shape[axis])
        return known or self.builder.dim(primal, axis)


def adjoint_type(kind: Type) -> Type:
    """Return the type of an adjoint: of a Python number, float64."""
    return replace(kind, dtype="float64") if kind.dtype == "weak_float" else kind


def dtype_of(kind: Type) -> str | None:
    """Return the dtype of a constant beside a value: None for a Python number."""
    return None if kind.dtype.startswith("weak") else kind.dtype


def bar_name(primal: Value) -> str | None:
    """Return the name of an adjoint in Griewank's notation: ``x_bar``."""
    return f"{primal.name}_bar" if primal.name else None  # unnamed: a temporary


def fresh_arrays(builder: Builder, since: int) -> set[Value]:
    """Return the arrays made by the equations emitted since and shared by nobody."""
    return {
        eq.result
        for eq in builder.equations[since:]
        if len(eq.results) == 1
        and eq.result.type.rank
        and eq.op != "broadcast_to"
        and not is_view(eq)
    }


__all__ = ["Buffer", "Scope", "Sizes", "bar_name", "dtype_of", "fresh_arrays"]
