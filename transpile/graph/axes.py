"""Where the axes of an array are in a view of it, or in elements picked from it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from .ir import At, Equation, Gather, Index, Item, NewAxis, Span, Value
from .linear import Dim
from .shapes import ONE, same

Axes = Mapping[int, int]
VIEWS = frozenset({"index", "reshape", "broadcast_to", "transpose"})


def kept_axes(eq: Equation, makers: Mapping[Value, Equation]) -> Axes:
    """Return the axes that an equation keeps whole, with their places in the result.

    Along such an axis every element is where it was; one may be repeated, or picked,
    along others. In ``x[np.arange(len(x)), j]`` the first axis is kept.
    """
    source, result = eq.operands[0].type, eq.result.type
    if eq.op == "transpose":
        return {axis: k for k, axis in enumerate(eq.attrs["axes"])}
    if eq.op == "broadcast_to":
        return {k: k + result.rank - source.rank for k in range(source.rank)}
    if eq.op == "reshape":
        before = [k for k, d in enumerate(source.shape) if d != ONE]
        after = [k for k, d in enumerate(result.shape) if d != ONE]
        alike = [source.shape[k] for k in before] == [result.shape[k] for k in after]
        return dict(zip(before, after, strict=True)) if alike else {}
    path = eq.attrs["path"]
    if len(path) != 1 or not isinstance(path[0], Index):
        return {}
    return _indexed(eq, path[0].items, makers)


def _indexed(
    eq: Equation, items: tuple[Item, ...], makers: Mapping[Value, Equation]
) -> Axes:
    gathers = [k for k, item in enumerate(items) if isinstance(item, Gather)]
    plain = all(isinstance(item, At | Span | NewAxis | Gather) for item in items)
    apart = any(k - j > 1 for j, k in pairwise(gathers))
    mixed = bool(gathers) and any(isinstance(item, At) for item in items)
    if not plain or apart or mixed:
        return {}
    picked = [eq.operands[1 + i.slot] for i in items if isinstance(i, Gather)]
    rank = max((v.type.rank for v in picked), default=0)
    lengths = eq.operands[0].type.shape
    found: dict[int, int] = {}
    axis = place = 0
    for k, item in enumerate(items):
        if isinstance(item, Gather):
            index = eq.operands[1 + item.slot]
            counts = _counted(index, makers)
            if counts is not None and same(counts[1], lengths[axis]):
                found[axis] = place + rank - index.type.rank + counts[0]
            place += rank if k == gathers[-1] else 0
        elif item == Span():
            found[axis] = place
        place += isinstance(item, Span | NewAxis)
        axis += not isinstance(item, NewAxis)
    rest = range(len(lengths) - axis)
    return {**found, **{axis + k: place + k for k in rest}}


def _counted(index: Value, makers: Mapping[Value, Equation]) -> tuple[int, Dim] | None:
    """Return the axis along which an index counts from 0, and how far; None if none."""
    eq = makers.get(index)
    if eq is None:
        return None
    if eq.op == "arange":
        start, _, step = (v.as_linear.value for v in eq.operands)
        return (0, index.type.shape[0]) if (start, step) == (0, 1) else None
    inner = _counted(eq.operands[0], makers) if eq.op in VIEWS else None
    if inner is None:
        return None
    axis, length = inner
    places = kept_axes(eq, makers)
    return (places[axis], length) if axis in places else None


__all__ = ["VIEWS", "kept_axes"]
