"""Functions that pick or repeat elements."""

from __future__ import annotations

from ..graph.ir import Gather, Item, NewAxis, Span, Value
from .arrays import (
    as_array,
    known_integer,
    one_axis,
    require_array,
)
from .frame import Frame
from .indexing import Brackets, bracket_objects, get
from .libraries import Arguments, library
from .objects import NONE, Obj, Tuple
from .objects import Span as Slice


@library("np.take")
def take(frame: Frame, args: Arguments) -> Obj:
    """``np.take(x, indices, axis)``."""
    x, indices, axis = args.take(frame, "a indices axis?")
    assert x is not None and indices is not None
    array = require_array(frame, x)
    rank = array.type.rank
    if (axis is None or axis == NONE) and rank != 1:
        frame.refuse("np.take without axis=", "name the axis: axis=0")
    place = 0 if axis is None or axis == NONE else one_axis(frame, axis, rank)
    chosen = as_array(frame, indices)
    parts: list[Obj] = [Slice(None, None, None) for _ in range(rank)]
    parts[place] = chosen
    return get(frame, array, bracket_objects(frame, array.type, parts))


@library("np.repeat")
def repeat(frame: Frame, args: Arguments) -> Obj:
    """``np.repeat(x, times, axis)``, every element equally often."""
    x, times, axis = args.take(frame, "a repeats axis?")
    assert x is not None and times is not None
    array = require_array(frame, x)
    rank = array.type.rank
    count = frame.read(times)
    if count.type.rank or ((axis is None or axis == NONE) and rank != 1):
        frame.refuse("this form of np.repeat", "name the axis, and repeat all equally")
    place = 0 if axis is None or axis == NONE else one_axis(frame, axis, rank)
    length = frame.length_of(frame.read(array), place)
    total = frame.emit("multiply", length, count, spelled="*")
    places = frame.emit("floor_divide", _range(frame, total), count, spelled="//")
    items: list[Item] = [Span() for _ in range(rank)]
    items[place] = Gather(0)
    return get(frame, array, Brackets(tuple(items), (places,)))


def _range(frame: Frame, n: Value) -> Value:
    zero, one = frame.constant(0), frame.constant(1)
    return frame.emit("arange", zero, n, one, spelled="np.arange")


@library("np.tile")
def tile(frame: Frame, args: Arguments) -> Obj:
    """``np.tile(x, repeats)`` by known numbers."""
    x, repeats = args.take(frame, "A reps")
    assert x is not None and repeats is not None
    array = require_array(frame, x)
    items = repeats.items if isinstance(repeats, Tuple) else (repeats,)
    more = len(items) - array.type.rank
    if more > 0:
        spans: list[Item] = [*(NewAxis() for _ in range(more))]
        spans += [Span() for _ in array.type.shape]
        array = require_array(frame, get(frame, array, Brackets(tuple(spans), ())))
    whole = value = frame.read(array)
    first = array.type.rank - len(items)
    for axis, item in enumerate(items, first):
        value = _tiled(frame, value, axis, frame.read(item))
    return frame.fresh(frame.emit("copy", whole) if value is whole else value)


def _tiled(frame: Frame, value: Value, axis: int, count: Value) -> Value:
    """Return an array repeated along one axis; one element as often as you like."""
    if value.type.shape[axis].value == 1:
        lengths = [frame.length_of(value, k) for k in range(value.type.rank)]
        lengths[axis] = count
        spread = frame.emit("broadcast_to", value, *lengths, spelled="np.broadcast_to")
        return frame.emit("copy", spread)
    times = known_integer(frame, count, "the repeats of np.tile")
    if times < 1:
        frame.refuse("np.tile by less than one")
    if times == 1:
        return value
    return frame.emit("concatenate", *[value] * times, axis=axis)
