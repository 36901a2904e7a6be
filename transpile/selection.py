"""Parameters and parts of parameters, by their places: ``p``, ``p.w``, ``ps[0]``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .graph.ir import Function, Parameter, Program, Value
from .graph.structures import Structure, find, leaves, plain, root_of, steps_of


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


def flat(program: Program, name: str | None = None) -> Program:
    """Return a program whose entry takes every flat value by position.

    It gets a ``name`` and no docstring, if one is given. What it returns is tuples,
    where it was lists, dicts or records.
    """
    entry = program.entry
    parameters: dict[str, Parameter] = {}
    for parameter in entry.parameters:
        parts = leaves(parameter.structure)
        for leaf, value in zip(parts, parameter.values, strict=True):
            own = parameter.structure.kind == "leaf"
            called = parameter.name if own or value.name is None else value.name
            while called in parameters:
                called += "_2"
            parameters[called] = Parameter(called, (value,), structure=leaf)
    taken = Function(
        name or entry.name,
        tuple(parameters.values()),
        entry.body,
        plain(entry.returns),
        entry.written,
        entry.origin,
        entry.doc,
        entry.attrs if name is None else {**entry.attrs, "docstring": ()},
    )
    return Program((*program.functions[:-1], taken))
