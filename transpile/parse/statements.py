"""Statements: blocks with their exits, assignments, and the simple ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import gast

from ..graph.ir import Value
from ..read import language
from .branches import branch
from .context import Flag, Key
from .flow import always_exits, assigned, imported, may_exit
from .frame import STATEMENTS, Frame, statement
from .lists import append, appended
from .merge import VALUE, join, side
from .objects import NONE, Closure, Conflict
from .recursion import apart
from .targets import assign, augment
from .tests import truth

Block = Sequence[gast.AST]


def block(frame: Frame, body: Block) -> None:
    """Parse statements in order; what follows an exit goes into the other branch."""
    for k, node in enumerate(body):
        rest = body[k + 1 :]
        if isinstance(node, gast.If) and rest and may_exit([node]):
            one(frame, node, partial(exiting_if, frame, node, rest))
            return
        one(frame, node, partial(execute, frame, node))
        if frame.state.left:
            return
        if rest and frame.state.pending:
            guarded(frame, rest)
            return


def one(frame: Frame, node: gast.AST, action: Callable[[], None]) -> None:
    """Do what a statement says; after a problem, its names cannot be read."""
    outside = frame.statement
    frame.statement = node
    frame.at = node
    builder = frame.context.builder
    before, builder.origin = builder.origin, frame.origin(node)
    if not frame.attempt(action):
        for name in (*assigned([node]), *appended([node]), *imported(node)):
            frame.bind(name, Conflict())
    builder.origin = before
    frame.statement = frame.at = outside


def execute(frame: Frame, node: gast.AST) -> None:
    """Parse one statement."""
    kind = type(node).__name__
    handler = STATEMENTS.get(kind)
    if handler is None:
        refusal = language.STATEMENTS.get(kind)
        what = refusal.message if refusal else kind
        help = refusal.help if refusal else None
        frame.refuse(f"{what} is not supported", help, node)
    handler(frame, node)


# ---- exits ----


def guarded(frame: Frame, rest: Block) -> None:
    """Parse the statements after one that may have left."""
    flags = frame.state.pending
    test = flags[0]
    for flag in flags[1:]:
        test = frame.emit("logical_or", test, flag, spelled="or")
    raised = {k: f for k, f in frame.state.exits.items() if isinstance(f, Value)}

    def go_on() -> None:
        frame.state.exits.update(dict.fromkeys(raised, False))
        block(frame, rest)

    def leave_here() -> None:
        if len(raised) == 1:
            frame.state.exits.update(dict.fromkeys(raised, True))

    sides = side(frame, (), leave_here), side(frame, (), go_on)
    if not any(s.lost for s in sides):
        _keep_flags(raised, *(s.state.exits for s in sides))
    join(frame, test, sides, live_after(frame, rest[-1]))


def _keep_flags(
    raised: Mapping[str, Value], left: dict[str, Flag], went_on: dict[str, Flag]
) -> None:
    """Let a flag that the rest does not raise stay what it is."""
    for kind, flag in raised.items():
        if went_on[kind] is False:
            left[kind] = went_on[kind] = flag


def exiting_if(frame: Frame, node: gast.If, rest: Block) -> None:
    """Parse an ``if`` that may leave, with the statements after it."""
    test = truth(frame, node.test)
    known = frame.context.number(test)
    if known is not None:
        block(frame, [*(node.body if known else node.orelse), *rest])
        return
    bodies: list[Block] = [node.body, node.orelse]
    last = rest[-1]
    leaves = [always_exits(body) for body in bodies]
    if any(leaves):
        follows = 1 if leaves[0] else 0
        bodies[follows] = [*bodies[follows], *rest]
    else:
        last = node
    _branches(frame, test, bodies, last, leaves[0])
    if any(leaves) or frame.state.left:
        return
    if frame.state.pending:
        guarded(frame, rest)
    else:  # what may exit by its text does not with these types
        block(frame, rest)


def _branches(
    frame: Frame, test: Value, bodies: Sequence[Block], last: gast.AST, leaves: bool
) -> None:
    attrs = {}
    if leaves and isinstance(bodies[0][-1], (gast.Break, gast.Continue, gast.Return)):
        attrs["spelled"] = type(bodies[0][-1]).__name__.lower()
    branch(
        frame,
        test,
        lambda: block(frame, bodies[0]),
        lambda: block(frame, bodies[1]),
        live_after(frame, last),
        **attrs,
    )


def live_after(frame: Frame, node: gast.AST) -> set[Key]:
    """Return the names that may be read after a statement, or where it leaves to."""
    names = set(frame.live.after(node))
    for loop in frame.loops[-1:]:
        names |= frame.live.after(loop) | frame.live.head(loop)
    return {(frame.scope, name) for name in names}


@statement("If")
def if_(frame: Frame, node: gast.If) -> None:
    """Parse ``if ... elif ... else``."""
    if len(node.body) == 1 and isinstance(node.body[0], gast.Raise):
        _check(frame, node.test, node.body[0], negated=True)
        block(frame, node.orelse)
        return
    test = truth(frame, node.test)
    known = frame.context.number(test)
    if known is not None:
        block(frame, node.body if known else node.orelse)
        return
    _branches(frame, test, [node.body, node.orelse], node, always_exits(node.body))


@statement("Break", "Continue")
def leave(frame: Frame, node: gast.AST) -> None:
    """Parse ``break`` and ``continue``."""
    frame.state.exits[type(node).__name__.lower()] = True


@statement("Return")
def return_(frame: Frame, node: gast.Return) -> None:
    """Parse ``return``."""
    found = NONE if node.value is None else frame.evaluate(node.value)
    frame.bind(VALUE, apart(frame, found))
    frame.state.exits["return"] = True


# ---- assertions ----

EXCEPTIONS = (
    "ValueError",
    "IndexError",
    "AssertionError",
    "ArithmeticError",
    "FloatingPointError",
    "OverflowError",
    "RecursionError",
    "RuntimeError",
    "TypeError",
    "ZeroDivisionError",
)


def _check(frame: Frame, test: gast.AST, raised: gast.Raise, negated: bool) -> None:
    name, message = _exception(frame, raised)
    condition = truth(frame, test)
    known = frame.context.number(condition)
    if negated and known is not None:
        condition = frame.constant(not known)
    elif negated:
        condition = frame.emit("logical_not", condition, spelled="not")
    frame.check(condition, name, message)


def _exception(frame: Frame, node: gast.Raise) -> tuple[str, str]:
    made = node.exc
    parts = made.args if isinstance(made, gast.Call) else []
    kind = made.func if isinstance(made, gast.Call) else made
    if not isinstance(kind, gast.Name) or kind.id not in EXCEPTIONS:
        frame.refuse(
            "raise of this exception is not supported",
            f"raise one of {', '.join(EXCEPTIONS[:3])}",
            node,
        )
    texts = [p.value for p in parts if isinstance(p, gast.Constant)]
    if len(texts) < len(parts) or len(parts) > 1:
        frame.refuse("a message that is not plain text", 'write raise X("text")', node)
    return kind.id, str(texts[0]) if texts else ""


@statement("Assert")
def assert_(frame: Frame, node: gast.Assert) -> None:
    """Parse ``assert``."""
    message = node.msg.value if isinstance(node.msg, gast.Constant) else ""
    frame.check(truth(frame, node.test), "AssertionError", str(message))


# ---- assignments and the rest ----


@statement("Assign")
def assign_(frame: Frame, node: gast.Assign) -> None:
    """Parse ``a = b = value``."""
    start = len(frame.context.builder.equations)
    found = frame.evaluate(node.value)
    for target in node.targets:
        assign(frame, target, found, start)


@statement("AnnAssign")
def annotated(frame: Frame, node: gast.AnnAssign) -> None:
    """Parse ``a: type = value``."""
    if node.value is not None:
        start = len(frame.context.builder.equations)
        assign(frame, node.target, frame.evaluate(node.value), start)


@statement("AugAssign")
def augmented(frame: Frame, node: gast.AugAssign) -> None:
    """Parse ``a += value`` and its like."""
    augment(frame, node)


@statement("Expr")
def expression_statement(frame: Frame, node: gast.Expr) -> None:
    """Parse a docstring or a call for its effect."""
    if not isinstance(node.value, gast.Constant) and not append(frame, node):
        frame.evaluate(node.value)


@statement("Pass")
def pass_(frame: Frame, node: gast.Pass) -> None:
    """Parse ``pass``."""


@statement("FunctionDef")
def function(frame: Frame, node: gast.FunctionDef) -> None:
    """Parse a nested function: its body is parsed where it is called."""
    if node.decorator_list:
        frame.refuse("a decorated nested function", "leave out the decorator")
    frame.bind(node.name, Closure(node, frame))


@statement("Delete")
def delete(frame: Frame, node: gast.Delete) -> None:
    """Parse ``del name``."""
    for target in node.targets:
        if not isinstance(target, gast.Name):
            refusal = language.STATEMENTS["Delete"]
            frame.refuse(f"{refusal.message} is not supported", refusal.help, target)
        frame.state.names.pop((frame.scope, target.id), None)
