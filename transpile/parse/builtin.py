"""Python's own functions of numbers, lists and arrays."""

from __future__ import annotations

from functools import partial, reduce

from .arrays import as_array, as_value
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library, method
from .lists import count_of
from .objects import NONE, Array, Dim, Listed, Named, Obj, Scalar, Span, Tuple
from .tests import truth_of


@library("builtins.float")
def float_(frame: Frame, args: Arguments) -> Obj:
    """``float(x)``: a Python number."""
    (x,) = args.take(frame, "x")
    assert x is not None
    text = getattr(x, "value", None)
    if isinstance(text, str):
        return Scalar(frame.constant(_number(frame, text), f"float({text!r})"))
    return _python_number(frame, x, "weak_float", "float")


def _number(frame: Frame, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        frame.refuse(f"float({text!r})")


@library("builtins.int")
def int_(frame: Frame, args: Arguments) -> Obj:
    """``int(x)``: cut off towards zero."""
    (x,) = args.take(frame, "x")
    assert x is not None
    return _python_number(frame, x, "weak_int", "int")


@library("builtins.bool")
def bool_(frame: Frame, args: Arguments) -> Obj:
    """``bool(x)``."""
    (x,) = args.take(frame, "x")
    assert x is not None
    return Scalar(truth_of(frame, x))


def _python_number(frame: Frame, x: Obj, dtype: str, spelled: str) -> Obj:
    value = frame.read(x)
    if value.type.rank:
        frame.refuse(f"{spelled}() of an array", "take one element first")
    if value.type.dtype == dtype:
        return Scalar(value)
    return frame.make("cast", value, dtype=dtype, spelled=spelled)


@method("item")
def item(frame: Frame, args: Arguments) -> Obj:
    """``x.item()`` of a number."""
    (x,) = args.take(frame, "x")
    assert x is not None
    kind = frame.read(x).type
    dtype = "weak_complex" if kind.is_complex else "weak_int"
    dtype = "weak_float" if kind.is_float else dtype
    return _python_number(frame, x, dtype, ".item")


@library("builtins.abs")
def abs_(frame: Frame, args: Arguments) -> Obj:
    """``abs(x)``."""
    (x,) = args.take(frame, "x")
    assert x is not None
    return frame.make("absolute", as_value(frame, x), spelled="abs")


def _extreme(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return Python's ``max`` and ``min``: of numbers, or of one array."""
    word = "max" if op == "maximum" else "min"
    if args.keywords:
        frame.refuse(f"keywords of {word}")
    items = [
        as_array(frame, x) if isinstance(x, Listed) else x for x in args.positional
    ]
    if len(items) == 1 and isinstance(items[0], Tuple):
        items = list(items[0].items)
    if len(items) == 1 and isinstance(items[0], Array):
        value = frame.read(items[0])
        if value.type.rank == 1:
            return frame.make(word, value, axis=(0,), keepdims=False, spelled=word)
    values = [frame.read(obj) for obj in items]
    if any(v.type.rank for v in values) or not values:
        frame.refuse(f"{word} of arrays", f"use np.{op}")
    chosen = reduce(lambda x, y: frame.emit(op, x, y, spelled=word), values)
    return Scalar(chosen)


FUNCTIONS["builtins.max"] = partial(_extreme, "maximum")
FUNCTIONS["builtins.min"] = partial(_extreme, "minimum")


@library("builtins.sum")
def sum_(frame: Frame, args: Arguments) -> Obj:
    """``sum(x)`` of a list of numbers, or of an array with one axis."""
    x, start = args.take(frame, "iterable start?")
    if isinstance(x, Listed) and start is None:
        value = as_value(frame, x)
        return frame.make("sum", value, axis=(0,), keepdims=False, spelled="np.sum")
    if isinstance(x, Tuple):
        values = [frame.read(obj) for obj in x.items]
        if start is not None or not values:
            values.insert(0, frame.constant(0) if start is None else frame.read(start))
        total = reduce(lambda a, b: frame.emit("add", a, b, spelled="+"), values)
        return frame.fresh(total)
    if not isinstance(x, Array) or x.type.rank != 1 or start is not None:
        frame.refuse("sum of this", "use np.sum(x, axis=0)")
    return frame.make("sum", frame.read(x), axis=(0,), keepdims=False, spelled="np.sum")


@library("builtins.pow")
def pow_(frame: Frame, args: Arguments) -> Obj:
    """``pow(x, y)``."""
    x, y = args.take(frame, "base exp")
    assert x is not None and y is not None
    return frame.make("power", frame.read(x), frame.read(y), spelled="**")


@library("builtins.len")
def len_(frame: Frame, args: Arguments) -> Obj:
    """``len(x)``."""
    (x,) = args.take(frame, "x")
    if isinstance(x, Tuple):
        return Scalar(frame.constant(len(x.items)))
    if isinstance(x, Named):
        return Scalar(frame.constant(len(x.items)))
    if isinstance(x, Listed):
        return count_of(frame, x)
    if not isinstance(x, Array):
        frame.refuse("len of something that is neither an array nor a tuple")
    return Dim(x, 0)


def _sequence(is_list: bool, frame: Frame, args: Arguments) -> Obj:
    (x,) = args.take(frame, "x")
    if not isinstance(x, Tuple):
        frame.refuse("a list or tuple of an array's elements", "use the array itself")
    return Tuple(x.items, is_list, frame.context.next_serial() if is_list else 0)


FUNCTIONS["builtins.tuple"] = partial(_sequence, False)
FUNCTIONS["builtins.list"] = partial(_sequence, True)


@library("builtins.slice")
def slice_(frame: Frame, args: Arguments) -> Obj:
    """``slice(start, stop, step)``."""
    given = [None if obj == NONE else frame.read(obj) for obj in args.positional]
    if not 1 <= len(given) <= 3 or args.keywords:
        frame.refuse("slice takes one to three bounds")
    if len(given) == 1:
        given.insert(0, None)
    return Span(*given, *[None] * (3 - len(given)))
