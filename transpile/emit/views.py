"""Which Python variables hold which views, at a point of the printed text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..graph.ir import (
    WHOLE_VIEWS,
    At,
    Buffer,
    Equation,
    Gather,
    Index,
    Item,
    Mask,
    Path,
    Reshape,
    Span,
    Step,
    Transpose,
    Value,
    is_view,
)

Key = tuple[Any, ...]


class Views:
    """The variables bound to views: by buffer and path, slots by their contents."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[Buffer, Key]] = {}
        self._paths: dict[Value, Key] = {}

    def note(self, eq: Equation) -> Key | None:
        """Return the path of a view from the start of its buffer, and remember it."""
        if eq.op not in ("index", "reshape", *WHOLE_VIEWS) or not is_view(eq):
            return None
        before = self._paths.get(eq.operands[0], ())
        self._paths[eq.result] = key = (*before, *_path_key(eq))
        return key

    def holds(self, variable: str, value: Value) -> bool:
        """Whether a variable is that view already."""
        held = self._held.get(variable)
        return held is not None and held == (value.buffer, self._paths.get(value))

    def keeps(self, variable: str, eq: Equation) -> bool:
        """Whether an equation makes the view again that a variable is."""
        return self.note(eq) is not None and self.holds(variable, eq.result)

    def bind(self, variable: str, value: Value | None) -> None:
        """Note that a variable was assigned."""
        self._held.pop(variable, None)
        if value is not None and value.buffer is not None and value in self._paths:
            self._held[variable] = (value.buffer, self._paths[value])

    def renew(self, buffer: Buffer | None) -> None:
        """Note that a buffer now is other memory than before."""
        self._held = {k: v for k, v in self._held.items() if v[0] is not buffer}

    def longest(
        self, base: Value, path: Path, slots: Sequence[Value]
    ) -> tuple[str, int] | None:
        """Return the variable that holds the longest part of a path, and how long."""
        if base.buffer is None or base in self._paths:
            return None
        keys = tuple(_step_key(step, slots) for step in path)
        for count in range(len(path), 0, -1):
            for variable, held in self._held.items():
                if held == (base.buffer, keys[:count]):
                    return variable, count
        return None

    @contextmanager
    def repeated(
        self, assigned: Iterable[str], buffers: Iterable[Buffer | None]
    ) -> Iterator[None]:
        """Forget, in a loop and after it, what its body assigns."""
        for variable in assigned:
            self._held.pop(variable, None)
        for buffer in buffers:
            self.renew(buffer)
        kept = dict(self._held)
        yield
        self._held = kept

    def copy(self) -> dict[str, tuple[Buffer, Key]]:
        """Return the state, for a branch."""
        return dict(self._held)

    def restore(self, state: dict[str, tuple[Buffer, Key]]) -> None:
        """Return to a state."""
        self._held = dict(state)

    def meet(self, *states: dict[str, tuple[Buffer, Key]]) -> None:
        """Keep what holds at the end of all branches."""
        first, *others = states
        self._held = {
            k: v for k, v in first.items() if all(o.get(k) == v for o in others)
        }


def _path_key(eq: Equation) -> Key:
    if eq.op == "transpose":
        return (("transpose", tuple(eq.attrs["axes"])),)
    if eq.op in WHOLE_VIEWS:
        return ((eq.op,),)
    slots = eq.operands[1:]
    if eq.op == "reshape":
        return (("reshape", *map(_slot_key, slots)),)
    return tuple(_step_key(step, slots) for step in eq.attrs["path"])


def _step_key(step: Step, slots: Sequence[Value]) -> Key:
    match step:
        case Transpose(axes):
            return ("transpose", tuple(axes))
        case Reshape(lengths):
            return ("reshape", *(_slot_key(slots[s]) for s in lengths))
        case Index(items):
            return ("index", *(_item_key(item, slots) for item in items))
    raise TypeError(f"no path step {step}")


def _item_key(item: Item, slots: Sequence[Value]) -> Key:
    match item:
        case At(slot) | Gather(slot) | Mask(slot):
            return (type(item).__name__, _slot_key(slots[slot]))
        case Span(lower, upper, step):
            bounds = (lower, upper, step)
            return (
                "span",
                *(None if b is None else _slot_key(slots[b]) for b in bounds),
            )
    return ("newaxis",)


def _slot_key(value: Value) -> Any:
    return value.as_linear if value.type.is_integer else value
