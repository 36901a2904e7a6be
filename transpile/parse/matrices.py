"""What LAPACK solves, diagonals and triangles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial, reduce

from ..graph.dtypes import floating, promote
from ..graph.ir import Gather
from .arrays import (
    as_array,
    as_value,
    known_flag,
    known_integer,
    one_axis,
    require_array,
)
from .contractions import elements
from .elementwise import into
from .frame import Frame
from .indexing import Brackets
from .libraries import FUNCTIONS, Arguments, call_library, library
from .objects import NONE, Array, Obj, Static, Tuple
from .shaping import permuted
from .subscripts import LETTERS
from .terms import Term, counted
from .writes import store


def _solver(op: str, words: str, frame: Frame, args: Arguments) -> Obj:
    """Return what LAPACK solves, all operands in one floating dtype."""
    taken = [as_value(frame, obj) for obj in args.take(frame, words) if obj is not None]
    dtype = floating(promote(*(v.type.dtype for v in taken)))
    alike = [
        v if v.type.dtype == dtype else frame.emit("cast", v, dtype=dtype)
        for v in taken
    ]
    if op == "solve" and alike[1].type.rank == 1 < alike[0].type.rank - 1:
        # A vector for every matrix of a stack.
        column = Term(frame, frame.fresh(alike[1]))[:, None].value
        made = Term(frame, frame.make(op, alike[0], column, spelled=args.spelled))
        return made[..., 0].call("copy").obj
    return frame.make(op, *alike, spelled=args.spelled)


FUNCTIONS["numpy.linalg.solve"] = partial(_solver, "solve", "a b")
FUNCTIONS["numpy.linalg.inv"] = partial(_solver, "inv", "a")
FUNCTIONS["numpy.linalg.det"] = partial(_solver, "det", "a")


@library("np.linalg.cholesky")
def cholesky(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.cholesky(a, upper=...)``: of the triangle that it gives."""
    a, upper = args.take(frame, "a upper?")
    assert a is not None
    if upper is None or not known_flag(frame, upper, "upper="):
        kept = replace(args, positional=[a], keywords={})
        return _solver("cholesky", "a", frame, kept)
    return call_library(frame, "scipy.linalg.cholesky", [a], {})


