"""Functions of ``scipy.special`` that are others with shifted orders or arguments.

Bessel's derivatives and spherical functions, polynomials of other arguments, inverses
of distributions. Orders and degrees are numbers in the source.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

from .arrays import as_array, known_flag, known_integer
from .formulas import special, terms_of
from .frame import Frame
from .libraries import FUNCTIONS, Arguments
from .objects import Obj, Scalar
from .terms import Term

# ---- derivatives of Bessel functions of some order ----


def _number(frame: Frame, number: float) -> Term:
    return Term(frame, Scalar(frame.constant(number)))


def _derived(op: str, sign: int, frame: Frame, args: Arguments) -> Obj:
    """Return ``jvp(v, z, n)``: a sum of functions of orders v - n to v + n."""
    order, z, times = args.take(frame, "v z n?")
    assert order is not None and z is not None
    n = 1 if times is None else known_integer(frame, frame.read(times), "n")
    v, x = Term(frame, as_array(frame, order)), Term(frame, as_array(frame, z))
    if n < 0:
        frame.refuse(f"{args.spelled} of a negative order", "n is 0, 1, 2, ...")
    total = special(op, v - n, x) if n else special(op, v, x)
    for k in range(1, n + 1):
        part = math.comb(n, k) * special(op, v + (2 * k - n), x)
        total = total + part if sign > 0 or k % 2 == 0 else total - part
    turned = -1.0 if op == "kv" and n % 2 else 1.0
    return (turned / 2**n * total).obj if n else total.obj


for _name, _sign in (("jv", -1), ("yv", -1), ("iv", 1), ("kv", 1)):
    FUNCTIONS[f"scipy.special.{_name}p"] = partial(_derived, _name, _sign)

# ---- spherical Bessel functions of order n, for any real x ----


def _double_factorial(n: int) -> float:
    return float(math.prod(range(n, 0, -2)))


def _power(x: Term, n: int) -> Term:
    return x if n == 1 else x.call("power", n)


def _regular(n: int, x: Term, sign: float) -> Term:
    """Return j_n (sign -1) or i_n (sign 1): a power of x, and a series."""
    series = special("hyp0f1", _number(x.frame, n + 1.5), 0.25 * sign * (x * x))
    return _power(x, n) * series / _double_factorial(2 * n + 1) if n else series


def _second(n: int, x: Term) -> Term:
    series = special("hyp0f1", _number(x.frame, 0.5 - n), -0.25 * (x * x))
    return -_double_factorial(2 * n - 1) * series / _power(x, n + 1)


def _third(n: int, x: Term) -> Term:
    inverse, total = x.call("reciprocal"), _number(x.frame, 0.0) * x
    for k in range(n, -1, -1):
        factor = math.factorial(n + k) / math.factorial(k) / math.factorial(n - k)
        total = total * inverse + factor / 2**k
    return 0.5 * math.pi * (-x).call("exp") * total * inverse


# The function, and the signs of those of a lower and of a higher order.
Spherical = tuple[Callable[[int, Term], Term], int, int]
SPHERICAL: Mapping[str, Spherical] = {
    "jn": (lambda n, x: _regular(n, x, -1.0), 1, -1),
    "in": (lambda n, x: _regular(n, x, 1.0), 1, 1),
    "yn": (_second, 1, -1),
    "kn": (_third, -1, -1),
}


def _spherical(name: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``spherical_jn(n, z, derivative)`` and its like."""
    order, z, derivative = args.take(frame, "n z derivative?")
    assert order is not None and z is not None
    n = known_integer(frame, frame.read(order), f"the order of {args.spelled}")
    x = Term(frame, as_array(frame, z))
    if n < 0 or x.value.type.is_complex:
        frame.refuse(f"{args.spelled} of this", "orders are 0, 1, 2, ... of real z")
    x = x.cast("float64")
    function, below, above = SPHERICAL[name]
    if derivative is None or not known_flag(frame, derivative, "derivative="):
        return function(n, x).obj
    found = above * (n + 1) / (2 * n + 1) * function(n + 1, x)
    if n:
        found = below * n / (2 * n + 1) * function(n - 1, x) + found
    return found.obj


for _name in SPHERICAL:
    FUNCTIONS[f"scipy.special.spherical_{_name}"] = partial(_spherical, _name)

# ---- polynomials of other arguments, inverses of distributions, sums ----


def _diric(n: Term, x: Term) -> Term:
    degree = known_integer(n.frame, n.value, "the n of diric")
    if degree < 1:
        n.frame.refuse("diric of this n", "n is 1, 2, 3, ...")
    lower = _number(n.frame, degree - 1)
    return special("eval_chebyu", lower, (0.5 * x).call("cos")) / float(degree)


def _mean(a: Term, b: Term) -> Term:
    """Return the arithmetic and geometric mean of positive numbers."""
    total, difference = a + b, a - b
    ratio = difference / total
    return 0.25 * math.pi * total / special("ellipk", ratio * ratio)


def _shifted_jacobi(n: Term, p: Term, q: Term, x: Term) -> Term:
    found = special("eval_jacobi", n, p - q, q - 1.0, 2.0 * x - 1.0)
    return found / special("binom", 2.0 * n + p - 1.0, n)


def _fisher(n: Term, d: Term, p: Term) -> Term:
    part = special("betaincinv", 0.5 * n, 0.5 * d, p)
    return d * part / (n * (-part + 1.0))


Formula = Callable[..., Term]
FORMULAS: Mapping[str, tuple[str, Formula]] = {
    "agm": ("a b", _mean),
    "bdtri": ("k n y", lambda k, n, y: special("betainccinv", k + 1.0, n - k, y)),
    "diric": ("x n", lambda x, n: _diric(n, x)),
    "eval_chebyc": ("n x", lambda n, x: 2.0 * special("eval_chebyt", n, 0.5 * x)),
    "eval_chebys": ("n x", lambda n, x: special("eval_chebyu", n, 0.5 * x)),
    "eval_laguerre": (
        "n x",
        lambda n, x: special("eval_genlaguerre", n, _number(n.frame, 0.0), x),
    ),
    "eval_sh_chebyt": ("n x", lambda n, x: special("eval_chebyt", n, 2.0 * x - 1.0)),
    "eval_sh_chebyu": ("n x", lambda n, x: special("eval_chebyu", n, 2.0 * x - 1.0)),
    "eval_sh_jacobi": ("n p q x", _shifted_jacobi),
    "eval_sh_legendre": (
        "n x",
        lambda n, x: special("eval_legendre", n, 2.0 * x - 1.0),
    ),
    "fdtri": ("dfn dfd p", _fisher),
    "gdtrix": ("a b p", lambda a, b, p: special("gammaincinv", b, p) / a),
    "nbdtri": ("k n y", lambda k, n, y: special("betaincinv", n, k + 1.0, y)),
    "nrdtrimn": ("p std x", lambda p, std, x: x - std * special("ndtri", p)),
    "nrdtrisd": ("mn p x", lambda mn, p, x: (x - mn) / special("ndtri", p)),
    "pdtri": ("k y", lambda k, y: special("gammainccinv", k + 1.0, y)),
    "perm": ("N k", lambda n, k: special("poch", n - k + 1.0, k)),
}


def _formula(name: str, frame: Frame, args: Arguments) -> Obj:
    words, formula = FORMULAS[name]
    return formula(*terms_of(frame, args, words)).obj


for _name in FORMULAS:
    FUNCTIONS[f"scipy.special.{_name}"] = partial(_formula, _name)
