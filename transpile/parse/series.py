"""The functions of ``np.polynomial``: the lowest power first, other families of terms.

A family is known by its recurrence: P_{k+1} = a(k, x) P_k - b(k) P_{k-1}, with
P_1 = a(0, x) but for Chebyshev's, whose first step is half of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from ..graph.dtypes import promote
from .arrays import as_array, known_flag, known_integer
from .fits import fitted, plain
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, call_library, library
from .objects import Obj, Static
from .polynomials import inexact, trimmed, vector
from .routines import run
from .terms import Term, array_of

CLENSHAW = '''\
import numpy as np


def {name}(x, c):
    """The sum of c[k] times FAMILY k at x: Clenshaw."""
    newer, older = 0 * x, 0 * x
    for k in range(len(c) - 1, -1, -1):
        newer, older = c[k] + STEP * newer - NEXT * older, newer
    return newer
'''
CLENSHAW_HALF = '''\
import numpy as np


def {name}(x, c):
    """The sum of c[k] times FAMILY k at x: Clenshaw."""
    newer, older = 0 * x, 0 * x
    for k in range(len(c) - 1, 0, -1):
        newer, older = c[k] + 2 * x * newer - older, newer
    return c[0] + x * newer - older
'''
COLUMNS = '''\
import numpy as np


def {name}(x, degree):
    """FAMILY at x, to a degree, as columns."""
    found = np.ones((len(x), degree + 1), dtype=x.dtype)
    if degree > 0:
        found[:, 1] = FIRST
    for k in range(1, degree):
        found[:, k + 1] = STEP * found[:, k] - LAST * found[:, k - 1]
    return found
'''


@dataclass(frozen=True, slots=True)
class Family:
    """How the polynomials of a family follow from each other, as text."""

    name: str
    first: str
    step: str
    last: str
    next: str

    def text(self, template: str) -> str:
        """Return a template with the recurrence of the family."""
        parts = {
            "FAMILY": self.name,
            "FIRST": self.first,
            "STEP": self.step,
            "LAST": self.last,
            "NEXT": self.next,
        }
        for key, part in parts.items():
            template = template.replace(key, part)
        return template.replace("1 * ", "")


FAMILIES: Mapping[str, Family] = {
    "chebyshev.cheb": Family("the Chebyshev polynomial", "x", "2 * x", "1", "1"),
    "legendre.leg": Family(
        "the Legendre polynomial",
        "x",
        "(2 * k + 1) / (k + 1) * x",
        "k / (k + 1)",
        "(k + 1) / (k + 2)",
    ),
    "hermite.herm": Family(
        "the Hermite polynomial", "2 * x", "2 * x", "2 * k", "2 * (k + 1)"
    ),
    "hermite_e.herme": Family("the Hermite polynomial He", "x", "x", "k", "(k + 1)"),
    "laguerre.lag": Family(
        "the Laguerre polynomial",
        "1 - x",
        "(2 * k + 1 - x) / (k + 1)",
        "k / (k + 1)",
        "(k + 1) / (k + 2)",
    ),
}
POLYNOMIAL = "numpy.polynomial.polynomial"


def _value(key: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``chebval(x, c)`` and its like."""
    given, coefficients, _ = args.take(frame, "x c tensor?")
    assert given is not None
    x = Term(frame, as_array(frame, given))
    c = inexact(_vector(frame, coefficients, args))
    dtype = promote(inexact(x).value.type.dtype, c.value.type.dtype)
    x, c = x.cast(dtype), c.cast(dtype)
    name = key.rpartition(".")[2] + "val"
    if key == "polynomial.poly":
        return call_library(frame, "numpy.polyval", [c[::-1].obj, x.obj], {})
    half = CLENSHAW_HALF if key == "chebyshev.cheb" else CLENSHAW
    return run(frame, FAMILIES[key].text(half), name, [x.obj, c.obj])


def _vector(frame: Frame, obj: Obj | None, args: Arguments) -> Term:
    """Return coefficients: NumPy takes those of several polynomials as well."""
    assert obj is not None
    found = Term(frame, as_array(frame, obj))
    return array_of(frame, found.call("atleast_1d").obj, args.spelled)


def _columns(key: str, x: Term, degree: Term) -> Term:
    """Return the polynomials of a family at x, as columns."""
    if key == "polynomial.poly":
        return x.call("vander", degree + 1, increasing=True)
    text = FAMILIES[key].text(COLUMNS)
    name = key.rpartition(".")[2] + "vander"
    return Term(x.frame, run(x.frame, text, name, [x.obj, degree.obj]))


