"""Functions of NumPy that are formulas over others, written as such."""

from __future__ import annotations

import math
from functools import reduce

from .arrays import as_array, dtype_of, known_flag, known_integer, one_axis
from .frame import Frame
from .libraries import Arguments, call_library, library
from .objects import NONE, Obj, Scalar, Tuple
from .terms import Term, along, array_of, counted


def _number(frame: Frame, obj: Obj | None, default: float) -> Term:
    return Term(frame, Scalar(frame.constant(default)) if obj is None else obj)


def _require(frame: Frame, condition: Term, message: str) -> None:
    frame.check(condition.value, "ValueError", message)


# ---- choices and comparisons ----


@library("np.select")
def select(frame: Frame, args: Arguments) -> Obj:
    """``np.select([c, d], [x, y], default)``: nested ``np.where``."""
    conditions, choices, default = args.take(frame, "condlist choicelist default?")
    if not isinstance(conditions, Tuple) or not isinstance(choices, Tuple):
        frame.refuse("np.select of something that is not a list", "write lists")
    if len(conditions.items) != len(choices.items):
        frame.refuse("np.select of lists that differ in length", "pair them up")
    found = _number(frame, default, 0)
    pairs = zip(conditions.items, choices.items, strict=True)
    for condition, choice in reversed(list(pairs)):
        test = Term(frame, as_array(frame, condition))
        if test.value.type.dtype != "bool":
            frame.refuse("np.select by numbers", "compare them: x != 0")
        found = test.where(Term(frame, as_array(frame, choice)), found)
    return found.obj


@library("np.isclose")
def isclose(frame: Frame, args: Arguments) -> Obj:
    """``np.isclose(x, y, rtol, atol)``."""
    return _close(frame, args).obj


@library("np.allclose")
def allclose(frame: Frame, args: Arguments) -> Obj:
    """``np.allclose(x, y, rtol, atol)``."""
    found = _close(frame, args)
    return found.call("all").obj if found.rank else found.obj


def _close(frame: Frame, args: Arguments) -> Term:
    a, b, rtol, atol, nan = args.take(frame, "a b rtol? atol? equal_nan?")
    assert a is not None and b is not None
    if nan is not None and known_flag(frame, nan, "equal_nan="):
        frame.refuse("equal_nan=True", "compare np.isnan of both as well")
    x, y = (Term(frame, as_array(frame, obj)) for obj in (a, b))
    limit = _number(frame, atol, 1e-8) + _number(frame, rtol, 1e-5) * y.call("abs")
    near = ((x - y).call("abs") <= limit).call("logical_and", y.call("isfinite"))
    return near.call("logical_or", x.call("equal", y))


@library("math.isclose")
def math_isclose(frame: Frame, args: Arguments) -> Obj:
    """``math.isclose(x, y, rel_tol=..., abs_tol=...)``."""
    a, b, relative, absolute = args.take(frame, "a b rel_tol? abs_tol?")
    assert a is not None and b is not None
    x, y = Term(frame, a), Term(frame, b)
    larger = x.call("abs").call("maximum", y.call("abs"))
    limit = (_number(frame, relative, 1e-9) * larger).call(
        "maximum", _number(frame, absolute, 0.0)
    )
    finite = x.call("isfinite").call("logical_and", y.call("isfinite"))
    near = ((x - y).call("abs") <= limit).call("logical_and", finite)
    return near.call("logical_or", x.call("equal", y)).obj


@library("np.asarray_chkfinite")
def asarray_chkfinite(frame: Frame, args: Arguments) -> Obj:
    """``np.asarray_chkfinite(x)``: the array itself, if all is finite."""
    found = call_library(frame, "numpy.asarray", args.positional, args.keywords)
    finite = Term(frame, found).call("isfinite")
    finite = finite.call("all") if finite.rank else finite
    _require(frame, finite, "array must not contain infs or NaNs")
    return found


@library("np.real_if_close")
def real_if_close(frame: Frame, args: Arguments) -> Obj:
    """``np.real_if_close(x)`` of real numbers, which it leaves as they are."""
    x, _ = args.take(frame, "a tol?")
    assert x is not None
    found = as_array(frame, x)
    if Term(frame, found).value.type.is_complex:
        frame.refuse(
            "np.real_if_close of complex numbers",
            "take z.real: whether it does depends on the numbers",
        )
    return found


# ---- sums, differences, integrals ----


