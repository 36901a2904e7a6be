"""Polynomials as NumPy's functions have them: the highest power first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial, reduce

from ..graph.dtypes import floating, promote, strong
from ..read.source import Rules
from ..read.static import from_text
from .arrays import as_array, known_flag, known_integer
from .calls import call_routine
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library
from .objects import NONE, Obj, Scalar, Tuple, flatten
from .routines import run
from .terms import Term, array_of, counted

MOST_TERMS = 16
HORNER = '''\
import numpy as np


def {name}(p, x):
    """np.polyval(p, x)."""
    y = 0.0 * x
    for k in range(len(p)):
        y = y * x + p[k]
    return y
'''


def vector(frame: Frame, obj: Obj | None, what: str) -> Term:
    """Return the coefficients of a polynomial."""
    assert obj is not None
    found = Term(frame, as_array(frame, obj))
    return found if found.rank == 1 else array_of(frame, found.call("ravel").obj, what)


@library("np.vander")
def vander(frame: Frame, args: Arguments) -> Obj:
    """``np.vander(x, N, increasing)``."""
    given, columns, increasing = args.take(frame, "x N? increasing?")
    assert given is not None
    x = array_of(frame, given, "np.vander")
    count = x.length() if columns is None else Term(frame, columns)
    powers = counted(frame, count)
    if increasing is None or not known_flag(frame, increasing, "increasing="):
        powers = powers[::-1]
    return x[:, None].call("power", powers[None, :]).obj


@library("np.polyval")
def polyval(frame: Frame, args: Arguments) -> Obj:
    """``np.polyval(p, x)``: by Horner's rule, in a loop where p has any length."""
    p, given = args.take(frame, "p x")
    assert p is not None and given is not None
    x = Term(frame, as_array(frame, given))
    x = _as_wide(x, [Term(frame, leaf) for leaf in flatten(p)])
    if isinstance(p, Tuple):
        terms = [Term(frame, item) for item in p.items]
    else:
        array = array_of(frame, p, "np.polyval")
        n = array.value.type.shape[0].value
        if not n or n > MOST_TERMS:
            return run(frame, HORNER, "polyval", [array.obj, x.obj])
        terms = [array[k] for k in range(n)]
    return reduce(lambda y, c: y * x + c, terms[1:], x * 0.0 + terms[0]).obj


def _as_wide(x: Term, terms: Sequence[Term]) -> Term:
    """Return x in the dtype of the value: numbers of a list are one array to NumPy."""
    own = x.value.type.dtype
    if not x.value.type.is_inexact or not (x.rank or own in ("float32", "complex64")):
        return x
    return x.cast(promote(own, *(strong(t.value.type.dtype) for t in terms)))


def _powers(p: Term, least: int) -> Term:
    """Return the powers of a polynomial's terms, and more, as far as the least."""
    return counted(p.frame, p.length())[::-1] + least


@library("np.polyder")
def polyder(frame: Frame, args: Arguments) -> Obj:
    """``np.polyder(p, m)``: the derivative by the variable."""
    given, times = args.take(frame, "p m?")
    found = vector(frame, given, "np.polyder")
    for _ in range(_count(frame, times, "m of np.polyder")):
        found = found[:-1] * _powers(found[:-1], 1)
    return found.obj


@library("np.polyint")
def polyint(frame: Frame, args: Arguments) -> Obj:
    """``np.polyint(p, m, k)``: the integral, with a constant for each time."""
    given, times, constants = args.take(frame, "p m? k?")
    found = vector(frame, given, "np.polyint")
    count = _count(frame, times, "m of np.polyint")
    ends = [Term(frame, Scalar(frame.constant(0.0)))] * count
    if constants is not None and constants != NONE:
        items = constants.items if isinstance(constants, Tuple) else (constants,)
        ends = [Term(frame, item) for item in items]
        ends = ends * count if len(ends) == 1 else ends
    if len(ends) != count or any(end.rank for end in ends):
        frame.refuse("these constants of np.polyint", "give a number for each time")
    for end in ends:
        parts = [(found / _powers(found, 1)).value, end.call("atleast_1d").value]
        found = Term(frame, frame.make("concatenate", *parts, axis=0))
    return found.obj


def _count(frame: Frame, obj: Obj | None, what: str) -> int:
    return 1 if obj is None else known_integer(frame, frame.read(obj), what)


def _sum(combine: Callable[[Term, Term], Term], frame: Frame, args: Arguments) -> Obj:
    """Return the sum or difference of two polynomials."""
    pair = [vector(frame, obj, args.spelled) for obj in args.take(frame, "a1 a2")]
    n = pair[0].length().call("maximum", pair[1].length())
    wide = []
    for p in pair:
        zeros = frame.emit("zeros", (n - p.length()).value, dtype=p.value.type.dtype)
        wide.append(Term(frame, frame.make("concatenate", zeros, p.value, axis=0)))
    return combine(*wide).obj


FUNCTIONS["numpy.polyadd"] = partial(_sum, Term.__add__)
FUNCTIONS["numpy.polysub"] = partial(_sum, Term.__sub__)


@library("np.polymul")
def polymul(frame: Frame, args: Arguments) -> Obj:
    """``np.polymul(p, q)``: the convolution of their terms."""
    p, q = (vector(frame, obj, "np.polymul") for obj in args.take(frame, "a1 a2"))
    return p.call("convolve", q).obj


