"""``scipy.linalg``, where NumPy has not the same under another name."""

from __future__ import annotations

from .arrays import as_array, known_flag
from .factors import matrix
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library
from .objects import NONE, Named, Obj, Scalar, Tuple
from .terms import Term

OPTIONS = "overwrite_a? overwrite_b? check_finite?"


def _flag(frame: Frame, obj: Obj | None, what: str, default: bool = False) -> bool:
    return default if obj is None else known_flag(frame, obj, what)


def square(frame: Frame, obj: Obj | None) -> Term:
    """Return a matrix, or a stack of them, in a floating dtype."""
    return Term(frame, frame.fresh(matrix(frame, obj)))


def _turned(x: Term) -> Term:
    """Return the conjugate transpose."""
    flipped = x.call("swapaxes", -1, -2)
    return flipped.call("conj") if x.value.type.is_complex else flipped


def _solve(a: Term, b: Term) -> Term:
    return a.call("linalg.solve", b)


@library("scipy.linalg.solve_triangular")
def solve_triangular(frame: Frame, args: Arguments) -> Obj:
    """``solve_triangular(a, b, trans, lower, unit_diagonal)``."""
    a, b, trans, lower, unit, *_ = args.take(
        frame, "a b trans? lower? unit_diagonal? overwrite_b? check_finite?"
    )
    assert b is not None
    x = square(frame, a)
    low = _flag(frame, lower, "lower=")
    if _flag(frame, unit, "unit_diagonal="):
        strict = x.call("tril", -1) if low else x.call("triu", 1)
        factor = strict + x.length(x.rank - 1).call("eye")
    else:
        factor = x.call("tril" if low else "triu")
    factor = transposed(factor, transposition(frame, trans))
    return _solve(factor, Term(frame, as_array(frame, b))).obj


def transposition(frame: Frame, trans: Obj | None) -> str:
    """Return which transpose is meant: N, T or C."""
    if trans is None:
        return "N"
    text = getattr(trans, "value", None)
    if not isinstance(text, str):
        text = frame.context.number(frame.read(trans))
    found = {0: "N", 1: "T", 2: "C", "N": "N", "T": "T", "C": "C"}.get(text)
    if found is None:
        frame.refuse("trans= is 0, 1 or 2 in the source")
    return found


def transposed(x: Term, which: str) -> Term:
    """Return a matrix, its transpose (T) or the conjugate of that (C)."""
    if which == "C":
        return _turned(x)
    return x.call("swapaxes", -1, -2) if which == "T" else x


@library("scipy.linalg.cholesky")
def cholesky(frame: Frame, args: Arguments) -> Obj:
    """``scipy.linalg.cholesky(a, lower)``: the upper factor, unless lower."""
    a, lower, *_ = args.take(frame, "a lower? overwrite_a? check_finite?")
    return _factor(square(frame, a), _flag(frame, lower, "lower=")).obj


def _factor(x: Term, lower: bool) -> Term:
    """Return the factor that is made of the one triangle."""
    if lower:
        return x.call("linalg.cholesky")
    return _turned(_turned(x).call("linalg.cholesky"))


@library("scipy.linalg.cho_factor")
def cho_factor(frame: Frame, args: Arguments) -> Obj:
    """``cho_factor(a, lower)``: beside the factor stands what was there before."""
    a, lower, *_ = args.take(frame, "a lower? overwrite_a? check_finite?")
    x, low = square(frame, a), _flag(frame, lower, "lower=")
    rest = x.call("triu", 1) if low else x.call("tril", -1)
    flag = Scalar(frame.constant(low))
    return Tuple(((_factor(x, low) + rest).obj, flag))


@library("scipy.linalg.cho_solve")
def cho_solve(frame: Frame, args: Arguments) -> Obj:
    """``cho_solve((c, lower), b)``."""
    pair, b, *_ = args.take(frame, "c_and_lower b overwrite_b? check_finite?")
    assert b is not None
    if not isinstance(pair, Tuple) or len(pair.items) != 2:
        frame.refuse("cho_solve of something that is not a pair", "write (c, lower)")
    x, low = square(frame, pair.items[0]), known_flag(frame, pair.items[1], "lower")
    factor = x.call("tril") if low else _turned(x.call("triu"))
    inner = _solve(factor, Term(frame, as_array(frame, b)))
    return _solve(_turned(factor), inner).obj


