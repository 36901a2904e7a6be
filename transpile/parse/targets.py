"""Targets of assignments: names, tuples, elements; plain and augmented."""

from __future__ import annotations

from dataclasses import replace

import gast

from ..graph.ir import At, Span, Type, Value
from ..graph.linear import Linear
from ..graph.types import TypeRefused, promote
from ..read import language
from .arrays import as_array, as_value, lengths_of
from .frame import Frame
from .indexing import Brackets, brackets, get
from .lengths import require_equal
from .objects import Array, Dim, Listed, Named, Obj, Scalar, Tuple, flatten
from .operators import arithmetic, binary_operator
from .records import parts
from .shaping import reshaped
from .writes import accumulate, store

# Letters of dtypes: an in-place operation goes up in this order, never down.
KINDS = "buifc"


def assign(frame: Frame, target: gast.AST, obj: Obj, start: int) -> None:
    """Assign an object, of which equations from ``start`` on are part."""
    if isinstance(target, gast.Name):
        frame.bind(target.id, named(frame, obj, target.id, start))
    elif isinstance(target, (gast.Tuple, gast.List)):
        parts = unpacked(frame, obj, target)
        for part, item in zip(target.elts, parts, strict=True):
            assign(frame, part, item, start)
    elif isinstance(target, gast.Subscript):
        _assign_element(frame, target, obj)
    elif isinstance(target, gast.Starred):
        frame.refuse("a star in an assignment", "unpack by index", target)
    elif isinstance(target, gast.Attribute) and target.attr == "shape":
        _assign_shape(frame, target, obj)
    else:
        frame.refuse(
            "an assignment to an attribute",
            "use a variable; for a shape, x = x.reshape(...)",
            target,
        )


def _assign_shape(frame: Frame, target: gast.Attribute, obj: Obj) -> None:
    """Parse ``x.shape = lengths``: a name stands for a view of its array from here on.

    No other name may stand for the array, whose shape changes in place.
    """
    name = target.value.id if isinstance(target.value, gast.Name) else None
    array = None if name is None else frame.lookup(name)
    if name is None or not isinstance(array, Array):
        frame.refuse("a shape that is assigned", "write x = x.reshape(...)", target)
    sharing = [
        key
        for key, other in frame.state.names.items()
        if any(_may_be(leaf, array) for leaf in flatten(other))
    ]
    if array.root.parameter or sharing != [(frame.scope, name)]:
        frame.refuse(
            f"a new shape for an array that others than '{name}' may hold",
            f"write {name} = {name}.reshape(...)",
            target,
        )
    view = reshaped(frame, array, lengths_of(frame, obj), "np.reshape")
    if not isinstance(view, Array) or view.root is not array.root:
        frame.refuse("a new shape for a strided array", "copy it first", target)
    frame.bind(name, view)


def _may_be(leaf: Obj, array: Array) -> bool:
    """Whether a part of an object may be an array itself, not a view of it."""
    if not isinstance(leaf, Array) or leaf.root is not array.root:
        return False
    return leaf is array or leaf.type.shape == array.type.shape


def named(frame: Frame, obj: Obj, name: str, start: int) -> Obj:
    """Return an object whose value carries the user's name, if it is new."""
    if isinstance(obj, Dim):
        obj = Scalar(frame.read(obj))
    if isinstance(obj, Scalar):
        return Scalar(frame.context.give_name(obj.value, name, start))
    if isinstance(obj, Array):
        return _named_array(frame, obj, name, start)
    return obj


def _named_array(frame: Frame, obj: Array, name: str, start: int) -> Array:
    value = frame.read(obj)
    given = frame.context.give_name(value, name, start)
    if given is value or obj.name is not None:
        return obj
    known = replace(obj, name=name)
    if obj in frame.state.views:
        frame.state.views[known] = frame.state.views[obj]
    return known


