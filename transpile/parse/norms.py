"""Norms of vectors and matrices.

At zero, and where several elements or sums are largest, the norms have kinks: the
derivative there is that of the square root of a sum of squares, of the absolute value
and of the maximum.
"""

from __future__ import annotations

from typing import Any

from ..graph.dtypes import floating
from ..graph.ir import Value
from .arrays import as_value, axes_of, known_flag, one_axis
from .factors import matrix
from .frame import Frame
from .libraries import Arguments, library
from .objects import NONE, Obj, Tuple
from .terms import Term

Axes = tuple[int, ...]
INFINITE = float("inf")


@library("np.linalg.norm")
def norm(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.norm(x, ord, axis, keepdims)``."""
    x, order, axis, keep = args.take(frame, "x ord? axis? keepdims?")
    assert x is not None
    value, kind, keepdims = as_value(frame, x), _order(frame, order), _flag(frame, keep)
    if axis is None or axis == NONE:
        axes = tuple(range(value.type.rank))
        if kind is not None and len(axes) not in (1, 2):
            frame.refuse(f"a norm of an array with {len(axes)} axes", "name the axis")
    else:
        axes = _in_order(frame, axis, value.type.rank)
    if kind is None:
        return _root_of_squares(frame, value, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(frame, value, kind, axes, keepdims)
    return _vector_norm(frame, value, kind, axes, keepdims)


@library("np.linalg.vector_norm")
def vector_norm(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.vector_norm(x, axis=..., keepdims=..., ord=...)``."""
    x, axis, keep, order = args.take(frame, "x axis? keepdims? ord?")
    assert x is not None
    value = as_value(frame, x)
    kind = 2 if order is None else _order(frame, order)
    axes = axes_of(frame, NONE if axis is None else axis, value.type.rank)
    return _vector_norm(frame, value, kind, axes, _flag(frame, keep))


@library("np.linalg.matrix_norm")
def matrix_norm(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.matrix_norm(x, keepdims=..., ord=...)``, of the last two axes."""
    x, keep, order = args.take(frame, "x keepdims? ord?")
    assert x is not None
    value = as_value(frame, x)
    rank = value.type.rank
    if rank < 2:
        frame.refuse("the matrix norm of something that is not a matrix")
    kind = "fro" if order is None else _order(frame, order)
    return _matrix_norm(frame, value, kind, (rank - 2, rank - 1), _flag(frame, keep))


def _flag(frame: Frame, keep: Obj | None) -> bool:
    return keep is not None and known_flag(frame, keep, "keepdims")


def _in_order(frame: Frame, axis: Obj, rank: int) -> Axes:
    """Return one axis, or rows and columns as they are named."""
    items = axis.items if isinstance(axis, Tuple) else (axis,)
    axes = tuple(one_axis(frame, item, rank) for item in items)
    if len(set(axes)) < len(axes) or len(axes) not in (1, 2):
        frame.refuse("a norm along these axes", "name one or two different ones")
    return axes


def _root_of_squares(frame: Frame, value: Value, axes: Axes, keep: bool) -> Obj:
    if value.type.is_complex:
        value = frame.emit("absolute", value, spelled="np.abs")
    squares = frame.emit("multiply", value, value, spelled="*")
    attrs = {"axis": tuple(sorted(axes)), "keepdims": keep, "spelled": "np.sum"}
    return frame.make("sqrt", frame.emit("sum", squares, **attrs), spelled="np.sqrt")


def _vector_norm(
    frame: Frame, value: Value, kind: object, axes: Axes, keep: bool
) -> Obj:
    if kind == 2:
        return _root_of_squares(frame, value, axes, keep)
    return _other_norm(frame, value, kind, axes, keep)


def _matrix_norm(
    frame: Frame, value: Value, kind: object, axes: Axes, keep: bool
) -> Obj:
    if kind in (None, "fro"):
        return _root_of_squares(frame, value, axes, keep)
    if kind in (2, -2, "nuc"):
        return _of_singular_values(frame, value, kind, axes, keep)
    if kind not in (1, -1, INFINITE, -INFINITE):
        frame.refuse(f"a matrix norm of order {kind}", "NumPy has none")
    assert isinstance(kind, (int, float))
    return _of_sums(frame, value, kind, axes, keep)


def _of_sums(frame: Frame, value: Value, kind: float, axes: Axes, keep: bool) -> Obj:
    """Return the largest (smallest) sum of sizes over columns or rows."""
    along, across = axes if abs(kind) == 1 else axes[::-1]
    sizes = frame.emit("absolute", value, spelled="np.abs")
    sums = frame.emit("sum", sizes, axis=(along,), keepdims=True, spelled="np.sum")
    op = "max" if kind > 0 else "min"
    both = (across,) if keep else tuple(sorted(axes))
    return frame.make(op, sums, axis=both, keepdims=keep, spelled=f"np.{op}")


def _of_singular_values(
    frame: Frame, value: Value, kind: object, axes: Axes, keep: bool
) -> Obj:
    """Return the largest or the smallest singular value, or the sum of all."""
    x = Term(frame, frame.fresh(matrix(frame, frame.fresh(value))))
    rest = [k for k in range(x.rank) if k not in axes]
    order = (*rest, *axes)
    s = _transposed(x, order).call("linalg.svdvals")
    if kind == "nuc":
        found = s.call("sum", axis=-1, keepdims=True)
    else:
        found = s[..., :1] if kind == 2 else s[..., -1:]
    if not keep:
        return found[..., 0].call("copy").obj if rest else found[0].obj
    back = tuple(order.index(k) for k in range(x.rank))
    return _transposed(found[..., None], back).call("copy").obj


def _transposed(x: Term, order: Axes) -> Term:
    return x if list(order) == sorted(order) else x.call("transpose", order)


def _other_norm(
    frame: Frame, value: Value, kind: object, axes: Axes, keep: bool
) -> Obj:
    attrs: dict[str, Any] = {"axis": axes, "keepdims": keep, "spelled": "np.sum"}
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
    if kind > 1:  # zero has the derivative zero, as under the square root
        whole = Term(frame, frame.fresh(total))
        none = whole.call("equal", 0)
        safe = none.where(1.0, whole).value
        made = Term(frame, frame.make("power", safe, root, spelled="**"))
        return none.where(0.0, made).obj
    return frame.make("power", total, root, spelled="**")


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
