"""Functions of ``scipy.special`` that are formulas over others, written as such."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

from .arrays import as_array, known_flag, known_integer
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, call_library, library
from .objects import NONE, Obj, Scalar
from .terms import Term


def terms_of(frame: Frame, args: Arguments, words: str) -> list[Term]:
    """Return the arguments of a function of real numbers."""
    found = [
        Term(frame, as_array(frame, obj)) for obj in args.take(frame, words) if obj
    ]
    if any(term.value.type.is_complex for term in found):
        frame.refuse(f"{args.spelled} of complex numbers", "use it on real ones")
    return found


def special(name: str, *terms: Term, **named: Obj) -> Term:
    """Return what a function of scipy.special gives."""
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
    return (x - special("logsumexp", x, axis=axis or NONE, keepdims=keep)).obj


@library("scipy.special.huber")
def huber(frame: Frame, args: Arguments) -> Obj:
    """``huber(delta, r)``: a square near 0 and straight lines beyond delta."""
    delta, r = terms_of(frame, args, "delta r")
    size = r.call("abs")
    lines = delta * (size - 0.5 * delta)
    found = (size <= delta).where(0.5 * r * r, lines)
    if (frame.context.number(delta.value) or -1) >= 0:
        return found.obj
    return (delta < 0.0).where(math.inf, found).obj


@library("scipy.special.pseudo_huber")
def pseudo_huber(frame: Frame, args: Arguments) -> Obj:
    """``pseudo_huber(delta, r)`` without cancellation near 0."""
    delta, r = terms_of(frame, args, "delta r")
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
    x, y = terms_of(frame, args, "x y")
    return (special("rel_entr", x, y) - x + y).obj


@library("scipy.special.exp10")
def exp10(frame: Frame, args: Arguments) -> Obj:
    """``exp10(x)``: a power of ten."""
    (x,) = terms_of(frame, args, "x")
    return Term(frame, Scalar(frame.constant(10.0))).call("power", x).obj


@library("scipy.special.erfcinv")
def erfcinv(frame: Frame, args: Arguments) -> Obj:
    """``erfcinv(x)``: by the inverse of the normal distribution."""
    (x,) = terms_of(frame, args, "x")
    return (-math.sqrt(0.5) * special("ndtri", 0.5 * x)).obj


@library("scipy.special.loggamma")
def loggamma(frame: Frame, args: Arguments) -> Obj:
    """``loggamma(x)`` of real numbers: nan below 0."""
    (x,) = terms_of(frame, args, "x")
    return (x < 0.0).where(math.nan, special("gammaln", x)).obj


@library("scipy.special.softplus")
def softplus(frame: Frame, args: Arguments) -> Obj:
    """``softplus(x)``: log(1 + exp(x))."""
    (x,) = terms_of(frame, args, "x")
    return Term(frame, Scalar(frame.constant(0.0))).call("logaddexp", x).obj


@library("scipy.special.radian")
def radian(frame: Frame, args: Arguments) -> Obj:
    """``radian(d, m, s)``: an angle from degrees, minutes and seconds."""
    d, m, s = terms_of(frame, args, "d m s")
    return (d + m / 60.0 + s / 3600.0).call("deg2rad").obj


@library("scipy.special.multigammaln")
def multigammaln(frame: Frame, args: Arguments) -> Obj:
    """``multigammaln(a, d)``: gammaln of a, of a - 1/2, and so on, d of them."""
    given, count = args.take(frame, "a d")
    assert given is not None and count is not None
    a = Term(frame, as_array(frame, given))
    d = known_integer(frame, frame.read(count), "the dimension of multigammaln")
    total = special("gammaln", a)
    for k in range(1, d):
        total = total + special("gammaln", a - 0.5 * k)
    return (total + 0.25 * d * (d - 1) * math.log(math.pi)).obj


@library("scipy.special.factorial")
def factorial(frame: Frame, args: Arguments) -> Obj:
    """``factorial(n)``: gamma(n + 1), and 0 below 0."""
    (n,) = (_double(term) for term in terms_of(frame, args, "n"))
    below = n < 0.0
    return below.where(0.0, special("gamma", below.where(1.0, n + 1.0))).obj


@library("scipy.special.comb")
def comb(frame: Frame, args: Arguments) -> Obj:
    """``comb(N, k)``: binom(N, k), and 0 outside of the triangle."""
    n, k = (_double(term) for term in terms_of(frame, args, "N k"))
    inside = (k >= 0.0).call("logical_and", k <= n)
    found = special("binom", inside.where(n, 1.0), inside.where(k, 1.0))
    return inside.where(found, 0.0).obj


def _up_to(k: Term, n: Term, p: Term, whole: float, name: str) -> Term:
    """Return a sum of probabilities of n trials: ``whole`` if it goes over all."""
    steps = k.call("floor")
    some = steps < n
    rest = some.where(n - steps, 1.0)
    return some.where(special(name, steps + 1.0, rest, p), whole)


# Distributions by the incomplete gamma and beta functions.
Distribution = Callable[..., Term]
DISTRIBUTIONS: Mapping[str, tuple[str, Distribution]] = {
    "chdtr": ("v x", lambda v, x: special("gammainc", 0.5 * v, 0.5 * x)),
    "chdtrc": ("v x", lambda v, x: special("gammaincc", 0.5 * v, 0.5 * x)),
    "chdtri": ("v p", lambda v, p: 2.0 * special("gammainccinv", 0.5 * v, p)),
    "pdtr": ("k m", lambda k, m: special("gammaincc", k.call("floor") + 1.0, m)),
    "pdtrc": ("k m", lambda k, m: special("gammainc", k.call("floor") + 1.0, m)),
    "gdtr": ("a b x", lambda a, b, x: special("gammainc", b, a * x)),
    "gdtrc": ("a b x", lambda a, b, x: special("gammaincc", b, a * x)),
    "bdtr": ("k n p", lambda k, n, p: _up_to(k, n, p, 1.0, "betaincc")),
    "bdtrc": ("k n p", lambda k, n, p: _up_to(k, n, p, 0.0, "betainc")),
    "nbdtr": ("k n p", lambda k, n, p: special("betainc", n, k + 1.0, p)),
    "nbdtrc": ("k n p", lambda k, n, p: special("betaincc", n, k + 1.0, p)),
    "fdtr": (
        "n d x",
        lambda n, d, x: special("betainc", 0.5 * n, 0.5 * d, n * x / (d + n * x)),
    ),
    "fdtrc": (
        "n d x",
        lambda n, d, x: special("betainc", 0.5 * d, 0.5 * n, d / (d + n * x)),
    ),
}


def _distribution(name: str, frame: Frame, args: Arguments) -> Obj:
    words, formula = DISTRIBUTIONS[name]
    terms = [_double(term) for term in terms_of(frame, args, words)]
    return formula(*terms).obj


def _double(term: Term) -> Term:
    """Return a number as a double; of float32 the formulas would differ from SciPy."""
    if term.value.type.dtype == "float32":
        term.frame.refuse(
            "this distribution in single precision",
            "convert its arguments with .astype(np.float64)",
        )
    return term if term.value.type.is_inexact else term.call("multiply", 1.0)


for _name in DISTRIBUTIONS:
    FUNCTIONS[f"scipy.special.{_name}"] = partial(_distribution, _name)


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
