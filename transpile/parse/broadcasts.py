"""Arrays made to one shape, and one array taken apart."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.linear import Linear
from ..graph.shapes import broadcast, broadcast_pairs
from ..graph.types import TypeRefused
from .arrays import as_array, as_value, lengths_of, one_axis, require_array
from .frame import Frame
from .lengths import length, require_equal
from .libraries import Arguments, library
from .objects import Obj, Scalar, Tuple
from .terms import Term
from .writes import may_share

Shape = tuple[Linear, ...]


def _common(frame: Frame, shapes: Sequence[Shape]) -> Shape:
    """Return the shape that several broadcast to."""
    try:
        found = broadcast(shapes)
    except TypeRefused as refused:
        frame.refuse(refused.message, refused.help)
    require_equal(frame, broadcast_pairs(shapes), (), "add")
    return found


@library("np.broadcast_arrays")
def broadcast_arrays(frame: Frame, args: Arguments) -> Obj:
    """``np.broadcast_arrays(x, y)``: each in the shape of all together."""
    arrays = [as_array(frame, obj) for obj in args.positional]
    values = [as_value(frame, array) for array in arrays]
    shape = _common(frame, [value.type.shape for value in values])
    lengths = [length(frame, form, values) for form in shape]
    if not shape:
        return Tuple(tuple(arrays))
    found = []
    for array, value in zip(arrays, values, strict=True):
        wide = frame.make("broadcast_to", value, *lengths, spelled="np.broadcast_to")
        found.append(may_share(frame, wide, array))
    return Tuple(tuple(found))


@library("np.broadcast_shapes")
def broadcast_shapes(frame: Frame, args: Arguments) -> Obj:
    """``np.broadcast_shapes((3, 1), (4,))``: the shape of all together."""
    shapes = [
        tuple(value.as_linear for value in lengths_of(frame, obj))
        for obj in args.positional
    ]
    forms = _common(frame, shapes)
    return Tuple(tuple(Scalar(length(frame, form)) for form in forms))


@library("np.unstack")
def unstack(frame: Frame, args: Arguments) -> Obj:
    """``np.unstack(x, axis=...)``: the parts along an axis.

    Where it is not known how many there are they stay one array, which is indexed and
    unpacked as a tuple is.
    """
    given, axis = args.take(frame, "x axis?")
    assert given is not None
    x = Term(frame, require_array(frame, given))
    place = 0 if axis is None else one_axis(frame, axis, x.rank)
    parts = x.call("moveaxis", place, 0) if place else x
    count = parts.value.type.shape[0].value
    if count is None:
        return parts.obj
    return Tuple(tuple(parts[k].obj for k in range(count)))
