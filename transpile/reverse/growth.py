"""Arrays that take saved values and become longer when they are full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..graph.build import Builder
from ..graph.ir import Region, Value
from ..graph.linear import Derived, Linear


def growing(builder: Builder, array: Value) -> Value:
    """Let the first axis of a new array have a length known only at run time."""
    rows = Linear.of(Derived("count", (array.serial,)))
    kind = replace(array.type, shape=(rows, *array.type.shape[1:]))
    made = replace(array, type=kind)
    builder.equations[-1] = replace(builder.equations[-1], results=(made,))
    return made


def grow(
    builder: Builder,
    versions: dict[Value, object],
    array: Value,
    full: Value,
    lengths: Callable[[Builder], Sequence[Value]],
) -> None:
    """Emit the growth of an array that is full, by an empty one of some lengths.

    Emits ``if full: a = np.concatenate((a, np.empty(lengths)))``; ``versions`` are the
    variables, for `thread`.
    """
    inner = Builder(builder.origin)
    more = inner.emit("empty", *lengths(inner), dtype=array.type.dtype)
    longer = inner.emit("concatenate", array, more, axis=0)
    grown = replace(longer, name=array.name, buffer=array.buffer)
    inner.equations[-1] = replace(inner.equations[-1], results=(grown,))
    versions[grown] = array
    branches = (Region((), tuple(inner.equations), ()), Region((), (), ()))
    builder.append("if", (full,), (), branches)
