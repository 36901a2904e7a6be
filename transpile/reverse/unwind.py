"""A loop reversed from its snapshots.

::

    top = snapshots - 1
    for t in range(n - 1, -1, -1):
        u, now = u_saved[top].copy(), saved_at[top]
        while now < t:
            stop = min(now + _stride(t + 1 - now, snapshots - top), t)
            for i in range(now, stop):
                body
            now = stop
            if top + 1 < snapshots:
                top += 1
                u_saved[top], saved_at[top] = u, now
        body, and its adjoint
        if saved_at[top] == t:
            top -= 1

Of n iterations with c snapshots as few are run again as is possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..graph.build import Builder
from ..graph.ir import Equation, Region, Type, Value, captured
from ..graph.loopform import Loop
from ..inline import Cloner
from ..rewrite import eliminate_dead
from .adjoint import Scope
from .loop import BackwardLoop, adjoints, schedules
from .parts import Parts, counter_at, memory, named, parts_of, unread
from .repeat import rerun, silent
from .snapshots import (
    Stack,
    again,
    in_range,
    next_stop,
    part_of_range,
    row_of,
    state_of,
)
from .sweep import Reverser
from .trips import reversed_range

COUNT = Type("weak_int")


@schedules("binomial")
def reverse_binomial(reverser: Reverser, eq: Equation, scope: Scope) -> None:
    """Reverse a loop over snapshots."""
    backward = _Unwind(reverser, eq, scope)
    backward.run(*adjoints(reverser, backward.loop, scope))


def _whole(eq: Equation) -> Loop:
    """Return the loop that was split: its inner loop, between the outer one's ends."""
    inner = eq.regions[0].equations[-1]
    count = len(inner.results)
    inits = eq.operands[len(eq.operands) - count :]
    finals = eq.results[len(eq.results) - count :]
    bounds = eq.attrs["bounds"]
    return Loop.of(replace(inner, operands=(*bounds, *inits), results=finals))


