"""Questions about numbers, whose answers are constants: truth values."""

from __future__ import annotations

from functools import partial

from .arrays import as_array, known_flag
from .elementwise import into
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library
from .objects import Array, Obj, Scalar
from .terms import Term


def _infinite(positive: bool, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.isposinf(x)`` or ``np.isneginf(x)``."""
    x, out = args.take(frame, "x out?")
    assert x is not None
    number = Term(frame, as_array(frame, x))
    side = number.call("greater" if positive else "less", 0)
    return into(frame, number.call("isinf").call("logical_and", side).obj, out)


FUNCTIONS["numpy.isposinf"] = partial(_infinite, True)
FUNCTIONS["numpy.isneginf"] = partial(_infinite, False)


def _imaginary(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.isreal(z)`` or ``np.iscomplex(z)``: by the imaginary part."""
    (x,) = args.take(frame, "x")
    assert x is not None
    return Term(frame, as_array(frame, x)).call("imag").call(op, 0).obj


FUNCTIONS["numpy.isreal"] = partial(_imaginary, "equal")
FUNCTIONS["numpy.iscomplex"] = partial(_imaginary, "not_equal")


@library("np.array_equal")
def array_equal(frame: Frame, args: Arguments) -> Obj:
    """``np.array_equal(x, y)``, of arrays whose lengths are known to be equal."""
    a, b, nan = args.take(frame, "a1 a2 equal_nan?")
    assert a is not None and b is not None
    if nan is not None and known_flag(frame, nan, "equal_nan="):
        frame.refuse("equal_nan=True", "compare np.isnan of both as well")
    x, y = (Term(frame, as_array(frame, obj)) for obj in (a, b))
    if x.rank != y.rank:
        return Scalar(frame.constant(False))
    for axis in range(x.rank):
        if not frame.context.proves_equal(
            x.value.type.shape[axis], y.value.type.shape[axis]
        ):
            frame.refuse(
                "np.array_equal of arrays whose lengths may differ",
                "compare the shapes first, or write np.all(x == y)",
            )
    same = x.call("equal", y)
    return same.call("all").obj if isinstance(same.obj, Array) else same.obj


@library("np.isscalar")
def isscalar(frame: Frame, args: Arguments) -> Obj:
    """``np.isscalar(x)``."""
    (x,) = args.take(frame, "element")
    assert x is not None
    found = as_array(frame, x)
    return Scalar(frame.constant(not frame.read(found).type.rank))
