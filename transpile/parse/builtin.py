"""Python's own functions of numbers, lists and arrays."""

from __future__ import annotations

from functools import partial, reduce

from ..graph.ir import Value
from .arrays import as_array, as_value
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, call_library, library, method
from .lists import count_of
from .objects import (
    NONE,
    Array,
    Dim,
    Library,
    Listed,
    Named,
    Obj,
    Scalar,
    Span,
    Static,
    Tuple,
)
from .terms import Term
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
    """``x.item()`` of a number; ``x.item(k)`` and ``x.item(i, j)``: of an element."""
    x, *index = args.positional
    if index:
        found = Term(frame, as_array(frame, x))
        found = found.call("ravel") if len(index) == 1 and found.rank > 1 else found
        x = found[tuple(Term(frame, k) for k in index)].obj
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
    """``sum(x, start)`` of a list of numbers, or over the first axis of an array."""
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
    if not isinstance(x, Array):
        frame.refuse("sum of this", "use np.sum(x, axis=0)")
    whole = frame.read(x)
    total = frame.emit("sum", whole, axis=(0,), keepdims=False, spelled="np.sum")
    if start is None:
        return frame.fresh(total)
    return frame.make("add", total, frame.read(start), spelled="+")


def _truths(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``any(x)`` or ``all(x)``: of an array with one axis, or of a list."""
    (x,) = args.take(frame, "iterable")
    if isinstance(x, Tuple):
        word = "or" if op == "any" else "and"
        truths = [truth_of(frame, item) for item in x.items]
        if not truths:
            return Scalar(frame.constant(op == "all"))
        combine = partial(_combined, frame, f"logical_{word}", word)
        return Scalar(reduce(combine, truths))
    value = as_value(frame, x) if isinstance(x, (Array, Listed)) else None
    if value is None or value.type.rank != 1:
        frame.refuse(f"{op} of this", f"use np.{op}(x)")
    if value.type.dtype != "bool":
        value = frame.emit("not_equal", value, frame.constant(0), spelled="!=")
    return frame.make(op, value, axis=(0,), keepdims=False, spelled=f"np.{op}")


def _combined(frame: Frame, op: str, word: str, x: Value, y: Value) -> Value:
    return frame.emit(op, x, y, spelled=word)


FUNCTIONS["builtins.any"] = partial(_truths, "any")
FUNCTIONS["builtins.all"] = partial(_truths, "all")


@library("builtins.round")
def round_(frame: Frame, args: Arguments) -> Obj:
    """``round(x)``: a Python integer; ``round(x, 2)``: a number."""
    x, digits = args.take(frame, "number ndigits?")
    assert x is not None
    value = frame.read(x)
    if value.type.rank:
        frame.refuse("round of an array", "use np.round(x)")
    if value.type.is_integer:
        return x
    if digits is not None and digits != NONE:
        return call_library(frame, "numpy.round", [x, digits], {})
    rounded = frame.emit("rint", value, spelled="np.rint")
    return frame.make("cast", rounded, dtype="weak_int", spelled="int")


@library("builtins.divmod")
def divmod_(frame: Frame, args: Arguments) -> Obj:
    """``divmod(x, y)``: quotient and remainder."""
    x, y = args.take(frame, "x y")
    assert x is not None and y is not None
    values = frame.read(x), frame.read(y)
    quotient = frame.make("floor_divide", *values, spelled="//")
    return Tuple((quotient, frame.make("remainder", *values, spelled="%")))


@library("builtins.isinstance")
def isinstance_(frame: Frame, args: Arguments) -> Obj:
    """``isinstance(x, kind)``, as far as types say it."""
    x, kinds = args.take(frame, "object classinfo")
    assert x is not None and kinds is not None
    group = kinds.items if isinstance(kinds, Tuple) else (kinds,)
    names = {k.dotted.partition(".")[2] for k in group if isinstance(k, Library)}
    possible: tuple[set[str], ...]
    if isinstance(x, Static):
        possible = ({type(x.value).__name__},)
    elif isinstance(x, Tuple):
        possible = ({"list" if x.is_list else "tuple"},)
    elif isinstance(x, Array):
        possible = ({"ndarray"},)
    else:
        possible = KINDS.get(frame.read(x).type.dtype, ())
    found = {bool(names & kinds) for kinds in possible}
    if len(found) != 1 or len(names) < len(group) or not names <= CLASSES:
        frame.refuse("isinstance of these", "decide it in the caller, with a flag")
    return Scalar(frame.constant(found.pop()))


CLASSES = {"ndarray", "tuple", "list", "str", "int", "float", "integer", "floating"}
# The dtype of a number -> the classes that it has, as Python's own and as NumPy's.
KINDS: dict[str, tuple[set[str], ...]] = {
    "weak_float": ({"float"},),
    "weak_int": ({"int"},),
    "float64": ({"float"}, {"float", "floating"}),
    "float32": ({"floating"},),
    "int64": ({"int"}, {"integer"}),
}


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
