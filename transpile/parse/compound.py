"""Functions of NumPy that are a few operations each."""

from __future__ import annotations

from ..graph.ir import At, Value
from .arrays import known_integer, require_array
from .elementwise import into
from .frame import Frame
from .indexing import Brackets, get
from .libraries import Arguments, library
from .objects import Array, Obj


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
