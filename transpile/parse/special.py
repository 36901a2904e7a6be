"""Special functions: those of ``scipy.special``, and Python's own in ``math``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ..graph.ir import Value
from ..graph.ops import SPECIAL, special_part
from .arrays import as_array, as_value, known_integer
from .elementwise import math_function
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library
from .objects import NONE, Obj, Scalar, Tuple
from .terms import Term

IN_MATH = {"erf": "erf", "erfc": "erfc", "gamma": "gamma", "lgamma": "gammaln"}
# Other names in scipy.special of functions that NumPy has.
IN_NUMPY = "expm1 log1p exp2 cbrt sinc"


# Polynomials and their like: the degree is a known number.
OF_DEGREE = frozenset(op for op, words in SPECIAL.items() if words[0] == "n")
ALIASES = {"psi": "digamma", "jn": "jv", "jve": "jv", "yve": "yv"}


def _special(op: str, frame: Frame, args: Arguments) -> Obj:
    found = args.take(frame, " ".join(SPECIAL[op]))
    values = [as_value(frame, obj) for obj in found if obj]
    for value in values:
        if value.type.is_complex:
            frame.refuse(f"{args.spelled} of complex numbers", "use it on real ones")
    if "wright_bessel" in op:
        values[-1] = _doubles(frame, values[-1])
    if op in OF_DEGREE:
        order = known_integer(frame, values[0], f"the order of {op}")
        if order < 0:
            frame.refuse(f"{op} of a negative order", "orders are 0, 1, 2, ...")
        values[0] = frame.constant(order)
    return frame.make(op, *values, spelled=args.spelled)


@library("scipy.special.polygamma")
def polygamma(frame: Frame, args: Arguments) -> Obj:
    """``polygamma(n, x)``: the derivative of order n of digamma."""
    n, x = args.take(frame, "n x")
    assert n is not None and x is not None
    if frame.context.number(frame.read(n)) != 0:
        return _special("polygamma", frame, args)
    return frame.make("digamma", _doubles(frame, as_value(frame, x)))


@library("scipy.special.lambertw")
def lambertw(frame: Frame, args: Arguments) -> Obj:
    """``lambertw(z, k)`` where it is real, as the complex numbers that SciPy gives."""
    z, branch, _ = args.take(frame, "z k? tol?")
    k = 0 if branch is None else known_integer(frame, frame.read(branch), "the branch")
    x = Term(frame, as_array(frame, z or NONE))
    if k not in (0, -1) or x.value.type.is_complex:
        frame.refuse("lambertw of complex numbers", "branches 0 and -1 are real")
    least = x >= -math.exp(-1.0)
    inside = least if k == 0 else least.call("logical_and", x < 0.0)
    inside = inside.call("all") if inside.rank else inside
    message = "lambertw is complex here"
    frame.check(inside.value, "ValueError", message)
    number = frame.constant(k)
    made = frame.make("lambertw", x.cast("float64").value, number)
    return frame.make("cast", frame.read(made), dtype="complex128", spelled=".astype")


@library("np.i0")
def bessel_i0(frame: Frame, args: Arguments) -> Obj:
    """``np.i0(x)``: the modified Bessel function of order 0."""
    return _special("i0", frame, args)


@library("scipy.special.i1")
def bessel_i1(frame: Frame, args: Arguments) -> Obj:
    """``i1(x)``: the modified Bessel function of order 1."""
    (x,) = args.take(frame, "x")
    assert x is not None
    order = Scalar(frame.constant(1))
    return _special("iv", frame, replace(args, positional=[order, x], keywords={}))


@library("scipy.special.kn", "scipy.special.yn")
def of_whole_order(frame: Frame, args: Arguments) -> Obj:
    """``kn(n, x)``, ``yn(n, x)``: those of any order, in double precision."""
    n, x = args.take(frame, "n x")
    assert n is not None and x is not None
    order, value = as_value(frame, n), as_value(frame, x)
    if not order.type.is_integer:
        frame.refuse(f"{args.spelled} of an order that is no integer")
    return frame.make(f"{args.spelled[-2]}v", order, _doubles(frame, value))


def _doubles(frame: Frame, value: Value) -> Value:
    """Return what SciPy computes with beside a whole number."""
    if value.type.dtype != "float32":
        return value
    return frame.emit("cast", value, dtype="float64")


def _of_numpy(op: str, frame: Frame, args: Arguments) -> Obj:
    (x,) = args.take(frame, "x")
    assert x is not None
    return frame.make(op, as_value(frame, x), spelled=f"np.{op}")


def _several(ops: Sequence[str], frame: Frame, args: Arguments) -> Obj:
    """Return the results of a function that gives several."""
    return Tuple(tuple(_special(op, frame, args) for op in ops))


_together: dict[str, list[str]] = {}
for _op in SPECIAL:
    _name, _place = special_part(_op)
    if _place is None:
        FUNCTIONS.setdefault(f"scipy.special.{_op}", partial(_special, _op))
    else:
        _together.setdefault(_name, []).append(_op)
for _name, _ops in _together.items():
    FUNCTIONS[f"scipy.special.{_name}"] = partial(_several, _ops)
for _name, _op in ALIASES.items():
    FUNCTIONS[f"scipy.special.{_name}"] = partial(_special, _op)
for _name, _op in IN_MATH.items():
    FUNCTIONS[f"math.{_name}"] = partial(math_function, _op, 1)
for _op in IN_NUMPY.split():
    FUNCTIONS[f"scipy.special.{_op}"] = partial(_of_numpy, _op)
