"""Index arithmetic: sums that fold, lengths of axes from their linear forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import refuse
from ..graph.ir import Value
from ..graph.linear import Atom, Derived, Linear
from .context import Lowering


def known(value: Value) -> int | None:
    """Return the number that an integer scalar is, if it is one."""
    return value.as_linear.value


def plus(lo: Lowering, a: Value, b: Value) -> Value:
    """Return ``a + b``, constants folded."""
    if known(a) is not None:
        a, b = b, a
    first, second = known(a), known(b)
    if second is None:
        return _counter(lo, a, b) or lo.emit("add", a, b)
    if first is not None:
        return lo.number(first + second)
    base, offset = lo.sums.get(a, (a, 0))
    return _shifted(lo, base, offset + second, a if second == 0 else None)


def _counter(lo: Lowering, a: Value, b: Value) -> Value | None:
    """Return ``a + b`` where that is a counter of ours plus a number."""
    form = a.as_linear + b.as_linear
    if len(form.terms) != 1:
        return None
    atom, factor = form.terms[0]
    if factor != 1 or not isinstance(atom, Value) or atom not in lo.counters:
        return None
    return _shifted(lo, atom, form.constant, None)


def _shifted(lo: Lowering, base: Value, offset: int, same: Value | None) -> Value:
    if same is not None:
        return same
    if offset == 0:
        return base
    op = "add" if offset > 0 else "subtract"
    result = lo.emit(op, base, lo.number(abs(offset)))
    lo.sums[result] = (base, offset)
    return result


def restated(lo: Lowering, value: Value) -> Value:
    """Return a sum again, in the open block, so that it can be printed in place."""
    base, offset = lo.sums.get(value, (value, 0))
    return _shifted(lo, base, offset, None) if offset else value


def minus(lo: Lowering, a: Value, b: Value) -> Value:
    """Return ``a - b``, constants folded."""
    second = known(b)
    if second is not None:
        return plus(lo, a, lo.number(-second))
    difference = (a.as_linear - b.as_linear).value
    if difference is not None:
        return lo.number(difference)
    if known(a) == 0:
        return lo.emit("negative", b)
    return lo.emit("subtract", a, b)


def times(lo: Lowering, a: Value, b: Value) -> Value:
    """Return ``a * b``, constants folded."""
    if known(a) is not None:
        a, b = b, a
    first, second = known(a), known(b)
    if first is not None and second is not None:
        return lo.number(first * second)
    if second in (0, 1):
        return a if second == 1 else lo.number(0)
    if second == -1:
        return lo.emit("negative", a)
    return lo.emit("multiply", a, b)


def quotient(lo: Lowering, a: Value, b: Value) -> Value:
    """Return ``a // b`` of integers that are at least zero."""
    first, second = known(a), known(b)
    if second == 1:
        return a
    if first is not None and second:
        return lo.number(first // second)
    return lo.emit("floor_divide", a, b)


def rest(lo: Lowering, a: Value, b: Value) -> Value:
    """Return ``a % b`` of integers that are at least zero."""
    return lo.number(0) if known(b) == 1 else lo.emit("remainder", a, b)


def at_least(lo: Lowering, value: Value, least: int) -> Value:
    """Return ``max(value, least)``."""
    number = known(value)
    if number is not None:
        return lo.number(max(number, least))
    if lo.proved(value.as_linear - least):
        return value
    return lo.emit("maximum", value, lo.number(least), stands_for="length")


def at_most(lo: Lowering, value: Value, most: Value) -> Value:
    """Return ``min(value, most)``."""
    first, second = known(value), known(most)
    if first is not None and second is not None:
        return lo.number(min(first, second))
    if lo.proved(most.as_linear - value.as_linear):
        return value
    if lo.proved(value.as_linear - most.as_linear):
        return most
    return lo.emit("minimum", value, most)


def wrapped(lo: Lowering, index: Value, length: Value) -> Value:
    """Return an index as one from the front: ``index + length`` if negative."""
    number = known(index)
    if number is not None:
        return index if number >= 0 else plus(lo, length, index)
    if lo.proved(index.as_linear):
        return index
    if lo.proved(-index.as_linear - 1):
        return plus(lo, length, index)
    negative = lo.emit("less", index, lo.number(0))
    return lo.emit("where", negative, plus(lo, index, length), index)


# ---- lengths ----


def length_of(lo: Lowering, form: Linear) -> Value | None:
    """Return a linear form as an integer, or None if it has unknown atoms."""
    if form.value is not None:
        return lo.number(form.value)
    if form in lo.lengths:
        return lo.lengths[form]
    total: Value | None = None
    for atom, factor in sorted(form.terms, key=lambda term: term[1] < 0):
        part = _atom(lo, atom)
        if part is None:
            return None
        part, sign = times(lo, part, lo.number(abs(factor))), factor > 0
        if total is None:
            total = part if sign else times(lo, part, lo.number(-1))
        else:
            total = plus(lo, total, part) if sign else minus(lo, total, part)
    assert total is not None
    return plus(lo, total, lo.number(form.constant))


def _atom(lo: Lowering, atom: Atom) -> Value | None:
    alone = Linear.of(atom)
    if alone in lo.lengths:
        return lo.lengths[alone]
    if isinstance(atom, Value):
        return lo.get(atom) if atom in lo.visible else None
    if not isinstance(atom, Derived) or atom.kind not in DERIVED:
        return None
    parts: list[Value | None] = []
    for part in atom.parts:
        if isinstance(part, Linear):
            parts.append(length_of(lo, part))
            if parts[-1] is None:
                return None
        else:
            parts.append(lo.number(part) if isinstance(part, int) else None)
    result = DERIVED[atom.kind](lo, parts)
    if result is not None:
        lo.lengths[alone] = result
    return result


def _clip(lo: Lowering, parts: Parts) -> Value | None:
    return None if parts[0] is None else at_least(lo, parts[0], 0)


def _product(lo: Lowering, parts: Parts) -> Value | None:
    return product(lo, [part for part in parts if part is not None])


def _ceil(lo: Lowering, parts: Parts) -> Value | None:
    length, step = parts
    assert length is not None and step is not None
    return ceil_quotient(lo, length, step)


def _slice(lo: Lowering, parts: Parts) -> Value | None:
    lower, upper, step, length = parts
    assert step is not None and length is not None
    return span(lo, length, lower, upper, step).extent


Parts = Sequence[Value | None]
DERIVED: Mapping[str, Callable[[Lowering, Parts], Value | None]] = {
    "clip": _clip,
    "product": _product,
    "ceil": _ceil,
    "slice": _slice,
}


# ---- slices ----


@dataclass(frozen=True, slots=True)
class Range:
    """The indices of a slice: ``start + step * i`` for i below ``extent``.

    ``bound`` is the extent for ``range``: it may be negative. Where the step is one
    the indices are those of ``range(start, stop)``.
    """

    start: Value
    step: Value
    extent: Value
    bound: Value
    stop: Value | None = None


def ceil_quotient(lo: Lowering, a: Value, b: Value) -> Value:
    """Return ``ceil(a / b)`` of integers, the second one positive."""
    if known(b) == 1:
        return a
    return quotient(lo, plus(lo, a, minus(lo, b, lo.number(1))), b)


def span(
    lo: Lowering,
    length: Value,
    lower: Value | None,
    upper: Value | None,
    step: Value | None,
) -> Range:
    """Return the indices of ``[lower:upper:step]``, clipped as NumPy does."""
    by = 1 if step is None else known(step)
    if by is None or by == 0:
        raise refuse(
            "the step of a slice is not known while transforming",
            "write a number for the step of the slice",
        )
    if by > 0:
        start = lo.number(0) if lower is None else _low(lo, lower, length)
        stop = length if upper is None else _high(lo, upper, length)
        distance = minus(lo, stop, start)
    else:
        end = minus(lo, length, lo.number(1))
        start = end if lower is None else at_most(lo, _back(lo, lower, length), end)
        stop = lo.number(-1) if upper is None else _back(lo, upper, length)
        distance = minus(lo, start, stop)
    bound = ceil_quotient(lo, distance, lo.number(abs(by)))
    last = stop if by == 1 else None
    return Range(start, lo.number(by), at_least(lo, bound, 0), bound, last)


def _low(lo: Lowering, bound: Value, length: Value) -> Value:
    """Return a lower bound, at least zero; beyond the end the slice is empty."""
    if lo.proved(bound.as_linear):
        return bound
    return at_least(lo, wrapped(lo, bound, length), 0)


def _high(lo: Lowering, bound: Value, length: Value) -> Value:
    """Return an upper bound, at most the length; below zero the slice is empty."""
    if lo.proved(-bound.as_linear):
        return wrapped(lo, bound, length)
    return at_most(lo, wrapped(lo, bound, length), length)


def _back(lo: Lowering, bound: Value, length: Value) -> Value:
    """Return a bound of a backward slice, at least minus one."""
    if lo.proved(bound.as_linear):
        return bound
    return at_least(lo, wrapped(lo, bound, length), -1)


def product(lo: Lowering, factors: Sequence[Value]) -> Value:
    """Return the product of lengths."""
    result = lo.number(1)
    for factor in factors:
        result = times(lo, result, factor)
    return result


def extent(lo: Lowering, array: Value, axis: int) -> Value:
    """Return the length of an axis of an array of the original."""
    found = length_of(lo, array.type.shape[axis]) or lo.axes.get((array, axis))
    if found is None:
        source = lo.sources.get(array)
        if source is not None:
            found = source.extent(axis)
        else:
            found = lo.emit("dim", lo.values.get(array, array), axis=axis)
        lo.axes[array, axis] = found
    return found


def extents(lo: Lowering, array: Value) -> list[Value]:
    """Return the lengths of all axes."""
    return [extent(lo, array, axis) for axis in range(array.type.rank)]


def bounds(lo: Lowering, array: Value) -> list[Value]:
    """Return the lengths of all axes for ``range``, which may be negative for none."""
    return [_bound(lo, array, axis) for axis in range(array.type.rank)]


def _bound(lo: Lowering, array: Value, axis: int) -> Value:
    form = array.type.shape[axis]
    if len(form.terms) == 1 and form.terms[0][1] == 1 and not form.constant:
        atom = form.terms[0][0]
        if isinstance(atom, Derived) and atom.kind == "clip" and form not in lo.lengths:
            inner = atom.parts[0]
            found = length_of(lo, inner) if isinstance(inner, Linear) else None
            if found is not None:
                return found
    return extent(lo, array, axis)
