"""Products, norms and diagonals."""

from __future__ import annotations

from functools import partial

from ..graph.dtypes import floating, promote
from ..graph.ir import Gather, NewAxis, Span, Value
from .arrays import (
    as_value,
    axes_of,
    known_flag,
    known_integer,
    one_axis,
    require_array,
)
from .elementwise import into
from .frame import Frame
from .indexing import Brackets, get
from .libraries import FUNCTIONS, Arguments, library
from .objects import NONE, Obj, Tuple
from .operators import product
from .writes import may_share, store


def _product(frame: Frame, args: Arguments) -> Obj:
    x, y, out = args.take(frame, "a b out?")
    assert x is not None and y is not None
    return into(frame, product(frame, x, y, args.spelled), out)


for _name in ("dot", "matmul"):
    FUNCTIONS[f"numpy.{_name}"] = _product


@library("np.inner")
def inner(frame: Frame, args: Arguments) -> Obj:
    """``np.inner(x, y)`` of vectors."""
    x, y = args.take(frame, "a b")
    assert x is not None and y is not None
    if any(as_value(frame, obj).type.rank > 1 for obj in (x, y)):
        frame.refuse("np.inner of matrices", "write x @ y.T")
    return product(frame, x, y, args.spelled)


@library("np.outer")
def outer(frame: Frame, args: Arguments) -> Obj:
    """``np.outer(x, y)`` of vectors."""
    x, y = args.take(frame, "a b")
    assert x is not None and y is not None
    values = as_value(frame, x), as_value(frame, y)
    return frame.make("outer", *values, spelled="np.outer")


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


def _solver(op: str, words: str, frame: Frame, args: Arguments) -> Obj:
    """Return what LAPACK solves, all operands in one floating dtype."""
    taken = [as_value(frame, obj) for obj in args.take(frame, words) if obj is not None]
    dtype = floating(promote(*(v.type.dtype for v in taken)))
    alike = [
        v if v.type.dtype == dtype else frame.emit("cast", v, dtype=dtype)
        for v in taken
    ]
    return frame.make(op, *alike, spelled=args.spelled)


FUNCTIONS["numpy.linalg.cholesky"] = partial(_solver, "cholesky", "a")
FUNCTIONS["numpy.linalg.solve"] = partial(_solver, "solve", "a b")
FUNCTIONS["numpy.linalg.inv"] = partial(_solver, "inv", "a")
FUNCTIONS["numpy.linalg.det"] = partial(_solver, "det", "a")

# ---- diagonals and triangles ----


@library("np.diag")
def diag(frame: Frame, args: Arguments) -> Obj:
    """``np.diag(x)``: the diagonal of a matrix, or a matrix with a diagonal."""
    x, k = args.take(frame, "v k?")
    assert x is not None
    array = require_array(frame, x)
    offset = 0 if k is None else known_integer(frame, frame.read(k), "k of np.diag")
    if array.type.rank == 2:
        return diagonal_of(frame, array, offset)
    if offset or array.type.rank != 1:
        frame.refuse("np.diag of this with k", "fill np.zeros((n, n)) by index")
    value = frame.read(array)
    n = frame.length_of(value, 0)
    made = require_array(
        frame,
        frame.make("zeros", n, n, dtype=value.type.dtype, spelled="np.zeros"),
    )
    place = _range(frame, n)
    store(frame, made, Brackets((Gather(0), Gather(1)), (place, place)), value)
    return made


@library("np.diagonal")
def diagonal(frame: Frame, args: Arguments) -> Obj:
    """``np.diagonal(A)`` of a matrix."""
    x, k = args.take(frame, "a offset?")
    assert x is not None
    offset = 0 if k is None else known_integer(frame, frame.read(k), "the offset")
    return diagonal_of(frame, x, offset)


def diagonal_of(frame: Frame, obj: Obj, offset: int) -> Obj:
    """Return the diagonal of a square matrix as a new array."""
    array = require_array(frame, obj)
    if array.type.rank != 2 or offset:
        frame.refuse("this diagonal", "index it: A[np.arange(n), np.arange(n) + k]")
    value = frame.read(array)
    rows, columns = (frame.length_of(value, axis) for axis in (0, 1))
    length = rows
    if not frame.context.proves_equal(*array.type.shape):
        length = frame.emit("minimum", rows, columns, spelled="min")
    place = _range(frame, length)
    made = get(frame, array, Brackets((Gather(0), Gather(1)), (place, place)))
    return may_share(frame, made, array)


@library("np.trace")
def trace(frame: Frame, args: Arguments) -> Obj:
    """``np.trace(A)``."""
    (x,) = args.take(frame, "a")
    assert x is not None
    found = diagonal_of(frame, x, 0)
    return frame.make("sum", frame.read(found), axis=(0,), keepdims=False)


def _range(frame: Frame, n: Value) -> Value:
    zero, one = frame.constant(0), frame.constant(1)
    return frame.emit("arange", zero, n, one, spelled="np.arange")


def _triangle(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.tril(A, k)`` or ``np.triu(A, k)``."""
    x, k = args.take(frame, "m k?")
    assert x is not None
    array = require_array(frame, x)
    if array.type.rank != 2:
        frame.refuse("the triangle of something that is not a matrix")
    offset = 0 if k is None else known_integer(frame, frame.read(k), "k")
    value = frame.read(array)
    rows, columns = (
        require_array(frame, frame.fresh(_range(frame, frame.length_of(value, axis))))
        for axis in (0, 1)
    )
    down = get(frame, rows, Brackets((Span(), NewAxis()), ()))
    limit = frame.read(down)
    if offset:
        limit = frame.emit("add", limit, frame.constant(offset), spelled="+")
    inside = frame.emit(op, limit, frame.read(columns))
    zero = frame.constant(0)
    return frame.make("where", inside, value, zero, spelled="np.where")


FUNCTIONS["numpy.tril"] = partial(_triangle, "greater_equal")
FUNCTIONS["numpy.triu"] = partial(_triangle, "less_equal")
