"""Sets of values that share a Python variable, and what has to share one."""

from __future__ import annotations

from collections.abc import Iterator

from ..graph.ir import WRITES, Function, Region, Value, is_view
from ..graph.loopform import Loop
from .interference import Interference


class Classes:
    """Sets of values that share a variable."""

    def __init__(self, interference: Interference, backward: set[Value]) -> None:
        self._edges = interference.edges
        self._backward = backward
        self._parent: dict[Value, Value] = {}
        self.members: dict[Value, list[Value]] = {}
        self.names: dict[Value, set[str]] = {}
        self.fixed: set[Value] = set()

    def find(self, value: Value) -> Value:
        """Return the member that stands for a value's set."""
        root = value
        while (above := self._parent.get(root, root)) is not root:
            root = above
        self._parent[value] = root
        if root not in self.members:
            self.members[root] = [root]
            self.names[root] = {root.name} if root.name else set()
        return root

    def interfere(self, one: Value, other: Value) -> bool:
        """Whether members of two sets are needed at once."""
        a, b = self.find(one), self.find(other)
        edges = (self._edges.get(member) for member in self.members[a])
        return a is not b and any(
            near is not None and not near.isdisjoint(self.members[b]) for near in edges
        )

    def unite(self, one: Value, other: Value) -> None:
        """Give two values one variable."""
        a, b = self.find(one), self.find(other)
        if a is b:
            return
        self._parent[b] = a
        self.members[a] += self.members.pop(b)
        self.names[a] |= self.names.pop(b)
        if b in self.fixed:
            self.fixed.add(a)

    def try_unite(self, one: Value, other: Value) -> None:
        """Give two values one variable if their names and needs agree."""
        a, b = self.find(one), self.find(other)
        if a is b or len(self.names[a] | self.names[b]) > 1:
            return
        if a in self.fixed or b in self.fixed:
            # A parameter is not set to an adjoint, nor to another parameter.
            members = self.members[b if a in self.fixed else a]
            if a in self.fixed and b in self.fixed:
                return
            if self._backward.intersection(members):
                return
        if not self.interfere(a, b):
            self.unite(a, b)


def regions(region: Region) -> Iterator[Region]:
    """Yield a region and all inside it."""
    yield region
    for eq in region.equations:
        for inner in eq.regions:
            yield from regions(inner)


def backward_values(region: Region) -> Iterator[Value]:
    """Yield what backward equations set."""
    for eq in region.equations:
        if eq.backward:
            yield from eq.results
        for inner in eq.regions:
            if eq.backward:
                yield from inner.params
            yield from backward_values(inner)


def unite_memory(function: Function, classes: Classes) -> None:
    """Unite what is one object: the contents of a block of memory, and carries."""
    whole: dict[object, Value] = {}
    for value in _whole_values(function.body):
        first = whole.setdefault(value.buffer, value)
        if first.type.rank == value.type.rank:
            classes.unite(first, value)
    for region in regions(function.body):
        for eq in region.equations:
            if eq.op in WRITES:
                classes.unite(eq.operands[0], eq.result)
            if eq.op in ("for", "while"):
                _unite_carries(Loop.of(eq), classes)
    for parameter in function.parameters:
        for value in parameter.values:
            root = classes.find(value)
            classes.fixed.add(root)
            classes.names[root] = {parameter.name}


def _unite_carries(loop: Loop, classes: Classes) -> None:
    for carry, final in zip(loop.carries, loop.finals, strict=True):
        classes.unite(carry, final)
    if loop.condition is not None:
        for carry, param in zip(loop.carries, loop.condition.params, strict=True):
            classes.unite(carry, param)


def _whole_values(region: Region) -> Iterator[Value]:
    """Yield the array values that are not views."""
    yield from (v for v in region.params if v.buffer is not None)
    for eq in region.equations:
        for inner in eq.regions:
            yield from _whole_values(inner)
        if eq.op in WRITES or is_view(eq):
            continue
        yield from (v for v in eq.results if v.buffer is not None)
