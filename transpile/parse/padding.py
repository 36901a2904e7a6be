"""``np.pad``: an array within a frame of numbers, or of its own elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .arrays import require_array
from .frame import Frame
from .libraries import Arguments, library
from .objects import Obj, Tuple
from .terms import Term, along, counted

Width = Term | int
Pair = tuple[Width, Width]


@library("np.pad")
def pad(frame: Frame, args: Arguments) -> Obj:
    """``np.pad(x, width, mode, constant_values=c)``."""
    x, width, how, fill = args.take(frame, "array pad_width mode? constant_values?")
    assert x is not None and width is not None
    mode = "constant" if how is None else getattr(how, "value", None)
    array = Term(frame, require_array(frame, x))
    widths = _widths(frame, width, array.rank)
    if mode == "constant":
        return _framed(array, widths, fill).obj
    if mode not in MODES or fill is not None:
        frame.refuse("np.pad in this mode", "store into a larger array")
    for axis, (before, after) in enumerate(widths):
        n = array.length(axis)
        if mode == "reflect":
            for side in (before, after):
                frame.check((n - side >= 1).value, "ValueError", "np.pad is too wide")
        frame.check((n >= 1).value, "ValueError", "np.pad of an empty axis")
        place = counted(frame, n + before + after) - before
        index = MODES[mode](place, n)
        array = array[along(array.rank, axis, index, slice(None))]
    return array.obj


def _framed(array: Term, widths: Sequence[Pair], fill: Obj | None) -> Term:
    """Return an array within zeros, or copies of another number."""
    frame = array.frame
    lengths, items = [], []
    for axis, (before, after) in enumerate(widths):
        n = array.length(axis)
        items.append(slice(before, n + before))
        if isinstance(before, int) and isinstance(after, int):
            n = n + (before + after)
        else:
            for width in (before, after):
                n = n if width == 0 else n + width
        lengths.append(n.obj)
    dtype = array.value.type.dtype
    values = [frame.read(length) for length in lengths]
    if fill is None:
        made = frame.make("zeros", *values, dtype=dtype, spelled="np.zeros")
    else:
        number = frame.read(fill)
        if number.type.rank:
            frame.refuse("np.pad with several numbers", "give one: constant_values=c")
        made = frame.make("full", number, *values, dtype=dtype, spelled="np.full")
    target = Term(frame, made)
    target[tuple(items)] = array
    return target


# The mode -> which element of an axis of length n stands at a place.
MODES: dict[object, Callable[[Term, Term], Term]] = {
    "edge": lambda place, n: place.call("clip", 0, n - 1),
    "wrap": lambda place, n: place % n,
    "reflect": lambda place, n: n - 1 - (n - 1 - place.call("abs")).call("abs"),
}


def _widths(frame: Frame, width: Obj, rank: int) -> list[Pair]:
    if not isinstance(width, Tuple):
        return [(_width(frame, width),) * 2] * rank
    pairs = width.items
    if not any(isinstance(item, Tuple) for item in pairs):
        pairs = (width,) * rank
    elif len(pairs) == 1:
        pairs = pairs * rank
    found = [
        [_width(frame, item) for item in pair.items]
        for pair in pairs
        if isinstance(pair, Tuple)
    ]
    if len(found) != rank or any(len(pair) != 2 for pair in found):
        frame.refuse("these widths of np.pad", "give a pair for every axis")
    return [(before, after) for before, after in found]


def _width(frame: Frame, obj: Obj) -> Width:
    value = frame.read(obj)
    if value.type.rank or not value.type.is_integer:
        frame.refuse("this width of np.pad", "give integers")
    known = frame.context.number(value)
    if isinstance(known, int):
        if known < 0:
            frame.refuse("a negative width of np.pad", "cut the array with a slice")
        return int(known)
    found = Term(frame, obj)
    message = "index can't contain negative values"
    frame.check((found >= 0).value, "ValueError", message)
    return found