@library("math.fsum")
def fsum(frame: Frame, args: Arguments) -> Obj:
    """``math.fsum(x)``: the sum."""
    (x,) = args.take(frame, "seq")
    assert x is not None
    return array_of(frame, x, "math.fsum").call("sum").obj


@library("math.prod")
def prod(frame: Frame, args: Arguments) -> Obj:
    """``math.prod(x)`` of an array, or of numbers in a tuple."""
    (x,) = args.take(frame, "iterable")
    assert x is not None
    if isinstance(x, Tuple):
        terms = [Term(frame, item) for item in x.items]
        return reduce(lambda a, b: a * b, terms, _number(frame, None, 1)).obj
    return array_of(frame, x, "math.prod").call("prod").obj


@library("math.dist")
def dist(frame: Frame, args: Arguments) -> Obj:
    """``math.dist(p, q)``: the length of the difference."""
    p, q = args.take(frame, "p q")
    assert p is not None and q is not None
    apart = array_of(frame, p, "math.dist") - array_of(frame, q, "math.dist")
    return (apart * apart).call("sum").call("sqrt").obj


@library("np.trapezoid", "np.trapz", "scipy.integrate.trapezoid")
def trapezoid(frame: Frame, args: Arguments) -> Obj:
    """``np.trapezoid(y, x, dx, axis)``."""
    given, x, dx, axis = args.take(frame, "y x? dx? axis?")
    assert given is not None
    y = Term(frame, as_array(frame, given))
    if not y.rank:
        frame.refuse(f"{args.spelled} of a number", "give an array")
    place = y.rank - 1 if axis is None else one_axis(frame, axis, y.rank)
    width = _number(frame, dx, 1.0)
    if x is not None and x != NONE:
        at = Term(frame, as_array(frame, x))
        if at.rank == 1:
            step = at[1:] - at[:-1]
            width = step[along(y.rank, place, slice(None), None)]
        else:
            width = _later(at, place) - _earlier(at, place)
    areas = width * (_later(y, place) + _earlier(y, place)) / 2.0
    return areas.call("sum", axis=place).obj


def _later(x: Term, axis: int) -> Term:
    return x[along(x.rank, axis, slice(1, None), slice(None))]


def _earlier(x: Term, axis: int) -> Term:
    return x[along(x.rank, axis, slice(None, -1), slice(None))]


@library("np.unwrap")
def unwrap(frame: Frame, args: Arguments) -> Obj:
    """``np.unwrap(p, discont, axis, period=...)``: whole periods added to jumps."""
    given, discont, axis, period = args.take(frame, "p discont? axis? period?")
    assert given is not None
    p = Term(frame, as_array(frame, given))
    if not p.rank or not p.value.type.is_float:
        frame.refuse("np.unwrap of this", "give an array of floats")
    place = p.rank - 1 if axis is None else one_axis(frame, axis, p.rank)
    whole = _number(frame, period, 2.0 * math.pi)
    half = whole / 2.0
    limit = half
    if discont is not None and discont != NONE:
        limit = Term(frame, discont).call("maximum", half)
    fixed = Term(frame, frame.make("stop_gradient", p.value))
    jumps = _later(fixed, place) - _earlier(fixed, place)
    turned = (jumps + half) % whole - half
    up = turned.call("equal", -half).call("logical_and", jumps.call("greater", 0.0))
    steps = (jumps.call("abs") < limit).where(0.0, up.where(half, turned) - jumps)
    found = p.call("copy")
    later = along(p.rank, place, slice(1, None), slice(None))
    found[later] = _later(p, place) + steps.call("cumsum", axis=place)
    return found.obj


@library("np.interp")
def interp(frame: Frame, args: Arguments) -> Obj:
    """``np.interp(x, xp, fp, left, right)``: straight lines between given points."""
    given, points, values, left, right, period = args.take(
        frame, "x xp fp left? right? period?"
    )
    assert given is not None and points is not None and values is not None
    x = Term(frame, as_array(frame, given))
    xp, fp = (array_of(frame, obj, "np.interp") for obj in (points, values))
    if period is not None and period != NONE:
        x, xp, fp = _around(x, xp, fp, Term(frame, period))
        left = right = None
    n = xp.length()
    if n.value.as_linear.value is None or n.value.as_linear.value < 2:
        _require(frame, n >= 2, "np.interp between fewer than two points")
    _require(
        frame, n.call("equal", fp.length()), "fp and xp are not of the same length"
    )
    rising = (xp[:-1] < xp[1:]).call("all")
    _require(frame, rising, "np.interp between points that do not increase")
    inside = x.call("clip", xp[0], xp[-1])
    place = xp.call("searchsorted", inside, side="right") - 1
    k = place.call("clip", 0, n - 2)
    slope = (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k])
    found = fp[k] + slope * (inside - xp[k])
    if left is not None and left != NONE:
        found = (x < xp[0]).where(Term(frame, left), found)
    if right is not None and right != NONE:
        found = (xp[-1] < x).where(Term(frame, right), found)
    return found.obj


