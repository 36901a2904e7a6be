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

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.ir import (
    WRITES,
    At,
    Buffer,
    Equation,
    Function,
    Index,
    Program,
    Region,
    Type,
    Value,
    captured,
    walk,
)
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.substitute import substitute
from ..loops.localise import privatise
from ..reverse.thread import Threader
from .lanes import MEMORY, Lanes, lanes_of

SIZE = 64  # samples in a block: some vectors long, and their memory stays in the cache


def block_loops(program: Program) -> Program:
    """Return lowered functions with their loops over independent samples in blocks."""
    return program.map(_function)


def _function(function: Function) -> Function:
    if function.attrs.get("strict"):
        return function
    function = privatise(function)
    return replace(function, body=_region(function.body))


def _region(region: Region) -> Region:
    """Return a region whose outermost loops over samples are in blocks."""
    equations: list[Equation] = []
    renamed: dict[Value, Value] = {}
    for eq in region.equations:
        lanes = lanes_of(eq) if eq.op == "for" and _is_worth(eq) else None
        if lanes is not None:
            made, finals = _Blocks(lanes).made()
            equations += made
            renamed.update(zip(eq.results, finals, strict=True))
        elif eq.op == "for":
            inner = tuple(_region(r) for r in eq.regions)
            equations.append(replace(eq, regions=inner))
        else:
            equations.append(eq)
    made_region = replace(region, equations=tuple(equations))
    return substitute(made_region, renamed)


def _is_worth(eq: Equation) -> bool:
    """Whether iterations have memory of their own, which inner loops go over."""
    own = {e.result.buffer for e in walk(eq.regions[0]) if e.op in MEMORY}
    loops = (e for e in walk(eq.regions[0]) if e.op == "for")
    return bool(own) and any(
        inner.op in ("index", *WRITES) and inner.operands[0].buffer in own
        for loop in loops
        for inner in walk(loop.regions[0])
    )


@dataclass(slots=True)
class _Run:
    """Equations of all lanes, one after another in a single loop over the lanes."""

    equations: list[Equation] = field(default_factory=list)
    moves: list[tuple[Value, Value]] = field(default_factory=list)
    adds: list[tuple[Value, Value]] = field(default_factory=list)


Item = Equation | _Run | tuple[Equation, tuple[list["Item"], ...]]


