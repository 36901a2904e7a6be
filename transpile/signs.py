"""Signs of stabilised statements moved outwards until they cancel.

``log(mu)`` written as ``-softplus(-eta)`` puts a minus into the middle of a
statement. Before ``-(y * -a + z * -b)``; after ``y * a + z * b``. Every step is exact
in floating point: a change of sign rounds nothing. Other statements stay as the user
wrote them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from .graph.ir import Equation, Program, Region, Value, captured

# Operations through which a sign can be moved without rounding anything.
EXACT = frozenset({"multiply", "divide", "add", "subtract", "sum", "mean"})

Signs = dict[Value, Value]  # value -> what it is the negative of


def move_signs(program: Program) -> Program:
    """Return the program with the signs of rewritten statements moved outwards."""
    return program.map(lambda f: replace(f, body=_region(f.body)))


def _region(region: Region) -> Region:
    equations = tuple(
        replace(eq, regions=tuple(_region(r) for r in eq.regions)) if eq.regions else eq
        for eq in region.equations
    )
    region = replace(region, equations=equations)
    rewritten = {_statement(eq) for eq in equations if eq.comment is not None}
    rewritten.discard(None)
    if not rewritten:
        return region
    uses = Counter(v for eq in equations for v in captured(eq))
    uses.update(region.results)
    mover = _Mover(uses)
    for eq in equations:
        mover.take(eq, _statement(eq) in rewritten)
    for value in region.results:
        mover.settle(value)
    return replace(region, equations=tuple(mover.out))


def _statement(eq: Equation) -> tuple[str, int] | None:
    return None if eq.origin is None else (eq.origin.file, eq.origin.statement)


class _Mover:
    """Takes equations one by one; ``signs`` are negatives not written yet."""

    def __init__(self, uses: Counter[Value]) -> None:
        self.uses = uses
        self.out: list[Equation] = []
        self.signs: Signs = {}
        self.comment: str | None = None

    def take(self, eq: Equation, moves: bool) -> None:
        """Append an equation, or what it becomes."""
        if moves and eq.results and not eq.regions and self._moved(eq):
            return
        for value in captured(eq):
            self.settle(value)
        self._append(eq)

    def _append(self, eq: Equation) -> None:
        if self.comment is not None:
            text = (
                self.comment if eq.comment is None else f"{self.comment}\n{eq.comment}"
            )
            eq, self.comment = replace(eq, comment=text), None
        self.out.append(eq)

    def settle(self, value: Value) -> None:
        """Write the negative that a value stands for, if it is not written yet."""
        positive = self.signs.pop(value, None)
        if positive is None:
            return
        (made,) = (eq for eq in self.out if positive in eq.results)
        negated = replace(made, op="negative", operands=(positive,), results=(value,))
        self._append(replace(negated, comment=None))

    def _moved(self, eq: Equation) -> bool:
        """Take an equation with its sign apart, if it has one to move."""
        free = eq.results[0].name is None and self.uses[eq.results[0]] == 1
        if eq.op == "negative":
            return self._negative(eq, free)
        found = [v in self.signs for v in eq.operands]
        if not any(found) or eq.op not in EXACT:
            return False
        op, operands, sign = self._outwards(eq, found)
        if sign and not free:
            return False
        for value in eq.operands:
            self.signs.pop(value, None)
        result = eq.result
        if sign:
            result = replace(result, serial=Value(result.type).serial)
            if result.buffer is not None:
                result = replace(result, buffer=replace(result.buffer))
            self.signs[eq.result] = result
        attrs = eq.attrs if op == eq.op else _plain(eq)
        made = replace(eq, op=op, operands=operands, results=(result,), attrs=attrs)
        self._append(made)
        return True

    def _negative(self, eq: Equation, free: bool) -> bool:
        (operand,) = eq.operands
        positive = self.signs.get(operand)
        if positive is not None:
            if self.uses[positive] > 1:
                return False
            del self.signs[operand]
            self._become(positive, eq)
            return True
        here = any(operand in made.results for made in self.out)
        if free and here and eq.comment is not None:
            self.signs[eq.result] = operand
            self.comment = eq.comment
            return True
        return False

    def _become(self, positive: Value, eq: Equation) -> None:
        """Let the equation of a value define the result of ``-(-value)``."""
        for k in range(len(self.out) - 1, -1, -1):
            if positive in self.out[k].results:
                self.out[k] = replace(self.out[k], results=eq.results)
                return

    def _outwards(
        self, eq: Equation, found: list[bool]
    ) -> tuple[str, tuple[Value, ...], bool]:
        """Return operation and operands without signs, and whether a sign is left."""
        if len(found) == 1:
            return eq.op, (self.signs[eq.operands[0]],), True
        one, other = (self.signs.get(v, v) for v in eq.operands)
        if eq.op in ("multiply", "divide"):
            return eq.op, (one, other), found[0] != found[1]
        if eq.op == "subtract":
            found = [found[0], not found[1]]
        if found == [True, True]:
            return "add", (one, other), True
        if found == [False, True]:
            return "subtract", (one, other), False
        if found == [True, False]:
            return "subtract", (other, one), False
        return "add", (one, other), False


def _plain(eq: Equation) -> dict[str, object]:
    """Return the attributes without the spelling: the operation may be another."""
    return {k: v for k, v in eq.attrs.items() if k != "spelled"}
