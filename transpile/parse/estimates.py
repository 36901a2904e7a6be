"""Covariances, determinants' logarithms, and the limits of floating-point numbers."""

from __future__ import annotations

import numpy as np

from ..graph.dtypes import floating
from ..graph.linear import Linear
from .arrays import as_array, as_value, dtype_of, known_flag, known_integer
from .frame import Frame
from .libraries import Arguments, library
from .objects import NONE, Library, Named, Obj, Scalar, Static
from .terms import Term

ONE = Linear.number(1)


@library("np.cov")
def cov(frame: Frame, args: Arguments) -> Obj:
    """``np.cov(m, y, rowvar, bias, ddof)``."""
    m, y, rowvar, bias, ddof = args.take(frame, "m y? rowvar? bias? ddof?")
    biased = bias is not None and known_flag(frame, bias, "bias=")
    less = 0 if biased else 1
    if ddof is not None and ddof != NONE:
        less = known_integer(frame, frame.read(ddof), "ddof=")
    return _covariance(frame, m, y, rowvar, less).obj


@library("np.corrcoef")
def corrcoef(frame: Frame, args: Arguments) -> Obj:
    """``np.corrcoef(x, y, rowvar)``."""
    x, y, rowvar = args.take(frame, "x y? rowvar?")
    found = _covariance(frame, x, y, rowvar, 1)
    if not found.rank:
        return (found / found).obj
    spread = found.call("diagonal").call("sqrt")
    return (found / spread[:, None] / spread[None, :]).obj


def _covariance(
    frame: Frame, m: Obj | None, y: Obj | None, rowvar: Obj | None, ddof: int
) -> Term:
    assert m is not None
    x = Term(frame, as_array(frame, m))
    if y is not None and y != NONE:
        values = x.value, as_value(frame, y)
        if any(v.type.rank != 1 for v in values):
            frame.refuse("the covariance of two matrices", "stack them to one matrix")
        x = Term(frame, frame.make("stack", *values, axis=0, spelled="np.stack"))
    elif rowvar is not None and not known_flag(frame, rowvar, "rowvar="):
        x = x.call("transpose")
    if x.rank not in (1, 2) or x.value.type.is_complex:
        frame.refuse("the covariance of this", "give a vector or a matrix, real")
    centred = x - x.call("mean", axis=x.rank - 1, keepdims=True)
    if x.rank == 1:
        return centred @ centred / (x.length() - ddof)
    if x.value.type.shape[0] == ONE:
        frame.refuse("the covariance of a matrix with one row", "give a vector: m[0]")
    return centred @ centred.call("transpose") / (x.length(1) - ddof)


@library("np.linalg.slogdet")
def slogdet(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.slogdet(A)``: the sign, and the logarithm of the size."""
    (a,) = args.take(frame, "a")
    assert a is not None
    value = as_value(frame, a)
    dtype = floating(value.type.dtype)
    if value.type.dtype != dtype:
        value = frame.emit("cast", value, dtype=dtype)
    sign = "phasedet" if value.type.is_complex else "signdet"
    found = tuple(frame.make(op, value) for op in (sign, "logabsdet"))
    return Named("namedtuple", ("sign", "logabsdet"), found)


LIMITS = ("eps", "tiny", "smallest_normal", "max", "min", "resolution")


@library("np.finfo")
def finfo(frame: Frame, args: Arguments) -> Obj:
    """``np.finfo(dtype)``: its numbers are constants."""
    (x,) = args.take(frame, "dtype")
    assert x is not None
    named = isinstance(x, (Library, Static))
    dtype = dtype_of(frame, x) if named else frame.read(x).type.dtype
    if dtype not in ("float64", "float32"):
        frame.refuse(f"np.finfo of {dtype}", "np.float64 and np.float32 have limits")
    info = np.finfo(dtype)
    numbers = (float(getattr(info, name)) for name in LIMITS)
    items = (frame.emit("constant", value=n, dtype=dtype) for n in numbers)
    return Named("namedtuple", LIMITS, tuple(map(Scalar, items)))
