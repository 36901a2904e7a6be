"""Assignments that the user wrote as one: ``m, n = A.shape`` and ``a, b = c, d``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .expressions import Atom, Attribute, Call, Node, Subscript, Tuple, call, names
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
    value = _together(values) or value
    return Simple(value, Tuple(targets, bare=True), origin=group[0].origin)


def _together(values: tuple[Node, ...]) -> Node | None:
    """Return ``np.linalg.eigh(A)`` for all that it returns, item by item."""
    last = values[-1]
    if not isinstance(last, Subscript) or not isinstance(last.base, Call):
        return None
    whole, head = last.base, last.base.function
    if not isinstance(head, Attribute) or head.name not in TOGETHER:
        return None
    parts: list[Node] = [Subscript(whole, (literal(k),)) for k in range(len(values))]
    place, name, more = TOGETHER[head.name]
    if name:
        alone = Attribute(head.base, name)
        parts[place] = call(alone, whole.arguments[0], **more)
    return whole if values == tuple(parts) else None


# Which item has a function of its own, that function and its keywords.
TOGETHER: Mapping[str, tuple[int, str, Mapping[str, Node]]] = {
    "slogdet": (0, "", {}),
    "qr": (0, "", {}),
    "eigh": (0, "eigvalsh", {}),
    "eig": (0, "eigvals", {}),
    "svd": (1, "svd", {"compute_uv": Atom("False")}),
}


def _shape(values: tuple[Node, ...]) -> Node | None:
    """Return ``A.shape`` for ``A.shape[0], A.shape[1]``, if that is all of it."""
    first = values[0]
    if not isinstance(first, Subscript) or not isinstance(first.base, Attribute):
        return None
    if first.base.name != "shape":
        return None
    wanted = tuple(Subscript(first.base, (literal(k),)) for k in range(len(values)))
    return first.base if values == wanted else None
