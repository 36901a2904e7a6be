"""Module constants and captured arrays: parameters that the caller does not see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..graph.drawn import SOURCES
from ..graph.ir import Buffer, Origin, Parameter, Type, Value
from ..graph.linear import Dim, Linear, Size
from ..read.source import Constant
from .objects import Array, Obj, Scalar, Span, Static, Tuple

if TYPE_CHECKING:
    from .frame import Frame

WEAK = {
    bool: "bool",
    int: "weak_int",
    float: "weak_float",
    complex: "weak_complex",
}


def module_constant(frame: Frame, name: str, meaning: Constant) -> Obj:
    """Return what a constant's name stands for: a parameter of kind ``global``."""
    value = meaning.value
    if value is None or isinstance(value, (str, bytes)) or value is Ellipsis:
        return Static(value)
    if isinstance(value, (tuple, list, slice)):
        return _folded(frame, value)
    home = meaning.home or frame.source.file
    return shared(frame, (home, name), meaning)


def shared(frame: Frame, key: tuple[str, str], meaning: Constant) -> Obj:
    """Return the parameter for a constant of a module, declared at its first use."""
    context = frame.context
    if key not in context.globals:
        name = key[1].rpartition(".")[2]
        context.globals[key] = _declare(frame, name, meaning)
        context.meanings[key] = meaning
    return context.globals[key]


def _folded(frame: Frame, value: object) -> Obj:
    """Return nested tuples of numbers and slices as constants in place."""
    if isinstance(value, (tuple, list)):
        items = tuple(_folded(frame, item) for item in value)
        return Tuple(items, isinstance(value, list))
    if type(value) in WEAK:
        assert isinstance(value, (bool, int, float, complex))
        return Scalar(frame.constant(value))
    if value is None or value is Ellipsis or isinstance(value, str):
        return Static(value)
    if isinstance(value, slice):
        bounds = (value.start, value.stop, value.step)
        return Span(*(None if b is None else frame.constant(int(b)) for b in bounds))
    frame.refuse(f"a module constant that holds a {type(value).__name__}")


def _declare(frame: Frame, name: str, meaning: Constant) -> Obj:
    kind = _type_of(frame, name, meaning.value)
    declared = frame.context.parameters
    parts = [v.name or "" for p in declared for v in p.values]
    name = _unique(name, [p.name for p in declared] + parts)
    buffer = Buffer(name, parameter=True) if kind.rank else None
    value = Value(kind, name, buffer)
    origin = None
    if meaning.origin is not None:
        file, line = meaning.origin
        origin = Origin(file, line, 0, 0, f"{name} = {meaning.text}", line)
    context = frame.context
    context.parameters.append(
        Parameter(name, (value,), "global", meaning.text, origin=origin)
    )
    obj: Obj = Scalar(value)
    if buffer is not None:
        context.base_contents[buffer] = value
        obj = Array(buffer, kind, name=name)
    return obj


def _unique(name: str, taken: list[str]) -> str:
    count, found = 1, name
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    return found


def _type_of(frame: Frame, name: str, value: object) -> Type:
    if type(value) in WEAK:
        return Type(WEAK[type(value)])
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        layout = "C" if array.flags.c_contiguous else "A"
        if array.flags.f_contiguous and array.ndim > 1 and layout == "A":
            layout = "F"
        shape = tuple(_length(frame, name, k, n) for k, n in enumerate(array.shape))
        return Type(array.dtype.name, shape, layout)
    for dtype, kind in SOURCES.items():
        if type(value).__name__ == kind:
            return Type(dtype)
    frame.refuse(
        f"'{name}' is a {type(value).__name__}: neither a number nor an array",
        f"pass what is needed of '{name}' as parameters",
    )


def _length(frame: Frame, name: str, axis: int, length: int) -> Dim:
    if length <= 4:
        return Linear.number(length)
    size = Size(f"{name}_{axis}")
    if size not in frame.context.own_sizes:
        frame.context.own_sizes.append(size)
    return frame.context.settle(Linear.of(size))
