"""Forward mode: each equation, and after it what it does to tangents.

Control flow is in `control`, memory in `memory`, calls in `calls`; the rest follows
the table of rules (`one` for one tangent, `many` for several at once).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from ..graph.buffers import written
from ..graph.build import Expr
from ..graph.ir import (
    PUSHED,
    WRITES,
    Equation,
    Function,
    Program,
    Region,
    Value,
    captured,
)
from ..reverse.activity import Activity
from ..reverse.poles import (
    is_norm,
    is_root,
    is_smooth_power,
    may_be_infinite,
    may_be_mask,
)
from ..rules import RULES
from .many import by_rule, with_axis
from .scope import Scope

Handler = Callable[["Pusher", Equation, Scope], None]

Mask = tuple[bool, ...]

HANDLERS: dict[str, Handler] = {}

# Operations with a finite value where a partial is infinite.
ROOTS = frozenset(
    "sqrt cbrt power float_power arcsin arccos arccosh".split(),
)
# Operations that pass the tangent of some elements and zero for the others.
MASKING = frozenset({"where"})


def handles(*ops: str) -> Callable[[Handler], Handler]:
    """Register what is done at operations that have no rule in the table."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(ops, handler))
        return handler

    return register


@dataclass(slots=True)
class Pusher:
    """Pushes tangents through the regions of one function.

    ``suffix`` is that of the names of what it makes of callees.
    """

    suffix: ClassVar[str] = "jvp"
    program: Program
    active: Activity
    made: dict[tuple[str, Mask, Mask], Function] = field(default_factory=dict)
    makers: Mapping[Value, Equation] = field(default_factory=dict)
    follows: Region = field(default_factory=lambda: Region((), (), ()))

    def push(self, region: Region, scope: Scope) -> None:
        """Emit the equations of a region, and those of their tangents."""
        for place, eq in enumerate(region.equations):
            self.follows = replace(region, equations=region.equations[place + 1 :])
            scope.builder.origin = eq.origin
            scope.builder.backward = eq.backward or PUSHED
            handler = HANDLERS.get(eq.op)
            if handler is not None:
                handler(self, eq, scope)
                continue
            scope.builder.equations.append(eq)
            if self.moves(eq):
                self._by_rule(eq, scope)

    def is_spent(self, value: Value, memory: Value, scope: Scope) -> bool:
        """Whether nothing reads a value after the memory of another is written."""
        gone = False
        for eq in self.follows.equations:
            writes = any(scope.written.same(b, memory.buffer) for b in written(eq))
            inside = writes and eq.op not in WRITES
            if (gone or inside) and value in captured(eq):
                return False
            gone = gone or writes
        return value not in self.follows.results

    def moves(self, eq: Equation) -> bool:
        """Whether a result of an equation has a tangent."""
        return any(r in self.active for r in eq.results)

    def _by_rule(self, eq: Equation, scope: Scope) -> None:
        fixed = eq.attrs.get("fixed", ())
        dots = [
            None if k in fixed else scope.dots.get(v) for k, v in enumerate(eq.operands)
        ]
        if RULES[eq.op].kind == "constant" or all(dot is None for dot in dots):
            return
        given = [dot for dot in dots if dot is not None]
        sparse = all(dot in scope.sparse for dot in given)
        guard = self._guard(eq, sparse)
        made = by_rule(scope.builder, eq, dots, scope.seeds, guard=guard)
        if made is not None:
            if self._is_masked(eq, dots):
                made = self._where_kept(eq, made, scope)
            if sparse or eq.op in MASKING:
                scope.sparse.add(made)
            scope.pass_on(eq.result, made, eq.op)

    def _guard(self, eq: Equation, sparse: bool) -> str:
        """Return where a partial may be infinite and must not meet a zero."""
        if is_root(eq, self.makers) and is_norm(eq.operands[0], self.makers):
            return "result"
        poles = eq.op in ROOTS and not is_smooth_power(eq)
        return "tangent" if sparse and poles else ""

    def _is_masked(self, eq: Equation, dots: Sequence[Value | None]) -> bool:
        """Whether a mask takes infinite tangents out of a product."""
        if eq.op != "multiply" or not any(
            may_be_infinite(v, self.makers, poles=ROOTS)
            for v, dot in zip(eq.operands, dots, strict=True)
            if dot is not None
        ):
            return False
        pairs = zip(reversed(eq.operands), dots, strict=True)
        return any(dot and may_be_mask(v, self.makers) for v, dot in pairs)

    def _where_kept(self, eq: Equation, made: Value, scope: Scope) -> Value:
        """Return a tangent that is zero, not infinite, where a mask of a product is."""
        masks = [v for v in eq.operands if may_be_mask(v, self.makers)]
        mask = Expr(scope.builder, masks[0])
        if scope.seeds.count is not None:
            mask = with_axis(mask)
        dot = Expr(scope.builder, made)
        infinite = dot.op("isfinite").op("logical_not")
        return mask.equals(0).op("logical_and", infinite).where(0.0, dot).value
