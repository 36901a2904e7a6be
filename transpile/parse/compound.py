"""Functions of NumPy that are a few operations each."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.ir import At, Item, NewAxis, Span, Value
from .arrays import known_integer, require_array
from .elementwise import into
from .frame import Frame
from .indexing import Brackets, get
from .libraries import Arguments, library
from .objects import Array, Obj, Tuple
from .objects import Span as Slice
from .writes import store


@library("np.cross")
def cross(frame: Frame, args: Arguments) -> Obj:
    """``np.cross(x, y)`` of two vectors with three components."""
    x, y = args.take(frame, "a b")
    assert x is not None and y is not None
    u, v = (_components(frame, require_array(frame, obj)) for obj in (x, y))
    parts = [
        frame.emit("subtract", *products, spelled="-")
        for products in (
            (_times(frame, u[i], v[j]), _times(frame, u[j], v[i]))
            for i, j in ((1, 2), (2, 0), (0, 1))
        )
    ]
    return frame.make("stack", *parts, axis=0, spelled="np.array")


def _times(frame: Frame, x: Value, y: Value) -> Value:
    return frame.emit("multiply", x, y, spelled="*")


def _components(frame: Frame, array: Array) -> list[Value]:
    if array.type.rank != 1:
        frame.refuse("np.cross of matrices", "write the three components out")
    value = frame.read(array)
    length = frame.length_of(value, 0)
    three = frame.emit("equal", length, frame.constant(3))
    frame.check(three, "ValueError", "np.cross needs three components")
    slots = [frame.constant(k) for k in range(3)]
    return [
        frame.read(get(frame, array, Brackets((At(0),), (slot,)))) for slot in slots
    ]


@library("np.meshgrid")
def meshgrid(frame: Frame, args: Arguments) -> Obj:
    """``np.meshgrid(x, y, indexing=...)`` of two vectors."""
    how = getattr(args.keywords.get("indexing"), "value", "xy")
    if set(args.keywords) - {"indexing"} or len(args.positional) != 2:
        frame.refuse("this form of np.meshgrid", "use broadcasting: x[:, None]")
    x, y = (require_array(frame, obj) for obj in args.positional)
    if x.type.rank != 1 or y.type.rank != 1:
        frame.refuse("np.meshgrid of matrices", "use broadcasting: x[:, None]")
    lengths = [frame.length_of(frame.read(array), 0) for array in (x, y)]
    if how == "xy":
        lengths.reverse()
    first = _grid(frame, x, lengths, 1 if how == "xy" else 0)
    return Tuple((first, _grid(frame, y, lengths, 0 if how == "xy" else 1)))


def _grid(frame: Frame, array: Array, lengths: Sequence[Value], axis: int) -> Obj:
    items: list[Item] = [NewAxis(), NewAxis()]
    items[axis] = Span()
    spread = frame.read(get(frame, array, Brackets(tuple(items), ())))
    dtype = array.type.dtype
    grid = require_array(
        frame, frame.make("empty", *lengths, dtype=dtype, spelled="np.empty")
    )
    store(frame, grid, None, spread, ":")
    return grid


def mgrid(frame: Frame, spans: Sequence[Obj]) -> Obj:
    """Return ``np.mgrid[a:b, c:d]``: the numbers of two ranges as grids."""
    if len(spans) != 2:
        frame.refuse("np.mgrid of other than two slices", "use np.meshgrid")
    ranges = [require_array(frame, _range(frame, span)) for span in spans]
    lengths = [frame.length_of(frame.read(array), 0) for array in ranges]
    grids = (_grid(frame, array, lengths, k) for k, array in enumerate(ranges))
    return Tuple(tuple(grids), True)


def _range(frame: Frame, span: Obj) -> Obj:
    """Return the numbers of a slice of ``np.mgrid``."""
    if not isinstance(span, Slice) or span.upper is None:
        frame.refuse("np.mgrid of this", "give slices with ends: np.mgrid[0:m, 0:n]")
    start = frame.constant(0) if span.lower is None else span.lower
    step = frame.constant(1) if span.step is None else span.step
    return frame.make("arange", start, span.upper, step, spelled="np.arange")


@library("np.round", "np.around")
def rounded(frame: Frame, args: Arguments) -> Obj:
    """``np.round(x, decimals)``, computed as NumPy does."""
    x, decimals, out = args.take(frame, "a decimals? out?")
    assert x is not None
    return into(frame, _rounded(frame, x, decimals), out)


def _rounded(frame: Frame, x: Obj, decimals: Obj | None) -> Obj:
    value, places = frame.read(x), 0
    if decimals is not None:
        places = known_integer(frame, frame.read(decimals), "decimals=")
    if value.type.is_integer and places >= 0:
        return frame.make("positive", value, spelled="+")
    if places == 0 or value.type.is_integer:
        return frame.make("rint", value, spelled="np.rint")
    power = frame.constant(10.0 ** abs(places))
    there, back = ("*", "/") if places > 0 else ("/", "*")
    names = {"*": "multiply", "/": "divide"}
    scaled = frame.emit(names[there], value, power, spelled=there)
    whole = frame.emit("rint", scaled, spelled="np.rint")
    return frame.make(names[back], whole, power, spelled=back)
