"""Functions that make arrays, and functions that join them."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..graph.dtypes import floating, promote, strong
from ..graph.ir import Item, NewAxis, Span, Value
from .arrays import (
    as_array,
    as_value,
    dtype_of,
    known_flag,
    known_integer,
    lengths_of,
    one_axis,
    require_array,
    shape_of,
)
from .frame import Frame
from .indexing import Brackets, get
from .libraries import FUNCTIONS, Arguments, library, method
from .objects import NONE, Array, Listed, Obj, Scalar, Tuple
from .order import in_order
from .shaping import at_least, ravel, reshaped
from .terms import Term, along, counted


def _filled(op: str, frame: Frame, args: Arguments) -> Obj:
    shape, dtype, order = args.take(frame, "shape dtype? order?")
    assert shape is not None
    _c_order(frame, order)
    wanted = dtype_of(frame, NONE if dtype is None else dtype, "float64")
    return frame.make(op, *lengths_of(frame, shape), dtype=wanted, spelled=f"np.{op}")


@library("np.ndarray")
def ndarray(frame: Frame, args: Arguments) -> Obj:
    """``np.ndarray(shape)``: ``np.empty``."""
    return _filled("empty", frame, args)


def _filled_like(op: str, frame: Frame, args: Arguments) -> Obj:
    x, dtype, order, _ = args.take(frame, "a dtype? order? subok?")
    assert x is not None
    like = as_array(frame, x)
    kind = frame.read(like).type
    wanted = dtype_of(frame, NONE if dtype is None else dtype, strong(kind.dtype))
    lengths = [frame.read(d) for d in shape_of(frame, like).items]
    attrs: dict[str, Any] = {"dtype": wanted, "spelled": f"np.{op}_like"}
    if not in_order(frame.context, frame.read(like)):
        attrs["shuffled"] = True
    made = frame.make(op, *lengths, **attrs)
    if isinstance(made, Scalar) and op == "empty":
        frame.refuse("np.empty_like of a number", "write 0.0")
    return made


for _op in ("zeros", "ones", "empty"):
    FUNCTIONS[f"numpy.{_op}"] = partial(_filled, _op)
    FUNCTIONS[f"numpy.{_op}_like"] = partial(_filled_like, _op)


def _c_order(frame: Frame, order: Obj | None) -> None:
    if order is not None and getattr(order, "value", None) not in ("C", "K", "A", "F"):
        frame.refuse("an order= other than 'C'", "leave it out")


@library("np.full")
def full(frame: Frame, args: Arguments) -> Obj:
    """``np.full(shape, value)``."""
    shape, fill, dtype = args.take(frame, "shape fill_value dtype?")
    assert shape is not None and fill is not None
    return _full(frame, lengths_of(frame, shape), fill, dtype, None, "np.full")


@library("np.full_like")
def full_like(frame: Frame, args: Arguments) -> Obj:
    """``np.full_like(x, value)``."""
    x, fill, dtype = args.take(frame, "a fill_value dtype?")
    assert x is not None and fill is not None
    like = as_array(frame, x)
    kind = strong(frame.read(like).type.dtype)
    lengths = [frame.read(d) for d in shape_of(frame, like).items]
    return _full(frame, lengths, fill, dtype, kind, "np.full_like")


def _full(
    frame: Frame,
    lengths: list[Value],
    fill: Obj,
    dtype: Obj | None,
    default: str | None,
    spelled: str,
) -> Obj:
    value = as_value(frame, fill)
    wanted = dtype_of(frame, NONE if dtype is None else dtype, default)
    attrs: dict[str, Any] = {"dtype": wanted or strong(value.type.dtype)}
    if value.type.rank:
        wide = frame.emit("broadcast_to", value, *lengths, spelled="np.broadcast_to")
        if attrs["dtype"] == value.type.dtype:
            return frame.make("copy", wide)
        return frame.make("cast", wide, dtype=attrs["dtype"], spelled=".astype")
    return frame.make("full", value, *lengths, **attrs, spelled=spelled)


@library("np.eye", "np.identity")
def eye(frame: Frame, args: Arguments) -> Obj:
    """``np.eye(n, m, k)``."""
    n, m, k, dtype = args.take(frame, "N M? k? dtype?")
    assert n is not None
    if args.name == "numpy.identity":
        m, k, dtype = None, None, m if dtype is None else dtype
    rows = lengths_of(frame, n)[0]
    columns = rows if m is None or m == NONE else lengths_of(frame, m)[0]
    wanted = dtype_of(frame, NONE if dtype is None else dtype, "float64")
    offset = 0 if k is None else known_integer(frame, frame.read(k), "k of np.eye")
    return frame.make("eye", rows, columns, k=offset, dtype=wanted, spelled="np.eye")


@library("np.arange")
def arange(frame: Frame, args: Arguments) -> Obj:
    """``np.arange(start, stop, step)``."""
    start, stop, step, dtype = args.take(frame, "start stop? step? dtype?")
    assert start is not None
    if stop is None or stop == NONE:
        start, stop = None, start
    values = [
        frame.constant(default) if obj is None else frame.read(obj)
        for obj, default in ((start, 0), (stop, 0), (step, 1))
    ]
    attrs: dict[str, Any] = {"spelled": "np.arange"}
    if dtype is not None and dtype != NONE:
        attrs["dtype"] = dtype_of(frame, dtype)
    return frame.make("arange", *values, **attrs)


@library("np.linspace")
def linspace(frame: Frame, args: Arguments) -> Obj:
    """``np.linspace(start, stop, num)``; arrays of ends give a line for each."""
    start, stop, num, endpoint, retstep, dtype, axis = args.take(
        frame, "start stop num? endpoint? retstep? dtype? axis?"
    )
    assert start is not None and stop is not None
    count = frame.constant(50) if num is None else lengths_of(frame, num)[0]
    closed = endpoint is None or known_flag(frame, endpoint, "endpoint")
    ends = as_value(frame, start), as_value(frame, stop)
    attrs: dict[str, Any] = {"endpoint": closed, "spelled": "np.linspace"}
    wanted = None
    if dtype is not None and dtype != NONE:
        wanted = attrs["dtype"] = dtype_of(frame, dtype)
    if any(end.type.rank for end in ends):
        made = _lines(frame, ends, count, closed, axis).obj
        if wanted is not None:
            value = frame.read(made)
            made = frame.make("cast", value, dtype=wanted, spelled=".astype")
    else:
        made = frame.make("linspace", *ends, count, **attrs)
    if retstep is not None and known_flag(frame, retstep, "retstep"):
        return Tuple((made, _step(frame, ends, count, closed).obj))
    return made


def _step(frame: Frame, ends: tuple[Value, Value], count: Value, closed: bool) -> Term:
    """Return the distance of points between two ends."""
    first, last = (Term(frame, frame.fresh(end)) for end in ends)
    parts = Term(frame, Scalar(count))
    return (last - first) / ((parts - 1).call("maximum", 1) if closed else parts)


def _lines(
    frame: Frame,
    ends: tuple[Value, Value],
    count: Value,
    closed: bool,
    axis: Obj | None,
) -> Term:
    """Return points between arrays of ends, along a new axis."""
    step = _step(frame, ends, count, closed)
    place = 0 if axis is None else one_axis(frame, axis, step.rank + 1)
    wide = along(step.rank + 1, place, None, slice(None))
    number = along(step.rank + 1, place, slice(None), None)
    first = Term(frame, frame.fresh(ends[0]))
    first = first[wide] if first.rank == step.rank else first
    dtype = floating(promote(*(end.type.dtype for end in ends)))
    places = counted(frame, Term(frame, Scalar(count)))[number].cast(dtype)
    return first + step[wide].cast(dtype) * places


# ---- copies ----


@library("np.array", "np.copy")
@method("copy")
def array(frame: Frame, args: Arguments) -> Obj:
    """``np.array(x)``, ``np.copy(x)``, ``x.copy()``: always new memory."""
    if args.name == "numpy.copy":
        x, order = args.take(frame, "a order?")
        dtype = least = None
    else:
        x, dtype, copy, order, least = args.take(frame, "a dtype? copy? order? ndmin?")
        if copy is not None and not known_flag(frame, copy, "copy="):
            frame.refuse("np.array without copying", "use np.asarray")
    assert x is not None
    _c_order(frame, order)
    made = _new_array(frame, x, dtype, args.spelled)
    if least is None:
        return made
    return at_least(frame, made, known_integer(frame, frame.read(least), "ndmin="))


def _new_array(frame: Frame, x: Obj, dtype: Obj | None, spelled: str) -> Obj:
    if isinstance(x, Tuple) and not x.items:
        zero = frame.constant(0)
        wanted = dtype_of(frame, NONE if dtype is None else dtype, "float64")
        return frame.make("zeros", zero, dtype=wanted, spelled="np.zeros")
    made = as_array(frame, x)
    value = frame.read(made)
    wanted = dtype_of(frame, NONE if dtype is None else dtype, None)
    if wanted is not None and wanted != value.type.dtype:
        return frame.make("cast", value, dtype=wanted, spelled=".astype")
    if isinstance(x, Tuple):
        return made
    if not value.type.rank:
        return Scalar(value)
    how = spelled if spelled == "np.copy" or not spelled.startswith("np.") else ".copy"
    kept = spelled != ".copy" and not in_order(frame.context, value)
    return frame.make("copy", value, spelled=how, **{"shuffled": True} if kept else {})


@library("np.asarray", "np.asanyarray", "np.ascontiguousarray")
def asarray(frame: Frame, args: Arguments) -> Obj:
    """``np.asarray(x)``: the array itself, if it is one already."""
    x, dtype = args.take(frame, "a dtype?")
    assert x is not None
    if isinstance(x, Array):
        wanted = dtype_of(frame, NONE if dtype is None else dtype, x.type.dtype)
        strided = args.name.endswith("contiguousarray") and x.type.layout != "C"
        if wanted == x.type.dtype and not strided:
            return x
        if strided:
            frame.refuse(
                "np.ascontiguousarray, which may or may not copy", "write x.copy()"
            )
    return _new_array(frame, x, dtype, args.spelled)


# ---- joining ----


def _parts(frame: Frame, obj: Obj) -> list[Array]:
    if isinstance(obj, Array):
        frame.refuse(
            "an array where a tuple or list of arrays is needed",
            "use x.reshape(...), or write the parts out",
        )
    if not isinstance(obj, Tuple):
        frame.refuse("a tuple or list of arrays is needed")
    return [require_array(frame, item) for item in obj.items]


def _rows_joined(frame: Frame, rows: Listed) -> Obj:
    """Return the items of a list one after the other."""
    whole = require_array(frame, as_array(frame, rows))
    if whole.type.rank < 2:
        frame.refuse("np.concatenate of numbers", "write np.array(...)")
    copied = frame.make("copy", frame.read(whole))
    lengths = frame.context.builder.dims(frame.read(whole))
    first = frame.emit("multiply", *lengths[:2], spelled="*")
    return reshaped(frame, copied, [first, *lengths[2:]], ".reshape")


def _joined(frame: Frame, op: str, arrays: list[Array], axis: int, spelled: str) -> Obj:
    values = [frame.read(a) for a in arrays]
    return frame.make(op, *values, axis=axis, spelled=spelled)


@library("np.concatenate", "np.concat")
def concatenate(frame: Frame, args: Arguments) -> Obj:
    """``np.concatenate((x, y), axis)``."""
    arrays, axis = args.take(frame, "arrays axis?")
    assert arrays is not None
    if isinstance(arrays, Listed) and axis is None:
        return _rows_joined(frame, arrays)
    parts = _parts(frame, arrays)
    if axis == NONE:
        flat = [
            require_array(
                frame, ravel(frame, Arguments("numpy.ravel", [p], {}, "np.ravel"))
            )
            for p in parts
        ]
        return _joined(frame, "concatenate", flat, 0, "np.concatenate")
    place = 0 if axis is None else one_axis(frame, axis, parts[0].type.rank)
    return _joined(frame, "concatenate", parts, place, "np.concatenate")


@library("np.stack")
def stack(frame: Frame, args: Arguments) -> Obj:
    """``np.stack((x, y), axis)``."""
    arrays, axis = args.take(frame, "arrays axis?")
    if isinstance(arrays, Listed) and axis is None:
        return _new_array(frame, arrays, None, args.spelled)
    if not isinstance(arrays, Tuple):
        frame.refuse("np.stack of something that is not a tuple of arrays")
    values = [as_value(frame, item) for item in arrays.items]
    if not values:
        frame.refuse("np.stack of nothing")
    rank = values[0].type.rank + 1
    place = 0 if axis is None else one_axis(frame, axis, rank)
    return frame.make("stack", *values, axis=place, spelled="np.stack")


@library("np.vstack")
def vstack(frame: Frame, args: Arguments) -> Obj:
    """``np.vstack((x, y))``: rows under each other."""
    (arrays,) = args.take(frame, "tup")
    assert arrays is not None
    if isinstance(arrays, Listed):
        if require_array(frame, as_array(frame, arrays)).type.rank == 2:
            return _new_array(frame, arrays, None, args.spelled)
        return _rows_joined(frame, arrays)
    parts = [_with_rank_two(frame, a, 0) for a in _parts(frame, arrays)]
    return _joined(frame, "concatenate", parts, 0, "np.concatenate")


@library("np.hstack")
def hstack(frame: Frame, args: Arguments) -> Obj:
    """``np.hstack((x, y))``: side by side."""
    (arrays,) = args.take(frame, "tup")
    if isinstance(arrays, Tuple) and all(isinstance(i, Scalar) for i in arrays.items):
        return as_array(frame, arrays)
    assert arrays is not None
    items = arrays.items if isinstance(arrays, Tuple) else (arrays,)
    parts = [
        require_array(
            frame, as_array(frame, Tuple((i,)) if isinstance(i, Scalar) else i)
        )
        for i in items
    ]
    axis = 0 if parts[0].type.rank == 1 else 1
    return _joined(frame, "concatenate", parts, axis, "np.concatenate")


@library("np.column_stack")
def column_stack(frame: Frame, args: Arguments) -> Obj:
    """``np.column_stack((x, y))``: vectors become columns."""
    (arrays,) = args.take(frame, "tup")
    assert arrays is not None
    parts = [_with_rank_two(frame, a, 1) for a in _parts(frame, arrays)]
    return _joined(frame, "concatenate", parts, 1, "np.concatenate")


def _with_rank_two(frame: Frame, array: Array, axis: int) -> Array:
    if array.type.rank != 1:
        return array
    placed: list[Item] = [Span()]
    placed.insert(axis, NewAxis())
    return require_array(frame, get(frame, array, Brackets(tuple(placed), ())))
