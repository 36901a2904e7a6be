"""Index paths of two steps as one: ``y[2:][i]`` is ``y[2 + i]``."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.ir import At, Equation, Index, Item, Path, Span, Value
from ..graph.shapes import surely_not_negative
from ..rewrite import Editor

FIXED = {"index": 1, "store": 2, "accumulate": 2}


class _Slots:
    """The index operands of a merged step."""

    def __init__(self, editor: Editor, old: Sequence[Value]) -> None:
        self.editor = editor
        self.old = old
        self.new: list[Value] = []

    def copy(self, item: Item) -> Item:
        """Return an item with its slots among the new ones."""
        if isinstance(item, At):
            return At(self._add(self.old[item.slot]))
        assert isinstance(item, Span)
        slots = (item.lower, item.upper, item.step)
        return Span(*(None if s is None else self._add(self.old[s]) for s in slots))

    def from_start(self, first: Span, second: Item) -> Item | None:
        """Return an item within a slice as an item of the whole; None if unsure."""
        if second == Span():
            return self.copy(first)
        start = None if first.lower is None else self.old[first.lower]
        if first.step is not None or not isinstance(second, At):
            return None
        place = self.old[second.slot]
        if not all(v is None or _counts_up(v) for v in (start, place)):
            return None
        if start is not None:
            place = self._sum(start, place)
        return At(self._add(place))

    def _sum(self, one: Value, other: Value) -> Value:
        total = one.as_linear + other.as_linear
        if total.value is not None:
            return self.editor.constant(total.value)
        return self.editor.emit("add", one, other)

    def _add(self, value: Value) -> int:
        self.new.append(value)
        return len(self.new) - 1


def _counts_up(value: Value) -> bool:
    return surely_not_negative(value.as_linear)


def merge_steps(editor: Editor, eq: Equation) -> bool:
    """Write to an element of a slice as to an element of the whole."""
    path: Path = eq.attrs["path"] if eq.op in FIXED else ()
    steps = [step for step in path if isinstance(step, Index)]
    if len(path) != 2 or len(steps) != 2:
        return False
    first, second = steps
    count = FIXED[eq.op]
    mark = editor.mark()
    slots = _Slots(editor, eq.operands[count:])
    items = _merged(slots, first.items, second.items)
    if items is None:
        editor.rollback(mark)
        return False
    attrs = {**eq.attrs, "path": (Index(tuple(items)),)}
    made = editor.emit(eq.op, *eq.operands[:count], *slots.new, **attrs)
    return editor.become(eq, made, mark)


def _merged(
    slots: _Slots, first: Sequence[Item], second: Sequence[Item]
) -> list[Item] | None:
    left = list(second)
    items: list[Item] = []
    for item in first:
        if isinstance(item, At):
            items.append(slots.copy(item))
            continue
        if not isinstance(item, Span) or not left:
            return None
        within = left.pop(0)
        if not isinstance(within, (At, Span)):
            return None
        merged = slots.from_start(item, within)
        if merged is None:
            return None
        items.append(merged)
    return None if left else items
