"""``np.fft``: transforms along one axis, or along several one after another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ..graph import ir
from ..graph.ir import Item, Value
from ..graph.spectra import NORMS
from .arrays import as_array, axes_of, known_integer, one_axis, require_array
from .frame import Frame
from .indexing import Brackets, get
from .libraries import FUNCTIONS, Arguments, library
from .objects import NONE, Array, Obj, Static, Tuple
from .terms import Term

HALF = ("rfft", "irfft")


def _norm(frame: Frame, obj: Obj | None) -> str:
    if obj is None or obj == NONE:
        return "backward"
    found = getattr(obj, "value", None)
    if found not in NORMS:
        frame.refuse("a norm of np.fft that is not known", f"it is one of {NORMS}")
    return str(found)


def transform(
    frame: Frame, op: str, x: Array, axis: int, norm: str, n: Value | None = None
) -> Array:
    """Return the transform of an array along an axis, ``n`` numbers long."""
    value = frame.read(x)
    attrs = {"axis": axis, "norm": norm}
    if op == "irfft":
        if n is None:
            less = frame.emit("subtract", frame.length_of(value, axis), _one(frame))
            n = frame.emit("multiply", frame.constant(2), less)
        half = frame.emit("floor_divide", n, frame.constant(2))
        value = _resized(frame, x, axis, frame.emit("add", half, _one(frame)))
        return require_array(frame, frame.make(op, value, n, **attrs))
    if n is not None:
        value = _resized(frame, x, axis, n)
    return require_array(frame, frame.make(op, value, **attrs))


def _one(frame: Frame) -> Value:
    return frame.constant(1)


def _resized(frame: Frame, x: Array, axis: int, n: Value) -> Value:
    """Return an array cut or padded with zeros to a length along an axis."""
    value = frame.read(x)
    length, wanted = value.type.shape[axis], n.as_linear
    if frame.context.proves_equal(length, wanted):
        return value
    if not frame.context.proves(length - wanted):
        shape = [frame.length_of(value, k) for k in range(value.type.rank)]
        shape[axis] = n
        zeros = frame.emit("zeros", *shape, dtype=value.type.dtype, spelled="np.zeros")
        value = frame.emit("concatenate", value, zeros, axis=axis)
    items: list[Item] = [ir.Span() for _ in range(value.type.rank)]
    items[axis] = ir.Span(upper=0)
    whole = require_array(frame, frame.fresh(value)) if value.buffer != x.root else x
    return frame.read(get(frame, whole, Brackets(tuple(items), (n,))))


def _along_one(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.fft.fft(a, n, axis, norm)`` and its like."""
    x, n, axis, norm = args.take(frame, "a n? axis? norm?")
    assert x is not None
    array = require_array(frame, as_array(frame, x))
    place = array.type.rank - 1
    if axis is not None:
        place = one_axis(frame, axis, array.type.rank)
    length = None if n is None or n == NONE else frame.read(n)
    return transform(frame, op, array, place, _norm(frame, norm), length)


