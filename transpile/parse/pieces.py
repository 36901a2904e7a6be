"""Functions of NumPy that cut arrays, put pieces together, and choose among them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from .arrays import as_array, known_integer, one_axis
from .elementwise import into
from .frame import Frame
from .insertions import with_several, without
from .libraries import Arguments, call_library, library, method
from .objects import NONE, Dim, Obj, Scalar, Tuple
from .picking import within
from .routines import run
from .terms import Term, along

WHOLE = slice(None)


def _term(frame: Frame, obj: Obj) -> Term:
    return Term(frame, as_array(frame, obj))


def _is_given(obj: Obj | None) -> bool:
    return obj is not None and obj != NONE


def _flat_or_axis(frame: Frame, obj: Obj | None, axis: Obj | None) -> tuple[Term, int]:
    """Return an array and an axis; without one the array is made flat."""
    assert obj is not None
    x = _term(frame, obj)
    if axis is not None and axis != NONE:
        return x, one_axis(frame, axis, x.rank)
    return (x if x.rank == 1 else x.call("ravel")), 0


def _cut(x: Term, axis: int, start: object, stop: object) -> Term:
    return x[along(x.rank, axis, slice(start, stop), WHOLE)]


# ---- apart ----

AXES = {"numpy.vsplit": 0, "numpy.hsplit": 1, "numpy.dsplit": 2}


@library("np.split", "np.array_split", "np.vsplit", "np.hsplit", "np.dsplit")
def split(frame: Frame, args: Arguments) -> Obj:
    """``np.split(x, 3)`` or ``np.split(x, [2, 5])``: a tuple of parts."""
    ary, into, given = args.take(frame, "ary indices_or_sections axis?")
    assert ary is not None and into is not None
    x = _term(frame, ary)
    axis = AXES.get(args.name, 0)
    if args.name == "numpy.hsplit" and x.rank == 1:
        axis = 0
    if _is_given(given):
        assert given is not None
        axis = one_axis(frame, given, x.rank)
    if isinstance(into, Tuple):
        ends = [Term(frame, item) for item in into.items]
        starts: list[object] = [None, *ends]
        pairs = zip(starts, [*ends, None], strict=True)
        return Tuple(tuple(_cut(x, axis, a, b).obj for a, b in pairs))
    count = known_integer(frame, frame.read(into), "the number of parts")
    if count < 1:
        frame.refuse("a number of parts less than one", "write 1 or more")
    return _sections(frame, x, axis, count, args.name == "numpy.array_split")


def _sections(frame: Frame, x: Term, axis: int, count: int, uneven: bool) -> Obj:
    """Return so many parts; the first ones are longer by one if they must be."""
    length = x.length(axis)
    size = length.call("floor_divide", count)
    rest = length - size * count
    if not uneven:
        message = "array split does not result in an equal division"
        frame.check(rest.call("equal", 0).value, "ValueError", message)
    parts, start = [], Term(frame, Scalar(frame.constant(0)))
    for k in range(count):
        stop = start + size
        if uneven:
            stop = stop + rest.call("greater", k).where(1, 0)
        parts.append(_cut(x, axis, start, stop).obj)
        start = stop
    return Tuple(tuple(parts))


# ---- together ----


@library("np.append")
def append(frame: Frame, args: Arguments) -> Obj:
    """``np.append(x, y, axis)``: a new array with both."""
    arr, values, axis = args.take(frame, "arr values axis?")
    x, place = _flat_or_axis(frame, arr, axis)
    y, _ = _flat_or_axis(frame, _as_vector(frame, values), axis)
    return _joined(x, [y], place)


def _as_vector(frame: Frame, obj: Obj | None) -> Obj | None:
    return Tuple((obj,)) if isinstance(obj, Scalar) else obj


def _joined(x: Term, others: Sequence[Term], axis: int) -> Obj:
    parts = Tuple(tuple(part.obj for part in (x, *others)))
    place = Scalar(x.frame.constant(axis))
    return call_library(x.frame, "numpy.concatenate", [parts, place], {})


@library("np.atleast_3d")
def atleast_3d(frame: Frame, args: Arguments) -> Obj:
    """``np.atleast_3d(x)``: the axes of a matrix come first."""
    (arys,) = args.take(frame, "arys")
    assert arys is not None
    x = _term(frame, arys)
    return _third(x if x.rank else x.call("ravel")).obj


@library("np.rollaxis")
def rollaxis(frame: Frame, args: Arguments) -> Obj:
    """``np.rollaxis(x, axis, start)``: an axis before another."""
    a, axis, start = args.take(frame, "a axis start?")
    assert a is not None and axis is not None
    x = _term(frame, a)
    here, there = one_axis(frame, axis, x.rank), 0
    if _is_given(start):
        assert start is not None
        there = one_axis(frame, start, x.rank + 1)
        stop = known_integer(frame, frame.read(start), "start=")
        there -= stop < 0
    axes = [k for k in range(x.rank) if k != here]
    axes.insert(there - (here < there), here)
    return x.call("transpose", tuple(axes)).obj


@library("np.dstack")
def dstack(frame: Frame, args: Arguments) -> Obj:
    """``np.dstack((x, y))``: side by side along a third axis."""
    (arrays,) = args.take(frame, "tup")
    if not isinstance(arrays, Tuple):
        frame.refuse("np.dstack of something that is not a tuple", "write a tuple")
    first, *others = (_third(_term(frame, item)) for item in arrays.items)
    return _joined(first, others, 2)


def _third(x: Term) -> Term:
    if x.rank == 1:
        return x[None, :, None]
    return x[:, :, None] if x.rank == 2 else x


@library("np.delete")
def delete(frame: Frame, args: Arguments) -> Obj:
    """``np.delete(x, k, axis)``: without one element, row or column, or several."""
    arr, obj, axis = args.take(frame, "arr obj axis?")
    x, place = _flat_or_axis(frame, arr, axis)
    if obj is not None and not isinstance(obj, (Scalar, Dim)):
        return without(x, place, obj)
    k = _position(frame, x, place, obj, "np.delete", 1)
    return _joined(_cut(x, place, None, k), [_cut(x, place, k + 1, None)], place)


@library("np.insert")
def insert(frame: Frame, args: Arguments) -> Obj:
    """``np.insert(x, k, value, axis)``: with one element, row or column more.

    Or several: before as many positions, or before one in a vector.
    """
    arr, obj, values, axis = args.take(frame, "arr obj values axis?")
    assert values is not None
    x, place = _flat_or_axis(frame, arr, axis)
    if obj is not None and not isinstance(obj, (Scalar, Dim)):
        return with_several(x, place, obj, values)
    k = _position(frame, x, place, obj, "np.insert", 0)
    value = Term(
        frame, values if isinstance(values, Scalar) else as_array(frame, values)
    )
    value = value.cast(x.value.type.dtype)
    if x.rank == value.rank == 1:
        return _joined(_cut(x, place, None, k), [value, _cut(x, place, k, None)], 0)
    if value.rank not in (0, x.rank - 1):
        frame.refuse("np.insert of several rows", "use np.concatenate")
    if value.rank:
        value = value[along(x.rank, place, None, WHOLE)]
    lengths = tuple(
        Term(frame, Scalar(frame.constant(1))) if axis == place else x.length(axis)
        for axis in range(x.rank)
    )
    row = value.call("broadcast_to", lengths)
    return _joined(_cut(x, place, None, k), [row, _cut(x, place, k, None)], place)


def _position(
    frame: Frame, x: Term, axis: int, obj: Obj | None, what: str, before: int
) -> Term | int:
    """Return a position along an axis, at least so much ``before`` its end."""
    assert obj is not None
    length, k = x.length(axis), Term(frame, obj)
    message = f"{what} at a position that is not there"
    number = frame.context.number(frame.read(obj))
    if isinstance(number, int) and number >= 0:
        if number + before:
            there = length >= number + before
            frame.check(there.value, "IndexError", message)
        return number
    k = length + k if isinstance(number, int) else (k < 0).where(k + length, k)
    frame.check((k >= 0).value, "IndexError", message)
    if number is None:
        frame.check((k <= length - before).value, "IndexError", message)
    return k


@library("np.rot90")
def rot90(frame: Frame, args: Arguments) -> Obj:
    """``np.rot90(x, k)``: quarter turns from the first axis to the second."""
    m, times, axes = args.take(frame, "m k? axes?")
    assert m is not None
    x = _term(frame, m)
    first, second = 0, 1
    if isinstance(axes, Tuple):
        first, second = (one_axis(frame, item, x.rank) for item in axes.items)
    by = (
        1 if times is None else known_integer(frame, frame.read(times), "k of np.rot90")
    )
    if by % 4 == 0:
        return x[along(x.rank, 0, WHOLE, WHOLE)].obj
    if by % 4 == 2:
        return x.call("flip", first).call("flip", second).obj
    if by % 4 == 1:
        return x.call("flip", second).call("swapaxes", first, second).obj
    return x.call("swapaxes", first, second).call("flip", second).obj


# ---- choices ----


@method("compress")
def compress_method(frame: Frame, args: Arguments) -> Obj:
    """``x.compress(mask, axis)``."""
    x, condition, axis = args.take(frame, "a condition axis?")
    return _compressed(frame, condition, x, axis)


@library("np.compress")
def compress(frame: Frame, args: Arguments) -> Obj:
    """``np.compress(mask, x, axis)``."""
    condition, x, axis = args.take(frame, "condition a axis?")
    return _compressed(frame, condition, x, axis)


@library("np.extract")
def extract(frame: Frame, args: Arguments) -> Obj:
    """``np.extract(mask, x)``."""
    condition, x = args.take(frame, "condition arr")
    return _compressed(frame, condition, x, None)


def _compressed(
    frame: Frame, condition: Obj | None, arr: Obj | None, axis: Obj | None
) -> Obj:
    assert condition is not None
    x, place = _flat_or_axis(frame, arr, axis)
    mask = _term(frame, condition)
    if mask.rank > 1:
        mask = mask.call("ravel")
    if mask.value.type.dtype != "bool":
        mask = mask.call("not_equal", 0)
    first = x.call("swapaxes", 0, place) if place else x
    extents = (t.value.type.shape[0] for t in (mask, first))
    if not frame.context.proves_equal(*extents):  # what is beyond the mask is left out
        first = first[: mask.length()]
    found = first[mask]
    return (found.call("swapaxes", 0, place) if place else found).obj


@library("np.choose")
def choose(frame: Frame, args: Arguments) -> Obj:
    """``np.choose(i, (x, y), mode=...)``: nested ``np.where``."""
    index, choices, out, mode = args.take(frame, "a choices out? mode?")
    assert index is not None
    if not isinstance(choices, Tuple) or not choices.items:
        frame.refuse("np.choose of something that is not a list", "write a list")
    which = Term(frame, index if isinstance(index, Scalar) else as_array(frame, index))
    which = within(which, len(choices.items), mode, args.spelled)
    terms = [Term(frame, as_array(frame, item)) for item in choices.items]
    numbered = list(enumerate(terms))[:-1]
    chosen = reduce(
        lambda found, pair: which.call("equal", pair[0]).where(pair[1], found),
        reversed(numbered),
        terms[-1],
    )
    return into(frame, chosen.obj, out)


# ---- spaced points ----


@library("np.logspace")
def logspace(frame: Frame, args: Arguments) -> Obj:
    """``np.logspace(a, b, n, base=10)``: a power of the base at even steps."""
    start, stop, number, endpoint, base = args.take(
        frame, "start stop num? endpoint? base?"
    )
    given = {"num": number, "endpoint": endpoint}
    named = {k: Term(frame, v) for k, v in given.items() if v is not None}
    assert start is not None and stop is not None
    points = Term(frame, start).call("linspace", Term(frame, stop), **named)
    ground = Scalar(frame.constant(10.0)) if base is None else base
    return Term(frame, ground).call("power", points).obj


@library("np.geomspace")
def geomspace(frame: Frame, args: Arguments) -> Obj:
    """``np.geomspace(a, b, n)`` of positive numbers."""
    start, stop, number, endpoint = args.take(frame, "start stop num? endpoint?")
    given = {"num": number, "endpoint": endpoint}
    named = {k: Term(frame, v) for k, v in given.items() if v is not None}
    assert start is not None and stop is not None
    first, last = Term(frame, start), Term(frame, stop)
    positive = (first.call("greater", 0)).call("logical_and", last.call("greater", 0))
    frame.check(positive.value, "ValueError", "geomspace between numbers not positive")
    return first.call("log").call("linspace", last.call("log"), **named).call("exp").obj


# ---- counts ----

BINCOUNT = '''\
import numpy as np


def {name}(x, weights, minlength):
    """np.bincount(x, weights, minlength)."""
    length = minlength
    for i in range(len(x)):
        length = max(length, x[i] + 1)
    total = np.zeros(length)
    for i in range(len(x)):
        total[x[i]] += weights[i]
    return total
'''


@library("np.bincount")
def bincount(frame: Frame, args: Arguments) -> Obj:
    """``np.bincount(x, weights, minlength)``: sums of weights by number."""
    x, weights, least = args.take(frame, "x weights? minlength?")
    assert x is not None
    places = _term(frame, x)
    given = Scalar(frame.constant(0)) if least is None else least
    if weights is None or weights == NONE:
        ones = places.call("ones_like", dtype="float64")
        counts = Term(
            frame, run(frame, BINCOUNT, "bincount", [places.obj, ones.obj, given])
        )
        return frame.make("cast", counts.value, dtype="int64")
    values = _term(frame, weights)
    same = values.length().call("equal", places.length())
    message = "The weights and list don't have the same length."
    frame.check(same.value, "ValueError", message)
    return run(frame, BINCOUNT, "bincount", [places.obj, values.obj, given])


@library("np.correlate")
def correlate(frame: Frame, args: Arguments) -> Obj:
    """``np.correlate(x, w, mode)``: the convolution with w backwards."""
    a, v, mode = args.take(frame, "a v mode?")
    assert a is not None and v is not None
    x, w = _term(frame, a), _term(frame, v)
    shorter = w.length() <= x.length()
    message = "np.correlate with a second array longer than the first"
    frame.check(shorter.value, "ValueError", message)
    turned = w[::-1]
    if w.value.type.is_complex:
        turned = turned.call("conj")
    kind = Term(frame, mode) if mode is not None else "valid"
    return x.call("convolve", turned, mode=kind).obj
