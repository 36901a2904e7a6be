"""Both parts of a reversed body made whole: what is saved, undone and made again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..graph.build import Builder
from ..graph.ir import Buffer, Equation, Region, Value, walk
from ..graph.loopform import Loop
from ..graph.substitute import substitute
from . import memory
from .adjoint import Scope, bar_name
from .positions import Positions
from .record import Recorder
from .replay import Replayer, fold_names
from .saves import Saver, Slot, saved_name
from .steps import Plan
from .sweep import Reverser
from .thread import Env, Threader


@dataclass(frozen=True, slots=True)
class Recorded:
    """The forward equations, and the backward region whose results are the adjoints."""

    forward: list[Equation]
    backward: Region


def record(
    reverser: Reverser,
    scope: Scope,
    bars: list[Value],
    undo: frozenset[Buffer],
    unread: frozenset[Buffer] = frozenset(),
    again: bool = False,
) -> Recorded:
    """Decide what is saved and undone; return both parts made whole.

    Every store into a buffer of ``undo`` is undone; nothing is read back from the
    buffers of ``unread``. ``again``: see `Plan`.
    """
    body = reverser.function.body
    backward = _name_adjoints(scope.builder.equations, bars, reverser)
    positions = Positions.of(body)
    compiled = bool(reverser.function.attrs.get("compiled"))
    given = (reverser.sources, reverser.sizes, undo, again, compiled)
    recorder = Recorder(positions, backward.equations, *given)
    recorder.steps.no_forwarding.update(_stored_into(unread, positions))
    plan = recorder.decide()
    saver = Saver(positions, reverser.sizes)
    saver.lengths = {
        key: length
        for key, length in recorder.needs.lengths.items()
        if length in plan.saved
    }
    old = {}
    for write in plan.rewound:
        if write.op == "call":
            continue
        before, made = _old_contents(write)
        saver.insertions.before.setdefault(write, []).extend(made)
        old[write] = before
    slots = _slots(plan, positions, saver, old)
    replayer = Replayer(positions, plan, saver, slots, old, reverser.mirror)
    replayer.measured = recorder.needs.measured
    replayer.computed = recorder.needs.computed
    replayed = replayer.region(backward, {})
    forward = saver.insertions.apply(body)
    threaded, env = Threader(saver.versions).region(forward, {})
    start: Env = {**env, **dict(positions.after.items())}
    versions = {**replayer.versions, **saver.versions}
    last, _ = Threader(versions).region(replayed, start)
    last = fold_names(last, replayer.made)
    return Recorded(list(threaded.equations), last)


def _slots(
    plan: Plan, positions: Positions, saver: Saver, old: dict[Equation, Value]
) -> dict[Value, Slot]:
    """Arrange that all that is to be saved is kept; return where."""
    slots = {}
    for carry, value, loop in _states(plan.saved, positions, saver):
        name = saved_name(value, positions.definitions[value])
        slots[carry], slots[value] = saver.save_states(carry, value, loop, name)
    for (array, axis), length in saver.lengths.items():
        saver.measure(array, axis, length)
    for value in plan.saved:
        if value not in slots:
            definition = positions.definitions[value]
            name = saved_name(value, definition)
            slots[value] = saver.save(value, definition, name)
    for write, before in old.items():
        definition = positions.equations[write]
        positions.definitions[before] = definition
        slots[before] = saver.save_before(before, definition, write)
    slots.update(saver.pieces)
    return slots


def _stored_into(buffers: frozenset[Buffer], positions: Positions) -> Iterator[Value]:
    """Yield the values that are stored into some memory."""
    for value, stores in positions.stored.items():
        if any(store.operands[0].buffer in buffers for store in stores):
            yield value


def _states(
    saved: Iterable[Value], positions: Positions, saver: Saver
) -> Iterator[tuple[Value, Value, Equation]]:
    """Yield the carries that are saved together with their new value."""
    wanted = set(saved)
    for carry in saved:
        definition = positions.definitions[carry]
        if definition.eq is not None or not definition.chain:
            continue
        loop = Loop.of(definition.chain[-1][0])
        if carry not in loop.carries:
            continue
        value = dict(zip(loop.carries, loop.yields, strict=True))[carry]
        if value in wanted and saver.can_pair(carry, value):
            wanted -= {carry, value}
            yield carry, value, loop.eq


def _old_contents(write: Equation) -> tuple[Value, list[Equation]]:
    """Emit the read of what a store is about to overwrite."""
    builder = Builder(write.origin)
    path = write.attrs["path"]
    slots = list(write.operands[2:])
    old = memory.read(builder, write.operands[0], path, slots, write)
    return old, builder.equations


def _name_adjoints(
    equations: Sequence[Equation], bars: Sequence[Value], reverser: Reverser
) -> Region:
    """Give adjoints the names noted for them."""
    region = Region((), tuple(equations), tuple(bars))
    ops = {r: eq.op for eq in walk(reverser.function.body) for r in eq.results}
    renamed = {}
    for bar in (r for eq in walk(region) for r in eq.results):
        primal = reverser.names.get(bar)
        if primal is not None and bar.name is None:
            hint = f"{ops[primal]}_bar" if primal in ops else None
            named = replace(bar, name=bar_name(primal), hint=hint)
            renamed[bar] = replace(named, serial=Value(bar.type).serial)
    made = substitute(region, renamed)
    for old, new in zip(walk(region), walk(made), strict=True):
        if old in reverser.sources:
            reverser.sources[new] = reverser.sources[old]
    for one, other in zip(_regions(region), _regions(made), strict=True):
        if one in reverser.mirror:
            reverser.mirror[other] = reverser.mirror[one]
    return made


def _regions(region: Region) -> Iterable[Region]:
    for eq in walk(region):
        yield from eq.regions
