"""What is known at one point of a walk over a region."""

from __future__ import annotations

import itertools
from collections import ChainMap
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeVar, overload

from ..graph.ir import CONTROL, EFFECTS, WRITES, Buffer, Equation, Value
from ..graph.linear import Linear

# Attributes that say how something was spelled or where, not what it is.
SILENT = frozenset({"spelled"})
# Operations of which two equal ones are two different arrays or nothing at all.
OPAQUE = CONTROL | EFFECTS
DISTINCT = OPAQUE | WRITES | {"empty", "undefined"}
# Equal definitions that are kept for one value.
MOST_DEFINITIONS = 4

Key = tuple[Hashable, ...]
K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class Layers(ChainMap[K, V]):
    """A chain of dicts that is asked often: `get` calls nothing else."""

    @overload
    def get(self, key: K, default: None = None) -> V | None: ...
    @overload
    def get(self, key: K, default: V) -> V: ...
    @overload
    def get(self, key: K, default: T) -> V | T: ...
    def get(self, key: K, default: Any = None) -> Any:
        """Return what the innermost dict that has a key has under it."""
        for layer in self.maps:
            if key in layer:
                return layer[key]
        return default

    def __setitem__(self, key: K, value: V) -> None:
        self.maps[0][key] = value


class Scope:
    """The values in scope, how they are defined, and which may still be read.

    A write starts a new epoch of its buffer; an array may be read exactly during
    the epoch in which it was born. ``definitions`` gives a value's own equation
    first, then equations of equal values that it stands in for.
    """

    def __init__(self) -> None:
        self.definitions: Layers[Value, tuple[Equation, ...]] = Layers()
        self.replaced: Layers[Value, Value] = Layers()
        self.available: Layers[Key, Value] = Layers()
        self.born: Layers[Value, int] = Layers()
        self.epochs: dict[Buffer, int] = {}
        self.clock = itertools.count(1)

    def enter(self, written: Iterable[Buffer]) -> Scope:
        """Return the scope inside a region that writes some buffers."""
        inner = Scope()
        inner.definitions = Layers({}, *self.definitions.maps)
        inner.replaced = Layers({}, *self.replaced.maps)
        inner.available = Layers({}, *self.available.maps)
        inner.born = Layers({}, *self.born.maps)
        inner.epochs = dict(self.epochs)
        inner.clock = self.clock
        inner.write(written)
        return inner

    def write(self, buffers: Iterable[Buffer]) -> None:
        """Note that the old contents of buffers are gone."""
        for buffer in buffers:
            self.epochs[buffer] = next(self.clock)

    def bear(self, values: Iterable[Value]) -> None:
        """Note that values exist from here on."""
        for value in values:
            self.born[value] = self._epoch(value)

    def _epoch(self, value: Value) -> int:
        return 0 if value.buffer is None else self.epochs.get(value.buffer, 0)

    def readable(self, value: Value) -> bool:
        """Whether a value is in scope and its memory still holds it."""
        born = self.born.get(value)
        return born is not None and born == self._epoch(value)

    def local(self, value: Value) -> bool:
        """Whether a value is defined in the innermost region."""
        return value in self.born.maps[0]

    def resolve(self, value: Value) -> Value:
        """Return what a value is replaced by at last, as far as that may be read here.

        On the way may stand values that were replaced before they were kept. What was
        not kept had the very memory of what replaces it.
        """
        other, found = self.replaced.get(value), value
        while other is not None:
            if self.readable(other) or self.born.get(found) is None:
                found = other
            other = self.replaced.get(other)
        return found

    # ---- definitions ----

    def define(self, eq: Equation) -> None:
        """Note the results of an equation."""
        self.bear(eq.results)
        for result in eq.results:
            self._note_integer(result)
        if len(eq.results) != 1 or eq.op in OPAQUE:
            return
        self.definitions[eq.result] = (eq,)
        named = eq.result.name is not None
        if eq.op in DISTINCT or (named and eq.op == "constant"):
            return  # a variable that starts from 0 is not every 0
        key = self.key(eq.op, eq.operands, eq.attrs)
        known = self.available.get(key)
        if known is None or not self.readable(known):
            self.available[key] = eq.result
        elif named and known.name is None and not eq.backward:
            self.available[key] = eq.result

    def _note_integer(self, value: Value) -> None:
        """Note an integer under its linear form, the first one under each."""
        if value.linear is not None and value.linear.terms:
            self.available.setdefault((value.type.dtype, value.linear), value)

    def integer(self, dtype: str, form: Linear) -> Value | None:
        """Return an integer in scope of a linear form."""
        (atom,) = form.atoms if len(form.terms) == 1 else (None,)
        if isinstance(atom, Value) and form == Linear.of(atom):
            if atom.type.dtype == dtype and self.readable(atom):
                return atom
        found = self.available.get((dtype, form))
        return found if found is not None and self.readable(found) else None

    def equate(self, value: Value, equations: Iterable[Equation]) -> None:
        """Note further equations that define the same as a value's own.

        One that reads the value, as a copy of it does, says nothing about it, and
        whoever goes from definition to definition would never arrive.
        """
        known = self.definitions.get(value, ())
        others = (eq for eq in equations if value not in eq.operands)
        fresh = tuple(eq for eq in others if eq not in known)
        self.definitions[value] = (known + fresh)[:MOST_DEFINITIONS]

    def forget(self, eq: Equation) -> None:
        """Undo `define` for an equation that was only tried."""
        for result in eq.results:
            self.born.maps[0].pop(result, None)
            self.definitions.maps[0].pop(result, None)
            if result.linear is not None:
                self._forget_key((result.type.dtype, result.linear), result)
        if eq.op not in DISTINCT:
            self._forget_key(self.key(eq.op, eq.operands, eq.attrs), eq.results[0])

    def _forget_key(self, key: Key, value: Value) -> None:
        if self.available.maps[0].get(key) is value:
            del self.available[key]

    def definition(self, value: Value) -> Equation | None:
        """Return the equation that defines a value, if that is not control."""
        found = self.definitions.get(value)
        return found[0] if found else None

    def find(
        self, op: str, operands: tuple[Value, ...], attrs: Mapping[str, Any]
    ) -> Value | None:
        """Return a value in scope that an equation would define once more."""
        if op in DISTINCT:
            return None
        found = self.available.get(self.key(op, operands, attrs))
        return found if found is not None and self.readable(found) else None

    # ---- equality ----

    def key(
        self, op: str, operands: tuple[Value, ...], attrs: Mapping[str, Any]
    ) -> Key:
        """Return what two equations have in common exactly if they compute the same."""
        said = [(name, repr(attrs[name])) for name in attrs if name not in SILENT]
        if len(said) > 1:
            said.sort()
        return (op, tuple(map(self.token, operands)), tuple(said))

    def token(self, value: Value) -> Hashable:
        """Return a stand-in for a value that equal integers and constants share."""
        if value.linear is not None:
            return (value.type.dtype, value.linear)
        eq = self.definition(value)
        if eq is not None and eq.op == "constant":
            return (value.type.dtype, repr(eq.attrs["value"]))
        return value

    def same(self, one: Value, other: Value, depth: int = 4) -> bool:
        """Whether two values are surely equal: computed alike from the same."""
        if one is other or self.token(one) == self.token(other):
            return True
        first, second = self.definition(one), self.definition(other)
        if first is None or second is None or not depth or first.op in DISTINCT:
            return False
        return (
            first.op == second.op
            and len(first.operands) == len(second.operands)
            and self.key(first.op, (), first.attrs)
            == self.key(second.op, (), second.attrs)
            and all(
                self.same(a, b, depth - 1)
                for a, b in zip(first.operands, second.operands, strict=True)
            )
        )
