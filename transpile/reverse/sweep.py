"""Reverse mode: the backward part of a function, one equation at a time.

The backward equations refer to primal values freely, also to those inside forward
loops; `record` then decides what is recomputed and what is saved. A backward loop
has its forward loop's counter as its own, so both speak of the same iteration.
Control flow is in `loop` and `branch`, memory in `memory`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..graph.ir import WRITES, Equation, Function, Program, Region, Value, walk
from ..graph.loopform import Loop
from ..rules import RULES
from .activity import Activity
from .adjoint import Scope, fresh_arrays
from .athand import AtHand
from .poles import is_norm, is_root, is_smooth_power, may_be_infinite, may_be_mask
from .sizes import Sizes

Handler = Callable[["Reverser", Equation, Scope], None]

HANDLERS: dict[str, Handler] = {}

# What reverse leaves alone: checks were made on the way forward.
SILENT = frozenset({"check", "print", "undefined"})


def handles(*ops: str) -> Callable[[Handler], Handler]:
    """Register the reversal of operations that have no rule in the table."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(ops, handler))
        return handler

    return register


# Operations that pass the adjoint to some elements and zero to the others.
MASKING = frozenset(
    {"where", "maximum", "minimum", "fmax", "fmin", "clip", "max", "min"}
)


class Reverser:
    """Reverses the regions of one function.

    ``mirror`` maps each backward region to the forward region it reverses;
    ``names`` maps adjoints to the values they are named for, ``sources`` backward
    equations to the forward ones they reverse.
    """

    def __init__(self, program: Program, function: Function, active: Activity) -> None:
        self.program = program
        self.function = function
        self.active = active
        self.sizes = Sizes(function)
        self.names: dict[Value, Value] = {}
        self.sparse: dict[Value, Value] = {}
        self.makers = {r: eq for eq in walk(function.body) for r in eq.results}
        self.mirror: dict[Region, Region] = {}
        self.sources: dict[Equation, Equation] = {}
        self.at_hand = AtHand()

    def may_be_undefined(self, value: Value) -> bool:
        """Whether an array is what a loop left, of one that nothing gave before.

        It has no length to make zeros of, and its adjoint is not read either then.
        """
        eq = self.makers.get(value)
        if not value.type.rank or eq is None or eq.op not in ("for", "while"):
            return False
        loop = Loop.of(eq)
        init = dict(zip(loop.finals, loop.inits, strict=True)).get(value)
        maker = None if init is None else self.makers.get(init)
        return maker is not None and maker.op == "undefined"

    def scope(self, region: Region) -> Scope:
        """Return an empty scope for the backward region of a forward region."""
        local = set(region.params)
        for eq in region.equations:
            local.update(eq.results)
        return Scope(self.sizes, self.names, self.sparse, local)

    def sweep(self, equations: Sequence[Equation], scope: Scope) -> None:
        """Emit the backward equations of forward ones, last first."""
        with self.at_hand.of(equations):
            self._sweep(equations, scope)

    def _sweep(self, equations: Sequence[Equation], scope: Scope) -> None:
        for eq in reversed(equations):
            active = self.matters(eq)
            if eq.op in SILENT or not (active or eq.op in WRITES):
                continue
            scope.start_statement(eq.origin)
            before = len(scope.builder.equations)
            if eq.op in HANDLERS:
                HANDLERS[eq.op](self, eq, scope)
            else:
                self._by_rule(eq, scope)
            for made in scope.builder.equations[before:]:
                self.sources.setdefault(made, eq)
        scope.flush_all()

    def matters(self, eq: Equation) -> bool:
        """Whether an equation has an adjoint: a result, or one inside, is active."""
        if any(r in self.active for r in eq.results):
            return True
        return any(self.matters(inner) for r in eq.regions for inner in r.equations)

    def _by_rule(self, eq: Equation, scope: Scope) -> None:
        bar = scope.take(eq.result)
        if bar is None:
            return
        rule = RULES[eq.op]
        fixed = eq.attrs.get("fixed", ())
        wanted = [
            v in self.active and k not in fixed for k, v in enumerate(eq.operands)
        ]
        before = len(scope.builder.equations)
        sparse = bar in self.sparse
        if sparse and eq.op == "multiply":
            contributions = self._guarded_product(eq, scope, bar, wanted)
        else:
            guard = self._guard(eq, bar)
            contributions = rule.vjp(scope.builder, eq, bar, wanted, guard=guard)
        contributions = self.at_hand.reused(scope.builder, before, contributions)
        fresh = fresh_arrays(scope.builder, before)
        passed = sum(c is bar for c in contributions)
        for operand, contribution in zip(eq.operands, contributions, strict=True):
            if contribution is None or operand not in self.active:
                continue
            once = sum(c is contribution for c in contributions) == 1
            own = contribution in fresh and once
            if contribution is bar:
                own = passed == 1 and bar in scope.owned
            whole = contribution.type.rank >= bar.type.rank
            if (sparse and whole) or eq.op in MASKING or self._masked(eq, operand):
                self.sparse[contribution] = self._zeros(bar, contribution)
            scope.add(operand, contribution, own)

    def _guard(self, eq: Equation, bar: Value) -> Value | None:
        """Return where a zero may meet an infinite partial, and must not."""
        if is_root(eq, self.makers) and is_norm(eq.operands[0], self.makers):
            return eq.result
        return None if is_smooth_power(eq) else self.sparse.get(bar)

    def _zeros(self, bar: Value, contribution: Value) -> Value:
        """Return what a contribution's zeros come from: of numbers, the first one.

        One comparison then serves all that a number's adjoint becomes.
        """
        number = not (bar.type.rank or contribution.type.rank)
        return self.sparse.get(bar, contribution) if number else contribution

    def _guarded_product(
        self, eq: Equation, scope: Scope, bar: Value, wanted: Sequence[bool]
    ) -> list[Value | None]:
        """Return ``bar * y, bar * x``, guarded where the other factor has a pole."""
        found: list[Value | None] = [None, None]
        for k, other in enumerate(reversed(eq.operands)):
            pole = may_be_infinite(other, self.makers)
            guard = self.sparse[bar] if pole else None
            only = [w and n == k for n, w in enumerate(wanted)]
            made = RULES[eq.op].vjp(scope.builder, eq, bar, only, guard=guard)
            found[k] = made[k]
        return found

    def _masked(self, eq: Equation, operand: Value) -> bool:
        """Whether a product's other factor may be a mask."""
        if eq.op != "multiply":
            return False
        others = [v for v in eq.operands if v is not operand]
        return any(may_be_mask(v, self.makers) for v in others)
