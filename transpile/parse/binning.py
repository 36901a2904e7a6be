"""Sorting numbers into bins: ``np.searchsorted``, ``np.digitize``, ``np.histogram``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from ..graph.dtypes import floating
from ..graph.ir import Gather, Value
from .arrays import as_array, as_value, known_flag, require_array
from .frame import Frame
from .indexing import Brackets
from .libraries import Arguments, library
from .objects import NONE, Obj, Scalar, Static, Tuple
from .terms import Term, along, array_of
from .writes import accumulate


def _places(frame: Frame, edges: Value, x: Value, right: bool) -> Value:
    side = "right" if right else "left"
    return frame.emit("searchsorted", edges, x, side=side)


@library("np.histogram_bin_edges")
def histogram_bin_edges(frame: Frame, args: Arguments) -> Obj:
    """``np.histogram_bin_edges(x, bins, range)``."""
    x, bins, limits = args.take(frame, "a bins? range?")
    assert x is not None
    return frame.fresh(_bins(frame, _flat(frame, x), bins, limits)[0])


@library("np.searchsorted")
def searchsorted(frame: Frame, args: Arguments) -> Obj:
    """``np.searchsorted(edges, x, side, sorter)``."""
    edges, x, side, sorter = args.take(frame, "a v side? sorter?")
    assert edges is not None and x is not None
    if sorter is not None and sorter != NONE:
        order = Term(frame, as_array(frame, sorter))
        edges = Term(frame, require_array(frame, edges))[order].obj
    named = "left" if side is None else getattr(side, "value", None)
    if named not in ("left", "right"):
        frame.refuse("this side of np.searchsorted", 'write "left" or "right"')
    values = as_value(frame, edges), as_value(frame, x)
    return frame.fresh(_places(frame, *values, named == "right"))


@library("np.digitize")
def digitize(frame: Frame, args: Arguments) -> Obj:
    """``np.digitize(x, edges, right)`` for edges that rise."""
    x, edges, right = args.take(frame, "x bins right?")
    assert x is not None and edges is not None
    closed = right is not None and known_flag(frame, right, "right")
    values = as_value(frame, edges), as_value(frame, x)
    return frame.fresh(_places(frame, *values, not closed))


@library("np.histogram")
def histogram(frame: Frame, args: Arguments) -> Obj:
    """``np.histogram(x, bins, range, density, weights)``: sums by bin, and edges."""
    x, bins, limits, density, weights = args.take(
        frame, "a bins? range? density? weights?"
    )
    assert x is not None
    values = _flat(frame, x)
    edges, count = _bins(frame, values, bins, limits)
    place = frame.emit(
        "minimum", _places(frame, edges, values, True), count, spelled="np.minimum"
    )
    place = frame.emit("subtract", place, frame.constant(1), spelled="-")
    weighted = weights is not None and weights != NONE
    amount = _flat(frame, weights) if weighted and weights else frame.constant(1)
    dtype = amount.type.dtype if amount.type.rank else "int64"
    if isinstance(bins, Tuple) or _is_array(frame, bins) or _is_given(limits):
        place, amount = _inside(frame, edges, values, place, amount)
    made = frame.make("zeros", count, dtype=dtype, spelled="np.zeros")
    total = require_array(frame, made)
    accumulate(frame, total, Brackets((Gather(0),), (place,)), amount, "np.add.at")
    if density is None or not known_flag(frame, density, "density="):
        return Tuple((total, frame.fresh(edges)))
    found, ends = Term(frame, total), Term(frame, frame.fresh(edges))
    shares = found / (ends[1:] - ends[:-1]) / found.call("sum")
    return Tuple((shares.obj, ends.obj))


# ---- in several dimensions ----


@library("np.histogram2d")
def histogram2d(frame: Frame, args: Arguments) -> Obj:
    """``np.histogram2d(x, y, bins, range, density, weights)``."""
    x, y, *rest = args.take(frame, "x y bins? range? density? weights?")
    assert x is not None and y is not None
    table, edges = _table(frame, [x, y], rest, args.spelled)
    return Tuple((table, *edges))


@library("np.histogramdd")
def histogramdd(frame: Frame, args: Arguments) -> Obj:
    """``np.histogramdd([x, y, z], bins, range, density, weights)``."""
    given, *rest = args.take(frame, "sample bins? range? density? weights?")
    if not isinstance(given, Tuple) or not given.items:
        frame.refuse("np.histogramdd of an array", "give a list of its columns")
    table, edges = _table(frame, given.items, rest, args.spelled)
    return Tuple((table, Tuple(tuple(edges))))


def _table(
    frame: Frame, columns: Sequence[Obj], rest: Sequence[Obj | None], spelled: str
) -> tuple[Obj, list[Obj]]:
    """Return sums by bins of several columns, and the edges of each."""
    bins, limits, density, weights = rest
    every = _each(frame, bins, len(columns), f"the bins of {spelled}")
    ranges = _each(frame, limits, len(columns), f"the range of {spelled}")
    edges, places, inside = [], [], []
    for column, own, ends in zip(columns, every, ranges, strict=True):
        place, known, within = _place(frame, _flat(frame, column), own, ends)
        places.append(place)
        edges.append(known)
        inside.append(within)
    counts = [known.length() - 1 for known in edges]
    pairs = list(zip(places, counts, strict=True))
    place = reduce(lambda whole, pair: whole * pair[1] + pair[0], pairs[1:], places[0])
    amount = Term(frame, Scalar(frame.constant(1.0)))
    if _is_given(weights):
        assert weights is not None
        amount = Term(frame, frame.fresh(_flat(frame, weights))).cast("float64")
    kept = reduce(Term.__and__, inside)
    amount, place = kept.where(amount, 0.0), kept.where(place, 0)
    size = reduce(Term.__mul__, counts).value
    made = frame.make("zeros", size, dtype="float64", spelled="np.zeros")
    total = require_array(frame, made)
    slots = Brackets((Gather(0),), (place.value,))
    accumulate(frame, total, slots, amount.value, "np.add.at")
    found = Term(frame, total).call("reshape", tuple(counts))
    if density is not None and known_flag(frame, density, "density="):
        whole = found.call("sum")
        for axis, known in enumerate(edges):
            items = along(len(edges), axis, slice(None), None)
            found = found / (known[1:] - known[:-1])[items]
        found = found / whole
    return found.obj, [known.obj for known in edges]


def _each(frame: Frame, obj: Obj | None, count: int, what: str) -> list[Obj | None]:
    """Return what is given for each column: the same for all, or one of a list."""
    if obj is None or obj == NONE or isinstance(obj, Scalar):
        return [obj] * count
    if not isinstance(obj, Tuple) or len(obj.items) != count:
        frame.refuse(what, "give a list with one for each column")
    return list(obj.items)


def _place(
    frame: Frame, x: Value, bins: Obj | None, limits: Obj | None
) -> tuple[Term, Term, Term]:
    """Return in which bin each number is, the edges, and which numbers are in any."""
    known, count = _bins(frame, x, bins, limits)
    ends, values = Term(frame, frame.fresh(known)), Term(frame, frame.fresh(x))
    place = Term(frame, frame.fresh(_places(frame, known, x, True)))
    last = Term(frame, frame.fresh(count))
    place = place.call("minimum", last) - 1
    return place, ends, (values >= ends[0]) & (values <= ends[-1])


# ---- bins ----


def _is_given(obj: Obj | None) -> bool:
    return obj is not None and obj != NONE


def _is_array(frame: Frame, obj: Obj | None) -> bool:
    if isinstance(obj, Static):
        frame.refuse("bins that a rule chooses", "give their number, or their edges")
    return obj is not None and frame.read(obj).type.rank > 0


def _bins(
    frame: Frame, x: Value, bins: Obj | None, limits: Obj | None
) -> tuple[Value, Value]:
    """Return the edges of bins, and how many there are."""
    if isinstance(bins, Tuple) or _is_array(frame, bins):
        assert bins is not None
        given = array_of(frame, bins, "the bins of np.histogram")
        rising = (given[:-1] <= given[1:]).call("all")
        message = "`bins` must increase monotonically, when an array"
        frame.check(rising.value, "ValueError", message)
        return given.value, (given.length() - 1).value
    count = frame.constant(10) if bins is None else frame.read(bins)
    if not count.type.is_integer:
        frame.refuse("bins of np.histogram that are not a number or edges")
    return _edges(frame, x, count, limits), count


def _inside(
    frame: Frame, edges: Value, x: Value, place: Value, amount: Value
) -> tuple[Value, Value]:
    """Return places and amounts, none of what is beyond the edges."""
    ends, values = Term(frame, frame.fresh(edges)), Term(frame, frame.fresh(x))
    within = (values >= ends[0]).call("logical_and", values <= ends[-1])
    kept = within.where(Term(frame, frame.fresh(amount)), 0)
    there = Term(frame, frame.fresh(place)).call("maximum", 0)
    return there.value, kept.value


def _flat(frame: Frame, obj: Obj) -> Value:
    array = Term(frame, as_array(frame, obj))
    return (array if array.rank == 1 else array.call("ravel")).value


def _edges(frame: Frame, x: Value, count: Value, limits: Obj | None) -> Value:
    """Return the edges of bins from the least to the greatest number, or as given.

    Where all numbers are the same, NumPy's bins have a half to both sides of them.
    """
    if _is_given(limits):
        if not isinstance(limits, Tuple) or len(limits.items) != 2:
            frame.refuse("this range= of np.histogram", "give both ends in a tuple")
        ends = [frame.read(item) for item in limits.items]
    else:
        ends = [
            frame.emit(op, x, axis=(0,), keepdims=False, spelled=f"np.{op}")
            for op in ("min", "max")
        ]
    same = frame.emit("equal", *ends, spelled="==")
    half = frame.constant(0.5)
    wider = [
        frame.emit(op, end, half)
        for op, end in zip(("subtract", "add"), ends, strict=True)
    ]
    ends = [
        frame.emit("where", same, w, end) for w, end in zip(wider, ends, strict=True)
    ]
    one_more = frame.emit("add", count, frame.constant(1), spelled="+")
    attrs = {
        "endpoint": True,
        "dtype": floating(x.type.dtype),
        "spelled": "np.linspace",
    }
    return frame.emit("linspace", *ends, one_more, **attrs)
