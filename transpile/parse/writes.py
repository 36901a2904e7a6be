"""Writes into memory: stores and sums in place, and what forbids them."""

from __future__ import annotations

from typing import Any

from ..graph.ir import Buffer, Value
from ..graph.types import TypeRefused, section
from .context import Merged
from .flow import has_body, read
from .frame import Frame
from .indexing import Brackets, Place, get, place_of
from .merge import roots
from .objects import Array, Obj


def store(
    frame: Frame,
    array: Array,
    index: Brackets | None,
    value: Value,
    spelled: str | None = None,
) -> None:
    """Write a value to ``array[index]``; to the whole array without an index."""
    _write(frame, "store", array, index, value, spelled)


def accumulate(
    frame: Frame,
    array: Array,
    index: Brackets | None,
    value: Value,
    spelled: str | None = None,
) -> None:
    """Add a value to ``array[index]``; repeats add up."""
    _write(frame, "accumulate", array, index, value, spelled)


def _write(
    frame: Frame,
    op: str,
    array: Array,
    index: Brackets | None,
    value: Value,
    spelled: str | None,
) -> None:
    require_writable(frame, array)
    place = place_of(frame, array, index)
    value = _apart(frame, value, array.root)
    attrs = place_attrs(frame, array, place)
    if spelled is not None:
        attrs["spelled"] = spelled
    write(frame, op, array, index, value, place, attrs)


def write(
    frame: Frame,
    op: str,
    array: Array,
    index: Brackets | None,
    value: Value,
    place: Place,
    attrs: dict[str, Any],
) -> None:
    """Emit a write into a buffer; the name of the buffer stays."""
    before = frame.state.contents[array.root]

    def target() -> Value:
        return frame.read(array if index is None else get(frame, array, index))

    after = frame.emit_checked(
        op, (before, value, *place.slots), {**attrs, "path": place.path}, target
    )
    if before.name is not None:
        start = len(frame.context.builder.equations) - 1
        frame.context.give_name(after, before.name, start)


def place_attrs(frame: Frame, array: Array, place: Place) -> dict[str, Any]:
    """Return the proofs that a write carries."""
    attrs: dict[str, Any] = {"inbounds": place.inbounds}
    whole = frame.state.contents[array.root].type
    try:
        default = section(whole, place.path, place.slots).shape
    except TypeRefused as refused:
        frame.refuse(refused.message, refused.help or None)
    if default != place.type.shape:
        attrs["lengths"] = place.type.shape
    return attrs


def _apart(frame: Frame, value: Value, root: Buffer) -> Value:
    """Return a value that shares no memory with what is written."""
    if value.buffer is not root:
        return value
    return frame.emit("copy", value, implicit=True)


# ---- what forbids a write ----


def require_writable(frame: Frame, array: Array) -> None:
    """Refuse a write into memory that is not surely known."""
    root = array.root
    if root in frame.context.base_contents:
        frame.refuse(
            "a write into a module's array",
            "pass the array in as a parameter, or copy it first",
        )
    merged = frame.context.merged.get(root)
    if merged is not None and not merged.exclusive:
        frame.refuse(
            "a write into an array that may be one of several",
            "copy it where it is chosen, with .copy()",
        )
    for name, obj in _in_reach(frame):
        others = [other for other in roots(obj) if other is not root]
        if any(may_overlap(frame, root, other) for other in others):
            frame.refuse(
                f"a write into an array that '{name}' may also stand for",
                f"copy it where '{name}' is assigned, with .copy()",
            )


def _in_reach(frame: Frame) -> list[tuple[str, Obj]]:
    """Return what is read after this statement, or in it from merged memory."""
    live = frame.live_now()
    here = frozenset() if has_body(frame.statement) else read([frame.statement])
    found = []
    for key, obj in frame.state.names.items():
        reads = key[1] in here and not _is_copied(frame, obj)
        if key[0] != frame.scope or key[1] in live or reads:
            found.append((key[1], obj))
    return found


def _is_copied(frame: Frame, obj: Obj) -> bool:
    merged = [frame.context.merged.get(root) for root in roots(obj)]
    return all(one is not None and one.copied for one in merged)


def may_overlap(frame: Frame, one: Buffer, other: Buffer) -> bool:
    """Whether two buffers may be the same memory."""
    return not _closure(frame, one, set()).isdisjoint(_closure(frame, other, set()))


def _closure(frame: Frame, buffer: Buffer, found: set[Buffer]) -> set[Buffer]:
    """Return the buffers that one may really be."""
    found.add(buffer)
    merged = frame.context.merged.get(buffer)
    if merged is not None and not merged.exclusive:
        for source in merged.sources - found:
            _closure(frame, source, found)
    return found


def may_share(frame: Frame, made: Obj, source: Obj) -> Obj:
    """Note that a new array may be a view of another, for all that is known."""
    if isinstance(made, Array) and isinstance(source, Array):
        sources = frozenset({source.root})
        frame.context.merged[made.root] = Merged(sources, False, copied=True)
    return made
