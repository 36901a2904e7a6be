"""Lists that grow: ``append`` in straight code and in loops that count.

In a loop whose trips are known beforehand a list is an array with a row for every
item. Python's list holds its items themselves, the array holds copies: so whatever
was appended must not be written afterwards, as the list might be read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import gast

from ..graph.dtypes import strong
from ..graph.ir import At, Buffer, Item, Type, Value
from ..graph.ir import Span as Full
from ..graph.types import TypeRefused, promote
from .arrays import as_array, require_array
from .context import Merged, Refused
from .flow import may_exit, within
from .frame import Frame
from .indexing import Brackets, get, place_of
from .lengths import length
from .merge import roots
from .objects import Array, Dim, Listed, Named, Obj, Scalar, Tuple
from .writes import place_attrs, write

GROWS = "a list that grows or shrinks"
FILL = "allocate with np.empty and fill it by index"


@dataclass(slots=True)
class Growth:
    """A list that a loop appends to: what its items are, and its memory."""

    name: str
    items: Sequence[Obj]
    kind: Type | None = None
    depth: int = 1
    array: Array | None = None
    sources: set[Buffer] = field(default_factory=set)


def append_call(node: gast.AST) -> tuple[str, gast.AST] | None:
    """Return the name and the item of ``name.append(item)``."""
    call = node.value if isinstance(node, gast.Expr) else None
    if not isinstance(call, gast.Call) or not isinstance(call.func, gast.Attribute):
        return None
    owner = call.func.value
    if call.func.attr != "append" or not isinstance(owner, gast.Name):
        return None
    return (owner.id, call.args[0]) if len(call.args) == 1 else None


def appended(nodes: Iterable[gast.AST]) -> list[str]:
    """Return the names of the lists that statements append to."""
    calls = [append_call(node) for node in within(nodes)]
    return [call[0] for call in calls if call is not None]


# ---- one append ----


def append(frame: Frame, node: gast.Expr) -> bool:
    """Parse ``name.append(item)``; return whether the statement is that."""
    found = append_call(node)
    if found is None:
        return False
    before = frame.bound(found[0])
    if not isinstance(before, (Tuple, Listed)):
        return False
    item = frame.evaluate(found[1])
    before = frame.bound(found[0])
    if isinstance(before, Listed) and isinstance(before.growth, Growth):
        _append_row(frame, before, before.growth, item)
    elif isinstance(before, Tuple) and before.is_list:
        _require_own(frame, found[0], before)
        made = Tuple((*before.items, item), True, before.serial)
        frame.bind(found[0], made)
    else:
        frame.refuse(GROWS, FILL)
    return True


def _require_own(frame: Frame, name: str, found: Tuple) -> None:
    _require_known(frame, found)
    if frame.since and found.serial < frame.since[-1]:
        frame.refuse(
            "append to a list under a condition, in an inner loop or in a while loop",
            "append once in every trip of a for loop, or fill an array by index",
        )
    for key, other in frame.state.names.items():
        if key != (frame.scope, name) and _holds(other, found.serial):
            frame.refuse("append to a list that has two names", "use one name")


def _holds(obj: Obj, serial: int) -> bool:
    if isinstance(obj, Named):
        return any(_holds(item, serial) for item in obj.items)
    if not isinstance(obj, Tuple):
        return False
    return obj.serial == serial or any(_holds(item, serial) for item in obj.items)


def _append_row(frame: Frame, found: Listed, growth: Growth, item: Obj) -> None:
    assert found.count is not None
    for key, other in frame.state.names.items():
        if key != (frame.scope, growth.name) and isinstance(other, Listed):
            if other.growth is growth:
                frame.refuse("append to a list that has two names", "use one name")
    array, depth = _item(frame, item)
    value = frame.read(array)
    if growth.array is None:
        growth.kind, growth.depth = value.type, depth + 1
    else:
        _require_kind(frame, growth, value.type, depth)
        index = _row(growth.array, found.count)
        place = place_of(frame, growth.array, index)
        attrs = place_attrs(frame, growth.array, place)
        write(frame, "store", growth.array, index, value, place, attrs)
        growth.sources.update(roots(item))
        note_sources(frame, growth)
    count = length(frame, found.count.as_linear + 1)
    frame.bind(growth.name, Listed(found.array, count, growth.depth, growth))


def _row(array: Array, position: Value) -> Brackets:
    rest: list[Item] = [Full() for _ in array.type.shape[1:]]
    return Brackets((At(0), *rest), (position,))


def _item(frame: Frame, item: Obj) -> tuple[Obj, int]:
    if isinstance(item, Listed):
        return as_array(frame, item), item.depth
    if isinstance(item, Tuple):
        depths = [_item(frame, inner)[1] for inner in item.items]
        return as_array(frame, item), 1 + max(depths, default=0)
    if not isinstance(item, (Scalar, Array, Dim)):
        frame.refuse("a list that grows of records", "use a list for each field")
    return item, 0


def _require_kind(frame: Frame, growth: Growth, kind: Type, depth: int) -> None:
    assert growth.array is not None
    try:
        common = promote(growth.array.type.dtype, kind.dtype)
    except TypeRefused as refused:
        frame.refuse(refused.message, refused.help or None)
    if common != growth.array.type.dtype or depth + 1 != growth.depth:
        frame.refuse(
            "a list whose items are of different kinds",
            "make them all the same: floats, or arrays of one shape",
        )
    if kind.rank + 1 != growth.array.type.rank:
        frame.refuse("a list whose items have different numbers of axes")


def note_sources(frame: Frame, growth: Growth) -> None:
    """Let whatever was appended count as memory that the list's name reaches."""
    if growth.array is not None and growth.sources:
        frame.context.merged[growth.array.root] = Merged(
            frozenset(growth.sources), False, copied=True
        )


