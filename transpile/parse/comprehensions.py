"""List comprehensions: unrolled over a few items, else a loop that appends."""

from __future__ import annotations

from collections.abc import Iterator

import gast

from .flow import assigned
from .frame import Frame, expression
from .iterables import Range, iterated
from .iteration import for_
from .lists import FILL
from .objects import Obj, Scalar, Tuple
from .targets import assign
from .tests import truth
from .unrolling import chosen_by

# The most trips for which the items stay apart.
FEW = 3


@expression("ListComp")
def list_comprehension(frame: Frame, node: gast.ListComp) -> Obj:
    """Parse ``[item for target in ...]``; its names are its own."""
    if any(isinstance(inner, gast.NamedExpr) for inner in gast.walk(node)):
        frame.refuse("a walrus in a comprehension", "write a loop")
    names = assigned([generator.target for generator in node.generators])
    keys = [(frame.scope, name) for name in names]
    outside = {k: frame.state.names.pop(k) for k in keys if k in frame.state.names}
    try:
        return _items(frame, node)
    finally:
        for key in keys:
            frame.state.names.pop(key, None)
        frame.state.names.update(outside)


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
    items = tuple(_unrolled(frame, node, 0))
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


def _unrolled(frame: Frame, node: gast.ListComp, level: int) -> Iterator[Obj]:
    if level == len(node.generators):
        yield frame.evaluate(node.elt)
        return
    generator = node.generators[level]
    over = iterated(frame, generator.iter)
    if isinstance(over, Range):
        if not _is_short(frame, over, generator, node.elt):
            frame.refuse("two loops over arrays in a comprehension", FILL, node)
        over = _few(frame, over)
    for item in over.items:
        assign(frame, generator.target, item, 0)
        if all(_holds(frame, test) for test in generator.ifs):
            yield from _unrolled(frame, node, level + 1)


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