class _Blocks:
    """Makes the blocks of one loop."""

    def __init__(self, lanes: Lanes) -> None:
        self.lanes = lanes
        self.loop = lanes.loop
        eq = self.loop.eq
        self.names = {v.name for e in walk(eq.regions[0]) for v in e.results}
        self.homes: dict[Value, Value] = {}  # where a number lives between runs
        self.wide: dict[Value, Value] = {}
        self.versions: dict[Value, Hashable] = {}
        self.used: dict[Value, set[int]] = {}
        self.first = Value(Type("weak_int"), self._name("first"))
        self.size = Value(Type("weak_int"), self._name("size"))

    def _name(self, name: str) -> str:
        while name in self.names:
            name += "_"
        return name

    # ---- the whole ----

    def made(self) -> tuple[list[Equation], list[Value]]:
        """Return the equations that stand for the loop, and what it gave."""
        loop, eq = self.loop, self.loop.eq
        items = self._items(loop.body, self._ends())
        self._find_homes(items)
        builder = Builder(eq.origin, eq.backward)
        start, stop, step = loop.bounds
        by = step.as_linear.value
        ends = (stop, start) if by == 1 else (start, stop)
        trips = ends[0]
        if ends[1].as_linear.value != 0:
            trips = builder.emit("subtract", *ends)
        more = builder.emit("add", trips, builder.constant(SIZE - 1))
        count = builder.emit("floor_divide", more, builder.constant(SIZE))
        block = Value(Type("weak_int"), self._name("block"))
        inside = Builder(eq.origin, eq.backward)
        self._open(inside, block, trips)
        equations = [*inside.equations, *self._emitted(items)]
        numbers = [k for k, v in enumerate(loop.carries) if v.buffer is None]
        region = Region((block,), tuple(equations), ())
        bounds = (builder.constant(0), count, builder.constant(1))
        attrs = {k: v for k, v in eq.attrs.items() if k not in ("labels", "kinds")}
        builder.append("for", bounds, (), (region,), **attrs)
        for value in (*loop.inits, *loop.finals):
            if value.buffer is not None:
                self.versions[value] = value.buffer
        env: dict[Hashable, Value] = {
            v.buffer: v for v in loop.inits if v.buffer is not None
        }
        totals = {k: self.totals[k] for k in numbers}
        for k, total in totals.items():
            env[total] = loop.inits[k]
        whole = Region((), tuple(builder.equations), ())
        made, end = Threader(self.versions).region(whole, env)
        finals = [
            end[totals[k]] if k in totals else end[v.buffer]
            for k, v in enumerate(loop.inits)
        ]
        return list(made.equations), finals

    def _ends(self) -> list[tuple[Value, Value]]:
        """Return the sums that a block adds up, each with what it adds."""
        self.totals: dict[int, Value] = {}
        ends = []
        rows = zip(self.loop.carries, self.loop.yields, strict=True)
        for k, (carry, value) in enumerate(rows):
            if carry.buffer is None:
                total = Value(carry.type, carry.name)
                self.totals[k] = total
                ends.append((total, value))
        return ends

    def _open(self, inside: Builder, block: Value, trips: Value) -> None:
        """Emit the first sample of a block, and how many it has."""
        most = inside.constant(SIZE)
        inside.append("multiply", (most, block), (self.first,))
        left = inside.emit("subtract", trips, self.first)
        inside.append("minimum", (most, left), (self.size,))

    # ---- into runs ----

    def _items(self, region: Region, ends: Sequence[tuple[Value, Value]]) -> list[Item]:
        """Return a body as runs of lanes and what is the same for all of them."""
        items: list[Item] = []
        run, late = _Run(), _Run()

        def close() -> None:
            nonlocal run
            if run.equations or run.moves or run.adds:
                items.append(run)
            run = _Run()

        for eq in region.equations:
            if eq.op in ("for", "if") and self._is_common(eq):
                if eq.op == "for":
                    inner = Loop.of(eq)
                    run.moves += self._moves(inner.carries, inner.inits)
                close()
                items.append(self._control(eq))
            elif eq.op in ("for", "if"):
                run.equations.append(eq)
            elif self._is_scatter(eq):
                late.equations.append(eq)
            elif self.lanes.varies(eq) and eq.op not in MEMORY:
                run.equations.append(eq)
            else:
                items.append(eq)
        run.moves += [e for e in ends if e[0] not in self.totals.values()]
        run.adds += [e for e in ends if e[0] in self.totals.values()]
        close()
        run = late
        close()
        return items

    def _is_common(self, eq: Equation) -> bool:
        """Whether all lanes take the same way through a loop or a branch."""
        ways = eq.operands[:3] if eq.op == "for" else eq.operands[:1]
        return not any(v in self.lanes.varying for v in ways)

    def _is_scatter(self, eq: Equation) -> bool:
        """Whether lanes may add to the same element of a sum."""
        if eq.op != "accumulate" or eq.operands[0].buffer not in self.lanes.summed:
            return False
        return any(v in self.lanes.varying for v in eq.operands[2:])

    def _moves(
        self, targets: Iterable[Value], sources: Iterable[Value]
    ) -> list[tuple[Value, Value]]:
        """Return the numbers that vary and go from one place to another."""
        pairs = zip(targets, sources, strict=True)
        return [(t, s) for t, s in pairs if t in self.lanes.varying and t is not s]

    def _control(self, eq: Equation) -> Item:
        if eq.op == "for":
            inner = Loop.of(eq)
            ends = self._moves(inner.carries, inner.yields)
            return eq, (self._items(inner.body, ends),)
        bodies = []
        for region in eq.regions:
            ends = self._moves(eq.results, region.results)
            bodies.append(self._items(region, ends))
        return eq, tuple(bodies)

    # ---- homes of numbers that are read in more than one run ----

    def _find_homes(self, items: Sequence[Item]) -> None:
        """Give memory to what is not read only in the run that computes it."""
        made: dict[Value, int] = {}
        read: list[tuple[Value, int]] = []
        self._note(items, made, read)
        for value, run in read:
            if value in self.lanes.varying and made.get(value) != run:
                self._home(value)
        for value in self.loop.body.params:
            self.homes.pop(value, None)  # known to every lane

    def _note(
        self,
        items: Sequence[Item],
        made: dict[Value, int],
        read: list[tuple[Value, int]],
    ) -> None:
        for item in items:
            if isinstance(item, _Run):
                inside: set[Value] = set()
                for eq in item.equations:
                    read += [(v, id(item)) for v in captured(eq) if v not in inside]
                    inside.update(eq.results)
                    made.update((r, id(item)) for r in eq.results)
                read += [(s, id(item)) for _, s in (*item.moves, *item.adds)]
                for target, _ in item.moves:
                    self._home(target)
            elif isinstance(item, tuple):
                eq, bodies = item
                if eq.op == "for":
                    inner = Loop.of(eq)
                    for carry, final in zip(inner.carries, inner.finals, strict=True):
                        if carry in self.lanes.varying:
                            self.homes[final] = self._home(carry)
                for body in bodies:
                    self._note(body, made, read)

    def _home(self, value: Value) -> Value:
        if value not in self.homes:
            dtype = {"weak_float": "float64", "weak_int": "int64"}.get(
                value.type.dtype, value.type.dtype
            )
            name = f"{value.name}_lanes" if value.name else None
            hint = value.hint or "lanes"
            kind = Type(dtype, (Linear.number(SIZE),))
            home = Value(kind, name, Buffer(name or ""), hint=hint)
            self.homes[value] = home
            assert home.buffer is not None
            self.versions[home] = home.buffer
        return self.homes[value]

    # ---- back to equations ----

    def _emitted(self, items: Sequence[Item]) -> list[Equation]:
        """Return the equations of a block."""
        eq = self.loop.eq
        builder = Builder(eq.origin, eq.backward)
        length = builder.constant(SIZE)
        for home in dict.fromkeys(self.homes.values()):
            builder.append("empty", (length,), (home,), dtype=home.type.dtype)
        return [*builder.equations, *self._body(items)]

    def _body(self, items: Sequence[Item]) -> list[Equation]:
        out: list[Equation] = []
        for item in items:
            if isinstance(item, _Run):
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
        wide = self._wide(eq.result)
        made = replace(eq, operands=(*eq.operands, length), results=(wide,))
        return [*builder.equations, made]

    def _wide(self, array: Value) -> Value:
        """Return an array of one sample as that of all lanes."""
        shape = (*array.type.shape, Linear.number(SIZE))
        wide = replace(array, type=replace(array.type, shape=shape))
        wide = replace(wide, serial=Value(array.type).serial)
        assert array.buffer is not None
        self.versions[wide] = array.buffer
        return wide

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

    def _run(self, run: _Run) -> list[Equation]:
        """Return the loop over the lanes that does the equations of a run."""
        like = run.equations[0] if run.equations else self.loop.eq
        lane = Value(Type("weak_int"), self._name("lane"))
        inside = _Inside(self, Builder(like.origin, like.backward), lane)
        after = Builder(like.origin, like.backward)
        sums: list[tuple[Value, Value, Value, Value]] = []  # init, carry, end, final
        before = Builder(like.origin, like.backward)
        for eq in run.equations:
            if eq.op == "accumulate" and eq.operands[0].buffer in self.lanes.summed:
                if not self._is_scatter(eq):
                    sums.append(inside.summed(eq, before, after))
                    continue
            inside.equation(eq)
        loads = [(target, inside.value(source)) for target, source in run.moves]
        for target, value in loads:
            inside.keep(target, value)
        for total, source in run.adds:
            value = inside.value(source)
            carry = Value(total.type, total.name)
            self.versions[total] = self.versions[carry] = total
            end = Value(total.type, total.name)
            self.versions[end] = total
            inside.builder.append("add", (carry, value), (end,), spelled="+=")
        builder = Builder(like.origin, like.backward)
        bounds = (builder.constant(0), self.size, builder.constant(1))
        region = Region(
            (lane, *(carry for _, carry, _, _ in sums)),
            tuple(inside.builder.equations),
            tuple(end for _, _, end, _ in sums),
        )
        operands = (*bounds, *(init for init, _, _, _ in sums))
        finals = tuple(final for _, _, _, final in sums)
        builder.append("for", operands, finals, (region,), stands_for="lanes")
        return [*before.equations, *builder.equations, *after.equations]


