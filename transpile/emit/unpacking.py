"""Assignments that the user wrote as one: ``m, n = A.shape`` and ``a, b = c, d``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .expressions import Atom, Attribute, Node, Subscript, Tuple, names
from .literals import literal
from .statements import Simple, Statement

_TARGETS = re.compile(r"\s*(\w+(?:\s*,\s*\w+)+)\s*=[^=]")
_WHOLE_SHAPE = re.compile(r"\.shape\s*(#.*)?$")


def unpacked(statements: list[Statement]) -> list[Statement]:
    """Return statements with assignments to several names joined again."""
    made: list[Statement] = []
    place = 0
    while place < len(statements):
        group = _group(statements[place:])
        if group is None:
            made.append(statements[place])
            place += 1
        else:
            made.append(_joined(group))
            place += len(group)
    return made


def _group(statements: Sequence[Statement]) -> list[Simple] | None:
    """Return the statements at the start that were one, if there are such."""
    first = statements[0]
    if not isinstance(first, Simple) or first.origin is None:
        return None
    found = _TARGETS.match(first.origin.text)
    targets = [] if found is None else re.split(r"\s*,\s*", found[1])
    group = [s for s in statements[: len(targets)] if isinstance(s, Simple)]
    if len(group) < len(targets) or not targets:
        return None
    for statement, target in zip(group, targets, strict=True):
        if statement.target != Atom(target) or statement.operator != "=":
            return None
        if statement.origin is None or statement.origin.text != first.origin.text:
            return None
    return group if _independent(group, targets) else None


def _independent(group: list[Simple], targets: list[str]) -> bool:
    """Whether no value reads what the statements before it set."""
    return not any(
        set(targets[:k]) & set(names(statement.value))
        for k, statement in enumerate(group)
        if statement.value is not None
    )


def _joined(group: list[Simple]) -> Simple:
    values = tuple(s.value for s in group if s.value is not None)
    targets = tuple(s.target for s in group if s.target is not None)
    value: Node = Tuple(values, bare=True)
    origin = group[0].origin
    if origin is not None and _WHOLE_SHAPE.search(origin.text):
        value = _shape(values) or value
    return Simple(value, Tuple(targets, bare=True), origin=group[0].origin)


def _shape(values: tuple[Node, ...]) -> Node | None:
    """Return ``A.shape`` for ``A.shape[0], A.shape[1]``, if that is all of it."""
    first = values[0]
    if not isinstance(first, Subscript) or not isinstance(first.base, Attribute):
        return None
    if first.base.name != "shape":
        return None
    wanted = tuple(Subscript(first.base, (literal(k),)) for k in range(len(values)))
    return first.base if values == wanted else None
