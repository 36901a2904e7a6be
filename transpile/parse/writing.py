"""Functions that write into an array: copies, fills, sums at indices."""

from __future__ import annotations

from functools import partial

from ..graph.ir import Gather, Value
from .arrays import as_array, as_value, require_array
from .elementwise import into
from .frame import Frame
from .indexing import Brackets, bracket_objects
from .libraries import FUNCTIONS, Arguments, library, method
from .objects import NONE, Array, Obj, Tuple
from .shaping import ravel
from .writes import accumulate, store


@library("np.copyto")
def copyto(frame: Frame, args: Arguments) -> Obj:
    """``np.copyto(target, source, where=mask)``."""
    target, source, _, where = args.take(frame, "dst src casting? where?")
    assert target is not None and source is not None
    into(frame, as_array(frame, source), target, where)
    return NONE


@library("np.putmask")
def putmask(frame: Frame, args: Arguments) -> Obj:
    """``np.putmask(x, mask, values)``, of a number or of values for all elements."""
    target, mask, values = args.take(frame, "a mask values")
    assert target is not None and mask is not None and values is not None
    given = as_array(frame, values)
    rank = frame.read(given).type.rank
    if rank not in (0, require_array(frame, target).type.rank):
        frame.refuse("np.putmask with values of another shape", "write x[mask] = ...")
    into(frame, given, target, mask)
    return NONE


@library("np.put")
def put(frame: Frame, args: Arguments) -> Obj:
    """``np.put(x, indices, values)``, of a number or of a value for every index."""
    target, index, values = args.take(frame, "a ind v")
    assert target is not None and index is not None and values is not None
    flat = ravel(frame, Arguments("numpy.ravel", [target], {}, ".ravel"))
    array = require_array(frame, flat)
    brackets = bracket_objects(frame, array.type, [index])
    given = as_value(frame, values)
    if given.type.rank and brackets.basic:
        frame.refuse("np.put of several values at one index", "write a slice")
    store(frame, array, brackets, given)
    return NONE


@method("fill")
def fill(frame: Frame, args: Arguments) -> Obj:
    """``x.fill(value)``."""
    target, value = args.take(frame, "a value")
    assert target is not None and value is not None
    store(frame, require_array(frame, target), None, frame.read(value), ":")
    return NONE


@library("np.fill_diagonal")
def fill_diagonal(frame: Frame, args: Arguments) -> Obj:
    """``np.fill_diagonal(A, value)`` of a matrix: a number, or a value for each."""
    target, value = args.take(frame, "a val")
    assert target is not None and value is not None
    array, given = require_array(frame, target), as_value(frame, value)
    if array.type.rank != 2:
        frame.refuse("np.fill_diagonal of other than a matrix", "write A[k, k, k] = v")
    places = _diagonal(frame, array)
    store(frame, array, Brackets((Gather(0), Gather(1)), (places, places)), given)
    return NONE


def _diagonal(frame: Frame, array: Array) -> Value:
    """Return ``np.arange(min(A.shape))``."""
    value = frame.read(array)
    rows, columns = (frame.length_of(value, axis) for axis in (0, 1))
    if not frame.context.proves_equal(rows.as_linear, columns.as_linear):
        rows = frame.emit("minimum", rows, columns, spelled="min")
    zero, one = frame.constant(0), frame.constant(1)
    return frame.emit("arange", zero, rows, one, spelled="np.arange")


def _at(sign: int, frame: Frame, args: Arguments) -> Obj:
    """Return None after ``np.add.at(x, index, value)``."""
    target, index, value = args.take(frame, "a indices b")
    assert target is not None and index is not None and value is not None
    array = require_array(frame, target)
    parts = index.items if isinstance(index, Tuple) and not index.is_list else (index,)
    brackets = bracket_objects(frame, array.type, parts)
    amount = as_value(frame, value)
    if sign < 0:
        amount = frame.emit("negative", amount, spelled="-")
    accumulate(frame, array, brackets, amount, args.spelled)
    return NONE


FUNCTIONS["numpy.add.at"] = partial(_at, 1)
FUNCTIONS["numpy.subtract.at"] = partial(_at, -1)
