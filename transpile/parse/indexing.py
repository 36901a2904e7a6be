"""Square brackets: reading elements and views, and paths to write through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import gast

from ..graph import ir
from ..graph.ir import At, Gather, Index, Item, Mask, NewAxis, Path, Step, Type, Value
from ..graph.linear import Dim
from ..graph.shapes import is_basic, width
from ..graph.types import TypeRefused, section
from .arrays import as_array, known_integer
from .frame import Frame, expression
from .lengths import length
from .objects import (
    NONE,
    Array,
    Conflict,
    Library,
    Listed,
    Named,
    Obj,
    Scalar,
    Span,
    Static,
    Tuple,
    View,
)
from .slices import proofs, unit_slice, view_shape

_NEWAXIS = Library("numpy.newaxis")


@dataclass(frozen=True, slots=True)
class Brackets:
    """The items of one pair of brackets, with the operands that they use."""

    items: tuple[Item, ...]
    slots: tuple[Value, ...]

    @property
    def basic(self) -> bool:
        """Whether it selects a view or an element."""
        return is_basic((Index(self.items),))


# What names of libraries make of what stands in brackets after them.
SUBSCRIPTED: dict[str, Callable[[Frame, gast.AST], Obj]] = {}


@expression("Subscript")
def subscript(frame: Frame, node: gast.Subscript) -> Obj:
    """Parse ``base[...]``."""
    base = frame.evaluate(node.value)
    if isinstance(base, Tuple):
        (index,) = _part(frame, node.slice)
        return _element(frame, base, index)
    if isinstance(base, Named):
        from .records import item_of

        (index,) = _part(frame, node.slice)
        found = item_of(frame, base, index)
        if base.kind == "dict" or not isinstance(found, Tuple):
            return found
        return _element(frame, found, index)
    if isinstance(base, Listed):
        from .lists import element

        return element(frame, base, _part(frame, node.slice)[0])
    if isinstance(base, Library) and base.dotted in SUBSCRIPTED:
        return SUBSCRIPTED[base.dotted](frame, node.slice)
    if not isinstance(base, Array):
        return _of_number(frame, base, node.slice)
    return get(frame, base, brackets(frame, base.type, node.slice))


def get(frame: Frame, base: Array, index: Brackets) -> Obj:
    """Return ``base[index]``: an element, a view or a new array."""
    if not index.items or all(item == ir.Span() for item in index.items):
        return base if index.items else frame.make("copy", frame.read(base))
    _expect_units(frame, base, index)
    attrs: dict[str, object] = {"path": (Index(index.items),)}
    attrs["inbounds"] = proofs(frame.context, base.type, index.items, index.slots)
    exact = view_shape(frame.context, base.type, index.items, index.slots)
    if exact is not None and exact != _default_shape(frame, base.type, index):
        attrs["lengths"] = exact
    if index.basic and any(not isinstance(item, At) for item in index.items):
        return frame.view(base, View("index", index.slots, attrs))
    return frame.make("index", frame.read(base), *index.slots, **attrs)


def _expect_units(frame: Frame, base: Array, index: Brackets) -> None:
    """Check that slices such as ``x[2:3]`` do have one element.

    Whether they have decides how they broadcast.
    """
    axis = 0
    for item in index.items:
        if isinstance(item, ir.Span):
            least = unit_slice(frame.context, item, index.slots)
            extent = base.type.shape[axis]
            if least is not None and not frame.context.proves(extent - least):
                value = frame.length_of(frame.read(base), axis)
                enough = frame.emit("greater_equal", value, length(frame, least))
                message = "a slice of one element reaches beyond its axis"
                frame.check(enough, "ValueError", message)
        axis += width(item)


def _default_shape(frame: Frame, base: Type, index: Brackets) -> tuple[Dim, ...]:
    try:
        return section(base, (Index(index.items),), index.slots).shape
    except TypeRefused as refused:
        frame.refuse(refused.message, refused.help or None)


def _element(frame: Frame, base: Tuple, index: Obj) -> Obj:
    """Return an item of a tuple: its index must be known."""
    length = len(base.items)
    if isinstance(index, Span):
        bounds = [
            None if b is None else known_integer(frame, b, "the slice of a tuple")
            for b in (index.lower, index.upper, index.step)
        ]
        return Tuple(base.items[slice(*bounds)], base.is_list)
    position = known_integer(frame, frame.read(index), "the index of a tuple")
    if not -length <= position < length:
        frame.refuse(
            f"index {position} of a tuple with {length} items",
            f"its items go from 0 to {length - 1}",
        )
    return base.items[position]


def _of_number(frame: Frame, base: Obj, node: gast.AST) -> Obj:
    if isinstance(base, Conflict):
        frame.read(base)
    if isinstance(base, Scalar):
        items = node.elts if isinstance(node, gast.Tuple) else [node]
        kinds = [_part(frame, item)[0] for item in items]
        if all(kind == NONE or kind == Static(...) for kind in kinds):
            ones = [frame.constant(1) for kind in kinds if kind == NONE]
            return frame.make("full", base.value, *ones) if ones else base
    frame.refuse(
        "square brackets after something that is not an array",
        "only arrays and tuples can be indexed",
    )


# ---- what stands in the brackets ----


def brackets(frame: Frame, base: Type, node: gast.AST) -> Brackets:
    """Parse the inside of square brackets, for an array of a type."""
    return bracket_objects(frame, base, parts_of(frame, node))


def parts_of(frame: Frame, node: gast.AST) -> list[Obj]:
    """Return the objects that stand in square brackets, slices as `Span`."""
    parts = node.elts if isinstance(node, gast.Tuple) else [node]
    return [obj for part in parts for obj in _part(frame, part)]


def _part(frame: Frame, node: gast.AST) -> Sequence[Obj]:
    if isinstance(node, gast.Slice):
        return [_slice(frame, node)]
    found = frame.evaluate(node)
    if isinstance(found, Tuple) and not found.is_list:
        return found.items
    return [found]


def _slice(frame: Frame, node: gast.Slice) -> Span:
    bounds = [
        None if bound is None else _bound(frame, bound)
        for bound in (node.lower, node.upper, node.step)
    ]
    return Span(*bounds)


def _bound(frame: Frame, node: gast.AST) -> Value | None:
    found = frame.evaluate(node)
    if found == NONE:
        return None
    value = frame.read(found)
    if value.type.rank or not value.type.is_integer:
        frame.refuse(
            f"a slice bound of type {value.type}",
            "slice bounds must be integers: convert with int()",
            node,
        )
    return value


def bracket_objects(frame: Frame, base: Type, objects: Sequence[Obj]) -> Brackets:
    """Return the brackets for objects: one item for every axis of the array."""
    slots: list[Value] = []
    items: list[Item | None] = [_item(frame, obj, slots) for obj in objects]
    covered = sum(width(item) for item in items if item is not None)
    if covered > base.rank:
        frame.refuse(
            f"too many indices: {covered} for an array with {base.rank} axes",
            "give at most one for each axis",
        )
    if items.count(None) > 1:
        frame.refuse("more than one ellipsis", "write : for all but one of them")
    rest: list[Item] = [ir.Span() for _ in range(base.rank - covered)]
    place = items.index(None) if None in items else len(items)
    before = [item for item in items[:place] if item is not None]
    after = [item for item in items[place + 1 :] if item is not None]
    return Brackets((*before, *rest, *after), tuple(slots))


def _item(frame: Frame, obj: Obj, slots: list[Value]) -> Item | None:
    """Return an item of an index; None stands for the ellipsis."""
    if obj == Static(Ellipsis):
        return None
    if obj == NONE or obj == _NEWAXIS:
        return NewAxis()
    if isinstance(obj, Span):
        return ir.Span(*(_slot(bound, slots) for bound in _bounds(obj)))
    if isinstance(obj, Tuple):
        obj = as_array(frame, obj)
    value = frame.read(obj)
    if value.type.dtype == "bool":
        if not value.type.rank:
            frame.refuse("a truth value as index", "write an integer, or use if")
        return Mask(_new_slot(_known_mask(frame, value), slots), value.type.rank)
    if not value.type.is_integer:
        frame.refuse(
            f"an index of type {value.type}", "indices must be integers: use int()"
        )
    return (Gather if value.type.rank else At)(_new_slot(value, slots))


def _known_mask(frame: Frame, mask: Value) -> Value:
    """Return an equal mask that the block computed before, if there is one.

    So ``a[a > 0] = b[a > 0]`` is seen to have equal lengths on both sides.
    """
    equations = frame.context.builder.equations
    if not equations or mask not in equations[-1].results:
        return mask
    last = equations[-1]
    for eq in equations[:-1]:
        if _same_equation(frame, eq, last):
            equations.pop()
            return eq.result
    return mask


def _same_equation(frame: Frame, a: ir.Equation, b: ir.Equation) -> bool:
    if a.op != b.op or a.attrs != b.attrs or len(a.operands) != len(b.operands):
        return False
    return all(
        x is y or (frame.context.number(x) is not None and _same_number(frame, x, y))
        for x, y in zip(a.operands, b.operands, strict=True)
    )


def _same_number(frame: Frame, x: Value, y: Value) -> bool:
    numbers = frame.context.number(x), frame.context.number(y)
    return x.type == y.type and numbers[0] == numbers[1]


def _bounds(span: Span) -> tuple[Value | None, ...]:
    return span.lower, span.upper, span.step


def _slot(value: Value | None, slots: list[Value]) -> int | None:
    return None if value is None else _new_slot(value, slots)


def _new_slot(value: Value, slots: list[Value]) -> int:
    slots.append(value)
    return len(slots) - 1


# ---- paths to write through ----


@dataclass(frozen=True, slots=True)
class Place:
    """Where a write goes: a path into the whole buffer, and what is there."""

    path: Path
    slots: tuple[Value, ...]
    type: Type
    inbounds: tuple[bool, ...]


def place_of(frame: Frame, array: Array, index: Brackets | None = None) -> Place:
    """Return the path from a whole buffer to a view, and on through brackets."""
    steps: list[Step] = []
    slots: list[Value] = []
    inbounds: list[bool] = []
    for view in _chain(array):
        if view.op in ("real", "imag"):
            frame.refuse(
                f"a write into .{view.op} of an array",
                "write whole numbers: z[:] = x + 1j * y",
            )
        steps.append(_step(view, len(slots)))
        slots += view.slots
        inbounds += view.attrs.get("inbounds", ())
    kind = array.type
    if index is not None and any(item != ir.Span() for item in index.items):
        _expect_units(frame, array, index)
        inbounds += proofs(frame.context, kind, index.items, index.slots)
        steps.append(shifted(Index(index.items), len(slots)))
        slots += index.slots
        kind = _target_type(frame, kind, index)
    return Place(tuple(steps), tuple(slots), kind, tuple(inbounds))


def _target_type(frame: Frame, base: Type, index: Brackets) -> Type:
    try:
        found = section(base, (Index(index.items),), index.slots)
    except TypeRefused as refused:
        frame.refuse(refused.message, refused.help or None)
    exact = view_shape(frame.context, base, index.items, index.slots)
    return found if exact is None else replace(found, shape=exact)


def _chain(array: Array) -> list[View]:
    """Return the views from the whole buffer down to an array."""
    found: list[View] = []
    while array.parent is not None and array.view is not None:
        found.append(array.view)
        array = array.parent
    return found[::-1]


def _step(view: View, offset: int) -> Step:
    if view.op == "index":
        (step,) = view.attrs["path"]
        return shifted(step, offset)
    if view.op == "transpose":
        return ir.Transpose(tuple(view.attrs["axes"]))
    return ir.Reshape(tuple(range(offset, offset + len(view.slots))))


def shifted(step: Index, offset: int) -> Index:
    """Return an index whose operands come after others."""
    return Index(tuple(_shift(item, offset) for item in step.items))


def _shift(item: Item, offset: int) -> Item:
    if isinstance(item, (At, Gather, Mask)):
        return replace(item, slot=item.slot + offset)
    if isinstance(item, ir.Span):
        return ir.Span(
            *(
                None if slot is None else slot + offset
                for slot in (item.lower, item.upper, item.step)
            )
        )
    return item