# ---- loops that append ----


def grown(frame: Frame, node: gast.For) -> list[Growth]:
    """Return the lists that a loop appends to once in every trip."""
    found: list[Growth] = []
    for statement in node.body:
        call = append_call(statement)
        if call is None:
            continue
        obj = frame.bound(call[0])
        if not isinstance(obj, Tuple) or not obj.is_list:
            continue
        if may_exit(node.body):
            frame.refuse(
                "append in a loop with break, continue or return", FILL, statement
            )
        if any(growth.name == call[0] for growth in found):
            frame.refuse("two appends to a list in one loop", FILL, statement)
        _require_alone(frame, call[0], obj)
        found.append(Growth(call[0], obj.items))
    return found


def _require_known(frame: Frame, found: Tuple) -> None:
    if not found.serial:
        frame.refuse(
            "append to a list that was not made here", "make the list where it grows"
        )


def _require_alone(frame: Frame, name: str, found: Tuple) -> None:
    _require_known(frame, found)
    outer = frame.since
    if outer and found.serial < outer[-1]:
        frame.refuse("append to a list in an inner loop", FILL)
    for key, other in frame.state.names.items():
        if key != (frame.scope, name) and _holds(other, found.serial):
            frame.refuse("append to a list that has two names", "use one name")


def allocate(
    frame: Frame,
    growths: Sequence[Growth],
    trips: Value,
    trial: Callable[[], None],
) -> None:
    """Make the arrays for lists before their loop; ``trial`` parses it once."""
    since = Value(Type("weak_int")).serial
    if any(not growth.items for growth in growths):
        with frame.context.block():
            trial()
    for growth in growths:
        items = [_item(frame, item) for item in growth.items]
        kinds = [frame.read(item).type for item, _ in items]
        if kinds:
            growth.kind, growth.depth = kinds[0], items[0][1] + 1
        if growth.kind is None:
            raise Refused()
        growth.array = _allocated(frame, growth, growth.kind, kinds, trips, since)
        frame.bind(growth.name, Listed(growth.array, trips, growth.depth, growth))
        for k, (item, _) in enumerate(items):
            count = frame.constant(k)
            _append_row(frame, Listed(growth.array, count, 1, growth), growth, item)
            growth.sources.update(roots(growth.items[k]))
        note_sources(frame, growth)


