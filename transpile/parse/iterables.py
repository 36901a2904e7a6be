"""What a ``for`` goes over: ranges, arrays, tuples, and what Python makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gast

from ..graph.ir import Value
from ..graph.linear import Linear
from .arrays import as_array, known_flag, lengths_of, require_array, shape_of, spread
from .frame import Frame
from .indexing import bracket_objects, get
from .lengths import require_equal
from .lists import as_item
from .objects import Array, Library, Listed, Named, Obj, Scalar, Tuple, flatten
from .records import parts
from .targets import row


@dataclass(frozen=True, slots=True)
class Range:
    """What a ``for`` counts over, and what its target stands for each time.

    ``trips`` is how often it runs, where a value says that.
    """

    start: Value
    stop: Value
    step: Value
    item: Callable[[Value], Obj]
    trips: Value | None = None

    def facts(self, frame: Frame, counter: Value) -> list[Linear]:
        """Return what is known of the counter inside the loop."""
        here, by = counter.as_linear, frame.context.number(self.step)
        start, stop = self.start.as_linear, self.stop.as_linear
        if by is None or by == 0:
            return []
        if by > 0:
            return [here - start, stop - 1 - here]
        return [start - here, here - stop - 1]


@dataclass(frozen=True, slots=True)
class Nest:
    """Loops in loops over ranges, and what the target stands for inside."""

    lengths: Sequence[Value]
    item: Callable[[Sequence[Value]], Obj]


def iterable(frame: Frame, node: gast.AST) -> Range | Tuple | Nest:
    """Return what a ``for`` goes over: a range, a tuple to unroll, loops in loops."""
    name = _called(frame, node)
    if name in _NESTS:
        return _NESTS[name](frame, node)
    return iterated(frame, node)


def iterated(frame: Frame, node: gast.AST, early: bool = False) -> Range | Tuple:
    """Return what is gone over: a range, or a tuple to unroll.

    ``early`` means that a list takes the items before the first trip.
    """
    name = _called(frame, node)
    if name in _LISTS and len(node.args) == 1 and _called(frame, node.args[0]):
        return iterated(frame, node.args[0], early=True)
    maker = _MAKERS.get(name)
    if maker is None:
        return _over(frame, frame.evaluate(node), node, early)
    known = _KEYWORDS.get(name)
    if any(keyword.arg != known for keyword in node.keywords):
        frame.refuse(f"keywords of {name}", node=node)
    return maker(frame, node, early)


def _called(frame: Frame, node: gast.AST) -> str:
    """Return the library's function that an expression calls, if it does."""
    if not isinstance(node, gast.Call):
        return ""
    owner = getattr(node.func, "value", node.func)
    function = frame.evaluate(node.func) if isinstance(owner, gast.Name) else None
    return function.dotted if isinstance(function, Library) else ""


def _over(frame: Frame, obj: Obj, node: gast.AST, early: bool) -> Range | Tuple:
    if isinstance(obj, Tuple):
        return obj
    if isinstance(obj, Named):
        return parts(frame, obj)
    if not isinstance(obj, (Array, Listed)):
        frame.refuse(
            "a loop over something that is not an array or a range",
            "write for i in range(n)",
            node,
        )
    if early and isinstance(obj, Array) and obj.type.rank == 1:
        obj = require_array(frame, frame.make("copy", frame.read(obj)))
    return _rows(frame, obj)


def _rows(frame: Frame, found: Array | Listed) -> Range:
    array = require_array(frame, found)
    stop = frame.length_of(frame.read(array), 0)
    zero, one = frame.constant(0), frame.constant(1)
    if isinstance(found, Listed):
        return Range(zero, stop, one, lambda k: as_item(row(frame, array, k), found))
    return Range(zero, stop, one, lambda k: row(frame, array, k))


