"""Branches and loops, with their results, carries and exits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..arrange.fold import is_conditional
from ..graph.ir import (
    CONTROL,
    WRITES,
    Buffer,
    Equation,
    Origin,
    Region,
    Value,
    is_view,
    walk,
)
from ..graph.loopform import End, Loop, tail_branch
from .creation import range_arguments
from .expressions import Atom, Node, binary, call, names, unary
from .statements import Block, Comment, Simple, Statement

if TYPE_CHECKING:
    from .printer import Printer

OPPOSITE = {
    "less": ">=",
    "less_equal": ">",
    "greater": "<=",
    "greater_equal": "<",
    "equal": "!=",
    "not_equal": "==",
}

FOREVER = Atom("True")
# Numba takes what stands behind the only way out for what surely runs, so a variable
# that changes there, and is read by the next iteration, is another one there.
MIXED_UP = "Not `while True`, of which Numba mixes up variables that change at its end"

# ---- branches ----


def negated(p: Printer, value: Value) -> Node:
    """Return the opposite of a condition."""
    eq = p.scope.get(value)
    if eq is not None and eq.op == "logical_not" and not eq.operands[0].type.rank:
        return p.node(eq.operands[0])
    if eq is not None and eq.op in OPPOSITE:
        if all(v.type.is_integer for v in eq.operands):
            left, right = (p.node(v) for v in eq.operands)
            return binary(OPPOSITE[eq.op], left, right)
    return unary("not", p.node(value))


def choice(p: Printer, eq: Equation) -> None:
    """Print an ``if`` whose results are assigned in the branches."""
    if is_conditional(eq, p.folding.regions):
        p.plain(eq)
        return
    test, opposite = p.node(eq.operands[0]), negated(p, eq.operands[0])
    start = p.views.copy()
    bodies: list[list[Statement]] = []
    states = []
    for branch in eq.regions:
        p.views.restore(start)
        order = list(targets(bodies[0])) if bodies else []
        with p.block() as body:
            p.region(branch)
            p.copies(eq.results, branch.results, order)
        bodies.append(body)
        states.append(p.views.copy())
    p.views.meet(*states)
    chosen(p, test, opposite, bodies[0], bodies[1], eq.origin)


def targets(statements: list[Statement]) -> Iterator[str]:
    """Yield the names that statements assign, in their order."""
    for statement in statements:
        if isinstance(statement, Simple) and statement.target is not None:
            yield from names(statement.target)
        elif isinstance(statement, Block):
            yield from targets([*statement.body, *statement.orelse])


def chosen(
    p: Printer,
    test: Node,
    opposite: Node,
    first: list[Statement],
    other: list[Statement],
    origin: Origin | None,
) -> None:
    """Print the branches that are not empty."""
    if first:
        p.out.append(Block("if ", test, first, other, origin))
    elif other:
        p.out.append(Block("if ", opposite, other, origin=origin))


# ---- loops ----


def loop(p: Printer, eq: Equation) -> None:
    """Print a loop: what its carries start as, then its header and body."""
    loop = Loop.of(eq)
    carried = [k for k in range(len(loop.carries)) if is_carried(p, loop, k)]
    p.used.update(loop.carries[k] for k in carried)
    for flag, start in ((loop.exited, "False"), (loop.trips, "0")):
        if flag is not None and flag in p.used:
            p.set(p.names[flag], Atom(start), None)
    p.copies(loop.carries, loop.inits)
    head = header(p, loop)
    if head[1] == FOREVER and p.dialect.typed:
        p.out.append(Comment(MIXED_UP))
        head = "while ", binary("==", Atom("1"), Atom("1"))
    with p.views.repeated(list(assigned(p, loop)), list(renewed(loop))):
        with p.block() as body:
            condition(p, loop)
            loop_body(p, loop, loop.body, End(loop.exit, loop.yields))
        p.out.append(Block(*head, body, origin=eq.origin))


def is_carried(p: Printer, loop: Loop, k: int) -> bool:
    """Whether a carry is read, in the loop or after it."""
    readers = [loop.carries[k], loop.finals[k]]
    if loop.condition is not None:
        readers.append(loop.condition.params[k])
    return any(v in p.used for v in readers)


def assigned(p: Printer, loop: Loop) -> Iterator[str]:
    """Yield the variables that a loop assigns; not those that stay the same view."""
    for value in loop.eq.regions[-1].params:
        yield p.names[value]
    for region in loop.eq.regions:
        for eq in walk(region):
            params = (v for inner in eq.regions for v in inner.params)
            for value in (*eq.results, *params):
                if value in p.names and not p.views.keeps(p.names[value], eq):
                    yield p.names[value]


def renewed(loop: Loop) -> Iterator[Buffer | None]:
    """Yield the buffers that are other memory in another iteration."""
    for carry, after in zip(loop.carries, loop.yields, strict=True):
        if carry.buffer is not after.buffer:
            yield carry.buffer
    for region in loop.eq.regions:
        for eq in walk(region):
            if eq.op not in WRITES | CONTROL and not is_view(eq):
                yield from (v.buffer for v in eq.results if v.buffer is not None)


def header(p: Printer, loop: Loop) -> tuple[str, Node]:
    """Return ``for i in`` and the range, or ``while`` and the condition."""
    if loop.counter is not None:
        bounds = range_arguments(p, loop.bounds)
        name = "prange" if loop.eq.attrs.get("parallel") else "range"
        return f"for {p.names[loop.counter]} in ", call(name, *bounds)
    condition = loop.condition
    assert condition is not None
    inline = p.scope.enter(condition)
    if len(inline) < len(condition.equations):
        return "while ", FOREVER
    return "while ", p.node(condition.results[0])


def condition(p: Printer, loop: Loop) -> None:
    """Print a condition that takes statements, at the head of the body."""
    condition = loop.condition
    if condition is None:
        return
    inline = p.scope.enter(condition)
    if len(inline) == len(condition.equations):
        return
    p.equations(condition.equations, inline)
    test = negated(p, condition.results[0])
    p.out.append(Block("if ", test, [Simple(keyword="break")]))


def loop_body(p: Printer, loop: Loop, region: Region, end: End) -> None:
    """Print a region at the end of a loop's body, with its exits."""
    inline = p.scope.enter(region)
    branch = tail_branch(region, end, inline)
    if branch is None:
        p.equations(region.equations, inline)
        finish(p, loop, end)
        return
    place = region.equations.index(branch)
    p.equations(region.equations[:place], inline)
    ending(p, loop, branch, end)


