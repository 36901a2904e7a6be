"""Covariances, determinants' logarithms, and the limits of floating-point numbers."""

from __future__ import annotations

from functools import reduce

import numpy as np

from ..graph.dtypes import floating
from ..graph.linear import Linear
from .arrays import as_array, as_value, dtype_of, known_flag, known_integer
from .frame import Frame
from .libraries import Arguments, library
from .objects import NONE, Library, Named, Obj, Scalar, Static
from .terms import Term, array_of

ONE = Linear.number(1)


@library("np.cov")
def cov(frame: Frame, args: Arguments) -> Obj:
    """``np.cov(m, y, rowvar, bias, ddof, fweights, aweights)``."""
    m, y, rowvar, bias, ddof, counts, shares = args.take(
        frame, "m y? rowvar? bias? ddof? fweights? aweights?"
    )
    biased = bias is not None and known_flag(frame, bias, "bias=")
    less = 0 if biased else 1
    if ddof is not None and ddof != NONE:
        less = known_integer(frame, frame.read(ddof), "ddof=")
    weights = [
        None if obj is None or obj == NONE else array_of(frame, obj, "weights")
        for obj in (counts, shares)
    ]
    x = _observed(frame, m, y, rowvar)
    return _covariance(x, less, weights[0], weights[1]).obj


@library("np.corrcoef")
def corrcoef(frame: Frame, args: Arguments) -> Obj:
    """``np.corrcoef(x, y, rowvar)``."""
    x, y, rowvar = args.take(frame, "x y? rowvar?")
    found = _covariance(_observed(frame, x, y, rowvar), 1)
    if not found.rank:
        return (found / found).obj
    spread = found.call("diagonal").call("sqrt")
    return (found / spread[:, None] / spread[None, :]).obj


def _observed(frame: Frame, m: Obj | None, y: Obj | None, rowvar: Obj | None) -> Term:
    """Return the variables as rows, or the only one as a vector."""
    assert m is not None
    turned = rowvar is not None and not known_flag(frame, rowvar, "rowvar=")
    x = _rows(Term(frame, as_array(frame, m)), turned)
    if y is not None and y != NONE:
        more = _rows(Term(frame, as_array(frame, y)), turned)
        x = x.call("atleast_2d") if x.rank == 1 else x
        more = more.call("atleast_2d") if more.rank == 1 else more
        x = Term(frame, frame.make("concatenate", x.value, more.value, axis=0))
    if x.rank == 2 and x.value.type.shape[0] == ONE:
        frame.refuse("the covariance of a matrix with one row", "give a vector: m[0]")
    return x


def _rows(x: Term, turned: bool) -> Term:
    if x.rank not in (1, 2) or x.value.type.is_complex:
        x.frame.refuse("the covariance of this", "give a vector or a matrix, real")
    x = x.cast("float64")
    return x.call("transpose") if turned and x.rank == 2 else x


def _covariance(
    x: Term, ddof: int, counts: Term | None = None, shares: Term | None = None
) -> Term:
    """Return products of what variables are more than their means, summed."""
    weights = [w for w in (counts, shares) if w is not None]
    axis = x.rank - 1
    if not weights:
        centred = x - x.call("mean", axis=axis, keepdims=True)
        count = x.length(axis) - ddof
        freedom = count.call("maximum", 0) if ddof > 0 else count
        return centred @ _columns(centred) / freedom
    weight = reduce(lambda v, w: v * w, weights)
    whole = weight.call("sum")
    centred = x - (x * weight).call("sum", axis=axis, keepdims=True) / whole
    freedom = whole
    if ddof and shares is not None:
        freedom = whole - float(ddof) * (weight * shares).call("sum") / whole
    elif ddof:
        freedom = whole - ddof
    return (centred * weight) @ _columns(centred) / freedom


def _columns(x: Term) -> Term:
    return x.call("transpose") if x.rank == 2 else x


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
