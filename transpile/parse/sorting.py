"""Orders of elements and places of elements: integers, constants of the derivative."""

from __future__ import annotations

from functools import partial, reduce

from .arrays import as_array, known_integer, one_axis, require_array
from .frame import Frame
from .libraries import METHODS, Arguments, library
from .objects import NONE, Array, Obj, Scalar, Tuple
from .shaping import ravel
from .terms import Term, along, array_of, counted

# ---- sorting ----


def lines_of(
    frame: Frame, obj: Obj | None, axis: Obj | None, args: Arguments
) -> tuple[Term, int]:
    """Return an array and the axis along which it is sorted, the last by default."""
    assert obj is not None
    if axis == NONE:
        obj, axis = ravel(frame, Arguments("numpy.ravel", [obj], {}, ".ravel")), None
    found = Term(frame, require_array(frame, obj))
    place = found.rank - 1 if axis is None else one_axis(frame, axis, found.rank)
    return found, place


def order_of(x: Term, axis: int) -> Term:
    """Return the order along an axis; equal elements stay as they stand.

    Of complex numbers the real parts come first, then the imaginary ones.
    """
    if x.value.type.is_complex:
        second = order_of(x.call("imag"), axis)
        first = order_of(gathered(x.call("real"), second, axis), axis)
        return gathered(second, first, axis)
    return Term(x.frame, x.frame.make("argsort", x.value, axis=axis))


def gathered(x: Term, places: Term, axis: int) -> Term:
    """Return the elements at places along an axis, all other axes alike."""
    return x[places_along(x, places, axis)]


def places_along(x: Term, places: Term, axis: int) -> tuple[Term, ...]:
    """Return an index of the elements at places along an axis."""
    return tuple(
        places
        if k == axis
        else counted(x.frame, x.length(k))[along(x.rank, k, slice(None), None)]
        for k in range(x.rank)
    )


def _ordered(x: Term, axis: int) -> Term:
    return gathered(x, order_of(x, axis), axis)


@library("np.argsort")
def argsort(frame: Frame, args: Arguments) -> Obj:
    """``np.argsort(x, axis)``: the stable order, whatever ``kind`` says."""
    x, axis, _, _ = args.take(frame, "a axis? kind? stable?")
    return order_of(*lines_of(frame, x, axis, args)).obj


@library("np.sort")
def sort(frame: Frame, args: Arguments) -> Obj:
    """``np.sort(x, axis)``: the elements by their order."""
    x, axis, _, _ = args.take(frame, "a axis? kind? stable?")
    return _ordered(*lines_of(frame, x, axis, args)).obj


@library("np.sort_complex")
def sort_complex(frame: Frame, args: Arguments) -> Obj:
    """``np.sort_complex(x)``: in order along the last axis, as complex numbers."""
    (a,) = args.take(frame, "a")
    x, axis = lines_of(frame, a, None, args)
    wide = {"float32": "complex64", "complex64": "complex64"}
    return _ordered(x, axis).cast(wide.get(x.value.type.dtype, "complex128")).obj


@library("np.argpartition")
def argpartition(frame: Frame, args: Arguments) -> Obj:
    """``np.argpartition(x, kth, axis)``: the whole order, which has all ``kth``."""
    x, _, axis, _ = args.take(frame, "a kth axis? kind?")
    return order_of(*lines_of(frame, x, axis, args)).obj


@library("np.partition")
def partition(frame: Frame, args: Arguments) -> Obj:
    """``np.partition(x, kth, axis)``: all elements in order, which has all ``kth``."""
    x, _, axis, _ = args.take(frame, "a kth axis? kind?")
    return _ordered(*lines_of(frame, x, axis, args)).obj


