"""Where two branches meet: results for what they left different."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from ..graph.build import Builder
from ..graph.ir import Buffer, Region, Type, Value
from ..graph.linear import Derived, Dim, Linear
from ..graph.types import promote
from .context import Endless, Flag, Key, Merged, State, region
from .frame import Frame
from .objects import Array, Conflict, Listed, Named, Obj, Scalar, Tuple
from .objects import Dim as Length

VALUE = "<value>"


@dataclass(frozen=True, slots=True)
class Side:
    """A branch as it was left: its block and what is known at its end.

    ``lost``: it never gets to its end, for all that is known.
    """

    builder: Builder
    state: State
    lost: bool = False


def side(frame: Frame, facts: Sequence[Linear], action: Callable[[], None]) -> Side:
    """Parse a branch."""
    context = frame.context
    with context.block(facts):
        try:
            action()
        except Endless:
            return Side(context.builder, context.state, lost=True)
        return Side(context.builder, context.state)


class Merger:
    """The results of a branch, collected one after another."""

    def __init__(
        self, frame: Frame, sides: tuple[Side, Side], live: Collection[Key]
    ) -> None:
        self.frame = frame
        self.live = live
        self.sides = sides
        self.yields: list[tuple[Value, Value]] = []
        self.results: list[Value] = []
        self.after = frame.state.copy()

    # ---- one result ----

    def add(
        self, pair: tuple[Value, Value], kind: Type, buffer: Buffer | None, name: str
    ) -> Value:
        """Return the result for a pair of values of the branches."""
        if pair in self.yields:
            found = self.results[self.yields.index(pair)]
            if found.buffer is buffer:
                return found
        shown = None if name.startswith("<") else name
        result = Value(kind, shown, buffer)
        self.yields.append(pair)
        self.results.append(result)
        if not self.frame.context.unbound.isdisjoint(pair):
            self.frame.context.unbound.add(result)
        return result

    def in_side(self, k: int, make: Callable[[], Value]) -> Value:
        """Emit into one of the branches."""
        chosen = self.sides[k]
        with self.frame.context.into(chosen.builder, chosen.state):
            return make()

    # ---- what can differ ----

    def exits(self) -> None:
        """Merge the flags of break, continue and return."""
        first, second = (s.state.exits for s in self.sides)
        for kind in dict.fromkeys((*first, *second)):
            flags = first.get(kind, False), second.get(kind, False)
            self.after.exits[kind] = self._flag(flags)

    def _flag(self, flags: tuple[Flag, Flag]) -> Flag:
        if flags[0] is flags[1]:
            return flags[0]
        pair = self._flag_value(0, flags[0]), self._flag_value(1, flags[1])
        return self.add(pair, Type("bool"), None, "<exit>")

    def _flag_value(self, k: int, flag: Flag) -> Value:
        if isinstance(flag, Value):
            return flag
        return self.in_side(k, lambda: self.frame.constant(flag))

    def contents(self) -> None:
        """Merge the contents of buffers that were written in a branch."""
        first, second = (s.state.contents for s in self.sides)
        for buffer, before in self.frame.state.contents.items():
            pair = first.get(buffer), second.get(buffer)
            if pair[0] is None or pair[1] is None:
                del self.after.contents[buffer]
                self.frame.context.moved.setdefault(buffer, "an array given away")
            elif pair[0] is not pair[1]:
                name = before.name or buffer.name
                value = self.add((pair[0], pair[1]), before.type, buffer, name)
                self.after.contents[buffer] = value

    def names(self) -> None:
        """Merge what names stand for, as far as they are read later."""
        first, second = (s.state.names for s in self.sides)
        for key in dict.fromkeys((*first, *second)):
            pair = first.get(key), second.get(key)
            if pair[0] == pair[1] and pair[0] is not None:
                self.after.names[key] = pair[0]
            elif key in self.live or key[1].startswith("<"):
                self.after.names[key] = self.merge(key[1], *pair)
            else:
                self.after.names.pop(key, None)

    def merge(self, name: str, first: Obj | None, second: Obj | None) -> Obj:
        """Return what a name stands for after the branches."""
        pair = _materialised(self, first, 0), _materialised(self, second, 1)
        found = [obj for obj in pair if obj is not None]
        if pair[0] == pair[1] and pair[0] is not None:
            return pair[0]
        for obj in found:
            if isinstance(obj, Conflict):
                return obj
        if len(found) == 1 and not isinstance(found[0], (Tuple, Named, Scalar, Array)):
            return found[0]
        if all(isinstance(obj, Tuple) for obj in found):
            return self._tuples(name, pair)
        if all(isinstance(obj, Named) for obj in found):
            return self._records(name, pair)
        if all(isinstance(obj, Scalar) for obj in found):
            return self._scalars(name, pair)
        if all(isinstance(obj, Array) for obj in found):
            return self._arrays(name, pair)
        return conflict(name, "is of another kind in each branch")

    def _tuples(self, name: str, pair: tuple[Obj | None, Obj | None]) -> Obj:
        groups = [obj for obj in pair if isinstance(obj, Tuple)]
        if len({len(group.items) for group in groups}) > 1:
            return conflict(name, "has another length in each branch")
        parts = [
            obj.items if isinstance(obj, Tuple) else (None,) * len(groups[0].items)
            for obj in pair
        ]
        return Tuple(
            tuple(
                self.merge(f"{name}_{k}" if name != VALUE else name, x, y)
                for k, (x, y) in enumerate(zip(*parts, strict=True))
            ),
            groups[0].is_list,
        )

    def _records(self, name: str, pair: tuple[Obj | None, Obj | None]) -> Obj:
        records = [obj for obj in pair if isinstance(obj, Named)]
        if len({(record.kind, record.names) for record in records}) > 1:
            return conflict(name, "has other fields in each branch")
        plain = [Tuple(o.items) if isinstance(o, Named) else None for o in pair]
        merged = self._tuples(name, (plain[0], plain[1]))
        if not isinstance(merged, Tuple):
            return merged
        return replace(records[0], items=merged.items)

    def _scalars(self, name: str, pair: tuple[Obj | None, Obj | None]) -> Obj:
        types = [obj.value.type for obj in pair if isinstance(obj, Scalar)]
        dtype = joined_dtype(*(t.dtype for t in types))
        if dtype is None:
            return conflict(name, "is a truth value in one branch, a number in another")
        values = [self._scalar(k, obj, Type(dtype)) for k, obj in enumerate(pair)]
        result = self.add((values[0], values[1]), Type(dtype), None, name)
        context = self.frame.context
        known = context.number(values[0])
        if known is not None and dtype == "bool" and context.number(values[1]) == known:
            context.known[result] = known
        return Scalar(result)

    def _scalar(self, k: int, obj: Obj | None, kind: Type) -> Value:
        frame = self.frame
        if not isinstance(obj, Scalar):
            return self.in_side(k, lambda: frame.undefined(kind))
        return self.in_side(k, lambda: frame.cast(obj.value, kind.dtype))

    def _arrays(self, name: str, pair: tuple[Obj | None, Obj | None]) -> Obj:
        arrays = [obj for obj in pair if isinstance(obj, Array)]
        kind = joined_array(self.frame, [a.type for a in arrays])
        if isinstance(kind, str):
            return conflict(name, kind)
        values = [self._array(k, obj, kind) for k, obj in enumerate(pair)]
        buffer = Buffer("" if name.startswith("<") else name)
        result = self.add((values[0], values[1]), kind, buffer, name)
        if result.buffer is None:
            return Scalar(result)
        self.frame.context.merged[result.buffer] = Merged(
            frozenset(a.root for a in arrays), self._exclusive(name, pair)
        )
        self.after.contents[result.buffer] = result
        return Array(result.buffer, kind)

    def _array(self, k: int, obj: Obj | None, kind: Type) -> Value:
        frame = self.frame
        if not isinstance(obj, Array):
            return self.in_side(k, lambda: frame.undefined(kind))
        return self.in_side(k, lambda: frame.read(obj))

    def _exclusive(self, name: str, pair: tuple[Obj | None, Obj | None]) -> bool:
        return all(
            owned(self.frame, chosen.state, name, obj, self.live)
            for chosen, obj in zip(self.sides, pair, strict=True)
            if isinstance(obj, Array)
        )

    # ---- the equation ----

    def finish(self, condition: Value, attrs: dict[str, object]) -> None:
        """Emit the branch and go on in the state after it."""
        regions: list[Region] = [
            region((), s.builder, [pair[k] for pair in self.yields])
            for k, s in enumerate(self.sides)
        ]
        self.frame.context.state = self.after
        if self.results or any(r.equations for r in regions):
            self.frame.control("if", [condition], self.results, regions, **attrs)


def _materialised(merger: Merger, obj: Obj | None, k: int) -> Obj | None:
    if isinstance(obj, Length):
        return Scalar(merger.in_side(k, lambda: merger.frame.read(obj)))
    return obj


def join(
    frame: Frame,
    condition: Value,
    sides: tuple[Side, Side],
    live: Collection[Key],
    **attrs: object,
) -> None:
    """Emit an ``if`` over two parsed branches and go on after it.

    Where one of them never gets to its end, the other alone counts.
    """
    left = [s for s in sides if not s.lost]
    if len(left) < len(sides):
        if not left:
            raise Endless
        frame.context.builder.equations += left[0].builder.equations
        frame.context.state = left[0].state
        return
    merger = Merger(frame, sides, live)
    merger.exits()
    merger.contents()
    merger.names()
    merger.finish(condition, attrs)


def conflict(name: str, what: str) -> Conflict:
    """Return what a name stands for that cannot be merged."""
    return Conflict(
        f"'{name}' {what}", f"use another name, or make '{name}' the same on every path"
    )


def owned(
    frame: Frame,
    state: State,
    name: str,
    obj: Array,
    live: Collection[Key],
    parameter: bool = False,
) -> bool:
    """Whether nothing that is read later reaches an array but this name.

    With ``parameter`` the caller, who sees a parameter's memory, does not count.
    """
    if obj.parent is not None or (obj.root.parameter and not parameter):
        return False
    merged = frame.context.merged.get(obj.root)
    if merged is not None and not merged.exclusive:
        return False
    others = (
        other
        for key, other in state.names.items()
        if key != (frame.scope, name) and (key[0] != frame.scope or key in live)
    )
    return not any(obj.root in roots(other) for other in others)


def roots(obj: Obj) -> list[Buffer]:
    """Return the buffers that an object reaches."""
    if isinstance(obj, Array):
        return [obj.root]
    if isinstance(obj, Length):
        return []
    if isinstance(obj, (Tuple, Named)):
        return [root for item in obj.items for root in roots(item)]
    if isinstance(obj, Listed):
        return roots(obj.array) if obj.array else []
    return []


def joined_dtype(*dtypes: str) -> str | None:
    """Return the dtype for a number that has several; None for bool and number."""
    if len(set(dtypes)) == 1:
        return dtypes[0]
    return None if "bool" in dtypes else promote(*dtypes)


def joined_array(frame: Frame, types: Sequence[Type]) -> Type | str:
    """Return the type of an array that has several, or why there is none."""
    first = types[0]
    if len({t.rank for t in types}) > 1:
        return "has another number of axes on each path"
    if len({t.dtype for t in types}) > 1:
        return "has another dtype on each path"
    shape = tuple(
        _joined_length(frame, [t.shape[k] for t in types]) for k in range(first.rank)
    )
    layout = first.layout if len({t.layout for t in types}) == 1 else "A"
    return replace(first, shape=shape, layout=layout)


def _joined_length(frame: Frame, lengths: Sequence[Dim]) -> Dim:
    first = lengths[0]
    if all(frame.context.proves_equal(first, other) for other in lengths[1:]):
        return first
    return Linear.of(Derived("joined", (frame.context.next_serial(),)))
