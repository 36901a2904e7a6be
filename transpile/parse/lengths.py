"""Lengths as values, and checks that lengths are equal."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from ..graph.ir import Index, Span, Value
from ..graph.linear import Atom, Derived, Linear
from ..graph.ops import OPS
from ..graph.shapes import ONE
from ..graph.types import same, section

if TYPE_CHECKING:
    from .frame import Frame

MISMATCH = {
    "elementwise": "operands could not be broadcast together",
    "product": "matmul: mismatch in the lengths of the summed axes",
    "shape": "all the input array dimensions must match",
    "index": "could not broadcast input array into shape",
    "call": "array arguments must have matching lengths",
    "loop": "an array changes its length in a loop",
}


def require_equal(
    frame: Frame,
    pairs: Sequence[tuple[Linear, Linear]],
    operands: Sequence[Value],
    op: str,
) -> None:
    """Prove lengths equal, or unify them, or check them at run time.

    ``op`` is an operation, or a key of `MISMATCH`.
    """
    context = frame.context
    for d, e in pairs:
        if context.makes_equal(d, e):
            continue
        context.wish(d - e, e - d)
        lengths = [length(frame, form, operands) for form in (d, e)]
        equal = context.builder.emit("equal", *lengths)
        category = OPS[op].category if op in OPS else op
        message = MISMATCH.get(category, MISMATCH["elementwise"])
        frame.check(equal, "ValueError", message)
        context.facts = [*context.facts, d - e, e - d]


def length(frame: Frame, form: Linear, operands: Sequence[Value] = ()) -> Value:
    """Return a linear form as an integer value; ``operands`` show some lengths."""
    builder = frame.context.builder
    shown = _shown(frame, form, operands) if len(form.terms) > 1 else None
    if shown is not None:
        return shown
    total: Value | None = None
    for atom, factor in form.terms:
        term = _atom(frame, atom, operands)
        if factor != 1:
            term = builder.emit("multiply", builder.constant(factor), term)
        total = term if total is None else builder.emit("add", total, term)
    if total is None:
        return builder.constant(form.constant)
    if form.constant:
        sign = "add" if form.constant > 0 else "subtract"
        rest = builder.constant(abs(form.constant))
        total = builder.emit(sign, total, rest)
    return total


def _shown(frame: Frame, form: Linear, values: Iterable[Value]) -> Value | None:
    """Return a length of one of some arrays that is a form."""
    for value in values:
        for axis, dim in enumerate(value.type.shape):
            if dim == form:
                return frame.length_of(value, axis)
    return None


def _atom(frame: Frame, atom: Atom, operands: Sequence[Value]) -> Value:
    if isinstance(atom, Value):
        return atom
    everything = (*operands, *frame.state.contents.values())
    shown = _shown(frame, Linear.of(atom), everything)
    if shown is not None:
        return shown
    for value in frame.context.parameter_names:
        if value.linear == Linear.of(atom):
            return value
    if isinstance(atom, Derived) and atom.kind == "slice":
        return _slice(frame, atom, operands)
    make = _DERIVED.get(atom.kind) if isinstance(atom, Derived) else None
    if make is None or not isinstance(atom, Derived):
        _refuse(frame)
    parts = [
        length(frame, part, operands)
        if isinstance(part, Linear)
        else frame.context.builder.constant(int(part))
        for part in atom.parts
    ]
    return make(frame, parts)


def _refuse(frame: Frame) -> NoReturn:
    frame.refuse(
        "lengths that cannot be compared here",
        "make the shapes equal by construction, with x.shape[0] for example",
    )


def _slice(frame: Frame, atom: Derived, operands: Sequence[Value]) -> Value:
    """Return the length of a slice from its bounds, as Python counts them."""
    lower, upper, by, whole = (p if isinstance(p, Linear) else None for p in atom.parts)
    step = None if by is None else by.value
    if not step or whole is None:
        _refuse(frame)
    n = length(frame, whole, operands)
    down = step < 0
    first, last = (lower, upper) if not down else (upper, lower)
    low = _bound(frame, first, n, down, operands)
    high = _bound(frame, last, n, down, operands)
    zero, one = frame.constant(0), frame.constant(1)
    if low is None:
        low = frame.constant(-1) if down else zero
    if high is None:
        high = frame.emit("subtract", n, one) if down else n
    found = frame.emit("maximum", frame.emit("subtract", high, low), zero)
    if abs(step) == 1:
        return found
    more = frame.emit("add", found, frame.constant(abs(step) - 1))
    return frame.emit("floor_divide", more, frame.constant(abs(step)))


def _bound(
    frame: Frame, form: Linear | None, n: Value, down: bool, operands: Sequence[Value]
) -> Value | None:
    """Return where a bound of a slice lies, counted from the start and cut off."""
    if form is None:
        return None
    if not down and form.value == 0:
        return frame.constant(0)
    value = length(frame, form, operands)
    least = frame.constant(-1 if down else 0)
    most = frame.emit("subtract", n, frame.constant(1)) if down else n
    after = frame.emit("minimum", value, most)
    if frame.context.proves(form):
        return after
    before = frame.emit("maximum", frame.emit("add", value, n), least)
    if frame.context.proves(-form - 1):
        return before
    is_negative = frame.emit("less", value, frame.constant(0))
    return frame.emit("where", is_negative, before, after)


def _clip(frame: Frame, parts: Sequence[Value]) -> Value:
    zero = frame.context.builder.constant(0)
    return frame.context.builder.emit("maximum", parts[0], zero)


def _ceil(frame: Frame, parts: Sequence[Value]) -> Value:
    builder = frame.context.builder
    rounded = parts[0].as_linear + (parts[1].as_linear - 1)
    return builder.emit("floor_divide", length(frame, rounded), parts[1])


def _product(frame: Frame, parts: Sequence[Value]) -> Value:
    return functools.reduce(lambda x, y: frame.emit("multiply", x, y), parts)


_DERIVED: Mapping[str, Callable[[Frame, Sequence[Value]], Value]] = {
    "ceil": _ceil,
    "clip": _clip,
    "product": _product,
}


def of_length_one(
    frame: Frame, operands: Sequence[Value], attrs: Mapping[str, Any]
) -> Sequence[Value]:
    """Return what a store takes; lengths that must be 1 are checked to be."""
    base, value, *slots = operands
    wanted = attrs.get("lengths") or section(base.type, attrs["path"], slots).shape
    given = value.type.shape
    if len(given) != len(wanted):
        return operands
    pairs = enumerate(zip(wanted, given, strict=True))
    axes = [k for k, (d, e) in pairs if d == ONE and same(e, ONE) is None]
    for axis in axes:
        right = frame.emit("equal", frame.length_of(value, axis), frame.constant(1))
        frame.check(right, "ValueError", "operands could not be broadcast together")
    if not axes:
        return operands
    lengths = tuple(ONE if k in axes else e for k, e in enumerate(given))
    path = (Index(tuple(Span() for _ in given)),)
    return base, frame.emit("index", value, path=path, lengths=lengths), *slots
