"""Out of SSA: the Python variable of every value.

Values that one variable can hold share it: the contents of one block of memory, a
loop's carry before, in and after the loop, and all values that the user gave one
name, unless two of them are needed at once.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from ..graph.ir import WRITES, Equation, Function, Region, Value, walk
from ..graph.loopform import End, Loop, tail_branch
from .fold import Folding, fold
from .interference import Interference
from .variables import Classes, backward_values, regions, unite_memory

Spelling = Callable[[Equation], str]
COUNTERS = ("i", "j", "k", "l", "m")
# What an adjoint of a part of an expression is called after its operation.
BARS = {
    "if_bar": "value_bar",
    "index_bar": "item_bar",
    "matvec_bar": "matmul_bar",
    "vecmat_bar": "matmul_bar",
    "cotangent": "value_bar",
}


def assign_names(
    function: Function,
    folding: Folding,
    reserved: frozenset[str],
    spelling: Spelling,
    typed: bool = False,
) -> Mapping[Value, str]:
    """Return the variable of every value that is not printed at its use.

    ``reserved`` names get an underscore appended; ``spelling`` names the function
    that an equation calls, for temporaries (``tanh_1``). Where names are ``typed``, one
    stands for numbers, or for arrays of one rank, as in C.
    """
    classes = Classes(
        Interference(function, folding), set(backward_values(function.body))
    )
    unite_memory(function, classes)
    _Coalesce(folding, classes).region(function.body)
    return _Naming(function, classes, reserved, spelling, typed).run(folding)


def name_all(
    function: Function,
    reserved: frozenset[str],
    spelling: Spelling,
    typed: bool = False,
) -> tuple[Folding, Mapping[Value, str]]:
    """Return what is printed at its use, and the variables of the rest.

    ``b_2 = a + b; a = b; b = b_2`` is better written ``a, b = b, a + b``: a value
    that a carry becomes, and that cannot have the carry's variable, moves there.
    """
    folding = fold(function)
    names = assign_names(function, folding, reserved, spelling, typed)
    moved = frozenset(_movable(function, names))
    if not moved:
        return folding, names
    folding = fold(function, moved)
    return folding, assign_names(function, folding, reserved, spelling, typed)


def _movable(function: Function, names: Mapping[Value, str]) -> Iterator[Value]:
    for region in regions(function.body):
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


class _Coalesce:
    """Unites carries with what goes into them, where nothing stands against it."""

    def __init__(self, folding: Folding, classes: Classes) -> None:
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
        classes: Classes,
        reserved: frozenset[str],
        spelling: Spelling,
        typed: bool,
    ) -> None:
        self.function = function
        self.typed = typed
        self.classes = classes
        self.reserved = reserved
        self.spelling = spelling
        self.variable: dict[Value, str] = {}
        self.holders: dict[str, list[Value]] = {}
        self.counts: dict[str, int] = {}
        self.role: dict[Value, str] = {}
        self.users = {v.name for v in _all_values(function.body)}
        self.undefined = {
            eq.result for eq in walk(function.body) if eq.op == "undefined"
        }
        self.result()

    def result(self) -> None:
        """Note that what the function returns, if that is one thing, is the value."""
        results = self.function.body.results
        returned = results[: self.function.returns.width]
        forward = [v for v in returned if v not in _set_backward(self.function.body)]
        for value in forward if len(forward) == 1 else ():
            if value.hint is None:
                self.role[value] = "value"

    def run(self, folding: Folding) -> Mapping[Value, str]:
        hinted: list[tuple[Value, str]] = []
        self.parameters()
        for value, eq in self.order(self.function.body, folding):
            root = self.classes.find(value)
            if root in self.variable:
                continue
            hint = self.hint(root)
            if self.role.get(value) == "i" and hint == "i" and value.name is None:
                self.give(root, self.counter(root))
            elif hint is not None:
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
                whole = parameter.structure.kind == "leaf"
                name = parameter.name if whole else value.name
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
                counter = () if loop.counter is None else (loop.counter,)
                made = {r: e for e in loop.body.equations for r in e.results}
                yield from ((v, eq) for v in counter)
                labels = eq.attrs.get("labels", (None,) * len(loop.carries))
                rows = zip(loop.carries, loop.yields, labels, strict=True)
                for carry, after, label in rows:
                    whole = _labelled(eq, label) if "stands_for" in eq.attrs else None
                    yield carry, whole or made.get(after)
            else:
                yield from ((v, eq) for v in eq.results)
            for inner in eq.regions:
                yield from self.order(inner, folding)
            yield from ((v, eq) for v in eq.results)

    def roles(self, loop: Loop) -> None:
        """Note what to call the unnamed parts of a loop."""
        parts = ((loop.counter, "i"), (loop.exited, "done"), (loop.trips, "trips"))
        self.role.update((value, name) for value, name in parts if value is not None)
        if loop.exit is not None and "stands_for" not in loop.eq.attrs:
            # What an early return leaves behind.
            for carry, init in zip(loop.carries, loop.inits, strict=True):
                if init in self.undefined:
                    self.role[carry] = "value"

    def hint(self, root: Value) -> str | None:
        """Return the name of the first member that has one."""
        members = sorted(self.classes.members[root], key=lambda v: v.serial)
        found = [
            *(v.name for v in members),
            *(v.hint for v in members),
            *(self.role.get(v) for v in members),
        ]
        hint = next(filter(None, found), None)
        return None if hint is None else BARS.get(hint, hint)

    def fitting(self, root: Value, hint: str) -> str:
        """Return the name, or ``name_2``, that no value needed at once has."""
        base = hint + "_" if self.is_reserved(hint) else hint
        name, k = base, 2
        while self.is_reserved(name) or self.taken(root, name):
            name, k = f"{base}_{k}", k + 1
        return name

    def counter(self, root: Value) -> str:
        """Return the first letter for a counter that nothing else is called."""
        for letter in COUNTERS:
            free = letter not in self.users and not self.is_reserved(letter)
            if free and not self.taken(root, letter):
                return letter
        return self.fitting(root, COUNTERS[0])

    def is_reserved(self, name: str) -> bool:
        return keyword.iskeyword(name) or name in self.reserved

    def taken(self, root: Value, name: str) -> bool:
        holders = self.holders.get(name, ())
        return any(
            self.classes.interfere(root, other)
            or (self.typed and _sort(root) != _sort(other))
            for other in holders
        )

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


def _sort(value: Value) -> tuple[int, str]:
    """Return what a variable of a typed language has to be for a value."""
    kind = value.type
    if kind.is_integer:
        return kind.rank, "integer"
    return kind.rank, kind.dtype.removeprefix("weak_").rstrip("0123456789")


def _all_values(region: Region) -> Iterator[Value]:
    yield from region.params
    for eq in region.equations:
        yield from eq.results
        for inner in eq.regions:
            yield from _all_values(inner)


def _set_backward(region: Region) -> set[Value]:
    return {r for eq in region.equations if eq.backward for r in eq.results}


class _Names(Mapping[Value, str]):
    """The variable of each value, by the set that it belongs to."""

    def __init__(self, variable: dict[Value, str], classes: Classes) -> None:
        self._variable = variable
        self._classes = classes

    def __getitem__(self, value: Value) -> str:
        return self._variable[self._classes.find(value)]

    def __iter__(self) -> Iterator[Value]:
        return iter(self._variable)

    def __len__(self) -> int:
        return len(self._variable)


def _labelled(eq: Equation, label: str | None) -> Equation:
    """Return a loop as the operation that one of its carries stands for."""
    if label is None:
        return eq
    return replace(eq, attrs=MappingProxyType({**eq.attrs, "stands_for": label}))
