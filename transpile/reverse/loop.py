"""The adjoint of ``for`` and ``while``: the iterations run backwards.

A loop's carries are its whole state: the backward loop carries their adjoints, and
the adjoints of what the body took from outside, adopted as they come. The iteration
that left a loop early is reversed first, on its own, if it differs from the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..graph.build import Builder
from ..graph.ir import Buffer, Equation, Region, Value
from ..graph.loopform import Loop
from .adjoint import Scope, adjoint_type, bar_name
from .branch import Branch, merge
from .hoist import hoist
from .sweep import Handler, Reverser, handles
from .trips import complete_body, leaving_body, reversed_range

State = dict[Value, Value]  # the adjoint of each active carry

# The adjoints of loops that are run again on the way back.
SCHEDULES: dict[str, Handler] = {}


def schedules(name: str) -> Callable[[Handler], Handler]:
    """Register the adjoint of loops that are marked with a schedule."""

    def register(handler: Handler) -> Handler:
        SCHEDULES[name] = handler
        return handler

    return register


@handles("for", "while")
def reverse_loop(reverser: Reverser, eq: Equation, scope: Scope) -> None:
    """Run a loop's iterations backwards; a partial last one comes first."""
    scope.flush_all()
    if eq.attrs.get("schedule") in SCHEDULES:
        SCHEDULES[eq.attrs["schedule"]](reverser, eq, scope)
        return
    loop = Loop.of(eq)
    wanted, state = adjoints(reverser, loop, scope)
    if eq.attrs.get("trips") == "completed":
        state = _partial(reverser, loop, wanted, state, scope)
        body = complete_body(loop.body, 1)
    else:
        body = replace(loop.body, results=loop.yields)
    backward = BackwardLoop(reverser, loop, body, scope)
    backward.run(wanted, state)


def adjoints(reverser: Reverser, loop: Loop, scope: Scope) -> tuple[list[Value], State]:
    """Return the active carries of a loop, and the adjoints of what it gives."""
    carries = [
        (carry, final)
        for carry, final in zip(loop.carries, loop.finals, strict=True)
        if carry in reverser.active or final in reverser.active
    ]
    state = {c: bar for c, f in carries if (bar := scope.take(f)) is not None}
    return [c for c, _ in carries], state


def _partial(
    reverser: Reverser, loop: Loop, wanted: list[Value], state: State, scope: Scope
) -> State:
    """Reverse the iteration that left the loop, if one did; return the state before."""
    body = leaving_body(loop.body, 1)
    left = Branch(reverser, loop.body, scope)
    left.scope.local.update(r for e in body.equations for r in e.results)
    values = dict(zip(loop.carries, body.results, strict=True))
    for carry in wanted:
        if carry in state and values[carry] in reverser.active:
            left.scope.add(values[carry], state[carry], state[carry] in scope.owned)
    left.scope.disown_repeats()
    reverser.sweep(body.equations, left.scope)
    stayed = Branch(reverser, Region((), (), ()), scope)
    stayed.scope.local = set(wanted)
    primals = wanted + list(left.touched)
    final = dict(zip(loop.carries, loop.finals, strict=True))
    ends: list[list[Value]] = [[], []]
    for carry in wanted:
        ends[0].append(left.scope.take_or_zero(carry))
        passed = state.get(carry)
        if passed is None:
            passed = stayed.scope.zeros(final[carry])
            stayed.scope.owned.add(passed)
        elif passed in scope.owned:
            stayed.scope.owned.add(passed)
        ends[1].append(passed)
    for primal in left.touched:
        ends[0].append(left.end(primal))
        ends[1].append(stayed.end(primal))
    left.scope.builder.equations[:0] = _last_counter(loop, scope)
    assert loop.exited is not None
    results = merge(reverser, loop.exited, (left, stayed), ends, primals, scope)
    for primal, result in zip(primals, results, strict=True):
        if primal in left.touched:
            scope.bars[primal] = result
    return dict(zip(wanted, results, strict=False))


def _last_counter(loop: Loop, scope: Scope) -> list[Equation]:
    """Define the counter of the partial iteration: as many steps as were completed."""
    builder = Builder(scope.builder.origin, backward=True)
    trips = loop.finals[-1]
    builder.append("positive", (trips,), (loop.carries[-1],))
    if loop.counter is not None:
        start, _, step = loop.bounds
        gone = trips
        if step.as_linear.value != 1:
            gone = builder.emit("multiply", trips, step)
        if start.as_linear.value == 0:
            builder.append("positive", (gone,), (loop.counter,))
        else:
            builder.append("add", (start, gone), (loop.counter,))
    return builder.equations


