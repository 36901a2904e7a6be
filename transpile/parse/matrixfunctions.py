"""Functions of matrices in ``scipy.linalg``: exponentials, roots and logarithms.

What they share: the result is that of an operation (`expm`, `sqrtm`, `logm`), or made
of one. Of a real matrix the root and the logarithm are real, or there is an error.
"""

from __future__ import annotations

from functools import partial

from .arrays import known_flag
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library
from .objects import Obj, Tuple
from .terms import Term
from .triangular import square, transposed

WHOLE = slice(None)


def _expm(x: Term) -> Term:
    return Term(x.frame, x.frame.make("expm", x.value))


@library("scipy.linalg.expm")
def expm(frame: Frame, args: Arguments) -> Obj:
    """``scipy.linalg.expm(A)``."""
    (a,) = args.take(frame, "A")
    return _expm(square(frame, a)).obj


def _blocks(rows: list[list[Term]]) -> Term:
    """Return a matrix of blocks."""
    frame = rows[0][0].frame
    lines = [frame.make("concatenate", *(x.value for x in row), axis=1) for row in rows]
    values = [Term(frame, line).value for line in lines]
    return Term(frame, frame.make("concatenate", *values, axis=0))


@library("scipy.linalg.expm_frechet")
def expm_frechet(frame: Frame, args: Arguments) -> Obj:
    """``expm_frechet(A, E)``: the exponential, and its derivative along E."""
    a, e, _, whole, _ = args.take(frame, "A E method? compute_expm? check_finite?")
    x, along = square(frame, a), square(frame, e)
    n = x.length(0)
    found = _expm(_blocks([[x, along], [x.call("zeros_like"), x]]))
    corner = found[:n, n:].call("copy")
    if whole is not None and not known_flag(frame, whole, "compute_expm="):
        return corner.obj
    return Tuple((found[:n, :n].call("copy").obj, corner.obj))


# ---- sines and cosines ----


def _circular(x: Term) -> tuple[Term, Term]:
    """Return the sine and the cosine: of one exponential, real for a real matrix."""
    zeros, n = x.call("zeros_like"), x.length(0)
    found = _expm(_blocks([[zeros, x], [-x, zeros]]))
    return found[:n, n:], found[:n, :n]


def _hyperbolic(x: Term) -> tuple[Term, Term]:
    rising, falling = _expm(x), _expm(-x)
    return 0.5 * (rising - falling), 0.5 * (rising + falling)


def _part(name: str, frame: Frame, args: Arguments) -> Obj:
    (a,) = args.take(frame, "A")
    x = square(frame, a)
    sine, cosine = _hyperbolic(x) if name.endswith("hm") else _circular(x)
    if name.startswith("tan"):
        return cosine.call("linalg.solve", sine).obj
    return (sine if name.startswith("sin") else cosine).call("copy").obj


for _name in ("sinm", "cosm", "tanm", "sinhm", "coshm", "tanhm"):
    FUNCTIONS[f"scipy.linalg.{_name}"] = partial(_part, _name)

# ---- roots and logarithms ----


def _principal(op: str, x: Term) -> Term:
    """Return the principal root or logarithm: real for a real matrix."""
    frame = x.frame
    if not x.value.type.is_complex:
        values = x.call("linalg.eigvals")
        beside = values.call("imag").call("not_equal", 0.0)
        good = beside.call("logical_or", values.call("real").call("greater", 0.0))
        message = f"scipy.linalg.{op} of a real matrix is real here: make it complex"
        frame.check(good.call("all").value, "ValueError", message)
    dtype = x.value.type.dtype
    wide = {"float32": "float64", "complex64": "complex128"}.get(dtype, dtype)
    given = Term(frame, frame.fresh(x.cast(wide).value))
    return Term(frame, frame.make(op, given.value)).cast(dtype)


def _root(op: str, frame: Frame, args: Arguments) -> Obj:
    a, *_ = args.take(frame, "A disp?")
    return _principal(op, square(frame, a)).obj


FUNCTIONS["scipy.linalg.sqrtm"] = partial(_root, "sqrtm")
FUNCTIONS["scipy.linalg.logm"] = partial(_root, "logm")


@library("scipy.linalg.fractional_matrix_power")
def fractional_matrix_power(frame: Frame, args: Arguments) -> Obj:
    """``fractional_matrix_power(A, t)``: the exponential of t times the logarithm."""
    a, t = args.take(frame, "A t")
    assert t is not None
    return _expm(Term(frame, t) * _principal("logm", square(frame, a))).obj


@library("scipy.linalg.polar")
def polar(frame: Frame, args: Arguments) -> Obj:
    """``polar(a, side)``: of a matrix of full rank."""
    a, side = args.take(frame, "a side?")
    x = square(frame, a)
    left = side is not None and getattr(side, "value", "right") == "left"
    turned = transposed(x, "C")
    size = _principal("sqrtm", x @ turned if left else turned @ x)
    if left:
        return Tuple((size.call("linalg.solve", x).obj, size.obj))
    found = transposed(size.call("linalg.solve", turned), "C")
    return Tuple((found.call("copy").obj, size.obj))
