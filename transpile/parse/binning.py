"""Sorting numbers into bins: ``np.searchsorted``, ``np.digitize``, ``np.histogram``."""

from __future__ import annotations

from ..graph.dtypes import floating
from ..graph.ir import Gather, Value
from .arrays import as_value, known_flag, require_array
from .frame import Frame
from .indexing import Brackets
from .libraries import Arguments, library
from .objects import NONE, Obj, Tuple
from .writes import accumulate


def _places(frame: Frame, edges: Value, x: Value, right: bool) -> Value:
    side = "right" if right else "left"
    return frame.emit("searchsorted", edges, x, side=side)


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
    """``np.histogram(x, bins, weights=...)`` with bins of one width over all of x."""
    x, bins, weights = args.take(frame, "a bins? weights?")
    assert x is not None
    values = _flat(frame, x)
    count = frame.constant(10) if bins is None else frame.read(bins)
    if count.type.rank or not count.type.is_integer:
        frame.refuse(
            "np.histogram with given edges", "use np.searchsorted and np.add.at"
        )
    edges = _edges(frame, values, count)
    place = frame.emit(
        "minimum", _places(frame, edges, values, True), count, spelled="np.minimum"
    )
    place = frame.emit("subtract", place, frame.constant(1), spelled="-")
    weighted = weights is not None and weights != NONE
    amount = _flat(frame, weights) if weighted and weights else frame.constant(1)
    dtype = amount.type.dtype if amount.type.rank else "int64"
    made = frame.make("zeros", count, dtype=dtype, spelled="np.zeros")
    total = require_array(frame, made)
    accumulate(frame, total, Brackets((Gather(0),), (place,)), amount, "np.add.at")
    return Tuple((total, frame.fresh(edges)))


def _flat(frame: Frame, obj: Obj) -> Value:
    array = require_array(frame, obj)
    if array.type.rank != 1:
        frame.refuse("np.histogram of a matrix", "write x.ravel()")
    return frame.read(array)


def _edges(frame: Frame, x: Value, count: Value) -> Value:
    """Return the edges of bins from the least to the greatest number.

    Where all numbers are the same, NumPy's bins have a half to both sides of them.
    """
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