@library("np.lexsort")
def lexsort(frame: Frame, args: Arguments) -> Obj:
    """``np.lexsort((second, first))`` of vectors: by the last one, then the others."""
    (keys,) = args.take(frame, "keys")
    if not isinstance(keys, Tuple) or not keys.items:
        frame.refuse("np.lexsort of this", "give a tuple of vectors")
    vectors = [array_of(frame, key, args.spelled) for key in keys.items]
    order = order_of(vectors[0], 0)
    for key in vectors[1:]:
        order = order[order_of(key[order], 0)]
    return order.obj


@library("builtins.sorted")
def sorted_(frame: Frame, args: Arguments) -> Obj:
    """Refuse ``sorted(x)``: a list, which adds and repeats as no array does."""
    frame.refuse("sorted, which makes a list", "use np.sort(x)")


def _in_place(words: str, frame: Frame, args: Arguments) -> Obj:
    x, axis = (args.take(frame, words)[k] for k in (0, words.split().index("axis?")))
    array, place = lines_of(frame, x, axis, args)
    array[:] = _ordered(array, place)
    return NONE


METHODS["sort"] = partial(_in_place, "a axis? kind?")
METHODS["partition"] = partial(_in_place, "a kth axis? kind?")


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
    given = [
        g.call("flatnonzero") if g.value.type.dtype == "bool" else g for g in given
    ]
    rank = len(given)
    grid = [g[along(rank, k, slice(None), None)].obj for k, g in enumerate(given)]
    return Tuple(tuple(grid))


@library("np.take_along_axis")
def take_along_axis(frame: Frame, args: Arguments) -> Obj:
    """``np.take_along_axis(x, indices, axis)``, all other axes alike."""
    a, indices, axis = args.take(frame, "arr indices axis?")
    assert a is not None and indices is not None
    if axis is None:
        axis = Scalar(frame.constant(-1))
    x, chosen = (Term(frame, as_array(frame, obj)) for obj in (a, indices))
    if x.rank != chosen.rank or not isinstance(x.obj, Array):
        frame.refuse("np.take_along_axis of these", "give indices with as many axes")
    place = one_axis(frame, axis, x.rank)
    return gathered(x, chosen, place).obj


@library("np.unravel_index")
def unravel_index(frame: Frame, args: Arguments) -> Obj:
    """``np.unravel_index(k, shape)``."""
    indices, shape = args.take(frame, "indices shape")
    if indices is None or not isinstance(shape, Tuple):
        frame.refuse("np.unravel_index of this", "give a shape with all its lengths")
    rest = Term(frame, as_array(frame, indices))
    size = reduce(Term.__mul__, [Term(frame, n) for n in shape.items])
    inside = (rest >= 0).call("logical_and", rest < size)
    inside = inside.call("all") if inside.rank else inside
    frame.check(inside.value, "ValueError", "an index is out of bounds for the array")
    found: list[Obj] = []
    for n in reversed(shape.items[1:]):
        found.insert(0, (rest % Term(frame, n)).obj)
        rest = rest // Term(frame, n)
    return Tuple((rest.obj, *found))


@library("np.ravel_multi_index")
def ravel_multi_index(frame: Frame, args: Arguments) -> Obj:
    """``np.ravel_multi_index((i, j), shape)``: the places in C order."""
    indices, shape = args.take(frame, "multi_index dims")
    if not isinstance(indices, Tuple) or not isinstance(shape, Tuple):
        frame.refuse("np.ravel_multi_index of these", "give tuples of one length")
    if len(indices.items) != len(shape.items):
        frame.refuse("np.ravel_multi_index of these", "give tuples of one length")
    places = [Term(frame, as_array(frame, item)) for item in indices.items]
    lengths = [Term(frame, n) for n in shape.items]
    for place, n in zip(places, lengths, strict=True):
        inside = (place >= 0).call("logical_and", place < n)
        inside = inside.call("all") if inside.rank else inside
        frame.check(inside.value, "ValueError", "invalid entry in coordinates array")
    pairs = zip(places[1:], lengths[1:], strict=True)
    return reduce(lambda whole, pair: whole * pair[1] + pair[0], pairs, places[0]).obj
