"""Where saved values go: one axis per loop that is known beforehand.

Loops whose trips are not known before the outermost one begins are counted together
by a running position; they are the outermost ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.ir import WRITES, At, Equation, Value
from ..graph.linear import Atom, Derived, Linear, derived
from ..graph.loopform import Loop
from ..graph.ops import OPS
from ..graph.shapes import ceil_divide
from .bounds import least, longest
from .positions import Definition, Positions
from .sizes import Sizes, known_as
from .triangles import Rows, Triangle, rows, triangle
from .trips import trip_count


class Layout:
    """Lengths of the axes of saved arrays, for the loops of one body."""

    def __init__(self, positions: Positions, sizes: Sizes) -> None:
        self.positions = positions
        self.sizes = sizes

    def counted(self, loops: Sequence[Equation]) -> tuple[Equation, ...]:
        """Return the outer loops that share a running position.

        These are all up to the last one whose trip count is not known before the
        outermost loop.
        """
        last = 0
        for k, eq in enumerate(loops):
            if self._most_trips(eq, loops[:k]) is None:
                last = k + 1
        return tuple(loops[:last])

    def triangle(self, loops: Sequence[Equation]) -> Triangle | None:
        """Return the two loops that share an axis as their trips make a triangle."""
        return triangle(loops, self._is_computed)

    def rows(self, loops: Sequence[Equation], value: Value) -> Rows | None:
        """Return where the arrays that a loop saves lie if they make a triangle."""
        if value.type.rank != 1:
            return None
        return rows(loops, value.type.shape[0], self._is_computed)

    def _is_computed(self, form: Linear) -> bool:
        return all(map(self._is_known, form.atoms)) and self.sizes.knows_all(form)

    def value(self, builder: Builder, form: Linear) -> Value:
        """Emit the number that a form stands for."""
        known = self.sizes.value(builder, form)
        assert known is not None, f"no way to compute {form}"
        return known

    def trips(self, builder: Builder, eq: Equation, loops: Sequence[Equation]) -> Value:
        """Return the most iterations of a loop inside others, at least zero."""
        most = eq.attrs.get("most")
        if most is not None and self._outside(most):
            return self._before(builder, most)
        before = loops[: list(loops).index(eq)]
        form = self._most_trips(eq, before)
        if form is None or isinstance(form, Equation):
            bounds = (self._before(builder, v) for v in Loop.of(eq).bounds)
            count = trip_count(builder, tuple(bounds))
            return builder.emit("maximum", builder.constant(0), count)
        return self.value(builder, derived("clip", form))

    def _most_trips(
        self, eq: Equation, before: Sequence[Equation]
    ) -> Linear | Equation | None:
        """Return a bound of a loop's trips known before the loops around it.

        The equation itself stands for "its own bounds say"; None if unknown.
        """
        loop = Loop.of(eq)
        if loop.counter is None:
            return None
        if "most" in eq.attrs and self._outside(eq.attrs["most"]):
            return eq
        start, stop, step = loop.bounds
        by = step.as_linear.value
        if by:
            low, high = (stop, start) if by < 0 else (start, stop)
            form = self._longest_between(low, high, before)
            if form is not None:
                return ceil_divide(
                    form if by in (1, -1) else derived("clip", form), abs(by)
                )
        return eq if all(self._outside(v) for v in loop.bounds) else None

    def _longest_between(
        self, low: Value, high: Value, before: Sequence[Equation]
    ) -> Linear | None:
        """Return a bound of ``high - low`` known before some loops, None if unknown.

        ``min(n, i + 3) - max(0, i - 2)`` is at most each of ``n - 0`` and ``i + 3 -
        (i - 2)``: a number if there is one, else the least of those that are known, if
        possible of those that are the same in all iterations.
        """
        spans = [
            above - below
            for above in self._ends(high.as_linear, True)
            for below in self._ends(low.as_linear, False)
        ]
        bounds = {span: longest(span, before, self._is_known) for span in spans}
        known = {s: b for s, b in bounds.items() if b and self.sizes.knows_all(b)}
        same = [span for span, bound in known.items() if span == bound]
        return least(same or list(known.values())) if known else None

    def _ends(self, form: Linear, above: bool) -> list[Linear]:
        """Return forms that a number is never above, or never below.

        ``min(n, i + 3) + 1`` is never above ``n + 1`` and ``i + 4``.
        """
        for atom, factor in form.terms:
            parts = self._limits(atom, above == (factor > 0))
            if parts and not self._is_known(atom):
                forms = [form.substitute({atom: part}) for part in parts]
                return [end for each in forms for end in self._ends(each, above)]
        return [form]

    def _limits(self, atom: Atom, above: bool) -> list[Linear]:
        """Return what a number is the least of (``above``), or the most of.

        So is ``i % 2`` of 1, and of 0.
        """
        if isinstance(atom, Derived) and atom.kind == "clip" and not above:
            return [Linear.number(0), *(p for p in atom.parts if isinstance(p, Linear))]
        if not isinstance(atom, Value) or atom not in self.positions.definitions:
            return []
        eq = self.positions.definitions[atom].eq
        if eq is None:
            return []
        if eq.op == "remainder" and _is_positive(eq.operands[1].as_linear):
            return [eq.operands[1].as_linear - 1 if above else Linear.number(0)]
        taken = eq.op == ("minimum" if above else "maximum")
        return [v.as_linear for v in eq.operands] if taken else []

    def _outside(self, value: Value) -> bool:
        """Whether a number can be computed before the outermost loop."""
        if not self._is_inside(value):
            return True
        form = value.linear
        return form is not None and self._is_computed(form)

    def _is_inside(self, value: Value) -> bool:
        definition = self.positions.definitions.get(value)
        return definition is not None and bool(definition.chain)

    def _before(self, builder: Builder, value: Value) -> Value:
        """Emit a number before the outermost loop; constants may be of a branch."""
        form = value.as_linear
        known = form.value is not None or self._is_inside(value)
        return self.value(builder, form) if known else value

    def is_bounded(self, value: Value, definition: Definition) -> bool:
        """Whether the most that an array's lengths may be is known before the loops."""
        bounds = (
            longest(d, definition.loops, self._is_known) for d in value.type.shape
        )
        return all(b is not None and self.sizes.knows_all(b) for b in bounds)

    def length(self, builder: Builder, form: Linear, definition: Definition) -> Value:
        """Return the length of an axis of what is saved, or the most it may be.

        It is that of an array, if the loops run; if they do not, it may be below zero.
        """
        bound = longest(form, definition.loops, self._is_known)
        assert bound is not None
        return known_as(builder, self.value(builder, derived("clip", bound)), bound)

    def _is_known(self, atom: Atom) -> bool:
        """Whether an atom can be computed before the outermost loop."""
        if isinstance(atom, Derived):
            forms = [p for p in atom.parts if isinstance(p, Linear)]
            known = all(self._is_known(a) for form in forms for a in form.atoms)
            return known and self.sizes.knows(atom)
        if isinstance(atom, Value):
            return self._outside(atom)
        return self.sizes.knows(atom)


