"""Parts of floating-point numbers: quotients and rests, fractions, powers of two.

A fraction has derivative 1, a whole part, an exponent and a spacing are constant.
"""

from __future__ import annotations

from functools import partial

from .arrays import as_value
from .elementwise import into
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library
from .objects import Obj, Tuple
from .terms import Term


def _real(frame: Frame, obj: Obj | None, args: Arguments) -> Term:
    """Return an operand as floating-point numbers."""
    assert obj is not None
    value = as_value(frame, obj)
    if value.type.is_complex:
        frame.refuse(f"{args.spelled} of complex numbers", "take .real and .imag")
    if not value.type.is_float:
        value = frame.emit("cast", value, dtype="float64", spelled=".astype")
    return Term(frame, frame.fresh(value))


@library("np.divmod")
def divmod_(frame: Frame, args: Arguments) -> Obj:
    """``np.divmod(x, y)``: ``x // y`` and ``x % y``."""
    x, y, first, second = args.take(frame, "x1 x2 out1? out2?")
    assert x is not None and y is not None
    values = as_value(frame, x), as_value(frame, y)
    quotient = frame.make("floor_divide", *values, spelled="np.floor_divide")
    rest = frame.make("remainder", *values, spelled="np.remainder")
    return Tuple((into(frame, quotient, first), into(frame, rest, second)))


@library("np.modf", "math.modf")
def modf(frame: Frame, args: Arguments) -> Obj:
    """``np.modf(x)``: what stands behind the point, and before it."""
    x, first, second = args.take(frame, "x out1? out2?")
    number = _real(frame, x, args)
    whole = number.call("trunc")
    rest = number.call("isinf").where(0.0, number - whole)
    return Tuple((into(frame, rest.obj, first), into(frame, whole.obj, second)))


def _fixed(x: Term) -> Term:
    """Return a number that no derivative sees."""
    return Term(x.frame, x.frame.make("stop_gradient", x.value))


def _cast(x: Term, dtype: str) -> Term:
    if x.value.type.dtype == dtype:
        return x
    made = x.frame.make("cast", x.value, dtype=dtype, spelled=".astype")
    return Term(x.frame, made)


def _scaled(x: Term, exponent: Term) -> Term:
    """Return ``x * 2**exponent``."""
    made = x.frame.make("ldexp", x.value, exponent.value, spelled="np.ldexp")
    return Term(x.frame, made)


def _exponent(x: Term) -> Term:
    """Return the least n for which ``abs(x) < 2**n``; 0 for 0, inf and nan."""
    size = _fixed(x).call("abs")
    usual = size.call("isfinite").call("logical_and", size.call("greater", 0.0))
    size = _cast(usual.where(size, 0.5), "float64")
    near = _cast(size.call("log2").call("floor"), "int64") + 1
    mantissa = _scaled(size, -near)  # the logarithm was rounded
    above = _cast(mantissa >= 1.0, "int64")
    return near + above - _cast(mantissa < 0.5, "int64")


@library("np.ldexp", "math.ldexp")
def ldexp(frame: Frame, args: Arguments) -> Obj:
    """``np.ldexp(x, n)``: x times a power of two."""
    x, n, out = args.take(frame, "x1 x2 out?")
    assert n is not None
    exponent = Term(frame, frame.fresh(as_value(frame, n)))
    if not exponent.value.type.is_integer:
        frame.refuse(f"{args.spelled} by a float", "write x * 2.0**n")
    return into(frame, _scaled(_real(frame, x, args), exponent).obj, out)


@library("np.frexp", "math.frexp")
def frexp(frame: Frame, args: Arguments) -> Obj:
    """``np.frexp(x)``: a number from 0.5 to 1, and the power of two it takes."""
    x, first, second = args.take(frame, "x out1? out2?")
    number = _real(frame, x, args)
    exponent = _exponent(number)
    mantissa = _scaled(number, -exponent)
    whole = exponent if args.name.startswith("math") else _cast(exponent, "int32")
    return Tuple((into(frame, mantissa.obj, first), into(frame, whole.obj, second)))


# Digits of the significand, and the least exponent.
PRECISION = {"float32": (24, -149), "float64": (53, -1074)}


@library("np.spacing")
def spacing(frame: Frame, args: Arguments) -> Obj:
    """``np.spacing(x)``: the distance to the next number, a constant."""
    x, out = args.take(frame, "x out?")
    number = _real(frame, x, args)
    dtype = "float32" if number.value.type.dtype == "float32" else "float64"
    digits, least = PRECISION[dtype]
    steps = (_exponent(number) - digits).call("maximum", least)
    steps = _fixed(number).call("equal", 0.0).where(least, steps)
    size = _cast(_cast(steps, "float64").call("exp2"), dtype)
    signed = (_fixed(number) < 0.0).where(-size, size)
    found = number.call("isfinite").where(signed, float("nan"))
    return into(frame, found.obj, out)


# ---- integers ----


def _whole(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``math.gcd(m, n)`` and its like."""
    m, n = args.take(frame, "m n")
    assert m is not None and n is not None
    return frame.make(op, frame.read(m), frame.read(n), spelled=f"np.{op}")


for _op in ("gcd", "lcm"):
    FUNCTIONS[f"math.{_op}"] = partial(_whole, _op)