def _allocated(
    frame: Frame,
    growth: Growth,
    kind: Type,
    kinds: Sequence[Type],
    trips: Value,
    since: int,
) -> Array:
    for d in kind.shape:
        for atom in d.every_atom:
            if isinstance(atom, Value) and atom.serial >= since:
                frame.refuse("a list of arrays whose lengths vary", FILL)
    try:
        dtype = strong(promote(*(k.dtype for k in (kind, *kinds))))
    except TypeRefused as refused:
        frame.refuse(refused.message, refused.help or None)
    builder = frame.context.builder
    rows = trips
    if growth.items:
        rows = builder.emit("add", trips, builder.constant(len(growth.items)))
    lengths = [rows, *(length(frame, d) for d in kind.shape)]
    start = len(builder.equations)
    value = frame.emit("empty", *lengths, dtype=dtype, spelled="np.empty")
    name = _shown_name(frame, growth.name)
    if name is not None:
        value = frame.context.give_name(value, name, start)
    return require_array(frame, frame.fresh(value))


def _shown_name(frame: Frame, name: str) -> str | None:
    """Return what to call the array of a list: as the statement that makes it."""
    if not name.startswith("<"):
        return name
    made = frame.statement
    if isinstance(made, gast.Assign) and isinstance(made.targets[0], gast.Name):
        inner = made.value
        if isinstance(inner, gast.Call) and len(inner.args) == 1:
            inner = inner.args[0]
        if isinstance(inner, gast.ListComp):
            return str(made.targets[0].id)
    return None


def trips_of(frame: Frame, start: Value, stop: Value, step: Value) -> Value:
    """Return how often a loop runs whose step is 1 or -1."""
    by = frame.context.number(step)
    if by not in (1, -1):
        frame.refuse("append in a range with a step", FILL)
    first, last = (start, stop) if by == 1 else (stop, start)
    found = last
    if frame.context.number(first) != 0:
        found = frame.emit("subtract", last, first, spelled="-")
    if frame.context.proves(found.as_linear):
        return found
    return frame.emit("maximum", found, frame.constant(0), spelled="max")


def enter(
    frame: Frame,
    growths: Sequence[Growth],
    counter: Value,
    start: Value,
    step: Value,
    slots: Sequence[Buffer],
) -> None:
    """Say how long the lists are at the start of a trip."""
    by = 1 if frame.context.number(step) == 1 else -1
    for growth in growths:
        done = (counter.as_linear - start.as_linear) * by
        count = length(frame, done + (len(growth.items) if growth.array else 0))
        growth.sources.update(slots)
        note_sources(frame, growth)
        frame.bind(growth.name, Listed(growth.array, count, growth.depth, growth))


def leave(frame: Frame, growths: Sequence[Growth], results: Sequence[Buffer]) -> None:
    """Let the names stand for whole lists after the loop."""
    for growth in growths:
        if growth.array is None:
            continue
        if growth.sources:
            growth.sources.update(results)
            note_sources(frame, growth)
        frame.bind(growth.name, Listed(growth.array, None, growth.depth))


# ---- use ----


def element(frame: Frame, found: Listed, index: Obj) -> Obj:
    """Return ``items[k]``."""
    if found.array is None:
        frame.refuse("a list that is read before it has items", FILL)
    whole = found.array
    if not isinstance(index, Scalar):
        frame.refuse("a slice of a list that grew", "make an array: np.array(...)")
    position = frame.read(index)
    number = frame.context.number(position)
    if found.count is not None and number is not None and number < 0:
        position = length(frame, found.count.as_linear + int(number))
    elif found.count is not None:
        rest: list[Item] = [Full() for _ in whole.type.shape[1:]]
        part = get(frame, whole, Brackets((Full(upper=0), *rest), (found.count,)))
        whole = require_array(frame, part)
    return as_item(get(frame, whole, _row(whole, position)), found)


def as_item(row: Obj, found: Listed) -> Obj:
    """Return a row as what the list holds: a list again, if it holds lists."""
    if found.depth > 1 and isinstance(row, Array):
        return Listed(row, None, found.depth - 1)
    return row


def count_of(frame: Frame, found: Listed) -> Obj:
    """Return ``len(items)``."""
    if found.count is not None:
        return Scalar(found.count)
    assert found.array is not None
    return Scalar(frame.length_of(frame.read(found.array), 0))