class BackwardLoop:
    """The backward loop under construction.

    ``slots`` maps the body's parameters to the initial adjoint and the primal value;
    ``more`` are other carries: what each starts with, is, becomes and ends as.
    """

    def __init__(
        self, reverser: Reverser, loop: Loop, body: Region, outer: Scope
    ) -> None:
        self.reverser = reverser
        self.loop = loop
        self.body = body
        self.outer = outer
        self.inner = reverser.scope(loop.body)
        self.inner.local.update(r for e in body.equations for r in e.results)
        self.inner.builder.origin = outer.builder.origin
        self.inner.adopt = self._adopt
        self.slots: dict[Value, tuple[Value, Value]] = {}
        self.adopted: list[Value] = []
        self.more: list[tuple[Value, Value, Value, Value]] = []

    def _enter(self, primal: Value, init: Value) -> Value:
        param = Value(adjoint_type(primal.type), bar_name(primal), init.buffer)
        self.slots[param] = (init, primal)
        self.inner.owned.add(param)
        self.inner.inherit(param, init)
        return param

    def _adopt(self, primal: Value) -> None:
        self.adopted.append(primal)
        self.inner.bars[primal] = self._enter(primal, self.outer.own(primal))

    def run(self, wanted: list[Value], state: State) -> None:
        """Reverse the body, append the loop, pass its results on."""
        values = dict(zip(self.loop.carries, self.body.results, strict=True))
        for carry in wanted:
            init = self._initial(carry, state.get(carry))
            self.inner.add(values[carry], self._enter(carry, init), True)
        self.inner.disown_repeats()
        self._sweep()
        end = {carry: self._end(carry) for carry in wanted}
        end.update((u, self.inner.bars[u]) for u in self.adopted)
        finals = self._append(end)
        inits = dict(zip(self.loop.carries, self.loop.inits, strict=True))
        for primal in self.adopted:
            self.outer.replace(primal, finals[primal])
        for carry in wanted:
            if inits[carry] in self.reverser.active:
                self.outer.add(inits[carry], finals[carry], True)
        self.outer.flush_all()

    def _sweep(self) -> None:
        """Emit the adjoint of one iteration."""
        self.reverser.sweep(self.body.equations, self.inner)

    def _end(self, carry: Value) -> Value:
        """Return the adjoint of a carry at the start of an iteration."""
        bar = self.inner.take(carry)
        finals = dict(zip(self.loop.carries, self.loop.finals, strict=True))
        if bar is None and self.reverser.may_be_undefined(finals[carry]):
            made = self.inner.zeros(finals[carry])  # the carry may have no length yet
            self.inner.owned.add(made)
            return made
        return self.inner.own(carry)

    def _initial(self, carry: Value, bar: Value | None) -> Value:
        if bar is None:
            # The carry itself is not at hand outside its loop; what it ends as is.
            final = dict(zip(self.loop.carries, self.loop.finals, strict=True))
            made = self.outer.zeros(final[carry])
            # What the last iteration hands on is not read. That it ends at a pole, and
            # only there, is no reason to guard the adjoints of all iterations.
            self.outer.sparse.pop(made)
            return made
        if carry.type.rank and bar not in self.outer.owned:
            return self.outer.builder.emit("copy", bar)
        return bar

    def _append(self, end: State) -> State:
        """Append the equation; return the adjoint of each carried value after it."""
        carries = list(self.more)
        adjoints: State = {}
        for param, (init, primal) in self.slots.items():
            same = end[primal].buffer is param.buffer
            buffer = init.buffer if same else Buffer(param.name or "")
            result = Value(param.type, param.name, buffer)
            self.outer.inherit(result, init, end[primal])
            carries.append((init, param, end[primal], result))
            adjoints[primal] = result
        counter, bounds = self._range()
        inside = {counter, *self.inner.local, *(p for _, p, _, _ in carries)}
        rows = hoist(self.inner.builder.equations, inside)
        self.outer.builder.equations += rows.before
        carries += rows.carries
        region = Region(
            (counter, *(param for _, param, _, _ in carries)),
            rows.equations,
            tuple(after for _, _, after, _ in carries),
        )
        self.reverser.mirror[region] = self.loop.body
        inits = (init for init, _, _, _ in carries)
        finals = [final for _, _, _, final in carries]
        builder = self.outer.builder
        self.made = builder.append("for", (*bounds, *inits), finals, (region,))
        return adjoints

    def _range(self) -> tuple[Value, tuple[Value, ...]]:
        """Return the counter (the forward loop's own, or of trips) and its range."""
        builder, loop = self.outer.builder, self.loop
        if "trips" not in loop.eq.attrs:
            assert loop.counter is not None
            return loop.counter, reversed_range(builder, loop.bounds)
        trips = loop.finals[-1]
        zero, one = builder.constant(0), builder.constant(1)
        if loop.counter is None:
            return loop.carries[-1], reversed_range(builder, (zero, trips, one))
        start, _, step = loop.bounds
        gone = builder.emit("multiply", trips, step)
        stop = builder.emit("add", start, gone)
        return loop.counter, reversed_range(builder, (start, stop, step))
