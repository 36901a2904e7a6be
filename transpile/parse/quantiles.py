"""Medians, percentiles and quantiles: elements by their order, and between two.

A derivative goes to the elements that are chosen; of equal ones to that which the
stable order has at the place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from .arrays import as_array, as_value, axes_of, known_flag, require_array
from .elementwise import into
from .frame import Frame
from .libraries import FUNCTIONS, Arguments
from .objects import NONE, Obj, Scalar, Static, Tuple
from .sorting import order_of
from .terms import Term, along, array_of

# Where quantile q stands: alpha + q * (n + 1 - alpha - beta), counted from one.
CONTINUOUS: Mapping[str, tuple[float, float]] = {
    "linear": (1.0, 1.0),
    "weibull": (0.0, 0.0),
    "hazen": (0.5, 0.5),
    "median_unbiased": (1.0 / 3.0, 1.0 / 3.0),
    "normal_unbiased": (3.0 / 8.0, 3.0 / 8.0),
    "interpolated_inverted_cdf": (0.0, 1.0),
}


def _closest(n: Term, q: Term) -> Term:
    """Return the nearest place; of two the one that is odd, counted from zero."""
    exact = n * q - 1.5
    lower = exact.call("floor")
    stays = lower.call("equal", exact) & (lower % 2).call("equal", 1)
    return stays.where(lower, lower + 1.0).call("maximum", 0.0)


# Places of single elements, by the number of all and the quantile.
DISCRETE: Mapping[str, Callable[[Term, Term], Term]] = {
    "lower": lambda n, q: ((n - 1) * q).call("floor"),
    "higher": lambda n, q: ((n - 1) * q).call("ceil"),
    "nearest": lambda n, q: ((n - 1) * q).call("rint"),
    "inverted_cdf": lambda n, q: (n * q - 1.0).call("ceil").call("maximum", 0.0),
    "closest_observation": _closest,
}
HALVES = ("midpoint", "averaged_inverted_cdf")


@dataclass(frozen=True, slots=True)
class Lines:
    """An array and its order along one axis, which is reduced.

    ``count`` is how many elements of each line are numbers, where the others are left
    out: they come last.
    """

    x: Term
    order: Term
    axis: int
    count: Term | None = None

    def at(self, place: Term) -> Term:
        """Return the elements at a place in the order.

        ``place`` is a number or a vector, which then is the first axis; with a count,
        it has a number for each line as its last axes.
        """
        x, axis = self.x, self.axis
        if not place.rank:
            where = self.order[along(x.rank, axis, place, slice(None))]
        elif x.rank == 1:
            where = self.order[place]
        elif self.count is None:
            axes = (axis, *(k for k in range(x.rank) if k != axis))
            where = self.order.call("transpose", axes)[place]
        else:
            where = _picked(self.order, place, axis)
        return _picked(x, where, axis)

    def length(self) -> Term:
        """Return how many elements count."""
        return self.x.length(self.axis) if self.count is None else self.count

    def last(self) -> Term:
        """Return the largest elements: nan if there is one."""
        return self.at(self.length() - 1)


def _picked(x: Term, places: Term, axis: int) -> Term:
    """Return one element of each line: the axis is gone from the places, too."""
    if x.rank == 1:
        return x[places]
    rest = [k for k in range(x.rank) if k != axis]
    items: list[object] = [places] * x.rank
    for place, k in enumerate(rest):
        spread = along(len(rest), place, slice(None), None)
        items[k] = x.length(k).call("arange")[spread]
    return x[tuple(items)]


def _lines(frame: Frame, obj: Obj, axes: Sequence[int], numbers: bool) -> Lines:
    """Return the lines over axes; several become the last one."""
    x = Term(frame, require_array(frame, obj))
    if x.value.type.dtype == "bool" or x.value.type.is_complex:
        frame.refuse("quantiles of these numbers", "take them of real numbers")
    if x.value.type.is_integer:
        x = Term(frame, frame.make("cast", x.value, dtype="float64", spelled=".astype"))
    axis = axes[0] if axes else 0
    if len(axes) > 1:
        kept = tuple(k for k in range(x.rank) if k not in axes)
        lengths = tuple(x.length(k) for k in kept)
        turned = x.call("transpose", (*kept, *axes)) if kept else x
        x, axis = turned.call("reshape", (*lengths, -1)), len(kept)
    count = x.call("isnan").call("logical_not").call("sum", axis=axis)
    return Lines(x, order_of(x, axis), axis, count if numbers else None)


# ---- places ----


def _median(lines: Lines) -> Term:
    n = lines.length()
    lower, upper = (n - 1) // 2, n // 2
    if lines.count is not None:  # where nothing counts, the first one is nan
        lower = lower.call("maximum", 0)
        upper = upper.call("minimum", lines.x.length(lines.axis) - 1)
    return 0.5 * (lines.at(lower) + lines.at(upper))


def _quantile(lines: Lines, q: Term, method: str) -> Term:
    """Return what stands at a part ``q`` of the way from the first to the last."""
    n = lines.length()
    if q.rank and n.rank:
        q = q[(slice(None), *[None] * n.rank)]
    if method in DISCRETE:
        place = DISCRETE[method](n, q if q.rank else _fitted(q, lines.x))
        place = place if lines.count is None else place.call("maximum", 0.0)
        return lines.at(_whole(place))
    if method == "averaged_inverted_cdf":
        exact = n * q - 1.0
        lower = exact.call("floor")
        pair = [place.call("clip", 0.0, n - 1) for place in (lower, lower + 1.0)]
        first, second = (lines.at(_whole(place)) for place in pair)
        between = _spread(lower.call("equal", exact), first)
        return between.where(0.5 * (first + second), second)
    exact, (alpha, beta) = (n - 1) * q, CONTINUOUS.get(method, (1.0, 1.0))
    if alpha != 1.0:
        exact = n * q + (q * (1.0 - alpha - beta) + alpha) - 1.0
        exact = exact.call("minimum", n - 1)
    if lines.count is not None or alpha != 1.0:
        exact = exact.call("maximum", 0.0)
    lower, upper = exact.call("floor"), exact.call("ceil")
    first, second = lines.at(_whole(lower)), lines.at(_whole(upper))
    if method == "midpoint":
        return 0.5 * (first + second)
    part = exact - lower
    if not q.rank:
        part = _fitted(part, lines.x)
    part = _spread(part, first)
    return first + (second - first) * part


def _whole(x: Term) -> Term:
    dtype = "int64" if x.rank else "weak_int"
    spelled = ".astype" if x.rank else "int"
    return Term(x.frame, x.frame.make("cast", x.value, dtype=dtype, spelled=spelled))


def _fitted(part: Term, x: Term) -> Term:
    """Return a number in the precision of an array, as NumPy takes it."""
    dtype = x.value.type.dtype
    if part.value.type.dtype in ("weak_float", dtype):
        return part
    made = part.frame.make("cast", part.value, dtype=dtype, spelled=".astype")
    return Term(part.frame, made)


def _spread(part: Term, first: Term) -> Term:
    """Return a vector with axes of length one for those of the lines."""
    if part.rank != 1 or first.rank == 1:
        return part
    return part[(slice(None), *[None] * (first.rank - 1))]


def _weighted(lines: Lines, q: Term, obj: Obj) -> Term:
    """Return the first elements whose weights add up to a part of all."""
    x, frame = lines.x, lines.x.frame
    weights = array_of(frame, obj, "weights= of quantiles")
    if x.rank != 1:
        frame.refuse("weights= of quantiles of a matrix", "take its rows one by one")
    positive = (weights >= 0).call("all")
    frame.check(positive.value, "ValueError", "Weights must be non-negative.")
    shares = weights[lines.order].cast("float64").call("cumsum")
    message = "Weights included NaN, inf or were all zero."
    some = shares[-1].call("isfinite") & shares[-1].call("greater", 0.0)
    frame.check(some.value, "ValueError", message)
    shares = shares / shares[-1]
    shares = shares.call("equal", 0.0).where(-1.0, shares)
    if not q.rank:
        q, shares = _fitted(q, x), shares.cast(x.value.type.dtype)
    place = shares.call("searchsorted", q).call("minimum", x.length() - 1)
    return lines.at(place)


# ---- functions ----


def _order_statistic(name: str, frame: Frame, args: Arguments) -> Obj:
    asked, method = ("", "") if name.endswith("median") else ("q ", " method?")
    weighted = " weights?" if name in ("percentile", "quantile") else ""
    words = f"a {asked}axis? out? overwrite_input?{method} keepdims?{weighted}"
    names = words.replace("?", "").split()
    taken = dict(zip(names, args.take(frame, words), strict=True))
    axis, keep = taken["axis"], taken["keepdims"]
    x = as_array(frame, taken["a"] or NONE)
    rank = frame.read(x).type.rank
    if not rank:
        frame.refuse(f"{args.spelled} of a number", "it is the number itself")
    axes = axes_of(frame, NONE if axis is None else axis, rank)
    lines = _lines(frame, x, axes, name.startswith("nan"))
    q = _asked(frame, taken["q"], name) if asked else None
    if q is None:
        found = _median(lines)
    else:
        how, weights = _method(frame, taken["method"]), taken.get("weights")
        if weights is None or weights == NONE:
            found = _quantile(lines, q, how)
        elif how != "inverted_cdf":
            frame.refuse("weights= of this method", 'write method="inverted_cdf"')
        else:
            found = _weighted(lines, q, weights)
    if lines.count is None:
        last = lines.last()
        found = last.call("isnan").where(last, found)
    if keep is not None and known_flag(frame, keep, "keepdims"):
        items = [None if k in axes else slice(None) for k in range(rank)]
        found = _kept(found, [*[slice(None)] * (0 if q is None else q.rank), *items])
    return into(frame, found.obj, taken["out"])


def _kept(found: Term, items: Sequence[object]) -> Term:
    if found.rank:
        return found[tuple(items)]
    return found.call("reshape", (1,) * len(items))


def _asked(frame: Frame, obj: Obj | None, name: str) -> Term:
    """Return parts from 0 to 1; those that are numbers in the source are so here."""
    whole = 100.0 if name.endswith("percentile") else 1.0
    items = obj.items if isinstance(obj, Tuple) else (obj or NONE,)
    known = [frame.context.number(as_value(frame, item)) for item in items]
    numbers = [n for n in known if isinstance(n, (int, float)) and 0 <= n <= whole]
    if len(numbers) == len(items):
        parts = [Scalar(frame.constant(n / whole)) for n in numbers]
        return Term(
            frame,
            as_array(
                frame, Tuple(tuple(parts), True) if isinstance(obj, Tuple) else parts[0]
            ),
        )
    q = Term(frame, as_array(frame, obj or NONE))
    if q.rank > 1:
        frame.refuse("a matrix of quantiles", "give a number or a vector")
    inside = (q >= 0.0).call("logical_and", q <= whole)
    inside = inside.call("all") if inside.rank else inside
    frame.check(inside.value, "ValueError", f"not in the range [0, {whole:g}]")
    return q / whole if whole > 1 else q


def _method(frame: Frame, obj: Obj | None) -> str:
    if obj is None:
        return "linear"
    known = (*CONTINUOUS, *DISCRETE, *HALVES)
    if not isinstance(obj, Static) or obj.value not in known:
        frame.refuse("this method of quantiles", f"use one of {', '.join(known)}")
    return str(obj.value)


for _name in ("median", "percentile", "quantile"):
    for _prefix in ("", "nan"):
        _dotted = f"numpy.{_prefix}{_name}"
        FUNCTIONS[_dotted] = partial(_order_statistic, f"{_prefix}{_name}")
