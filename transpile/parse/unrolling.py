"""Loops over a few numbers that choose items of a tuple: ``layers[i]``."""

from __future__ import annotations

from collections.abc import Iterable

import gast

from .flow import assigned, read, within
from .frame import Frame
from .iterables import Range
from .objects import Named, Obj, Tuple

# More trips than this are refused, not written out.
MOST_TRIPS = 64


def chosen_by(
    frame: Frame, over: Range, target: gast.AST, nodes: Iterable[gast.AST]
) -> Tuple | None:
    """Return what a loop goes through one by one, None if it need not.

    That is where the body takes items of a tuple or list by the loop's counter.
    """
    names = frozenset(assigned([target]))
    if not any(_picks(frame, node, names) for node in within(nodes)):
        return None
    ends = [frame.context.number(v) for v in (over.start, over.stop, over.step)]
    start, stop, step = (end if isinstance(end, int) else None for end in ends)
    if start is None or stop is None or not step:
        return None
    counters = range(start, stop, step)
    if len(counters) > MOST_TRIPS:
        return None
    return Tuple(tuple(over.item(frame.constant(k)) for k in counters))


def _picks(frame: Frame, node: gast.AST, names: frozenset[str]) -> bool:
    if not isinstance(node, gast.Subscript) or not names & read([node.slice]):
        return False
    return isinstance(_known(frame, node.value), Tuple)


def _known(frame: Frame, node: gast.AST) -> Obj | None:
    """Return what a name, or a part of what it stands for, is; emits nothing."""
    if isinstance(node, gast.Name):
        return frame.bound(node.id)
    if isinstance(node, gast.Attribute):
        return _item(_known(frame, node.value), node.attr)
    if isinstance(node, gast.Subscript) and isinstance(node.slice, gast.Constant):
        return _item(_known(frame, node.value), node.slice.value)
    return None


def _item(base: Obj | None, name: object) -> Obj | None:
    if isinstance(base, Named) and name in base.names:
        return base.items[base.names.index(name)]
    if isinstance(base, Tuple) and isinstance(name, int):
        return base.items[name] if -len(base.items) <= name < len(base.items) else None
    return None