@library("scipy.linalg.solve")
def solve(frame: Frame, args: Arguments) -> Obj:
    """``scipy.linalg.solve(a, b, lower, assume_a, transposed)``."""
    a, b, lower, *_, kind, transposed = args.take(
        frame,
        "a b lower? overwrite_a? overwrite_b? check_finite? assume_a? transposed?",
    )
    assert b is not None
    x, low = square(frame, a), _flag(frame, lower, "lower=")
    name = None if kind is None or kind == NONE else getattr(kind, "value", "")
    if name in ("sym", "symmetric", "her", "hermitian", "pos", "positive definite"):
        x = _whole(x, low, hermitian=not str(name).startswith("sym"))
    elif name in ("lower triangular", "upper triangular"):
        x = x.call("tril" if name.startswith("lower") else "triu")
    elif name == "diagonal":
        x = x * x.length(x.rank - 1).call("eye")
    elif name == "tridiagonal":
        x = x.call("triu", -1).call("tril", 1)
    elif name not in (None, "gen", "general", "banded"):
        frame.refuse(f"assume_a={name!r}", 'leave it out, or write "gen"')
    if _flag(frame, transposed, "transposed="):
        x = x.call("swapaxes", -1, -2)
    return _solve(x, Term(frame, as_array(frame, b))).obj


def _whole(x: Term, lower: bool, hermitian: bool) -> Term:
    """Return the matrix of which one triangle is read."""
    strict = x.call("tril", -1) if lower else x.call("triu", 1)
    other = _turned(strict) if hermitian else strict.call("swapaxes", -1, -2)
    real = hermitian and x.value.type.is_complex
    middle = x.call("real") if real else x
    return strict + other + middle * x.length(x.rank - 1).call("eye")


def _renamed(name: str, signature: str, taken: int) -> None:
    """Take a function of SciPy as that of NumPy, but for arguments on memory."""

    def handler(frame: Frame, args: Arguments) -> Obj:
        found = args.take(frame, signature)
        given = [Term(frame, obj) for obj in found[:taken] if obj is not None]
        return given[0].call(f"linalg.{name}", *given[1:]).obj

    FUNCTIONS[f"scipy.linalg.{name}"] = handler


_renamed("inv", "a overwrite_a? check_finite?", 1)
_renamed("det", "a overwrite_a? check_finite?", 1)
_renamed("svdvals", "a overwrite_a? check_finite?", 1)
_renamed("pinv", "a", 1)
FUNCTIONS["scipy.linalg.norm"] = lambda frame, args: FUNCTIONS["numpy.linalg.norm"](
    frame, args
)


def _spectrum(frame: Frame, a: Obj | None, b: Obj | None, low: bool) -> list[Term]:
    """Return eigenvalues and eigenvectors: where b is given, ``a @ v = b @ v * w``."""
    x = square(frame, a)
    if b is None or b == NONE:
        found = x.call("linalg.eigh", "L" if low else "U").obj
        assert isinstance(found, Named)
        return [Term(frame, item) for item in found.items]
    factor = _factor(_whole(square(frame, b), low, hermitian=True), lower=True)
    half = _solve(factor, _whole(x, low, hermitian=True))
    inner = _solve(factor, _turned(half)).call("linalg.eigh").obj
    assert isinstance(inner, Named)
    values, vectors = (Term(frame, item) for item in inner.items)
    return [values, _solve(_turned(factor), vectors)]


@library("scipy.linalg.eigh")
def eigh(frame: Frame, args: Arguments) -> Obj:
    """``scipy.linalg.eigh(a, b, lower=True, eigvals_only=False)``."""
    a, b, lower, only, *_ = args.take(frame, f"a b? lower? eigvals_only? {OPTIONS}")
    found = _spectrum(frame, a, b, _flag(frame, lower, "lower=", True))
    if _flag(frame, only, "eigvals_only="):
        return found[0].obj
    return Tuple(tuple(term.obj for term in found))


