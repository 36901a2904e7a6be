"""The end of a loop's body: what it hands on, and whether the guess was right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from ..graph.ir import Buffer, Type, Value
from ..graph.linear import Atom, Derived, Dim, Linear
from .carries import RETURNED, SWAPPED, Carries, Carry, Place
from .context import Key, Merged, State
from .frame import Frame
from .lengths import require_equal
from .merge import conflict, joined_dtype, owned
from .objects import (
    Array,
    Conflict,
    Obj,
    Scalar,
    flatten,
    same_form,
)
from .objects import Dim as Length

# Lengths known at run time only: their parts are serial numbers of what made them.
OPAQUE = ("arange", "count", "joined", "result")


class Ending:
    """The end of one parsed body: it notes in the guess what carries turn out to be.

    ``live`` are the names that are read later; values as old as the serial number
    ``since``, or older, exist outside of the loop too.
    """

    def __init__(
        self, carries: Carries, before: State, live: Collection[Key], since: int
    ) -> None:
        self.frame: Frame = carries.frame
        self.carries = carries
        self.guess = carries.guess
        self.before = before
        self.live = live
        self.since = since
        self.rebound: dict[tuple[str, int], tuple[Array | None, Array]] = {}

    def note(self, names: Sequence[str]) -> None:
        """Note all that differs from the start."""
        self._note_written(self.frame.state)
        for name in names:
            self._note_name(name)
        for place, (old, new) in self.rebound.items():
            self._note_sources(place, old, new)

    def yields(self) -> list[Value]:
        """Return what the body hands on."""
        return [self._yield(carry) for carry in self.carries.all]

    def _note_written(self, end: State) -> None:
        for buffer, before in self.before.contents.items():
            if buffer in self.guess.written:
                carry = self.carries.find(buffer)
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
        known = before if before is not None else self.guess.forms.get(name)
        if known is None and end is not None and not isinstance(end, Conflict):
            self._note_form(name, end)
            return
        if end is None or known is None or isinstance(end, Conflict):
            if isinstance(end, Conflict) and end.message:
                self.guess.conflicts[name] = end
            return
        if isinstance(known, Conflict) and not known.message:
            self.guess.conflicts[name] = known
            return
        if not same_form(known, end):
            self.guess.conflicts[name] = conflict(name, "changes its form in the loop")
            return
        for k, (old, new) in enumerate(zip(flatten(known), flatten(end), strict=True)):
            self._note_leaf((name, k), old, new, before is not None)

    def _note_form(self, name: str, end: Obj) -> None:
        for k, leaf in enumerate(flatten(end)):
            if isinstance(leaf, Array):
                shape = enumerate(leaf.type.shape)
                loose = [axis for axis, d in shape if not self._outlives(d)]
                if loose:
                    self._loosen((name, k), leaf.type, loose)
        self.guess.forms[name] = end

    def _outlives(self, d: Dim) -> bool:
        """Whether a length means the same before, in and after the loop."""
        return all(self._is_old(atom) for atom in d.every_atom)

    def _is_old(self, atom: Atom) -> bool:
        if isinstance(atom, Value):
            return atom.serial < self.since
        if isinstance(atom, Derived) and atom.kind in OPAQUE:
            return all(int(part) < self.since for part in atom.parts)  # type: ignore[arg-type]
        return True

    def _note_leaf(
        self, place: tuple[str, int], old: Obj, new: Obj, defined: bool
    ) -> None:
        if isinstance(old, Length):
            old = Scalar(self.frame.read(old)) if isinstance(new, Scalar) else old
        if isinstance(new, Length) and isinstance(old, Scalar):
            new = Scalar(self.frame.read(new))
        if isinstance(old, Scalar) and isinstance(new, Scalar):
            self._note_scalar(place, new)
        elif isinstance(old, Array) and isinstance(new, Array):
            self._note_array(place, old, new, defined)
        elif old != new:
            self.guess.conflicts[place[0]] = conflict(
                place[0], "is a number in one iteration and an array in another"
            )

    def _note_scalar(self, place: tuple[str, int], new: Scalar) -> None:
        carry = self.carries.find(place)
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
        carry = self.carries.find(place)
        if carry is None:
            if new is not old:
                self.guess.slots[place] = Merged(frozenset(), True)
            return
        kind, other = carry.param.type, new.type
        bound = carry.init not in self.frame.context.unbound
        if kind.rank != other.rank or kind.dtype != other.dtype:
            self.guess.conflicts[place[0]] = conflict(
                place[0], "changes its dtype or its number of axes in the loop"
            )
            return
        loose = [
            axis
            for axis, (d, e) in enumerate(zip(kind.shape, other.shape, strict=True))
            if (place, axis) not in self.guess.loose and self._changes(d, e, bound)
        ]
        layout = "A" if kind.layout != other.layout else kind.layout
        if loose or layout != kind.layout:
            self._loosen(place, replace(kind, layout=layout), loose)
        self.rebound[place] = old if defined else None, new

    def _changes(self, d: Dim, e: Dim, bound: bool) -> bool:
        """Whether a length differs between iterations, for all that is known.

        Where it only might, a check at the end of the body says that it does not,
        unless there may be nothing before whose length it has.
        """
        context = self.frame.context
        if context.makes_equal(d, e):
            return not self._outlives(d)
        if (d - e).value is not None or not (bound and self._outlives(e)):
            return True
        return any(map(context.proves, (d - e, e - d)))

    def _loosen(self, place: tuple[str, int], kind: Type, axes: list[int]) -> None:
        """Give axes of a carry lengths that nothing is known of."""
        shape = list(kind.shape)
        for axis in axes:
            self.guess.loose.add((place, axis))
            serial = self.frame.context.next_serial()
            shape[axis] = Linear.of(Derived("joined", (serial,)))
        self.guess.types[place] = replace(kind, shape=tuple(shape))

    def partner(self, place: tuple[str, int]) -> tuple[str, int] | None:
        """Return the carry that exchanges its array with this one."""
        places = {c.param.buffer: c.place for c in self.carries.all}
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
        frame, live = self.frame, self.live
        slots = {
            c.param.buffer
            for c in self.carries.all
            if isinstance(c.place, tuple) and c.param.buffer is not None
        }
        sources: set[Buffer] = set()
        exclusive = True
        if old is not None:
            sources.add(old.root)
            swaps = self.partner(place) is not None
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
        copied = not exclusive and self._is_written(sources)
        if known is None or (known.exclusive, known.copied) != (exclusive, copied):
            found = frozenset(sources - slots)
            self.guess.slots[place] = Merged(found, exclusive, copied)

    def _is_written(self, sources: Collection[Buffer]) -> bool:
        """Whether the loop writes any of the memory that a carried array may be.

        Then a copy is carried, which a statement may read that writes there.
        """
        return any(source in self.guess.written for source in sources)

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
        shapes = zip(carry.param.type.shape, value.type.shape, strict=True)
        pairs = [
            pair
            for axis, pair in enumerate(shapes)
            if (carry.place, axis) not in self.guess.loose
        ]
        require_equal(frame, pairs, [carry.param, value], "loop")
        slot = self.guess.slots.get(carry.place)
        if slot is not None and slot.copied:
            return frame.emit("copy", value, implicit=True)
        return value
