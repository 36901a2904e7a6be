"""What goes from one iteration of a loop to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..graph.ir import Buffer, Type, Value
from ..graph.linear import Linear
from .context import Merged, State
from .frame import Frame
from .objects import (
    Array,
    Conflict,
    Dim,
    Obj,
    Scalar,
    flatten,
    rebuild,
)

# A carry: a part of what a name stands for, the contents of a buffer, or the flag.
Place = tuple[str, int] | Buffer
RETURNED = ("<returned>", 0)
SWAPPED = ("<swapped>", 0)
FLAGS = (RETURNED, SWAPPED)


@dataclass(slots=True)
class Guess:
    """What is known of a loop's carries before its body is parsed.

    ``forms`` are what names stand for that first get a value in the body, ``loose``
    the axes whose lengths change.
    """

    types: dict[tuple[str, int], Type] = field(default_factory=dict)
    forms: dict[str, Obj] = field(default_factory=dict)
    slots: dict[tuple[str, int], Merged] = field(default_factory=dict)
    written: dict[Buffer, None] = field(default_factory=dict)
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    rising: dict[tuple[str, int], int] = field(default_factory=dict)
    loose: set[tuple[tuple[str, int], int]] = field(default_factory=set)
    returned: bool = False
    swapped: bool = False

    def picture(self) -> object:
        """Return a picture of the guess, to see whether it changes."""
        return (
            dict(self.types),
            dict(self.slots),
            list(self.written),
            set(self.conflicts),
            dict(self.rising),
            set(self.loose),
            set(self.forms),
            self.returned,
            self.swapped,
        )


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


class Carries:
    """The carries of a loop, for a guess of what they are."""

    def __init__(self, frame: Frame, guess: Guess) -> None:
        self.frame = frame
        self.guess = guess
        self.all: list[Carry] = []

    @property
    def params(self) -> list[Value]:
        """The parameters of the body."""
        return [carry.param for carry in self.all]

    def find(self, place: Place) -> Carry | None:
        """Return the carry of a place."""
        return next((c for c in self.all if c.place == place), None)

    def start(self, names: Sequence[str], before: State) -> None:
        """Make the carries, in the block before the loop."""
        for name in names:
            self._carry_name(name)
        for buffer in before.contents:
            if buffer in self.guess.written:
                self._carry_contents(buffer, before.contents[buffer])
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
        if init is not None and leaf.root in self.guess.written:
            init = frame.emit("copy", init, implicit=True)
        frame.state.contents[buffer] = self._add(place, init, kind, buffer, name)
        return Array(buffer, kind)

    def _carry_contents(self, buffer: Buffer, before: Value) -> None:
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
        result = Value(kind, name, after)
        self.all.append(Carry(place, init, param, result))
        if init in self.frame.context.unbound:
            self.frame.context.unbound.update((param, result))
        return param

    def rising_facts(self, params: Sequence[Value]) -> list[Linear]:
        """Return what holds of integers that only rise, or only fall."""
        return [
            (param.as_linear - c.init.as_linear) * self.guess.rising[c.place]
            for c, param in zip(self.all, params, strict=True)
            if isinstance(c.place, tuple) and c.place in self.guess.rising
        ]

    @contextmanager
    def as_params(self, params: Sequence[Value]) -> Iterator[None]:
        """Let names stand for other parameters for a while (those of a condition)."""
        frame = self.frame
        swap = dict(zip((c.param for c in self.all), params, strict=True))
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
