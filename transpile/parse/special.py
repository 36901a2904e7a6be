"""Special functions: those of ``scipy.special``, and Python's own in ``math``."""

from __future__ import annotations

from functools import partial

from ..graph.ops import SPECIAL
from .arrays import as_value, known_integer
from .elementwise import math_function
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library
from .objects import Obj

IN_MATH = {"erf": "erf", "erfc": "erfc", "gamma": "gamma", "lgamma": "gammaln"}
# Other names in scipy.special of functions that NumPy has.
IN_NUMPY = "expm1 log1p exp2 cbrt sinc"


def _special(op: str, frame: Frame, args: Arguments) -> Obj:
    words = "x" if SPECIAL[op] == 1 else "x y"
    values = [as_value(frame, obj) for obj in args.take(frame, words) if obj]
    for value in values:
        if value.type.is_complex:
            frame.refuse(f"{args.spelled} of complex numbers", "use it on real ones")
    return frame.make(op, *values, spelled=args.spelled)


@library("scipy.special.polygamma")
def polygamma(frame: Frame, args: Arguments) -> Obj:
    """``polygamma(n, x)``: the derivative of order n of digamma."""
    n, x = args.take(frame, "n x")
    assert n is not None and x is not None
    order = known_integer(frame, frame.read(n), "the order of polygamma")
    if order < 0:
        frame.refuse("polygamma of a negative order", "orders are 0, 1, 2, ...")
    value = as_value(frame, x)
    if value.type.dtype == "float32":
        value = frame.emit("cast", value, dtype="float64")
    if not order:
        return frame.make("digamma", value)
    return frame.make("polygamma", frame.constant(order), value)


@library("scipy.special.iv")
def bessel_i(frame: Frame, args: Arguments) -> Obj:
    """``iv(n, x)``: the modified Bessel function of a whole order."""
    n, x = args.take(frame, "v z")
    assert n is not None and x is not None
    order = known_integer(frame, frame.read(n), "the order of iv")
    return _bessel_i(frame, order, x, args)


@library("np.i0", "scipy.special.i0")
def bessel_i0(frame: Frame, args: Arguments) -> Obj:
    """``np.i0(x)``: the modified Bessel function of order 0."""
    (x,) = args.take(frame, "x")
    assert x is not None
    return _bessel_i(frame, 0, x, args)


@library("scipy.special.i1")
def bessel_i1(frame: Frame, args: Arguments) -> Obj:
    """``i1(x)``: the modified Bessel function of order 1."""
    (x,) = args.take(frame, "x")
    assert x is not None
    return _bessel_i(frame, 1, x, args)


def _bessel_i(frame: Frame, order: int, x: Obj, args: Arguments) -> Obj:
    value = as_value(frame, x)
    if value.type.is_complex:
        frame.refuse(f"{args.spelled} of complex numbers", "use it on real ones")
    if order == 0:
        return frame.make("i0", value)
    return frame.make("iv", frame.constant(order), value)


def _of_numpy(op: str, frame: Frame, args: Arguments) -> Obj:
    (x,) = args.take(frame, "x")
    assert x is not None
    return frame.make(op, as_value(frame, x), spelled=f"np.{op}")


for _op in SPECIAL:
    FUNCTIONS.setdefault(f"scipy.special.{_op}", partial(_special, _op))
FUNCTIONS["scipy.special.psi"] = partial(_special, "digamma")
for _name, _op in IN_MATH.items():
    FUNCTIONS[f"math.{_name}"] = partial(math_function, _op, 1)
for _op in IN_NUMPY.split():
    FUNCTIONS[f"scipy.special.{_op}"] = partial(_of_numpy, _op)
