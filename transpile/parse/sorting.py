"""Orders of elements and places of elements: integers, constants of the derivative."""

from __future__ import annotations

from functools import reduce

from .arrays import as_array, known_integer, one_axis, require_array
from .frame import Frame
from .libraries import Arguments, library, method
from .objects import NONE, Array, Obj, Tuple
from .shaping import ravel
from .terms import Term, along, array_of, counted

# ---- sorting ----


def _vector(frame: Frame, obj: Obj | None, axis: Obj | None, args: Arguments) -> Term:
    """Return the vector that is sorted: its only axis may be named."""
    assert obj is not None
    if axis == NONE:
        obj = ravel(frame, Arguments("numpy.ravel", [obj], {}, ".ravel"))
    found = array_of(frame, obj, args.spelled)
    if axis is not None and axis != NONE:
        one_axis(frame, axis, 1)
    if found.value.type.is_complex:
        frame.refuse(f"{args.spelled} of complex numbers", "sort their sizes")
    return found


def _order(x: Term) -> Term:
    """Return the order of a vector; equal elements stay as they stand."""
    return Term(x.frame, x.frame.make("argsort", x.value))


@library("np.argsort")
def argsort(frame: Frame, args: Arguments) -> Obj:
    """``np.argsort(x)`` of a vector: the stable order, whatever ``kind`` says."""
    x, axis, _, _ = args.take(frame, "a axis? kind? stable?")
    return _order(_vector(frame, x, axis, args)).obj


@library("np.sort")
def sort(frame: Frame, args: Arguments) -> Obj:
    """``np.sort(x)`` of a vector: its elements by their order."""
    x, axis, _, _ = args.take(frame, "a axis? kind? stable?")
    vector = _vector(frame, x, axis, args)
    return vector[_order(vector)].obj


@library("builtins.sorted")
def sorted_(frame: Frame, args: Arguments) -> Obj:
    """Refuse ``sorted(x)``: a list, which adds and repeats as no array does."""
    frame.refuse("sorted, which makes a list", "use np.sort(x)")


@method("sort")
def sort_method(frame: Frame, args: Arguments) -> Obj:
    """``x.sort()``: in place."""
    x, axis, _ = args.take(frame, "a axis? kind?")
    vector = _vector(frame, x, axis, args)
    vector[:] = vector[_order(vector)]
    return NONE


