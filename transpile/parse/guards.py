"""Checks that matter only where certain results are read."""

from __future__ import annotations

from dataclasses import replace

from ..graph.ir import Equation, Region, walk

# What a check and the equations that it is about have in common, while parsing.
GUARD = "guard"


def returns_guarded(body: Region) -> bool:
    """Whether a function returns results that are checked where they are read."""
    guarded = {r for eq in walk(body) if GUARD in eq.attrs for r in eq.results}
    return not guarded.isdisjoint(body.results)


def without_idle(body: Region) -> Region:
    """Return a body without checks of results that nothing reads.

    Before ``u {guard=1}, s = svd(A); check(square) {guard=1}; return s``; after
    ``u, s = svd(A); return s``.
    """
    equations = list(walk(body))
    if not any(GUARD in eq.attrs for eq in equations):
        return body
    regions = [body, *(inner for eq in equations for inner in eq.regions)]
    read = {value for eq in equations for value in eq.operands}
    read.update(value for region in regions for value in region.results)
    needed = {eq.attrs.get(GUARD) for eq in equations if read & set(eq.results)}

    def kept(region: Region) -> Region:
        return replace(
            region, equations=tuple(map(plain, filter(stays, region.equations)))
        )

    def stays(eq: Equation) -> bool:
        return eq.op != "check" or GUARD not in eq.attrs or eq.attrs[GUARD] in needed

    def plain(eq: Equation) -> Equation:
        attrs = {name: attr for name, attr in eq.attrs.items() if name != GUARD}
        return replace(eq, attrs=attrs, regions=tuple(map(kept, eq.regions)))

    return kept(body)
