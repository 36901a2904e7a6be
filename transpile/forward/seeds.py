"""One tangent or several at once: what a tangent's type and zeros are.

With several, a tangent has one axis more than its primal, the last: its length is
the number of seeds, and ``y_dot[i]`` are the derivatives of ``y[i]`` by all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..graph.build import Builder
from ..graph.ir import Index, Path, Reshape, Span, Step, Transpose, Type, Value
from ..reverse.adjoint import adjoint_type, dtype_of


@dataclass(frozen=True, slots=True)
class Seeds:
    """How many tangents are computed at once; ``count`` is None for one."""

    count: Value | None = None

    def type(self, kind: Type) -> Type:
        """Return the type of the tangent of a value of some type."""
        if self.count is None:
            return replace(kind, layout="C") if not kind.rank else kind
        return replace(kind, shape=(*kind.shape, self.count.as_linear), layout="C")

    def lengths(self, builder: Builder, primal: Value) -> list[Value]:
        """Return the lengths of the axes of a tangent."""
        return builder.dims(primal) + ([] if self.count is None else [self.count])

    def zeros(self, builder: Builder, primal: Value) -> Value:
        """Emit zeros for a tangent."""
        kind = adjoint_type(primal.type)
        lengths = self.lengths(builder, primal)
        if not lengths:
            return builder.constant(0.0, dtype_of(primal.type))
        return builder.emit("zeros", *lengths, dtype=kind.dtype)

    def path(self, path: Path, slots: list[Value]) -> tuple[Path, list[Value]]:
        """Return an index path into a tangent, and its index operands."""
        if self.count is None:
            return path, slots
        found: list[Step] = []
        for step in path:
            if isinstance(step, Transpose):
                found.append(Transpose((*step.axes, len(step.axes))))
            elif isinstance(step, Reshape):
                slots = [*slots, self.count]
                found.append(Reshape((*step.slots, len(slots) - 1)))
            else:
                found.append(Index((*step.items, Span())))
        return tuple(found), slots