@library("np.median")
def median(frame: Frame, args: Arguments) -> Obj:
    """``np.median(x)``: the middle of the sorted elements, nan if there is one."""
    x, axis = args.take(frame, "a axis?")
    vector = _vector(frame, x, NONE if axis is None else axis, args)
    if not vector.value.type.is_float:
        frame.refuse("np.median of integers", "convert with .astype(float)")
    ordered, n = vector[_order(vector)], vector.length()
    middle = 0.5 * (ordered[(n - 1) // 2] + ordered[n // 2])
    last = ordered[-1]
    return last.call("isnan").where(last, middle).obj


# ---- places of elements that are true ----


@library("np.nonzero")
def nonzero(frame: Frame, args: Arguments) -> Obj:
    """``np.nonzero(x)``: the indices of what is not zero, one array an axis."""
    (x,) = args.take(frame, "a")
    assert x is not None
    return Tuple(tuple(place.obj for place in places(frame, x)))


@library("np.flatnonzero")
def flatnonzero(frame: Frame, args: Arguments) -> Obj:
    """``np.flatnonzero(x)``: the places of what is not zero, in C order."""
    (x,) = args.take(frame, "a")
    assert x is not None
    flat = ravel(frame, Arguments("numpy.ravel", [x], {}, ".ravel"))
    return places(frame, flat)[0].obj


@library("np.argwhere")
def argwhere(frame: Frame, args: Arguments) -> Obj:
    """``np.argwhere(x)``: the indices of what is not zero, one row each."""
    (x,) = args.take(frame, "a")
    assert x is not None
    columns = [place.value for place in places(frame, x)]
    return frame.make("stack", *columns, axis=1, spelled="np.stack")


def places(frame: Frame, obj: Obj) -> list[Term]:
    """Return the indices of the elements that are true."""
    x = Term(frame, require_array(frame, obj))
    mask = x
    if x.value.type.dtype != "bool":
        unequal = frame.make("not_equal", x.value, frame.constant(0), spelled="!=")
        mask = Term(frame, unequal)
    if x.rank == 1:
        return [counted(frame, x.length())[mask]]
    shape = tuple(x.length(axis) for axis in range(x.rank))
    found = []
    for axis, n in enumerate(shape):
        items = tuple(slice(None) if k == axis else None for k in range(x.rank))
        lengths = Tuple(tuple(each.obj for each in shape))
        spread = counted(frame, n)[items].call("broadcast_to", Term(frame, lengths))
        found.append(spread[mask])
    return found


# ---- the elements of a diagonal or a triangle ----


@library("np.diag_indices")
def diag_indices(frame: Frame, args: Arguments) -> Obj:
    """``np.diag_indices(n)`` of a matrix."""
    n, axes = args.take(frame, "n ndim?")
    assert n is not None
    count = 2 if axes is None else known_integer(frame, frame.read(axes), "ndim=")
    return Tuple(tuple(counted(frame, Term(frame, n)).obj for _ in range(count)))


@library("np.diag_indices_from")
def diag_indices_from(frame: Frame, args: Arguments) -> Obj:
    """``np.diag_indices_from(A)`` of a matrix."""
    (a,) = args.take(frame, "arr")
    assert a is not None
    matrix = array_of(frame, a, "np.diag_indices_from", 2)
    return Tuple(tuple(counted(frame, matrix.length()).obj for _ in range(2)))


@library("np.triu_indices", "np.tril_indices")
def triangle_indices(frame: Frame, args: Arguments) -> Obj:
    """``np.triu_indices(n, k, m)``: where the triangle's mask is true."""
    n, k, m = args.take(frame, "n k? m?")
    assert n is not None
    rows = Term(frame, n)
    columns = rows if m is None or m == NONE else Term(frame, m)
    return _triangle(frame, args, rows, columns, k)


@library("np.triu_indices_from", "np.tril_indices_from")
def triangle_indices_from(frame: Frame, args: Arguments) -> Obj:
    """``np.triu_indices_from(A, k)``."""
    a, k = args.take(frame, "arr k?")
    assert a is not None
    matrix = array_of(frame, a, args.spelled, 2)
    return _triangle(frame, args, matrix.length(0), matrix.length(1), k)


def _triangle(
    frame: Frame, args: Arguments, rows: Term, columns: Term, k: Obj | None
) -> Obj:
    down, across = counted(frame, rows)[:, None], counted(frame, columns)[None, :]
    if k is not None:
        down = down + Term(frame, k)
    mask = down <= across if "triu" in args.name else down >= across
    return Tuple(tuple(place.obj for place in places(frame, mask.obj)))


# ---- indices ----


@library("np.ix_")
def ix_(frame: Frame, args: Arguments) -> Obj:
    """``np.ix_(i, j)``: indices that meet in a grid."""
    given = [array_of(frame, obj, "np.ix_") for obj in args.positional]
    if args.keywords or any(g.value.type.dtype == "bool" for g in given):
        frame.refuse("np.ix_ of masks", "use np.flatnonzero(mask)")
    rank = len(given)
    grid = [g[along(rank, k, slice(None), None)].obj for k, g in enumerate(given)]
    return Tuple(tuple(grid))


@library("np.take_along_axis")
def take_along_axis(frame: Frame, args: Arguments) -> Obj:
    """``np.take_along_axis(x, indices, axis)``, all other axes alike."""
    a, indices, axis = args.take(frame, "arr indices axis")
    assert a is not None and indices is not None and axis is not None
    x, chosen = (Term(frame, as_array(frame, obj)) for obj in (a, indices))
    if x.rank != chosen.rank or not isinstance(x.obj, Array):
        frame.refuse("np.take_along_axis of these", "give indices with as many axes")
    place = one_axis(frame, axis, x.rank)
    items = [
        chosen
        if k == place
        else counted(frame, x.length(k))[along(x.rank, k, slice(None), None)]
        for k in range(x.rank)
    ]
    return x[tuple(items)].obj


@library("np.unravel_index")
def unravel_index(frame: Frame, args: Arguments) -> Obj:
    """``np.unravel_index(k, shape)``."""
    indices, shape = args.take(frame, "indices shape")
    if indices is None or not isinstance(shape, Tuple):
        frame.refuse("np.unravel_index of this", "give a shape with all its lengths")
    rest = Term(frame, as_array(frame, indices))
    size = reduce(lambda x, y: x * y, [Term(frame, n) for n in shape.items])
    inside = (rest >= 0).call("logical_and", rest < size)
    inside = inside.call("all") if inside.rank else inside
    frame.check(inside.value, "ValueError", "an index is out of bounds for the array")
    found: list[Obj] = []
    for n in reversed(shape.items[1:]):
        found.insert(0, (rest % Term(frame, n)).obj)
        rest = rest // Term(frame, n)
    return Tuple((rest.obj, *found))
