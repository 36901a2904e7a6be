"""How elements and sections are printed: what stands in square brackets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..graph.ir import (
    At,
    Equation,
    Gather,
    Index,
    Item,
    Mask,
    NewAxis,
    Path,
    Reshape,
    Span,
    Step,
    Transpose,
    Value,
)
from .arrays import reshaped, transposed
from .expressions import Node, Slice, dotted, subscript
from .writer import Writer, operands


def slot_nodes(w: Writer, values: Iterable[Value]) -> list[Node]:
    """Return the index operands as expressions."""
    return [w.node(v) for v in values]


def item_node(item: Item, slots: Sequence[Node]) -> Node:
    """Return one index between square brackets."""
    match item:
        case At(slot) | Gather(slot) | Mask(slot):
            return slots[slot]
        case NewAxis():
            return dotted("np.newaxis")
        case Span(lower, upper, step):
            bounds = (lower, upper, step)
            return Slice(*(None if b is None else slots[b] for b in bounds))
    raise TypeError(f"no index item {item}")


def stepped(base: Node, step: Step, slots: Sequence[Node]) -> Node:
    """Return ``base`` after one step of a path."""
    match step:
        case Transpose(axes):
            return transposed(base, axes)
        case Reshape(lengths):
            return reshaped(base, [slots[s] for s in lengths])
        case Index(items):
            kept = list(items)
            added = any(isinstance(item, NewAxis) for item in items)
            while not added and len(kept) > 1 and kept[-1] == Span():
                kept.pop()
            return subscript(base, *(item_node(item, slots) for item in kept))
    raise TypeError(f"no path step {step}")


def reached(base: Node, path: Path, slots: Sequence[Node]) -> Node:
    """Return ``base`` after all steps of a path."""
    for step in path:
        base = stepped(base, step, slots)
    return base


def index(w: Writer, eq: Equation) -> Node:
    """Print ``x[i, 1:]``; nothing for a part of an expression that takes all."""
    base, *slots = operands(w, eq)
    (step,) = eq.attrs["path"]
    if not eq.result.name and all(item == Span() for item in step.items):
        return base
    return stepped(base, step, slots)
