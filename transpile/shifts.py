"""Shifts that cancel: values whose derivative is zero by an identity.

``m + log(sum(exp(x - m)))`` and ``exp(x - m) / sum(exp(x - m))`` do not depend on m,
which is there for the range of numbers only. The operands that are the shift are
marked as fixed, so that no adjoint flows through them: what comes back to x then is
the softmax, not the softmax and a correction by zero.

The proof follows what is computed from ``x - m``. Where ``w * m`` has been added to a
value, or the value has been multiplied by ``exp(w * m)``, the sums, products,
logarithms and picked elements of such values are again of that kind; with w = 0 in the
end, m is gone. For rows with a shift each, every element must go with its own row's.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from .graph.axes import VIEWS, kept_axes
from .graph.ir import Equation, Function, Program, Region, Value
from .graph.ops import REDUCTIONS
from .graph.shapes import ONE

Place = tuple[Equation, int]


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
    for seeds in graph.shifted():
        groups = [seeds] if graph.cancelled(seeds) else [[eq] for eq in seeds]
        for eq, slot in (place for group in groups for place in graph.cancelled(group)):
            fixed[eq].add(slot)
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


# ---- what a shift does to a value ----


@dataclass(frozen=True, slots=True)
class _Moved:
    """``weight`` times the shift is in a value: added, or its power as a factor.

    ``axes`` says for each axis of the shift which axis of the value it is.
    """

    weight: int
    axes: Mapping[int, int]
    power: bool = False

    def within(self, value: Value, result: Value) -> _Moved:
        """Return the same, of a value as it is broadcast to a result."""
        apart = result.type.rank - value.type.rank
        return replace(self, axes={k: a + apart for k, a in self.axes.items()})


Operands = Sequence[_Moved | None]
Rule = Callable[[Equation, Operands], _Moved | None]  # None: of no such kind


def _exponential(eq: Equation, operands: Operands) -> _Moved | None:
    (x,) = operands
    return None if x is None or x.power else replace(x, power=True)


def _logarithm(eq: Equation, operands: Operands) -> _Moved | None:
    (x,) = operands
    return replace(x, power=False) if x is not None and x.power else None


def _reduction(eq: Equation, operands: Operands) -> _Moved | None:
    """Reduce: the mean of shifted numbers, or the extreme one, is shifted alike."""
    (x,) = operands
    reduced = eq.attrs["axis"]
    if x is None or not set(reduced).isdisjoint(x.axes.values()):
        return None
    if eq.attrs.get("keepdims"):
        return x
    before = {k: sum(axis < a for axis in reduced) for k, a in x.axes.items()}
    return replace(x, axes={k: a - before[k] for k, a in x.axes.items()})


def _sum(eq: Equation, operands: Operands) -> _Moved | None:
    (x,) = operands
    return _reduction(eq, operands) if x is not None and x.power else None


def _addition(eq: Equation, operands: Operands) -> _Moved | None:
    x, y = operands
    sign = -1 if eq.op == "subtract" else 1
    either = [m for m in (x, y) if m is not None]
    if any(m.power for m in either):
        return x if x == y else None
    return _joined(either, (x.weight if x else 0) + sign * (y.weight if y else 0))


def _product(eq: Equation, operands: Operands) -> _Moved | None:
    x, y = operands
    sign = -1 if eq.op == "divide" else 1
    either = [m for m in (x, y) if m is not None]
    if not all(m.power for m in either):
        return None
    return _joined(either, (x.weight if x else 0) + sign * (y.weight if y else 0))


def _joined(either: Sequence[_Moved], weight: int) -> _Moved | None:
    alike = all(m.axes == either[0].axes for m in either)
    return replace(either[0], weight=weight) if alike else None


def _negation(eq: Equation, operands: Operands) -> _Moved | None:
    (x,) = operands
    return x if x is None or x.power else replace(x, weight=-x.weight)


RULES: Mapping[str, Rule] = {
    "exp": _exponential,
    "log": _logarithm,
    "sum": _sum,
    **dict.fromkeys(("mean", "max", "min"), _reduction),
    **dict.fromkeys(("add", "subtract"), _addition),
    **dict.fromkeys(("multiply", "divide"), _product),
    "negative": _negation,
}


# ---- following it ----


@dataclass(slots=True)
class _Graph:
    """Who makes and who reads each value of a body, and in which order."""

    makers: dict[Value, Equation] = field(default_factory=dict)
    readers: dict[Value, list[Equation]] = field(
        default_factory=lambda: defaultdict(list)
    )
    order: dict[Equation, int] = field(default_factory=dict)
    handed_on: set[Value] = field(default_factory=set)

    @staticmethod
    def of(body: Region) -> _Graph:
        """Walk a function's body."""
        graph = _Graph()
        graph._region(body)
        return graph

    def _region(self, region: Region) -> None:
        for eq in region.equations:
            self.order[eq] = len(self.order)
            for value in dict.fromkeys(eq.operands):
                self.readers[value].append(eq)
            self.makers.update(dict.fromkeys(eq.results, eq))
            for inner in eq.regions:
                self._region(inner)
        self.handed_on.update(region.results)

    def shifted(self) -> Iterable[list[Equation]]:
        """Return differences whose exponential is taken, by what they take off."""
        found: dict[Value, list[Equation]] = defaultdict(list)
        for eq in self.order:
            if eq.op == "subtract" and eq.result.type.is_inexact:
                if any(use.op == "exp" for use in self.readers[eq.result]):
                    found[self._root(eq.operands[1])[0]].append(eq)
        return found.values()

    def _root(self, value: Value) -> tuple[Value, Mapping[int, int]]:
        """Return what a value is a whole view of, and where the axes of that are."""
        axes = {k: k for k, d in enumerate(value.type.shape) if d != ONE}
        while (eq := self.makers.get(value)) is not None and eq.op in VIEWS:
            source = eq.operands[0]
            places = kept_axes(eq, self.makers)
            wide = [k for k, d in enumerate(source.type.shape) if d != ONE]
            if any(places.get(k) not in axes for k in wide):
                break
            axes = {k: axes[places[k]] for k in wide}
            value = source
        return value, axes

    def cancelled(self, seeds: Sequence[Equation]) -> list[Place]:
        """Return where shifts have no effect, nothing if they have one."""
        root, _ = self._root(seeds[0].operands[1])
        moved: dict[Value, _Moved] = {}
        found: list[Place] = []
        ahead = sorted(self.order[eq] for eq in seeds)
        equations = {self.order[eq]: eq for eq in seeds}
        while ahead:
            eq = equations[heapq.heappop(ahead)]
            known = [moved.get(v) for v in eq.operands]
            beside = self._beside(eq, root, known, eq in seeds)
            found += [(eq, slot) for slot in beside]
            made = self._made(eq, [beside.get(k, m) for k, m in enumerate(known)])
            if made is None or (made.weight and eq.result in self.handed_on):
                return []
            if not made.weight:
                continue
            moved[eq.result] = made
            for use in self.readers[eq.result]:
                if self.order[use] not in equations and _matters(use):
                    equations[self.order[use]] = use
                    heapq.heappush(ahead, self.order[use])
        return found

    def _beside(
        self, eq: Equation, root: Value, known: Operands, seed: bool
    ) -> dict[int, _Moved]:
        """Return where an equation adds the shift itself to what is shifted."""
        if eq.op not in ("add", "subtract"):
            return {}
        slots = [1] if seed else [k for k, m in enumerate(known) if m is None]
        roots = {k: self._root(eq.operands[k]) for k in slots}
        return {k: _Moved(1, axes) for k, (v, axes) in roots.items() if v is root}

    def _made(self, eq: Equation, operands: Operands) -> _Moved | None:
        """Return how the result of an equation moves, None where that is not known."""
        if eq.op in VIEWS:
            (x, *_), places = operands, kept_axes(eq, self.makers)
            if x is None or any(a not in places for a in x.axes.values()):
                return None
            return replace(x, axes={k: places[a] for k, a in x.axes.items()})
        if eq.op not in RULES:
            return None
        if eq.op not in REDUCTIONS:
            both = zip(operands, eq.operands, strict=True)
            operands = [m and m.within(v, eq.result) for m, v in both]
        return RULES[eq.op](eq, operands)


def _matters(eq: Equation) -> bool:
    """Whether a derivative may flow through an equation."""
    return bool(eq.regions) or any(v.type.is_inexact for v in eq.results)


__all__ = ["fix_shifts", "moving"]
