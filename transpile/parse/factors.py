"""Eigenvalues, singular values and factors of matrices, and what is made of them.

What NumPy returns together is one operation for each result. Eigenvalues of general
matrices are complex here, also where NumPy finds that all of them are real.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph.dtypes import floating
from ..graph.ir import Value
from .arrays import as_value, known_flag
from .frame import Frame
from .guards import GUARD
from .libraries import Arguments, call_library, library
from .objects import NONE, Named, Obj, Tuple
from .terms import Term


def matrix(frame: Frame, obj: Obj | None) -> Value:
    """Return a matrix, or a stack of them, in a floating dtype."""
    assert obj is not None
    value = as_value(frame, obj)
    dtype = floating(value.type.dtype)
    return (
        value if value.type.dtype == dtype else frame.emit("cast", value, dtype=dtype)
    )


def together(
    frame: Frame, value: Value, names: Sequence[str], ops: Sequence[str]
) -> Obj:
    """Return the results of several operations on a matrix, with names."""
    return Named("namedtuple", tuple(names), tuple(frame.make(op, value) for op in ops))


# ---- eigenvalues ----


def _hermitian(frame: Frame, args: Arguments) -> Value:
    """Return a matrix of which the lower triangle is read."""
    a, triangle = args.take(frame, "a UPLO?")
    value = matrix(frame, a)
    side = "L" if triangle is None else getattr(triangle, "value", None)
    if side not in ("L", "l", "U", "u"):
        frame.refuse('UPLO= is "L" or "U"')
    if side in ("U", "u"):
        turned = Term(frame, frame.fresh(value)).call("swapaxes", -1, -2)
        turned = turned.call("conj") if value.type.is_complex else turned
        return turned.value
    return value


@library("np.linalg.eigh")
def eigh(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.eigh(a, UPLO)``."""
    value = _hermitian(frame, args)
    names = ("eigenvalues", "eigenvectors")
    return together(frame, value, names, ("eigvalsh", "eigh"))


