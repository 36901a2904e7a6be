"""Whether the axes of an array lie in memory in their order.

NumPy keeps the operands' order in what it computes: ``A.T * 2`` is laid out as
``A.T`` is, and its ``ravel()`` is a copy. So types, which call every new array C, do
not say whether a reshaped array is a view; the equations that made it do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from ..graph.ir import At, Buffer, Equation, Gather, Mask, Value
from ..graph.ops import OPS
from .objects import Array, Obj

if TYPE_CHECKING:
    from .context import Merged
    from .frame import Frame

KEEPING = frozenset({"concatenate", "stack", "cast", "index", "store", "accumulate"})
KEPT = ("elementwise", "reduction")


class Makers(Protocol):
    """What made arrays: by value, the first of each buffer, what is merged."""

    makers: dict[Value, Equation]
    first: dict[Buffer, Value]
    merged: dict[Buffer, Merged]


def in_order(context: Makers, value: Value) -> bool:
    """Whether an array is surely laid out as its axes are ordered."""
    if value.type.rank < 2:
        return True
    if value.type.layout == "F":
        return False
    eq = context.makers.get(value)
    if eq is None:
        return value.type.layout == "C" and _sources_in_order(context, value.buffer)
    if eq.op == "transpose":
        axes = list(eq.attrs["axes"])
        return axes == sorted(axes) and in_order(context, eq.operands[0])
    if eq.op == "flip" or eq.attrs.get("shuffled"):
        return False
    if eq.op == "index" and not _stays(eq):
        return False
    if eq.op not in KEEPING and OPS[eq.op].category not in KEPT:
        return True
    kept = eq.operands[:1] if eq.op in ("index", "store", "accumulate") else eq.operands
    return all(in_order(context, v) for v in kept)


def known_orders(frame: Frame, leaves: Iterable[tuple[str, Obj]]) -> bool:
    """Whether arguments lie in memory as their types say."""
    values = [frame.read(leaf) for _, leaf in leaves if isinstance(leaf, Array)]
    typed = [v for v in values if v.type.layout == "C"]
    return all(in_order(frame.context, v) for v in typed)


def _sources_in_order(context: Makers, buffer: Buffer | None) -> bool:
    """Whether whatever a merged array may be is in order."""
    merged = context.merged.get(buffer) if buffer is not None else None
    if merged is None:
        return True
    makers = context.first
    return all(s in makers and in_order(context, makers[s]) for s in merged.sources)


def _stays(eq: Equation) -> bool:
    """Whether reading by arrays leaves the axes as they are: only the first may be."""
    (step,) = eq.attrs["path"]
    advanced = [isinstance(item, (Gather, Mask)) for item in step.items]
    return not any(advanced[1:]) and not (
        any(advanced) and any(isinstance(item, At) for item in step.items)
    )


__all__ = ["in_order", "known_orders"]
