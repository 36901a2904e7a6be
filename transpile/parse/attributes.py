"""Attributes of arrays and numbers."""

from __future__ import annotations

from collections.abc import Callable

from ..graph.drawn import SOURCES
from ..graph.dtypes import strong
from .arrays import require_array, shape_of
from .frame import Frame
from .libraries import FUNCTIONS, METHODS, Arguments
from .objects import (
    Array,
    Conflict,
    Library,
    Method,
    Named,
    Obj,
    Scalar,
    Static,
    Tuple,
    View,
)
from .records import field_of
from .shaping import ravel, size_of
from .writes import may_share


def attribute_of(frame: Frame, base: Obj, name: str) -> Obj:
    """Return ``base.name``."""
    if isinstance(base, Conflict):
        frame.read(base)
    if isinstance(base, Static) and name == "format":
        return Method(base, name)
    if isinstance(base, Named):
        return field_of(frame, base, name)
    if not isinstance(base, (Array, Scalar, Tuple)):
        base = Scalar(frame.read(base))
    if isinstance(base, Scalar) and base.value.type.dtype in SOURCES:
        return Method(base, name)
    handler = PROPERTIES.get(name)
    if handler is not None:
        return handler(frame, base)
    if isinstance(base, Tuple):
        _refuse_of_list(frame, base, name)
    if name in METHODS or f"numpy.{name}" in FUNCTIONS:
        return Method(base, name)
    frame.refuse(
        f"the attribute .{name} is not supported", "write it with basic operations"
    )


def _refuse_of_list(frame: Frame, base: Tuple, name: str) -> None:
    if name in ("append", "extend", "insert", "pop"):
        frame.refuse(
            "a list that grows or shrinks",
            "allocate with np.empty and fill it by index",
        )
    frame.refuse(
        f"the attribute .{name} of a tuple or list", "make an array: np.array(...)"
    )


def _transposed(frame: Frame, base: Obj) -> Obj:
    if isinstance(base, Scalar):
        return base
    array = require_array(frame, base)
    if array.type.rank == 1:
        return array
    axes = tuple(reversed(range(array.type.rank)))
    return frame.view(array, View("transpose", (), {"axes": axes, "spelled": ".T"}))


def _matrix_transposed(frame: Frame, base: Obj) -> Obj:
    array = require_array(frame, base)
    rank = array.type.rank
    if rank < 2:
        frame.refuse(".mT of an array with fewer than two axes")
    axes = (*range(rank - 2), rank - 1, rank - 2)
    return frame.view(array, View("transpose", (), {"axes": axes, "spelled": ".mT"}))


def _flat(frame: Frame, base: Obj) -> Obj:
    """Return ``x.flat``: a view, or a copy that may not be written."""
    array = require_array(frame, base)
    made = ravel(frame, Arguments("numpy.ravel", [base], {}, ".ravel"))
    if array.type.rank == 1 or array.type.layout == "C":
        return made
    return may_share(frame, made, array)


def _rank(frame: Frame, base: Obj) -> Obj:
    rank = base.type.rank if isinstance(base, Array) else 0
    return Scalar(frame.constant(rank))


def _dtype(frame: Frame, base: Obj) -> Obj:
    dtype = frame.read(base).type.dtype
    return Library(f"numpy.{strong(dtype)}")


PROPERTIES: dict[str, Callable[[Frame, Obj], Obj]] = {
    "T": _transposed,
    "flat": _flat,
    "mT": _matrix_transposed,
    "shape": shape_of,
    "size": size_of,
    "ndim": _rank,
    "dtype": _dtype,
}