@library("np.linalg.eigvalsh")
def eigvalsh(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.eigvalsh(a, UPLO)``."""
    return frame.make("eigvalsh", _hermitian(frame, args))


def _general(frame: Frame, args: Arguments) -> Value:
    (a,) = args.take(frame, "a")
    return matrix(frame, a)


@library("np.linalg.eig")
def eig(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.eig(a)``, in complex numbers."""
    names = ("eigenvalues", "eigenvectors")
    return together(frame, _general(frame, args), names, ("eigvals", "eig"))


@library("np.linalg.eigvals")
def eigvals(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.eigvals(a)``, in complex numbers."""
    return frame.make("eigvals", _general(frame, args))


# ---- singular values ----


@library("np.linalg.svd")
def svd(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.svd(a, full_matrices=False)``, or without vectors."""
    a, full, vectors, hermitian = args.take(
        frame, "a full_matrices? compute_uv? hermitian?"
    )
    value, names = matrix(frame, a), ("U", "S", "Vh")
    alone = vectors is not None and not known_flag(frame, vectors, "compute_uv=")
    if hermitian is not None and known_flag(frame, hermitian, "hermitian="):
        parts = _of_hermitian(Term(frame, frame.fresh(value)))
        return parts[1] if alone else Named("namedtuple", names, parts)
    if alone:
        return frame.make("svdvals", value)
    if full is not None and not known_flag(frame, full, "full_matrices="):
        return together(frame, value, names, ("svd_u", "svdvals", "svd_vh"))
    _require_square(frame, value)
    guard = {GUARD: value.serial}
    u, vh = (frame.make(op, value, **guard) for op in ("svd_u", "svd_vh"))
    return Named("namedtuple", names, (u, frame.make("svdvals", value), vh))


def _of_hermitian(x: Term) -> tuple[Obj, Obj, Obj]:
    """Return U, S and Vh of matrices of which the lower triangle is read."""
    found = x.call("linalg.eigh").obj
    assert isinstance(found, Named)
    w, v = (Term(x.frame, item) for item in found.items)
    order = w.call("abs").call("argsort", axis=-1)[..., ::-1]
    w = w.call("take_along_axis", order, -1)
    u = v.call("take_along_axis", order[..., None, :], -1)
    vh = (u * w.call("sign")[..., None, :]).call("swapaxes", -1, -2).call("conj")
    return u.obj, w.call("abs").obj, vh.obj


def _require_square(frame: Frame, value: Value) -> None:
    """Check that there are no vectors without a singular value: they are arbitrary.

    Where nothing reads the vectors the check goes, so nothing follows from it.
    """
    if frame.context.proves_equal(*value.type.shape[-2:]):
        return
    x, rank = Term(frame, frame.fresh(value)), value.type.rank
    equal = x.length(rank - 2).call("equal", x.length(rank - 1))
    message = "np.linalg.svd of a matrix that is not square: write full_matrices=False"
    attrs: dict[str, Any] = {"exception": "ValueError", "message": message}
    attrs[GUARD] = value.serial
    frame.context.builder.append("check", [equal.value], [], **attrs)


@library("np.linalg.svdvals")
def svdvals(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.svdvals(x)``."""
    (x,) = args.take(frame, "x")
    return frame.make("svdvals", matrix(frame, x))


@library("np.linalg.cond")
def cond(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.cond(x, p)``."""
    x, p = args.take(frame, "x p?")
    value = Term(frame, frame.fresh(matrix(frame, x)))
    number = None if p is None or p == NONE else _known(frame, p)
    if number in (None, 2, -2):
        s = Term(frame, frame.make("svdvals", value.value))
        return (s[..., -1] / s[..., 0] if number == -2 else s[..., 0] / s[..., -1]).obj
    assert p is not None
    order = Term(frame, p)
    pair = value, value.call("linalg.inv")
    one, other = (t.call("linalg.norm", order, (-2, -1)) for t in pair)
    return (one * other).obj


def _known(frame: Frame, obj: Obj) -> object:
    text = getattr(obj, "value", None)
    return text if isinstance(text, str) else frame.context.number(frame.read(obj))


@library("np.linalg.pinv")
def pinv(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.pinv(a, rcond)``; which singular values count as zero is fixed."""
    a, rcond, hermitian, rtol = args.take(frame, "a rcond? hermitian? rtol?")
    value = matrix(frame, a)
    cut = rtol if rcond is None or rcond == NONE else rcond
    none = cut is None or cut == NONE
    if hermitian is not None and known_flag(frame, hermitian, "hermitian="):
        if not none:
            frame.refuse("hermitian=True of np.linalg.pinv with a cut", "leave it out")
        return call_library(frame, "scipy.linalg.pinvh", [frame.fresh(value)], {})
    if cut is None or none:
        return frame.make("pinv", value)
    return _cut_off(frame, value, Term(frame, cut)).obj


def _cut_off(frame: Frame, value: Value, ratio: Term) -> Term:
    """Return the pseudo-inverse without singular values below a part of the largest."""
    u, s, vh = (
        Term(frame, frame.make(op, value)) for op in ("svd_u", "svdvals", "svd_vh")
    )
    large = ratio * s.call("max", axis=-1, keepdims=True) < s
    inverse = large.where(large.where(s, 1.0).call("reciprocal"), 0.0)
    if value.type.is_complex:
        u, vh = u.call("conj"), vh.call("conj")
    v = vh.call("swapaxes", -1, -2)
    return (v * inverse[..., None, :]) @ u.call("swapaxes", -1, -2)


@library("np.linalg.matrix_rank")
def matrix_rank(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.matrix_rank(A, tol=..., rtol=...)``: a constant."""
    a, tol, hermitian, rtol = args.take(frame, "A tol? hermitian? rtol?")
    if hermitian is not None and known_flag(frame, hermitian, "hermitian="):
        frame.refuse("hermitian=True of np.linalg.matrix_rank", "leave it out")
    value = Term(frame, frame.fresh(matrix(frame, a)))
    s = value.call("linalg.svdvals")
    given = rtol if tol is None or tol == NONE else tol
    if given is None or given == NONE:
        return _rank(value, s).obj
    limit = Term(frame, frame.fresh(as_value(frame, given)))
    limit = limit[..., None] if limit.rank else limit
    if given is rtol:
        limit = s.call("max", axis=-1, keepdims=True) * limit
    return (limit < s).call("sum", axis=-1).obj


def _rank(a: Term, s: Term) -> Term:
    """Return how many singular values are larger than rounding errors."""
    single = s.value.type.dtype == "float32"
    eps = 1.1920928955078125e-07 if single else 2.220446049250313e-16
    longest = a.length(a.rank - 2).call("maximum", a.length(a.rank - 1))
    limit = s.call("max", axis=-1, keepdims=True) * (longest * eps)
    return (limit < s).call("sum", axis=-1)


# ---- QR ----


@library("np.linalg.qr")
def qr(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.qr(a, mode)``; where R has more columns, they are ``Q^H a``."""
    a, how = args.take(frame, "a mode?")
    mode = "reduced" if how is None else getattr(how, "value", None)
    value = matrix(frame, a)
    if mode not in ("reduced", "r", "complete"):
        frame.refuse("this mode of np.linalg.qr", 'write "reduced", "complete" or "r"')
    *_, m, n = value.type.shape
    if mode == "complete" and not frame.context.proves_equal(m, n):
        found = _complete(frame, value)
    elif frame.context.proves(m - n):
        found = [frame.make(op, value) for op in ("qr_q", "qr_r")]
    else:
        found = _wide(Term(frame, frame.fresh(value)))
    if mode == "r":
        return found[1]
    return Named("namedtuple", ("Q", "R"), tuple(found))


def _complete(frame: Frame, value: Value) -> list[Obj]:
    """Return Q, which has to be square, and R with rows of zeros below."""
    a, rank = Term(frame, frame.fresh(value)), value.type.rank
    m, n = a.length(rank - 2), a.length(rank - 1)
    message = "Q of a matrix with more rows than columns is arbitrary: write"
    attrs: dict[str, Any] = {
        "exception": "ValueError",
        "message": f'{message} mode="reduced"',
        GUARD: value.serial,
    }
    frame.context.builder.append("check", [(m <= n).value], [], **attrs)
    square = a[..., :m].value
    q = frame.make("qr_q", square, **{GUARD: value.serial})
    r = Term(frame, _wide(a)[1])
    lengths = [a.length(k).value for k in range(rank - 2)]
    lengths += [(m - r.length(rank - 2)).value, n.value]
    dtype = value.type.dtype
    rest = frame.make("zeros", *lengths, dtype=dtype, spelled="np.zeros")
    parts = [r.value, Term(frame, rest).value]
    axis = rank - 2
    whole = frame.make("concatenate", *parts, axis=axis, spelled="np.concatenate")
    return [q, whole]


def _wide(a: Term) -> list[Obj]:
    """Return Q and R of a matrix that may have more columns than rows."""
    frame = a.frame
    k = a.length(a.rank - 2).call("minimum", a.length(a.rank - 1))
    square = a[..., :k].value
    q, r = (Term(frame, frame.make(op, square)) for op in ("qr_q", "qr_r"))
    turned = q.call("swapaxes", -1, -2)
    turned = turned.call("conj") if q.value.type.is_complex else turned
    rest = turned @ a[..., k:]
    parts = [r.value, rest.value]
    whole = frame.make("concatenate", *parts, axis=a.rank - 1, spelled="np.concatenate")
    return [q.obj, whole]


# ---- least squares ----


@library("np.linalg.lstsq")
def lstsq(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.lstsq(a, b)``: of matrices of full rank, with more rows."""
    a, b, rcond = args.take(frame, "a b rcond?")
    assert b is not None
    cut = None
    if rcond is not None and rcond != NONE and _known(frame, rcond) != -1:
        cut = Term(frame, rcond)
    x = Term(frame, frame.fresh(matrix(frame, a)))
    y = Term(frame, b)
    if x.rank != 2 or y.rank not in (1, 2):
        frame.refuse("np.linalg.lstsq of a stack", "loop over the matrices")
    inverse = x.call("linalg.pinv") if cut is None else x.call("linalg.pinv", cut)
    solution = inverse @ y
    s = x.call("linalg.svdvals")
    left = y - x @ solution
    residuals = (left * left.call("conj")).call("sum", axis=0, keepdims=y.rank == 1)
    if residuals.value.type.is_complex:
        residuals = Term(frame, frame.make("real", residuals.value))
    rank = _rank(x, s) if cut is None else (cut * s[0] < s).call("sum")
    return Tuple((solution.obj, residuals.obj, rank.obj, s.obj))
