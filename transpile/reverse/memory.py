"""The adjoints of memory: reads through an index, stores and accumulations.

``z = y[i]``       y_bar[i] += z_bar
``y[i] = v``       v_bar += y_bar[i]; y_bar[i] = 0
``y[i] += v``      v_bar += y_bar[i]

A ``rewind`` equation marks where a store is undone if something needs the old
contents; `record` fills it in or takes it out.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.ir import (
    At,
    Equation,
    Gather,
    Index,
    Item,
    NewAxis,
    Path,
    Reshape,
    Span,
    Transpose,
    Value,
    is_view,
)
from ..rules.partials import unbroadcast
from .adjoint import Scope
from .sweep import Reverser, handles


@handles("index")
def reverse_index(reverser: Reverser, eq: Equation, scope: Scope) -> None:
    """Add the adjoint of a part to that part of the adjoint of the whole."""
    bar = scope.take(eq.result)
    base, path, slots = _from_root(reverser, eq)
    if bar is None or base not in reverser.active:
        return
    whole = scope.own(base)
    added = scope.builder.accumulate(whole, bar, path, *slots)
    scope.builder.equations[-1] = keep_proof(scope.builder.equations[-1], eq)
    scope.inherit(added, whole)
    scope.replace(base, added)


def _from_root(
    reverser: Reverser, eq: Equation
) -> tuple[Value, Path, tuple[Value, ...]]:
    """Return the array that a chain of views reads, and the path into it."""
    base, *slots = eq.operands
    path: Path = eq.attrs["path"]
    maker = reverser.makers.get(base)
    while maker is not None and maker.op == "index" and is_view(maker):
        base, *outer = maker.operands
        path = maker.attrs["path"] + tuple(shift(s, len(outer)) for s in path)
        slots = [*outer, *slots]
        maker = reverser.makers.get(base)
    return base, path, tuple(slots)


@handles("store")
def reverse_store(reverser: Reverser, eq: Equation, scope: Scope) -> None:
    """Give the adjoint of what was written to the value, and clear it."""
    base, value, *slots = eq.operands
    path = eq.attrs["path"]
    _rewind(eq, scope)
    if not path:
        _overwrite(reverser, eq, scope)
        return
    if scope.take(eq.result) is None:
        return
    bar = scope.own(eq.result)
    if value in reverser.active:
        part = read(scope.builder, bar, path, slots, eq)
        if _may_repeat(path):
            part = _last_wins(scope.builder, bar, part, slots, eq)
        scope.inherit(part, bar)
        _give(scope, value, part)
    if base in reverser.active:
        zero = scope.builder.constant(0.0)
        cleared = scope.builder.store(bar, zero, path, *slots)
        scope.builder.equations[-1] = keep_proof(scope.builder.equations[-1], eq)
        scope.owned.add(cleared)
        scope.sparse[cleared] = cleared
        scope.add(base, cleared, True)


def _overwrite(reverser: Reverser, eq: Equation, scope: Scope) -> None:
    """Give the whole adjoint to the value; of what was overwritten there is none."""
    bar, value = scope.take(eq.result), eq.operands[1]
    if bar is None or value not in reverser.active:
        return
    if (bar.type.shape, bar.type.dtype) == (value.type.shape, value.type.dtype):
        scope.add(value, bar, bar in scope.owned)
    else:
        _give(scope, value, bar)


@handles("accumulate")
def reverse_accumulate(reverser: Reverser, eq: Equation, scope: Scope) -> None:
    """Give the adjoint of what was written to the value; it stays."""
    base, value, *slots = eq.operands
    _rewind(eq, scope)
    bar = scope.take(eq.result)
    if bar is None:
        return
    if value in reverser.active:
        part = read(scope.builder, bar, eq.attrs["path"], slots, eq)
        scope.inherit(part, bar)
        _give(scope, value, part)
    if base in reverser.active:
        scope.add(base, bar, bar in scope.owned)


def _rewind(eq: Equation, scope: Scope) -> None:
    scope.builder.append("rewind", eq.results, (), forward=eq)


def _give(scope: Scope, value: Value, part: Value) -> None:
    """Contribute a part of an adjoint to the value that was written there."""
    made = unbroadcast(scope.builder, part, value)
    scope.inherit(made, part)
    scope.add(value, made, False)


def read(
    builder: Builder, array: Value, path: Path, slots: list[Value], eq: Equation
) -> Value:
    """Return a copy of ``array[path]``, step by step."""
    part, taken = array, 0
    for step in path:
        wanted = _slots_of(step)
        here = slots[taken : taken + len(wanted)]
        taken += len(wanted)
        moved = shift(step, -wanted[0] if wanted else 0)
        if isinstance(moved, Index):
            part = builder.emit("index", part, *here, path=(moved,))
            if len(path) == 1:
                builder.equations[-1] = keep_proof(builder.equations[-1], eq)
        elif isinstance(moved, Transpose):
            part = builder.emit("transpose", part, axes=moved.axes)
        else:
            part = builder.emit("reshape", part, *here)
    if part.buffer is not None and part.buffer is array.buffer:
        part = builder.emit("copy", part)
    return part


def _slots_of(step: Index | Transpose | Reshape) -> list[int]:
    if isinstance(step, Reshape):
        return list(step.slots)
    if isinstance(step, Transpose):
        return []
    found: list[int] = []
    for item in step.items:
        if isinstance(item, Span):
            found += [s for s in (item.lower, item.upper, item.step) if s is not None]
        elif not isinstance(item, NewAxis):
            found.append(item.slot)
    return sorted(found)


def shift(step: Index | Transpose | Reshape, by: int) -> Index | Transpose | Reshape:
    """Return a step with its slots renumbered."""
    if isinstance(step, Transpose) or by == 0:
        return step
    if isinstance(step, Reshape):
        return Reshape(tuple(s + by for s in step.slots))
    return Index(tuple(_shift_item(item, by) for item in step.items))


def _shift_item(item: Item, by: int) -> Item:
    if isinstance(item, Span):
        bounds = (item.lower, item.upper, item.step)
        return Span(*(None if s is None else s + by for s in bounds))
    if isinstance(item, NewAxis):
        return item
    return replace(item, slot=item.slot + by)


def keep_proof(made: Equation, eq: Equation) -> Equation:
    """Mark the indices of a backward equation as in range.

    The forward equation had the same ones and would have raised.
    """
    count = sum(
        isinstance(item, At)
        for step in made.attrs["path"]
        if isinstance(step, Index)
        for item in step.items
    )
    proof: dict[str, object] = {"inbounds": (True,) * count}
    if not all(eq.attrs.get("inbounds", ())) or len(made.attrs["path"]) != 1:
        proof["trusted"] = True  # see `trust`
    if "lengths" in eq.attrs and len(made.attrs["path"]) == 1:
        proof["lengths"] = eq.attrs["lengths"]
    return replace(made, attrs=MappingProxyType({**made.attrs, **proof}))


def _may_repeat(path: Path) -> bool:
    return any(
        isinstance(item, Gather)
        for step in path
        if isinstance(step, Index)
        for item in step.items
    )


def _last_wins(
    builder: Builder, bar: Value, part: Value, slots: list[Value], eq: Equation
) -> Value:
    """Keep the adjoint only for the last of several writes to one element.

    ``a[[0, 0]] = v`` leaves ``v[1]`` in ``a[0]``: the adjoint of ``v[0]`` is zero.
    Each write's number is stored the same way; a write whose number survived won.
    """
    shape = builder.dims(part)
    count = builder.constant(1)
    for length in shape:
        count = builder.emit("multiply", count, length)
    zero, one = builder.constant(0), builder.constant(1)
    order = builder.emit("arange", zero, count, one, dtype="int64")
    order = builder.emit("reshape", order, *shape)
    last = builder.emit("zeros", *builder.dims(bar), dtype="int64")
    path = eq.attrs["path"]
    last = builder.store(last, order, path, *slots)
    seen = read(builder, last, path, slots, eq)
    won = builder.emit("equal", seen, order)
    return builder.emit("where", won, part, builder.constant(0.0))


__all__ = ["At", "keep_proof", "read", "shift"]
