"""What a text takes: the type of each parameter, and lengths that can be checked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .graph.ir import Function, Parameter, Structure, Value, walk
from .graph.linear import COMPUTED, Derived, Dim, Linear, Size
from .graph.structures import Opaque
from .selection import places


@dataclass(frozen=True, slots=True)
class Repacked:
    """What is made of parts that come back as a tuple."""

    make: Callable[[list[object]], object]
    parts: tuple[Returned, ...]

    @property
    def named(self) -> Callable[..., object] | None:
        """The class of a NamedTuple whose parts all have values."""
        made = self.make
        plain = isinstance(made, _Made) and made.kind == "namedtuple"
        return made.made_by if plain and not made.given else None  # type: ignore[attr-defined]


# The dtype of a scalar, None for an array, ``new`` for one in memory of its own, a
# tuple for a tuple.
Returned = str | None | tuple["Returned", ...] | Repacked


@dataclass(frozen=True, slots=True)
class Expected:
    """What a text takes for one parameter.

    ``dims`` holds a number, the name of a size, or a function of the sizes and of
    integer arguments (under their names after ``=``).
    """

    name: str
    dtype: str
    dims: tuple[int | str | Formula, ...] = ()
    written: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """The nest of tuples and the like that a cotangent has to be."""

    place: str
    kind: str
    names: tuple[object, ...]
    parts: tuple[Shape, ...]


def expected_of(
    parameters: Sequence[Parameter], written: Collection[str]
) -> Iterator[Expected]:
    """Yield what is expected of each flat value; ``written`` are places of some."""
    names = {value: place for p in parameters for place, value in places(p)}
    for parameter in parameters:
        for place, value in places(parameter):
            dims = tuple(_dim(dim, names) for dim in value.type.shape)
            yield Expected(place, value.type.dtype, dims, place in written)


def read_values(function: Function) -> Iterator[bool]:
    """Yield, for each flat value, whether more of it than its lengths is read."""
    body = function.body
    every = tuple(walk(body))
    read = {v for eq in every if eq.op != "dim" for v in eq.operands}
    read.update(v for eq in every for region in eq.regions for v in region.results)
    read.update(body.results)
    yield from (value in read for value in body.params)


def shape_of(structure: Structure) -> Shape:
    """Return the nest that an argument of a structure has to be."""
    parts = tuple(map(shape_of, structure.children))
    return Shape(structure.place, structure.kind, structure.names, parts)


def returned_by(function: Function, own: Sequence[bool]) -> Returned:
    """Return the structure of what a function returns.

    ``own`` says of each flat value whether its memory is its own.
    """
    values = function.body.results[: function.returns.width]
    leaves = (
        v.type.dtype if not v.type.rank else "new" if is_own else None
        for v, is_own in zip(values, own, strict=True)
    )
    return _structured(function.returns, leaves)


def _structured(structure: Structure, leaves: Iterator[str | None]) -> Returned:
    if structure.kind == "leaf":
        return next(leaves)
    if structure.kind == "none":
        given = _given(structure)
        return None if given is None else Repacked(_Given(given), ())
    held = [child for child in structure.children if child.kind != "none"]
    parts = tuple([_structured(child, leaves) for child in held])
    if structure.kind == "tuple" and len(parts) == len(structure.children):
        return parts
    return Repacked(_Made.of(structure), parts)


@dataclass(frozen=True, slots=True)
class _Given:
    """Gives what has no value in the graph."""

    given: object

    def __call__(self, held: list[object]) -> object:
        return self.given


@dataclass(frozen=True, slots=True)
class _Made:
    """Makes a list, tuple, dict or record; ``given`` are its parts without a value."""

    kind: str
    names: tuple[object, ...]
    made_by: Callable[..., object] | None
    count: int
    given: Mapping[int, object]

    @staticmethod
    def of(structure: Structure) -> _Made:
        children = structure.children
        given = {k: _given(c) for k, c in enumerate(children) if c.kind == "none"}
        made_by = None if structure.record is None else structure.record.made_by
        return _Made(structure.kind, structure.names, made_by, len(children), given)

    def __call__(self, held: list[object]) -> object:
        rest = iter(held)
        parts = [
            self.given[k] if k in self.given else next(rest) for k in range(self.count)
        ]
        if self.kind == "list":
            return parts
        if self.kind == "dict":
            return dict(zip(self.names, parts, strict=True))
        if self.made_by is None:  # a tuple, or a named one of NumPy's
            return tuple(parts)
        return self.made_by(*parts)


def _given(structure: Structure) -> object:
    """Return what stands for what has no value."""
    return None if isinstance(structure.given, Opaque) else structure.given


def _dim(dim: Dim, names: Mapping[Value, str]) -> int | str | Formula:
    if dim.value is not None:
        return dim.value
    if len(dim.terms) == 1 and dim == Linear.of(dim.atoms[0]):
        (atom,) = dim.atoms
        if isinstance(atom, Size):
            return atom.name
    return Formula(dim, names)


# How derived lengths are written; the others are not.
WRITTEN: Mapping[str, Callable[..., str]] = {
    "clip": "max(0, {})".format,
    "product": lambda *parts: " * ".join(parts),
    "ceil": "-(-{} // {})".format,
    "series": "{} * {} // 2".format,
    "range": "len(range({}, {}, {}))".format,
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A length that follows from sizes and from integer arguments, called ``names``."""

    dim: Linear
    names: Mapping[Value, str]

    def __call__(self, sizes: Mapping[str, int]) -> int | None:
        """Return the length, None if it cannot be known."""
        return length_of(self.dim, self.names, sizes)

    def written(self, sizes: Mapping[str, str]) -> str | None:
        """Return it as text over texts of the sizes, None if it cannot be written."""
        return _written(self.dim, self.names, sizes)


def _written(
    dim: Linear | int | str, names: Mapping[Value, str], sizes: Mapping[str, str]
) -> str | None:
    if not isinstance(dim, Linear):
        return None if isinstance(dim, str) else str(dim)
    terms = [str(dim.constant)] if dim.constant or not dim.terms else []
    for atom, factor in dim.terms:
        term: str | None = None
        if isinstance(atom, Size):
            term = sizes.get(atom.name)
        elif isinstance(atom, Value):
            term = sizes.get(f"={names.get(atom)}")
        elif isinstance(atom, Derived) and atom.kind in WRITTEN:
            parts = [_written(part, names, sizes) for part in atom.parts]
            term = None if None in parts else WRITTEN[atom.kind](*parts)
        if term is None:
            return None
        terms.append(term if factor == 1 else f"{factor} * ({term})")
    return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"


def length_of(
    dim: Linear | int | str, names: Mapping[Value, str], sizes: Mapping[str, int]
) -> int | None:
    """Return the length of a dimension, or None if it cannot be known.

    Examples
    --------
    >>> from .graph.shapes import slice_length
    >>> n = Linear.of(Size("n"))
    >>> length_of(slice_length(Linear.number(-3), None, None, n), {}, {"n": 2})
    2
    """
    if not isinstance(dim, Linear):  # a number, or a bound that is left out
        return None if isinstance(dim, str) else dim
    total = dim.constant
    for atom, factor in dim.terms:
        if isinstance(atom, Size):
            total += factor * sizes[atom.name]
        elif isinstance(atom, Value):
            total += factor * sizes[f"={names[atom]}"]
        elif isinstance(atom, Derived):
            parts = [length_of(part, names, sizes) for part in atom.parts]
            total += factor * COMPUTED[atom.kind](*parts)
    return total
