"""Shifts that cancel: values whose derivative is zero by an identity.

``m + log(sum(exp(x - m)))`` and ``exp(x - m) / sum(exp(x - m))`` do not depend on m,
which is there for the range of numbers only. The operands that are the shift are
marked as fixed, so that no adjoint flows through them: what comes back to x then is
the softmax, not the softmax and a correction by zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from .graph.ir import Equation, Function, Program, Region, Value, walk
from .graph.shapes import ONE
from .rewrite.recognise import through_views

Use = tuple[Equation | None, int]  # None: a result of a region
VIEWS = frozenset({"index", "reshape", "broadcast_to"})


def fix_shifts(program: Program) -> Program:
    """Return the program with the shifts in sums of exponentials marked.

    Before ``z = subtract x m; ...; l = add m (log (sum (exp z)))``; after, the
    equations ``z`` and ``l`` say ``fixed``: the number of the operand ``m``.
    """
    return program.map(_function)


def moving(eq: Equation) -> tuple[Value, ...]:
    """Return the operands of an equation through which a derivative flows."""
    fixed = eq.attrs.get("fixed", ())
    return tuple(v for k, v in enumerate(eq.operands) if k not in fixed)


def _function(function: Function) -> Function:
    graph = _Graph.of(function.body)
    fixed: dict[Equation, set[int]] = defaultdict(set)
    for eq in walk(function.body):
        if eq.op == "subtract" and eq.result.type.is_inexact:
            for found, slot in graph.cancelled(eq) or ():
                fixed[found].add(slot)
    if not fixed:
        return function
    marks = {eq: tuple(sorted(slots)) for eq, slots in fixed.items()}
    return replace(function, body=_marked(function.body, marks))


def _marked(region: Region, marks: Mapping[Equation, tuple[int, ...]]) -> Region:
    equations = []
    for eq in region.equations:
        if eq.regions:
            eq = replace(eq, regions=tuple(_marked(r, marks) for r in eq.regions))
        elif eq in marks:
            attrs = MappingProxyType({**eq.attrs, "fixed": marks[eq]})
            eq = replace(eq, attrs=attrs)
        equations.append(eq)
    return replace(region, equations=tuple(equations))


@dataclass(slots=True)
class _Graph:
    """Who makes and who reads each value of a body."""

    makers: dict[Value, Equation] = field(default_factory=dict)
    uses: dict[Value, list[Use]] = field(default_factory=lambda: defaultdict(list))

    @staticmethod
    def of(body: Region) -> _Graph:
        """Walk a function's body."""
        graph = _Graph()
        graph._region(body)
        return graph

    def _region(self, region: Region) -> None:
        for eq in region.equations:
            for k, value in enumerate(eq.operands):
                self.uses[value].append((eq, k))
            for result in eq.results:
                self.makers[result] = eq
            for inner in eq.regions:
                self._region(inner)
        for value in region.results:
            self.uses[value].append((None, 0))

    def lookup(self, value: Value) -> tuple[Equation, ...]:
        """Return the equation that makes a value, if there is one."""
        eq = self.makers.get(value)
        return () if eq is None else (eq,)

    def same(self, one: Value, other: Value) -> bool:
        """Whether two values are one."""
        return one is other

    def readable(self, value: Value) -> bool:
        """Whether a value may be read: always, nothing is moved."""
        return True

    def cancelled(self, eq: Equation) -> list[tuple[Equation, int]] | None:
        """Return the operands through which a shift has no effect, None if it has."""
        x, shift = eq.operands
        found = [(eq, 1)]
        powers = self._readers([eq], "exp")
        totals = self._readers(powers, "sum")
        if not totals or not all(
            _is_constant_along(shift, x, total.attrs["axis"]) for total in totals
        ):
            return None
        raised = {power.result for power in powers}
        logs, shares = list[Equation](), list[Equation]()
        for use, slot in self._seen(totals):
            if use is None:
                return None
            if use.op == "log":
                logs.append(use)
            elif use.op == "divide" and slot == 1 and use.operands[0] in raised:
                shares.append(use)
            else:
                return None
        ends = [use for use, _ in self._seen(logs)]
        for end in ends:
            given = None if end is None else self._shift_beside(end, eq, logs, shift)
            if given is None:
                return None
            found += given
        if any(use not in (*powers, *ends) for use, _ in self.uses[eq.result]):
            return None
        read = (use for power in powers for use, _ in self.uses[power.result])
        return found if all(use in (*totals, *shares) for use in read) else None

    def _readers(self, equations: list[Equation], op: str) -> list[Equation]:
        """Return the equations of one kind that read results."""
        uses = (use for eq in equations for use, _ in self.uses[eq.result])
        return [use for use in uses if use is not None and use.op == op]

    def _shift_beside(
        self, end: Equation, eq: Equation, logs: list[Equation], shift: Value
    ) -> list[tuple[Equation, int]] | None:
        """Return the shift that a logarithm is added to, or nothing to be added."""
        results = {log.result for log in logs}
        inner = [through_views(v, self) in results for v in end.operands]
        if end.op == "subtract" and end.operands[0] is eq.result and inner[1]:
            return []  # log softmax: what is shifted, less its own logarithm
        if end.op != "add" or inner.count(True) != 1:
            return None
        slot = 1 - inner.index(True)
        beside = through_views(end.operands[slot], self)
        return [(end, slot)] if beside is through_views(shift, self) else None

    def _seen(self, equations: list[Equation]) -> Iterator[Use]:
        """Yield who reads results, through views that pick nothing out."""
        for eq in equations:
            for use, slot in self.uses[eq.result]:
                whole = use is not None and use.op in VIEWS and slot == 0
                if use is not None and whole and self._is_whole(use):
                    yield from self._seen([use])
                else:
                    yield use, slot

    def _is_whole(self, eq: Equation) -> bool:
        return through_views(eq.result, self) is not eq.result


def _is_constant_along(shift: Value, x: Value, axes: tuple[int, ...]) -> bool:
    """Whether a value does not change along axes when broadcast against another."""
    missing = x.type.rank - shift.type.rank
    if missing < 0:
        return False
    shape = (ONE,) * missing + shift.type.shape
    return all(shape[axis] == ONE for axis in axes)


__all__ = ["fix_shifts", "moving"]
