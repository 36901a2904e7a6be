"""Systems of equations of special form in ``scipy.linalg``, and their factors.

A matrix of bands, or one that a vector gives, is made whole and solved as such.
"""

from __future__ import annotations

from .arrays import as_array, known_flag, known_integer
from .blocks import circulant, toeplitz
from .factors import matrix
from .frame import Frame
from .libraries import FUNCTIONS, Arguments, library
from .objects import NONE, Named, Obj, Tuple
from .terms import Term, array_of, counted
from .triangular import square, transposed, transposition

# Stands for the factors of a matrix, which are those of `lu_solve` alone.
FACTORED = "factored"


def _array(frame: Frame, obj: Obj | None) -> Term:
    assert obj is not None
    return Term(frame, as_array(frame, obj))


# ---- factors ----


@library("scipy.linalg.lu_factor")
def lu_factor(frame: Frame, args: Arguments) -> Obj:
    """``lu_factor(a)``, for `lu_solve`."""
    a, *_ = args.take(frame, "a overwrite_a? check_finite?")
    kept = square(frame, a).call("copy")
    return Tuple((Named("namedtuple", (FACTORED,), (kept.obj,)), NONE))


@library("scipy.linalg.lu_solve")
def lu_solve(frame: Frame, args: Arguments) -> Obj:
    """``lu_solve(lu_factor(a), b, trans)``."""
    pair, b, trans, *_ = args.take(
        frame, "lu_and_piv b trans? overwrite_b? check_finite?"
    )
    first = pair.items[0] if isinstance(pair, Tuple) and pair.items else None
    if not isinstance(first, Named) or first.names != (FACTORED,):
        frame.refuse(
            "scipy.linalg.lu_solve of what does not come from lu_factor here",
            "call lu_factor in the same function, or np.linalg.solve",
        )
    x = transposed(Term(frame, first.items[0]), transposition(frame, trans))
    return x.call("linalg.solve", _array(frame, b)).obj


# ---- bands ----


def _band(bands: Term, place: Term, columns: Term) -> Term:
    """Return the matrix with ``bands[place]`` at a row and a column, else zero."""
    count = bands.length(0)
    inside = (place >= 0).call("logical_and", place < count)
    safe = place.call("clip", 0, count - 1)
    return inside.where(bands[safe, columns], 0.0)


def _places(n: Term) -> tuple[Term, Term]:
    """Return the numbers of rows, as a column, and of columns."""
    return counted(n.frame, n)[:, None], counted(n.frame, n)[None, :]


@library("scipy.linalg.solve_banded")
def solve_banded(frame: Frame, args: Arguments) -> Obj:
    """``solve_banded((l, u), ab, b)``: a matrix given by its diagonals."""
    widths, ab, b, *_ = args.take(
        frame, "l_and_u ab b overwrite_ab? overwrite_b? check_finite?"
    )
    if not isinstance(widths, Tuple) or len(widths.items) != 2:
        frame.refuse("solve_banded without (l, u)", "write the two numbers: (1, 1)")
    upper = known_integer(frame, frame.read(widths.items[1]), "u of solve_banded")
    assert ab is not None
    bands = Term(frame, frame.fresh(matrix(frame, array_of(frame, ab, "bands", 2).obj)))
    rows, columns = _places(bands.length(1))
    whole = _band(bands, rows - columns + upper, columns)
    return whole.call("linalg.solve", _array(frame, b)).obj


@library("scipy.linalg.solveh_banded")
def solveh_banded(frame: Frame, args: Arguments) -> Obj:
    """``solveh_banded(ab, b, lower)``: Hermitian, given by half of its diagonals."""
    ab, b, *_, lower, _ = args.take(
        frame, "ab b overwrite_ab? overwrite_b? lower? check_finite?"
    )
    assert ab is not None
    bands = Term(frame, frame.fresh(matrix(frame, array_of(frame, ab, "bands", 2).obj)))
    rows, columns = _places(bands.length(1))
    if lower is not None and known_flag(frame, lower, "lower="):
        half = _band(bands, rows - columns, columns)
        strict = half.call("tril", -1)
    else:
        half = _band(bands, rows - columns + bands.length(0) - 1, columns)
        strict = half.call("triu", 1)
    whole = half + transposed(strict, "C")
    return whole.call("linalg.solve", _array(frame, b)).obj


