"""Parameters and parts of parameters, by their places: ``p``, ``p.w``, ``ps[0]``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .ir import Parameter, Value
from .structures import Structure, find, leaves, root_of, steps_of


@dataclass(frozen=True, slots=True)
class Selected:
    """A parameter, or a part of one."""

    place: str
    structure: Structure
    values: tuple[Value, ...]


def select(parameters: Sequence[Parameter], place: str) -> Selected | None:
    """Return what is at a place, None if there is nothing."""
    whole = next((p for p in parameters if p.name == root_of(place)), None)
    found = None if whole is None else find(whole.structure, steps_of(place) or ())
    if whole is None or found is None:
        return None
    start, structure = found
    values = whole.values[start : start + structure.width]
    return Selected(place, structure, values)


def places(parameter: Parameter) -> Iterator[tuple[str, Value]]:
    """Yield the flat values of a parameter with the places where they are found."""
    found = leaves(parameter.structure)
    for leaf, value in zip(found, parameter.values, strict=True):
        yield leaf.place or parameter.name, value
