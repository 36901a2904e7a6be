"""Loops: carries are found by parsing the body again until nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import gast

from ..build import Builder
from ..ir import Buffer, Region, Type, Value
from ..linear import Linear
from .context import Key, Merged, State, region
from .flow import assigned, is_forever, within
from .frame import Frame
from .merge import VALUE, conflict, joined_dtype, owned
from .objects import (
    Array,
    Conflict,
    Dim,
    Obj,
    Scalar,
    flatten,
    rebuild,
    same_form,
)

# A carry: a part of what a name stands for, the contents of a buffer, or the flag.
Place = tuple[str, int] | Buffer
RETURNED = ("<returned>", 0)
SWAPPED = ("<swapped>", 0)
FLAGS = (RETURNED, SWAPPED)
MOST_ATTEMPTS = 12


@dataclass(slots=True)
class Guess:
    """What is known of a loop's carries before its body is parsed.

    ``forms`` are what names stand for that first get a value in the body.
    """

    types: dict[tuple[str, int], Type] = field(default_factory=dict)
    forms: dict[str, Obj] = field(default_factory=dict)
    slots: dict[tuple[str, int], Merged] = field(default_factory=dict)
    written: dict[Buffer, None] = field(default_factory=dict)
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    rising: dict[tuple[str, int], int] = field(default_factory=dict)
    returned: bool = False
    swapped: bool = False


@dataclass(slots=True)
class Carry:
    """A value that goes from one iteration to the next."""

    place: Place
    init: Value
    param: Value
    result: Value

    def fresh_param(self) -> Value:
        """Return another parameter for the same carry, for a condition."""
        return Value(self.param.type, self.param.name, self.param.buffer)


@dataclass(frozen=True, slots=True)
class Body:
    """A parsed body: its block, the state at its end, and its exit flag."""

    builder: Builder
    state: State
    exit: Value | None


class Restart(Exception):
    """The guess was too small: parse the loop again."""


class Loop:
    """One loop of the source."""

    def __init__(self, frame: Frame, node: gast.For | gast.While) -> None:
        self.frame = frame
        self.node = node
        self.guess = Guess()
        self.before = frame.state.copy()
        self.carries: list[Carry] = []
        self.rebound: dict[tuple[str, int], tuple[Array | None, Array]] = {}
        self.first = 0
        bound = assigned([*node.body, *self._targets()])
        self.live_head = frame.live.head(node)
        self.live = self.live_head | frame.live.after(node)
        self.names = [name for name in bound if name in self.live]
        if any(isinstance(n, gast.Return) for n in within(node.body)):
            self.names.append(VALUE)

    def _targets(self) -> list[gast.AST]:
        return [self.node.target] if isinstance(self.node, gast.For) else []

    @property
    def live_keys(self) -> set[Key]:
        """The names that are read later."""
        return {(self.frame.scope, name) for name in self.live}

    # ---- attempts ----

    def settle(self, attempt: Callable[[], None]) -> None:
        """Parse the loop, again and again, until its guess holds."""
        frame, context = self.frame, self.frame.context
        made, problems = len(context.builder.equations), len(context.problems)
        for _ in range(MOST_ATTEMPTS):
            context.state = self.before.copy()
            self.carries = []
            self.rebound = {}
            self.first = Value(Type("weak_int")).serial
            try:
                attempt()
                return
            except Restart:
                del context.builder.equations[made:]
                del context.problems[problems:]
        context.state = self.before.copy()
        frame.refuse(
            "the variables of this loop change their types again and again",
            "start them with values of the type that they end with",
            self.node,
        )

    # ---- the start of a body ----

    def start(self) -> None:
        """Make the carries, in the block before the loop."""
        for name in self.names:
            self._carry_name(name)
        for buffer in self.before.contents:
            if buffer in self.guess.written:
                self._carry_contents(buffer)
        for place, present in zip(
            FLAGS, (self.guess.returned, self.guess.swapped), strict=True
        ):
            if present:
                self._add(place, self.frame.constant(False), Type("bool"), None, None)

    def _carry_name(self, name: str) -> None:
        frame = self.frame
        obj = self.guess.conflicts.get(name)
        if obj is not None:
            frame.bind(name, obj)
            return
        before = frame.bound(name)
        form = before if before is not None else self.guess.forms.get(name)
        if form is None or isinstance(form, Conflict):
            return
        leaves = [
            self._carry_leaf((name, k), leaf, before is not None)
            for k, leaf in enumerate(flatten(form))
        ]
        frame.bind(name, rebuild(form, leaves))

    def _carry_leaf(self, place: tuple[str, int], leaf: Obj, defined: bool) -> Obj:
        """Carry a number, or an array that is bound anew; leave the rest."""
        frame = self.frame
        name = None if place[0].startswith("<") else place[0]
        if isinstance(leaf, Dim):
            leaf = Scalar(frame.read(leaf))
        if isinstance(leaf, Scalar):
            kind = self.guess.types.get(place, leaf.value.type)
            init = frame.cast(leaf.value, kind.dtype) if defined else None
            return Scalar(self._add(place, init, kind, None, name))
        if not isinstance(leaf, Array) or (defined and place not in self.guess.slots):
            return leaf
        kind = self.guess.types.get(place, leaf.type)
        buffer = Buffer(name or "")
        if place in self.guess.slots:
            frame.context.merged[buffer] = self.guess.slots[place]
        init = frame.read(leaf) if defined else None
        frame.state.contents[buffer] = self._add(place, init, kind, buffer, name)
        return Array(buffer, kind)

    def _carry_contents(self, buffer: Buffer) -> None:
        before = self.before.contents[buffer]
        name = before.name or buffer.name or None
        param = self._add(buffer, before, before.type, buffer, name)
        self.frame.state.contents[buffer] = param

    def _add(
        self,
        place: Place,
        init: Value | None,
        kind: Type,
        buffer: Buffer | None,
        name: str | None,
    ) -> Value:
        if init is None:
            init = self.frame.undefined(kind)
        after = None if buffer is None else buffer
        if isinstance(place, tuple) and buffer is not None:
            after = Buffer(buffer.name)
        param = Value(kind, name, buffer)
        self.carries.append(Carry(place, init, param, Value(kind, name, after)))
        return param

    def rising_facts(self, params: Sequence[Value]) -> list[Linear]:
        """Return what holds of integers that only rise, or only fall."""
        return [
            (param.as_linear - c.init.as_linear) * self.guess.rising[c.place]
            for c, param in zip(self.carries, params, strict=True)
            if isinstance(c.place, tuple) and c.place in self.guess.rising
        ]

    @contextmanager
    def as_params(self, params: Sequence[Value]) -> Iterator[None]:
        """Let names stand for other parameters for a while (those of a condition)."""
        frame = self.frame
        swap = dict(zip((c.param for c in self.carries), params, strict=True))
        outside = frame.state
        frame.context.state = outside.copy()
        for key, obj in outside.names.items():
            leaves = [
                Scalar(swap.get(leaf.value, leaf.value))
                if isinstance(leaf, Scalar)
                else leaf
                for leaf in flatten(obj)
            ]
            if any(isinstance(leaf, Scalar) for leaf in leaves):
                frame.state.names[key] = rebuild(obj, leaves)
        for buffer, value in outside.contents.items():
            frame.state.contents[buffer] = swap.get(value, value)
        try:
            yield
        finally:
            frame.context.state = outside

    # ---- the body ----

    def body(self, facts: Sequence[Linear], parse: Callable[[], None]) -> Body:
        """Parse the body in a block of its own."""
        context = self.frame.context
        with context.block([*facts, *self.rising_facts([c.param for c in self.carries])]):
            context.state.exits = dict.fromkeys(("break", "continue", "return"), False)
            self.frame.loops.append(self.node)
            try:
                parse()
            finally:
                self.frame.loops.pop()
            return Body(context.builder, context.state, self._exit())

    def _exit(self) -> Value | None:
        exits = self.frame.state.exits
        flags = [exits[kind] for kind in ("break", "return") if exits[kind] is not False]
        self._expect(self.guess.returned or len(flags) < 2, "returned")
        if not flags:
            return None
        values = [
            flag if isinstance(flag, Value) else self.frame.constant(flag)
            for flag in flags
        ]
        if len(values) == 1:
            return values[0]
        return self.frame.emit("logical_or", *values, spelled="or")

    def _expect(self, holds: bool, flag: str) -> None:
        if not holds:
            setattr(self.guess, flag, True)
            raise Restart

    # ---- the end of a body ----

    def finish(self, body: Body) -> list[Value]:
        """Return what the body hands on; raise `Restart` if the guess was wrong."""
        context, settled = self.frame.context, replace_guess(self.guess)
        with context.into(body.builder, body.state):
            self._note_written(body.state)
            for name in self.names:
                self._note_name(name)
            for place, (old, new) in self.rebound.items():
                self._note_sources(place, old, new)
            if replace_guess(self.guess) != settled:
                raise Restart
            return [self._yield(carry) for carry in self.carries]

    def _note_written(self, end: State) -> None:
        for buffer, before in self.before.contents.items():
            if buffer in self.guess.written:
                carry = self._carry_at(buffer)
                if carry is not None and end.contents.get(buffer) is carry.param:
                    del self.guess.written[buffer]  # written under another name
                continue
            if end.contents.get(buffer) is not before:
                self.guess.written[buffer] = None

    def _note_name(self, name: str) -> None:
        if name in self.guess.conflicts:
            return
        key = (self.frame.scope, name)
        before = self.before.names.get(key)
        end = self.frame.state.names.get(key)
        if before is None and end is not None and name not in self.guess.forms:
            self._note_form(name, end)
            return
        known = before if before is not None else self.guess.forms.get(name)
        if end is None or known is None or isinstance(end, Conflict):
            if isinstance(end, Conflict) and end.message:
                self.guess.conflicts[name] = end
            return
        if not same_form(known, end):
            self.guess.conflicts[name] = conflict(name, "changes its form in the loop")
            return
        for k, (old, new) in enumerate(
            zip(flatten(known), flatten(end), strict=True)
        ):
            self._note_leaf((name, k), old, new, before is not None)

    def _note_form(self, name: str, end: Obj) -> None:
        leaves = flatten(end)
        local = any(
            isinstance(leaf, Array) and not self._outlives(leaf.type) for leaf in leaves
        )
        if local:
            self.guess.conflicts[name] = conflict(
                name, "has a length that is known only inside the loop"
            )
        self.guess.forms[name] = end

    def _outlives(self, kind: Type) -> bool:
        values = [v for d in kind.shape for v in d.every_atom if isinstance(v, Value)]
        return all(value.serial < self.first for value in values)

    def _note_leaf(
        self, place: tuple[str, int], old: Obj, new: Obj, defined: bool
    ) -> None:
        if isinstance(old, Dim):
            old = Scalar(self.frame.read(old)) if isinstance(new, Scalar) else old
        if isinstance(new, Dim) and isinstance(old, Scalar):
            new = Scalar(self.frame.read(new))
        if isinstance(old, Scalar) and isinstance(new, Scalar):
            self._note_scalar(place, new)
        elif isinstance(old, Array) and isinstance(new, Array):
            self._note_array(place, old, new, defined)
        elif old != new:
            self.guess.conflicts[place[0]] = conflict(
                place[0], "is a number in one iteration and an array in another"
            )

    def _carry_at(self, place: Place) -> Carry | None:
        return next((c for c in self.carries if c.place == place), None)

    def _note_scalar(self, place: tuple[str, int], new: Scalar) -> None:
        carry = self._carry_at(place)
        if carry is None:
            return
        dtype = joined_dtype(carry.param.type.dtype, new.value.type.dtype)
        if dtype is None:
            self.guess.conflicts[place[0]] = conflict(
                place[0], "is a truth value in one iteration and a number in another"
            )
        elif dtype != carry.param.type.dtype:
            self.guess.types[place] = Type(dtype)
        elif carry.param.type.is_integer:
            step = (new.value.as_linear - carry.param.as_linear).value
            if step:
                self.guess.rising[place] = 1 if step > 0 else -1

    def _note_array(
        self, place: tuple[str, int], old: Array, new: Array, defined: bool
    ) -> None:
        carry = self._carry_at(place)
        if carry is None:
            if new is not old:
                self.guess.slots[place] = Merged(frozenset(), True)
            return
        kind, other = carry.param.type, new.type
        if kind.rank != other.rank or kind.dtype != other.dtype:
            self.guess.conflicts[place[0]] = conflict(
                place[0], "changes its dtype or its number of axes in the loop"
            )
            return
        for d, e in zip(kind.shape, other.shape, strict=True):
            if (d - e).value is None:
                self.frame.context.makes_equal(d, e)  # else checked at the end
            elif d != e:
                self.guess.conflicts[place[0]] = conflict(
                    place[0], f"changes its length in the loop: {d} and {e}"
                )
                return
        if kind.layout not in ("A", other.layout):
            self.guess.types[place] = replace(kind, layout="A")
        self.rebound[place] = old if defined else None, new

    def _partner(self, place: tuple[str, int]) -> tuple[str, int] | None:
        """Return the carry that exchanges its array with this one."""
        places = {c.param.buffer: c.place for c in self.carries}
        found = []
        for start in (place, self._next(place, places)):
            found.append(None if start is None else self._next(start, places))
        return found[0] if found[1] == place else None

    def _next(
        self, place: tuple[str, int], places: dict[Buffer | None, Place]
    ) -> tuple[str, int] | None:
        new = self.rebound.get(place, (None, None))[1]
        if new is None or new.parent is not None:
            return None
        found = places.get(new.root)
        return found if isinstance(found, tuple) else None

    def _note_sources(
        self, place: tuple[str, int], old: Array | None, new: Array
    ) -> None:
        """Note which memory an array that is bound anew may be."""
        frame, live = self.frame, self.live_keys
        slots = {
            c.param.buffer
            for c in self.carries
            if isinstance(c.place, tuple) and c.param.buffer is not None
        }
        sources: set[Buffer] = set()
        exclusive = True
        if old is not None:
            sources.add(old.root)
            swaps = self._partner(place) is not None
            exclusive = owned(frame, self.before, place[0], old, live, swaps)
            if swaps and exclusive and old.root.parameter:
                self.guess.swapped = True
        sources.add(new.root)
        exclusive = exclusive and owned(frame, frame.state, place[0], new, live)
        if exclusive:
            sources = set()
        known = self.guess.slots.get(place)
        if known is None and exclusive:
            return
        if known is None or known.exclusive != exclusive:
            self.guess.slots[place] = Merged(frozenset(sources - slots), exclusive)

    def _yield(self, carry: Carry) -> Value:
        frame = self.frame
        if isinstance(carry.place, Buffer):
            found = frame.state.contents.get(carry.place)
            if found is None:
                frame.refuse("an array that is bound to other memory in the loop")
            return found
        if carry.place == RETURNED:
            flag = frame.state.exits["return"]
            return flag if isinstance(flag, Value) else frame.constant(flag)
        if carry.place == SWAPPED:
            return frame.emit("logical_not", carry.param, spelled="not")
        obj = frame.bound(carry.place[0])
        if obj is None or isinstance(obj, Conflict):
            return frame.undefined(carry.param.type)
        value = frame.read(flatten(obj)[carry.place[1]])
        if not value.type.rank:
            return frame.cast(value, carry.param.type.dtype)
        pairs = zip(carry.param.type.shape, value.type.shape, strict=True)
        frame.require_equal(list(pairs), [carry.param, value], "loop")
        return value

    # ---- after the loop ----

    def after(self, exited: Value | None, exits: State) -> None:
        """Let names and buffers stand for the results."""
        frame = self.frame
        state = self.before.copy()
        frame.context.state = state
        leaves: dict[str, dict[int, Obj]] = {}
        for carry in self.carries:
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
        """Say what parameters hold whose names were exchanged an unknown number of times."""
        odd = self._carry_at(SWAPPED)
        if odd is None:
            return
        frame = self.frame
        pairs: list[tuple[Buffer, Carry, Carry]] = []
        for place, (old, _) in self.rebound.items():
            partner = self._partner(place)
            if old is not None and partner is not None and old.root.parameter:
                here, there = self._carry_at(place), self._carry_at(partner)
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
        flag = self._carry_at(RETURNED)
        self.frame.state.exits["return"] = exited if flag is None else flag.result

    def equation(
        self, op: str, head: Sequence[Value], regions: Sequence[Region], exits: bool
    ) -> Value | None:
        """Emit the loop; return the flag that says whether it was left."""
        exited = Value(Type("bool")) if exits else None
        results = [c.result for c in self.carries]
        if exited is not None:
            results.insert(0, exited)
        operands = [*head, *(c.init for c in self.carries)]
        self.frame.control(op, operands, results, regions, exits=exits)
        return exited

    def body_region(
        self, params: Sequence[Value], body: Body, yields: Sequence[Value]
    ) -> Region:
        """Return the body as a region."""
        exits = [] if body.exit is None else [body.exit]
        every = [*params, *(c.param for c in self.carries)]
        return region(every, body.builder, [*exits, *yields])


def replace_guess(guess: Guess) -> object:
    """Return a picture of a guess, to see whether it changed."""
    return (
        dict(guess.types),
        dict(guess.slots),
        list(guess.written),
        set(guess.conflicts),
        dict(guess.rising),
        set(guess.forms),
        guess.returned,
        guess.swapped,
    )
