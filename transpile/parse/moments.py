"""Means and variances of what a mask holds, or about a given mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

from ..graph.dtypes import real
from .objects import Scalar
from .terms import Term


@dataclass(frozen=True, slots=True)
class Masked:
    """An array, the mask of what counts in its shape, and the axes to reduce."""

    x: Term
    mask: Term | None
    axes: tuple[int, ...]
    keepdims: bool

    def total(self, x: Term) -> Term:
        """Return the sums of what counts."""
        chosen = x if self.mask is None else self.mask.where(x, 0)
        return self.sum(chosen)

    def sum(self, x: Term) -> Term:
        """Return the sums over the axes."""
        made = x.frame.make(
            "sum", x.value, axis=self.axes, keepdims=self.keepdims, spelled="np.sum"
        )
        return Term(x.frame, made)

    def count(self) -> Term:
        """Return how many elements count; beside single precision, in that."""
        x = self.x
        if self.mask is not None:
            count = self.sum(self.mask)
        else:
            one = Term(x.frame, Scalar(x.frame.constant(1)))
            count = reduce(lambda n, k: n * x.length(k), self.axes, one)
        dtype = real(x.value.type.dtype)
        if dtype != "float32":
            return count
        made = x.frame.make("cast", count.value, dtype=dtype, spelled=".astype")
        return Term(x.frame, made)


def mean(masked: Masked, centre: Term | None = None, ddof: int = 0) -> Term:
    """Return the sum over the count."""
    return masked.total(masked.x) / masked.count()


def _squares(masked: Masked, centre: Term | None) -> Term:
    if centre is None:
        centre = mean(replace(masked, keepdims=True))
    apart = masked.x - centre
    if apart.value.type.is_complex:
        apart = apart.call("abs")
    return masked.total(apart * apart)


def _freedom(masked: Masked, ddof: int) -> Term:
    count = masked.count()
    return (count - ddof).call("maximum", 0) if ddof else count


def variance(masked: Masked, centre: Term | None, ddof: int) -> Term:
    """Return the mean square of the distance from the centre."""
    return _squares(masked, centre) / _freedom(masked, ddof)


def deviation(masked: Masked, centre: Term | None, ddof: int) -> Term:
    """Return the root of the variance, whose derivative is zero where it is zero."""
    root = _squares(masked, centre).call("sqrt")
    return root / _freedom(masked, ddof).call("sqrt")


MOMENTS: Mapping[str, Callable[[Masked, Term | None, int], Term]] = {
    "mean": mean,
    "var": variance,
    "std": deviation,
}
