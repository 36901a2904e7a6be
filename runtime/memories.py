"""Which arrays of a function may share memory, read from what Numba has typed.

In Numba's representation every temporary value is a variable.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

# What gives an array of its own memory.
MAKERS = "empty empty_like zeros zeros_like ones ones_like full full_like".split()
PLAIN = """
    Number Boolean NoneType Module Function Dispatcher NumberClass DType StringLiteral
    UnicodeType RangeType RangeIteratorType SliceType EllipsisType
""".split()
HOLDING = "Array BaseTuple BoundFunction Pair".split()
UNKNOWN = "?"  # memory that may be any other


class Memories:
    """The blocks of memory that each variable may hold, by names.

    A block is one that the function makes, has the name of the variable that it is
    given first, or is ``UNKNOWN``. ``apart``: arrays that the function is given share
    no memory with each other.
    """

    def __init__(
        self, blocks: Mapping[int, Any], kinds: Mapping[str, Any], apart: bool
    ) -> None:
        self._kinds, self._apart = kinds, apart
        self._held: dict[str, frozenset[str]] = {}
        self.overlapping: set[str] = {UNKNOWN}  # where two elements may be one
        given: list[tuple[str, list[str]]] = []
        for block in blocks.values():
            for statement in block.body:
                given += self._flow(statement)
        changed = True
        while changed:
            changed = False
            for target, sources in given:
                before = self._held.get(target, frozenset())
                after = before.union(*map(self._of_source, sources))
                self._held[target] = after
                changed |= after != before

    @property
    def blocks(self) -> set[str]:
        """Every block that a variable may hold."""
        return set().union(*self._held.values()) - {UNKNOWN}

    def of(self, name: str) -> frozenset[str]:
        """Return the blocks of memory that a variable may hold."""
        if not _is_one_of(self._kinds[name], HOLDING):
            return frozenset({UNKNOWN})
        return self._held.get(name, frozenset())

    def _of_source(self, name: str) -> frozenset[str]:
        return frozenset() if is_plain(self._kinds[name]) else self.of(name)

    def _flow(self, statement: Any) -> Iterator[tuple[str, list[str]]]:
        """Yield which variable holds what others hold."""
        ir: Any = importlib.import_module("numba.core.ir")
        if not isinstance(statement, ir.Assign):
            return
        target, value = statement.target.name, statement.value
        if is_plain(self._kinds[target]):
            return
        if isinstance(value, ir.Arg):
            self._held[target] = frozenset({target if self._apart else UNKNOWN})
            if getattr(self._kinds[target], "layout", "A") == "A":
                self.overlapping.add(target)
        elif self._is_new(value):
            self._held[target] = frozenset({target})
        elif isinstance(value, (ir.Var, ir.Expr)):
            yield target, [v.name for v in statement.list_vars() if v.name != target]
        else:
            self._held[target] = frozenset({UNKNOWN})

    def _is_new(self, value: Any) -> bool:
        if getattr(value, "op", "") != "call":
            return False
        called = getattr(self._kinds[value.func.name], "typing_key", None)
        return any(called is getattr(np, name) for name in MAKERS)


def is_plain(kind: Any) -> bool:
    """Whether values of a type hold no memory that others may hold."""
    types: Any = importlib.import_module("numba.core.types")
    if isinstance(kind, types.BaseTuple):
        return all(map(is_plain, kind))
    return _is_one_of(kind, PLAIN)


def _is_one_of(kind: Any, names: list[str]) -> bool:
    types: Any = importlib.import_module("numba.core.types")
    return isinstance(kind, tuple(getattr(types, name) for name in names))
