"""To-be-recorded analysis: what the backward part reads, and how it gets it.

Each primal value that the backward part of a loop refers to is, in this order: at
hand (defined outside, its memory unchanged or rewound), recomputed from such values
by cheap operations, read back from where the program stored it, or saved (Hascoet,
Naumann and Pascual, "To be recorded analysis in reverse-mode automatic
differentiation", 2005). Arrays are never versioned: a store whose old contents are
read again is undone on the way back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..graph.ir import Buffer, Equation, Value
from ..graph.linear import Atom, Derived, Linear
from .cut import cheapest_cut
from .layout import varying
from .needs import Needs
from .positions import AFTER, Definition, Positions
from .sizes import Sizes
from .split import NotUndone
from .steps import Plan, Steps

Need = tuple[Value, Definition]

# How many elements an axis or a loop is taken to have, when sets are compared.
LENGTH = 16
SIZES = {"bool": 1, "int32": 4, "float32": 4, "complex128": 16}


class Recorder:
    """Plans how the backward equations of one body get the primal values they read.

    ``sources`` maps backward equations to the forward ones they reverse.
    """

    def __init__(
        self,
        positions: Positions,
        backward: Iterable[Equation],
        sources: Mapping[Equation, Equation],
        sizes: Sizes,
        undo: frozenset[Buffer] = frozenset(),
        again: bool = False,
        compiled: bool = False,
    ) -> None:
        self.positions = positions
        self.undo = undo
        self.again = again
        self.plan = Plan()
        self.needs = Needs(positions, sources, sizes, again)
        self.needs.collect(tuple(backward), None)
        self.steps = Steps(positions, self.needs, self.plan, compiled)

    # ---- the decision ----

    def decide(self) -> Plan:
        """Return the plan, made again until reading back and undoing agree."""
        wrong: list[Value] = []
        while True:
            self.plan = Plan(again=self.again)
            self.steps.restart(self.plan, wrong)
            needs, done = list(self.needs.wanted), 0
            for write in self._asked():
                self.plan.rewound[write] = None
                needs += self._slots(write)
            while done < len(needs):
                fresh = needs[done:]
                done = len(needs)
                self._save(fresh)
                for write in self._undone(fresh):
                    needs += self._slots(write)
            wrong = [
                v for v, s in self.plan.forwarded.items() if s in self.plan.rewound
            ]
            if not wrong:
                return self.plan

    def _asked(self) -> list[Equation]:
        """Return the stores that are to be undone whatever reads them."""
        return [
            write
            for buffer, writes in self.positions.writes.items()
            if buffer in self.undo
            for write in writes
        ]

    def _slots(self, write: Equation) -> list[tuple[Value, Definition]]:
        """Return what undoing a store needs: its indices."""
        here = self.positions.equations[write]
        if write.op == "call":
            split = write.attrs.get("split")
            if split is None or not split.full:
                raise NotUndone(write.attrs["primal"])
            return []
        # The store is undone with them: they are read before.
        here = replace(here, place=(*here.place, AFTER))
        return [(slot, here) for slot in write.operands[2:]]

    def _save(self, needs: Sequence[Need]) -> None:
        """Add to the plan the cheapest values from which all needed ones follow."""
        inputs = self._inputs(needs)
        wanted = [value for value, _ in needs if value in inputs]
        weight = {value: self._weight(value) for value in inputs}
        cut = cheapest_cut(inputs, wanted, weight)
        first = [v for v in wanted if v in cut and inputs[v] is None]
        rest = sorted((v for v in cut if v not in first), key=lambda v: v.serial)
        self.plan.saved.update(dict.fromkeys((*first, *rest)))

    def _inputs(self, needs: Sequence[Need]) -> dict[Value, list[Value] | None]:
        """Return what each value is computed from again, None if it must be saved."""
        inputs: dict[Value, dict[Value, None] | None] = {}
        seen: set[object] = set()
        ahead = list(reversed(needs))
        while ahead:
            value, at = ahead.pop()
            key = (value, at.eq, at.place)
            if value in self.plan.saved or key in seen:
                continue
            seen.add(key)
            step = self.steps.step(value, at)
            known = inputs.setdefault(value, {})
            if step is None or known is None:
                inputs[value] = None
                continue
            known.update(dict.fromkeys(step.operands))
            ahead += [(operand, at) for operand in reversed(step.operands)]
        return {
            v: None if known is None else [u for u in known if u in inputs]
            for v, known in inputs.items()
        }

    def _weight(self, value: Value) -> int:
        """Return what saving a value costs: its bytes, with typical lengths."""
        loops = len(varying(value, self.positions))
        lengths = sum(_degree(form) for form in value.type.shape)
        weight: int = SIZES.get(value.type.dtype, 8) * LENGTH ** (lengths + loops)
        return weight

    def _undone(self, needs: Sequence[Need]) -> list[Equation]:
        """Add to the plan the stores to undo before values are had; return new ones."""
        new: dict[Equation, None] = {}
        for value, at in needs:
            route = self.steps.route(value, at, self.plan.saved)
            assert not route.leaves, f"no way to have {route.leaves} again"
            for write in sorted(route.rewinds, key=self._order):
                if write not in self.plan.rewound:
                    self.plan.rewound[write] = new[write] = None
        return list(new)

    def _order(self, eq: Equation) -> tuple[int, ...]:
        return self.positions.equations[eq].place


def _degree(form: Linear) -> int:
    """Return how many lengths are multiplied in an axis: two in ``m * n``."""
    return max((_factors(atom) for atom in form.atoms), default=1)


def _factors(atom: Atom) -> int:
    if not isinstance(atom, Derived) or atom.kind != "product":
        return 1
    return sum(_degree(p) for p in atom.parts if isinstance(p, Linear))
