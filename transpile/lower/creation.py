"""Elements of arrays that are made from nothing: ones, full, eye, arange, linspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..graph.ir import Equation, Value
from .context import Element, Lowering
from .integers import at_least, known, minus, plus
from .scalars import apply, cast, constant, is_float

Make = Callable[[Lowering, Equation], Element]


def _same(number: int) -> Make:
    def make(lo: Lowering, eq: Equation) -> Element:
        dtype = eq.result.type.dtype
        return lambda counters: constant(lo, number, dtype)

    return make


def _full(lo: Lowering, eq: Equation) -> Element:
    value = cast(lo, lo.get(eq.operands[0]), eq.result.type.dtype)
    number = lo.constants.get(value)
    if number is not None:
        return lambda counters: constant(lo, number, value.type.dtype)
    return lambda counters: value


def _eye(lo: Lowering, eq: Equation) -> Element:
    dtype, above = eq.result.type.dtype, eq.attrs.get("k", 0)

    def compute(counters: Sequence[Value]) -> Value:
        row, column = counters
        diagonal = plus(lo, row, lo.number(above))
        one, zero = constant(lo, 1, dtype), constant(lo, 0, dtype)
        return lo.emit("where", lo.emit("equal", column, diagonal), one, zero)

    return compute


def _arange(lo: Lowering, eq: Equation) -> Element:
    start, _, step = (lo.get(v) for v in eq.operands)
    dtype = eq.result.type.dtype
    if not is_float(dtype) or (known(start), known(step)) == (0, 1):
        return lambda counters: cast(
            lo, _progression(lo, start, step, counters[0], "weak_int"), dtype
        )
    # NumPy: the difference of the first two elements, rounded, is the step.
    first = cast(lo, start, dtype)
    second = cast(lo, apply(lo, "add", [start, step], "float64"), dtype)
    by = apply(lo, "subtract", [second, first], dtype)
    return lambda counters: _progression(lo, first, by, counters[0], dtype)


def _progression(
    lo: Lowering, start: Value, step: Value, counter: Value, dtype: str
) -> Value:
    if known(start) == 0 and known(step) == 1:
        return cast(lo, counter, dtype)
    moved = apply(lo, "multiply", [counter, step], dtype)
    return apply(lo, "add", [start, moved], dtype)


def _linspace(lo: Lowering, eq: Equation) -> Element:
    start, stop, count = (lo.get(v) for v in eq.operands)
    dtype = eq.result.type.dtype
    endpoint = eq.attrs.get("endpoint", True)
    parts = minus(lo, count, lo.number(1)) if endpoint else count
    first, last = cast(lo, start, "float64"), cast(lo, stop, "float64")
    width = lo.emit("subtract", last, first)
    by = apply(lo, "divide", [width, at_least(lo, parts, 1)], "float64")

    def compute(counters: Sequence[Value]) -> Value:
        (counter,) = counters
        value = _progression(lo, first, by, counter, "float64")
        if endpoint:
            many = lo.emit("greater", counter, lo.number(0))
            at_end = lo.emit("logical_and", many, lo.emit("equal", counter, parts))
            value = lo.emit("where", at_end, last, value)
        return cast(lo, value, dtype)

    return compute


DEFER: Mapping[str, Make] = {
    "ones": _same(1),
    "zeros": _same(0),
    "full": _full,
    "eye": _eye,
    "arange": _arange,
    "linspace": _linspace,
}


def extent_finder(lo: Lowering, eq: Equation) -> Callable[[int], Value]:
    """Return how to find the lengths of a created array."""
    if eq.op == "arange":
        length = _arange_length(lo, *(lo.get(v) for v in eq.operands))
        return lambda axis: length
    skipped = {"full": 1, "linspace": 2}.get(eq.op, 0)
    return lambda axis: at_least(lo, lo.get(eq.operands[skipped + axis]), 0)


def _arange_length(lo: Lowering, start: Value, stop: Value, step: Value) -> Value:
    """Return ``ceil((stop - start) / step)``, at least zero, as NumPy computes it."""
    values = [start, stop, step]
    if all(v.type.is_integer for v in values):
        distance = lo.emit("floor_divide", minus(lo, start, stop), step)
        return at_least(lo, lo.emit("negative", distance), 0)
    low, high, by = (cast(lo, v, "float64") for v in values)
    count = lo.emit("divide", lo.emit("subtract", high, low), by)
    whole = lo.emit("cast", lo.emit("ceil", count), dtype="int64")
    return at_least(lo, whole, 0)
