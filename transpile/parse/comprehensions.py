"""List comprehensions: unrolled over a few items, else a loop that appends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import gast

from .flow import assigned
from .frame import Frame, expression
from .iterables import Range, iterated
from .iteration import for_
from .lists import FILL
from .objects import Named, Obj, Scalar, Tuple
from .records import FIXED, key_of
from .targets import assign
from .tests import truth
from .unrolling import chosen_by

Item = TypeVar("Item")
# The most trips for which the items stay apart.
FEW = 3


@expression("ListComp")
def list_comprehension(frame: Frame, node: gast.ListComp) -> Obj:
    """Parse ``[item for target in ...]``; its names are its own."""
    if any(isinstance(inner, gast.NamedExpr) for inner in gast.walk(node)):
        frame.refuse("a walrus in a comprehension", "write a loop")
    with _own_names(frame, node):
        return _items(frame, node)


@contextmanager
def _own_names(frame: Frame, node: gast.ListComp | gast.DictComp) -> Iterator[None]:
    """Let the names of a comprehension be bound inside it only."""
    names = assigned([generator.target for generator in node.generators])
    keys = [(frame.scope, name) for name in names]
    outside = {k: frame.state.names.pop(k) for k in keys if k in frame.state.names}
    try:
        yield
    finally:
        for key in keys:
            frame.state.names.pop(key, None)
        frame.state.names.update(outside)


@expression("DictComp")
def dict_comprehension(frame: Frame, node: gast.DictComp) -> Obj:
    """Parse ``{key: value for target in ...}`` over a few items."""

    def item() -> tuple[object, Obj]:
        key = key_of(frame, frame.evaluate(node.key))
        if key is None:
            frame.refuse("a dict whose keys are not written out", FIXED, node)
        return key, frame.evaluate(node.value)

    with _own_names(frame, node):
        found = dict(_each(frame, node, 0, item))
    return Named("dict", tuple(found), tuple(found.values()))


def _items(frame: Frame, node: gast.ListComp) -> Obj:
    first, *rest = node.generators
    over = iterated(frame, first.iter)
    long = isinstance(over, Range) and not _is_short(frame, over, first, node.elt)
    if long:
        if rest or first.ifs:
            frame.refuse(
                "a list comprehension with a condition or with two loops over arrays",
                FILL,
                node,
            )
        return _looped(frame, node, first)
    items = tuple(_each(frame, node, 0, lambda: frame.evaluate(node.elt)))
    return Tuple(items, True, frame.context.next_serial())


def _is_short(
    frame: Frame, over: Range, made: gast.comprehension, item: gast.AST
) -> bool:
    """Whether the items stay apart: they are few, or choose items of a tuple."""
    if chosen_by(frame, over, made.target, [item, *made.ifs]) is not None:
        return True
    ends = [frame.context.number(v) for v in (over.start, over.stop, over.step)]
    if any(not isinstance(end, int) for end in ends):
        return False
    return len(range(*map(int, ends))) <= FEW  # type: ignore[arg-type]


def _each(
    frame: Frame,
    node: gast.ListComp | gast.DictComp,
    level: int,
    make: Callable[[], Item],
) -> Iterator[Item]:
    """Yield what an item is for each of the values that the targets take."""
    if level == len(node.generators):
        yield make()
        return
    generator = node.generators[level]
    over = iterated(frame, generator.iter)
    if isinstance(over, Range):
        listed = isinstance(node, gast.ListComp)
        if not _is_short(frame, over, generator, node.elt if listed else node.value):
            what = "two loops over arrays in" if listed else "a loop over an array in"
            frame.refuse(f"{what} a comprehension", FILL, node)
        over = _few(frame, over)
    for item in over.items:
        assign(frame, generator.target, item, 0)
        if all(_holds(frame, test) for test in generator.ifs):
            yield from _each(frame, node, level + 1, make)


def _few(frame: Frame, over: Range) -> Tuple:
    start, stop, step = (
        int(frame.context.number(v) or 0) for v in (over.start, over.stop, over.step)
    )
    counters = (frame.constant(k) for k in range(start, stop, step))
    return Tuple(tuple(over.item(counter) for counter in counters))


def _holds(frame: Frame, test: gast.AST) -> bool:
    known = frame.context.number(truth(frame, test))
    if known is None:
        frame.refuse("a list comprehension with a condition on data", FILL, test)
    return bool(known)


def _looped(frame: Frame, node: gast.ListComp, over: gast.comprehension) -> Obj:
    """Return the list that a loop makes with ``append``."""
    name = f"<list {frame.context.next_serial()}>"
    owner = gast.Name(name, gast.Load(), None, None)
    grow = gast.Attribute(owner, "append", gast.Load())
    call = gast.Call(grow, [node.elt], [])
    statement = gast.Expr(call)
    loop = gast.For(over.target, over.iter, [statement], [], None)
    for made in (owner, grow, call, statement, loop):
        gast.copy_location(made, node)
    frame.live.nest(frame.statement, loop)
    frame.bind(name, Tuple((), True, frame.context.next_serial()))
    outside = frame.statement
    for_(frame, loop)
    frame.statement = outside
    return frame.state.names.pop((frame.scope, name))


def comprehended(frame: Frame, node: gast.GeneratorExp) -> Obj:
    """Return the items of a generator that a call uses up at once."""
    made = gast.ListComp(node.elt, node.generators)
    gast.copy_location(made, node)
    found = frame.evaluate(made)
    assert not isinstance(found, Scalar)
    return found
