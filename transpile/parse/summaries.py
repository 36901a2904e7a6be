"""Summaries made of reductions: ranges, weighted means, and all without nan.

A number that is left out because it is nan has derivative zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from .arrays import as_array, axes_of, known_flag
from .elementwise import into
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library
from .objects import NONE, Obj, Scalar, Tuple
from .reductions import given_to, is_given, reduced
from .scans import scan
from .terms import Term, along


@library("np.ptp")
def ptp(frame: Frame, args: Arguments) -> Obj:
    """``np.ptp(x, axis)``: max - min."""
    x, axis, out, keep = args.take(frame, "a axis? out? keepdims?")
    assert x is not None
    given = {"a": x, "axis": axis, "keepdims": keep}
    ends = [reduced(frame, op, given, f"np.{op}") for op in ("max", "min")]
    values = [frame.read(end) for end in ends]
    return into(frame, frame.make("subtract", *values, spelled="-"), out)


@library("np.average")
def average(frame: Frame, args: Arguments) -> Obj:
    """``np.average(x, axis, weights)``; with ``returned``, the sum of weights too."""
    x, axis, weights, returned, keep = args.take(
        frame, "a axis? weights? returned? keepdims?"
    )
    assert x is not None
    array = as_array(frame, x)
    given = {"axis": axis, "keepdims": keep}
    both = returned is not None and known_flag(frame, returned, "returned")
    if weights is None or weights == NONE:
        found = reduced(frame, "mean", {"a": array, **given}, "np.mean")
        if not both:
            return found
        ones = Term(frame, array).call("ones_like")
        count = reduced(frame, "sum", {"a": ones.obj, **given}, "np.sum")
        return Tuple((found, count))
    w = _aligned(frame, array, axis, Term(frame, as_array(frame, weights)))
    product = Term(frame, array) * w
    summed = Term(frame, reduced(frame, "sum", {"a": product.obj, **given}, "np.sum"))
    whole = w
    if w.rank != product.rank or both:
        lengths = tuple(product.length(k) for k in range(product.rank))
        whole = w.call("broadcast_to", lengths)
    total = Term(frame, reduced(frame, "sum", {"a": whole.obj, **given}, "np.sum"))
    mean = (summed / total).obj
    return Tuple((mean, total.obj)) if both else mean


def _aligned(frame: Frame, array: Obj, axis: Obj | None, w: Term) -> Term:
    """Return weights for the elements of one axis beside the others."""
    rank = frame.read(array).type.rank
    if w.rank == rank:
        return w
    axes = () if axis is None or axis == NONE else axes_of(frame, axis, rank)
    if w.rank != 1 or len(axes) != 1:
        frame.refuse("weights of another shape", "broadcast them: w[:, None]")
    return w[along(rank, axes[0], slice(None), None)]


# ---- without nan ----


def _numbers(frame: Frame, obj: Obj) -> Obj | None:
    """Return the mask of what is not nan; None for integers, which never are."""
    x = Term(frame, obj)
    if not x.value.type.is_inexact:
        return None
    return x.call("isnan").call("logical_not").obj


LEAST: Mapping[str, float] = {"max": float("-inf"), "min": float("inf")}


def _without(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.nansum(x)`` and its like: the reduction where x is a number."""
    given = given_to(frame, op, args)
    x = as_array(frame, given["a"] or NONE)
    mask = _numbers(frame, x)
    spelled = f"np.{op}"
    if mask is None:
        return into(frame, reduced(frame, op, given, spelled), given["out"])
    where = given["where"]
    if where is not None:
        both = Term(frame, mask).call("logical_and", Term(frame, where))
        mask = both.obj
    given = {**given, "a": x, "where": mask}
    if op not in LEAST or is_given(given["initial"]):
        return into(frame, reduced(frame, op, given, spelled), given["out"])
    given["initial"] = Scalar(frame.constant(LEAST[op]))
    found = _largest(frame, op, given, spelled)
    return into(frame, found, given["out"])


def _largest(
    frame: Frame, op: str, given: Mapping[str, Obj | None], spelled: str
) -> Obj:
    """Return the largest numbers, nan where there are none."""
    x, mask = given["a"], given["where"]
    assert x is not None and mask is not None
    filled = Term(frame, mask).where(Term(frame, x), LEAST[op])
    shape = {"axis": given["axis"], "keepdims": given["keepdims"]}
    top = Term(frame, reduced(frame, op, {"a": filled.obj, **shape}, spelled))
    some = Term(frame, reduced(frame, "any", {"a": mask, **shape}, "np.any"))
    return some.where(top, float("nan")).obj


def _place(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.nanargmax(x)`` and its like."""
    given = given_to(frame, op, args)
    x = as_array(frame, given["a"] or NONE)
    mask = _numbers(frame, x)
    if mask is not None:
        shape = {"axis": given["axis"], "keepdims": given["keepdims"]}
        some = Term(frame, reduced(frame, "any", {"a": mask, **shape}, "np.any"))
        some = some.call("all") if some.rank else some
        frame.check(some.value, "ValueError", "All-NaN slice encountered")
        fill = LEAST[op.removeprefix("arg")]
        x = Term(frame, mask).where(Term(frame, x), fill).obj
    given = {**given, "a": x}
    return into(frame, reduced(frame, op, given, f"np.{op}"), given["out"])


def _scan_without(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.nancumsum(x)`` and its like: what is nan changes nothing."""
    x, axis, dtype, out = args.take(frame, "a axis? dtype? out?")
    array = as_array(frame, x or NONE)
    mask = _numbers(frame, array)
    if mask is not None:
        neutral = 0 if op == "cumsum" else 1
        array = Term(frame, mask).where(Term(frame, array), neutral).obj
    return scan(frame, op, array, axis, dtype, out)


for _op in ("sum", "prod", "mean", "var", "std", "max", "min"):
    FUNCTIONS[f"numpy.nan{_op}"] = partial(_without, _op)
for _op in ("argmax", "argmin"):
    FUNCTIONS[f"numpy.nan{_op}"] = partial(_place, _op)
for _op in ("cumsum", "cumprod"):
    FUNCTIONS[f"numpy.nan{_op}"] = partial(_scan_without, _op)