def _around(x: Term, xp: Term, fp: Term, period: Term) -> tuple[Term, Term, Term]:
    """Return a point and given points in one period, and one more at both ends."""
    frame, width = x.frame, period.call("abs")
    within = xp % width
    order = within.call("argsort")
    at, found = within[order], fp[order]
    pairs = (
        (at[-1:] - width, at, at[0:1] + width),
        (found[-1:], found, found[0:1]),
    )
    wide = [
        Term(frame, frame.make("concatenate", *(t.value for t in parts), axis=0))
        for parts in pairs
    ]
    return x % width, wide[0], wide[1]


@library("np.convolve")
def convolve(frame: Frame, args: Arguments) -> Obj:
    """``np.convolve(a, v, mode)``: products with the windows of one of them."""
    a, v, how = args.take(frame, "a v mode?")
    assert a is not None and v is not None
    mode = "full" if how is None else getattr(how, "value", None)
    if mode not in ("full", "same", "valid"):
        frame.refuse("this mode of np.convolve", 'write "full", "same" or "valid"')
    x, kernel = (array_of(frame, obj, "np.convolve") for obj in (a, v))
    n, m = x.length(), kernel.length()
    for length in (n, m):
        _require(frame, length >= 1, "np.convolve of an empty array")
    if mode == "valid":
        _require(frame, n >= m, "np.convolve with the longer array second")
        return (_windows(x, n - m + 1, m) @ kernel[::-1]).obj
    whole = _windows(_padded(x, m - 1), n + m - 1, m) @ kernel[::-1]
    if mode == "full":
        return whole.obj
    shorter, longer = n.call("minimum", m), n.call("maximum", m)
    start = (shorter - 1) // 2
    return whole[start : start + longer].obj


def _padded(x: Term, width: Term) -> Term:
    """Return a vector between zeros."""
    frame, n = x.frame, x.length()
    total = n + 2 * width
    dtype = x.value.type.dtype
    made = frame.make("zeros", total.value, dtype=dtype, spelled="np.zeros")
    wide = Term(frame, made)
    wide[width : width + n] = x
    return wide


def _windows(x: Term, count: Term, width: Term) -> Term:
    """Return the parts of a vector from each of its first elements on, as rows."""
    frame = x.frame
    return x[counted(frame, count)[:, None] + counted(frame, width)[None, :]]


# ---- products ----


@library("np.linalg.matrix_power")
def matrix_power(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.matrix_power(A, n)`` by repeated squaring, n a known number."""
    a, exponent = args.take(frame, "a n")
    assert a is not None and exponent is not None
    n = known_integer(frame, frame.read(exponent), "the exponent of matrix_power")
    base = Term(frame, a)
    if base.rank < 2:
        frame.refuse("np.linalg.matrix_power of something that is not a matrix")
    if not n:
        return (base * 0.0 + base.length(base.rank - 1).call("eye")).obj
    if n < 0:
        base, n = base.call("linalg.inv"), -n
    found: Term | None = None
    while n:
        if n % 2:
            found = base if found is None else found @ base
        n //= 2
        base = base @ base if n else base
    assert found is not None
    return found.call("copy").obj if found.obj is a else found.obj


@library("np.tri")
def tri(frame: Frame, args: Arguments) -> Obj:
    """``np.tri(n, m, k)``: ones at and below a diagonal."""
    n, m, k, dtype = args.take(frame, "N M? k? dtype?")
    assert n is not None
    down = counted(frame, Term(frame, n))[:, None]
    across = counted(frame, Term(frame, n if m is None or m == NONE else m))
    if k is not None:
        down = down + Term(frame, k)
    wanted = dtype_of(frame, NONE if dtype is None else dtype, "float64")
    inside = (down >= across[None, :]).value
    return frame.make("cast", inside, dtype=wanted, spelled=".astype")
