"""From kinds of arguments, as the runtime finds them, to types."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from .graph.dtypes import strong
from .graph.ir import Argument, Packed, Type
from .graph.linear import Linear, Size
from .graph.structures import (
    Opaque,
    Referred,
    Structure,
    child_place,
    identifier,
    is_at,
)
from .read.live import meaning_of, record_of
from .read.source import (
    Derived,
    Helper,
    NumPyName,
    Record,
    Source,
    attributes_of,
    free_names,
)


class Kind(Protocol):
    """What a text is specialised for, of one argument or of a part of one.

    ``form`` is ``leaf`` for an array or a number, else the kind of a `Structure`, or
    ``function``, or ``opaque`` for what cannot be read.
    """

    @property
    def form(self) -> str:
        """What kind of thing it is."""

    @property
    def dtype(self) -> str:
        """A NumPy dtype's name, or ``weak_int``, ``weak_float``."""

    @property
    def ones(self) -> tuple[bool, ...]:
        """For each axis, whether its length is 1."""

    @property
    def layout(self) -> str:
        """``C``, ``F`` or ``A``."""

    @property
    def parts(self) -> Sequence[Kind]:
        """The kinds of the parts of what holds some."""

    @property
    def names(self) -> tuple[object, ...]:
        """Their keys or fields."""

    @property
    def value(self) -> object:
        """None, a text or a function; the class of a record; what is opaque."""


class Typed:
    """The types of the arguments of one function; ``wrt`` are places."""

    def __init__(self, source: Source, wrt: Sequence[str]) -> None:
        self.source = source
        self.wrt = wrt
        self.taken: set[str] = set()

    def argument(self, name: str, kind: Kind, declared: Argument | None) -> Argument:
        """Return the type of an argument, with the declared names of its sizes."""
        if kind.form == "leaf":
            given = declared if isinstance(declared, Type) else None
            return self._leaf(name, kind, given)
        structure = self._structure(kind, name)
        places = list(_leaves(structure, kind, name))
        known: Sequence[Type | None] = [None] * len(places)
        if isinstance(declared, Packed) and len(declared.types) == len(places):
            known = declared.types
        pairs = zip(places, known, strict=True)
        types = tuple(self._leaf(place, leaf, d) for (place, leaf), d in pairs)
        return Packed(structure, types)

    def _structure(self, kind: Kind, place: str) -> Structure:
        if kind.form == "leaf":
            return Structure()
        if kind.form == "none":
            return Structure("none", given=kind.value)
        if kind.form == "opaque":
            return Structure("none", given=Opaque(str(kind.value)))
        if kind.form == "function":
            return Structure("none", given=self._function(kind.value))
        form, record = kind.form, self._record(kind)
        if record is not None:
            form = record.kind
        whole = Structure(form, (), kind.names, record)
        return Structure(
            form,
            tuple(
                self._structure(part, child_place(whole, k, place))
                for k, part in enumerate(kind.parts)
            ),
            kind.names,
            record,
        )

    def _function(self, function: object) -> Referred | Opaque:
        meaning = meaning_of(self.source, function)
        if isinstance(meaning, (NumPyName, Helper, Derived)):
            return Referred(function, meaning)
        return Opaque("a function that cannot be read")

    def _record(self, kind: Kind) -> Record | None:
        if not isinstance(kind.value, type):
            return None
        return record_of(self.source, kind.value)

    def _leaf(self, place: str, kind: Kind, declared: Type | None) -> Type:
        if not kind.ones:
            found = Type(kind.dtype)
            real = declared is not None and declared.is_float and not declared.rank
            if declared is not None and real and not found.is_complex:
                return declared
            if any(is_at(place, chosen) for chosen in self.wrt):
                taken = "weak_float" if kind.dtype == "weak_int" else kind.dtype
                return Type(strong(taken))
            return found
        rank = len(kind.ones)
        if declared is not None and (declared.dtype, declared.rank) == (
            kind.dtype,
            rank,
        ):
            return Type(kind.dtype, declared.shape, kind.layout)
        base = self._fresh(identifier(place))
        shape = [
            Linear.number(1) if one else Linear.of(Size(f"{base}_{axis}"))
            for axis, one in enumerate(kind.ones)
        ]
        return Type(kind.dtype, tuple(shape), kind.layout)

    def _fresh(self, name: str) -> str:
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name


def attributes_read(source: Source, classes: Collection[type]) -> frozenset[str]:
    """Return the names of the attributes that a function may read of some classes.

    Counted are those in the function, in its helpers, and in the methods that are
    named there, in turn.
    """
    found: dict[Source, None] = {source: None}
    records = [record_of(source, kind) for kind in classes]
    while True:
        meanings = [each.lookup(name) for each in found for name in free_names(each)]
        helpers = (m.source for m in meanings if isinstance(m, Helper))
        names = {name for each in found for name in attributes_of(each)}
        known = [*records, *(m for m in meanings if isinstance(m, Record))]
        methods = (pair for record in known for pair in record.methods.items())
        named = (m for name, m in methods if name in names or name == "__call__")
        before = len(found)
        found |= dict.fromkeys((*helpers, *named))
        if len(found) == before:
            return frozenset(names)


def _leaves(structure: Structure, kind: Kind, place: str) -> Iterator[tuple[str, Kind]]:
    if kind.form == "leaf":
        yield place, kind
    for k, part in enumerate(kind.parts):
        inner = child_place(structure, k, place)
        yield from _leaves(structure.children[k], part, inner)
