"""Draws from families of distributions.

What is drawn from a family of locations and scales is written as such:
``rng.normal(mu, s, n)`` as ``mu + s * rng.standard_normal(n)``. These are the same
numbers to the last bit, as NumPy computes them so, and the derivatives with respect to
``mu`` and ``s`` follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..graph.ir import Value
from .arrays import as_array, as_value
from .draws import FLOATS, Draws, draws, standard
from .frame import Frame
from .lengths import require_equal
from .objects import Obj, Scalar
from .terms import Term, array_of

Formula = Callable[[list[Term], Term], Term]


def _scaled(parameters: list[Term], z: Term) -> Term:
    (scale,) = parameters
    return z if _number(scale) == 1 else scale * z


def _located(parameters: list[Term], z: Term) -> Term:
    loc, scale = parameters
    spread = _scaled([scale], z)
    return spread if _number(loc) == 0 else loc + spread


def _between(parameters: list[Term], u: Term) -> Term:
    low, _ = parameters
    return _located([low, _width(parameters)], u)


def _width(parameters: list[Term]) -> Term:
    low, high = parameters
    return high if _number(low) == 0 else high - low


def _raised(parameters: list[Term], z: Term) -> Term:
    return _located(parameters, z).call("exp")


def _weibull(parameters: list[Term], e: Term) -> Term:
    one = Term(e.frame, Scalar(e.frame.constant(1.0)))
    return e.call("power", one / parameters[0])


def _pareto(parameters: list[Term], e: Term) -> Term:
    return (e / parameters[0]).call("expm1")


def _number(term: Term) -> float | None:
    """Return what a parameter is, if it is a number of the source."""
    found = term.frame.context.number(term.value)
    return found if isinstance(found, (int, float)) else None


# Parameters with what they are when left out, the draw without parameters (which may
# have the family's name) and the formula over it.
FAMILIES: Mapping[str, tuple[Mapping[str, float | None], str, Formula]] = {
    "normal": ({"loc": 0.0, "scale": 1.0}, "standard_normal", _located),
    "uniform": ({"low": 0.0, "high": 1.0}, "random", _between),
    "exponential": ({"scale": 1.0}, "standard_exponential", _scaled),
    "lognormal": ({"mean": 0.0, "sigma": 1.0}, "standard_normal", _raised),
    "laplace": ({"loc": 0.0, "scale": 1.0}, "laplace", _located),
    "gumbel": ({"loc": 0.0, "scale": 1.0}, "gumbel", _located),
    "logistic": ({"loc": 0.0, "scale": 1.0}, "logistic", _located),
    "rayleigh": ({"scale": 1.0}, "rayleigh", _scaled),
    "weibull": ({"a": None}, "standard_exponential", _weibull),
    "pareto": ({"a": None}, "standard_exponential", _pareto),
}


@draws(" ".join(FAMILIES))
def _of_family(call: Draws) -> Obj:
    defaults, base, formula = FAMILIES[call.method]
    names = (f"{name}?" if at is not None else name for name, at in defaults.items())
    *given, size = call.take(" ".join([*names, "size?"]))
    parameters = [
        _parameter(call.frame, obj, default or 0.0)
        for obj, default in zip(given, defaults.values(), strict=True)
    ]
    _require_positive(call, list(defaults)[-1], parameters)
    lengths = call.lengths(size, [term.value for term in parameters])
    return formula(parameters, Term(call.frame, standard(call, base, lengths))).obj


@draws("gamma")
def _gamma(call: Draws) -> Obj:
    """``rng.gamma(shape, scale)``: the scale is a factor."""
    shape, scale, size = call.take("shape scale? size?")
    found = [_parameter(call.frame, obj, 1.0) for obj in (shape, scale)]
    _require_positive(call, "scale", found)
    lengths = call.lengths(size, [term.value for term in found])
    drawn = call.draw("standard_gamma", FLOATS, lengths, [found[0].value])
    return _scaled(found[1:], Term(call.frame, drawn)).obj


def _parameter(frame: Frame, obj: Obj | None, default: float) -> Term:
    """Return a parameter in double precision, in which NumPy draws."""
    term = Term(frame, Scalar(frame.constant(default)) if obj is None else obj)
    value = term.value
    if value.type.is_complex:
        frame.refuse("a complex parameter of a draw", "draw the two parts")
    if value.type.rank:
        return Term(frame, as_array(frame, term.obj)).cast("float64")
    if value.type.dtype in ("weak_int", "weak_float", "float64"):
        return term
    return Term(frame, Scalar(frame.cast(value, "weak_float")))


# ---- what NumPy raises ----

NOT_NEGATIVE = frozenset("exp sqrt absolute square softplus sigmoid std var".split())


def _require_positive(call: Draws, name: str, parameters: list[Term]) -> None:
    """Raise ValueError for a negative scale or width, as NumPy does."""
    last = parameters[-1]
    if call.method == "uniform":
        if not call.is_new:
            return
        name, last = "high - low", _width(parameters)
    number, least = _number(last), 1e-300 if call.method == "pareto" else 0.0
    if number is not None and number >= least:
        return
    if not least and _is_never_negative(call.frame, last.value):
        return
    frame, op, sign = call.frame, *(("less_equal", "<=") if least else ("less", "<"))
    low = Term(frame, frame.make(op, last.value, frame.constant(0)))
    found = low.call("any") if low.rank else low
    good = frame.emit("logical_not", found.value)
    frame.check(good, "ValueError", f"{name} {sign} 0")


def _is_never_negative(frame: Frame, value: Value) -> bool:
    made = (eq for eq in frame.context.builder.equations if value in eq.results)
    return any(eq.op in NOT_NEGATIVE for eq in made)


# ---- draws that do not follow their parameters smoothly ----

OPAQUE: Mapping[str, str] = {
    "standard_gamma": "shape",
    "beta": "a b",
    "chisquare": "df",
    "noncentral_chisquare": "df nonc",
    "f": "dfnum dfden",
    "standard_t": "df",
    "vonmises": "mu kappa",
    "wald": "mean scale",
    "triangular": "left mode right",
    "power": "a",
}
COUNTS: Mapping[str, str] = {
    "poisson": "lam?",
    "binomial": "n p",
    "negative_binomial": "n p",
    "geometric": "p",
    "zipf": "a",
    "logseries": "p",
    "hypergeometric": "ngood nbad nsample",
}


@draws(" ".join([*OPAQUE, *COUNTS]))
def _opaque(call: Draws) -> Obj:
    names = OPAQUE.get(call.method) or COUNTS[call.method]
    *given, size = call.take(f"{names} size?")
    values = [as_value(call.frame, obj) for obj in given if obj is not None]
    dtypes = ("int64", "weak_int") if call.method in COUNTS else FLOATS
    return call.draw(call.method, dtypes, call.lengths(size, values), values)


# ---- vectors ----


@draws("multivariate_normal")
def _multivariate(call: Draws) -> Obj:
    """``rng.multivariate_normal(mean, cov, size)``: the mean is added."""
    mean, cov, size = call.take("mean cov size?")
    assert mean is not None and cov is not None
    centre = array_of(call.frame, as_array(call.frame, mean), "a mean")
    spread = array_of(call.frame, as_array(call.frame, cov), "a covariance", 2)
    sides = [(centre.value.type.shape[0], d) for d in spread.value.type.shape]
    require_equal(call.frame, sides, [centre.value, spread.value], "add")
    values = [centre.length().call("zeros").value, spread.value]
    lengths = call.lengths(size)
    drawn = call.draw(call.method, FLOATS, lengths, values, rows=True)
    return (centre + Term(call.frame, drawn)).obj


@draws("multinomial")
def _counts(call: Draws) -> Obj:
    """``rng.multinomial(n, p, size)``: a row of counts each."""
    n, p, size = call.take("n pvals size?")
    assert n is not None and p is not None
    shares = array_of(call.frame, as_array(call.frame, p), "shares").value
    values = [as_value(call.frame, n), shares]
    if values[0].type.rank:
        call.frame.refuse("an array of numbers of trials", "draw in a loop over them")
    dtypes = "int64", "weak_int"
    return call.draw(call.method, dtypes, call.lengths(size), values, rows=True)


@draws("dirichlet")
def _shares(call: Draws) -> Obj:
    """``rng.dirichlet(alpha, size)``: a row of shares each."""
    alpha, size = call.take("alpha size?")
    assert alpha is not None
    values = [array_of(call.frame, as_array(call.frame, alpha), "alpha").value]
    return call.draw(call.method, FLOATS, call.lengths(size), values, rows=True)
