"""A loop taken apart, to be run in parts: its carries, and parts of its range."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from ..errors import Problem
from ..graph.build import Builder
from ..graph.ir import WRITES, Buffer, Equation, Region, Value, captured, is_view, walk
from ..graph.loopform import Loop
from .trips import trip_count


@dataclass(frozen=True, slots=True)
class Parts:
    """A loop, and how its carries go on.

    ``written``: the array is updated where it is. ``copied``: an array that is
    written or handed on, but not to itself. Who runs the loop again works on copies
    of both. ``unset`` numbers the carries that nothing has given a value before.
    """

    loop: Loop
    written: tuple[bool, ...]
    copied: tuple[bool, ...]
    unset: tuple[int, ...] = ()

    def before(self) -> list[Value]:
        """Return new values for the carries of a loop around."""
        return [
            again(v, v.buffer if written else memory(v))
            for v, written in zip(self.loop.carries, self.written, strict=True)
        ]

    def after(self, before: list[Value]) -> list[Value]:
        """Return new values for what the loop gives when it starts from some."""
        rows = zip(self.loop.finals, before, self.written, strict=True)
        return [again(v, b.buffer if own else memory(v)) for v, b, own in rows]


def parts_of(eq: Equation) -> Parts | None:
    """Return the parts of a loop, or None if its state cannot be handed on."""
    loop = Loop.of(eq)
    views = {inner.result for inner in walk(loop.body) if is_view(inner)}
    touched = {v.buffer for inner in walk(loop.body) for v in overwritten(inner)}
    given = [v.buffer for v in loop.yields if v.buffer is not None]
    taken = captured(replace(eq, operands=()))
    outside = {v.buffer for v in (*taken, *loop.inits)} - {None}
    outside -= {v.buffer for v in loop.carries}
    if len(set(given)) < len(given) or outside.intersection(given):
        return None  # two names for one array
    written = [
        c.buffer is not None and c.buffer is y.buffer and y not in views
        for c, y in zip(loop.carries, loop.yields, strict=True)
    ]
    copied = [
        c.buffer is not None and not own and c.buffer in touched.union(given)
        for c, own in zip(loop.carries, written, strict=True)
    ]
    return Parts(loop, tuple(written), tuple(copied))


UNSET = ("it uses a name that it sets first", "set the name before the loop")


def unsplit(eq: Equation, why: str, help: str) -> Problem:
    """Return what to say of a loop that cannot be split."""
    at = eq.origin
    message = f"checkpoint: this loop cannot be split: {why}"
    if at is None:
        return Problem("", 0, 0, 0, message, help)
    return Problem(at.file, at.line, at.column, at.end_column, message, help, at.text)


def overwritten(eq: Equation) -> tuple[Value, ...]:
    """Return the arrays whose memory an equation may write."""
    if eq.op in WRITES:
        return eq.operands[:1]
    return eq.operands if eq.op == "call" or eq.regions else ()


def again(value: Value, buffer: Buffer | None) -> Value:
    """Return another value like one."""
    return replace(value, serial=Value(value.type).serial, buffer=buffer)


def memory(value: Value) -> Buffer | None:
    """Return new memory for a value like one."""
    return Buffer(value.name or "") if value.type.rank else None


def unread(loop: Loop) -> frozenset[Buffer]:
    """Return the memory that a loop writes and never reads."""
    pairs = zip(loop.carries, loop.yields, strict=True)
    written = {c.buffer for c, y in pairs if c.buffer is y.buffer}
    for eq in walk(loop.body):
        passed = {v.buffer for r in eq.regions for v in r.params}
        passed &= {v.buffer for v in eq.results}
        for k, value in enumerate(eq.operands):
            base = k == 0 and (eq.op in WRITES or eq.op == "dim")
            if not base and value.buffer not in passed:
                written.discard(value.buffer)
        given = {v.buffer for r in eq.regions for v in r.results}
        written -= given - {v.buffer for v in eq.results}
    return frozenset(b for b in written if b is not None)


def plain(region: Region) -> Region:
    """Return a region whose loops are not to be run again: so they can be undone."""
    equations = []
    for eq in region.equations:
        attrs = {k: v for k, v in eq.attrs.items() if k != "schedule"}
        regions = tuple(map(plain, eq.regions))
        equations.append(replace(eq, attrs=MappingProxyType(attrs), regions=regions))
    return replace(region, equations=tuple(equations))


# ---- ranges ----


def all_trips(builder: Builder, bounds: tuple[Value, ...]) -> Value:
    """Emit how many iterations a loop has, at least zero."""
    count = trip_count(builder, bounds)
    number = count.as_linear.value
    if number is not None:
        return builder.constant(max(0, number))
    return builder.emit("maximum", builder.constant(0), count, name="trips")


def counter_at(builder: Builder, bounds: tuple[Value, ...], number: Value) -> Value:
    """Emit the counter after so many iterations."""
    start, _, step = bounds
    gone = number
    if step.as_linear.value != 1:
        gone = times(builder, number, step)
    return gone if start.as_linear.value == 0 else builder.emit("add", start, gone)


def times(builder: Builder, one: Value, other: Value) -> Value:
    """Emit a product of integers; a number, if both are."""
    numbers = (one.as_linear.value, other.as_linear.value)
    if numbers[0] == 1:
        return other
    if None not in numbers:
        return builder.constant(one.as_linear.constant * other.as_linear.constant)
    return builder.emit("multiply", one, other)


def named(builder: Builder, value: Value, name: str) -> Value:
    """Name a value, if it was emitted last and is no number."""
    last = builder.equations[-1] if builder.equations else None
    if last is None or value not in last.results or last.op == "constant":
        return value
    made = replace(value, name=name)
    builder.equations[-1] = replace(last, results=(made,))
    return made
