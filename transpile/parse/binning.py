"""Sorting numbers into bins: ``np.searchsorted``, ``np.digitize``, ``np.histogram``."""

from __future__ import annotations

from ..graph.dtypes import floating
from ..graph.ir import Gather, Value
from .arrays import as_array, as_value, known_flag, require_array
from .frame import Frame
from .indexing import Brackets
from .libraries import Arguments, library
from .objects import NONE, Obj, Static, Tuple
from .terms import Term, array_of
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
    """``np.searchsorted(edges, x, side)``."""
    edges, x, side = args.take(frame, "a v side?")
    assert edges is not None and x is not None
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
