"""Derivatives of reductions and scans.

Kinks: max and min share a tie equally; std has derivative 0 where it is 0. A start
(``initial=``) counts as one more element, beside the tie of the others. What a mask or
nan leaves out has derivative 0. Sorting, medians and quantiles (`parse.quantiles`) give
a tie to the element that the stable order has at the place.
"""

from __future__ import annotations

import math

from ..graph.build import Expr
from .partials import Choice, Partial, Ratio, cast, expand, over, spread
from .rows import constant, linear, weighted
from .scans import before

Axis = tuple[int, ...]


def _count(x: Expr, axis: Axis) -> Expr:
    """Return how many elements are reduced into one."""
    known = [x.type.shape[a].value for a in axis]
    if all(length is not None for length in known):
        return x.lift(math.prod(length for length in known if length is not None))
    count, *others = (x.lift(x.builder.dim(x.value, a)) for a in axis)
    for length in others:
        count = count * length
    return count


def _sum(x: Expr, axis: Axis) -> Expr:
    return x.op("sum", axis=axis, keepdims=True)


# ---- linear ones ----

linear(
    "sum",
    lambda bar, x, axis, keepdims: spread(expand(bar, x, axis, keepdims), x),
    "axis",
    "keepdims",
)
linear(
    "mean",
    lambda bar, x, axis, keepdims: spread(
        expand(bar / _count(x, axis), x, axis, keepdims), x
    ),
    "axis",
    "keepdims",
)


def _sum_from(bar: Expr, axis: int) -> Expr:
    """Return the sums from each element to the end."""
    flipped = bar.op("flip", axis=(axis,)).op("cumsum", axis=axis)
    return flipped.op("flip", axis=(axis,))


linear("cumsum", lambda bar, x, axis: _sum_from(bar, axis), "axis")

# ---- those with weights ----


def _extremum(y: Expr, x: Expr, axis: Axis) -> Partial:
    ties = x.equals(y)
    return Choice(ties, over(_ties(ties, x, axis)), 0)


def _ties(ties: Expr, x: Expr, axis: Axis) -> Expr:
    """Count the largest elements; an integer divides a double without conversion."""
    counted = ties.op("sum", axis=axis, keepdims=len(axis) < x.type.rank)
    if x.type.dtype == "float64":
        return counted
    return counted.lift(cast(x.builder, counted.value, x.type.dtype))


def _others(x: Expr, axis: Axis) -> Expr:
    """Return the product of the others, without a division: some may be zero.

    Each is what stands before times what stands behind, along one axis after the
    other.
    """
    first, *rest = axis
    others = _before(x, first) * _flipped(_before(_flipped(x, first), first), first)
    if rest:
        line = x.op("prod", axis=(first,), keepdims=True)
        others = others * _others(line, tuple(rest))
    return others


def _flipped(x: Expr, axis: int) -> Expr:
    return x.op("flip", axis=(axis,))


def _before(x: Expr, axis: int) -> Expr:
    """Return for each element the product of those before it along an axis."""
    return before(x.op("cumprod", axis=axis), axis)


def _centred(x: Expr, axis: Axis) -> Expr:
    return x - x.op("mean", axis=axis, keepdims=True)


def _spread_out(x: Expr, axis: Axis, ddof: int) -> Expr:
    count = _count(x, axis)
    return count - ddof if ddof else count


weighted("max", _extremum)
weighted("min", _extremum)
weighted("prod", lambda y, x, axis: _others(x, axis) if axis else 1)
weighted("logsumexp", lambda y, x, axis: (x - y).op("exp"))
weighted(
    "var",
    lambda y, x, axis, ddof: Ratio(2 * _centred(x, axis), _spread_out(x, axis, ddof)),
    "ddof",
)
weighted(
    "std",
    lambda y, x, axis, ddof: Ratio(
        _centred(x, axis), _spread_out(x, axis, ddof) * y.equals(0).where(1, y)
    ),
    "ddof",
)

constant("any", "all", "argmax", "argmin", "count_nonzero")