@library("np.linalg.multi_dot")
def multi_dot(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.multi_dot([A, B, C])``, in the order that takes least work."""
    given, out = args.take(frame, "arrays out?")
    if not isinstance(given, Tuple) or len(given.items) < 2:
        frame.refuse("np.linalg.multi_dot of this", "give a list of two or more arrays")
    arrays = [require_array(frame, item) for item in given.items]
    letters = LETTERS[: len(arrays) + 1]
    terms = [letters[k : k + 2] for k in range(len(arrays))]
    if arrays[0].type.rank == 1:
        terms[0] = terms[0][1]
    if arrays[-1].type.rank == 1:
        terms[-1] = terms[-1][0]
    ends = "".join(c for c in (letters[0], letters[-1]) if c in "".join(terms))
    text = ",".join(terms) + "->" + ends
    made = call_library(frame, "numpy.einsum", [Static(text), *arrays], {})
    return into(frame, made, out)


@library("np.linalg.tensorsolve")
def tensorsolve(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.tensorsolve(a, b)``: a system with several axes on both sides."""
    a, b = args.take(frame, "a b")
    assert a is not None and b is not None
    x, y = (Term(frame, require_array(frame, obj)) for obj in (a, b))
    size = y.call("size")
    found = x.call("reshape", (size, size)).call("linalg.solve", y.call("ravel"))
    lengths = tuple(x.length(k) for k in range(y.rank, x.rank))
    return found.call("reshape", lengths).obj


@library("np.linalg.tensorinv")
def tensorinv(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.tensorinv(a, ind)``."""
    a, ind = args.take(frame, "a ind?")
    assert a is not None
    x = Term(frame, require_array(frame, a))
    at = 2 if ind is None else known_integer(frame, frame.read(ind), "ind")
    lengths = [x.length(k) for k in range(x.rank)]
    if not 0 < at < x.rank:
        frame.refuse("this ind= of np.linalg.tensorinv")
    rows = reduce(Term.__mul__, lengths[:at])
    found = x.call("reshape", (rows, -1)).call("linalg.inv")
    return found.call("reshape", (*lengths[at:], *lengths[:at])).obj


# ---- diagonals and triangles ----


@library("np.diag")
def diag(frame: Frame, args: Arguments) -> Obj:
    """``np.diag(x, k)``: the diagonal of a matrix, or a matrix with a diagonal."""
    x, k = args.take(frame, "v k?")
    assert x is not None
    array = require_array(frame, x)
    offset = 0 if k is None else known_integer(frame, frame.read(k), "k of np.diag")
    if array.type.rank == 2:
        return elements(frame, array, offset)
    if array.type.rank != 1:
        frame.refuse(f"np.diag of an array with {array.type.rank} axes")
    return _with_diagonal(frame, array, offset)


@library("np.diagflat")
def diagflat(frame: Frame, args: Arguments) -> Obj:
    """``np.diagflat(x, k)``: a matrix with the elements on a diagonal."""
    x, k = args.take(frame, "v k?")
    assert x is not None
    offset = 0 if k is None else known_integer(frame, frame.read(k), "k")
    flat = Term(frame, as_array(frame, x)).call("ravel")
    return _with_diagonal(frame, require_array(frame, flat.obj), offset)


def _with_diagonal(frame: Frame, array: Array, offset: int) -> Obj:
    """Return a matrix of zeros but for one diagonal."""
    value = frame.read(array)
    size = Term(frame, array).length() + abs(offset)
    n = size.value if offset else frame.length_of(value, 0)
    zeros = frame.make("zeros", n, n, dtype=value.type.dtype, spelled="np.zeros")
    made = require_array(frame, zeros)
    place = counted(frame, Term(frame, array).length())
    down = (place - offset if offset < 0 else place).value
    across = (place + offset if offset > 0 else place).value
    slots = (down, across) if offset else (down, down)
    store(frame, made, Brackets((Gather(0), Gather(1)), slots), value)
    return made


@library("np.diagonal")
def diagonal(frame: Frame, args: Arguments) -> Obj:
    """``np.diagonal(A, offset, axis1, axis2)``."""
    return _diagonal(frame, args.take(frame, "a offset? axis1? axis2?"), (0, 1))


@library("np.linalg.diagonal")
def diagonals(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.diagonal(A, offset=...)``, of the last two axes."""
    return _diagonal(frame, args.take(frame, "x offset?"), (-2, -1))


@library("np.trace")
def trace(frame: Frame, args: Arguments) -> Obj:
    """``np.trace(A, offset, axis1, axis2)``."""
    taken = args.take(frame, "a offset? axis1? axis2? dtype? out?")
    if taken[4] is not None and taken[4] != NONE:
        frame.refuse("dtype= of np.trace", "convert with .astype")
    return into(frame, _trace(frame, taken[:4], (0, 1)), taken[5])


@library("np.linalg.trace")
def traces(frame: Frame, args: Arguments) -> Obj:
    """``np.linalg.trace(A, offset=...)``, of the last two axes."""
    return _trace(frame, args.take(frame, "x offset?"), (-2, -1))


def _trace(frame: Frame, taken: Sequence[Obj | None], axes: tuple[int, int]) -> Obj:
    found = frame.read(_first_diagonal(frame, taken, axes))
    return frame.make("sum", found, axis=(0,), keepdims=False, spelled="np.sum")


def _diagonal(frame: Frame, taken: Sequence[Obj | None], axes: tuple[int, int]) -> Obj:
    found = require_array(frame, _first_diagonal(frame, taken, axes))
    order = [*range(1, found.type.rank), 0]
    return permuted(frame, found, order, ".transpose")


def _first_diagonal(
    frame: Frame, taken: Sequence[Obj | None], axes: tuple[int, int]
) -> Obj:
    """Return a diagonal of two axes as the first axis of a new array."""
    x, offset, *named = taken
    assert x is not None
    array = require_array(frame, x)
    rank = array.type.rank
    if rank < 2:
        frame.refuse("the diagonal of a vector", "np.diag(x) makes a matrix of it")
    given = [*named, None, None]
    first, second = (
        axis % rank if obj is None else one_axis(frame, obj, rank)
        for axis, obj in zip(axes, given, strict=False)
    )
    if first == second:
        frame.refuse("the diagonal of an axis and itself")
    by = 0 if offset is None else known_integer(frame, frame.read(offset), "the offset")
    rest = [k for k in range(rank) if k not in (first, second)]
    turned = permuted(frame, array, [first, second, *rest], ".transpose")
    return elements(frame, require_array(frame, turned), by)


def _triangle(op: str, frame: Frame, args: Arguments) -> Obj:
    """Return ``np.tril(A, k)`` or ``np.triu(A, k)``, of each matrix of a stack."""
    x, k = args.take(frame, "m k?")
    assert x is not None
    array = require_array(frame, x)
    whole, rank = Term(frame, array), array.type.rank
    down, across = (  # a vector stands for equal rows
        counted(frame, whole.length(max(rank - more, 0))) for more in (2, 1)
    )
    limit = down[:, None]
    offset = 0 if k is None else known_integer(frame, frame.read(k), "k")
    if offset:
        limit = limit + offset
    inside = frame.emit(op, limit.value, across.value)
    zero = frame.constant(0)
    return frame.make("where", inside, whole.value, zero, spelled="np.where")


FUNCTIONS["numpy.tril"] = partial(_triangle, "greater_equal")
FUNCTIONS["numpy.triu"] = partial(_triangle, "less_equal")


@library("np.matrix_transpose", "np.linalg.matrix_transpose")
def matrix_transpose(frame: Frame, args: Arguments) -> Obj:
    """``np.matrix_transpose(x)``: the last two axes swapped."""
    (x,) = args.take(frame, "x")
    assert x is not None
    return Term(frame, x).call("swapaxes", -1, -2).obj