@library("scipy.linalg.eigvalsh")
def eigvalsh(frame: Frame, args: Arguments) -> Obj:
    """``scipy.linalg.eigvalsh(a, b, lower=True)``."""
    a, b, lower, *_ = args.take(frame, f"a b? lower? {OPTIONS}")
    low = _flag(frame, lower, "lower=", True)
    if b is None or b == NONE:
        return square(frame, a).call("linalg.eigvalsh", "L" if low else "U").obj
    return _spectrum(frame, a, b, low)[0].obj


@library("scipy.linalg.eigvals")
def eigvals(frame: Frame, args: Arguments) -> Obj:
    """``scipy.linalg.eigvals(a)``: complex numbers."""
    a, *_ = args.take(frame, "a")
    return square(frame, a).call("linalg.eigvals").obj


@library("scipy.linalg.eig")
def eig(frame: Frame, args: Arguments) -> Obj:
    """``scipy.linalg.eig(a)``: complex numbers."""
    a, *_ = args.take(frame, "a")
    found = square(frame, a).call("linalg.eig").obj
    assert isinstance(found, Named)
    return Tuple(found.items)


@library("scipy.linalg.eigvalsh_tridiagonal")
def eigvalsh_tridiagonal(frame: Frame, args: Arguments) -> Obj:
    """``eigvalsh_tridiagonal(d, e)``: of a diagonal and what stands beside it."""
    d, e = (square(frame, obj) for obj in args.take(frame, "d e"))
    return (d.call("diag") + e.call("diag", -1)).call("linalg.eigvalsh").obj


@library("scipy.linalg.lstsq")
def lstsq(frame: Frame, args: Arguments) -> Obj:
    """``scipy.linalg.lstsq(a, b, cond)``: of matrices of full rank, with more rows."""
    a, b, cond, *_ = args.take(frame, f"a b cond? {OPTIONS} lapack_driver?")
    assert b is not None
    right = Term(frame, as_array(frame, b))
    more = {} if cond is None or cond == NONE else {"rcond": Term(frame, cond)}
    found = square(frame, a).call("linalg.lstsq", right, **more).obj
    assert isinstance(found, Tuple)
    x, left, *rest = found.items
    if right.rank == 1:
        left = Term(frame, left)[0].obj
    return Tuple((x, left, *rest))


@library("scipy.linalg.pinvh")
def pinvh(frame: Frame, args: Arguments) -> Obj:
    """``pinvh(a, lower=True)``: the pseudo-inverse of a Hermitian matrix."""
    a, lower = args.take(frame, "a lower?")
    low = _flag(frame, lower, "lower=", True)
    return _whole(square(frame, a), low, hermitian=True).call("linalg.pinv").obj


@library("scipy.linalg.svd")
def svd(frame: Frame, args: Arguments) -> Obj:
    """``scipy.linalg.svd(a, full_matrices=False)``."""
    a, full, vectors = args.take(frame, "a full_matrices? compute_uv?")
    found = square(frame, a).call(
        "linalg.svd",
        full_matrices=_flag(frame, full, "full_matrices=", True),
        compute_uv=_flag(frame, vectors, "compute_uv=", True),
    )
    return Tuple(found.obj.items) if isinstance(found.obj, Named) else found.obj


@library("scipy.linalg.qr")
def qr(frame: Frame, args: Arguments) -> Obj:
    """``scipy.linalg.qr(a, mode=...)``: full where nothing else is said."""
    a, mode, *_ = args.take(frame, f"a mode? {OPTIONS}")
    text = "full" if mode is None else getattr(mode, "value", None)
    if text not in ("full", "economic", "r"):
        frame.refuse("this mode of scipy.linalg.qr", 'write mode="economic"')
    found = square(frame, a).call(
        "linalg.qr", "reduced" if text == "economic" else "complete"
    )
    assert isinstance(found.obj, Named)
    return Tuple(found.obj.items[-1:] if text == "r" else found.obj.items)
