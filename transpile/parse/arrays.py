"""From objects of the parser to arrays, numbers, dtypes and axes."""

from __future__ import annotations

from collections.abc import Sequence

import gast

from ..graph.ir import Value
from .frame import Frame
from .objects import NONE, Array, Dim, Library, Listed, Obj, Scalar, Static, Tuple

DTYPES = {
    "float": "float64",
    "float64": "float64",
    "double": "float64",
    "float_": "float64",
    "float32": "float32",
    "single": "float32",
    "complex": "complex128",
    "complex128": "complex128",
    "cdouble": "complex128",
    "complex64": "complex64",
    "csingle": "complex64",
    "int": "int64",
    "int_": "int64",
    "intp": "int64",
    "int64": "int64",
    "int32": "int32",
    "int16": "int16",
    "int8": "int8",
    "uint64": "uint64",
    "uint32": "uint32",
    "uint16": "uint16",
    "uint8": "uint8",
    "bool": "bool",
    "bool_": "bool",
    "f8": "float64",
    "f4": "float32",
    "c16": "complex128",
    "c8": "complex64",
    "i8": "int64",
    "i4": "int32",
}


def as_array(frame: Frame, obj: Obj) -> Obj:
    """Return an array made of nested tuples or lists; arrays as they are."""
    if isinstance(obj, Listed):
        if obj.array is None or obj.count is not None:
            frame.refuse("a list used as an array while it grows", "use it after")
        return obj.array
    if not isinstance(obj, Tuple):
        return obj
    if not obj.items:
        frame.refuse("an empty list as array", "write np.zeros(0)")
    items = [as_array(frame, item) for item in obj.items]
    values = [frame.read(item) for item in items]
    return frame.make("stack", *values, axis=0, spelled="np.array")


def as_value(frame: Frame, obj: Obj) -> Value:
    """Return the value of an object, lists taken as arrays."""
    return frame.read(as_array(frame, obj))


def known_integer(frame: Frame, value: Value, what: str) -> int:
    """Return an integer that must be known while parsing."""
    number = frame.context.number(value)
    if isinstance(number, int):
        return int(number)
    frame.require_known(value)
    frame.refuse(f"{what} must be a number in the source", "write the number itself")


def known_flag(frame: Frame, obj: Obj, what: str) -> bool:
    """Return a truth value that must be known while parsing."""
    value = frame.read(obj)
    number = frame.context.number(value)
    if number is None:
        frame.require_known(value)
        frame.refuse(f"{what} must be True or False in the source")
    return bool(number)


def dtype_of(frame: Frame, obj: Obj, default: str | None = None) -> str | None:
    """Return the dtype that an argument names; the default for None."""
    if obj == NONE:
        return default
    name = None
    if isinstance(obj, Library):
        name = DTYPES.get(obj.dotted.rpartition(".")[2])
    elif isinstance(obj, Static) and isinstance(obj.value, str):
        name = DTYPES.get(obj.value, DTYPES.get(obj.value.lstrip("<=")))
    if name is None:
        frame.refuse(
            "this is not a dtype that is supported",
            "use np.float64, np.float32, np.int64 or bool",
        )
    return name


def axes_of(frame: Frame, obj: Obj, rank: int) -> tuple[int, ...]:
    """Return the axes that an ``axis=`` argument names, sorted; None means all."""
    if obj == NONE:
        return tuple(range(rank))
    items = obj.items if isinstance(obj, Tuple) else (obj,)
    axes = sorted(one_axis(frame, item, rank) for item in items)
    if len(set(axes)) < len(axes):
        frame.refuse("the same axis twice")
    return tuple(axes)


def one_axis(frame: Frame, obj: Obj, rank: int) -> int:
    """Return an axis, counted from the front."""
    axis = known_integer(frame, frame.read(obj), "an axis")
    if not -rank <= axis < rank:
        frame.refuse(
            f"axis {axis} is out of bounds for an array with {rank} axes",
            f"axes go from 0 to {rank - 1}" if rank else None,
        )
    return axis % rank


def lengths_of(frame: Frame, obj: Obj | Sequence[Obj]) -> list[Value]:
    """Return the integers of a shape argument: a number or a tuple."""
    if isinstance(obj, Tuple):
        obj = obj.items
    items = obj if isinstance(obj, Sequence) else [obj]
    values = [frame.read(item) for item in items]
    for value in values:
        if value.type.rank or not value.type.is_integer:
            frame.refuse(
                f"a length of type {value.type}", "lengths are integers: use int()"
            )
    return values


def shape_of(frame: Frame, obj: Obj) -> Tuple:
    """Return the shape of an array as a tuple whose items cost nothing."""
    if not isinstance(obj, Array):
        return Tuple(())
    return Tuple(tuple(Dim(obj, axis) for axis in range(obj.type.rank)))


def require_array(frame: Frame, obj: Obj) -> Array:
    """Return an array, where a number won't do."""
    found = as_array(frame, obj)
    if not isinstance(found, Array):
        frame.refuse("an array is needed here", "this has no axes")
    return found


def number(frame: Frame, value: bool | int | float) -> Obj:
    """Return a constant that does not stand in the source."""
    return Scalar(frame.constant(value))


def spread(frame: Frame, nodes: Sequence[gast.AST]) -> list[Obj]:
    """Return what expressions stand for: of ``*items`` each item."""
    found: list[Obj] = []
    for node in nodes:
        if not isinstance(node, gast.Starred):
            found.append(frame.evaluate(node))
            continue
        inner = frame.evaluate(node.value)
        if not isinstance(inner, Tuple):
            message = "a star before something that is not a tuple"
            frame.refuse(message, "write the elements out", node)
        found += inner.items
    return found
