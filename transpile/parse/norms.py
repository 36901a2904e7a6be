"""Norms of vectors and matrices."""

from __future__ import annotations

from ..graph.dtypes import floating
from ..graph.ir import Value
from .arrays import as_value, axes_of, known_flag, one_axis
from .frame import Frame
from .libraries import Arguments, library
from .objects import NONE, Obj, Tuple


@library("np.linalg.norm")
def norm(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.norm(x, ord, axis, keepdims)``: of vectors, and Frobenius."""
    x, order, axis, keep = args.take(frame, "x ord? axis? keepdims?")
    assert x is not None
    value = as_value(frame, x)
    axes = axes_of(frame, NONE if axis is None else axis, value.type.rank)
    keepdims = keep is not None and known_flag(frame, keep, "keepdims")
    kind = _order(frame, order)
    if kind not in (None, "fro") and len(axes) > 1:
        if isinstance(axis, Tuple):
            axes = tuple(one_axis(frame, item, value.type.rank) for item in axis.items)
        return _matrix_norm(frame, value, kind, axes, keepdims)
    attrs = {"axis": axes, "keepdims": keepdims, "spelled": "np.sum"}
    if kind in (None, 2) or (kind == "fro" and len(axes) > 1):
        if value.type.is_complex:
            value = frame.emit("absolute", value, spelled="np.abs")
        squares = frame.emit("multiply", value, value, spelled="*")
        total = frame.emit("sum", squares, **attrs)
        return frame.make("sqrt", total, spelled="np.sqrt")
    return _other_norm(frame, value, kind, attrs)


def _other_norm(
    frame: Frame, value: Value, kind: object, attrs: dict[str, object]
) -> Obj:
    sizes = frame.emit("absolute", value, spelled="np.abs")
    if kind == 1:
        return frame.make("sum", sizes, **attrs)
    if kind in (float("inf"), -float("inf")):
        op = "max" if kind == float("inf") else "min"
        return frame.make(op, sizes, **{**attrs, "spelled": f"np.{op}"})
    if kind == 0:
        unequal = frame.emit("not_equal", value, frame.constant(0), spelled="!=")
        dtype = floating(value.type.dtype)
        return frame.make("sum", frame.emit("cast", unequal, dtype=dtype), **attrs)
    if not isinstance(kind, (int, float)):
        frame.refuse(f"a norm of order {kind}", "use 1, 2 or np.inf, or write it out")
    power, root = frame.constant(kind), frame.constant(1 / kind)
    total = frame.emit("sum", frame.emit("power", sizes, power, spelled="**"), **attrs)
    return frame.make("power", total, root, spelled="**")


def _matrix_norm(
    frame: Frame, value: Value, kind: object, axes: tuple[int, ...], keepdims: bool
) -> Obj:
    """Return the largest (smallest) sum of sizes over columns or rows."""
    infinite = float("inf")
    if kind not in (1, -1, infinite, -infinite) or len(axes) != 2:
        frame.refuse(
            f"the matrix norm of order {kind}", "name one axis, or write it out"
        )
    assert isinstance(kind, (int, float))
    along, across = axes if abs(kind) == 1 else axes[::-1]
    sizes = frame.emit("absolute", value, spelled="np.abs")
    sums = frame.emit("sum", sizes, axis=(along,), keepdims=True, spelled="np.sum")
    op = "max" if kind > 0 else "min"
    if keepdims:
        return frame.make(op, sums, axis=(across,), keepdims=True, spelled=f"np.{op}")
    both = tuple(sorted(axes))
    return frame.make(op, sums, axis=both, keepdims=False, spelled=f"np.{op}")


def _order(frame: Frame, order: Obj | None) -> object:
    if order is None or order == NONE:
        return None
    text = getattr(order, "value", None)
    if isinstance(text, str):
        return text
    number = frame.context.number(frame.read(order))
    if number is None:
        frame.refuse("the order of a norm must be a number in the source")
    return number
