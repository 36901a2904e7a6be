"""``for`` and ``while``: what is iterated over, and the equations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import gast

from ..graph.ir import Region, Type, Value
from . import lists
from .branches import branch
from .context import Endless, region
from .facts import facts_of
from .flow import breaks, may_exit
from .frame import Frame, statement
from .iterables import Nest, Range, iterable, rows_of
from .loops import Body, Loop, Restart
from .objects import Scalar, Tuple
from .statements import block, live_after
from .targets import assign
from .tests import truth
from .unrolling import chosen_by


@statement("For")
def for_(frame: Frame, node: gast.For) -> None:
    """Parse ``for target in ...``."""
    inside = iterable(frame, node.iter)
    if isinstance(inside, Range):
        inside = chosen_by(frame, inside, node.target, node.body) or inside
    elif isinstance(inside, Tuple) and may_exit(node.body):
        inside = rows_of(frame, inside) or inside
    if isinstance(inside, Tuple):
        _unrolled(frame, node, inside)
        return
    if isinstance(inside, Nest):
        _nested(frame, node, inside)
        return
    growths = lists.grown(frame, node)
    if growths:
        trips = lists.trips_of(frame, inside.start, inside.stop, inside.step)
        lists.allocate(
            frame, growths, trips, lambda: _settled(frame, node, inside, growths)
        )
    _settled(frame, node, inside, growths)
    _otherwise(frame, node)


def _settled(
    frame: Frame, node: gast.For, over: Range, growths: Sequence[lists.Growth]
) -> None:
    name = node.target.id if isinstance(node.target, gast.Name) else None
    counter = Value(Type("weak_int"), name)

    def inside() -> None:
        assign(frame, node.target, over.item(counter), 0)
        block(frame, node.body)

    loop = Loop(frame, node)
    loop.settle(lambda: _for(frame, loop, over, counter, growths, inside))


def _nested(frame: Frame, node: gast.For, nest: Nest) -> None:
    """Parse the loops over the indices of an array, one for each axis."""
    if node.orelse or any(map(breaks, node.body)):
        frame.refuse(
            "break or else in a loop over all indices of an array",
            "write a loop over a range for each axis",
        )
    zero, one = frame.constant(0), frame.constant(1)
    names = _counter_names(node.target, len(nest.lengths))
    counters = [Value(Type("weak_int"), name) for name in names]

    def inside(axis: int) -> None:
        if axis == len(counters):
            assign(frame, node.target, nest.item(counters), 0)
            block(frame, node.body)
            return
        over = Range(zero, nest.lengths[axis], one, Scalar)
        loop, deeper = Loop(frame, node), partial(inside, axis + 1)
        loop.settle(lambda: _for(frame, loop, over, counters[axis], (), deeper))

    inside(0)


def _counter_names(target: gast.AST, count: int) -> list[str | None]:
    """Return what a target calls each index: ``i, j`` or ``(i, j), value``."""
    parts = getattr(target, "elts", [])
    parts = getattr(parts[0], "elts", parts) if parts else []
    names = [part.id if isinstance(part, gast.Name) else None for part in parts]
    return names if len(names) == count else [None] * count


def _for(
    frame: Frame,
    loop: Loop,
    over: Range,
    counter: Value,
    growths: Sequence[lists.Growth],
    inside: Callable[[], None],
) -> None:
    loop.start()
    known = [set(growth.sources) for growth in growths]

    def parse() -> None:
        ends = counter, over.start, over.step
        lists.enter(frame, growths, *ends, loop.slots("param"))
        inside()

    body = loop.body(over.facts(frame, counter), parse)
    yields = loop.finish(body)
    inner = loop.body_region([counter], body, yields)
    head = [over.start, over.stop, over.step]
    for growth, old in zip(growths, known, strict=True):
        if any(buffer in loop.before.contents for buffer in growth.sources - old):
            raise Restart
    _emit(frame, loop, "for", head, [inner], body)
    lists.leave(frame, growths, loop.slots("result"))


def _emit(
    frame: Frame,
    loop: Loop,
    op: str,
    head: Sequence[Value],
    regions: Sequence[Region],
    body: Body,
) -> None:
    exited = loop.equation(op, head, regions, body.exit is not None)
    loop.after(exited, body.state)
    frame.exited = exited


def _otherwise(frame: Frame, node: gast.For | gast.While) -> None:
    """Parse the ``else`` of a loop: it runs unless the loop was left."""
    if not node.orelse:
        return
    exited = frame.exited
    if exited is None:
        block(frame, node.orelse)
        return
    returned = frame.state.exits.get("return") is exited

    def left() -> None:
        if returned:
            frame.state.exits["return"] = True

    def ended() -> None:
        if returned:
            frame.state.exits["return"] = False
        block(frame, node.orelse)

    branch(frame, exited, left, ended, live_after(frame, node))


@statement("While")
def while_(frame: Frame, node: gast.While) -> None:
    """Parse ``while test``."""
    if any(isinstance(inner, gast.NamedExpr) for inner in gast.walk(node.test)):
        node = _with_break(frame, node)
    loop = Loop(frame, node)
    loop.settle(lambda: _while(frame, loop))
    _otherwise(frame, node)


def _with_break(frame: Frame, node: gast.While) -> gast.While:
    """Return ``while True`` with the test in the body, for a test that binds names."""
    if node.orelse:
        frame.refuse("a walrus in the test of a loop with else", "assign in the body")
    made = frame.rewritten.get(node)
    if made is None:
        negated = gast.UnaryOp(gast.Not(), node.test)
        leave = gast.Break()
        choice = gast.If(negated, [leave], [])
        always = gast.Constant(True, None)
        made = gast.While(always, [choice, *node.body], [])
        for part, like in ((negated, node.test), (leave, node), (choice, node)):
            gast.copy_location(part, like)
        gast.copy_location(always, node.test)
        gast.copy_location(made, node)
        frame.live.replace(node, made)
        frame.rewritten[node] = made
    return made


def _while(frame: Frame, loop: Loop) -> None:
    node = loop.node
    loop.start()
    params = [carry.fresh_param() for carry in loop.carries.all]
    known = loop.carries.rising_facts(params)
    with loop.carries.as_params(params), frame.context.block(known) as builder:
        contents = dict(frame.state.contents)
        test = truth(frame, node.test)
        if frame.context.number(test) is False:
            raise Endless  # no path leads through it
        kept = {b: frame.state.contents.get(b) for b in contents}
        if kept != contents:
            frame.refuse(
                "a while condition that writes arrays",
                "compute the condition in the body and use break",
                node.test,
            )
        mapping = {
            p: c.param.as_linear
            for p, c in zip(params, loop.carries.all, strict=True)
            if p.type.is_integer and not p.type.rank
        }
        facts = [
            f.substitute(mapping)  # type: ignore[arg-type]
            for f in facts_of(builder.equations, test, True)
        ]
        condition = region(params, builder, [test])
    body = loop.body(facts, lambda: block(frame, node.body))
    yields = loop.finish(body)
    _emit(
        frame, loop, "while", [], [condition, loop.body_region([], body, yields)], body
    )


def _unrolled(frame: Frame, node: gast.For, over: Tuple) -> None:
    """Parse the body once for every item of a tuple."""
    if may_exit(node.body):
        frame.refuse(
            "break, continue or return in a loop over a tuple or list",
            "loop over a range and index an array",
        )
    for item in over.items:
        assign(frame, node.target, item, 0)
        block(frame, node.body)
    block(frame, node.orelse)
