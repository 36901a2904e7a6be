"""The types of new arrays and numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .dtypes import keep_imaginary, promote, strong
from .ir import Type, Value
from .linear import Dim, derived
from .shapes import TypeRefused, range_length

Attrs = Mapping[str, Any]
Operands = Sequence[Value]
Rule = Callable[[str, Operands, Attrs], Type]


def lengths_of(values: Operands) -> tuple[Dim, ...]:
    """Return the shape that integer scalars give."""
    for value in values:
        if value.type.rank or not value.type.is_integer:
            raise TypeRefused(
                f"a length of type {value.type}", "lengths must be integers"
            )
    return tuple(v.as_linear for v in values)


def _filled(op: str, operands: Operands, attrs: Attrs) -> Type:
    return Type(attrs["dtype"], lengths_of(operands))


def _full(op: str, operands: Operands, attrs: Attrs) -> Type:
    fill, *lengths = operands
    if fill.type.rank:
        raise TypeRefused("full with an array as value", "use np.broadcast_to")
    keep_imaginary(fill.type.dtype, attrs.get("dtype") or fill.type.dtype, op)
    return Type(attrs.get("dtype") or strong(fill.type.dtype), lengths_of(lengths))


def _arange(op: str, operands: Operands, attrs: Attrs) -> Type:
    common = strong(promote(*(v.type.dtype for v in operands)))
    dtype = attrs.get("dtype") or common
    keep_imaginary(common, "float64", op)
    if all(v.type.is_integer for v in operands):
        start, stop, step = (v.as_linear for v in operands)
        return Type(dtype, (range_length(start, stop, step),))
    return Type(dtype, (derived("arange", *(v.serial for v in operands)),))


def _linspace(op: str, operands: Operands, attrs: Attrs) -> Type:
    start, stop, count = operands
    ends = promote(start.type.dtype, stop.type.dtype, "weak_float")
    keep_imaginary(ends, "float64", op)
    return Type(attrs.get("dtype") or strong(ends), lengths_of([count]))


def _drawn(op: str, operands: Operands, attrs: Attrs) -> Type:
    axes = sum(what for _, what in attrs["words"] if isinstance(what, int))
    first = len(operands) - axes
    row = operands[first - 1].type.shape[-1:] if attrs["rows"] else ()
    return Type(attrs["dtype"], (*lengths_of(operands[first:]), *row))


def _constant(op: str, operands: Operands, attrs: Attrs) -> Type:
    weak = {
        bool: "bool",
        int: "weak_int",
        float: "weak_float",
        complex: "weak_complex",
    }
    value = attrs["value"]
    if type(value) not in weak:
        raise TypeRefused(f"a constant of type {type(value).__name__}")
    return Type(attrs.get("dtype") or weak[type(value)])


def _undefined(op: str, operands: Operands, attrs: Attrs) -> Type:
    declared: Type = attrs["type"]
    return declared


CREATED: Mapping[str, Rule] = {
    "zeros": _filled,
    "ones": _filled,
    "empty": _filled,
    "eye": _filled,
    "full": _full,
    "arange": _arange,
    "linspace": _linspace,
    "draw": _drawn,
    "constant": _constant,
    "undefined": _undefined,
}
