"""Elementwise functions, conversions, and Python's own functions of numbers."""

from __future__ import annotations

from functools import partial

from ..graph.ir import Value
from ..graph.ops import OPS, SPECIAL
from .arrays import as_value, dtype_of, known_flag
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, call_library, library, method
from .objects import NONE, Array, Obj, Scalar, Tuple
from .order import in_order
from .writes import store

APART = {"where", "clip", "cast", "nan_to_num", "conjugate", "angle", "ldexp"}


def _elementwise(op: str, arity: int, frame: Frame, args: Arguments) -> Obj:
    names = "x1 x2 x3".split()[:arity] if arity > 1 else ["x"]
    words = " ".join([*names, "out?", "where?", "dtype?"])
    *inputs, out, where, dtype = args.take(frame, words)
    values = [as_value(frame, obj) for obj in inputs if obj is not None]
    if dtype is not None and dtype != NONE:
        wanted = dtype_of(frame, dtype)
        assert wanted is not None
        values = [_converted(frame, v, wanted) for v in values]
    if where is not None and op in LIMITED:
        mask = as_value(frame, where)
        values = [_within_domain(frame, mask, v) for v in values]
    made = frame.make(op, *values, spelled=args.spelled)
    return into(frame, made, out, where)


# Operations that are not defined everywhere: what ``where=`` leaves out they never see.
LIMITED = frozenset(
    """arccos arccosh arcsin arctanh divide fmod log log10 log1p log2 power reciprocal
    remainder sqrt""".split()
)


def _within_domain(frame: Frame, mask: Value, value: Value) -> Value:
    if not value.type.is_float:
        return value
    safe = frame.constant(0.5)
    return frame.emit("where", mask, value, safe, spelled="np.where")


def into(frame: Frame, made: Obj, out: Obj | None, where: Obj | None = None) -> Obj:
    """Return a result; write it to ``out`` first, if that is given.

    Where the mask ``where`` does not hold, ``out`` stays as it is.
    """
    if isinstance(out, Tuple) and len(out.items) == 1:
        out = out.items[0]
    if out is None or out == NONE:
        if where is not None:
            frame.refuse("where= without out=", "write np.where(c, f(x), 0.0)")
        return made
    if not isinstance(out, Array):
        frame.refuse("out= of something that is not an array")
    value = frame.read(made)
    if where is not None:
        parts = as_value(frame, where), value, frame.read(out)
        value = frame.emit("where", *parts, spelled="np.where")
    store(frame, out, None, value, ":")
    return out


def _converted(frame: Frame, value: Value, dtype: str) -> Value:
    if value.type.dtype == dtype:
        return value
    return frame.emit("cast", value, dtype=dtype)


for _op in OPS.values():
    if _op.category == "elementwise" and _op.name not in APART:
        for _name in _op.numpy:
            library(_name)(partial(_elementwise, _op.name, _op.arity or 1))

_MATH = """sqrt exp expm1 log2 log10 log1p sin cos tan sinh cosh tanh cbrt exp2
    asin=arcsin acos=arccos atan=arctan asinh=arcsinh acosh=arccosh atanh=arctanh
    fabs=absolute radians=deg2rad degrees=rad2deg isnan isinf isfinite"""
_MATH_TWO = "atan2=arctan2 hypot copysign fmod pow=power"


def math_function(op: str, arity: int, frame: Frame, args: Arguments) -> Obj:
    """Return a function of numbers: its result is a Python number."""
    values = [frame.read(obj) for obj in args.positional]
    if len(values) != arity or args.keywords:
        frame.refuse(f"{args.spelled} takes {arity} numbers")
    for value in values:
        if value.type.rank:
            home = "scipy.special" if op in SPECIAL else "np"
            frame.refuse(f"{args.spelled} of an array", f"use {home}.{op} for arrays")
    return frame.make(op, *values, spelled=args.spelled)


for _arity, _words in ((1, _MATH), (2, _MATH_TWO)):
    for _word in _words.split():
        _python, _, _numpy = _word.partition("=")
        FUNCTIONS[f"math.{_python}"] = partial(math_function, _numpy or _python, _arity)


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
    assert condition is not None
    if x is None and y is None:
        return call_library(frame, "numpy.nonzero", [condition], {})
    if x is None or y is None:
        frame.refuse("np.where with two arguments", "give both values")
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
    """``np.nan_to_num(x, nan=0.0, posinf=..., neginf=...)``."""
    x, copy, *others = args.take(frame, "x copy? nan? posinf? neginf?")
    assert x is not None
    value = as_value(frame, x)
    made = frame.make("nan_to_num", value, spelled=args.spelled)
    if value.type.is_inexact:
        for test, other in zip(REPLACED, others, strict=True):
            if other is not None and other != NONE:
                made = frame.fresh(_replaced(frame, test, value, other, made))
    if copy is None or known_flag(frame, copy, "copy="):
        return made
    return into(frame, made, x)


# What nan_to_num replaces: how it is told, and on which side of zero.
REPLACED = (("isnan", None), ("isinf", "greater"), ("isinf", "less"))


def _replaced(
    frame: Frame, test: tuple[str, str | None], value: Value, other: Obj, made: Obj
) -> Value:
    if value.type.is_complex:
        frame.refuse("np.nan_to_num of complex numbers", "take .real and .imag")
    op, side = test
    mask = frame.emit(op, value, spelled=f"np.{op}")
    if side is not None:
        there = frame.emit(side, value, frame.constant(0))
        mask = frame.emit("logical_and", mask, there, spelled="np.logical_and")
    parts = mask, as_value(frame, other), frame.read(made)
    return frame.emit("where", *parts, spelled="np.where")


# ---- conversions ----


@library("np.astype")
@method("astype")
def astype(frame: Frame, args: Arguments) -> Obj:
    """``x.astype(dtype)``: always a copy."""
    x, dtype, copy = args.take(frame, "x dtype copy?")
    assert x is not None and dtype is not None
    value = as_value(frame, x)
    wanted = dtype_of(frame, dtype)
    assert wanted is not None
    if value.type.dtype == wanted and value.type.rank:
        kept = {} if in_order(frame.context, value) else {"shuffled": True}
        return frame.make("copy", value, spelled=".copy", **kept)
    return frame.make("cast", value, dtype=wanted, spelled=".astype")


def _scalar_type(dtype: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.float64(x)`` and its like."""
    (x,) = args.take(frame, "x")
    assert x is not None
    return frame.make("cast", as_value(frame, x), dtype=dtype, spelled=args.spelled)


for _dtype in """float64 float32 complex128 complex64
    int64 int32 int16 int8 uint64 uint32 uint16 uint8""".split():
    FUNCTIONS[f"numpy.{_dtype}"] = partial(_scalar_type, _dtype)
FUNCTIONS["numpy.bool_"] = FUNCTIONS["numpy.bool"] = partial(_scalar_type, "bool")


# ---- ours ----


@library("gradscribe.stop_gradient")
def stop_gradient(frame: Frame, args: Arguments) -> Obj:
    """``stop_gradient(x)``: x, which no derivative sees."""
    (x,) = args.take(frame, "x")
    assert x is not None
    return frame.make("stop_gradient", as_value(frame, x))


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
