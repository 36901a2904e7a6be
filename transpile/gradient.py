"""The gradient of a function: forward part, seeds, backward part, what is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from . import reverse_branch, reverse_loop, reverse_memory
from .activity import Activity
from .adjoint import Scope, bar_name, dtype_of
from .build import Builder
from .ir import (
    LEAF,
    Buffer,
    Equation,
    Function,
    Parameter,
    Program,
    Region,
    Structure,
    Value,
    walk,
)
from .loops import count_trips, start_counters
from .positions import Positions
from .record import Recorder
from .replay import Replayer, fold_names
from .reverse import Reverser
from .rules import is_constant
from .saves import Saver
from .substitute import substitute
from .thread import Env, Threader

_REGISTERED = (reverse_branch, reverse_loop, reverse_memory)


@dataclass(frozen=True, slots=True)
class Request:
    """What to derive: parameters by name, and the form of the result.

    ``mode`` is ``grad`` (the gradient), ``value_and_grad`` or ``vjp`` (with one
    cotangent parameter for each output, first). ``single`` gives the gradient of one
    parameter bare rather than as a tuple.
    """

    wrt: tuple[str, ...]
    mode: str = "grad"
    single: bool = True
    overwrite: tuple[str, ...] = ()


def gradient(program: Program, request: Request) -> Program:
    """Return the program of the gradient of a program's entry."""
    function = _own_writes(program.entry, request.overwrite)
    wrt = [v for p in function.parameters if p.name in request.wrt for v in p.values]
    outputs = function.body.results
    active = Activity(program, is_constant)
    active.run(function.body, wrt, outputs)
    body = start_counters(count_trips(function.body, active))
    function = replace(function, body=body)
    reverser = Reverser(program, function, active)
    scope = reverser.scope(body)
    seeds = _seed(function, request, scope)
    reverser.sweep(body.equations, scope)
    bars = [_result(scope, v) for v in wrt]
    forward, backward, bars = _record(reverser, scope, bars)
    return _assemble(program, function, request, forward + backward, bars, seeds)


def _own_writes(function: Function, overwrite: Sequence[str]) -> Function:
    """Copy each written parameter at entry, so that the caller's array stays."""
    builder = Builder()
    params, entries = list(function.body.params), {}
    for k in function.written:
        value = params[k]
        if value.name in overwrite:
            continue
        given = replace(
            Value(value.type, value.name), buffer=Buffer(value.name or "", True)
        )
        builder.append("copy", (given,), (value,))
        params[k] = entries[value] = given
    body = Region(
        tuple(params),
        (*builder.equations, *function.body.equations),
        function.body.results,
    )
    parameters = tuple(
        replace(p, values=tuple(entries.get(v, v) for v in p.values))
        for p in function.parameters
    )
    return replace(function, body=body, parameters=parameters)


def _seed(function: Function, request: Request, scope: Scope) -> list[Parameter]:
    """Set the adjoints of the outputs: one, or the cotangents given."""
    if request.mode != "vjp":
        (value,) = function.body.results[: function.returns.width]
        one = scope.builder.constant(1.0, dtype_of(value.type))
        scope.add(value, one, True)
        return []
    bars = []
    for k, value in enumerate(function.body.results):
        name = f"{value.name or ('value' if k == 0 else f'value_{k}')}_bar"
        buffer = Buffer(name, True) if value.type.rank else None
        if len(function.body.results) == 1:
            name = "cotangent"
        bar = Value(value.type, name, buffer)
        bars.append(bar)
        if value.type.is_float:
            scope.add(value, bar, False)
    if len(bars) == 1:
        return [Parameter("cotangent", (bars[0],))]
    shape = Structure("tuple", (LEAF,) * len(bars))
    return [Parameter("cotangent", tuple(bars), structure=shape)]


def _result(scope: Scope, value: Value) -> Value:
    """Return the adjoint of a parameter as a result: new memory, C order."""
    bar = scope.own(value)
    if bar.type.rank and bar.type.layout != "C":
        bar = scope.builder.emit("copy", bar)
    return bar