@library("scipy.linalg.solve_toeplitz")
def solve_toeplitz(frame: Frame, args: Arguments) -> Obj:
    """``solve_toeplitz(c, b)`` or ``solve_toeplitz((c, r), b)``."""
    given, b, *_ = args.take(frame, "c_or_cr b check_finite?")
    assert given is not None
    pair = given.items if isinstance(given, Tuple) else (given,)
    called = Arguments("scipy.linalg.toeplitz", pair, {}, "toeplitz")
    whole = square(frame, toeplitz(frame, called))
    return whole.call("linalg.solve", _array(frame, b)).obj


@library("scipy.linalg.solve_circulant")
def solve_circulant(frame: Frame, args: Arguments) -> Obj:
    """``solve_circulant(c, b)`` of vectors, or of columns of a matrix."""
    c, b = args.take(frame, "c b")
    assert c is not None
    called = Arguments("scipy.linalg.circulant", [c], {}, "circulant")
    whole = square(frame, circulant(frame, called))
    return whole.call("linalg.solve", _array(frame, b)).obj


# ---- a @ x + x @ b = q and its kin ----


def sylvester(a: Term, b: Term, q: Term) -> Term:
    """Return the solution x of ``a @ x + x @ b = q``."""
    frame = a.frame
    total = (a[0, 0] * b[0, 0] * q[0, 0]).value.type.dtype
    values = (Term(frame, frame.fresh(t.cast(total).value)).value for t in (a, b, q))
    return Term(frame, frame.make("sylvester", *values))


@library("scipy.linalg.solve_sylvester")
def solve_sylvester(frame: Frame, args: Arguments) -> Obj:
    """``solve_sylvester(a, b, q)``."""
    a, b, q = (square(frame, obj) for obj in args.take(frame, "a b q"))
    return sylvester(a, b, q).obj


@library("scipy.linalg.solve_continuous_lyapunov", "scipy.linalg.solve_lyapunov")
def solve_continuous_lyapunov(frame: Frame, args: Arguments) -> Obj:
    """``solve_continuous_lyapunov(a, q)``: ``a @ x + x @ a.conj().T = q``."""
    a, q = (square(frame, obj) for obj in args.take(frame, "a q"))
    return sylvester(a, transposed(a, "C"), q).obj


@library("scipy.linalg.solve_discrete_lyapunov")
def solve_discrete_lyapunov(frame: Frame, args: Arguments) -> Obj:
    """``solve_discrete_lyapunov(a, q)``: ``x = a @ x @ a.conj().T + q``."""
    a, q = (square(frame, obj) for obj in args.take(frame, "a q method?")[:2])
    n = a.length(0)
    other = a.call("conj") if a.value.type.is_complex else a
    left = (n * n).call("eye") - a.call("kron", other)
    return left.call("linalg.solve", q.call("ravel")).call("reshape", (n, n)).obj


# ---- matrices that vectors give ----


@library("scipy.linalg.hankel")
def hankel(frame: Frame, args: Arguments) -> Obj:
    """``hankel(c, r)``: constant along the other diagonals."""
    c, r = args.take(frame, "c r?")
    assert c is not None
    column = array_of(frame, c, "hankel")
    zeros = column.call("zeros_like")
    row = zeros if r is None or r == NONE else array_of(frame, r, "hankel")
    values = [column.value, row[1:].value]
    line = Term(frame, frame.make("concatenate", *values, axis=0))
    down, across = (counted(frame, x.length()) for x in (column, row))
    return line[down[:, None] + across[None, :]].obj


@library("scipy.linalg.khatri_rao")
def khatri_rao(frame: Frame, args: Arguments) -> Obj:
    """``khatri_rao(a, b)``: Kronecker's product, column by column."""
    a, b = (
        array_of(frame, obj, "khatri_rao", 2)
        for obj in args.take(frame, "a b")
        if obj is not None
    )
    product = a[:, None, :] * b[None, :, :]
    return product.call("reshape", (a.length(0) * b.length(0), a.length(1))).obj


FUNCTIONS["scipy.linalg.kron"] = lambda frame, args: FUNCTIONS["numpy.kron"](
    frame, args
)
