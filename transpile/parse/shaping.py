"""Functions that change shapes: views where NumPy's are, copies elsewhere."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from ..graph import ir
from ..graph.ir import At, Item, NewAxis, Value
from ..graph.linear import Linear
from ..graph.shapes import product
from .arrays import (
    as_array,
    lengths_of,
    one_axis,
    require_array,
    shape_of,
)
from .frame import Frame
from .indexing import Brackets, get
from .lengths import length
from .libraries import Arguments, library, method
from .objects import NONE, Array, Obj, Scalar, Tuple, View
from .order import in_order
from .writes import may_share

ONE = Linear.number(1)


def size_of(frame: Frame, obj: Obj) -> Obj:
    """Return the number of elements."""
    if not isinstance(obj, Array):
        return Scalar(frame.constant(1))
    lengths = frame.context.builder.dims(frame.read(obj))
    return Scalar(
        functools.reduce(
            lambda x, y: frame.context.builder.emit("multiply", x, y, spelled="*"),
            lengths,
        )
    )


@library("np.size")
def size(frame: Frame, args: Arguments) -> Obj:
    """``np.size(x)``."""
    x, axis = args.take(frame, "a axis?")
    assert x is not None
    if axis is None or axis == NONE:
        return size_of(frame, as_array(frame, x))
    array = require_array(frame, x)
    return shape_of(frame, array).items[one_axis(frame, axis, array.type.rank)]


@library("np.shape")
def shape(frame: Frame, args: Arguments) -> Obj:
    """``np.shape(x)``."""
    (x,) = args.take(frame, "a")
    assert x is not None
    return shape_of(frame, as_array(frame, x))


@library("np.ndim")
def ndim(frame: Frame, args: Arguments) -> Obj:
    """``np.ndim(x)``."""
    (x,) = args.take(frame, "a")
    assert x is not None
    return Scalar(frame.constant(frame.read(as_array(frame, x)).type.rank))


# ---- reshape ----


@library("np.reshape")
def reshape(frame: Frame, args: Arguments) -> Obj:
    """``np.reshape(x, shape)``."""
    x, shape, order, copy = args.take(frame, "a shape order? copy?")
    assert x is not None and shape is not None
    if copy is not None and copy != NONE:
        frame.refuse("copy= of np.reshape", "leave it out, or write .copy()")
    return _in_order(frame, x, lengths_of(frame, shape), order, args.spelled)


@method("reshape")
def reshape_method(frame: Frame, args: Arguments) -> Obj:
    """``x.reshape(m, n)`` or ``x.reshape((m, n))``."""
    order = args.keywords.get("order")
    x, *rest = args.positional
    if "shape" in args.keywords:
        rest = [args.keywords["shape"]]
    lengths = rest[0] if len(rest) == 1 else tuple(rest)
    return _in_order(frame, x, lengths_of(frame, lengths), order, args.spelled)


def _in_order(
    frame: Frame, x: Obj, lengths: Sequence[Value], order: Obj | None, spelled: str
) -> Obj:
    """Return an array in another shape, the last axis going fastest, or the first."""
    if not _by_columns(frame, order):
        return reshaped(frame, x, lengths, spelled)
    array = as_array(frame, x)
    found = reshaped(frame, _turned(frame, array), lengths[::-1], ".reshape")
    return _turned(frame, found)


def _turned(frame: Frame, obj: Obj) -> Obj:
    """Return an array with its axes in the other order."""
    if not isinstance(obj, Array):
        return obj
    return permuted(frame, obj, tuple(reversed(range(obj.type.rank))), ".transpose")


def _by_columns(frame: Frame, order: Obj | None) -> bool:
    """Whether the first axis is to go fastest."""
    given = "C" if order is None else getattr(order, "value", None)
    if given not in ("C", "F"):
        frame.refuse("an order= other than 'C' and 'F'", "write one of these")
    return given == "F"


def reshaped(frame: Frame, obj: Obj, lengths: Sequence[Value], spelled: str) -> Obj:
    """Return an array in another shape; one length may be -1."""
    array = as_array(frame, obj)
    if not isinstance(array, Array):
        return _of_one(frame, array, lengths)
    resolved = [*lengths]
    unknown = [k for k, v in enumerate(lengths) if frame.context.number(v) == -1]
    if len(unknown) > 1:
        frame.refuse("more than one length of -1")
    if unknown:
        others = [v for k, v in enumerate(lengths) if k not in unknown]
        resolved[unknown[0]] = _left_over(frame, array, others)
    attrs = {"spelled": spelled}
    source = array
    if array.type.layout == "C" and not in_order(frame.context, frame.read(array)):
        array = require_array(frame, frame.make("copy", frame.read(array)))
    value = frame.emit("reshape", frame.read(array), *resolved, **attrs)
    if value.buffer is not array.root:
        return may_share(frame, frame.fresh(value), array)
    view = View("reshape", tuple(resolved), attrs)
    made = Array(array.root, value.type, array, view)
    frame.state.views[made] = (frame.read(array), value)
    return made if array is source else may_share(frame, made, source)


def _of_one(frame: Frame, number: Obj, lengths: Sequence[Value]) -> Obj:
    """Return an array with one element, a number."""
    message = "cannot reshape a number into more elements, or none"
    for given in lengths:
        if frame.context.number(given) not in (1, -1):
            one = frame.emit("equal", given, frame.constant(1), spelled="==")
            frame.check(one, "ValueError", message)
    ones = [frame.constant(1) for _ in lengths]
    return frame.make("full", frame.read(number), *ones)


def _left_over(frame: Frame, array: Array, others: Sequence[Value]) -> Value:
    """Return the length that -1 stands for."""
    builder = frame.context.builder
    lengths = list(array.type.shape)
    rest = list(others)
    for other in others:  # cancel the lengths that are kept
        match = [d for d in lengths if frame.context.proves_equal(d, other.as_linear)]
        if match:
            lengths.remove(match[0])
            rest.remove(other)
    whole = _whole_quotient(lengths, rest)
    if whole is not None:
        return length(frame, whole, [frame.read(array)])
    total = frame.read(size_of(frame, array))
    divisor = functools.reduce(
        lambda x, y: builder.emit("multiply", x, y, spelled="*"), others
    )
    return builder.emit("floor_divide", total, divisor, spelled="//")


def _whole_quotient(lengths: Sequence[Linear], rest: Sequence[Value]) -> Linear | None:
    numbers = [v.as_linear.value for v in rest]
    size = product(lengths)
    if not rest:
        return size
    if any(n is None or n == 0 for n in numbers):
        return None
    divisor = math.prod(n for n in numbers if n)
    factors = [size.constant, *(factor for _, factor in size.terms)]
    if any(factor % divisor for factor in factors):
        return None
    terms = ((atom, factor // divisor) for atom, factor in size.terms)
    return Linear.collect(terms, size.constant // divisor)


@library("np.ravel")
@method("ravel")
def ravel(frame: Frame, args: Arguments) -> Obj:
    """``x.ravel()``: a view where the memory allows it."""
    x, order = args.take(frame, "a order?")
    assert x is not None
    array = as_array(frame, x)
    if _by_columns(frame, order):
        array = _turned(frame, array)
    if not isinstance(array, Array):
        return _of_one(frame, array, [frame.constant(1)])
    if array.type.rank == 1:
        return array
    size = length(frame, product(array.type.shape), [frame.read(array)])
    return reshaped(frame, array, [size], args.spelled)


@method("flatten")
def flatten(frame: Frame, args: Arguments) -> Obj:
    """``x.flatten()``: always a copy."""
    x, order = args.take(frame, "a order?")
    assert x is not None
    array = as_array(frame, x)
    if _by_columns(frame, order):
        array = _turned(frame, array)
    if not isinstance(array, Array):
        return _of_one(frame, array, [frame.constant(1)])
    copied = require_array(frame, frame.make("copy", frame.read(array)))
    if array.type.rank == 1:
        return copied
    size = length(frame, product(array.type.shape), [frame.read(array)])
    return reshaped(frame, copied, [size], ".reshape")


# ---- transpose ----


@library("np.transpose", "np.permute_dims")
def transpose(frame: Frame, args: Arguments) -> Obj:
    """``np.transpose(x, axes)``."""
    x, axes = args.take(frame, "a axes?")
    assert x is not None
    array = require_array(frame, x)
    rank = array.type.rank
    if axes is None or axes == NONE:
        return permuted(frame, array, tuple(reversed(range(rank))), args.spelled)
    items = axes.items if isinstance(axes, Tuple) else (axes,)
    order = tuple(one_axis(frame, item, rank) for item in items)
    return permuted(frame, array, order, args.spelled)


@method("transpose")
def transpose_method(frame: Frame, args: Arguments) -> Obj:
    """``x.transpose(1, 0)`` or ``x.transpose((1, 0))``."""
    x, *axes = args.positional
    if len(axes) > 1:
        axes = [Tuple(tuple(axes))]
    return transpose(frame, Arguments(args.name, [x, *axes], {}, args.spelled))


def permuted(frame: Frame, array: Array, axes: Sequence[int], spelled: str) -> Obj:
    """Return a view with the axes in another order."""
    if len(axes) != array.type.rank:
        frame.refuse(f"{len(axes)} axes for an array with {array.type.rank}")
    if list(axes) == sorted(axes):
        return array
    attrs = {"axes": tuple(axes), "spelled": spelled}
    return frame.view(array, View("transpose", (), attrs))


@library("np.swapaxes")
def swapaxes(frame: Frame, args: Arguments) -> Obj:
    """``np.swapaxes(x, i, j)``."""
    x, first, second = args.take(frame, "a axis1 axis2")
    assert x is not None and first is not None and second is not None
    array = require_array(frame, x)
    rank = array.type.rank
    axes = list(range(rank))
    i, j = one_axis(frame, first, rank), one_axis(frame, second, rank)
    axes[i], axes[j] = j, i
    return permuted(frame, array, axes, ".transpose")


# ---- axes that come and go ----


@library("np.squeeze")
def squeeze(frame: Frame, args: Arguments) -> Obj:
    """``np.squeeze(x, axis)``."""
    x, axis = args.take(frame, "a axis?")
    assert x is not None
    array = as_array(frame, x)
    if not isinstance(array, Array):
        return array
    rank = array.type.rank
    if axis is None or axis == NONE:
        gone = [k for k, d in enumerate(array.type.shape) if d == ONE]
    else:
        items = axis.items if isinstance(axis, Tuple) else (axis,)
        gone = [one_axis(frame, item, rank) for item in items]
    if any(array.type.shape[k] != ONE for k in gone):
        frame.refuse(
            "squeeze of an axis that is not known to have length 1",
            "index it: x[0] or x[:, 0]",
        )
    return _without(frame, array, gone)


def _without(frame: Frame, array: Array, axes: Sequence[int]) -> Obj:
    if not axes:
        return array
    zero = frame.constant(0)
    items: list[Item] = [
        At(axes.index(k)) if k in axes else ir.Span() for k in range(array.type.rank)
    ]
    return get(frame, array, Brackets(tuple(items), (zero,) * len(axes)))


@library("np.atleast_1d")
def atleast_1d(frame: Frame, args: Arguments) -> Obj:
    """``np.atleast_1d(x)``."""
    (x,) = args.take(frame, "a")
    assert x is not None
    return at_least(frame, x, 1)


@library("np.atleast_2d")
def atleast_2d(frame: Frame, args: Arguments) -> Obj:
    """``np.atleast_2d(x)``."""
    (x,) = args.take(frame, "a")
    assert x is not None
    return at_least(frame, x, 2)


def at_least(frame: Frame, x: Obj, rank: int) -> Obj:
    """Return an array with at least so many axes, new ones first."""
    array = as_array(frame, x)
    if not isinstance(array, Array):
        lengths = [frame.constant(1) for _ in range(rank)]
        return frame.make("full", frame.read(array), *lengths)
    missing = rank - array.type.rank
    if missing <= 0:
        return array
    items: list[Item] = [NewAxis()] * missing
    items += [ir.Span()] * array.type.rank
    return get(frame, array, Brackets(tuple(items), ()))


@library("np.broadcast_to")
def broadcast_to(frame: Frame, args: Arguments) -> Obj:
    """``np.broadcast_to(x, shape)``."""
    x, shape = args.take(frame, "array shape")
    assert x is not None and shape is not None
    array = as_array(frame, x)
    lengths = lengths_of(frame, shape)
    made = frame.make("broadcast_to", frame.read(array), *lengths)
    return may_share(frame, made, array)


# ---- order ----


@library("np.flip", "np.fliplr", "np.flipud")
def flip(frame: Frame, args: Arguments) -> Obj:
    """``np.flip(x, axis)``."""
    x, axis = args.take(frame, "m axis?")
    assert x is not None
    array = require_array(frame, x)
    rank = array.type.rank
    axes: tuple[int, ...]
    fixed = {"numpy.fliplr": (1,), "numpy.flipud": (0,)}.get(args.name)
    if fixed is not None:
        axes = fixed
    elif axis is None or axis == NONE:
        axes = tuple(range(rank))
    else:
        items = axis.items if isinstance(axis, Tuple) else (axis,)
        axes = tuple(sorted(one_axis(frame, item, rank) for item in items))
    made = frame.make("flip", frame.read(array), axis=axes, spelled=args.spelled)
    return may_share(frame, made, array)