def _record(
    reverser: Reverser, scope: Scope, bars: list[Value]
) -> tuple[list[Equation], list[Equation], list[Value]]:
    """Decide what is saved and undone; return both parts made whole."""
    body = reverser.function.body
    backward = _name_adjoints(scope.builder.equations, bars, reverser)
    positions = Positions.of(body)
    plan = Recorder(positions, backward.equations, reverser.sources).decide()
    saver = Saver(positions, reverser.sizes)
    old = {}
    for write in plan.rewound:
        before, made = _old_contents(write)
        saver.insertions.before.setdefault(write, []).extend(made)
        old[write] = before
    slots = {}
    for value in plan.saved:
        definition = positions.definitions[value]
        name = value.name or (definition.eq.op if definition.eq else "carry")
        slots[value] = saver.save(value, definition, f"{name}_saved")
    for write, before in old.items():
        definition = positions.equations[write]
        positions.definitions[before] = definition
        slots[before] = saver.save_before(before, definition, write)
    replayer = Replayer(positions, plan, saver, slots, old, reverser.mirror)
    replayed = replayer.region(backward, {})
    forward = saver.insertions.apply(body)
    threaded, env = Threader(saver.versions).region(forward, {})
    start: Env = {**env, **dict(positions.after.items())}
    versions = {**replayer.versions, **saver.versions}
    last, _ = Threader(versions).region(replayed, start)
    last = fold_names(last, replayer.made)
    return list(threaded.equations), list(last.equations), list(last.results)


def _old_contents(write: Equation) -> tuple[Value, list[Equation]]:
    """Emit the read of what a store is about to overwrite."""
    builder = Builder(write.origin)
    path = write.attrs["path"]
    slots = list(write.operands[2:])
    old = reverse_memory.read(builder, write.operands[0], path, slots, write)
    return old, builder.equations


def _name_adjoints(
    equations: Sequence[Equation], bars: Sequence[Value], reverser: Reverser
) -> Region:
    """Give adjoints the names noted for them."""
    region = Region((), tuple(equations), tuple(bars))
    ops = {r: eq.op for eq in walk(reverser.function.body) for r in eq.results}
    renamed = {}
    for bar in _results(equations):
        primal = reverser.names.get(bar)
        if primal is not None and bar.name is None:
            hint = f"{ops[primal]}_bar" if primal in ops else None
            named = replace(bar, name=bar_name(primal), hint=hint)
            renamed[bar] = replace(named, serial=Value(bar.type).serial)
    made = substitute(region, renamed)
    for old, new in zip(_all(region), _all(made), strict=True):
        if old in reverser.sources:
            reverser.sources[new] = reverser.sources[old]
    for one, other in zip(_regions(region), _regions(made), strict=True):
        if one in reverser.mirror:
            reverser.mirror[other] = reverser.mirror[one]
    return made


def _results(equations: Iterable[Equation]) -> Iterable[Value]:
    for eq in equations:
        yield from eq.results
        for region in eq.regions:
            yield from _results(region.equations)


def _all(region: Region) -> Iterable[Equation]:
    for eq in region.equations:
        yield eq
        for inner in eq.regions:
            yield from _all(inner)


def _regions(region: Region) -> Iterable[Region]:
    for eq in region.equations:
        for inner in eq.regions:
            yield inner
            yield from _regions(inner)


def _assemble(
    program: Program,
    function: Function,
    request: Request,
    equations: list[Equation],
    bars: list[Value],
    seeds: list[Parameter],
) -> Program:
    """Return the program whose entry is the gradient function."""
    parameters = (*seeds, *function.parameters)
    gradients = LEAF
    if not (request.single and len(bars) == 1):
        gradients = Structure("tuple", (LEAF,) * len(bars))
    results, returns = list(bars), gradients
    suffix = "vjp" if request.mode == "vjp" else request.mode
    if request.mode == "value_and_grad":
        results.insert(0, function.body.results[0])
        returns = Structure("tuple", (LEAF, gradients))
    body = Region(
        tuple(v for p in parameters for v in p.values), tuple(equations), tuple(results)
    )
    made = replace(
        function,
        name=f"{function.name}_{suffix}",
        parameters=parameters,
        body=body,
        returns=returns,
        written=(),
        doc=None,
        attrs=MappingProxyType({"wrt": request.wrt, "mode": request.mode}),
    )
    return Program((*program.functions[:-1], made))
