"""What a sample can compute again for less than it takes to keep it.

Before ``t[j, k] = x[i, k] - c[j, k]`` in a nest of a sample's work and ``t[j, k]`` in a
later one; after, ``x[i, k] - c[j, k]`` in both, and ``t`` is not made. In a block of
samples ``t`` would be memory for all of them.

Only arrays that one store fills are left out, with numbers that are cheap to compute
from the counters and from memory that no sample writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..graph.buffers import written
from ..graph.ir import WRITES, Buffer, Equation, Region, Value, walk
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.shapes import surely_not_negative
from ..graph.substitute import in_equation
from .contract import contract
from .lanes import Lanes, range_of
from .nests import Copier, element
from .pull import CHEAP, MOST_LOADS, MOST_WORK, is_address

Known = Mapping[tuple[Buffer, tuple[Linear, ...]], Value]


def renewed(lanes: Lanes) -> Equation:
    """Return a loop over samples that computes again what it had better not keep."""
    eq, body = lanes.loop.eq, lanes.loop.body
    writes: dict[Buffer, list[Equation]] = {b: [] for b in lanes.private}
    finder = _Finder.of(lanes)
    for inner in walk(body):
        array = inner.result if inner.op == "zeros" else (*inner.operands, None)[0]
        if array is None or array.buffer not in writes:
            continue
        if inner.op in WRITES:
            writes[array.buffer].append(inner)
        elif not finder.may_stay(inner):
            del writes[array.buffer]
    formulas = {
        buffer: formula
        for buffer, found in writes.items()
        if len(found) == 1 and (formula := finder.formula(found[0])) is not None
    }
    if not formulas:
        return eq
    return replace(eq, regions=(contract(_Renewer(formulas).region(body, {})),))


@dataclass(frozen=True, slots=True)
class _Formula:
    """How the number that a store writes follows from the counters it writes at."""

    store: Equation
    counters: tuple[Value, ...]
    equations: tuple[Equation, ...]


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds formulas; ``inner`` are the counters of loops in a sample's work."""

    lanes: Lanes
    makers: Mapping[Value, Equation]
    inner: frozenset[Value]

    @staticmethod
    def of(lanes: Lanes) -> _Finder:
        """Return what finds formulas in a sample's work."""
        inside = list(walk(lanes.loop.body))
        makers = {r: e for e in inside for r in e.results}
        makers |= {v: e for e in inside for r in e.regions for v in r.params}
        counters = (Loop.of(e).counter for e in inside if e.op == "for")
        return _Finder(lanes, makers, frozenset(c for c in counters if c is not None))

    def formula(self, store: Equation) -> _Formula | None:
        """Return how a stored number is computed, if that is cheap and can be again."""
        slots, array, value = element(store), *store.operands[:2]
        if store.op != "store" or not slots or value.type.dtype != array.type.dtype:
            return None
        if len(set(slots)) != len(slots) or not self.inner.issuperset(slots):
            return None
        found: dict[Equation, None] = {}
        ahead = [value]
        while ahead:
            value = ahead.pop()
            if value in slots or value not in self.makers:
                continue
            eq = self.makers[value]
            if value in self.inner or not self._is_cheap(eq):
                return None
            found[eq] = None
            ahead += eq.operands[eq.op == "index" :]
        if not _pays(found):
            return None
        ordered = tuple(e for e in walk(self.lanes.loop.body) if e in found)
        return _Formula(store, slots, ordered)

    def may_stay(self, eq: Equation) -> bool:
        """Whether an equation takes an element surely counted from the front."""
        return eq.op == "index" and all(
            surely_not_negative(self._least(slot)) for slot in element(eq) or ()
        )

    def _least(self, slot: Value) -> Linear:
        """Return what an index is at least, as far as one loop tells."""
        ends = range_of(Loop.of(self.makers[slot])) if slot in self.inner else None
        return slot.as_linear if ends is None else ends[0]

    def _is_cheap(self, eq: Equation) -> bool:
        if eq.op != "index":
            return eq.op in CHEAP and eq.op != "dim"
        buffer = eq.operands[0].buffer
        steady = buffer not in self.lanes.private | written(self.lanes.loop.eq)
        return steady and element(eq) is not None and not eq.result.type.rank


def _pays(equations: Mapping[Equation, None]) -> bool:
    """Whether numbers are cheap; a mere copy lies better than what it was made of."""
    work = [e for e in equations if not is_address(e)]
    loads = sum(e.op == "index" for e in work)
    sums = sum(e.op not in ("index", "constant") for e in work)
    return loads <= MOST_LOADS and 0 < sums <= MOST_WORK


@dataclass(frozen=True, slots=True)
class _Renewer:
    formulas: Mapping[Buffer, _Formula]

    def region(self, region: Region, known: Known) -> Region:
        """Return a region that computes what it read; ``known`` are such numbers."""
        now, found = dict(known), dict[Value, Value]()
        out: list[Equation] = []
        for eq in region.equations:
            eq = in_equation(eq, found) if found else eq
            buffer = eq.operands[0].buffer if eq.operands else None
            slots = element(eq) if eq.op in ("index", "store") else None
            if buffer not in self.formulas or buffer is None or slots is None:
                regions = tuple(self.region(r, now) for r in eq.regions)
                out.append(replace(eq, regions=regions) if regions else eq)
                continue
            key = buffer, tuple(slot.as_linear for slot in slots)
            if eq.op == "store":
                now[key] = eq.operands[1]
                out.append(eq)
                continue
            if key not in now:
                now[key] = _computed(self.formulas[buffer], eq, slots, out)
            found[eq.result] = now[key]
        results = tuple(found.get(v, v) for v in region.results)
        return Region(region.params, tuple(out), results)


def _computed(
    formula: _Formula, eq: Equation, slots: tuple[Value, ...], out: list[Equation]
) -> Value:
    """Append what computes an element where it was read; return it."""
    block = Copier(eq, dict(zip(formula.counters, slots, strict=True)))
    for each in formula.equations:
        block.copy(each)
    out += block.equations
    value = formula.store.operands[1]
    return block.mapping.get(value, value)
