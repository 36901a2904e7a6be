"""Reductions and scans, with their axes written out."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..graph.ir import Item, Span, Value
from ..graph.ops import OPS, SCANS
from .arrays import (
    as_array,
    as_value,
    axes_of,
    dtype_of,
    known_flag,
    known_integer,
    one_axis,
)
from .elementwise import into
from .frame import Frame
from .indexing import Brackets, get
from .libraries import FUNCTIONS, PRIVATE, Arguments, library
from .objects import NONE, Array, Obj

COUNTING = ("argmax", "argmin")


def _reduction(op: str, frame: Frame, args: Arguments) -> Obj:
    words = "a axis? dtype? out? keepdims?"
    if op in ("var", "std"):
        words += " ddof?"
    if op in ("max", "min", "any", "all"):
        words = "a axis? out? keepdims?"
    if op in (*COUNTING, "count_nonzero"):
        words = "a axis? keepdims?"
    taken = args.take(frame, words)
    given = dict(zip(words.replace("?", "").split(), taken, strict=True))
    x = given["a"]
    assert x is not None
    value = as_value(frame, x)
    dtype = given.get("dtype")
    if dtype is not None and dtype != NONE:
        wanted = dtype_of(frame, dtype)
        assert wanted is not None
        if value.type.dtype != wanted:
            value = frame.emit("cast", value, dtype=wanted)
    attrs = _attributes(frame, op, value, given)
    made = frame.make(op, value, **attrs, spelled=args.spelled)
    return into(frame, made, given.get("out"))


def _attributes(
    frame: Frame, op: str, value: Value, given: dict[str, Obj | None]
) -> dict[str, Any]:
    axis, keep = given.get("axis"), given.get("keepdims")
    attrs: dict[str, Any] = {
        "axis": axes_of(frame, NONE if axis is None else axis, value.type.rank),
        "keepdims": keep is not None and known_flag(frame, keep, "keepdims"),
    }
    ddof = given.get("ddof")
    if op in ("var", "std"):
        attrs["ddof"] = (
            0 if ddof is None else known_integer(frame, frame.read(ddof), "ddof")
        )
    return attrs


for _op in OPS.values():
    if _op.category == "reduction" and _op.name not in SCANS:
        for _name in _op.numpy:
            library(_name)(partial(_reduction, _op.name))


def _scan(op: str, frame: Frame, args: Arguments) -> Obj:
    x, axis, out = args.take(frame, "a axis? out?")
    assert x is not None
    value = as_value(frame, x)
    rank = value.type.rank
    if axis is None or axis == NONE:
        if rank != 1:
            frame.refuse(f"np.{op} without axis=", "name the axis: axis=0")
        place = 0
    else:
        place = one_axis(frame, axis, rank)
    return into(frame, frame.make(op, value, axis=place, spelled=args.spelled), out)


for _scanned in SCANS:
    FUNCTIONS[f"numpy.{_scanned}"] = partial(_scan, _scanned)


@library("scipy.special.logsumexp")
def logsumexp(frame: Frame, args: Arguments) -> Obj:
    """``logsumexp(x, axis, keepdims)``."""
    return _logsumexp(frame, args, "a")


def _logsumexp(frame: Frame, args: Arguments, first: str) -> Obj:
    x, axis, keep = args.take(frame, f"{first} axis? keepdims?")
    assert x is not None
    value = as_value(frame, x)
    given = {"axis": axis, "keepdims": keep}
    attrs = _attributes(frame, "logsumexp", value, given)
    return frame.make("logsumexp", value, **attrs)


PRIVATE["logsumexp"] = partial(_logsumexp, first="x")


@library("scipy.special.softmax")
def softmax(frame: Frame, args: Arguments) -> Obj:
    """``softmax(x, axis)``: exp(x - max x) over its sum."""
    x, axis = args.take(frame, "x axis?")
    assert x is not None
    value = as_value(frame, x)
    axes = axes_of(frame, NONE if axis is None else axis, value.type.rank)
    top = frame.emit("max", value, axis=axes, keepdims=True)
    shifted = frame.emit("subtract", value, top, spelled="-")
    powers = frame.emit("exp", shifted)
    total = frame.emit("sum", powers, axis=axes, keepdims=True)
    return frame.make("divide", powers, total, spelled="/")


@library("np.ptp")
def ptp(frame: Frame, args: Arguments) -> Obj:
    """``np.ptp(x, axis)``: max - min."""
    x, axis = args.take(frame, "a axis?")
    assert x is not None
    value = as_value(frame, x)
    axes = axes_of(frame, NONE if axis is None else axis, value.type.rank)
    ends = [frame.emit(op, value, axis=axes, keepdims=False) for op in ("max", "min")]
    return frame.make("subtract", *ends, spelled="-")


@library("np.average")
def average(frame: Frame, args: Arguments) -> Obj:
    """``np.average(x, axis, weights)``."""
    x, axis, weights = args.take(frame, "a axis? weights?")
    assert x is not None
    value = as_value(frame, x)
    axes = axes_of(frame, NONE if axis is None else axis, value.type.rank)
    if weights is None or weights == NONE:
        return frame.make("mean", value, axis=axes, keepdims=False, spelled="np.mean")
    w = as_value(frame, weights)
    if w.type.rank != value.type.rank:
        frame.refuse("weights of another shape", "broadcast them: w[:, None]")
    product = frame.emit("multiply", value, w, spelled="*")
    sums = [
        frame.emit("sum", v, axis=axes, keepdims=False, spelled="np.sum")
        for v in (product, w)
    ]
    return frame.make("divide", *sums, spelled="/")


@library("np.diff")
def diff(frame: Frame, args: Arguments) -> Obj:
    """``np.diff(x, axis=...)``: x[1:] - x[:-1]."""
    x, times, axis = args.take(frame, "a n? axis?")
    assert x is not None
    found = as_array(frame, x)
    count = 1 if times is None else known_integer(frame, frame.read(times), "n")
    for _ in range(count):
        found = _difference(frame, found, axis)
    return found


def _difference(frame: Frame, obj: Obj, axis: Obj | None) -> Obj:
    if not isinstance(obj, Array):
        frame.refuse("np.diff of a number")
    rank = obj.type.rank
    place = rank - 1 if axis is None else one_axis(frame, axis, rank)
    one, minus = frame.constant(1), frame.constant(-1)
    upper = _cut(frame, obj, place, Span(lower=0), one)
    lower = _cut(frame, obj, place, Span(upper=0), minus)
    return frame.make("subtract", frame.read(upper), frame.read(lower), spelled="-")


def _cut(frame: Frame, array: Array, axis: int, span: Item, bound: Value) -> Obj:
    items: list[Item] = [Span() for _ in array.type.shape]
    items[axis] = span
    return get(frame, array, Brackets(tuple(items), (bound,)))