def rows_of(frame: Frame, items: Tuple) -> Range | None:
    """Return a tuple of numbers as the rows of an array, None for other items."""
    if not items.items or not all(isinstance(x, Scalar) for x in flatten(items)):
        return None
    kinds = {frame.read(x).type.is_integer for x in flatten(items)}
    if len(kinds) > 1 or len({_width(item) for item in items.items}) > 1:
        return None
    return _rows(frame, require_array(frame, as_array(frame, items)))


def _width(item: Obj) -> int:
    return len(item.items) if isinstance(item, Tuple) else 0


# ---- range, enumerate, zip, reversed ----


def _range(frame: Frame, node: gast.Call, early: bool) -> Range:
    bounds = [_integer(frame, part) for part in node.args]
    if not 1 <= len(bounds) <= 3:
        frame.refuse("range takes one to three integers", node=node)
    if len(bounds) == 1:
        bounds.insert(0, frame.constant(0))
    if len(bounds) == 2:
        bounds.append(frame.constant(1))
    if frame.context.number(bounds[2]) == 0:
        frame.refuse("a range with step 0", "range needs another step", node)
    return Range(bounds[0], bounds[1], bounds[2], Scalar)


def _integer(frame: Frame, node: gast.AST) -> Value:
    value = frame.value(node)
    if value.type.rank or not value.type.is_integer:
        frame.refuse(
            f"a bound of type {value.type}", "bounds are integers: use int()", node
        )
    return value


def counted(frame: Frame, over: Range) -> Range:
    """Return the same items, counted from 0 in steps of 1."""
    zero, one = frame.constant(0), frame.constant(1)
    start, by = frame.context.number(over.start), frame.context.number(over.step)
    if start == 0 and by == 1:
        return over
    trips = _trips(frame, over)
    return Range(zero, trips, one, lambda k: over.item(_position(frame, over, k)))


def _trips(frame: Frame, over: Range) -> Value:
    """Return how often a loop over a range runs."""
    if over.trips is not None:
        return over.trips
    by = frame.context.number(over.step)
    if not isinstance(by, int):
        frame.refuse(
            "a range with a step that is not a number, counted or reversed",
            "count in a variable",
        )
    first, last = (over.start, over.stop) if by > 0 else (over.stop, over.start)
    found = _arithmetic(frame, "subtract", last, first)
    if abs(by) > 1:
        found = _arithmetic(frame, "add", found, frame.constant(abs(by) - 1))
        found = frame.emit("floor_divide", found, frame.constant(abs(by)), spelled="//")
    if frame.context.proves(found.as_linear):
        return found
    return frame.emit("maximum", found, frame.constant(0), spelled="max")


def _position(frame: Frame, over: Range, k: Value) -> Value:
    """Return the number that a range has at a place."""
    by = int(frame.context.number(over.step) or 1)
    size = frame.constant(abs(by))
    moved = k if abs(by) == 1 else frame.emit("multiply", k, size, spelled="*")
    if by < 0:
        return frame.emit("subtract", over.start, moved, spelled="-")
    return _arithmetic(frame, "add", moved, over.start)


def _arithmetic(frame: Frame, op: str, x: Value, y: Value) -> Value:
    """Return a sum or difference of integers; x itself where y is 0."""
    if frame.context.number(y) == 0:
        return x
    return frame.emit(op, x, y, spelled="+" if op == "add" else "-")


def _enumerate(frame: Frame, node: gast.Call, early: bool) -> Range | Tuple:
    over = iterated(frame, node.args[0], early)
    offset = node.args[1] if len(node.args) > 1 else None
    for keyword in node.keywords:
        offset = keyword.value
    first = frame.constant(0) if offset is None else _integer(frame, offset)

    def numbered(k: Value, item: Obj) -> Obj:
        return Tuple((Scalar(_arithmetic(frame, "add", k, first)), item))

    if isinstance(over, Tuple):
        numbers = [frame.constant(k) for k in range(len(over.items))]
        return Tuple(tuple(map(numbered, numbers, over.items)))
    over = counted(frame, over)
    return Range(over.start, over.stop, over.step, lambda k: numbered(k, over.item(k)))


