"""Replacing values throughout a region: operands, results, and the sizes in types."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import replace

from ..records import remembered
from .ir import Equation, Region, Value, walk
from .linear import Atom, Linear


def substitute(region: Region, mapping: Mapping[Value, Value]) -> Region:
    """Return the region with each value that has an entry replaced, everywhere.

    Before ``a = exp x``, mapping ``{x: y, a: b}``; after ``b = exp y``.
    """
    if not mapping or mapping.keys().isdisjoint(_mentioned(region)):
        return region
    return Region(
        tuple(mapping.get(v, v) for v in region.params),
        tuple(in_equation(eq, mapping) for eq in region.equations),
        tuple(mapping.get(v, v) for v in region.results),
    )


@remembered
def _mentioned(region: Region) -> frozenset[Value]:
    """Return all values that are defined or read in a region."""
    found = {*region.params, *region.results}
    for eq in region.equations:
        found.update(eq.operands, eq.results, *map(_mentioned, eq.regions))
    return frozenset(found)


def recounted(region: Region, counter: Value, by: Value) -> Region:
    """Return the region with another counter, in the linear forms of integers too.

    Before ``k = i + 1``, which is known to be ``i + 1``; after ``k = j + 1``, known to
    be ``j + 1``.
    """
    forms: dict[Atom, Linear] = {counter: by.as_linear}
    mapping = {counter: by}
    for eq in walk(region):
        for value in (*eq.results, *(v for r in eq.regions for v in r.params)):
            if value.linear is not None and counter in value.linear.every_atom:
                form = value.linear.substitute(forms)
                serial = Value(value.type).serial
                mapping[value] = replace(value, linear=form, serial=serial)
    return substitute(region, mapping)


def in_equation(eq: Equation, mapping: Mapping[Value, Value]) -> Equation:
    """Return the equation with values replaced, itself if it has none of them."""
    regions = tuple([substitute(r, mapping) for r in eq.regions])
    names = mapping.keys()
    if names.isdisjoint(eq.operands) and names.isdisjoint(eq.results):
        if all(map(operator.is_, regions, eq.regions)):
            return eq
    return replace(
        eq,
        operands=tuple([mapping.get(v, v) for v in eq.operands]),
        results=tuple([mapping.get(v, v) for v in eq.results]),
        regions=regions,
    )


def in_value(value: Value, sizes: Mapping[Atom, Linear], **changes: object) -> Value:
    """Return a new value like another, with sizes replaced in its type."""
    shape = tuple(d.substitute(sizes) for d in value.type.shape)
    form = None if value.linear is None else value.linear.substitute(sizes)
    kind = replace(value.type, shape=shape)
    made = Value(kind, value.name, value.buffer, form, value.hint, number=value.number)
    return replace(made, **changes) if changes else made  # type: ignore[arg-type]
