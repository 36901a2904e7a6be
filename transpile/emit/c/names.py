"""The names of variables in C, and of the lengths and strides of arrays."""

from __future__ import annotations

from .infer import Typed
from .kinds import Array, Kind
from .reserved import TAKEN


class Names:
    """Gives each variable of a function a name of its own."""

    def __init__(self, function: Typed, others: frozenset[str]) -> None:
        self._used = set(others) | TAKEN
        self._own: dict[str, str] = {}
        self._parts: dict[tuple[str, str], str] = {}
        for name in function.kinds:
            self._own[name] = self.fresh(name)

    def fresh(self, wanted: str) -> str:
        """Return a name like the one wanted that nothing else has."""
        name = wanted.strip("_") or "unused"
        while name in self._used:
            name += "_"
        self._used.add(name)
        return name

    def of(self, name: str) -> str:
        """Return the name of a variable."""
        return self._own[name]

    def numbered(self, wanted: str) -> str:
        """Return a name with a number behind it."""
        count = 1
        while f"{wanted}_{count}" in self._used:
            count += 1
        self._used.add(f"{wanted}_{count}")
        return f"{wanted}_{count}"

    def part(self, name: str, letter: str, axis: int, rank: int) -> str:
        """Return the name of a length (``n``) or stride (``s``) of an array."""
        key = name, f"{letter}{axis}"
        if key not in self._parts:
            suffix = letter if rank == 1 else f"{letter}{axis}"
            self._parts[key] = self.fresh(f"{name}_{suffix}")
        return self._parts[key]

    def parts(self, name: str, kind: Kind) -> tuple[list[str], list[str]]:
        """Return the names of the lengths and strides of an array."""
        if not isinstance(kind, Array):
            return [], []
        axes = range(kind.rank)
        found = [self.part(name, "n", k, kind.rank) for k in axes]
        if kind.packed:
            return found, []
        return found, [self.part(name, "s", k, kind.rank) for k in axes]
