"""Matrices made of blocks, and arrays with axes put in or moved."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from .arrays import as_array, known_integer, one_axis, require_array
from .frame import Frame
from .libraries import Arguments, library
from .objects import NONE, Obj, Scalar, Tuple
from .shaping import permuted
from .terms import Term, array_of, counted

WHOLE = slice(None)


@library("np.block")
def block(frame: Frame, args: Arguments) -> Obj:
    """``np.block([[A, B], [C, D]])``: side by side and under each other."""
    (arrays,) = args.take(frame, "arrays")
    assert arrays is not None
    depth = _depth(arrays)
    leaves = [Term(frame, obj) for obj in _leaves(arrays)]
    rank = max(depth, *(leaf.rank for leaf in leaves))
    found = _block(frame, arrays, rank, rank - depth)
    return found.obj if isinstance(arrays, Tuple) else found.call("copy").obj


def _depth(obj: Obj) -> int:
    if not isinstance(obj, Tuple):
        return 0
    return 1 + max((_depth(item) for item in obj.items), default=0)


def _leaves(obj: Obj) -> list[Obj]:
    if not isinstance(obj, Tuple):
        return [obj]
    return [leaf for item in obj.items for leaf in _leaves(item)]


def _block(frame: Frame, obj: Obj, rank: int, axis: int) -> Term:
    if not isinstance(obj, Tuple):
        x = Term(frame, obj)
        x = x if x.rank else x.call("atleast_1d")
        missing = rank - x.rank
        return x[(None,) * missing + (WHOLE,) * x.rank] if missing else x
    parts = [_block(frame, item, rank, axis + 1) for item in obj.items]
    values = [part.value for part in parts]
    made = frame.make("concatenate", *values, axis=axis, spelled="np.concatenate")
    return Term(frame, made)


@library("scipy.linalg.block_diag")
def block_diag(frame: Frame, args: Arguments) -> Obj:
    """``block_diag(A, B)``: blocks along the diagonal of zeros."""
    blocks = [Term(frame, as_array(frame, obj)) for obj in args.positional]
    blocks = [x.call("atleast_2d") if x.rank < 2 else x for x in blocks]
    if args.keywords or not blocks or any(x.rank > 2 for x in blocks):
        frame.refuse("block_diag of these", "give matrices")
    dtype = reduce(lambda x, y: x * y, (x[0, 0] for x in blocks)).value.type.dtype
    rows, columns = ([x.length(k) for x in blocks] for k in (0, 1))
    lengths = [reduce(Term.__add__, group).value for group in (rows, columns)]
    zeros = frame.make("zeros", *lengths, dtype=dtype, spelled="np.zeros")
    made = Term(frame, zeros)
    down = across = Term(frame, Scalar(frame.constant(0)))
    for x, m, n in zip(blocks, rows, columns, strict=True):
        made[down : down + m, across : across + n] = x
        down, across = down + m, across + n
    return made.obj


@library("scipy.linalg.toeplitz")
def toeplitz(frame: Frame, args: Arguments) -> Obj:
    """``toeplitz(c, r)``: constant diagonals, from a column and a row."""
    c, r = args.take(frame, "c r?")
    assert c is not None
    column = array_of(frame, c, "toeplitz")
    row = column if r is None or r == NONE else array_of(frame, r, "toeplitz")
    if row is column and column.value.type.is_complex:
        row = column.call("conj")
    values = [column[::-1].value, row[1:].value]
    line = Term(frame, frame.make("concatenate", *values, axis=0))
    down = counted(frame, column.length())[::-1]
    return line[down[:, None] + counted(frame, row.length())[None, :]].obj


@library("scipy.linalg.circulant")
def circulant(frame: Frame, args: Arguments) -> Obj:
    """``circulant(c)``: each column is the one before, moved down by one."""
    (c,) = args.take(frame, "c")
    assert c is not None
    column = array_of(frame, c, "circulant")
    n = column.length()
    place = counted(frame, n)
    return column[(place[:, None] - place[None, :]) % n].obj


# ---- axes ----


@library("np.atleast_3d")
def atleast_3d(frame: Frame, args: Arguments) -> Obj:
    """``np.atleast_3d(x)``: a vector becomes the middle axis."""
    (x,) = args.take(frame, "a")
    assert x is not None
    found = Term(frame, as_array(frame, x))
    if not found.rank:
        found = found.call("atleast_1d")
    if found.rank == 1:
        return found[None, :, None].obj
    return (found[:, :, None] if found.rank == 2 else found).obj


@library("np.expand_dims")
def expand_dims(frame: Frame, args: Arguments) -> Obj:
    """``np.expand_dims(x, axis)``."""
    x, axis = args.take(frame, "a axis")
    assert x is not None and axis is not None
    found = Term(frame, as_array(frame, x))
    items = axis.items if isinstance(axis, Tuple) else (axis,)
    rank = found.rank + len(items)
    new = {one_axis(frame, item, rank) for item in items}
    if len(new) < len(items):
        frame.refuse("the same axis twice")
    if not found.rank:
        return found.call("reshape", (1,) * rank).obj
    return found[tuple(None if k in new else WHOLE for k in range(rank))].obj


@library("np.moveaxis")
def moveaxis(frame: Frame, args: Arguments) -> Obj:
    """``np.moveaxis(x, source, destination)``, of one axis or several."""
    x, source, target = args.take(frame, "a source destination")
    assert x is not None and source is not None and target is not None
    array = require_array(frame, x)
    rank = array.type.rank
    here, there = (
        [one_axis(frame, item, rank) for item in _items(obj)]
        for obj in (source, target)
    )
    if len(here) != len(there):
        frame.refuse("np.moveaxis from and to different numbers of axes")
    axes = [k for k in range(rank) if k not in here]
    for place, axis in sorted(zip(there, here, strict=True)):
        axes.insert(place, axis)
    return permuted(frame, array, axes, ".transpose")


def _items(obj: Obj) -> Sequence[Obj]:
    return obj.items if isinstance(obj, Tuple) else (obj,)


@library("np.rollaxis")
def rollaxis(frame: Frame, args: Arguments) -> Obj:
    """``np.rollaxis(x, axis, start)``: an axis moved before another one."""
    x, axis, start = args.take(frame, "a axis start?")
    assert x is not None and axis is not None
    array = require_array(frame, x)
    rank = array.type.rank
    here = one_axis(frame, axis, rank)
    before = (
        0 if start is None else known_integer(frame, frame.read(start), "the start")
    )
    before += rank if before < 0 else 0
    axes = [k for k in range(rank) if k != here]
    axes.insert(before - (1 if here < before else 0), here)
    return permuted(frame, array, axes, ".transpose")
