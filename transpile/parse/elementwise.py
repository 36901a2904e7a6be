"""Elementwise functions, conversions, and Python's own functions of numbers."""

from __future__ import annotations

from functools import partial, reduce

from ..ir import Value
from ..ops import OPS
from .arrays import as_value, dtype_of
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library, method
from .objects import NONE, Array, Dim, Obj, Scalar, Tuple
from .tests import truth_of
from .writes import store

SPECIAL = {"where", "clip", "cast", "nan_to_num"}


def _elementwise(op: str, arity: int, frame: Frame, args: Arguments) -> Obj:
    names = "x1 x2 x3".split()[:arity] if arity > 1 else ["x"]
    *inputs, out, dtype = args.take(frame, " ".join([*names, "out?", "dtype?"]))
    values = [as_value(frame, obj) for obj in inputs if obj is not None]
    if dtype is not None and dtype != NONE:
        wanted = dtype_of(frame, dtype)
        assert wanted is not None
        values = [_converted(frame, v, wanted) for v in values]
    made = frame.make(op, *values, spelled=args.spelled)
    return into(frame, made, out)


def into(frame: Frame, made: Obj, out: Obj | None) -> Obj:
    """Return a result; write it to ``out`` first, if that is given."""
    if isinstance(out, Tuple) and len(out.items) == 1:
        out = out.items[0]
    if out is None or out == NONE:
        return made
    if not isinstance(out, Array):
        frame.refuse("out= of something that is not an array")
    store(frame, out, None, frame.read(made), ":")
    return out


def _converted(frame: Frame, value: Value, dtype: str) -> Value:
    if value.type.dtype == dtype:
        return value
    return frame.emit("cast", value, dtype=dtype)


for _op in OPS.values():
    if _op.category == "elementwise" and _op.name not in SPECIAL:
        for _name in _op.numpy:
            library(_name)(partial(_elementwise, _op.name, _op.arity or 1))

_MATH = """sqrt exp expm1 log2 log10 log1p sin cos tan sinh cosh tanh cbrt exp2
    asin=arcsin acos=arccos atan=arctan asinh=arcsinh acosh=arccosh atanh=arctanh
    fabs=absolute radians=deg2rad degrees=rad2deg isnan isinf isfinite"""
_MATH_TWO = "atan2=arctan2 hypot copysign fmod pow=power"


def _math(op: str, arity: int, frame: Frame, args: Arguments) -> Obj:
    """Return a function of numbers: its result is a Python number."""
    values = [frame.read(obj) for obj in args.positional]
    if len(values) != arity or args.keywords:
        frame.refuse(f"{args.spelled} takes {arity} numbers")
    for value in values:
        if value.type.rank:
            frame.refuse(f"{args.spelled} of an array", f"use np.{op} for arrays")
    return frame.make(op, *values, spelled=args.spelled)


for _arity, _words in ((1, _MATH), (2, _MATH_TWO)):
    for _word in _words.split():
        _python, _, _numpy = _word.partition("=")
        FUNCTIONS[f"math.{_python}"] = partial(_math, _numpy or _python, _arity)


@library("math.log")
def math_log(frame: Frame, args: Arguments) -> Obj:
    """``math.log(x)`` or ``math.log(x, base)``."""
    x, base = args.take(frame, "x base?")
    assert x is not None
    top = frame.emit("log", frame.read(x), spelled="math.log")
    if base is None:
        return Scalar(top)
    bottom = frame.emit("log", frame.read(base), spelled="math.log")
    return frame.make("divide", top, bottom, spelled="/")


