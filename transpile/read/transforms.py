"""Derivatives of functions, as the calls are written that make them."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ..steps import SUFFIXES, Step
from .literal import NotLiteral, dotted_name
from .source import Derived, Helper, NumPyName, Resolved, Source, Unknown

# What is said of a derivative that is called by itself, and not of one in a text.
ASIDE = ("target", "types")


def mode_of(lookup: Callable[[str], Resolved], node: ast.expr) -> str | None:
    """Return which derivative of a function a call makes, None if it is another."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    try:
        meaning = lookup(dotted_name(node.func))
    except NotLiteral:
        return None
    dotted = meaning.dotted if isinstance(meaning, NumPyName) else ""
    module, _, mode = dotted.rpartition(".")
    return mode if module == "gradscribe" and SUFFIXES.get(mode) else None


def derived(meaning: Resolved, mode: str, call: ast.Call) -> Resolved:
    """Return what ``gs.grad(f, wrt=...)`` means, ``meaning`` being that of ``f``."""
    if not isinstance(meaning, (Helper, Derived)):
        return meaning
    try:
        given = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
        if call.args[1:]:
            given["wrt"] = ast.literal_eval(call.args[1])
    except ValueError:
        return Unknown("is a derivative that is not written out")
    direction, aux = given.pop("mode", "auto"), given.pop("has_aux", False)
    places = _places(meaning.source, given.pop("wrt", None))
    other = sorted(map(str, given.keys() - set(ASIDE)))
    if other:
        return Unknown(f"is a derivative with an option: {', '.join(other)}")
    if places is None:
        return Unknown("is a derivative by what is not named")
    names, single = places
    step = Step(mode, names, single, direction, aux)
    before = meaning.steps if isinstance(meaning, Derived) else ()
    steps = (*before, step)
    name = meaning.source.name + "".join(SUFFIXES[each.mode] for each in steps)
    return Derived(name, meaning.source, steps)


def _places(source: Source, wrt: object) -> tuple[tuple[str, ...], bool] | None:
    """Return the parameters that are named, and whether it is bare what has one."""
    if wrt is None:
        return source.first_parameter, True
    parts = wrt if isinstance(wrt, (tuple, list)) else (wrt,)
    known = source.parameters
    names = [known[p] if isinstance(p, int) and p < len(known) else p for p in parts]
    if not all(isinstance(name, str) for name in names):
        return None
    return tuple(map(str, names)), not isinstance(wrt, (tuple, list))