def unpacked(frame: Frame, obj: Obj, target: gast.AST) -> list[Obj]:
    """Return the parts of an object that is unpacked."""
    count = len(target.elts)
    if isinstance(obj, Named):
        obj = parts(frame, obj)
    if isinstance(obj, Listed) and obj.depth == 1:
        obj = as_array(frame, obj)
    if isinstance(obj, Array):
        length = obj.type.shape[0].value
        if length is None:
            pair = obj.type.shape[0], Linear.number(count)
            require_equal(frame, [pair], [frame.read(obj)], "call")
            length = count
        constants = [frame.constant(k) for k in range(length)]
        obj = Tuple(tuple(row(frame, obj, position) for position in constants))
    if not isinstance(obj, Tuple):
        frame.refuse("this cannot be unpacked", "only tuples and arrays can", target)
    if any(isinstance(part, gast.Starred) for part in target.elts):
        frame.refuse("a star in an assignment", "unpack by index", target)
    if len(obj.items) != count:
        frame.refuse(
            f"{len(obj.items)} values for {count} names",
            "give as many names as there are values",
            target,
        )
    return list(obj.items)


def row(frame: Frame, array: Array, position: Value) -> Obj:
    """Return ``array[position]``."""
    rest = [Span() for _ in array.type.shape[1:]]
    return get(frame, array, Brackets((At(0), *rest), (position,)))


def _assign_element(frame: Frame, target: gast.Subscript, obj: Obj) -> None:
    array, index = _element(frame, target)
    store(frame, array, index, as_value(frame, obj), spelled_target(target))


def _element(frame: Frame, target: gast.Subscript) -> tuple[Array, Brackets]:
    base = frame.evaluate(target.value)
    if isinstance(base, (Tuple, Named)):
        frame.refuse(
            "an assignment to an item of a list, tuple or dict",
            "use an array, or make a new tuple or dict",
            target,
        )
    if not isinstance(base, Array):
        frame.refuse("an assignment to an element of a number", node=target)
    return base, brackets(frame, base.type, target.slice)


def spelled_target(target: gast.Subscript) -> str | None:
    """Return how the whole of an array is spelled as a target."""
    inside = target.slice
    if isinstance(inside, gast.Constant) and inside.value is Ellipsis:
        return "..."
    return ":" if isinstance(inside, gast.Slice) else None


# ---- augmented assignment ----


def augment(frame: Frame, node: gast.AugAssign) -> None:
    """Parse ``target op= value``."""
    kind = type(node.op).__name__
    start = len(frame.context.builder.equations)
    if isinstance(node.target, gast.Subscript):
        array, index = _element(frame, node.target)
        _in_place(frame, kind, array, index, node.value)
        return
    if not isinstance(node.target, gast.Name):
        frame.refuse("an augmented assignment to an attribute", node=node.target)
    name = node.target.id
    before = frame.lookup(name)
    if isinstance(before, Array):
        _in_place(frame, kind, before, None, node.value)
        return
    right = frame.evaluate(node.value)
    if isinstance(before, Tuple) and before.is_list:
        frame.refuse("a list that grows", "allocate with np.empty and fill it")
    made = binary_operator(frame, kind, before, right)
    frame.bind(name, named(frame, made, name, start))


def _in_place(
    frame: Frame, kind: str, array: Array, index: Brackets | None, node: gast.AST
) -> None:
    if kind == "MatMult":
        frame.refuse("@= in place", "write a[:] = a @ b")
    before = frame.state.contents.get(array.root)
    value = frame.read(frame.evaluate(node))
    if frame.state.contents.get(array.root) is not before:
        frame.refuse(
            "an augmented assignment whose right side writes the same array",
            "compute the right side first, in a statement of its own",
        )
    _require_castable(frame, array.type, value.type, kind)
    basic = index is None or index.basic
    symbol = language.SYMBOLS[kind] + "="
    if kind in ("Add", "Sub") and basic:
        if kind == "Sub":
            value = frame.emit("negative", value, spelled=symbol)
        accumulate(frame, array, index, value, symbol)
        return
    old = frame.read(array if index is None else get(frame, array, index))
    new = arithmetic(frame, kind, old, value, symbol)
    store(frame, array, index, new, symbol)


def _require_castable(frame: Frame, old: Type, value: Type, kind: str) -> None:
    """Refuse what NumPy refuses: a float into integers, a number into truth values."""
    try:
        common = promote(old.dtype, value.dtype)
    except TypeRefused as refused:
        frame.refuse(refused.message, refused.help)
    if kind == "Div" and not common.startswith(("float", "complex")):
        common = "float64"
    if KINDS.index(common[0]) > KINDS.index(old.dtype[0]):
        frame.refuse(
            f"an in-place operation that puts {common} into an array of {old.dtype}",
            f"make it an array of {common} first, with .astype(np.{common})",
        )
