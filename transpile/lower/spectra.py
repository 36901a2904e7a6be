"""Fourier transforms: brought to rows of complex doubles, for one private function.

What stands around it is written as array operations, and these are lowered.
"""

from __future__ import annotations

from ..graph.build import Builder, Expr
from ..graph.ir import Equation, Index, Item, Span, Value
from .context import Lowering
from .lines import Lower, along, finish
from .products import library

ROWS = {"fft": "backward", "ifft": "forward"}  # unscaled, both ways


def transform(lower: Lower, lo: Lowering, eq: Equation) -> None:
    """Lower a transform along any axis."""
    if eq.attrs.get("rows"):
        library(lo, eq)
        return
    b = Builder(eq.origin, eq.backward)
    x = _cast(Expr(b, eq.operands[0]), "complex128")
    axis = eq.attrs["axis"]
    n = eq.operands[1] if len(eq.operands) > 1 else b.dim(x.value, axis)
    inverse = eq.op in ("ifft", "irfft")
    if eq.op == "irfft":
        x = _whole(x, axis, n)
    elif len(eq.operands) > 1:
        x = _padded(x, axis, n)
    made = _scaled(_along(x, axis, n, inverse), n, inverse, eq.attrs["norm"])
    if eq.op == "rfft":
        made = _part(made, axis, Span(upper=0), b.dim(eq.result, axis))
    if eq.op == "irfft":
        made = made.op("real")
    made = _cast(made, eq.result.type.dtype)
    finish(lower, lo, eq, made)


def _cast(x: Expr, dtype: str) -> Expr:
    return x if x.type.dtype == dtype else x.op("cast", dtype=dtype)


def _along(x: Expr, axis: int, n: Value, inverse: bool) -> Expr:
    """Return the unscaled transform along an axis."""
    op = "ifft" if inverse else "fft"
    attrs = {"axis": 1, "norm": ROWS[op], "rows": True}
    return along(x, axis, n, lambda rows: rows.op(op, **attrs))


def _scaled(made: Expr, n: Value, inverse: bool, norm: str) -> Expr:
    if norm != "ortho" and inverse != (norm == "backward"):
        return made
    length = Expr(made.builder, n).op("cast", dtype="float64")
    return made / (length.op("sqrt") if norm == "ortho" else length)


def _part(x: Expr, axis: int, span: Span, *slots: Value) -> Expr:
    items: list[Item] = [Span()] * x.type.rank
    items[axis] = span
    return x.op("index", *slots, path=(Index(tuple(items)),))


def _padded(x: Expr, axis: int, n: Value) -> Expr:
    """Return an array with zeros behind it, up to a length."""
    b = x.builder
    lengths = b.dims(x.value)
    lengths[axis] = b.emit("subtract", n, lengths[axis])
    zeros = b.emit("zeros", *lengths, dtype="complex128")
    return x.op("concatenate", zeros, axis=axis)


def _whole(x: Expr, axis: int, n: Value) -> Expr:
    """Return the whole spectrum of real numbers from its first half."""
    b = x.builder
    half = b.emit("floor_divide", b.emit("add", n, b.constant(1)), b.constant(2))
    rest = _part(x, axis, Span(lower=0, upper=1), b.constant(1), half)
    mirrored = rest.op("conjugate").op("flip", axis=(axis,))
    return x.op("concatenate", mirrored, axis=axis)
