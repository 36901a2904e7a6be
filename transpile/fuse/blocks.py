"""Loops over samples in blocks, the samples of a block innermost.

Before, with small dense work for every sample::

    for i in range(n):
        for k in range(m):
            t[k] = x[i] - c[k]
            s += exp(t[k])
        ...

after::

    for block in range((n + 63) // 64):
        first = 64 * block
        size = min(64, n - first)
        for k in range(m):
            for lane in range(size):
                t[k, lane] = x[first + lane] - c[k]
                s[lane] += exp(t[k, lane])
        ...

so that the innermost loop has the same short work for many samples, and becomes vector
code. What a sample keeps for itself has an axis for the samples of a block.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.ir import (
    WRITES,
    Equation,
    Function,
    Program,
    Region,
    Type,
    Value,
    walk,
)
from ..graph.loopform import Loop
from ..graph.substitute import substitute
from ..loops.localise import privatise
from ..reverse.thread import Threader
from .either import either, vector_length
from .inside import Inside
from .lanes import MEMORY, Lanes, lanes_of
from .lift import lifted
from .pack import packed
from .renew import renewed
from .runs import Item, Plan, Run

SIZE = 64  # samples in a block: some vectors long, and their memory stays in the cache


def block_loops(program: Program) -> Program:
    """Return lowered functions with their loops over independent samples in blocks."""
    return program.map(_function)


def _function(function: Function) -> Function:
    if function.attrs.get("strict"):
        return function
    function = privatise(function)
    return replace(function, body=_region(function.body))


def _region(region: Region, inside: bool = False) -> Region:
    """Return a region whose outermost loops over samples are in blocks."""
    equations: list[Equation] = []
    renamed: dict[Value, Value] = {}
    for eq in region.equations:
        blocks = _blocks(eq)
        if blocks is not None:
            made, finals = blocks.made()
            length = vector_length(eq) if inside else None
            if length is not None:
                made, finals = either(eq, length, made, finals)
            equations += made
            for result, final in zip(eq.results, finals, strict=True):
                renamed[result] = renamed.get(final, final)
        elif eq.op == "for":
            inner = tuple(_region(r, inside=True) for r in eq.regions)
            equations.append(replace(eq, regions=inner))
        else:
            equations.append(eq)
    made_region = replace(region, equations=tuple(equations))
    return substitute(made_region, renamed)


def _blocks(eq: Equation) -> _Blocks | None:
    """Return what makes blocks of a loop, if it is one over samples."""
    lanes = lanes_of(eq) if eq.op == "for" and _is_worth(eq) else None
    for better in (renewed, lifted, packed):
        lanes = lanes and lanes_of(better(lanes))
    blocks = None if lanes is None else _Blocks(lanes)
    return None if blocks is None or _has_nests(blocks.plan.items) else blocks


def _is_worth(eq: Equation) -> bool:
    """Whether iterations have memory of their own, which nested loops go over.

    A single loop over a row is vector code as it is, and reads the row in order.
    """
    own = {e.result.buffer for e in walk(eq.regions[0]) if e.op in MEMORY}
    loops = [e for e in walk(eq.regions[0]) if e.op == "for"]
    nested = any(e.op == "for" for loop in loops for e in walk(loop.regions[0]))
    return bool(own and nested) and any(
        inner.op in ("index", *WRITES) and inner.operands[0].buffer in own
        for loop in loops
        for inner in walk(loop.regions[0])
    )


def _has_nests(items: Sequence[Item]) -> bool:
    """Whether nests with lengths of each lane's own stay in the loops over lanes."""
    for item in items:
        if isinstance(item, Run):
            loops = [e for e in item.equations if e.op == "for"]
            if any(e.op == "for" for loop in loops for e in walk(loop.regions[0])):
                return True
        elif isinstance(item, tuple) and any(map(_has_nests, item[1])):
            return True
    return False