def _rounded(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``math.floor`` and its like: a Python integer."""
    (x,) = args.take(frame, "x")
    assert x is not None
    value = frame.read(x)
    if value.type.is_integer:
        return x
    rounded = frame.emit(op, value, spelled=f"np.{op}")
    return frame.make("cast", rounded, dtype="weak_int", spelled="int")


for _name in ("floor", "ceil", "trunc"):
    FUNCTIONS[f"math.{_name}"] = partial(_rounded, _name)


# ---- choices ----


@library("np.where")
def where(frame: Frame, args: Arguments) -> Obj:
    """``np.where(c, x, y)``."""
    condition, x, y = args.take(frame, "condition x? y?")
    if condition is None or x is None or y is None:
        frame.refuse("np.where with one argument", "use the condition itself as a mask")
    values = [as_value(frame, obj) for obj in (condition, x, y)]
    if values[0].type.dtype != "bool":
        zero = frame.constant(0)
        values[0] = frame.emit("not_equal", values[0], zero, spelled="!=")
    return frame.make("where", *values, spelled="np.where")


@library("np.clip")
@method("clip")
def clip(frame: Frame, args: Arguments) -> Obj:
    """``np.clip(x, low, high)``; either bound may be None."""
    x, low, high, out, kw_low, kw_high = args.take(
        frame, "a a_min? a_max? out? min? max?"
    )
    assert x is not None
    value = as_value(frame, x)
    low = kw_low if low is None else low
    high = kw_high if high is None else high
    bounds = [
        None if b is None or b == NONE else as_value(frame, b) for b in (low, high)
    ]
    if bounds[0] is not None and bounds[1] is not None:
        return into(
            frame,
            frame.make("clip", value, bounds[0], bounds[1], spelled=args.spelled),
            out,
        )
    for bound, op in zip(bounds, ("maximum", "minimum"), strict=True):
        if bound is not None:
            value = frame.emit(op, value, bound, spelled=f"np.{op}")
    return into(frame, frame.fresh(value), out)


@library("np.nan_to_num")
def nan_to_num(frame: Frame, args: Arguments) -> Obj:
    """``np.nan_to_num(x)`` with its defaults."""
    (x,) = args.take(frame, "x")
    assert x is not None
    return frame.make("nan_to_num", as_value(frame, x), spelled=args.spelled)


# ---- conversions ----


@method("astype")
def astype(frame: Frame, args: Arguments) -> Obj:
    """``x.astype(dtype)``: always a copy."""
    x, dtype, copy = args.take(frame, "x dtype copy?")
    assert x is not None and dtype is not None
    value = as_value(frame, x)
    wanted = dtype_of(frame, dtype)
    assert wanted is not None
    if value.type.dtype == wanted and value.type.rank:
        return frame.make("copy", value, spelled=".copy")
    return frame.make("cast", value, dtype=wanted, spelled=".astype")


def _scalar_type(dtype: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.float64(x)`` and its like."""
    (x,) = args.take(frame, "x")
    assert x is not None
    return frame.make("cast", as_value(frame, x), dtype=dtype, spelled=args.spelled)


for (
    _dtype
) in "float64 float32 int64 int32 int16 int8 uint64 uint32 uint16 uint8".split():
    FUNCTIONS[f"numpy.{_dtype}"] = partial(_scalar_type, _dtype)
FUNCTIONS["numpy.bool_"] = FUNCTIONS["numpy.bool"] = partial(_scalar_type, "bool")


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
    dtype = "weak_float" if kind.is_float else "weak_int"
    return _python_number(frame, x, dtype, ".item")


# ---- Python's functions ----


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
    items = list(args.positional)
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
    if not isinstance(x, Array):
        frame.refuse("len of something that is neither an array nor a tuple")
    return Dim(x, 0)


def _sequence(is_list: bool, frame: Frame, args: Arguments) -> Obj:
    (x,) = args.take(frame, "x")
    if not isinstance(x, Tuple):
        frame.refuse("a list or tuple of an array's elements", "use the array itself")
    return Tuple(x.items, is_list)


FUNCTIONS["builtins.tuple"] = partial(_sequence, False)
FUNCTIONS["builtins.list"] = partial(_sequence, True)


@library("builtins.print")
def print_(frame: Frame, args: Arguments) -> Obj:
    """``print(...)``: kept in the forward part."""
    frame.refuse(
        "print inside a function that is differentiated",
        "print in the caller, or return the value",
    )


# ---- special functions ----


@library("scipy.special.expit")
def expit(frame: Frame, args: Arguments) -> Obj:
    """``expit(x)``: the sigmoid."""
    (x,) = args.take(frame, "x")
    assert x is not None
    return frame.make("sigmoid", as_value(frame, x))


@library("scipy.special.log_expit")
def log_expit(frame: Frame, args: Arguments) -> Obj:
    """``log_expit(x)``: minus softplus of -x."""
    (x,) = args.take(frame, "x")
    assert x is not None
    inner = frame.emit("negative", as_value(frame, x), spelled="-")
    return frame.make("negative", frame.emit("softplus", inner), spelled="-")


@library("scipy.special.logit")
def logit(frame: Frame, args: Arguments) -> Obj:
    """``logit(p)``: log(p) - log1p(-p)."""
    (x,) = args.take(frame, "x")
    assert x is not None
    p = as_value(frame, x)
    minus = frame.emit("negative", p, spelled="-")
    left, right = frame.emit("log", p), frame.emit("log1p", minus)
    return frame.make("subtract", left, right, spelled="-")