class _Inside:
    """The body of a loop over lanes under construction."""

    def __init__(self, blocks: _Blocks, builder: Builder, lane: Value) -> None:
        self.blocks = blocks
        self.builder = builder
        self.lane = lane
        self.known: dict[Value, Value] = {}

    def value(self, value: Value) -> Value:
        """Return a number of this lane."""
        if value in self.known or value not in self.blocks.lanes.varying:
            return self.known.get(value, value)
        if value is self.blocks.loop.counter:
            self.known[value] = self._counter(value)
        elif value in self.blocks.homes and value not in self.known:
            home = self.blocks.homes[value]
            loaded = Value(value.type, value.name, hint=value.hint)
            path = (Index((At(0),)),)
            self.builder.append(
                "index", (home, self.lane), (loaded,), path=path, inbounds=(True,)
            )
            self.known[value] = loaded
        elif value in self.blocks.loop.carries:
            dtype = value.type.dtype
            self.known[value] = self.builder.constant(
                0.0, None if dtype == "weak_float" else dtype
            )
        return self.known.get(value, value)

    def _counter(self, counter: Value) -> Value:
        start, _, step = self.blocks.loop.bounds
        at = self.builder.emit("add", self.blocks.first, self.lane)
        if step.as_linear.value == -1:
            at = self.builder.emit("subtract", start, at)
        elif start.as_linear.value != 0:
            at = self.builder.emit("add", start, at)
        last = self.builder.equations[-1]
        named = replace(at, name=counter.name)
        self.builder.equations[-1] = replace(last, results=(named,))
        return named

    def equation(self, eq: Equation) -> None:
        """Append an equation as this lane does it."""
        for value in dict.fromkeys(captured(eq)):
            self.value(value)
        made = substitute(Region((), (eq,), ()), self.known).equations[0]
        made = self._widened(made)
        self.builder.equations.append(made)
        for result in eq.results:
            if result.buffer is None:
                self.known[result] = result
                if result in self.blocks.homes:
                    self.keep(result, result)

    def _widened(self, eq: Equation) -> Equation:
        """Return an equation that reaches this lane's part of private memory."""
        if eq.regions:
            regions = tuple(
                replace(r, equations=tuple(self._widened(e) for e in r.equations))
                for r in eq.regions
            )
            return self._bare(replace(eq, regions=regions))
        array = eq.operands[0] if eq.operands else None
        if array is None or array.buffer is None:
            return eq
        for value in (array, *eq.results):
            if value.buffer is not None:
                self.blocks.versions[value] = value.buffer
        if array.buffer not in self.blocks.lanes.private:
            return eq
        if eq.op == "dim":
            return eq
        (step,) = eq.attrs["path"]
        count = len(eq.operands) - (2 if eq.op in WRITES else 1)
        path = (Index((*step.items, At(count))),)
        inbounds = (*eq.attrs.get("inbounds", ()), True)
        attrs = MappingProxyType({**eq.attrs, "path": path, "inbounds": inbounds})
        results = eq.results
        if eq.op in WRITES:
            results = (self.blocks._wide(eq.result),)
        return replace(
            eq, operands=(*eq.operands, self.lane), results=results, attrs=attrs
        )

    def _bare(self, eq: Equation) -> Equation:
        """Return control without the arrays it carries: they are threaded again."""
        if eq.op == "if":
            kept = [k for k, r in enumerate(eq.results) if r.buffer is None]
            regions = tuple(
                replace(r, results=tuple(r.results[k] for k in kept))
                for r in eq.regions
            )
            results = tuple(eq.results[k] for k in kept)
            return replace(eq, results=results, regions=regions)
        inner = Loop.of(eq)
        kept = [k for k, v in enumerate(inner.carries) if v.buffer is None]
        assert inner.counter is not None
        region = Region(
            (inner.counter, *(inner.carries[k] for k in kept)),
            inner.body.equations,
            tuple(inner.yields[k] for k in kept),
        )
        return replace(
            eq,
            operands=(*inner.bounds, *(inner.inits[k] for k in kept)),
            results=tuple(inner.finals[k] for k in kept),
            regions=(region,),
        )

    def keep(self, target: Value, value: Value) -> None:
        """Append the store of a number where other runs find it."""
        home = self.blocks.homes[target]
        result = Value(home.type, home.name, home.buffer, hint=home.hint)
        assert home.buffer is not None
        self.blocks.versions[result] = home.buffer
        path = (Index((At(0),)),)
        operands = (home, value, self.lane)
        self.builder.append("store", operands, (result,), path=path, inbounds=(True,))

    def summed(
        self, eq: Equation, before: Builder, after: Builder
    ) -> tuple[Value, Value, Value, Value]:
        """Append a sum over the lanes, added to its element after them."""
        value = self.value(eq.operands[1])
        dtype = eq.operands[0].type.dtype
        total = Type(dtype)
        init = before.constant(0.0, None if dtype == "float64" else dtype)
        array, _, *slots = eq.operands
        hint = f"{array.name}_more" if array.name else "more"
        carry, end, final = (Value(total, hint=hint) for _ in range(3))
        self.builder.append("add", (carry, value), (end,), spelled="+=")
        attrs = dict(eq.attrs)
        result = eq.result
        for version in (array, result):
            assert version.buffer is not None
            self.blocks.versions[version] = version.buffer
        after.append("accumulate", (array, final, *slots), (result,), **attrs)
        return init, carry, end, final
