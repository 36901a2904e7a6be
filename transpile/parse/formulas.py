"""Functions of ``scipy.special`` that are formulas over others, written as such."""

from __future__ import annotations

import math

from .arrays import as_array, known_flag
from .frame import Frame
from .libraries import Arguments, call_library, library
from .objects import NONE, Obj, Scalar
from .terms import Term


def _terms(frame: Frame, args: Arguments, words: str) -> list[Term]:
    found = [
        Term(frame, as_array(frame, obj)) for obj in args.take(frame, words) if obj
    ]
    if any(term.value.type.is_complex for term in found):
        frame.refuse(f"{args.spelled} of complex numbers", "use it on real ones")
    return found


def _special(name: str, *terms: Term, **named: Obj) -> Term:
    frame = terms[0].frame
    inputs = [term.obj for term in terms]
    return Term(frame, call_library(frame, f"scipy.special.{name}", inputs, named))


@library("scipy.special.log_softmax")
def log_softmax(frame: Frame, args: Arguments) -> Obj:
    """``log_softmax(x, axis)``: x less its logsumexp."""
    given, axis = args.take(frame, "x axis?")
    assert given is not None
    x = Term(frame, as_array(frame, given))
    keep = Scalar(frame.constant(True))
    return (x - _special("logsumexp", x, axis=axis or NONE, keepdims=keep)).obj


@library("scipy.special.huber")
def huber(frame: Frame, args: Arguments) -> Obj:
    """``huber(delta, r)``: a square near 0 and straight lines beyond delta."""
    delta, r = _terms(frame, args, "delta r")
    size = r.call("abs")
    lines = delta * (size - 0.5 * delta)
    found = (size <= delta).where(0.5 * r * r, lines)
    if (frame.context.number(delta.value) or -1) >= 0:
        return found.obj
    return (delta < 0.0).where(math.inf, found).obj


@library("scipy.special.pseudo_huber")
def pseudo_huber(frame: Frame, args: Arguments) -> Obj:
    """``pseudo_huber(delta, r)`` without cancellation near 0."""
    delta, r = _terms(frame, args, "delta r")
    known = (frame.context.number(delta.value) or -1) > 0
    safe = delta if known else (delta <= 0.0).where(1.0, delta)
    slope = r / safe
    found = r * r / ((slope * slope + 1.0).call("sqrt") + 1.0)
    if known:
        return found.obj
    edge = (delta < 0.0).where(math.inf, 0.0)
    return (delta <= 0.0).where(edge, found).obj


@library("scipy.special.kl_div")
def kl_div(frame: Frame, args: Arguments) -> Obj:
    """``kl_div(x, y)``: x * log(x / y) - x + y."""
    x, y = _terms(frame, args, "x y")
    return (_special("rel_entr", x, y) - x + y).obj


@library("scipy.special.exp10")
def exp10(frame: Frame, args: Arguments) -> Obj:
    """``exp10(x)``: a power of ten."""
    (x,) = _terms(frame, args, "x")
    return Term(frame, Scalar(frame.constant(10.0))).call("power", x).obj


@library("scipy.special.erfcinv")
def erfcinv(frame: Frame, args: Arguments) -> Obj:
    """``erfcinv(x)``: by the inverse of the normal distribution."""
    (x,) = _terms(frame, args, "x")
    return (-math.sqrt(0.5) * _special("ndtri", 0.5 * x)).obj


@library("scipy.special.loggamma")
def loggamma(frame: Frame, args: Arguments) -> Obj:
    """``loggamma(x)`` of real numbers: nan below 0."""
    (x,) = _terms(frame, args, "x")
    return (x < 0.0).where(math.nan, _special("gammaln", x)).obj


def weighted_logsumexp(
    frame: Frame, a: Obj, b: Obj, axis: Obj, keep: Obj | None
) -> Obj:
    """Return ``log(sum(b * exp(a)))``, the greatest of what has a weight taken out."""
    x, weights = Term(frame, as_array(frame, a)), Term(frame, as_array(frame, b))
    along = Term(frame, axis)
    counted = weights.call("not_equal", 0).where(x, -math.inf)
    greatest = counted.call("max", axis=along, keepdims=True)
    top = Term(frame, frame.make("stop_gradient", greatest.value))
    top = top.call("isfinite").where(top, 0.0)
    powers = weights * (x - top).call("exp")
    total = powers.call("sum", axis=along, keepdims=True).call("log") + top
    if keep is not None and known_flag(frame, keep, "keepdims="):
        return total.obj
    if axis == NONE:
        return total[(0,) * total.rank].obj
    return total.call("squeeze", axis=along).obj
