"""One loop over the lanes of a block, from the inside."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.ir import (
    WRITES,
    At,
    Buffer,
    Equation,
    Index,
    Region,
    Type,
    Value,
    captured,
)
from ..graph.loopform import Loop
from ..graph.substitute import substitute
from .lanes import MEMORY
from .runs import Plan


class Inside:
    """The body of a loop over lanes under construction."""

    def __init__(self, plan: Plan, builder: Builder, lane: Value) -> None:
        self.plan = plan
        self.builder = builder
        self.lane = lane
        self.known: dict[Value, Value] = {}
        self.own: set[Buffer | None] = set()  # made and read by one lane at a time

    def value(self, value: Value) -> Value:
        """Return a number of this lane."""
        if value in self.known or value not in self.plan.lanes.varying:
            return self.known.get(value, value)
        if value is self.plan.loop.counter:
            self.known[value] = self._counter(value)
        elif value in self.plan.homes and value not in self.known:
            home = self.plan.homes[value]
            loaded = Value(value.type, value.name, hint=value.hint)
            path = (Index((At(0),)),)
            self.builder.append(
                "index", (home, self.lane), (loaded,), path=path, inbounds=(True,)
            )
            self.known[value] = loaded
        elif value in self.plan.loop.carries:
            dtype = value.type.dtype
            self.known[value] = self.builder.constant(
                0.0, None if dtype == "weak_float" else dtype
            )
        return self.known.get(value, value)

    def _counter(self, counter: Value) -> Value:
        start, _, step = self.plan.loop.bounds
        at = self.builder.emit("add", self.plan.first, self.lane)
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
                if result in self.plan.homes:
                    self.keep(result, result)

    def _widened(self, eq: Equation) -> Equation:
        """Return an equation that reaches this lane's part of private memory."""
        if eq.regions:
            regions = tuple(
                replace(r, equations=tuple(self._widened(e) for e in r.equations))
                for r in eq.regions
            )
            return self._bare(replace(eq, regions=regions))
        if eq.op in MEMORY:
            self.own.add(eq.result.buffer)
        array = eq.operands[0] if eq.operands else eq.result
        lanes = self.plan.lanes
        for value in (array, *eq.results):
            if value.buffer in (lanes.private | lanes.summed | lanes.apart):
                self.plan.versions[value] = value.buffer
        if array.buffer not in lanes.private - self.own or eq.op == "dim":
            return eq
        (step,) = eq.attrs["path"]
        count = len(eq.operands) - (2 if eq.op in WRITES else 1)
        path = (Index((*step.items, At(count))),)
        inbounds = (*eq.attrs.get("inbounds", ()), True)
        attrs = MappingProxyType({**eq.attrs, "path": path, "inbounds": inbounds})
        results = eq.results
        if eq.op in WRITES:
            results = (self.plan.wide(eq.result),)
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
        home = self.plan.homes[target]
        result = Value(home.type, home.name, home.buffer, hint=home.hint)
        assert home.buffer is not None
        self.plan.versions[result] = home.buffer
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
            self.plan.versions[version] = version.buffer
        after.append("accumulate", (array, final, *slots), (result,), **attrs)
        return init, carry, end, final