def trip_number(builder: Builder, loop: Loop) -> Value:
    """Emit a number from zero for the current iteration of a ``for``.

    It counts up with the counter, also where the counter goes down.
    """
    assert loop.counter is not None
    start, stop, step = loop.bounds
    at, by = loop.counter, step.as_linear.value
    if by == -1:
        return at if stop.as_linear.value == -1 else _above(builder, at, stop)
    if start.as_linear.value != 0:
        at = builder.emit("subtract", at, start)
    if by != 1:
        at = builder.emit("floor_divide", at, step)
    return at


def _above(builder: Builder, counter: Value, stop: Value) -> Value:
    """Emit how far a counter is above the last value it will have."""
    number = stop.as_linear.value
    if number is None:
        last = builder.emit("add", stop, builder.constant(1))
    else:
        last = builder.constant(number + 1)
    return builder.emit("subtract", counter, last)


def varying(value: Value, positions: Positions) -> tuple[Equation, ...]:
    """Return the enclosing loops in whose iterations a value may differ."""
    definition = positions.definitions.get(value)
    if definition is None or not definition.chain:
        return ()
    found = _varying_loops(value, definition, positions)
    return tuple(eq for eq in definition.loops if eq in found)


def _varying_loops(
    value: Value, definition: Definition, positions: Positions
) -> set[Equation]:
    eq, every = definition.eq, set(definition.loops)
    if eq is None:
        loop = Loop.of(definition.chain[-1][0])
        if value is loop.counter:
            return {loop.eq, *varying(loop.bounds[0], positions)}
        return every
    if eq.regions or not OPS[eq.op].pure or eq.op in WRITES:
        return every
    if any(v.buffer in positions.writes for v in eq.operands if v.buffer):
        return every
    return {loop for v in eq.operands for loop in varying(v, positions)}


def proved(eq: Equation, lengths: tuple[Linear, ...]) -> Equation:
    """Mark all indices of an equation as in range: the arrays were made to measure."""
    (index,) = eq.attrs["path"]
    count = sum(isinstance(item, At) for item in index.items)
    attrs = {**eq.attrs, "inbounds": (True,) * count, "lengths": lengths}
    return replace(eq, attrs=MappingProxyType(attrs))


def _is_positive(form: Linear) -> bool:
    return form.value is not None and form.value > 0
