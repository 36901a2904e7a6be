"""Out of SSA: the Python variable of every value.

Values that one variable can hold share it: the contents of one block of memory, a
loop's carry before, in and after the loop, and all values that the user gave one
name, unless two of them are needed at once.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator, Mapping

from .fold import Folding, fold
from .interference import Interference
from .ir import WRITES, Equation, Function, Region, Value, is_view
from .loopform import End, Loop, tail_branch

Spelling = Callable[[Equation], str]


def assign_names(
    function: Function,
    folding: Folding,
    reserved: frozenset[str],
    spelling: Spelling,
) -> Mapping[Value, str]:
    """Return the variable of every value that is not printed at its use.

    ``reserved`` names get an underscore appended; ``spelling`` names the function
    that an equation calls, for temporaries (``tanh_1``).
    """
    classes = _Classes(Interference(function, folding))
    _unite_memory(function, classes)
    _Coalesce(folding, classes).region(function.body)
    return _Naming(function, classes, reserved, spelling).run(folding)


def name_all(
    function: Function, reserved: frozenset[str], spelling: Spelling
) -> tuple[Folding, Mapping[Value, str]]:
    """Return what is printed at its use, and the variables of the rest.

    ``b_2 = a + b; a = b; b = b_2`` is better written ``a, b = b, a + b``: a value
    that a carry becomes, and that cannot have the carry's variable, moves there.
    """
    folding = fold(function)
    names = assign_names(function, folding, reserved, spelling)
    moved = frozenset(_movable(function, names))
    if not moved:
        return folding, names
    folding = fold(function, moved)
    return folding, assign_names(function, folding, reserved, spelling)


def _movable(function: Function, names: Mapping[Value, str]) -> Iterator[Value]:
    for region in _regions(function.body):
        for eq in region.equations:
            if eq.op in ("for", "while"):
                yield from _moved_yields(Loop.of(eq), names)


def _moved_yields(loop: Loop, names: Mapping[Value, str]) -> Iterator[Value]:
    made = {eq.result: eq for eq in loop.body.equations if len(eq.results) == 1}
    if not loop.body.equations:
        return
    last = loop.body.equations[-1]
    for carry, after in zip(loop.carries, loop.yields, strict=True):
        eq = made.get(after)
        if eq is None or eq.op in WRITES or after.name is None:
            continue
        apart = eq.backward and eq.origin != last.origin
        if not apart and after.name == carry.name and names[after] != names[carry]:
            yield after


class _Classes:
    """Sets of values that share a variable."""

    def __init__(self, interference: Interference) -> None:
        self._edges = interference.edges
        self._parent: dict[Value, Value] = {}
        self.members: dict[Value, list[Value]] = {}
        self.names: dict[Value, set[str]] = {}
        self.fixed: set[Value] = set()

    def find(self, value: Value) -> Value:
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
        return a is not b and any(
            self.find(near) is b
            for member in self.members[a]
            for near in self._edges.get(member, ())
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
        if a in self.fixed and b in self.fixed:
            return
        if not self.interfere(a, b):
            self.unite(a, b)


def _regions(region: Region) -> Iterator[Region]:
    yield region
    for eq in region.equations:
        for inner in eq.regions:
            yield from _regions(inner)


def _unite_memory(function: Function, classes: _Classes) -> None:
    """Unite what is one object: the contents of a block of memory, and carries."""
    whole: dict[object, Value] = {}
    for value in _whole_values(function.body):
        first = whole.setdefault(value.buffer, value)
        if first.type.rank == value.type.rank:
            classes.unite(first, value)
    for region in _regions(function.body):
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


def _unite_carries(loop: Loop, classes: _Classes) -> None:
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


class _Coalesce:
    """Unites carries with what goes into them, where nothing stands against it."""

    def __init__(self, folding: Folding, classes: _Classes) -> None:
        self.folding = folding
        self.classes = classes

    def region(self, region: Region) -> None:
        for eq in region.equations:
            if eq.op in ("for", "while"):
                self.loop(Loop.of(eq))
            elif eq.op == "if":
                self.branches(eq)
            for inner in eq.regions:
                self.region(inner)

    def pairs(self, targets: tuple[Value, ...], sources: tuple[Value, ...]) -> None:
        for target, source in zip(targets, sources, strict=True):
            self.classes.try_unite(target, source)

    def loop(self, loop: Loop) -> None:
        self.body(loop, loop.body, End(loop.exit, loop.yields))
        self.pairs(loop.carries, loop.inits)

    def body(self, loop: Loop, region: Region, end: End) -> None:
        branch = tail_branch(region, end, self.folding.of(region))
        if branch is None:
            self.pairs(loop.carries, end.yields)
            return
        for inner in branch.regions:
            self.body(loop, inner, end.inside(branch, inner))

    def branches(self, eq: Equation) -> None:
        for branch in eq.regions:
            self.pairs(eq.results, branch.results)


class _Naming:
    """Gives names to classes, in the order of the text."""

    def __init__(
        self,
        function: Function,
        classes: _Classes,
        reserved: frozenset[str],
        spelling: Spelling,
    ) -> None:
        self.function = function
        self.classes = classes
        self.reserved = reserved
        self.spelling = spelling
        self.variable: dict[Value, str] = {}
        self.holders: dict[str, list[Value]] = {}
        self.counts: dict[str, int] = {}
        self.role: dict[Value, str] = {}

    def run(self, folding: Folding) -> Mapping[Value, str]:
        hinted: list[tuple[Value, str]] = []
        self.parameters()
        for value, eq in self.order(self.function.body, folding):
            root = self.classes.find(value)
            if root in self.variable:
                continue
            hint = self.hint(root)
            if hint is not None:
                self.give(root, self.fitting(root, hint))
            elif eq is not None:
                hinted.append((value, self.spelling(eq)))
        for value, base in hinted:
            root = self.classes.find(value)
            if root not in self.variable:
                self.give(root, self.fresh(base))
        return _Names(self.variable, self.classes)

    def parameters(self) -> None:
        for parameter in self.function.parameters:
            values = parameter.values
            for place, value in enumerate(values, 1):
                name = parameter.name if len(values) == 1 else value.name
                self.give(self.classes.find(value), name or f"{parameter.name}_{place}")

    def order(
        self, region: Region, folding: Folding
    ) -> Iterator[tuple[Value, Equation | None]]:
        """Yield values with the equation that they are first set by."""
        folded = folding.of(region)
        for eq in region.equations:
            if len(eq.results) == 1 and eq.result in folded:
                continue
            loop = Loop.of(eq) if eq.op in ("for", "while") else None
            if loop is not None:
                self.roles(loop)
                flags = (loop.exited, loop.trips)
                yield from ((v, eq) for v in flags if v is not None)
                yield from ((v, eq) for v in eq.regions[-1].params)
            else:
                yield from ((v, eq) for v in eq.results)
            for inner in eq.regions:
                yield from self.order(inner, folding)
            yield from ((v, eq) for v in eq.results)

    def roles(self, loop: Loop) -> None:
        """Note what to call the unnamed parts of a loop."""
        parts = ((loop.counter, "i"), (loop.exited, "done"), (loop.trips, "trips"))
        self.role.update((value, name) for value, name in parts if value is not None)
        # What an early return leaves behind.
        if "stands_for" not in loop.eq.attrs:  # else what it stands for names it
            self.role.update(dict.fromkeys(loop.carries, "value"))

    def hint(self, root: Value) -> str | None:
        """Return the name of the first member that has one."""
        members = sorted(self.classes.members[root], key=lambda v: v.serial)
        found = [
            *(v.name for v in members),
            *(v.hint for v in members),
            *(self.role.get(v) for v in members),
        ]
        return next(filter(None, found), None)

    def fitting(self, root: Value, hint: str) -> str:
        """Return the name, or ``name_2``, that no value needed at once has."""
        base = hint + "_" if self.is_reserved(hint) else hint
        name, k = base, 2
        while self.is_reserved(name) or self.taken(root, name):
            name, k = f"{base}_{k}", k + 1
        return name

    def is_reserved(self, name: str) -> bool:
        return keyword.iskeyword(name) or name in self.reserved

    def taken(self, root: Value, name: str) -> bool:
        holders = self.holders.get(name, ())
        return any(self.classes.interfere(root, other) for other in holders)

    def fresh(self, base: str) -> str:
        """Return ``base_k`` with the next number, never used before."""
        while True:
            self.counts[base] = self.counts.get(base, 0) + 1
            name = f"{base}_{self.counts[base]}"
            if name not in self.holders and not self.is_reserved(name):
                return name

    def give(self, root: Value, name: str) -> None:
        self.variable[root] = name
        self.holders.setdefault(name, []).append(root)


class _Names(Mapping[Value, str]):
    """The variable of each value, by the set that it belongs to."""

    def __init__(self, variable: dict[Value, str], classes: _Classes) -> None:
        self._variable = variable
        self._classes = classes

    def __getitem__(self, value: Value) -> str:
        return self._variable[self._classes.find(value)]

    def __iter__(self) -> Iterator[Value]:
        return iter(self._variable)

    def __len__(self) -> int:
        return len(self._variable)
