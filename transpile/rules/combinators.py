"""What a row of the table means: both modes of each kind of rule.

`elementwise` takes partial derivatives, `weighted` those of a reduction, `linear` a
transpose, `bilinear` two of them, `constant` nothing, `custom` both modes written
out. Broadcasting and dtypes are settled here once: what `vjp` contributes has exactly
the operand's shape and dtype, what `jvp` returns exactly the result's.

The adjoint of a complex value x + iy is dL/dx + i dL/dy. So where a result is complex,
adjoints are scaled by conjugates of partials, and a real operand takes the real part.
Where a result is real and the operand complex, the row gives the gradient itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph.build import Builder, Expr
from ..graph.ir import Equation, Value
from .partials import (
    Contributions,
    Partial,
    Unknown,
    cast,
    conformed,
    conj,
    draft,
    expand,
    known,
    merged,
    pulled,
    pushed,
    total,
    unbroadcast,
    unbroadcast_all,
    wants,
)
from .table import UnknownDerivative, Values

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Elementwise:
    """``partials(result, *operands)`` gives one partial per operand.

    ``poles(result, *operands)`` says where they may be infinite, each or all of them;
    ``joint`` where one of them may be, if all are asked for.
    """

    partials: Function
    poles: Function | None = None
    safe: float = 1
    joint: Function | None = None
    kind: str = "smooth"

    def partials_of(self, builder: Builder, eq: Equation) -> list[Partial | Unknown]:
        """Return the partials."""
        exprs = [Expr(builder, v) for v in (eq.result, *eq.operands)]
        found = self.partials(*exprs)
        return list(found) if isinstance(found, tuple) else [found]

    def guarded(
        self, builder: Builder, eq: Equation, zero: Expr, kink: bool, every: bool
    ) -> list[Partial | Unknown]:
        """Return the partials, each at a harmless number where its factor is zero.

        Only at a pole, as the factor may be zero elsewhere too, where its derivative
        meets the partial; at a ``kink`` the result itself is what is zero.
        """
        exprs = [Expr(builder, v) for v in (eq.result, *eq.operands)]
        find = self.joint if every and self.joint else self.poles
        assert find is not None
        poles = (None,) if kink else find(*exprs)
        several = poles if isinstance(poles, tuple) else (poles,)
        several = several if len(several) > 1 else several * len(eq.operands)
        made = []
        for k, pole in enumerate(several):
            there = zero
            if pole is not None:
                there = zero.op("logical_and", pole).called("at_pole")
            found = self.partials(*(_harmless(there, e, self.safe) for e in exprs))
            made.append(found[k] if isinstance(found, tuple) else found)
        return made

    def _partials(
        self, builder: Builder, eq: Equation, watched: Value | None, every: bool
    ) -> list[Partial | Unknown]:
        if watched is None or self.poles is None:
            return self.partials_of(builder, eq)
        zero = Expr(builder, watched).equals(0)
        return self.guarded(builder, eq, zero, watched is eq.result, every)

    def vjp(
        self,
        builder: Builder,
        eq: Equation,
        bar: Value,
        active: Sequence[bool],
        *,
        guard: Value | None = None,
    ) -> Contributions:
        """Return ``unbroadcast(bar * partial)`` per operand."""
        wanted = wants(eq, active)

        def make(trial: Builder) -> Contributions:
            g = Expr(trial, bar)
            partials = self._partials(trial, eq, guard, all(wanted))
            scaled = [
                pulled(g, known(p, eq), eq, x) if w else None
                for p, w, x in zip(partials, wanted, eq.operands, strict=True)
            ]
            return unbroadcast_all(trial, scaled, eq.operands)

        return draft(builder, make)

    def jvp(
        self, builder: Builder, eq: Equation, tangents: Values, *, guard: str = ""
    ) -> Value | None:
        """Return the sum of ``tangent * partial``, guarded where that is asked for."""

        def make(trial: Builder) -> Contributions:
            parts = []
            for k, tangent in enumerate(tangents):
                if tangent is not None:
                    dot = Expr(trial, tangent)
                    zero = eq.result if guard == "result" else tangent
                    watched = zero if guard else None
                    partials = self._partials(trial, eq, watched, every=False)
                    parts.append((dot, known(partials[k], eq)))
            summed = total([pushed(dot, p, eq) for dot, p in merged(parts)])
            return conformed(trial, summed, eq.result)

        return draft(builder, make)[0]


def _harmless(zero: Expr, operand: Expr, safe: float) -> Expr:
    """Return an operand, replaced by a safe number where the adjoint is zero.

    A zero times an infinite partial would be nan; so no infinity is computed.
    """
    known = operand.value.number is not None
    if known or not operand.type.is_inexact or operand.type.dtype.startswith("weak"):
        return operand
    name = operand.value.name or operand.value.hint
    return zero.where(safe, operand).called(f"{name}_safe" if name else "safe")


@dataclass(frozen=True, slots=True)
class Weighted:
    """A reduction: ``weights(result, x)`` are its partials, of the shape of x.

    ``result`` comes with its reduced axes; other attributes are given by name.
    """

    weights: Function
    attrs: tuple[str, ...] = ()
    kind: str = "smooth"

    def weights_of(self, builder: Builder, eq: Equation) -> Partial:
        """Return the partials by the elements of what is reduced."""
        result, x = Expr(builder, eq.result), Expr(builder, eq.operands[0])
        axis, keepdims = axis_of(eq)
        given = {name: eq.attrs.get(name, 0) for name in self.attrs}
        expanded = expand(result, x, axis, keepdims)
        found: Partial = self.weights(expanded, x, axis, **given)
        return found

    def vjp(
        self,
        builder: Builder,
        eq: Equation,
        bar: Value,
        active: Sequence[bool],
        *,
        guard: Value | None = None,
    ) -> Contributions:
        """Return ``expand(bar) * weights``."""
        if not any(wants(eq, active)):
            return [None]
        x = eq.operands[0]

        def make(trial: Builder) -> Contributions:
            g = expand(Expr(trial, bar), Expr(trial, x), *axis_of(eq))
            scaled = pulled(g, self.weights_of(trial, eq), eq, x)
            return conformed(trial, scaled, x)

        return draft(builder, make)

    def jvp(
        self, builder: Builder, eq: Equation, tangents: Values, *, guard: str = ""
    ) -> Value | None:
        """Return ``sum(tangent * weights)``."""
        (tangent,) = tangents
        if tangent is None:
            return None

        def make(trial: Builder) -> Contributions:
            scaled = pushed(Expr(trial, tangent), self.weights_of(trial, eq), eq)
            if scaled is None:
                return [None]
            axis, keepdims = axis_of(eq)
            summed = scaled.op("sum", axis=axis, keepdims=keepdims)
            return [cast(trial, summed.value, eq.result.type.dtype)]

        return draft(builder, make)[0]


def axis_of(eq: Equation) -> tuple[tuple[int, ...], bool]:
    """Return the axes that are reduced, and whether they are kept."""
    return tuple(eq.attrs["axis"]), bool(eq.attrs.get("keepdims", False))


@dataclass(frozen=True, slots=True)
class LinearRule:
    """Linear in its first operand; ``transpose(bar, *operands, **attrs)``."""

    transpose: Function
    attrs: tuple[str, ...] = ()
    kind: str = "smooth"

    def vjp(
        self,
        builder: Builder,
        eq: Equation,
        bar: Value,
        active: Sequence[bool],
        *,
        guard: Value | None = None,
    ) -> Contributions:
        """Return the transpose applied to the adjoint."""
        nothing: Contributions = [None] * len(eq.operands)
        if not wants(eq, active)[0]:
            return nothing
        x = eq.operands[0]
        given = {name: eq.attrs[name] for name in self.attrs}

        def make(trial: Builder) -> Contributions:
            exprs = [Expr(trial, v) for v in (bar, *eq.operands)]
            made = self.transpose(*exprs, **given)
            return [unbroadcast(trial, made.value, x)]

        return draft(builder, make) + nothing[1:]

    def jvp(
        self, builder: Builder, eq: Equation, tangents: Values, *, guard: str = ""
    ) -> Value | None:
        """Return the operation applied to the tangent."""
        if tangents[0] is None:
            return None
        value = builder.emit(eq.op, tangents[0], *eq.operands[1:], **eq.attrs)
        return cast(builder, value, eq.result.type.dtype)


@dataclass(frozen=True, slots=True)
class Bilinear:
    """Linear in each of two operands; a transpose ``(bar, x, y)`` for each.

    A transpose is given the conjugates of complex operands.
    """

    first: Function
    second: Function
    kind: str = "smooth"

    def vjp(
        self,
        builder: Builder,
        eq: Equation,
        bar: Value,
        active: Sequence[bool],
        *,
        guard: Value | None = None,
    ) -> Contributions:
        """Return both transposes applied to the adjoint."""
        wanted = wants(eq, active)

        def make(trial: Builder) -> Contributions:
            exprs = [Expr(trial, bar), *(conj(Expr(trial, v)) for v in eq.operands)]
            rows = zip((self.first, self.second), wanted, eq.operands, strict=True)
            return [
                unbroadcast(trial, transpose(*exprs).value, x) if want else None
                for transpose, want, x in rows
            ]

        return draft(builder, make)

    def jvp(
        self, builder: Builder, eq: Equation, tangents: Values, *, guard: str = ""
    ) -> Value | None:
        """Return ``op(x_dot, y) + op(x, y_dot)``."""
        x, y = eq.operands
        x_dot, y_dot = tangents
        parts: list[Value] = []
        if x_dot is not None:
            parts.append(builder.emit(eq.op, x_dot, y, **eq.attrs))
        if y_dot is not None:
            parts.append(builder.emit(eq.op, x, y_dot, **eq.attrs))
        if not parts:
            return None
        value = parts[0] if len(parts) == 1 else builder.emit("add", *parts)
        return cast(builder, value, eq.result.type.dtype)


@dataclass(frozen=True, slots=True)
class Constant:
    """Integers, truth values and steps: nothing flows through."""

    kind: str = "constant"

    def vjp(
        self,
        builder: Builder,
        eq: Equation,
        bar: Value,
        active: Sequence[bool],
        *,
        guard: Value | None = None,
    ) -> Contributions:
        """Return no contributions."""
        return [None] * len(eq.operands)

    def jvp(
        self, builder: Builder, eq: Equation, tangents: Values, *, guard: str = ""
    ) -> Value | None:
        """Return no tangent."""
        return None


@dataclass(frozen=True, slots=True)
class Custom:
    """Both modes written out: ``vjp(bar, eq, wanted)`` and ``jvp(eq, tangents)``.

    They are given a builder first and return expressions, shaped here.
    """

    backward: Callable[[Builder, Equation, Expr, list[bool]], list[Expr | None]]
    forward: Callable[[Builder, Equation, Values], Expr | None]
    kind: str = "smooth"

    def vjp(
        self,
        builder: Builder,
        eq: Equation,
        bar: Value,
        active: Sequence[bool],
        *,
        guard: Value | None = None,
    ) -> Contributions:
        """Return the contributions in the operands' shapes and dtypes."""
        wanted = wants(eq, active)

        def make(trial: Builder) -> Contributions:
            made = self.backward(trial, eq, Expr(trial, bar), wanted)
            kept = [e if w else None for e, w in zip(made, wanted, strict=True)]
            return unbroadcast_all(trial, kept, eq.operands)

        return draft(builder, make)

    def jvp(
        self, builder: Builder, eq: Equation, tangents: Values, *, guard: str = ""
    ) -> Value | None:
        """Return the tangent in the result's shape and dtype."""

        def make(trial: Builder) -> Contributions:
            return conformed(trial, self.forward(trial, eq, tangents), eq.result)

        return draft(builder, make)[0]


@dataclass(frozen=True, slots=True)
class Structural:
    """Memory and control: differentiated by the passes, not by a row."""

    kind: str

    def vjp(
        self,
        builder: Builder,
        eq: Equation,
        bar: Value,
        active: Sequence[bool],
        *,
        guard: Value | None = None,
    ) -> Contributions:
        """Raise: the reverse pass reverses this itself."""
        raise UnknownDerivative(f"{eq.op} has no derivative of its own")

    def jvp(
        self, builder: Builder, eq: Equation, tangents: Values, *, guard: str = ""
    ) -> Value | None:
        """Raise: the forward pass does this itself."""
        raise UnknownDerivative(f"{eq.op} has no derivative of its own")
