"""``if``: statements and choices between expressions."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..graph.ir import Value
from .context import Key
from .facts import facts_of
from .frame import Frame
from .merge import join, side
from .objects import Conflict, Obj

CHOSEN = "<chosen>"


def choose(
    frame: Frame,
    test: Value,
    yes: Callable[[], Obj],
    no: Callable[[], Obj],
    **attrs: object,
) -> Obj:
    """Return one of two objects; each is made only where it is chosen."""
    known = frame.context.number(test)
    if known is not None:
        return yes() if known else no()
    branch(
        frame,
        test,
        lambda: frame.bind(CHOSEN, yes()),
        lambda: frame.bind(CHOSEN, no()),
        live_names(frame),
        **{"spelled": "if else", **attrs},
    )
    found = frame.state.names.pop((frame.scope, CHOSEN))
    if isinstance(found, Conflict) and found.message:
        what = found.message.replace(f"'{CHOSEN}'", "this conditional expression")
        frame.refuse(what, "give both sides the same kind and shape, or use an if")
    return found


def branch(
    frame: Frame,
    test: Value,
    yes: Callable[[], None],
    no: Callable[[], None],
    live: Collection[Key],
    **attrs: object,
) -> None:
    """Parse both sides of a test and merge them."""
    equations = frame.context.builder.equations
    holds, fails = (facts_of(equations, test, truth) for truth in (True, False))
    sides = side(frame, holds, yes), side(frame, fails, no)
    join(frame, test, sides, live, **attrs)


def live_names(frame: Frame) -> set[Key]:
    """Return all names bound here: inside an expression any may be read later."""
    return set(frame.state.names)
