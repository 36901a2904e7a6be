"""What rules are made of: partial derivatives, and shapes and dtypes put right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import TranspileError
from ..graph.build import Builder, Expr
from ..graph.ir import Equation, Item, NewAxis, Span, Value, captured
from ..graph.ops import SPECIAL
from ..graph.places import problem_at
from ..graph.shapes import ONE, same

Contributions = list[Value | None]

# ---- partial derivatives ----


@dataclass(frozen=True, slots=True)
class Ratio:
    """A partial ``times / over``, or minus that, kept apart for the text's sake."""

    times: Expr | complex
    over: Expr | None = None
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A partial that is ``yes`` where the condition holds and ``no`` elsewhere."""

    condition: Expr
    yes: Partial
    no: Partial


@dataclass(frozen=True, slots=True)
class Unknown:
    """A partial with respect to one operand that has no closed form."""

    operand: int


Partial = Expr | complex | Ratio | Choice


def over(denominator: Expr) -> Ratio:
    """Return the partial ``1 / denominator``."""
    return Ratio(1, denominator)


def minus(partial: Expr | Ratio) -> Ratio:
    """Return the negative of a partial."""
    if isinstance(partial, Ratio):
        return Ratio(partial.times, partial.over, not partial.negative)
    return Ratio(partial, None, True)


def scale(g: Expr, partial: Partial) -> Expr | None:
    """Return ``g * partial`` as a person would write it; None if that is zero."""
    if isinstance(partial, Expr):
        return g * partial
    if isinstance(partial, Choice):
        yes, no = scale(g, partial.yes), scale(g, partial.no)
        return partial.condition.where(_or_zero(yes), _or_zero(no))
    if isinstance(partial, Ratio):
        signed = -g if partial.negative else g
        scaled = scale(signed, partial.times)
        if scaled is None or partial.over is None:
            return scaled
        return scaled / partial.over
    if partial == 0:
        return None
    if partial == 1:
        return g
    return -g if partial == -1 else partial * g


def conj(x: Expr) -> Expr:
    """Return the conjugate; a real number as it is."""
    return x.op("conjugate") if x.type.is_complex else x


def real(x: Expr) -> Expr:
    """Return the real part; a real number as it is."""
    return x.op("real") if x.type.is_complex else x


def real_part(builder: Builder, value: Value) -> Value:
    """Return the real part of an adjoint in memory of its own, as others share it."""
    part = builder.emit("real", value)
    return builder.emit("copy", part) if part.type.rank else part


def conjugated(partial: Partial) -> Partial:
    """Return the conjugate of a partial, of its parts."""
    if isinstance(partial, Expr):
        return conj(partial)
    if isinstance(partial, Choice):
        yes, no = conjugated(partial.yes), conjugated(partial.no)
        return Choice(partial.condition, yes, no)
    if isinstance(partial, Ratio):
        times = partial.times
        times = conj(times) if isinstance(times, Expr) else times.conjugate()
        over = None if partial.over is None else conj(partial.over)
        return Ratio(times, over, partial.negative)
    return partial.conjugate()


def _is_complex(partial: Partial) -> bool:
    if isinstance(partial, Expr):
        return partial.type.is_complex
    if isinstance(partial, Choice):
        return _is_complex(partial.yes) or _is_complex(partial.no)
    if isinstance(partial, Ratio):
        over = partial.over is not None and partial.over.type.is_complex
        return over or _is_complex(partial.times)
    return isinstance(partial, complex)


def known(partial: Partial | Unknown, eq: Equation) -> Partial:
    """Return a partial; raise TranspileError if there is none."""
    if not isinstance(partial, Unknown):
        return partial
    name = SPECIAL[eq.op][partial.operand]
    message = f"{eq.op} has no derivative with respect to {name} in closed form"
    help = f"keep it constant, with gs.stop_gradient({name}), or leave it out of wrt"
    raise TranspileError(problem_at(eq, message, help))


def pulled(g: Expr, partial: Partial, eq: Equation, x: Value) -> Expr | None:
    """Return what the adjoint of a result contributes to that of an operand.

    The conjugate of the partial scales it; where the result is real and the operand
    complex, the partial is its gradient already.
    """
    if eq.result.type.is_complex:
        partial = conjugated(partial)
    if g.type.is_complex and not x.type.is_complex and not _is_complex(partial):
        g = Expr(g.builder, real_part(g.builder, g.value))
    return scale(g, partial)


def pushed(dot: Expr, partial: Partial, eq: Equation) -> Expr | None:
    """Return what the tangent of an operand contributes to that of a result."""
    if eq.result.type.is_complex or not dot.type.is_complex:
        return scale(dot, partial)
    made = scale(dot, conjugated(partial))
    return made and real(made)


def merged(parts: Sequence[tuple[Expr, Partial]]) -> list[tuple[Expr, Partial]]:
    """Return tangents and partials; what stands there twice, once and doubled."""
    found: list[tuple[Expr, Partial]] = []
    for dot, partial in parts:
        same = [k for k, pair in enumerate(found) if _alike(pair, (dot, partial))]
        if same:
            found[same[0]] = (2 * dot, partial)
        else:
            found.append((dot, partial))
    return found


def _alike(one: tuple[Expr, Partial], other: tuple[Expr, Partial]) -> bool:
    (dot, partial), (again, factor) = one, other
    return (
        dot.value is again.value
        and isinstance(partial, Expr)
        and isinstance(factor, Expr)
        and partial.value is factor.value
    )


def _or_zero(expr: Expr | None) -> Expr | int:
    return 0 if expr is None else expr


# ---- shapes and dtypes ----


def unbroadcast(builder: Builder, value: Value, like: Value) -> Value:
    """Return an adjoint summed over what was broadcast, in the dtype of ``like``.

    What is real takes the real part.
    """
    if value.type.is_complex and not like.type.is_complex:
        value = real_part(builder, value)
    extra = value.type.rank - like.type.rank
    if extra > 0:
        leading = tuple(range(extra))
        value = builder.emit("sum", value, axis=leading, keepdims=False)
    elif extra < 0:
        value = builder.emit("reshape", value, *builder.dims(like))
    pairs = zip(value.type.shape, like.type.shape, strict=True)
    ones = tuple(a for a, (d, e) in enumerate(pairs) if e == ONE and d != ONE)
    if ones:
        value = builder.emit("sum", value, axis=ones, keepdims=True)
    return cast(builder, value, like.type.dtype)


def conform(builder: Builder, value: Value, result: Value) -> Value:
    """Return a tangent broadcast to the shape of ``result``, in its dtype."""
    shapes = value.type.shape, result.type.shape
    if len(shapes[0]) != len(shapes[1]) or any(
        d == ONE and same(d, e) is not True for d, e in zip(*shapes, strict=True)
    ):
        value = builder.emit("broadcast_to", value, *builder.dims(result))
    return cast(builder, value, result.type.dtype)


def cast(builder: Builder, value: Value, dtype: str) -> Value:
    """Return a value in a dtype: itself where it has that already.

    The derivative with respect to a Python number keeps its own dtype.
    """
    if dtype == "weak_complex":
        dtype = value.type.dtype if value.type.is_complex else "complex128"
    if value.type.dtype == dtype or dtype == "weak_float":
        return value
    return builder.emit("cast", value, dtype=dtype)


def expand(bar: Expr, x: Expr, axis: tuple[int, ...], keepdims: bool) -> Expr:
    """Return a reduction's result with axes of length 1 where it was reduced.

    They are left out where broadcasting supplies them anyway.
    """
    if keepdims or axis == tuple(range(len(axis))):
        return bar
    items: list[Item] = [NewAxis() if a in axis else Span() for a in range(x.type.rank)]
    while items and isinstance(items[0], NewAxis):
        items.pop(0)
    return Expr(bar.builder, bar.builder.index(bar.value, items))


def spread(bar: Expr, x: Expr) -> Expr:
    """Return a value broadcast to the shape of x."""
    if not x.type.rank:
        return bar
    return bar.op("broadcast_to", *bar.builder.dims(x.value))


def draft(builder: Builder, make: Callable[[Builder], Contributions]) -> Contributions:
    """Emit what ``make`` emits, less what its values don't need."""
    trial = Builder(builder.origin, builder.backward)
    trial.comment = builder.comment
    values = make(trial)
    wanted = {v for v in values if v is not None}
    kept = []
    for eq in reversed(trial.equations):
        if not wanted.isdisjoint(eq.results):
            kept.append(eq)
            wanted.update(captured(eq))
    builder.equations.extend(reversed(kept))
    return values


def wants(eq: Equation, active: Sequence[bool]) -> list[bool]:
    """Return which operands get a contribution."""
    return [a and v.type.is_inexact for v, a in zip(eq.operands, active, strict=True)]


def total(parts: Sequence[Expr | None]) -> Expr | None:
    """Return the sum of what is there."""
    result: Expr | None = None
    for part in parts:
        if part is not None:
            result = part if result is None else result + part
    return result


def unbroadcast_all(
    builder: Builder, made: Sequence[Expr | None], operands: Sequence[Value]
) -> Contributions:
    """Return contributions in the shapes and dtypes of the operands."""
    return [
        None if e is None else unbroadcast(builder, e.value, x)
        for e, x in zip(made, operands, strict=True)
    ]


def conformed(builder: Builder, made: Expr | None, result: Value) -> Contributions:
    """Return the one tangent of a result in its shape and dtype."""
    return [None if made is None else conform(builder, made.value, result)]