# ---- roots and quotients ----

FROM_ROOTS = '''\
import numpy as np


def {name}(roots):
    """The polynomial with such roots."""
    found = np.zeros(len(roots) + 1, dtype=roots.dtype)
    found[0] = 1
    for k in range(len(roots)):
        found[1 : k + 2] -= roots[k] * found[: k + 1]
    return found
'''
DIVIDED = '''\
import numpy as np


def {name}(u, v):
    """np.polydiv(u, v), the remainder with all its zeros."""
    left = u.copy()
    count = max(len(u) - len(v) + 1, 1)
    found = np.zeros(count, dtype=u.dtype)
    for k in range(len(u) - len(v) + 1):
        found[k] = left[k] / v[0]
        left[k : k + len(v)] -= found[k] * v
    return found, left
'''
SMALL_BEFORE = '''\
import numpy as np


def {name}(p, limit):
    """How many coefficients before the last one are at most a limit."""
    count = 0
    while count < len(p) - 1 and np.abs(p[count]) <= limit:
        count += 1
    return count
'''


# Roots move by the implicit function theorem; the companion matrix gives their values.
ROOTS = '''\
import numpy as np


def roots(p):
    """np.roots(p), in complex numbers; roots that are zero come last."""
    found = np.zeros(len(p) - 1, dtype=WIDE)
    count = len(p) - 1
    while count > 0 and p[count] == 0:
        count -= 1
    row = -p[1 : count + 1] / p[0]
    if count > 0:
        companion = np.eye(len(row), k=-1, dtype=p.dtype)
        companion[0] = row
        found[: len(row)] = np.linalg.eigvals(companion)
    return found


def roots_jvp(tangent, result, p):
    """The tangents of roots by the implicit function theorem."""
    powers = result[:, None] ** np.arange(len(p) - 1, -1, -1)
    slopes = powers[:, 1:] @ (p[:-1] * np.arange(len(p) - 1, 0, -1))
    return -(powers @ tangent) / slopes


def roots_vjp(cotangent, result, p):
    """The adjoint of a polynomial by the implicit function theorem."""
    powers = result[:, None] ** np.arange(len(p) - 1, -1, -1)
    slopes = powers[:, 1:] @ (p[:-1] * np.arange(len(p) - 1, 0, -1))
    return -(cotangent / np.conj(slopes) @ np.conj(powers))PART
'''


@library("np.roots")
def roots(frame: Frame, args: Arguments) -> Obj:
    """``np.roots(p)``, in complex numbers."""
    (given,) = args.take(frame, "p")
    p = inexact(vector(frame, given, "np.roots"))
    zero = p[0].call("not_equal", 0)
    message = "np.roots of a polynomial whose first coefficient is zero"
    frame.check(zero.value, "ValueError", message)
    dtype = p.value.type.dtype
    wide = "np.complex64" if dtype in ("float32", "complex64") else "np.complex128"
    part = "" if p.value.type.is_complex else ".real"
    text = ROOTS.replace("WIDE", wide).replace("PART", part)
    found, push, pull = (
        from_text(text, name) for name in ("roots", "roots_jvp", "roots_vjp")
    )
    source = replace(found, rules=Rules(push, pull))
    return call_routine(frame, source, [p.obj], {})


@library("np.poly")
def poly(frame: Frame, args: Arguments) -> Obj:
    """``np.poly(x)``: from roots, or from the eigenvalues of a matrix.

    Of complex roots it is complex, also where NumPy finds that they are conjugates.
    """
    (given,) = args.take(frame, "seq_of_zeros")
    assert given is not None
    x = Term(frame, as_array(frame, given))
    if x.rank not in (1, 2):
        frame.refuse(f"np.poly of an array with {x.rank} axes", "give roots")
    at = x.call("linalg.eigvals") if x.rank == 2 else inexact(x)
    found = Term(frame, run(frame, FROM_ROOTS, "poly_from_roots", [at.obj]))
    real = x.rank == 2 and not x.value.type.is_complex
    return (found.call("real").call("copy") if real else found).obj


def inexact(x: Term) -> Term:
    """Return floating or complex numbers; integers as such."""
    return x if x.value.type.is_inexact else x.cast(floating(x.value.type.dtype))


@library("np.polydiv")
def polydiv(frame: Frame, args: Arguments) -> Obj:
    """``np.polydiv(u, v)``: the quotient, and the remainder without its first zeros."""
    pair = [vector(frame, obj, "np.polydiv") for obj in args.take(frame, "u v")]
    dtype = floating(promote(*(p.value.type.dtype for p in pair)))
    u, v = (p.cast(dtype) for p in pair)
    made = run(frame, DIVIDED, "divided_polynomial", [u.obj, v.obj])
    assert isinstance(made, Tuple)
    quotient, rest = (Term(frame, item) for item in made.items)
    return Tuple((quotient.obj, trimmed(rest, 1e-8).obj))


def trimmed(p: Term, limit: float) -> Term:
    """Return a polynomial without first coefficients that are at most a limit."""
    most = Scalar(p.frame.constant(limit))
    zeros = run(p.frame, SMALL_BEFORE, "small_before", [p.obj, most])
    return p[Term(p.frame, zeros) :]
