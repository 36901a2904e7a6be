"""``np.pad``: an array within a frame of numbers, or of its own elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .arrays import require_array
from .frame import Frame
from .libraries import Arguments, library
from .objects import Obj, Scalar, Tuple
from .terms import Term, along, counted

Width = Term | int
Pair = tuple[Width, Width]
Margin = Callable[[Term, int, Width, Term, bool], Term]


@library("np.pad")
def pad(frame: Frame, args: Arguments) -> Obj:
    """``np.pad(x, width, mode, constant_values=c)``."""
    x, width, how, fill, ends, kind = args.take(
        frame,
        "array pad_width mode? constant_values? end_values? reflect_type?",
    )
    assert x is not None and width is not None
    mode = "constant" if how is None else getattr(how, "value", None)
    array = Term(frame, require_array(frame, x))
    widths = _widths(frame, width, array.rank)
    odd = kind is not None and getattr(kind, "value", None) != "even"
    if mode == "constant":
        return _framed(array, widths, fill).obj
    numbers = _pairs(frame, ends, array.rank, 0)
    for axis, pair in enumerate(widths):
        n = array.length(axis)
        frame.check((n >= 1).value, "ValueError", "np.pad of an empty axis")
        place = counted(frame, n + pair[0] + pair[1]) - pair[0]
        if odd and mode in LESS:
            array = _turned(array, axis, place, n, LESS[mode])
        elif mode in MODES:
            index = MODES[mode](place, n)
            array = array[along(array.rank, axis, index, WHOLE)]
        elif mode in MARGINS:
            margin = MARGINS[mode]
            array = _joined(
                [
                    margin(array, axis, pair[0], numbers[axis][0], False),
                    array,
                    margin(array, axis, pair[1], numbers[axis][1], True),
                ],
                axis,
            )
        else:
            frame.refuse("np.pad in this mode", "store into a larger array")
    return array.obj


WHOLE = slice(None)


def _framed(array: Term, widths: Sequence[Pair], fill: Obj | None) -> Term:
    """Return an array within zeros, or copies of other numbers."""
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
    if fill is None or isinstance(fill, Tuple):
        made = frame.make("zeros", *values, dtype=dtype, spelled="np.zeros")
    else:
        number = frame.read(fill)
        if number.type.rank:
            frame.refuse("np.pad with several numbers", "give one: constant_values=c")
        made = frame.make("full", number, *values, dtype=dtype, spelled="np.full")
    target = Term(frame, made)
    if isinstance(fill, Tuple):
        for axis, (first, last) in enumerate(_pairs(frame, fill, array.rank, 0)):
            inside = items[axis]
            target[along(array.rank, axis, slice(None, inside.start), WHOLE)] = first
            target[along(array.rank, axis, slice(inside.stop, None), WHOLE)] = last
    target[tuple(items)] = array
    return target


def _pairs(
    frame: Frame, obj: Obj | None, rank: int, default: float
) -> list[tuple[Term, Term]]:
    """Return a number before and one after each axis."""
    if obj is None:
        obj = Scalar(frame.constant(default))
    groups = obj.items if isinstance(obj, Tuple) else (obj,)
    if not any(isinstance(item, Tuple) for item in groups):
        groups = (Tuple(groups),)
    found = [
        g.items * 2 if len(g.items) == 1 else g.items
        for g in groups
        if isinstance(g, Tuple)
    ]
    found = found * rank if len(found) == 1 else found
    if len(found) != rank or any(len(pair) != 2 for pair in found):
        frame.refuse("these numbers of np.pad", "give a pair for every axis")
    return [(Term(frame, a), Term(frame, b)) for a, b in found]


def _joined(parts: Sequence[Term], axis: int) -> Term:
    frame = parts[0].frame
    values = [part.value for part in parts]
    return Term(frame, frame.make("concatenate", *values, axis=axis))


# The mode -> which element of an axis of length n stands at a place.
MODES: Mapping[object, Callable[[Term, Term], Term]] = {
    "edge": lambda place, n: place.call("clip", 0, n - 1),
    "wrap": lambda place, n: place % n,
    "reflect": lambda place, n: _mirrored(place, 2 * n - 2, 0),
    "symmetric": lambda place, n: _mirrored(place, 2 * n, 1),
}


def _mirrored(place: Term, period: Term, less: int) -> Term:
    """Return places that go up and down again, again and again."""
    there = place % period.call("maximum", 1)
    return there.call("minimum", period - less - there)


# How much of a period the first element's mirror image is before it.
LESS: Mapping[object, int] = {"reflect": 0, "symmetric": 1}


def _turned(x: Term, axis: int, place: Term, n: Term, less: int) -> Term:
    """Return a line reflected at its ends, up and down: what goes up goes on."""
    period = (2 * n - (2 - 2 * less)).call("maximum", 1)
    there, spread = place % period, along(x.rank, axis, WHOLE, None)
    index = there.call("minimum", period - less - there).call("clip", 0, n - 1)
    found = x[along(x.rank, axis, index, WHOLE)]
    first, last = (
        x[along(x.rank, axis, part, WHOLE)] for part in (slice(0, 1), slice(-1, None))
    )
    back = (there >= n)[spread]
    found = back.where(2 * last - found, found)
    turns = (place // period).cast(x.value.type.dtype)[spread]
    return found + 2 * turns * (last - first)


def _repeated(name: str) -> Margin:
    """Return a margin in which a summary of each line stands."""

    def margin(x: Term, axis: int, width: Width, end: Term, after: bool) -> Term:
        line = x.call(name, axis=axis, keepdims=True)
        return line.call("broadcast_to", _lengths(x, axis, width))

    return margin


def _ramp(x: Term, axis: int, width: Width, end: Term, after: bool) -> Term:
    """Return the way from a number at the outside to the edge, or back."""
    edge = x[along(x.rank, axis, slice(-1, None) if after else slice(0, 1), WHOLE)]
    count = _number(x.frame, width)
    steps = counted(x.frame, count)
    steps = (steps[::-1] if after else steps) / count
    ramp = end + (edge - end) * steps[along(x.rank, axis, WHOLE, None)]
    return ramp.cast(x.value.type.dtype)


def _lengths(x: Term, axis: int, width: Width) -> tuple[Term, ...]:
    found = [x.length(k) for k in range(x.rank)]
    found[axis] = _number(x.frame, width)
    return tuple(found)


def _number(frame: Frame, width: Width) -> Term:
    if isinstance(width, Term):
        return width
    return Term(frame, Scalar(frame.constant(width)))


# The mode -> what stands beyond an end of an axis.
MARGINS: Mapping[object, Margin] = {
    "linear_ramp": _ramp,
    "mean": _repeated("mean"),
    "maximum": _repeated("max"),
    "minimum": _repeated("min"),
    "median": _repeated("median"),
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
