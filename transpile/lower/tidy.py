"""Removing scalar equations that nothing reads."""

from __future__ import annotations

from dataclasses import replace

from ..graph.ir import WHOLE_VIEWS, Equation, Region, Value
from ..graph.ops import ELEMENTWISE

REMOVABLE = ELEMENTWISE | WHOLE_VIEWS | {"constant", "dim", "index", "empty", "zeros"}


def tidy(region: Region) -> Region:
    """Return the region without pure equations that nothing reads, and idle loops."""
    return _tidied(region, set())


def _tidied(region: Region, live: set[Value]) -> Region:
    live.update(region.results)
    kept: list[Equation] = []
    for eq in reversed(region.equations):
        if eq.op in REMOVABLE and live.isdisjoint(eq.results):
            continue
        inner = tuple(_tidied(r, live) for r in eq.regions)
        if eq.op == "for" and not eq.results and not inner[0].equations:
            continue
        live.update(eq.operands)
        kept.append(replace(eq, regions=inner) if inner else eq)
    kept.reverse()
    return Region(region.params, tuple(kept), region.results)
