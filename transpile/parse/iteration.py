"""``for`` and ``while``: what is iterated over, and the equations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gast

from ..ir import Region, Type, Value
from ..linear import Linear
from . import lists
from .arrays import as_array, known_flag
from .branches import branch
from .context import region
from .facts import facts_of
from .flow import may_exit
from .frame import Frame, statement
from .lengths import require_equal
from .lists import as_item
from .loops import Body, Loop, Restart
from .objects import Array, Library, Listed, Named, Obj, Scalar, Tuple
from .records import parts
from .statements import block, live_after
from .targets import assign, row
from .tests import truth


@dataclass(frozen=True, slots=True)
class Range:
    """What a ``for`` counts over, and what its target stands for each time."""

    start: Value
    stop: Value
    step: Value
    item: Callable[[Value], Obj]

    def facts(self, frame: Frame, counter: Value) -> list[Linear]:
        """Return what is known of the counter inside the loop."""
        here, by = counter.as_linear, frame.context.number(self.step)
        start, stop = self.start.as_linear, self.stop.as_linear
        if by is None or by == 0:
            return []
        if by > 0:
            return [here - start, stop - 1 - here]
        return [start - here, here - stop - 1]


@statement("For")
def for_(frame: Frame, node: gast.For) -> None:
    """Parse ``for target in ...``."""
    inside = iterated(frame, node.iter)
    if isinstance(inside, Tuple):
        _unrolled(frame, node, inside)
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
    loop = Loop(frame, node)
    loop.settle(lambda: _for(frame, loop, over, growths))


def _for(
    frame: Frame, loop: Loop, over: Range, growths: Sequence[lists.Growth]
) -> None:
    node = loop.node
    loop.start()
    known = [set(growth.sources) for growth in growths]
    name = node.target.id if isinstance(node.target, gast.Name) else None
    counter = Value(Type("weak_int"), name)

    def parse() -> None:
        ends = counter, over.start, over.step
        lists.enter(frame, growths, *ends, loop.slots("param"))
        assign(frame, node.target, over.item(counter), 0)
        block(frame, node.body)

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
    branch(
        frame,
        exited,
        lambda: None,
        lambda: block(frame, node.orelse),
        live_after(frame, node),
    )


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


# ---- what can be iterated over ----


def iterated(frame: Frame, node: gast.AST) -> Range | Tuple:
    """Return what a ``for`` goes over: a range, or a tuple to unroll."""
    if isinstance(node, gast.Call):
        function = frame.evaluate(node.func)
        name = function.dotted if isinstance(function, Library) else ""
        maker = _MAKERS.get(name)
        if maker is not None:
            known = _KEYWORDS.get(name)
            if any(keyword.arg != known for keyword in node.keywords):
                frame.refuse(f"keywords of {name}", node=node)
            return maker(frame, node)
    return _over(frame, frame.evaluate(node), node)


def _over(frame: Frame, obj: Obj, node: gast.AST) -> Range | Tuple:
    if isinstance(obj, Tuple):
        return obj
    if isinstance(obj, Named):
        return parts(frame, obj)
    found = obj
    if isinstance(obj, Listed):
        obj = as_array(frame, obj)
    if not isinstance(obj, Array):
        frame.refuse(
            "a loop over something that is not an array or a range",
            "write for i in range(n)",
            node,
        )
    stop = frame.length_of(frame.read(obj), 0)
    zero, one = frame.constant(0), frame.constant(1)
    if isinstance(found, Listed):
        return Range(zero, stop, one, lambda k: as_item(row(frame, obj, k), found))
    return Range(zero, stop, one, lambda counter: row(frame, obj, counter))


def _range(frame: Frame, node: gast.Call) -> Range:
    bounds = [_integer(frame, part) for part in node.args]
    if not 1 <= len(bounds) <= 3:
        frame.refuse("range takes one to three integers", node=node)
    if len(bounds) == 1:
        bounds.insert(0, frame.constant(0))
    if len(bounds) == 2:
        bounds.append(frame.constant(1))
    if frame.context.number(bounds[2]) == 0:
        frame.refuse("a range with step 0", "range needs another step", node)
    return Range(bounds[0], bounds[1], bounds[2], Scalar)


def _integer(frame: Frame, node: gast.AST) -> Value:
    value = frame.value(node)
    if value.type.rank or not value.type.is_integer:
        frame.refuse(
            f"a bound of type {value.type}", "bounds are integers: use int()", node
        )
    return value


def _enumerate(frame: Frame, node: gast.Call) -> Range | Tuple:
    over = iterated(frame, node.args[0])
    offset = node.args[1] if len(node.args) > 1 else None
    for keyword in node.keywords:
        offset = keyword.value
    first = frame.constant(0) if offset is None else _integer(frame, offset)
    if isinstance(over, Tuple):
        return Tuple(
            tuple(
                Tuple((Scalar(_shifted(frame, frame.constant(k), first)), item))
                for k, item in enumerate(over.items)
            )
        )
    if frame.context.number(over.start) != 0 or frame.context.number(over.step) != 1:
        frame.refuse(
            "enumerate of a range that does not start at 0", "count in a variable", node
        )
    return Range(
        over.start,
        over.stop,
        over.step,
        lambda k: Tuple((Scalar(_shifted(frame, k, first)), over.item(k))),
    )


def _shifted(frame: Frame, counter: Value, first: Value) -> Value:
    known = frame.context.number(first)
    if known == 0:
        return counter
    return frame.emit("add", counter, first, spelled="+")


def _zip(frame: Frame, node: gast.Call) -> Range | Tuple:
    parts = [iterated(frame, part) for part in node.args]
    tuples = [part for part in parts if isinstance(part, Tuple)]
    if len(tuples) == len(parts) and parts:
        return Tuple(tuple(Tuple(g) for g in zip(*(t.items for t in tuples))))  # noqa: B905
    ranges = [part for part in parts if isinstance(part, Range)]
    if len(ranges) != len(parts) or any(
        frame.context.number(r.start) != 0 or frame.context.number(r.step) != 1
        for r in ranges
    ):
        frame.refuse("zip of a list and an array", "loop over an index", node)
    stop = ranges[0].stop
    strict = any(
        known_flag(frame, frame.evaluate(k.value), "strict") for k in node.keywords
    )
    for other in ranges[1:]:
        if strict:
            pair = stop.as_linear, other.stop.as_linear
            require_equal(frame, [pair], [stop, other.stop], "loop")
        elif not frame.context.proves_equal(stop.as_linear, other.stop.as_linear):
            stop = frame.emit("minimum", stop, other.stop, spelled="min")
    return Range(
        ranges[0].start,
        stop,
        ranges[0].step,
        lambda k: Tuple(tuple(r.item(k) for r in ranges)),
    )


def _reversed(frame: Frame, node: gast.Call) -> Range | Tuple:
    over = iterated(frame, node.args[0])
    if isinstance(over, Tuple):
        return Tuple(over.items[::-1])
    if abs(frame.context.number(over.step) or 0) != 1:
        frame.refuse("reversed of a range with a step", "write the range itself", node)
    by = frame.context.number(over.step)
    one = frame.constant(1)
    last = frame.emit("subtract" if by == 1 else "add", over.stop, one)
    stop = frame.emit("subtract" if by == 1 else "add", over.start, one)
    return Range(last, stop, frame.constant(-1 if by == 1 else 1), over.item)


_KEYWORDS = {"builtins.enumerate": "start", "builtins.zip": "strict"}
_MAKERS: dict[str, Callable[[Frame, gast.Call], Range | Tuple]] = {
    "builtins.range": _range,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.reversed": _reversed,
    "numba.prange": _range,
}


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
