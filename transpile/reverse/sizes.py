"""Sizes as integers of the program: what a dimension's linear form is computed from."""

from __future__ import annotations

from dataclasses import replace

from ..graph.affine import implied
from ..graph.build import Builder
from ..graph.ir import Function, Value
from ..graph.linear import Atom, Derived, Linear, Size

# Derived dimensions that follow from their parts alone.
PLAIN = frozenset({"clip", "product", "ceil", "series", "min"})


class Sizes:
    """Where sizes come from: the parameter and axis that define each `Size`."""

    def __init__(self, function: Function) -> None:
        self.sources: dict[Atom, tuple[Value, int]] = {}
        self.facts: list[Linear] = []  # what holds where sizes are computed
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
        if not form.terms:
            return builder.constant(form.constant)
        terms = ((self._atom(builder, atom), factor) for atom, factor in form.terms)
        return known_as(builder, builder.total(terms, form.constant), form)

    def _slice(self, builder: Builder, atom: Derived) -> Value:
        """Emit the length of ``x[lower:upper:step]`` as NumPy counts it."""
        lower, upper, step, length = atom.parts
        assert isinstance(length, Linear) and isinstance(step, Linear)
        whole = self._sure(builder, length)
        by = step.value or 1
        zero, last = builder.constant(0), whole
        if by < 0:
            last = builder.emit("subtract", whole, builder.constant(1))
            start, stop = last, builder.constant(-1)
        else:
            start, stop = zero, whole
        floor = stop if by < 0 else zero
        if isinstance(lower, Linear):
            start = self._clipped(builder, lower, length, (floor, whole, last))
        if isinstance(upper, Linear):
            stop = self._clipped(builder, upper, length, (floor, whole, last))
        ends = (start, stop) if by < 0 else (stop, start)
        span = ends[0] if ends[1] is zero else builder.emit("subtract", *ends)
        span = builder.emit("maximum", zero, span)
        return span if abs(by) == 1 else self._divided(builder, span, abs(by))

    def _clipped(
        self,
        builder: Builder,
        form: Linear,
        length: Linear,
        ends: tuple[Value, Value, Value],
    ) -> Value:
        """Emit a bound of a slice, counted from the end if it is negative.

        ``ends`` are the least bound, the length, and the most.
        """
        least, whole, most = ends
        if form.value is not None and form.value < 0:
            return builder.emit("maximum", least, self._sure(builder, length + form))
        bound = self._sure(builder, form)
        if form.value is None and not implied(self.facts, form):
            wrapped = builder.emit("add", bound, whole)
            wrapped = builder.emit("maximum", least, wrapped)
            negative = builder.emit("less", bound, builder.constant(0))
            bound = builder.emit("where", negative, wrapped, bound)
        if most is whole and implied(self.facts, length - form):
            return bound
        return builder.emit("minimum", bound, most)

    def _divided(self, builder: Builder, value: Value, by: int) -> Value:
        """Emit a quotient rounded up."""
        more = builder.emit("add", value, builder.constant(by - 1))
        return builder.emit("floor_divide", more, builder.constant(by))

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
            return known and (atom.kind in PLAIN or _is_slice(atom))
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
            if atom.kind == "ceil" and isinstance(atom.parts[1], int):
                return self._divided(builder, parts[0], atom.parts[1])
            if atom.kind == "clip":
                return builder.emit("maximum", builder.constant(0), parts[0])
            op, total = "minimum" if atom.kind == "min" else "multiply", parts[0]
            for part in parts[1:]:
                total = builder.emit(op, total, part)
            if atom.kind == "series":
                return builder.emit("floor_divide", total, builder.constant(2))
            return total
        array, axis = self.sources[atom]
        return builder.dim(array, axis)


def known_as(builder: Builder, value: Value, form: Linear) -> Value:
    """Let a value that was just computed know the form that it stands for."""
    last = builder.equations[-1] if builder.equations else None
    if value.as_linear == form or last is None or value not in last.results:
        return value
    made = replace(value, linear=form)
    builder.equations[-1] = replace(last, results=(made,))
    return made


def _is_slice(atom: Derived) -> bool:
    """Whether an atom is the length of a slice of a known step."""
    if atom.kind != "slice":
        return False
    step = atom.parts[2]
    return isinstance(step, Linear) and step.value is not None
