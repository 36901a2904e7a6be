"""Replacing values throughout a region: operands, results, and the sizes in types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .ir import Equation, Region, Value
from .linear import Atom, Linear


def substitute(region: Region, mapping: Mapping[Value, Value]) -> Region:
    """Return the region with each value that has an entry replaced, everywhere.

    Before ``a = exp x``, mapping ``{x: y, a: b}``; after ``b = exp y``.
    """
    if not mapping:
        return region
    return Region(
        tuple(mapping.get(v, v) for v in region.params),
        tuple(in_equation(eq, mapping) for eq in region.equations),
        tuple(mapping.get(v, v) for v in region.results),
    )


def in_equation(eq: Equation, mapping: Mapping[Value, Value]) -> Equation:
    """Return the equation with values replaced, itself if it has none of them."""
    if eq.results and not eq.regions and mapping.keys().isdisjoint(eq.operands):
        if mapping.keys().isdisjoint(eq.results):
            return eq
    return replace(
        eq,
        operands=tuple(mapping.get(v, v) for v in eq.operands),
        results=tuple(mapping.get(v, v) for v in eq.results),
        regions=tuple(substitute(r, mapping) for r in eq.regions),
    )


def in_value(value: Value, sizes: Mapping[Atom, Linear], **changes: object) -> Value:
    """Return a new value like another, with sizes replaced in its type."""
    shape = tuple(d.substitute(sizes) for d in value.type.shape)
    form = None if value.linear is None else value.linear.substitute(sizes)
    made = Value(replace(value.type, shape=shape), value.name, value.buffer, form)
    return replace(made, **changes) if changes else made  # type: ignore[arg-type]
