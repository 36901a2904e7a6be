"""Stores that are undone at once, taken out.

Before ``old = u[1:-1].copy(); u[1:-1] = v; u[1:-1] = old``; after, nothing: so the
last thing that a step writes is not computed when the step is run again.
"""

from __future__ import annotations

from collections import Counter

from ..graph.ir import Equation, Region, Value, captured
from ..graph.substitute import substitute


def drop_undone(region: Region) -> Region:
    """Return a region without the stores that its next store takes back."""
    while True:
        makers = {r: eq for eq in region.equations for r in eq.results}
        uses = Counter(v for eq in region.equations for v in captured(eq))
        uses.update(region.results)
        for eq in region.equations:
            store = _undone(eq, makers, uses)
            if store is not None:
                break
        else:
            return region
        kept = tuple(e for e in region.equations if e is not eq and e is not store)
        region = Region(region.params, kept, region.results)
        region = substitute(region, {eq.result: store.operands[0]})


def _undone(
    eq: Equation, makers: dict[Value, Equation], uses: Counter[Value]
) -> Equation | None:
    """Return the store that an equation takes back, if it does."""
    if eq.op != "store":
        return None
    store, old = makers.get(eq.operands[0]), makers.get(eq.operands[1])
    if old is not None and old.op == "copy":
        old = makers.get(old.operands[0])
    if store is None or store.op != "store" or uses[store.result] != 1:
        return None
    if old is None or old.op != "index" or old.operands[0] is not store.operands[0]:
        return None
    places = [(e.attrs["path"], _slots(e, 2)) for e in (eq, store)]
    return store if places == [(old.attrs["path"], _slots(old, 1))] * 2 else None


def _slots(eq: Equation, skip: int) -> list[object]:
    return [v if v.type.rank else v.as_linear for v in eq.operands[skip:]]
