"""Loops: carries are found by parsing the body again until nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gast

from ..graph.build import Builder
from ..graph.ir import Buffer, Region, Type, Value
from ..graph.linear import Linear
from .carries import FLAGS, RETURNED, SWAPPED, Carries, Carry, Guess
from .context import Endless, Key, Merged, State, region
from .endings import Ending
from .flow import assigned, is_forever, within
from .frame import Frame
from .merge import VALUE
from .objects import Array, Obj, Scalar, flatten, rebuild
from .remembered import recall, remember

MOST_ATTEMPTS = 12


@dataclass(frozen=True, slots=True)
class Body:
    """A parsed body: its block, what is known at its end, and its exit flag."""

    builder: Builder
    state: State
    exit: Value | None
    facts: list[Linear]


class Restart(Exception):
    """The guess was too small: parse the loop again."""


class Loop:
    """One loop of the source."""

    def __init__(self, frame: Frame, node: gast.For | gast.While) -> None:
        self.frame = frame
        self.node = node
        self.guess = Guess()
        self.before = frame.state.copy()
        self.carries = Carries(frame, self.guess)
        self.ending: Ending | None = None
        self.since = 0
        bound = assigned([*node.body, *self._targets()])
        live = frame.live.head(node) | frame.live.after(node)
        self.live: set[Key] = {(frame.scope, name) for name in live}
        self.names = [name for name in bound if name in live]
        if any(isinstance(n, gast.Return) for n in within(node.body)):
            self.names.append(VALUE)

    def _targets(self) -> list[gast.AST]:
        return [self.node.target] if isinstance(self.node, gast.For) else []

    # ---- attempts ----

    def settle(self, attempt: Callable[[], None]) -> None:
        """Parse the loop, again and again, until its guess holds."""
        frame, context = self.frame, self.frame.context
        made, problems = len(context.builder.equations), len(context.problems)
        recalled = recall(context, self.node, self.before)
        self.guess = recalled or self.guess
        for _ in range(MOST_ATTEMPTS):
            context.state = self.before.copy()
            self.carries = Carries(frame, self.guess)
            self.since = Value(Type("weak_int")).serial
            try:
                attempt()
                remember(context, self.node, self.before, self.guess)
                return
            except Restart:
                if recalled is not None:
                    recalled, self.guess = None, Guess()
                del context.builder.equations[made:]
                del context.problems[problems:]
            except Endless:  # then the paths are what counts that do not enter it
                del context.builder.equations[made:]
                context.state = self.before.copy()
                return
        context.state = self.before.copy()
        frame.refuse(
            "the variables of this loop change their types again and again",
            "start them with values of the type that they end with",
            self.node,
        )

    def start(self) -> None:
        """Make the carries, in the block before the loop."""
        self.carries.start(self.names, self.before)

    # ---- the body ----

    def body(self, facts: Sequence[Linear], parse: Callable[[], None]) -> Body:
        """Parse the body in a block of its own."""
        context = self.frame.context
        rising = self.carries.rising_facts(self.carries.params)
        with context.block([*facts, *rising]):
            context.state.exits = dict.fromkeys(("break", "continue", "return"), False)
            self.frame.loops.append(self.node)
            self.frame.since.append(self.since)
            try:
                parse()
            finally:
                self.frame.loops.pop()
                self.frame.since.pop()
            exit = self._exit()
            return Body(context.builder, context.state, exit, context.facts)

    def _exit(self) -> Value | None:
        exits = self.frame.state.exits
        flags = [
            exits[kind] for kind in ("break", "return") if exits[kind] is not False
        ]
        if len(flags) > 1 and not self.guess.returned:
            self.guess.returned = True
            raise Restart
        if not flags:
            return None
        values = [
            flag if isinstance(flag, Value) else self.frame.constant(flag)
            for flag in flags
        ]
        if len(values) == 1:
            return values[0]
        return self.frame.emit("logical_or", *values, spelled="or")

    def finish(self, body: Body) -> list[Value]:
        """Return what the body hands on; raise `Restart` if the guess was wrong."""
        before = self.guess.picture()
        self.ending = Ending(self.carries, self.before, self.live, self.since)
        with self.frame.context.into(body.builder, body.state, body.facts):
            self.ending.note(self.names)
            if self.guess.picture() != before:
                raise Restart
            return self.ending.yields()

    def slots(self, side: str) -> list[Buffer]:
        """Return the memory of the arrays that are bound anew (param or result)."""
        values = [
            carry.param if side == "param" else carry.result
            for carry in self.carries.all
            if isinstance(carry.place, tuple)
        ]
        return [value.buffer for value in values if value.buffer is not None]

    # ---- after the loop ----

    def after(self, exited: Value | None, exits: State) -> None:
        """Let names and buffers stand for the results."""
        frame = self.frame
        state = self.before.copy()
        frame.context.state = state
        leaves: dict[str, dict[int, Obj]] = {}
        for carry in self.carries.all:
            if isinstance(carry.place, Buffer):
                state.contents[carry.place] = carry.result
            elif carry.place not in FLAGS:
                name, k = carry.place
                leaves.setdefault(name, {})[k] = self._result(carry)
        for name in assigned([*self.node.body, *self._targets()]) + [VALUE]:
            self._rebind(name, leaves.get(name, {}))
        self._after_exits(exited, exits)
        self._after_swaps()

    def _after_swaps(self) -> None:
        """Say what parameters hold whose names were exchanged again and again."""
        odd = self.carries.find(SWAPPED)
        if odd is None:
            return
        frame, ending = self.frame, self.ending
        assert ending is not None
        pairs: list[tuple[Buffer, Carry, Carry]] = []
        for place, (old, _) in ending.rebound.items():
            partner = ending.partner(place)
            if old is not None and partner is not None and old.root.parameter:
                here, there = self.carries.find(place), self.carries.find(partner)
                assert here is not None and there is not None
                pairs.append((old.root, here, there))
                for carry in (here, there):
                    assert carry.result.buffer is not None
                    frame.context.merged[carry.result.buffer] = Merged(
                        frozenset({old.root}), False
                    )
        results = [
            Value(here.result.type, here.result.name, root) for root, here, _ in pairs
        ]
        blocks = [
            region((), Builder(), [(here, there)[k].result for _, here, there in pairs])
            for k in (1, 0)
        ]
        frame.control("if", [odd.result], results, blocks)
        for result in results:
            assert result.buffer is not None
            frame.state.contents[result.buffer] = result

    def _result(self, carry: Carry) -> Obj:
        context, buffer = self.frame.context, carry.result.buffer
        if buffer is None:
            return Scalar(carry.result)
        context.state.contents[buffer] = carry.result
        assert isinstance(carry.place, tuple)
        merged = self.guess.slots.get(carry.place)
        if merged is not None:
            context.merged[buffer] = merged
        return Array(buffer, carry.result.type)

    def _rebind(self, name: str, leaves: dict[int, Obj]) -> None:
        frame = self.frame
        key = (frame.scope, name)
        if name in self.guess.conflicts:
            frame.bind(name, self.guess.conflicts[name])
            return
        before = self.before.names.get(key)
        form = before if before is not None else self.guess.forms.get(name)
        if form is None:
            return
        if name not in self.names:
            frame.state.names.pop(key, None)
            return
        parts = [leaves.get(k, leaf) for k, leaf in enumerate(flatten(form))]
        frame.bind(name, rebuild(form, parts))

    def _after_exits(self, exited: Value | None, end: State) -> None:
        """Say whether the function returned inside the loop."""
        if end.exits.get("return", False) is False or exited is None:
            return
        if isinstance(self.node, gast.While) and is_forever(self.node):
            self.frame.state.exits["return"] = True
            return
        flag = self.carries.find(RETURNED)
        self.frame.state.exits["return"] = exited if flag is None else flag.result

    def equation(
        self, op: str, head: Sequence[Value], regions: Sequence[Region], exits: bool
    ) -> Value | None:
        """Emit the loop; return the flag that says whether it was left."""
        exited = Value(Type("bool")) if exits else None
        results = [c.result for c in self.carries.all]
        if exited is not None:
            results.insert(0, exited)
        operands = [*head, *(c.init for c in self.carries.all)]
        self.frame.control(op, operands, results, regions, exits=exits)
        return exited

    def body_region(
        self, params: Sequence[Value], body: Body, yields: Sequence[Value]
    ) -> Region:
        """Return the body as a region."""
        exits = [] if body.exit is None else [body.exit]
        every = [*params, *self.carries.params]
        return region(every, body.builder, [*exits, *yields])