def ending(p: Printer, loop: Loop, branch: Equation, end: End) -> None:
    """Print the last ``if`` of a body, whose branches leave or go on."""
    test, opposite = (
        p.node(branch.operands[0]),
        negated(p, branch.operands[0]),
    )
    ends = [end.inside(branch, region) for region in branch.regions]
    exits = [truth(p, e.exit, r) for e, r in zip(ends, branch.regions, strict=True)]
    continues = branch.attrs.get("spelled") == "continue"
    bodies = []
    state = p.views.copy()
    leaves = exits[0] is True or continues
    for region, inner, leave in zip(branch.regions, ends, exits, strict=True):
        p.views.restore(state)
        with p.block() as body:
            loop_body(p, loop, region, inner)
            first = region is branch.regions[0]
            if first and continues and leave is not True:
                body.append(Simple(keyword="continue"))
        bodies.append(body)
    p.views.restore({})
    if leaves:
        p.out.append(Block("if ", test, bodies[0], origin=branch.origin))
        p.out.extend(bodies[1])
    elif exits[1] is True:
        p.out.append(Block("if ", opposite, bodies[1], origin=branch.origin))
        p.out.extend(bodies[0])
    else:
        chosen(p, test, opposite, bodies[0], bodies[1], branch.origin)


def truth(p: Printer, flag: Value | bool | None, region: Region) -> bool | None:
    """Return what a flag is, if that is known."""
    if flag is None or isinstance(flag, bool):
        return bool(flag)
    p.scope.enter(region)
    eq = p.scope.get(flag)
    if eq is None or eq.op != "constant":
        return None
    return bool(eq.attrs["value"])


def finish(p: Printer, loop: Loop, end: End) -> None:
    """Print what happens at the end of an iteration."""
    p.copies(loop.carries, end.yields)
    flag = end.exit
    if isinstance(flag, Value):
        eq = p.scope.get(flag)
        flag = bool(eq.attrs["value"]) if eq and eq.op == "constant" else flag
    if flag is True:
        leave(p, loop)
        return
    if isinstance(flag, Value):
        with p.block() as body:
            leave(p, loop)
        p.out.append(Block("if ", p.node(flag), body))
    if loop.trips is not None and loop.trips in p.used:
        trips = Atom(p.names[loop.trips])
        p.out.append(Simple(Atom("1"), trips, "+="))


def leave(p: Printer, loop: Loop) -> None:
    """Print ``break``, and that the loop was left."""
    if loop.exited is not None and loop.exited in p.used:
        p.set(p.names[loop.exited], Atom("True"), None)
    p.out.append(Simple(keyword="break"))