class _Blocks:
    """Makes the blocks of one loop."""

    def __init__(self, lanes: Lanes) -> None:
        self.plan = Plan(lanes, SIZE)
        self.lanes = lanes
        self.loop = lanes.loop

    # ---- the whole ----

    def made(self) -> tuple[list[Equation], list[Value]]:
        """Return the equations that stand for the loop, and what it gave."""
        loop, eq = self.loop, self.loop.eq
        builder = Builder(eq.origin, eq.backward)
        start, stop, step = loop.bounds
        by = step.as_linear.value
        ends = (stop, start) if by == 1 else (start, stop)
        trips = ends[0]
        if ends[1].as_linear.value != 0:
            trips = builder.emit("subtract", *ends)
        more = builder.emit("add", trips, builder.constant(SIZE - 1))
        count = builder.emit("floor_divide", more, builder.constant(SIZE))
        block = Value(Type("weak_int"), self.plan.name("block"))
        inside = Builder(eq.origin, eq.backward)
        self._open(inside, block, trips)
        equations = [*inside.equations, *self._emitted(self.plan.items)]
        numbers = [k for k, v in enumerate(loop.carries) if v.buffer is None]
        region = Region((block,), tuple(equations), ())
        bounds = (builder.constant(0), count, builder.constant(1))
        attrs = {k: v for k, v in eq.attrs.items() if k not in ("labels", "kinds")}
        builder.append("for", bounds, (), (region,), **attrs)
        for value in (*loop.inits, *loop.finals):
            if value.buffer is not None:
                self.plan.versions[value] = value.buffer
        env: dict[Hashable, Value] = {
            v.buffer: v for v in loop.inits if v.buffer is not None
        }
        totals = {k: self.plan.totals[k] for k in numbers}
        for k, total in totals.items():
            env[total] = loop.inits[k]
        whole = Region((), tuple(builder.equations), ())
        made, end = Threader(self.plan.versions).region(whole, env)
        finals = [
            end[totals[k]] if k in totals else end[v.buffer]
            for k, v in enumerate(loop.inits)
        ]
        return list(made.equations), finals

    def _open(self, inside: Builder, block: Value, trips: Value) -> None:
        """Emit the first sample of a block, and how many it has."""
        most = inside.constant(SIZE)
        inside.append("multiply", (most, block), (self.plan.first,))
        left = inside.emit("subtract", trips, self.plan.first)
        inside.append("minimum", (most, left), (self.plan.size,))

    # ---- back to equations ----

    def _emitted(self, items: Sequence[Item]) -> list[Equation]:
        """Return the equations of a block."""
        eq = self.loop.eq
        builder = Builder(eq.origin, eq.backward)
        length = builder.constant(SIZE)
        for home in dict.fromkeys(self.plan.homes.values()):
            builder.append("empty", (length,), (home,), dtype=home.type.dtype)
        return [*builder.equations, *self._body(items)]

    def _body(self, items: Sequence[Item]) -> list[Equation]:
        out: list[Equation] = []
        for item in items:
            if isinstance(item, Run):
                out += self._run(item)
            elif isinstance(item, Equation):
                out += self._common(item)
            else:
                out += self._around(*item)
        return out

    def _common(self, eq: Equation) -> list[Equation]:
        """Return what is done once for all lanes."""
        if eq.op not in MEMORY:
            return [eq]
        builder = Builder(eq.origin, eq.backward)
        length = builder.constant(SIZE)
        wide = self.plan.wide(eq.result)
        made = replace(eq, operands=(*eq.operands, length), results=(wide,))
        return [*builder.equations, made]

    def _around(self, eq: Equation, bodies: Sequence[Sequence[Item]]) -> list[Equation]:
        """Return a loop or a branch around what its lanes do."""
        if eq.op == "if":
            kept = [k for k, r in enumerate(eq.results) if self._is_one(r)]
            regions = tuple(
                Region(
                    (), tuple(self._body(body)), tuple(region.results[k] for k in kept)
                )
                for region, body in zip(eq.regions, bodies, strict=True)
            )
            results = tuple(eq.results[k] for k in kept)
            return [replace(eq, results=results, regions=regions)]
        inner = Loop.of(eq)
        kept = [k for k, v in enumerate(inner.carries) if self._is_one(v)]
        assert inner.counter is not None
        region = Region(
            (inner.counter, *(inner.carries[k] for k in kept)),
            tuple(self._body(bodies[0])),
            tuple(inner.yields[k] for k in kept),
        )
        attrs = {k: v for k, v in eq.attrs.items() if k not in ("labels", "kinds")}
        made = replace(
            eq,
            operands=(*inner.bounds, *(inner.inits[k] for k in kept)),
            results=tuple(inner.finals[k] for k in kept),
            regions=(region,),
            attrs=MappingProxyType(attrs),
        )
        return [made]

    def _is_one(self, value: Value) -> bool:
        """Whether a value is one number for all lanes."""
        return value.buffer is None and value not in self.lanes.varying

    # ---- one run ----

    def _run(self, run: Run) -> list[Equation]:
        """Return the loop over the lanes that does the equations of a run."""
        like = run.equations[0] if run.equations else self.loop.eq
        lane = Value(Type("weak_int"), self.plan.name("lane"))
        inside = Inside(self.plan, Builder(like.origin, like.backward), lane)
        after = Builder(like.origin, like.backward)
        sums: list[tuple[Value, Value, Value, Value]] = []  # init, carry, end, final
        before = Builder(like.origin, like.backward)
        for eq in run.equations:
            if eq.op == "accumulate" and eq.operands[0].buffer in self.lanes.summed:
                if not self.plan.is_scatter(eq):
                    sums.append(inside.summed(eq, before, after))
                    continue
            inside.equation(eq)
        loads = [(target, inside.value(source)) for target, source in run.moves]
        for target, value in loads:
            inside.keep(target, value)
        for total, source in run.adds:
            value = inside.value(source)
            carry = Value(total.type, total.name)
            self.plan.versions[total] = self.plan.versions[carry] = total
            end = Value(total.type, total.name)
            self.plan.versions[end] = total
            inside.builder.append("add", (carry, value), (end,), spelled="+=")
        builder = Builder(like.origin, like.backward)
        bounds = (builder.constant(0), self.plan.size, builder.constant(1))
        region = Region(
            (lane, *(carry for _, carry, _, _ in sums)),
            tuple(inside.builder.equations),
            tuple(end for _, _, end, _ in sums),
        )
        operands = (*bounds, *(init for init, _, _, _ in sums))
        finals = tuple(final for _, _, _, final in sums)
        builder.append("for", operands, finals, (region,), stands_for="lanes")
        return [*before.equations, *builder.equations, *after.equations]
