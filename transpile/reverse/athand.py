"""Values of the forward part that a derivative needs as they are.

The derivative of ``s = np.sin(t)`` needs ``np.cos(t)``, which the function may have
computed beside it: that value is read then, not computed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..graph.build import Builder
from ..graph.ir import Equation, Value
from ..graph.ops import OPS
from ..graph.substitute import in_equation

Key = tuple[str, tuple[Value, ...]]
# What an equation may say besides what it computes.
WORDS = frozenset({"spelled", "fixed"})


def _key(eq: Equation) -> Key | None:
    """Return what an equation computes, None if it is quicker to compute again."""
    op = OPS.get(eq.op)
    if op is None or op.category != "elementwise" or op.cheap or eq.regions:
        return None
    return (eq.op, eq.operands) if WORDS.issuperset(eq.attrs) else None


@dataclass(slots=True)
class AtHand:
    """What the regions around a place of the function compute, by what it is."""

    found: list[dict[Key, Value]] = field(default_factory=list)

    @contextmanager
    def of(self, equations: Sequence[Equation]) -> Iterator[None]:
        """Have the values of some forward equations at hand for a while."""
        keyed = ((_key(eq), eq) for eq in equations)
        self.found.append({key: eq.result for key, eq in keyed if key is not None})
        try:
            yield
        finally:
            self.found.pop()

    def reused(
        self, builder: Builder, since: int, values: Sequence[Value | None]
    ) -> list[Value | None]:
        """Return values with those parts read that are at hand.

        The equations emitted ``since`` that compute them go.
        """
        mapping: dict[Value, Value] = {}
        kept = []
        for eq in builder.equations[since:]:
            eq = in_equation(eq, mapping) if mapping else eq
            known = self._known(eq)
            if known is None:
                kept.append(eq)
            else:
                mapping[eq.result] = known
        if not mapping:
            return list(values)
        builder.equations[since:] = kept
        return [None if v is None else mapping.get(v, v) for v in values]

    def _known(self, eq: Equation) -> Value | None:
        key = _key(eq)
        if key is None:
            return None
        values = (level[key] for level in reversed(self.found) if key in level)
        return next((v for v in values if v.type == eq.result.type), None)