def _along_several(op: str, two: bool, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.fft.fft2(a, axes=..., norm=...)`` and its like."""
    x, s, axes, norm = args.take(frame, "a s? axes? norm?")
    assert x is not None
    array = require_array(frame, as_array(frame, x))
    rank = array.type.rank
    places = list(range(rank))[-2 if two else 0 :]
    if axes is not None and axes != NONE:
        items = axes.items if isinstance(axes, Tuple) else (axes,)
        places = [one_axis(frame, item, rank) for item in items]
    lengths = _lengths(frame, s, len(places))
    if axes is None or axes == NONE:
        places = places[-len(lengths) :]
    scaled = _norm(frame, norm)
    back = op == "irfft"
    others = {"rfft": "fft", "irfft": "ifft"}.get(op, op)
    last = (op, places[-1], lengths[-1])
    ops = [(others, *pair) for pair in zip(places[:-1], lengths[:-1], strict=True)]
    for each, place, n in [*ops, last] if back else [last, *ops[::-1]]:
        array = transform(frame, each, array, place, scaled, n)
    return array


def _lengths(frame: Frame, s: Obj | None, axes: int) -> list[Value | None]:
    """Return the length of the result along each of the axes; None: as it is."""
    if s is None or s == NONE:
        return [None] * axes
    if not isinstance(s, Tuple) or not 0 < len(s.items) <= axes:
        frame.refuse("s= of a transform that is not a tuple", "write (n, m)")
    return [None if item == NONE else frame.read(item) for item in s.items]


SWAPPED = {"backward": "forward", "forward": "backward", "ortho": "ortho"}


def _hermitian(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.fft.hfft(a, n, axis, norm)`` or its inverse."""
    x, n, axis, norm = args.take(frame, "a n? axis? norm?")
    assert x is not None
    term = Term(frame, as_array(frame, x))
    named = {"n": n, "axis": axis, "norm": Static(SWAPPED[_norm(frame, norm)])}
    given = {key: Term(frame, obj) for key, obj in named.items() if obj is not None}
    if op == "irfft":
        return term.call("conjugate").call("fft.irfft", **given).obj
    return term.call("fft.rfft", **given).call("conjugate").obj


FUNCTIONS["numpy.fft.hfft"] = partial(_hermitian, "irfft")
FUNCTIONS["numpy.fft.ihfft"] = partial(_hermitian, "rfft")

for _op in ("fft", "ifft", *HALF):
    FUNCTIONS[f"numpy.fft.{_op}"] = partial(_along_one, _op)
    FUNCTIONS[f"numpy.fft.{_op}2"] = partial(_along_several, _op, True)
    FUNCTIONS[f"numpy.fft.{_op}n"] = partial(_along_several, _op, False)


# ---- frequencies in order ----


def _shifted(up: int, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.fft.fftshift(x, axes)`` or its inverse."""
    x, axes = args.take(frame, "x axes?")
    assert x is not None
    array = require_array(frame, as_array(frame, x))
    rank = array.type.rank
    for axis in axes_of(frame, NONE if axes is None else axes, rank):
        array = _turned(frame, array, axis, up)
    return array


def _turned(frame: Frame, array: Array, axis: int, up: int) -> Array:
    """Return an array cut in half along an axis, its second half first."""
    n = frame.length_of(frame.read(array), axis)
    more = frame.emit("add", n, frame.constant(up)) if up else n
    cut = frame.emit("floor_divide", more, frame.constant(2), spelled="//")
    halves: Sequence[list[Item]] = [[ir.Span()] * array.type.rank for _ in range(2)]
    halves[0][axis], halves[1][axis] = ir.Span(lower=0), ir.Span(upper=0)
    parts = [get(frame, array, Brackets(tuple(items), (cut,))) for items in halves]
    values = [frame.read(part) for part in parts]
    return require_array(frame, frame.make("concatenate", *values, axis=axis))


FUNCTIONS["numpy.fft.fftshift"] = partial(_shifted, 1)
FUNCTIONS["numpy.fft.ifftshift"] = partial(_shifted, 0)


@library("np.fft.fftfreq")
def fftfreq(frame: Frame, args: Arguments) -> Obj:
    """``np.fft.fftfreq(n, d)``: the frequencies from zero up, then negative ones."""
    n, step = _frequencies(frame, args)
    zero, one, two = (frame.constant(k) for k in range(3))
    place = frame.emit("arange", zero, n, one, spelled="np.arange")
    more = frame.emit("add", n, one, spelled="+")
    low = frame.emit("less", place, frame.emit("floor_divide", more, two, spelled="//"))
    high = frame.emit("subtract", place, n, spelled="-")
    turned = frame.emit("where", low, place, high, spelled="np.where")
    return frame.make("multiply", turned, step, spelled="*")


@library("np.fft.rfftfreq")
def rfftfreq(frame: Frame, args: Arguments) -> Obj:
    """``np.fft.rfftfreq(n, d)``: the frequencies from zero up to a half."""
    n, step = _frequencies(frame, args)
    zero, one, two = (frame.constant(k) for k in range(3))
    half = frame.emit("floor_divide", n, two, spelled="//")
    stop = frame.emit("add", half, one, spelled="+")
    place = frame.emit("arange", zero, stop, one, spelled="np.arange")
    return frame.make("multiply", place, step, spelled="*")


def _frequencies(frame: Frame, args: Arguments) -> tuple[Value, Value]:
    """Return the length and the width of one frequency."""
    n, d = args.take(frame, "n d?")
    assert n is not None
    length = frame.read(n)
    if not length.type.is_integer:
        known_integer(frame, length, "the length")
    width: Value = length
    if d is not None:
        width = frame.emit("multiply", length, frame.read(d), spelled="*")
    return length, frame.emit("divide", frame.constant(1.0), width, spelled="/")
