"""Equations to insert into a function's forward part, by place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..graph.ir import Equation, Region


@dataclass(slots=True)
class Insertions:
    """Equations to insert into the forward part."""

    before: dict[Equation, list[Equation]] = field(default_factory=dict)
    after: dict[Equation, list[Equation]] = field(default_factory=dict)
    start: dict[Region, list[Equation]] = field(default_factory=dict)

    def apply(self, region: Region) -> Region:
        """Return the region with everything inserted."""
        made = list(self.start.get(region, ()))
        for eq in region.equations:
            made += self.before.get(eq, ())
            made.append(replace(eq, regions=tuple(self.apply(r) for r in eq.regions)))
            made += self.after.get(eq, ())
        return replace(region, equations=tuple(made))