def _vander(key: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``chebvander(x, degree)`` and its like."""
    given, degree = args.take(frame, "x deg")
    assert given is not None and degree is not None
    x = inexact(array_of(frame, as_array(frame, given), args.spelled))
    return _columns(key, x, Term(frame, degree)).obj


def _fit(key: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``chebfit(x, y, degree, w=...)`` and its like."""
    given, values, degree, rcond, full, weights = args.take(
        frame, "x y deg rcond? full? w?"
    )
    assert given is not None and values is not None and degree is not None
    plain(frame, rcond, args)
    if full is not None and known_flag(frame, full, "full="):
        frame.refuse(f"full=True of {args.spelled}", "np.polyfit has it")
    x = inexact(array_of(frame, as_array(frame, given), args.spelled))
    if frame.read(as_array(frame, degree)).type.rank:
        frame.refuse(f"a list of degrees for {args.spelled}", "give one degree")
    matrix = _columns(key, x, Term(frame, degree))
    return fitted(matrix, Term(frame, as_array(frame, values)), weights).obj


def _several(key: str, grid: bool, frame: Frame, args: Arguments) -> Obj:
    """Return ``polyval2d(x, y, c)`` and ``polygrid2d(x, y, c)``, and in three."""
    *points, coefficients = args.positional
    c = inexact(Term(frame, as_array(frame, coefficients)))
    places = [inexact(Term(frame, as_array(frame, obj))) for obj in points]
    if args.keywords or c.rank != len(places):
        frame.refuse(
            f"{args.spelled} with coefficients of {c.rank} axes", "give one for each"
        )
    lengths = tuple(places[0].length(k) for k in range(places[0].rank))
    columns = [
        _columns(key, x.call("ravel") if x.rank else x.call("atleast_1d"), degree)
        for x, degree in zip(
            places, (c.length(k) - 1 for k in range(c.rank)), strict=True
        )
    ]
    letters = "abc"[: c.rank]
    outer = [letter.upper() if grid else "n" for letter in letters]
    terms = ",".join(n + k for n, k in zip(outer, letters, strict=True))
    result = "".join(dict.fromkeys(outer))
    given = [Static(f"{letters},{terms}->{result}"), *(t.obj for t in (c, *columns))]
    found = Term(frame, call_library(frame, "numpy.einsum", given, {}))
    if grid:
        lengths = tuple(x.length(k) for x in places for k in range(x.rank))
    return (found.call("reshape", lengths) if lengths else found.call("sum")).obj


for _key in ("polynomial.poly", *FAMILIES):
    for _axes in ("2d", "3d"):
        FUNCTIONS[f"numpy.polynomial.{_key}val{_axes}"] = partial(_several, _key, False)
        FUNCTIONS[f"numpy.polynomial.{_key}grid{_axes}"] = partial(_several, _key, True)
    FUNCTIONS[f"numpy.polynomial.{_key}val"] = partial(_value, _key)
    FUNCTIONS[f"numpy.polynomial.{_key}vander"] = partial(_vander, _key)
    FUNCTIONS[f"numpy.polynomial.{_key}fit"] = partial(_fit, _key)


# ---- powers: as the functions that have the highest first ----


def _turned(name: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``polyadd(c, d)`` and its like, without zeros as last coefficients."""
    given = args.take(frame, "c1 c2")
    pair = [vector(frame, obj, args.spelled)[::-1] for obj in given]
    return trimmed(pair[0].call(name, pair[1]), 0.0)[::-1].obj


for _name in ("polyadd", "polysub", "polymul"):
    FUNCTIONS[f"{POLYNOMIAL}.{_name}"] = partial(_turned, _name)


def _repeated(name: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``polyder(c, m)`` and ``polyint(c, m)``."""
    given, times = args.take(frame, "c m?")
    c = inexact(vector(frame, given, args.spelled))
    m = 1
    if times is not None:
        m = known_integer(frame, frame.read(times), f"m of {args.spelled}")
    if name == "polyder":
        longer = c.length() >= m + 1
        message = "a derivative of higher order than the polynomial"
        frame.check(longer.value, "ValueError", message)
    return c[::-1].call(name, m)[::-1].obj


for _name in ("polyder", "polyint"):
    FUNCTIONS[f"{POLYNOMIAL}.{_name}"] = partial(_repeated, _name)


@library("np.polynomial.polynomial.polyroots")
def polyroots(frame: Frame, args: Arguments) -> Obj:
    """``polyroots(c)``: in order, in complex numbers.

    Compiled, real parts of conjugates may differ by rounding: either comes first.
    """
    (c,) = args.take(frame, "c")
    return vector(frame, c, args.spelled)[::-1].call("roots").call("sort").obj


@library("np.polynomial.polynomial.polyfromroots")
def polyfromroots(frame: Frame, args: Arguments) -> Obj:
    """``polyfromroots(roots)``: complex where the roots are."""
    (roots,) = args.take(frame, "roots")
    return vector(frame, roots, args.spelled).call("poly")[::-1].obj
