"""Functions that pick or repeat elements, or move them around an axis."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from ..graph.ir import Value
from .arrays import (
    as_array,
    as_value,
    lengths_of,
    one_axis,
    require_array,
)
from .elementwise import into
from .frame import Frame
from .indexing import bracket_objects, get
from .libraries import Arguments, library
from .objects import NONE, Obj, Scalar, Tuple
from .objects import Span as Slice
from .routines import run
from .terms import Term, along, array_of, counted

WHOLE = slice(None)
# How indices beyond the ends are meant.
MODES: dict[object, Callable[[Term, Term], Term]] = {
    "wrap": lambda places, n: places % n,
    "clip": lambda places, n: places.call("clip", 0, n - 1),
}


def within(places: Term, count: int, mode: Obj | None, spelled: str) -> Term:
    """Return places in a range, as a mode has it; else check that they are there."""
    frame, how = places.frame, "raise" if mode is None else getattr(mode, "value", None)
    if how in MODES:
        return MODES[how](places, Term(frame, Scalar(frame.constant(count))))
    if how != "raise":
        frame.refuse(f"this mode of {spelled}", 'write "raise", "wrap" or "clip"')
    inside = (places >= 0).call("logical_and", places < count)
    inside = inside.call("all") if inside.rank else inside
    frame.check(inside.value, "ValueError", "invalid entry in choice array")
    return places


def _line(frame: Frame, obj: Obj, axis: Obj | None) -> tuple[Term, int]:
    """Return an array and an axis; without one the elements in a row."""
    x = Term(frame, as_array(frame, obj))
    if axis is None or axis == NONE:
        flat = x.call("atleast_1d") if not x.rank else x
        return (flat.call("ravel") if flat.rank > 1 else flat), 0
    return x, one_axis(frame, axis, x.rank)


@library("np.take")
def take(frame: Frame, args: Arguments) -> Obj:
    """``np.take(x, indices, axis, mode=...)``."""
    x, indices, axis, out, mode = args.take(frame, "a indices axis? out? mode?")
    assert x is not None and indices is not None
    line, place = _line(frame, x, axis)
    chosen = as_array(frame, indices)
    how = "raise" if mode is None else getattr(mode, "value", None)
    if how in MODES:
        chosen = MODES[how](Term(frame, chosen), line.length(place)).obj
    elif how != "raise":
        frame.refuse("this mode of np.take", 'write "raise", "wrap" or "clip"')
    array = require_array(frame, line.obj)
    parts: list[Obj] = [Slice(None, None, None) for _ in range(line.rank)]
    parts[place] = chosen
    return into(
        frame, get(frame, array, bracket_objects(frame, array.type, parts)), out
    )


# ---- repeated ----


@library("np.repeat")
def repeat(frame: Frame, args: Arguments) -> Obj:
    """``np.repeat(x, times, axis)``; each element by its own number, if given."""
    x, times, axis = args.take(frame, "a repeats axis?")
    assert x is not None and times is not None
    if isinstance(times, Tuple) and len(times.items) == 1:
        (times,) = times.items
    line, place = _line(frame, x, axis)
    count = Term(frame, as_array(frame, times))
    n = line.length(place)
    if count.rank:
        same = count.length().call("equal", n)
        message = "operands could not be broadcast together"
        frame.check(same.value, "ValueError", message)
        positive = (count >= 0).call("all")
        frame.check(positive.value, "ValueError", "repeats may not contain negatives")
        every = counted(frame, count.call("sum"))
        places = count.call("cumsum").call("searchsorted", every, side="right")
    else:
        places = counted(frame, n * count) // count
    return line[along(line.rank, place, places, WHOLE)].obj


@library("np.tile")
def tile(frame: Frame, args: Arguments) -> Obj:
    """``np.tile(x, repeats)``."""
    x, repeats = args.take(frame, "A reps")
    assert x is not None and repeats is not None
    array = Term(frame, as_array(frame, x))
    items = repeats.items if isinstance(repeats, Tuple) else (repeats,)
    array = array if array.rank else array.call("atleast_1d")
    more = len(items) - array.rank
    if more > 0:
        array = array[(None,) * more + (WHOLE,) * array.rank]
    whole = value = array.value
    for axis, item in enumerate(items, value.type.rank - len(items)):
        value = _tiled(frame, value, axis, frame.read(item))
    return frame.fresh(frame.emit("copy", whole) if value is whole else value)


def _tiled(frame: Frame, value: Value, axis: int, count: Value) -> Value:
    """Return an array repeated along one axis; one element as often as you like."""
    if value.type.shape[axis].value == 1:
        lengths = [frame.length_of(value, k) for k in range(value.type.rank)]
        lengths[axis] = count
        spread = frame.emit("broadcast_to", value, *lengths, spelled="np.broadcast_to")
        return frame.emit("copy", spread)
    times = frame.context.number(count)
    if not isinstance(times, int) or times < 1 or times > MOST_PARTS:
        x = Term(frame, frame.fresh(value))
        n = x.length(axis)
        places = counted(frame, n * Term(frame, Scalar(count))) % n
        return x[along(x.rank, axis, places, WHOLE)].value
    if times == 1:
        return value
    return frame.emit("concatenate", *[value] * times, axis=axis)


MOST_PARTS = 16


@library("np.resize")
def resize(frame: Frame, args: Arguments) -> Obj:
    """``np.resize(x, shape)``: the elements again and again."""
    x, shape = args.take(frame, "a new_shape")
    assert x is not None and shape is not None
    flat, _ = _line(frame, x, None)
    lengths = [Term(frame, Scalar(v)) for v in lengths_of(frame, shape)]
    some = flat.length() >= 1
    frame.check(some.value, "ValueError", "np.resize of an empty array")
    found = flat[counted(frame, reduce(Term.__mul__, lengths)) % flat.length()]
    return found.call("reshape", tuple(lengths)).obj


# ---- without zeros at the ends ----

ZEROS_BEFORE = '''\
import numpy as np


def {name}(x):
    """How many zeros a vector starts with."""
    count = 0
    while count < len(x) and x[count] == 0:
        count += 1
    return count
'''


@library("np.trim_zeros")
def trim_zeros(frame: Frame, args: Arguments) -> Obj:
    """``np.trim_zeros(x, trim)`` of a vector."""
    given, trim = args.take(frame, "filt trim?")
    assert given is not None
    x = array_of(frame, given, "np.trim_zeros")
    ends = "fb" if trim is None else str(getattr(trim, "value", "")).lower()
    if ends not in ("f", "b", "fb", "bf"):
        frame.refuse("this trim of np.trim_zeros", 'write "f", "b" or "fb"')
    start, stop = (
        Term(frame, run(frame, ZEROS_BEFORE, "zeros_before", [part.obj]))
        if end in ends
        else None
        for end, part in (("f", x), ("b", x[::-1]))
    )
    return x[start : None if stop is None else x.length() - stop].obj


# ---- moved around ----


@library("np.roll")
def roll(frame: Frame, args: Arguments) -> Obj:
    """``np.roll(x, shift, axis)``, along one axis, several, or all in a row."""
    x, shift, axis = args.take(frame, "a shift axis?")
    assert x is not None and shift is not None
    array = Term(frame, require_array(frame, x))
    if axis is None or axis == NONE:
        flat = array if array.rank == 1 else array.call("ravel")
        moved = _rolled(flat, shift, 0)
        if array.rank == 1:
            return moved.obj
        lengths = tuple(array.length(k) for k in range(array.rank))
        return moved.call("reshape", lengths).obj
    axes = axis.items if isinstance(axis, Tuple) else (axis,)
    shifts = shift.items if isinstance(shift, Tuple) else (shift,)
    count = max(len(axes), len(shifts))
    axes, shifts = (g * count if len(g) == 1 else g for g in (axes, shifts))
    if len(axes) != len(shifts):
        frame.refuse("np.roll by numbers that differ in length from the axes")
    for by, item in zip(shifts, axes, strict=True):
        array = _rolled(array, by, one_axis(frame, item, array.rank))
    return array.obj


def _rolled(x: Term, shift: Obj, axis: int) -> Term:
    """Return both parts of an axis in the other order."""
    frame = x.frame
    by = frame.context.number(as_value(frame, shift))
    known = x.value.type.shape[axis].value
    if isinstance(by, int) and known is not None:
        by = by % max(known, 1)
    if by == 0:
        return x.call("copy")
    if isinstance(by, int) and abs(by) <= NEAR:
        _require_shorter(x, axis, abs(by))
        parts = _cut(x, axis, -by, None), _cut(x, axis, None, -by)
    else:
        n = x.length(axis)
        start = n - Term(frame, shift) % n.call("maximum", 1)
        parts = _cut(x, axis, start, None), _cut(x, axis, None, start)
    values = [part.value for part in parts]
    return Term(frame, frame.make("concatenate", *values, axis=axis))


NEAR = 4


def _cut(x: Term, axis: int, start: object, stop: object) -> Term:
    return x[along(x.rank, axis, slice(start, stop), WHOLE)]


def _require_shorter(x: Term, axis: int, by: int) -> None:
    length = x.value.type.shape[axis]
    if x.frame.context.proves(length - by):
        return
    message = "np.roll by more than the length of the axis"
    x.frame.check((x.length(axis) >= by).value, "ValueError", message)
