"""Checks made once for all iterations of a loop.

Before ``for i in range(n): if i + k >= m: raise ...``, after
``if 0 < n and n - 1 + k >= m: raise ...; for i in range(n): ...``. An index that grows
with the counter is out of range in some iteration exactly if it is at one end. So are
several conditions at once, if all hold at the same end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..graph.build import Builder
from ..graph.ir import EFFECTS, Equation, Function, Program, Region, Value, walk
from ..graph.linear import Atom, Linear
from ..graph.loopform import Loop
from ..graph.ops import ELEMENTWISE
from ..graph.substitute import in_equation
from ..lower.tidy import tidy

FREE = ELEMENTWISE | {"constant", "dim"}
OPPOSITE = {
    "less": "greater_equal",
    "less_equal": "greater",
    "greater": "less_equal",
    "greater_equal": "less",
    "equal": "not_equal",
}
# Comparisons that hold somewhere if they hold where the left side is least, or most.
LEAST, MOST = frozenset({"less", "less_equal"}), frozenset({"greater", "greater_equal"})
MIRRORED = {
    "less": "greater",
    "less_equal": "greater_equal",
    "greater": "less",
    "greater_equal": "less_equal",
    "equal": "equal",
    "not_equal": "not_equal",
}


def check_once(program: Program) -> Program:
    """Return lowered functions with checks before the loops that they speak of."""
    return program.map(_function)


def _function(function: Function) -> Function:
    return replace(function, body=tidy(_region(function.body)))


def _region(region: Region) -> Region:
    out: list[Equation] = []
    for eq in region.equations:
        if eq.regions:
            eq = replace(eq, regions=tuple(map(_region, eq.regions)))
        if eq.op == "for" and not eq.attrs.get("exits"):
            gone: set[Equation] = set()
            for check, made in _Checks.of(eq).found():
                out += made
                gone.add(check)
            body = eq.regions[0]
            kept = tuple(e for e in body.equations if e not in gone)
            eq = replace(eq, regions=(replace(body, equations=kept),))
        out.append(eq)
    return replace(region, equations=tuple(out))


@dataclass(frozen=True, slots=True)
class _Checks:
    """The checks of one loop."""

    loop: Loop
    makers: Mapping[Value, Equation]

    @staticmethod
    def of(eq: Equation) -> _Checks:
        """Take a loop apart."""
        loop = Loop.of(eq)
        return _Checks(loop, {r: e for e in loop.body.equations for r in e.results})

    def found(self) -> list[tuple[Equation, list[Equation]]]:
        """Return checks that may be made before, each with what to do there.

        Which error comes first stays as it is; of indices out of range any may.
        """
        found: list[tuple[Equation, list[Equation]]] = []
        passed: set[str] = set()
        for eq in self.loop.body.equations:
            errors = _errors(eq)
            if errors is None:
                break
            if eq.op != "check":
                passed |= errors
                continue
            made = None
            if passed | errors == {"IndexError"} or not passed:
                made = self._before(eq) if len(eq.operands) == 1 else None
            if made is None:
                passed |= errors
            else:
                found.append((eq, made))
        return found

    def _before(self, eq: Equation) -> list[Equation] | None:
        """Return a check that fails if it does in one of the iterations."""
        start, stop, step = self.loop.bounds
        by = step.as_linear.value
        if by not in (1, -1):
            return None
        builder = Builder(eq.origin, eq.backward)
        limit = self._limit(eq.operands[0])
        if limit is not None and by == 1 and start.as_linear.value == 0:
            limit = self._at(builder, limit, None)
            if limit is None:
                return None
            holds = builder.emit("less_equal", stop, limit)
        else:
            fails = self._somewhere(builder, eq.operands[0], True)
            if fails is None:
                return None
            ends = (start, stop) if by == 1 else (stop, start)
            trips = (ends[1].as_linear - ends[0].as_linear).value
            if trips is None or trips <= 0:
                runs = builder.emit("less", *ends)
                fails = builder.emit("logical_and", runs, fails)
            holds = builder.emit("logical_not", fails)
        builder.append("check", (holds,), (), **eq.attrs)
        return builder.equations

    def _limit(self, holds: Value) -> Value | None:
        """Return the length that the counter itself must be less than."""
        maker, op = self.makers.get(holds), "less"
        if maker is not None and maker.op == "logical_not":
            maker, op = self.makers.get(maker.operands[0]), "greater_equal"
        if maker is None or maker.op != op:
            return None
        if maker.operands[0] is not self.loop.counter:
            return None
        return None if self._moves(maker.operands[1]) else maker.operands[1]

    def _somewhere(self, b: Builder, value: Value, negated: bool) -> Value | None:
        """Emit whether a condition, or its opposite, holds in some iteration."""
        maker = self.makers.get(value)
        if maker is not None and maker.op == "logical_not":
            return self._somewhere(b, maker.operands[0], not negated)
        if maker is not None and maker.op == "logical_or" and not negated:
            sides = [self._somewhere(b, v, False) for v in maker.operands]
            if sides[0] is None or sides[1] is None:
                return None
            return b.emit("logical_or", sides[0], sides[1])
        if maker is not None and maker.op == "logical_and" and not negated:
            return self._together(b, value)
        compares = maker is not None and maker.op in OPPOSITE
        if maker is None or not compares or not _of_integers(maker):
            made = self._at(b, value, None)
            return b.emit("logical_not", made) if made and negated else made
        op = OPPOSITE[maker.op] if negated else maker.op
        return self._compared(b, op, *maker.operands)

    def _together(self, b: Builder, value: Value) -> Value | None:
        """Emit whether conditions hold in one iteration: all, if any, at one end."""
        ends = self._ends(value)
        if ends is None or len(ends) > 1:
            return None
        return self._at(b, value, *(self._end(b, first) for first in ends))

    def _ends(self, value: Value) -> set[bool] | None:
        """Return whether conditions hold, if anywhere, at the first or last end."""
        maker = self.makers.get(value)
        if maker is None or not self._moves(value):
            return set()
        if maker.op == "logical_and":
            sides = [self._ends(v) for v in maker.operands]
            return None if None in sides else set().union(*filter(None, sides))
        if maker.op not in MIRRORED or not _of_integers(maker):
            return None
        op, (one, other) = maker.op, maker.operands
        if self._moves(other):
            op, one, other = MIRRORED[op], other, one
        rises = self._rises(one)
        if self._moves(other) or rises is None or op not in LEAST | MOST:
            return None
        return {(op in LEAST) == rises}

    def _compared(self, b: Builder, op: str, one: Value, other: Value) -> Value | None:
        """Emit whether a comparison of integers holds in some iteration."""
        if self._moves(other):
            op, one, other = MIRRORED[op], other, one
        if self._moves(other):
            return None
        end: Value | None = None
        if self._moves(one):
            rises = self._rises(one)
            if rises is None or op not in LEAST | MOST:
                return None
            first = (op in LEAST) == rises
            end = self._end(b, first)
        sides = [self._at(b, one, end), self._at(b, other, None)]
        if sides[0] is None or sides[1] is None:
            return None
        return b.emit(op, sides[0], sides[1])

    def _end(self, b: Builder, first: bool) -> Value:
        """Emit the counter of the first iteration, or of the last."""
        start, stop, step = self.loop.bounds
        if first:
            return start
        number, last = stop.as_linear.value, -(step.as_linear.value or 1)
        if number is not None:
            return b.constant(number + last)
        return b.emit("subtract" if last < 0 else "add", stop, b.constant(1))

    def _rises(self, value: Value) -> bool | None:
        """Whether an integer grows from iteration to iteration; None if unknown."""
        form, counter = value.as_linear, self.loop.counter
        slope = sum(factor for atom, factor in form.terms if atom is counter)
        others = [atom for atom, _ in form.terms if atom is not counter]
        inside = any(
            atom is counter or (isinstance(atom, Value) and self._moves(atom))
            for other in others
            for atom in type(form).of(other).every_atom
        )
        by = self.loop.bounds[2].as_linear.value
        return None if inside or not slope or by is None else slope * by > 0

    def _moves(self, value: Value) -> bool:
        """Whether a value may differ from iteration to iteration."""
        if value in self.loop.body.params:
            return True
        maker = self.makers.get(value)
        if maker is None:
            return False
        return maker.op not in FREE or any(map(self._moves, maker.operands))

    def _at(
        self, b: Builder, value: Value, counter: Value | None = None
    ) -> Value | None:
        """Emit a value again, at a value of the counter; None if it cannot be."""
        chain: dict[Equation, None] = {}
        if not self._collect(value, chain, counter is not None):
            return None
        fresh: dict[Value, Value] = {}
        if counter is not None and self.loop.counter is not None:
            fresh[self.loop.counter] = counter
        forms: dict[Atom, Linear] = {old: new.as_linear for old, new in fresh.items()}
        for eq in chain:
            result = eq.result
            form = result.linear and result.linear.substitute(forms)
            if form is not None and form.value is not None and eq.op != "constant":
                fresh[result] = b.constant(form.value)
                continue
            serial = Value(result.type).serial
            made = replace(result, serial=serial, name=None, linear=form)
            fresh[result] = made
            again = in_equation(replace(eq, results=(made,)), fresh)
            b.equations.append(replace(again, backward=b.backward))
        return fresh.get(value, value)

    def _collect(
        self, value: Value, found: dict[Equation, None], counted: bool
    ) -> bool:
        if value in self.loop.body.params:
            return counted and value is self.loop.counter
        maker = self.makers.get(value)
        if maker is None or maker in found:
            return True
        if maker.op not in FREE:
            return False
        if not all(self._collect(v, found, counted) for v in maker.operands):
            return False
        found[maker] = None
        return True


def _of_integers(eq: Equation) -> bool:
    return all(v.type.is_integer for v in eq.operands)


def _errors(eq: Equation) -> set[str] | None:
    """Return the errors of checks in an equation; None if it does anything else."""
    found: set[str] = set()
    for inner in (eq, *(e for region in eq.regions for e in walk(region))):
        if inner.op == "check":
            found.add(str(inner.attrs["exception"]))
        elif inner.op in EFFECTS or inner.op == "while" or inner.attrs.get("exits"):
            return None
    return found
