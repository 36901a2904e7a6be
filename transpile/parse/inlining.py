"""Parsing a function's body where it is called."""

from __future__ import annotations

from collections.abc import Mapping

import gast

from ..read.source import Source
from .frame import Frame
from .merge import VALUE
from .objects import NONE, Conflict, Obj

DEEPEST = 40


def inline(
    frame: Frame,
    source: Source,
    node: gast.FunctionDef | gast.Lambda,
    given: Mapping[str, Obj],
    outer: Frame | None,
) -> Obj:
    """Return the result of a body parsed here, over the caller's own objects."""
    if node in frame.path and outer is not None:
        frame.refuse(
            "a nested function that calls itself",
            "define it in the module, and pass it what it uses",
        )
    if node in frame.path:
        frame.refuse(
            f"'{source.name}' calls itself, and takes a function or gives a list",
            "pass and return numbers and arrays, and call functions of the module",
        )
    if len(frame.path) >= DEEPEST:
        frame.refuse(f"more than {DEEPEST} calls inside of each other", "write a loop")
    inner = Frame(frame.context, source, node, outer, (*frame.path, node))
    for name, obj in given.items():
        inner.bind(name, obj)
    if isinstance(node, gast.Lambda):
        inner.statement = node
        return inner.evaluate(node.body)
    return _body(frame, inner, node)


def _body(frame: Frame, inner: Frame, node: gast.FunctionDef) -> Obj:
    from .statements import block

    state = frame.state
    outside, state.exits = state.exits, {"return": False}
    block(inner, node.body)
    found = returned(inner)
    state = frame.state
    state.exits = outside
    for key in [key for key in state.names if key[0] == inner.scope]:
        del state.names[key]
    return found


def returned(frame: Frame) -> Obj:
    """Return what a body returns, now that all of it is parsed."""
    found = frame.bound(VALUE)
    flag = frame.state.exits.get("return", False)
    if found is None:
        return NONE
    if isinstance(found, Conflict):
        frame.refuse(
            "the returns of this function differ in form",
            "return the same number of values, of the same kinds, everywhere",
            frame.node,
        )
    if flag is not True and found != NONE:
        frame.refuse(
            "this function may end without a return",
            "add a return at its end",
            frame.node,
        )
    return found