class _Unwind(BackwardLoop):
    """The backward loop, with the stack among its carries."""

    def __init__(self, reverser: Reverser, eq: Equation, outer: Scope) -> None:
        loop = _whole(eq)
        body = replace(loop.body, results=loop.yields)
        super().__init__(reverser, loop, body, outer)
        parts = parts_of(loop.eq)
        assert parts is not None
        self.parts: Parts = parts
        self.state = state_of(loop.eq)
        self.snapshots = eq.operands[1]
        self.unread = unread(loop)
        self.bounds = loop.bounds
        self.trips: Value = eq.attrs["most"]
        self.stack = eq.results[1 : len(self.state) + 2]
        self.number = Value(COUNT, "step")
        if loop.bounds[0].as_linear.value == 0 and loop.bounds[2].as_linear.value == 1:
            assert loop.counter is not None
            self.number = loop.counter

    def _range(self) -> tuple[Value, tuple[Value, ...]]:
        """Return the number of the step, or the loop's own counter if that is it."""
        builder = self.outer.builder
        zero, one = builder.constant(0), builder.constant(1)
        return self.number, reversed_range(builder, (zero, self.trips, one))

    def _sweep(self) -> None:
        """Emit the way to one iteration, its adjoint, and the end of a snapshot."""
        builder = self.inner.builder
        one = self.outer.builder.constant(1)
        last = self.outer.builder.emit("subtract", self.snapshots, one, name="top")
        start = Value(COUNT, "top")
        params = tuple(map(again, self.stack))
        top, stack, state = self._advanced(builder, start, params)
        assert self.loop.counter is not None
        counter = self.number
        if counter is not self.loop.counter:
            counter = counter_at(builder, self.bounds, self.number)
            counter = named(builder, counter, self.loop.counter.name or "at")
        given = {self.loop.counter: counter}
        given.update(zip(self._carries(), state, strict=True))
        rerun(self.reverser, self.body.equations, given, self.inner, self.unread)
        after = self._popped(builder, top, stack[-1])
        firsts, ends = (last, *self.stack), (after, *stack)
        finals = (Value(COUNT, "top"), *map(again, self.stack))
        self.more += zip(firsts, (start, *params), ends, finals, strict=True)

    def _carries(self) -> list[Value]:
        return [self.loop.carries[k] for k in self.state]

    def _popped(self, builder: Builder, top: Value, places: Value) -> Value:
        """Emit the end of the snapshot that the iteration itself started from."""
        here = builder.emit("equal", _row(builder, places, top), self.number)
        inner = Builder(builder.origin, True)
        less = inner.emit("subtract", top, inner.constant(1), name="top")
        gone = Region((), tuple(inner.equations), (less,))
        after = Value(COUNT, "top")
        builder.append("if", (here,), (after,), (gone, Region((), (), (top,))))
        return after

    def _advanced(
        self, builder: Builder, top: Value, stack: Sequence[Value]
    ) -> tuple[Value, list[Value], list[Value]]:
        """Emit the way from the last snapshot to the state before the iteration."""
        *rows, places = stack
        now = _row(builder, places, top, "now")
        state = [
            _state(builder, row, top, carry.name)
            for row, carry in zip(rows, self._carries(), strict=True)
        ]
        inits = (now, top, *stack, *state)
        finals = [_like(v, self._shared(v, state)) for v in inits]
        params = [_like(v, self._shared(v, state)) for v in inits]
        test = Builder(builder.origin, True)
        seen = [_like(v, self._shared(v, state)) for v in inits]
        less = test.emit("less", seen[0], self.number)
        condition = Region(tuple(seen), tuple(test.equations), (less,))
        body = self._leg(params)
        builder.comment = "From the last snapshot to this iteration"
        builder.append("while", inits, finals, (condition, body), exits=False)
        builder.comment = None
        count = len(stack) + 2
        return finals[1], finals[2:count], finals[count:]

    def _shared(self, value: Value, state: Sequence[Value]) -> bool:
        """Whether all versions of a value are in the same memory."""
        if value not in state:
            return True
        return self.parts.written[self.state[state.index(value)]]

    def _leg(self, params: Sequence[Value]) -> Region:
        """Return the way from one snapshot to the next place of one."""
        now, top, *rest = params
        stack, state = rest[: len(self.stack)], rest[len(self.stack) :]
        builder = Builder(self.inner.builder.origin, True)
        free = builder.emit("subtract", self.snapshots, top)
        stop = next_stop(builder, now, self.number, free)
        state = self._run(builder, now, stop, state)
        more = builder.emit("add", top, builder.constant(1))
        room = builder.emit("less", more, self.snapshots)
        inner = Builder(builder.origin, True)
        higher = inner.emit("add", top, inner.constant(1), name="top")
        taken = Stack(stack[:-1], stack[-1])
        taken.push(inner, higher, stop, state)
        push = Region((), tuple(inner.equations), (higher, *taken.arrays))
        stay = Region((), (), (top, *stack))
        ends = (Value(COUNT, "top"), *map(again, stack))
        builder.append("if", (room,), ends, (push, stay))
        return Region(tuple(params), tuple(builder.equations), (stop, *ends, *state))

    def _run(
        self, builder: Builder, now: Value, stop: Value, state: Sequence[Value]
    ) -> list[Value]:
        """Emit the iterations from one number to another, of the state alone."""
        loop = self.loop
        yields = tuple(loop.yields[k] for k in self.state)
        assert loop.counter is not None
        region = Region((loop.counter, *self._carries()), loop.body.equations, yields)
        region = eliminate_dead(replace(self.reverser.function, body=region)).body
        bounds = part_of_range(builder, self.bounds, now, stop)
        cloner = Cloner()
        for value in captured(Equation("for", (), (), regions=(region,))):
            cloner.bind(value, value)
        ends = []
        for k, carry, start in zip(self.state, self._carries(), state, strict=True):
            own = self.parts.written[k]
            if own and carry.buffer is not None and start.buffer is not None:
                cloner.buffers[carry.buffer] = start.buffer
            ends.append(_like(start, own))
        body = cloner.region(silent(region))
        builder.append("for", (*bounds, *state), ends, (body,), exits=False)
        return ends


def _row(builder: Builder, array: Value, top: Value, name: str | None = None) -> Value:
    """Emit the read of one snapshot."""
    row = builder.emit("index", array, top, path=row_of(array), name=name)
    builder.equations[-1] = in_range(builder.equations[-1])
    return row


def _state(builder: Builder, array: Value, top: Value, name: str | None) -> Value:
    """Emit a snapshot, in memory of its own."""
    if array.type.rank == 1:
        return _row(builder, array, top, name)
    return builder.emit("copy", _row(builder, array, top), name=name)


def _like(value: Value, shared: bool) -> Value:
    """Return another version of a value, in the same memory or not."""
    buffer = value.buffer if shared else memory(value)
    return replace(value, serial=Value(value.type).serial, buffer=buffer, linear=None)
