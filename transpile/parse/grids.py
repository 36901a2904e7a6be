"""Grids of points, and what ``np.r_`` and its kin make of what stands in brackets."""

from __future__ import annotations

from collections.abc import Sequence

import gast

from ..graph.ir import Item, NewAxis, Span, Value
from .arrays import as_array, known_flag, lengths_of, require_array
from .frame import Frame
from .indexing import SUBSCRIPTED, Brackets, get, parts_of
from .libraries import Arguments, call_library, library
from .objects import Array, Obj, Scalar, Static, Tuple
from .terms import Term, counted
from .writes import store


@library("np.meshgrid")
def meshgrid(frame: Frame, args: Arguments) -> Obj:
    """``np.meshgrid(x, y, indexing=..., sparse=...)`` of vectors."""
    rest = Arguments(args.name, [], args.keywords, args.spelled)
    indexing, sparse, _ = rest.take(frame, "indexing? sparse? copy?")
    turned = getattr(indexing, "value", "xy") == "xy" and len(args.positional) > 1
    arrays = [require_array(frame, _row(frame, obj).obj) for obj in args.positional]
    thin = sparse is not None and known_flag(frame, sparse, "sparse=")
    return Tuple(tuple(_grids(frame, arrays, turned, thin)))


def _row(frame: Frame, obj: Obj) -> Term:
    """Return what is given as a vector."""
    x = Term(frame, as_array(frame, obj))
    if not x.rank:
        return x.call("atleast_1d")
    return x if x.rank == 1 else x.call("ravel")


def _grids(
    frame: Frame, arrays: Sequence[Array], turned: bool, thin: bool = False
) -> list[Obj]:
    """Return vectors along an axis each, the first two axes turned if asked for."""
    order = list(range(len(arrays)))
    if turned:
        order[:2] = order[1::-1]
    lengths = [frame.length_of(frame.read(arrays[k]), 0) for k in order]
    places = [order.index(k) for k in range(len(arrays))]
    return [
        _grid(frame, array, lengths, axis, thin)
        for array, axis in zip(arrays, places, strict=True)
    ]


def _grid(
    frame: Frame, array: Array, lengths: Sequence[Value], axis: int, thin: bool
) -> Obj:
    items: list[Item] = [NewAxis() for _ in lengths]
    items[axis] = Span()
    spread = frame.read(get(frame, array, Brackets(tuple(items), ())))
    if thin:
        return frame.make("copy", spread)
    dtype = array.type.dtype
    grid = require_array(
        frame, frame.make("empty", *lengths, dtype=dtype, spelled="np.empty")
    )
    store(frame, grid, None, spread, ":")
    return grid


@library("np.indices")
def indices(frame: Frame, args: Arguments) -> Obj:
    """``np.indices((m, n))``: a grid of integers for each axis."""
    (shape,) = args.take(frame, "dimensions")
    assert shape is not None
    counts = [Term(frame, Scalar(n)) for n in lengths_of(frame, shape)]
    ranges = [require_array(frame, counted(frame, n).obj) for n in counts]
    return Tuple(tuple(_grids(frame, ranges, False)), True)


# ---- in brackets ----


def _mgrid(frame: Frame, node: gast.AST) -> Obj:
    """Return ``np.mgrid[a:b, c:d]``: the points of ranges as grids."""
    ranges = _alike(frame, node)
    if len(ranges) == 1:
        return ranges[0]
    return Tuple(tuple(_grids(frame, ranges, False)), True)


def _ogrid(frame: Frame, node: gast.AST) -> Obj:
    """Return ``np.ogrid[a:b, c:d]``: the points of ranges, an axis each."""
    ranges = _alike(frame, node)
    if len(ranges) == 1:
        return ranges[0]
    return Tuple(tuple(_grids(frame, ranges, False, True)))


def _alike(frame: Frame, node: gast.AST) -> list[Array]:
    """Return the points of the ranges in brackets, all in one dtype."""
    found = []
    for part in _parts(node):
        if not isinstance(part, gast.Slice) or part.upper is None:
            frame.refuse(
                "np.mgrid of this", "give slices with ends: np.mgrid[0:m, 0:n]"
            )
        found.append(_points(frame, part))
    if any(x.value.type.is_float for x in found):
        found = [
            x
            if x.value.type.is_float
            else Term(
                frame,
                frame.make("cast", x.value, dtype="float64", spelled=".astype"),
            )
            for x in found
        ]
    return [require_array(frame, x.obj) for x in found]


def _points(frame: Frame, part: gast.Slice) -> Term:
    """Return the numbers of a slice; an imaginary step is the number of points."""
    start = Scalar(frame.constant(0))
    lower = start if part.lower is None else frame.evaluate(part.lower)
    upper = frame.evaluate(part.upper)
    step = getattr(part.step, "value", None)
    if isinstance(step, complex):
        count = Scalar(frame.constant(int(abs(step))))
        given = [lower, upper, count]
        return Term(frame, call_library(frame, "numpy.linspace", given, {}))
    steps = [] if part.step is None else [frame.evaluate(part.step)]
    given = [lower, upper, *steps]
    return Term(frame, call_library(frame, "numpy.arange", given, {}))


def _parts(node: gast.AST) -> list[gast.AST]:
    return list(node.elts) if isinstance(node, gast.Tuple) else [node]


def _pieces(frame: Frame, node: gast.AST) -> list[Term]:
    found = []
    for part in _parts(node):
        if isinstance(part, gast.Slice):
            if part.upper is None:
                frame.refuse("a slice without an end here", "give its end: 0:n")
            found.append(_points(frame, part))
            continue
        obj = frame.evaluate(part)
        if isinstance(obj, Static):
            frame.refuse("text in these brackets", "use np.concatenate or np.stack")
        x = Term(frame, as_array(frame, obj))
        found.append(x if x.rank else x.call("atleast_1d"))
    return found


def _rows(frame: Frame, node: gast.AST) -> Obj:
    """Return ``np.r_[x, 0, y]``: one after the other."""
    return _joined(frame, _pieces(frame, node), 0)


def _columns(frame: Frame, node: gast.AST) -> Obj:
    """Return ``np.c_[x, y]``: vectors as columns side by side."""
    pieces = [x[:, None] if x.rank == 1 else x for x in _pieces(frame, node)]
    return _joined(frame, pieces, pieces[0].rank - 1)


def _joined(frame: Frame, pieces: Sequence[Term], axis: int) -> Obj:
    values = [piece.value for piece in pieces]
    if len({v.type.rank for v in values}) > 1:
        frame.refuse("pieces with different numbers of axes", "give all the same")
    return frame.make("concatenate", *values, axis=axis, spelled="np.concatenate")


def _index(frame: Frame, node: gast.AST) -> Obj:
    """Return ``np.s_[1:3]``: what stands in the brackets, for others."""
    found = parts_of(frame, node)
    return Tuple(tuple(found)) if isinstance(node, gast.Tuple) else found[0]


def _index_tuple(frame: Frame, node: gast.AST) -> Obj:
    return Tuple(tuple(parts_of(frame, node)))


SUBSCRIPTED.update(
    {
        "numpy.s_": _index,
        "numpy.index_exp": _index_tuple,
        "numpy.mgrid": _mgrid,
        "numpy.ogrid": _ogrid,
        "numpy.r_": _rows,
        "numpy.c_": _columns,
    }
)
