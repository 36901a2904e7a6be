"""Derivatives of Fourier transforms: each is the transform back, scaled otherwise."""

from __future__ import annotations

from collections.abc import Callable

from ..graph.build import Builder, Expr
from ..graph.ir import Equation, Index, Item, NewAxis, Span
from .rows import custom
from .table import Values

# The adjoint of a transform that is scaled one way is the inverse scaled the other.
MIRRORED = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def _attrs(eq: Equation) -> dict[str, object]:
    return {"axis": eq.attrs["axis"], "norm": MIRRORED[eq.attrs["norm"]]}


def _cut(y: Expr, x: Expr, axis: int) -> Expr:
    """Return as many numbers along an axis as another array has."""
    items: list[Item] = [Span()] * x.type.rank
    items[axis] = Span(upper=0)
    length = y.builder.dim(x.value, axis)
    lengths = list(y.type.shape)
    lengths[axis] = x.type.shape[axis]
    return y.op("index", length, path=(Index(tuple(items)),), lengths=tuple(lengths))


Backward = Callable[[Builder, Equation, Expr, list[bool]], list[Expr | None]]


def _vjp(back: str) -> Backward:
    def vjp(
        b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
    ) -> list[Expr | None]:
        made = bar.op(back, **_attrs(eq))
        if len(eq.operands) == 1:
            return [made]
        return [_cut(made, Expr(b, eq.operands[0]), eq.attrs["axis"]), None]

    return vjp


def _rfft_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    (x,), axis = eq.operands, eq.attrs["axis"]
    return [bar.op("ifft", b.dim(x, axis), **_attrs(eq))]


def _irfft_vjp(
    b: Builder, eq: Equation, bar: Expr, wanted: list[bool]
) -> list[Expr | None]:
    """Count what stands for two numbers of the whole spectrum twice."""
    (x, n), axis = eq.operands, eq.attrs["axis"]
    place = Expr(b, b.constant(0)).op("arange", b.dim(x, axis), 1, dtype="int64")
    single = place.equals(0).op("logical_or", (2 * place).equals(Expr(b, n)))
    items: list[Item] = [NewAxis()] * (x.type.rank - axis)
    items[0] = Span()
    weights = single.where(1, 2).op("index", path=(Index(tuple(items)),))
    return [bar.op("rfft", **_attrs(eq)) * weights, None]


def _jvp(b: Builder, eq: Equation, tangents: Values) -> Expr | None:
    dot, *_ = tangents
    if dot is None:
        return None
    return Expr(b, b.emit(eq.op, dot, *eq.operands[1:], **eq.attrs))


custom("fft", vjp=_vjp("ifft"), jvp=_jvp)
custom("ifft", vjp=_vjp("fft"), jvp=_jvp)
custom("rfft", vjp=_rfft_vjp, jvp=_jvp)
custom("irfft", vjp=_irfft_vjp, jvp=_jvp)
