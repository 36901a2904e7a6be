"""Sums and products up to each element."""

from __future__ import annotations

from functools import partial

from ..graph.ops import SCANS
from .arrays import known_flag, one_axis
from .elementwise import into
from .frame import Frame
from .libraries import FUNCTIONS, Arguments
from .objects import NONE, Obj
from .reductions import converted
from .shaping import ravel
from .terms import Term


def _scan(op: str, frame: Frame, args: Arguments) -> Obj:
    x, axis, dtype, out = args.take(frame, "a axis? dtype? out?")
    assert x is not None
    return scan(frame, op, x, axis, dtype, out)


def scan(
    frame: Frame,
    op: str,
    x: Obj,
    axis: Obj | None,
    dtype: Obj | None,
    out: Obj | None,
) -> Obj:
    """Return the sums or products up to each element; without an axis, of all."""
    array = converted(frame, {"a": x, "dtype": dtype})
    return into(frame, _scanned(frame, op, array, axis), out)


def _scanned(frame: Frame, op: str, x: Obj, axis: Obj | None) -> Obj:
    if axis is None or axis == NONE:
        x = ravel(frame, Arguments("numpy.ravel", [x], {}, ".ravel"))
    value = frame.read(x)
    place = (
        0 if axis is None or axis == NONE else one_axis(frame, axis, value.type.rank)
    )
    return frame.make(op, value, axis=place, spelled=f"np.{op}")


def _cumulative(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.cumulative_sum(x, axis=0, include_initial=True)`` and its like."""
    x, axis, dtype, out, initial = args.take(
        frame, "x axis? dtype? out? include_initial?"
    )
    assert x is not None
    array = converted(frame, {"a": x, "dtype": dtype})
    rank = frame.read(array).type.rank
    if axis is None and rank != 1:
        frame.refuse(f"{args.spelled} without axis=", "name the axis: axis=0")
    made = _scanned(frame, op, array, axis)
    if initial is not None and known_flag(frame, initial, "include_initial"):
        place = 0 if axis is None else one_axis(frame, axis, rank)
        made = _with_first(Term(frame, made), place, op == "cumprod")
    return into(frame, made, out)


def _with_first(x: Term, axis: int, number: int) -> Obj:
    """Return an array with one number more in front along an axis."""
    frame, dtype = x.frame, x.value.type.dtype
    lengths = [x.length(k).value for k in range(x.rank)]
    lengths[axis] = frame.constant(1)
    kind = "ones" if number else "zeros"
    first = frame.emit(kind, *lengths, dtype=dtype, spelled=f"np.{kind}")
    return frame.make(
        "concatenate", first, x.value, axis=axis, spelled="np.concatenate"
    )


SCANNED = {"cumsum": "sum", "cumprod": "prod"}
for _scan_name in SCANS:
    FUNCTIONS[f"numpy.{_scan_name}"] = partial(_scan, _scan_name)
for _scan_name, _whole_name in SCANNED.items():
    FUNCTIONS[f"numpy.cumulative_{_whole_name}"] = partial(_cumulative, _scan_name)
