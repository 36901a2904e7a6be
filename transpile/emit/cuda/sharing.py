"""Which variables may stand for the same memory, statement by statement.

In ``for t in range(n): w = empty k; ...; v = w`` they are two arrays between the first
statement and the last, though v is what w was before.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from ..c.arrays import base_of, is_new
from .memory import bound

Groups = dict[str, str]


class Sharing:
    """Gives each array of a function the name of the memory that it may share."""

    def __init__(self, body: Sequence[ast.stmt], arrays: Sequence[str]) -> None:
        self._found: dict[int, Groups] = {}
        self._block(body, {name: name for name in arrays})

    def at(self, statement: ast.stmt) -> Mapping[str, str]:
        """Return what holds where a statement begins."""
        return self._found[statement.lineno]

    def add(self, name: str) -> None:
        """Take notice of an array with memory of its own."""
        for groups in self._found.values():
            groups.setdefault(name, name)

    def _block(self, statements: Sequence[ast.stmt], groups: Groups) -> Groups:
        for statement in statements:
            line = statement.lineno
            self._found[line] = joined(self._found.get(line, groups), groups)
            match statement:
                case ast.For(body=body) | ast.While(body=body):
                    groups = self._repeated(body, groups)
                case ast.If(body=yes, orelse=no):
                    groups = joined(self._block(yes, groups), self._block(no, groups))
                case _:
                    groups = _after(statement, groups)
        return groups

    def _repeated(self, body: Sequence[ast.stmt], groups: Groups) -> Groups:
        while True:
            after = joined(groups, self._block(body, groups))
            if after == groups:
                return groups
            groups = after


def _after(statement: ast.stmt, groups: Groups) -> Groups:
    """Return what holds after a statement that gives variables other memory."""
    made = dict(groups)
    for name, value in bound(statement):
        base = base_of(value)
        if name in groups:
            own = base is None or base not in groups or is_new(value)
            made[name] = f"{name} {statement.lineno}" if own else groups[base or ""]
    return _named(made)


def joined(one: Groups, other: Groups) -> Groups:
    """Return groups in which those are together that are so in one or the other.

    Examples
    --------
    >>> joined({"a": "a", "b": "a", "c": "c"}, {"a": "a", "b": "b", "c": "b"})
    {'a': 'a', 'b': 'a', 'c': 'a'}
    """
    made = dict(one)
    for name, group in other.items():
        for peer in (p for p in other if other[p] == group):
            if made[peer] != made[name]:
                old, new = made[peer], made[name]
                made = {n: new if g == old else g for n, g in made.items()}
    return _named(made)


def _named(groups: Groups) -> Groups:
    """Return groups named by their first variables."""
    first: dict[str, str] = {}
    for name, group in groups.items():
        first.setdefault(group, name)
    return {name: first[group] for name, group in groups.items()}
