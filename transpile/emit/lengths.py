"""The lengths of arrays in terms of those of arguments, as text of C or Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ..graph.ir import Equation, Parameter, Value
from ..graph.linear import Derived, Dim, Linear, Size


class Lengths:
    """Spells dimensions; ``axis`` spells a length of a parameter, by their positions.

    ``number`` spells an integer parameter, ``clip`` what is at least 0, ``chosen`` the
    operations between two lengths. ``body`` is where lengths may be computed.
    """

    def __init__(
        self,
        parameters: Sequence[Parameter],
        axis: Callable[[int, int], str],
        number: Callable[[int], str],
        clip: str,
        chosen: Mapping[str, str] | None = None,
        body: Sequence[Equation] = (),
    ) -> None:
        self.parameters = parameters
        self.chosen = chosen or {}
        self.made = {r: eq for eq in body if eq.op in self.chosen for r in eq.results}
        self.axis, self.clip = axis, clip
        self.sizes: dict[str, str] = {}
        self.numbers: dict[Value, str] = {}
        for k, parameter in enumerate(parameters):
            (value,) = parameter.values
            if not value.type.rank and value.type.is_integer:
                self.numbers[value] = number(k)
            for place, dim in enumerate(value.type.shape):
                name = _plain(dim)
                if name is not None:
                    self.sizes.setdefault(name, axis(k, place))

    def wanted(self) -> Iterator[tuple[str | None, ...]]:
        """Yield for each parameter what its lengths have to be, None for anything."""
        for k, parameter in enumerate(self.parameters):
            shape = parameter.values[0].type.shape
            yield tuple(self._wanted(dim, k, place) for place, dim in enumerate(shape))

    def _wanted(self, dim: Dim, k: int, place: int) -> str | None:
        found = self.text(dim)
        return None if found == self.axis(k, place) else found

    def of(self, value: Value) -> tuple[str | None, ...]:
        """Return the lengths of a result, None where only the data decides."""
        return tuple(map(self.text, value.type.shape))

    def text(self, dim: Linear | int | str) -> str | None:
        """Return a length, None if it cannot be known beforehand."""
        if not isinstance(dim, Linear):
            return str(dim) if isinstance(dim, int) else None
        made = [str(dim.constant)] if dim.constant or not dim.terms else []
        for atom, factor in dim.terms:
            if isinstance(atom, Size):
                text = self.sizes.get(atom.name)
            elif isinstance(atom, Derived):
                text = self._derived(atom)
            else:
                text = self._number(atom) if isinstance(atom, Value) else None
            if text is None:
                return None
            made.append(text if factor == 1 else f"{factor} * {text}")
        return " + ".join(reversed(made)) if len(made) > 1 else made[0]

    def _number(self, value: Value) -> str | None:
        """Return an integer that parameters or lengths decide."""
        if value in self.numbers or value not in self.made:
            return self.numbers.get(value)
        eq = self.made[value]
        parts = [self.text(operand.as_linear) for operand in eq.operands]
        known = [part for part in parts if part is not None]
        every = len(known) == len(parts)
        return self.chosen[eq.op].format(*known) if every else None

    def _derived(self, atom: Derived) -> str | None:
        parts = [self.text(part) for part in atom.parts]
        if any(part is None for part in parts):
            return None
        if atom.kind == "clip":
            return self.clip.format(parts[0])
        if atom.kind == "product":
            return "(" + " * ".join(f"({part})" for part in parts) + ")"
        return None


def _plain(dim: Dim) -> str | None:
    """Return the name of a dimension that is one size."""
    if len(dim.terms) == 1 and dim == Linear.of(dim.atoms[0]):
        (atom,) = dim.atoms
        return atom.name if isinstance(atom, Size) else None
    return None
