"""Methods of NumPy's ufuncs: ``reduce``, ``accumulate``, ``reduceat``, ...."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

from ..graph.ir import Item, NewAxis, Span
from ..graph.ops import COMPARISONS, OPS
from . import routines
from .arrays import as_array, as_value, one_axis, require_array
from .elementwise import into
from .frame import Frame
from .indexing import Brackets, bracket_objects, get
from .libraries import FUNCTIONS, Arguments, call_library
from .objects import NONE, Array, Obj, Scalar, Tuple
from .reductions import Given, converted, is_given, reduced
from .scans import scan
from .terms import Term
from .writes import store

REDUCTIONS = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
}
SCANS = {"add": "cumsum", "multiply": "cumprod"}
# All ufuncs of one and two operands, by the names of NumPy.
UNARY, BINARY = (
    {
        spelling.removeprefix("np."): op.name
        for op in OPS.values()
        if op.category == "elementwise" and op.arity == arity
        for spelling in op.numpy
        if spelling not in ("np.", "np.nan_to_num", "np.sinc", "np.angle")
    }
    for arity in (1, 2)
)


# ---- reduce ----


def _given(frame: Frame, args: Arguments) -> Given:
    words = "array axis? dtype? out? keepdims? initial? where?"
    names = words.replace("?", "").split()
    given = dict(zip(names, args.take(frame, words), strict=True))
    if given["axis"] is None:
        given["axis"] = Scalar(frame.constant(0))
    where = given["where"]
    if where is not None and frame.context.number(as_value(frame, where)) is True:
        given["where"] = None
    return {"a": given.pop("array"), **given}


def _reduce(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.add.reduce(x, axis=0)`` and its like."""
    given = _given(frame, args)
    return into(frame, reduced(frame, op, given, f"np.{op}"), given["out"])


