"""Least squares in powers and other columns: ``np.polyfit`` and what it is made of."""

from __future__ import annotations

from .arrays import as_array, known_flag
from .frame import Frame
from .libraries import Arguments, library
from .objects import NONE, Obj, Static, Tuple
from .terms import Term, array_of

# What is told from nothing: singular values below so much times the number of points.
PRECISION = {"float32": 1.1920929e-07}
DOUBLE = 2.220446049250313e-16


@library("np.polyfit")
def polyfit(frame: Frame, args: Arguments) -> Obj:
    """``np.polyfit(x, y, deg, full=..., w=..., cov=...)``."""
    given, values, degree, rcond, full, weights, cov = args.take(
        frame, "x y deg rcond? full? w? cov?"
    )
    assert given is not None and values is not None and degree is not None
    x, y = array_of(frame, given, "np.polyfit"), Term(frame, as_array(frame, values))
    plain(frame, rcond, args)
    matrix = x.call("vander", Term(frame, degree) + 1)
    matrix, y = _weighted(matrix, y, weights)
    if full is not None and known_flag(frame, full, "full="):
        return _in_full(x, matrix, y)
    unscaled = isinstance(cov, Static) and cov.value == "unscaled"
    if cov is None or not (unscaled or known_flag(frame, cov, "cov=")):
        return fitted(matrix, y, None).obj
    if y.rank != 1:
        frame.refuse("np.polyfit with cov= for several columns", "fit one by one")
    return _with_covariance(matrix, y, unscaled)


def plain(frame: Frame, rcond: Obj | None, args: Arguments) -> None:
    """Refuse a cut of singular values."""
    if rcond is not None and rcond != NONE:
        frame.refuse(f"rcond= of {args.spelled}", "leave it out")


def _weighted(matrix: Term, y: Term, weights: Obj | None) -> tuple[Term, Term]:
    if weights is None or weights == NONE:
        return matrix, y
    w = array_of(matrix.frame, weights, "the weights of a fit")
    return matrix * w[:, None], y * (w if y.rank == 1 else w[:, None])


def _lengths(matrix: Term) -> Term:
    """Return the lengths of the columns."""
    return (matrix * matrix).call("sum", axis=0).call("sqrt")


def fitted(matrix: Term, y: Term, weights: Obj | None) -> Term:
    """Return the least-squares solution, the columns scaled to length one.

    It does not depend on the scale, which is a constant here.
    """
    matrix, y = _weighted(matrix, y, weights)
    frame = matrix.frame
    scale = Term(frame, frame.make("stop_gradient", _lengths(matrix).value))
    found = (matrix / scale).call("linalg.lstsq", y).obj
    assert isinstance(found, Tuple)
    solution = Term(frame, found.items[0])
    return solution / (scale if y.rank == 1 else scale[:, None])


def _in_full(x: Term, matrix: Term, y: Term) -> Obj:
    """Return what ``full=True`` asks for: the solution and how it was found."""
    frame, scale = x.frame, _lengths(matrix)
    found = (matrix / scale).call("linalg.lstsq", y).obj
    assert isinstance(found, Tuple)
    solution, *more = found.items
    by = scale if y.rank == 1 else scale[:, None]
    cut = x.length() * PRECISION.get(x.value.type.dtype, DOUBLE)
    return Tuple(((Term(frame, solution) / by).obj, *more, cut.obj))


def _with_covariance(matrix: Term, y: Term, unscaled: bool) -> Obj:
    """Return the solution and its covariance, from the residuals unless unscaled."""
    frame, scale = matrix.frame, _lengths(matrix)
    solution, columns = fitted(matrix, y, None), matrix / scale
    inverse = (columns.call("transpose") @ columns).call("linalg.inv")
    covariance = inverse / (scale[:, None] * scale[None, :])
    if not unscaled:
        left, free = y - matrix @ solution, matrix.length() - matrix.length(1)
        more = free >= 1
        message = "the number of data points must exceed order to scale the covariance"
        frame.check(more.value, "ValueError", f"{message} matrix")
        covariance = covariance * ((left * left).call("sum") / free)
    return Tuple((solution.obj, covariance.obj))
