"""What the backward part reads of the forward part, and when it reads it.

A use in the backward part mirrors a place of the forward part: what was stored after
that place has been undone by then, if it is undone at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..graph.ir import Equation, Value
from ..graph.linear import Linear
from .positions import AFTER, Definition, Positions
from .sizes import Sizes


class Needs:
    """The primal values that backward equations read, each with its place.

    ``markers`` are the stores that can be undone, ``lengths`` values for the lengths
    of arrays that do not last, ``measured`` the equations that take those,
    ``computed`` equations for lengths that follow from sizes.
    ``sources`` maps backward equations to the forward ones they reverse.
    """

    def __init__(
        self,
        positions: Positions,
        sources: Mapping[Equation, Equation],
        sizes: Sizes,
        again: bool = False,
    ) -> None:
        self.again = again
        self.positions = positions
        self.sources = sources
        self.sizes = sizes
        self.wanted: list[tuple[Value, Definition]] = []
        self.markers: set[Equation] = set()
        self.lengths: dict[tuple[Value, int], Value] = {}
        self.measured: dict[Equation, Value] = {}
        self.computed: dict[Equation, Linear] = {}

    def collect(
        self, equations: tuple[Equation, ...], around: Definition | None
    ) -> None:
        """Note what equations read; ``around`` is the place that encloses them."""
        for eq in equations:
            place = self.place_of(eq, around)
            if eq.op == "rewind":
                self.markers.add(eq.attrs["forward"])
                continue
            if eq.op == "call" and not _reruns(eq):
                self.markers.add(eq.attrs["forward"])
            for region in eq.regions:
                self.collect(region.equations, place)
                self._want(region.results, place)
            if eq.regions and place is not None:
                # Conditions and bounds are read before what is inside is undone.
                place = replace(place, place=(*place.place, AFTER))
            if eq.op == "dim":
                self._want_length(eq, place)
            else:
                self._want(eq.operands, place)

    def place_of(self, eq: Equation, around: Definition | None) -> Definition | None:
        """Return the forward place that a backward equation mirrors."""
        source = self.sources.get(eq)
        return around if source is None else self.positions.equations[source]

    def _want(self, values: Iterable[Value], place: Definition | None) -> None:
        for value in values:
            if value in self.positions.definitions and place is not None:
                self.wanted.append((value, place))

    def _want_apart(
        self, eq: Equation, definition: Definition, place: Definition
    ) -> None:
        """Need the length of what the backward part, a function, may not be given."""
        form = eq.operands[0].type.shape[eq.attrs["axis"]]
        if definition.eq is None:
            return
        if self.sizes.knows_all(form):
            self.computed[eq] = form
            self._want([a for a in form.every_atom if isinstance(a, Value)], place)
        else:
            self._want(eq.operands, place)

    def _want_length(self, eq: Equation, place: Definition | None) -> None:
        """Need the length of an array, not the array: it is noted where it is made."""
        (array,) = eq.operands
        definition = self.positions.definitions.get(array)
        if definition is None or place is None:
            return
        if self.again and not definition.chain:
            self._want_apart(eq, definition, place)
            return
        if self.positions.is_lasting(array) or not definition.chain:
            return
        form = array.type.shape[eq.attrs["axis"]]
        if self.sizes.knows_all(form):
            self.computed[eq] = form
            self._want([a for a in form.every_atom if isinstance(a, Value)], place)
            return
        key = (array, eq.attrs["axis"])
        if key not in self.lengths:
            length = Value(eq.result.type, None, hint="length")
            self.lengths[key] = length
            self.positions.definitions[length] = definition
        self.measured[eq] = self.lengths[key]
        self.wanted.append((self.lengths[key], place))


def _reruns(eq: Equation) -> bool:
    """Whether a call is run again, or runs its callee again: it undoes nothing."""
    return "forward" not in eq.attrs or eq.attrs["forward"].attrs["split"].replay