def _zip(frame: Frame, node: gast.Call, early: bool) -> Range | Tuple:
    parts = [iterated(frame, part, early) for part in node.args]
    tuples = [part for part in parts if isinstance(part, Tuple)]
    if len(tuples) == len(parts) and parts:
        return Tuple(tuple(Tuple(g) for g in zip(*(t.items for t in tuples))))  # noqa: B905
    found = [rows_of(frame, p) if isinstance(p, Tuple) else p for p in parts]
    ranges = [counted(frame, r) for r in found if r is not None]
    if len(ranges) < len(parts) or not parts:
        frame.refuse("zip of an array and a list of arrays", "loop over an index", node)
    stop = _shortest(frame, node, [r.stop for r in ranges])
    zero, one = frame.constant(0), frame.constant(1)
    return Range(zero, stop, one, lambda k: Tuple(tuple(r.item(k) for r in ranges)))


def _shortest(frame: Frame, node: gast.Call, stops: Sequence[Value]) -> Value:
    """Return where zip stops; with ``strict=True`` all have to stop there."""
    strict = any(
        known_flag(frame, frame.evaluate(k.value), "strict") for k in node.keywords
    )
    proves_equal = frame.context.proves_equal
    stop, seen = stops[0], [stops[0]]
    for other in stops[1:]:
        if strict:
            pair = stop.as_linear, other.as_linear
            require_equal(frame, [pair], [stop, other], "loop")
        elif not any(proves_equal(one.as_linear, other.as_linear) for one in seen):
            stop = frame.emit("minimum", stop, other, spelled="min")
        seen.append(other)
    return stop


def _reversed(frame: Frame, node: gast.Call, early: bool) -> Range | Tuple:
    over = iterated(frame, node.args[0], early)
    if isinstance(over, Tuple):
        return Tuple(over.items[::-1])
    if frame.context.number(over.step) not in (1, -1):
        over = counted(frame, over)
    by = frame.context.number(over.step)
    one = frame.constant(1)
    last = frame.emit("subtract" if by == 1 else "add", over.stop, one)
    stop = frame.emit("subtract" if by == 1 else "add", over.start, one)
    trips = over.stop if frame.context.number(over.start) == 0 and by == 1 else None
    back = frame.constant(-1 if by == 1 else 1)
    return Range(last, stop, back, over.item, trips)


# ---- all indices of an array ----


def _ndindex(frame: Frame, node: gast.Call) -> Nest:
    objects = spread(frame, node.args)
    if len(objects) == 1 and isinstance(objects[0], Tuple):
        objects = list(objects[0].items)
    lengths = lengths_of(frame, objects)
    return Nest(lengths, lambda ks: Tuple(tuple(map(Scalar, ks))))


def _ndenumerate(frame: Frame, node: gast.Call) -> Nest:
    array = require_array(frame, frame.evaluate(node.args[0]))
    lengths = lengths_of(frame, shape_of(frame, array))

    def item(counters: Sequence[Value]) -> Obj:
        place: list[Obj] = list(map(Scalar, counters))
        element = get(frame, array, bracket_objects(frame, array.type, place))
        return Tuple((Tuple(tuple(place)), element))

    return Nest(lengths, item)


_KEYWORDS = {"builtins.enumerate": "start", "builtins.zip": "strict"}
_LISTS = ("builtins.list", "builtins.tuple")
_MAKERS: dict[str, Callable[[Frame, gast.Call, bool], Range | Tuple]] = {
    "builtins.range": _range,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.reversed": _reversed,
    "numba.prange": _range,
}
_NESTS: dict[str, Callable[[Frame, gast.Call], Nest]] = {
    "numpy.ndenumerate": _ndenumerate,
    "numpy.ndindex": _ndindex,
}