def _log_sum(base: float, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.logaddexp.reduce(x)``, or that of powers of two."""
    given = _given(frame, args)
    x = Term(frame, converted(frame, given))
    if given["where"] is not None:
        mask = Term(frame, as_array(frame, given["where"]))
        x = mask.where(x, -math.inf)
    scaled = x if base == 1 else x * base
    total = Term(
        frame,
        reduced(
            frame,
            "logsumexp",
            {**given, "a": scaled.obj, "where": None, "initial": None, "dtype": None},
            "",
        ),
    )
    total = total if base == 1 else total / base
    initial = given["initial"]
    if initial is not None and initial != NONE:
        name = "logaddexp" if base == 1 else "logaddexp2"
        total = total.call(name, Term(frame, initial))
    return into(frame, total.obj, given["out"])


def _extreme(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.fmax.reduce(x)`` and its like: as without nan."""
    given = _given(frame, args)
    named = {key: obj for key, obj in given.items() if obj is not None}
    return call_library(frame, f"numpy.nan{op}", [named.pop("a")], named)


def _by_loop(name: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.hypot.reduce(x)`` and its like, one element after another."""
    given = _given(frame, args)
    if is_given(given["where"]) or is_given(given["initial"]):
        frame.refuse(f"initial= and where= of {args.spelled}", "write a loop")
    if given["axis"] == NONE:
        frame.refuse(f"{args.spelled} over several axes", "name one axis")
    x = _ready(name, Term(frame, converted(frame, given)))
    axis = one_axis(frame, given["axis"] or NONE, x.rank)
    first = x if axis == 0 else x.call("moveaxis", axis, 0)
    found = Term(frame, routines.run(frame, routines.REDUCE, name, [first.obj]))
    keep = given["keepdims"]
    if keep is not None and frame.context.number(as_value(frame, keep)):
        found = found.call("expand_dims", axis)
    return into(frame, found.obj, given["out"])


def _exclusive(frame: Frame, args: Arguments) -> Obj:
    """Return ``np.logical_xor.reduce(x)``: whether the count is odd."""
    given = _given(frame, args)
    true = Term(frame, as_array(frame, given["a"] or NONE)).call("not_equal", 0)
    given = {**given, "a": true.obj, "dtype": None, "initial": None}
    count = Term(frame, reduced(frame, "sum", given, "np.sum"))
    return into(frame, (count % 2).call("equal", 1).obj, given["out"])


# ---- accumulate ----


def _ready(name: str, x: Term) -> Term:
    """Return an array in the dtype that the ufunc gives."""
    if OPS[BINARY[name]].result == "bool":
        return x.call("not_equal", 0) if x.value.type.dtype != "bool" else x
    if name == "float_power" and not x.value.type.is_complex:
        return Term(x.frame, x.frame.fresh(x.frame.cast(x.value, "float64")))
    return x


def _accumulate(name: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.add.accumulate(x, axis=0)`` and its like."""
    x, axis, dtype, out = args.take(frame, "array axis? dtype? out?")
    assert x is not None
    axis = Scalar(frame.constant(0)) if axis is None else axis
    if name in SCANS:
        return scan(frame, SCANS[name], x, axis, dtype, out)
    array = _ready(name, Term(frame, converted(frame, {"a": x, "dtype": dtype})))
    place = one_axis(frame, axis, array.rank)
    if place:
        array = array.call("moveaxis", place, 0)
    made = routines.run(frame, routines.ACCUMULATE, name, [array.obj])
    if place:
        made = Term(frame, made).call("moveaxis", 0, place).obj
    return into(frame, made, out)


# ---- reduceat ----


def _reduceat(name: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.add.reduceat(x, starts, axis=0)`` and its like."""
    x, given, axis, dtype, out = args.take(frame, "array indices axis? dtype? out?")
    assert x is not None and given is not None
    array = _ready(name, Term(frame, converted(frame, {"a": x, "dtype": dtype})))
    if array.value.type.is_integer:
        frame.refuse(f"{args.spelled} of integers", "convert them with .astype(float)")
    place = 0 if axis is None else one_axis(frame, axis, array.rank)
    first = array.call("moveaxis", place, 0) if place else array
    starts = Term(frame, as_array(frame, given))
    frame.check((starts >= 0).call("all").value, "IndexError", "index out of bounds")
    by = routines.SEGMENTS if name in REDUCED else routines.SEGMENTS_BY_ELEMENT
    found = Term(frame, routines.run(frame, by, name, [first.obj, starts.obj]))
    return into(frame, (found.call("moveaxis", 0, place) if place else found).obj, out)


# ---- outer ----


def _outer(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.add.outer(x, y)`` and its like."""
    x, y, out, where = args.take(frame, "A B out? where?")
    assert x is not None and y is not None
    left, right = as_array(frame, x), frame.read(as_array(frame, y))
    if isinstance(left, Array) and right.type.rank:
        items: list[Item] = [Span() for _ in left.type.shape]
        items += [NewAxis() for _ in right.type.shape]
        left = get(frame, left, Brackets(tuple(items), ()))
    made = frame.make(op, frame.read(left), right, spelled=f"np.{op}")
    return into(frame, made, out, where)


# ---- at ----


def _at(name: str, frame: Frame, args: Arguments) -> Obj:
    """Return None after ``np.multiply.at(x, indices, values)`` and its like."""
    words = "a indices b" if name in BINARY else "a indices"
    target, index, *values = args.take(frame, words)
    assert target is not None and index is not None
    array = require_array(frame, target)
    value = as_array(frame, values[0] or NONE) if values else None
    parts = index.items if isinstance(index, Tuple) and not index.is_list else (index,)
    brackets = bracket_objects(frame, array.type, parts)
    if brackets.basic or _is_mask(frame, index):  # no index comes twice
        found = [get(frame, array, brackets)]
        found += [] if value is None else [value]
        made = call_library(frame, f"numpy.{name}", found, {})
        store(frame, array, brackets, frame.read(made))
        return NONE
    if len(parts) > 1:
        frame.refuse(f"{args.spelled} at several indices", "write a loop over them")
    places = Term(frame, as_array(frame, index))
    if places.rank != 1:
        frame.refuse(f"{args.spelled} at indices in a matrix", "write a loop over them")
    if value is None:
        return routines.run(frame, routines.AT_EACH, name, [array, places.obj])
    many = frame.read(value).type.rank > array.type.rank - 1
    template = routines.AT_WITH_MANY if many else routines.AT_WITH_ONE
    if many:
        n, length = Term(frame, value).length(), places.length()
        if not frame.context.proves_equal(n.value.as_linear, length.value.as_linear):
            same = n.call("equal", length)
            frame.check(same.value, "ValueError", "as many values as indices")
    return routines.run(frame, template, name, [array, places.obj, value])


def _is_mask(frame: Frame, index: Obj) -> bool:
    return not isinstance(index, Tuple) and as_value(frame, index).type.dtype == "bool"


# ---- the table ----

REDUCED: Mapping[str, Callable[[Frame, Arguments], Obj]] = {
    **{name: partial(_reduce, op) for name, op in REDUCTIONS.items()},
    "logaddexp": partial(_log_sum, 1.0),
    "logaddexp2": partial(_log_sum, math.log(2.0)),
    "logical_xor": _exclusive,
    "fmax": partial(_extreme, "max"),
    "fmin": partial(_extreme, "min"),
}
# Not all: NumPy 2.4's np.power.reduce skips elements of vectors.
LOOPS = "subtract divide true_divide floor_divide remainder mod fmod hypot float_power"
for _name, _reduced in REDUCED.items():
    FUNCTIONS[f"numpy.{_name}.reduce"] = _reduced
for _name in LOOPS.split():
    FUNCTIONS[f"numpy.{_name}.reduce"] = partial(_by_loop, _name)
for _name, _op in BINARY.items():
    _dotted = f"numpy.{_name}"
    if _op not in COMPARISONS:
        FUNCTIONS[f"{_dotted}.accumulate"] = partial(_accumulate, _name)
        if _op not in ("power", "arctan2"):  # NumPy skips elements
            FUNCTIONS[f"{_dotted}.reduceat"] = partial(_reduceat, _name)
    FUNCTIONS[f"{_dotted}.outer"] = partial(_outer, _op)
for _name in (*UNARY, *BINARY):
    FUNCTIONS.setdefault(f"numpy.{_name}.at", partial(_at, _name))
