"""Reductions and scans, with their axes written out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..graph.ir import Value
from ..graph.ops import OPS, SCANS
from .arrays import (
    as_array,
    as_value,
    axes_of,
    dtype_of,
    known_flag,
    known_integer,
    shape_of,
)
from .elementwise import into
from .formulas import weighted_logsumexp
from .frame import Frame
from .libraries import PRIVATE, Arguments, library
from .moments import MOMENTS, Masked
from .objects import NONE, Obj
from .terms import Term

# The arguments of each reduction, as NumPy orders them.
WORDS: Mapping[str, str] = {
    **dict.fromkeys(("sum", "prod"), "a axis? dtype? out? keepdims? initial? where?"),
    **dict.fromkeys(("max", "min"), "a axis? out? keepdims? initial? where?"),
    **dict.fromkeys(("any", "all"), "a axis? out? keepdims? where?"),
    "mean": "a axis? dtype? out? keepdims? where?",
    **dict.fromkeys(
        ("var", "std"),
        "a axis? dtype? out? ddof? keepdims? where? mean? correction?",
    ),
    **dict.fromkeys(("argmax", "argmin"), "a axis? out? keepdims?"),
    "count_nonzero": "a axis? keepdims?",
}
Given = dict[str, Obj | None]


def given_to(frame: Frame, op: str, args: Arguments) -> Given:
    """Return the arguments of a call by their names; None for those left out."""
    words = WORDS[op]
    taken = args.take(frame, words)
    given = dict(zip(words.replace("?", "").split(), taken, strict=True))
    if is_given(given.get("correction")):
        if is_given(given["ddof"]):
            frame.refuse("both ddof= and correction=", "they mean the same: give one")
        given["ddof"] = given["correction"]
    where = given.get("where")
    if where is not None and frame.context.number(as_value(frame, where)) is True:
        given["where"] = None
    return given


def is_given(obj: Obj | None) -> bool:
    """Whether an argument is there, and not None."""
    return obj is not None and obj != NONE


def _reduction(op: str, frame: Frame, args: Arguments) -> Obj:
    given = given_to(frame, op, args)
    return into(frame, reduced(frame, op, given, args.spelled), given.get("out"))


def reduced(frame: Frame, op: str, given: Given, spelled: str) -> Obj:
    """Return what a reduction makes of an array, or of the part under a mask."""
    given = {**given, "a": converted(frame, given)}
    if op in MOMENTS and (is_given(given.get("where")) or is_given(given.get("mean"))):
        return _moment(frame, op, given)
    value = _chosen(frame, op, given)
    attrs = attributes_of(frame, op, value, given)
    if op in COMBINED and not attrs["axis"]:
        made = frame.make("copy", value) if value.type.rank else frame.fresh(value)
    else:
        made = frame.make(op, value, **attrs, spelled=spelled)
    initial = given.get("initial")
    if not is_given(initial) or initial is None:
        return made
    combine, symbol = COMBINED[op]
    return frame.make(combine, frame.read(made), frame.read(initial), spelled=symbol)


def _moment(frame: Frame, op: str, given: Given) -> Obj:
    x, where, mean = given["a"], given.get("where"), given.get("mean")
    assert x is not None
    attrs = attributes_of(frame, op, frame.read(x), given)
    mask = centre = None
    if where is not None:
        lengths = Term(frame, shape_of(frame, x))
        mask = Term(frame, as_array(frame, where)).call("broadcast_to", lengths)
    if mean is not None and mean != NONE:
        centre = Term(frame, mean)
    masked = Masked(Term(frame, x), mask, attrs["axis"], attrs["keepdims"])
    return MOMENTS[op](masked, centre, attrs.get("ddof", 0)).obj


COMBINED = {
    "sum": ("add", "+"),
    "prod": ("multiply", "*"),
    "max": ("maximum", "np.maximum"),
    "min": ("minimum", "np.minimum"),
}
NEUTRAL: Mapping[str, int | bool] = {"sum": 0, "prod": 1, "any": False, "all": True}


def converted(frame: Frame, given: Given) -> Obj:
    """Return the array in the dtype that is asked for."""
    x, dtype = given["a"], given.get("dtype")
    assert x is not None
    value = as_value(frame, x)
    if dtype is None or dtype == NONE:
        return as_array(frame, x)
    wanted = dtype_of(frame, dtype)
    assert wanted is not None
    if value.type.dtype == wanted:
        return as_array(frame, x)
    return frame.make("cast", value, dtype=wanted, spelled=".astype")


def _chosen(frame: Frame, op: str, given: Given) -> Value:
    """Return the array, with a neutral number where the mask does not hold."""
    x, where, initial = given["a"], given.get("where"), given.get("initial")
    assert x is not None
    value = frame.read(x)
    if where is None:
        return value
    if op in NEUTRAL:
        other = frame.constant(NEUTRAL[op])
    elif initial is not None and initial != NONE:
        other = frame.read(initial)
    else:
        frame.refuse(f"np.{op} with where= alone", "give initial= as well")
    mask = as_value(frame, where)
    return frame.emit("where", mask, value, other, spelled="np.where")


def attributes_of(
    frame: Frame, op: str, value: Value, given: Mapping[str, Obj | None]
) -> dict[str, Any]:
    """Return the axes of a reduction, whether they are kept, and ``ddof``."""
    axis, keep = given.get("axis"), given.get("keepdims")
    attrs: dict[str, Any] = {
        "axis": axes_of(frame, NONE if axis is None else axis, value.type.rank),
        "keepdims": keep is not None and known_flag(frame, keep, "keepdims"),
    }
    ddof = given.get("ddof")
    if op in ("var", "std"):
        attrs["ddof"] = (
            known_integer(frame, frame.read(ddof), "ddof") if ddof is not None else 0
        )
    return attrs


for _op in OPS.values():
    if _op.category == "reduction" and _op.name not in SCANS:
        for _name in _op.numpy:
            library(_name)(partial(_reduction, _op.name))


@library("scipy.special.logsumexp")
def logsumexp(frame: Frame, args: Arguments) -> Obj:
    """``logsumexp(a, axis, b, keepdims)``: log(sum(b * exp(a)))."""
    x, axis, b, keep = args.take(frame, "a axis? b? keepdims?")
    assert x is not None
    if b is None or b == NONE:
        return _logsumexp(frame, x, axis, keep)
    return weighted_logsumexp(frame, x, b, axis or NONE, keep)


def _private(frame: Frame, args: Arguments) -> Obj:
    x, axis, keep = args.take(frame, "x axis? keepdims?")
    assert x is not None
    return _logsumexp(frame, x, axis, keep)


def _logsumexp(frame: Frame, x: Obj, axis: Obj | None, keep: Obj | None) -> Obj:
    value = as_value(frame, x)
    given = {"axis": axis, "keepdims": keep}
    attrs = attributes_of(frame, "logsumexp", value, given)
    return frame.make("logsumexp", value, **attrs)


PRIVATE["logsumexp"] = _private


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
