"""The gradient of a function: forward part, seeds, backward part, what is recorded."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.custom import callees
from ..graph.ir import (
    LEAF,
    Buffer,
    Equation,
    Function,
    Parameter,
    Program,
    Region,
    Structure,
    Value,
    calls_itself,
    is_view,
    walk,
)
from ..graph.linear import Atom, Linear, Size, follows
from ..graph.structures import Opaque, leaves, placed, steps_of
from ..inline import inline
from ..rules import is_constant
from ..selection import Selected, places, select
from ..steps import free
from . import branch, joint, loop, memory, repeat, unwind
from .activity import Activity
from .adjoint import Scope, dtype_of
from .calls import split_calls
from .joint import NotJoined, settle
from .parts import plain
from .recording import record
from .rerun import promised, replaying
from .split import (
    GivenZeros,
    Mask,
    NotUndone,
    Split,
    Splits,
    end_split,
    finish_split,
    seed_split,
)
from .sweep import Reverser
from .trips import count_trips, start_counters
from .unbound import bind_measured

_REGISTERED = (branch, joint, loop, memory, repeat, unwind)


@dataclass(frozen=True, slots=True)
class Request:
    """What to derive: parameters by name, and the form of the result.

    ``mode`` is ``grad`` (the gradient), ``value_and_grad`` or ``vjp`` (with one
    cotangent parameter for each output, first). ``single`` gives the gradient of one
    parameter bare rather than as a tuple. With ``aux`` the second of the two things
    that the function returns is handed on as it is.
    """

    wrt: tuple[str, ...]
    mode: str = "grad"
    single: bool = True
    overwrite: tuple[str, ...] = ()
    aux: bool = False


def gradient(program: Program, request: Request) -> Program:
    """Return the program of the gradient of a program's entry."""
    program = without_calls_on_views(program)
    splits = Splits(program)
    while True:
        try:
            return bind_measured(_gradient(program, request, splits))
        except NotJoined:
            program = program.map(lambda f: replace(f, body=plain(f.body)))
        except NotUndone as refused:
            splits = Splits(program, {*splits.full, refused.callee}, splits.sparse)
        except GivenZeros as refused:
            splits = Splits(program, splits.full, {*splits.sparse, refused.callee})


def without_calls_on_views(program: Program) -> Program:
    """Inline the calls that write through a view of the caller's.

    What they undo would be a part of a buffer that the caller undoes as a whole.
    """
    functions: list[Function] = []
    for function in program.functions:
        known = {f.name: f for f in functions}
        views = {eq.result for eq in walk(function.body) if is_view(eq)}

        def writes_view(
            eq: Equation,
            known: dict[str, Function] = known,
            views: set[Value] = views,
        ) -> bool:
            callee = known.get(eq.attrs["callee"])
            return callee is not None and any(
                eq.operands[k] in views for k in callee.written
            )

        made = inline(Program((*functions, function)), writes_view)
        functions.append(made.entry)
    return Program(tuple(functions))


def _gradient(program: Program, request: Request, splits: Splits) -> Program:
    function = own_writes(program.entry, request.overwrite)
    chosen = chosen_parts(function, request.wrt)
    wrt = [v for part in chosen for v in part.values]
    outputs = function.body.results[: 1 if request.aux else None]
    reverser = _prepare(program, function, wrt, outputs, splits)
    function = reverser.function
    scope = reverser.scope(function.body)
    seeds = _seed(function, request, scope)
    reverser.sweep(function.body.equations, scope)
    bars = [_result(scope, v) for v in wrt]
    made = record(reverser, scope, bars, frozenset())
    given = len(function.body.results)
    equations = (*made.forward, *made.backward.equations)
    results = (*function.body.results, *made.backward.results)
    both = settle(Region((), equations, results))
    body = replace(function.body, results=both.results[:given])
    function = replace(function, body=body)
    equations, bars = both.equations, list(both.results[given:])
    entry = _assemble(function, request, equations, bars, seeds)
    known = {f.name: f for f in (*program.functions, *splits.functions)}
    return Program((*callees(entry, known, {}), entry))


def chosen_parts(function: Function, wrt: Sequence[str]) -> list[Selected]:
    """Return what to differentiate by, in the order asked for."""
    found = (select(function.parameters, place) for place in wrt)
    return [part for part in found if part is not None]


def _prepare(
    program: Program,
    function: Function,
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    splits: Splits,
) -> Reverser:
    """Find what is active, split the calls, count the trips."""
    active = Activity(program, is_constant)
    active.run(function.body, inputs, outputs)
    body = split_calls(
        function.body,
        active.__contains__,
        splits,
        lambda *request: split_callee(program, splits, *request),
    )
    body = start_counters(count_trips(body, active))
    return Reverser(program, replace(function, body=body), active)


def split_callee(
    program: Program,
    splits: Splits,
    callee: Function,
    params: Mask,
    results: Mask,
    full: bool,
) -> Split:
    """Return the forward and backward function of a callee."""
    known = [f.name for f in program.functions]
    known += [name for made in splits.made.values() for name in made.names]
    names = _unused(f"{callee.name}_forward", f"{callee.name}_backward", known)
    recursive, sparse = calls_itself(callee), callee.name in splits.sparse
    if recursive:
        key = (callee.name, params, results)
        promise = promised(callee, params, results, names[1])
        splits.made[key] = replace(promise, sparse=sparse)
    if full:
        callee = replace(callee, body=plain(callee.body))
    inputs = [v for v, on in zip(callee.body.params, params, strict=True) if on]
    outputs = [v for v, on in zip(callee.body.results, results, strict=True) if on]
    reverser = _prepare(program, callee, inputs, outputs, splits)
    called, callee = callee, reverser.function
    scope = reverser.scope(callee.body)
    seeds, arrays = seed_split(callee, scope, params, results)
    if sparse:
        reverser.sparse |= {v: v for v in (*seeds.values(), *arrays.values())}
    reverser.sweep(callee.body.equations, scope)
    scalars, ends = end_split(callee, scope, params, arrays)
    buffers = (callee.body.params[k].buffer for k in callee.written)
    undo = frozenset(b for b in buffers if b is not None) if full else frozenset()
    made = record(
        reverser, scope, [*scalars.values(), *ends], undo, again=not recursive
    )
    given = (seeds, arrays, scalars)
    if recursive:
        found = replaying(called, callee, made, given, names[1])
    else:
        found = finish_split(callee, made.forward, made.backward, given, names, full)
    return replace(found, sparse=sparse)


def _unused(forward: str, backward: str, known: Collection[str]) -> tuple[str, str]:
    """Return two names with one number behind, if any, that no function has."""
    count, names = 1, (forward, backward)
    while set(names) & set(known):
        count += 1
        names = (f"{forward}_{count}", f"{backward}_{count}")
    return names


def own_writes(function: Function, overwrite: Sequence[str]) -> Function:
    """Copy each written parameter at entry, so that the caller's array stays."""
    builder = Builder()
    params, entries = list(function.body.params), {}
    selected = (select(function.parameters, place) for place in overwrite)
    given_up = {value for part in selected if part for value in part.values}
    for k in function.written:
        value = params[k]
        if value in given_up:
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
        value = function.body.results[0]
        one = scope.builder.constant(1.0, dtype_of(value.type))
        scope.add(value, one, True)
        return []
    bars: list[Value] = []
    known: set[Atom] = set(function.body.params)
    known |= {a for p in function.body.params for d in p.type.shape for a in d.atoms}
    outputs = outputs_of(function)
    called = free("cotangent", [p.name for p in function.parameters])
    names = _output_names(function, outputs)
    for k, (value, own) in enumerate(zip(function.body.results, names, strict=True)):
        name = f"{own}_bar"
        if any(bar.name == name for bar in bars):
            name = f"value_{k}_bar"
        buffer = Buffer(name, True) if value.type.rank else None
        if outputs.kind == "leaf":
            name = called
        bar = _checked(Value(value.type, name, buffer), value, known, scope.builder)
        bars.append(bar)
        if value.type.is_inexact:
            scope.add(value, bar, False)
    return [Parameter(called, tuple(bars), structure=placed(outputs, called))]


def outputs_of(function: Function) -> Structure:
    """Return the structure of what a function returns and then of what it writes."""
    returned = (function.returns,) if function.returns.width else ()
    outputs = (*returned, *(LEAF,) * len(function.written))
    whole = outputs[0] if len(outputs) == 1 else Structure("tuple", outputs)
    return placed(_ungiven(whole), "cotangent")


def _ungiven(structure: Structure) -> Structure:
    """Return a structure in which whatever has no value may be anything."""
    if structure.kind == "none":
        return Structure("none", given=Opaque("not read"))
    return replace(structure, children=tuple(map(_ungiven, structure.children)))


def _output_names(function: Function, outputs: Structure) -> Iterator[str]:
    """Yield what to call the cotangent of each output: as its value or its field."""
    for k, leaf in enumerate(leaves(outputs)):
        words = [step for step in steps_of(leaf.place) or () if isinstance(step, str)]
        own = function.body.results[k].name or (words[-1] if words else "")
        yield own if own.isidentifier() else "value" if k == 0 else f"value_{k}"


def _checked(
    bar: Value, value: Value, known: Container[Atom], builder: Builder
) -> Value:
    """Return a cotangent whose lengths are checked where arguments do not fix them."""
    shape = list(value.type.shape)
    unknown = [k for k, length in enumerate(shape) if not follows(length, known)]
    for axis in unknown:
        shape[axis] = Linear.of(Size(f"{bar.name}_{axis}"))
    if unknown:
        bar = replace(bar, type=replace(bar.type, shape=tuple(shape)))
    for axis in unknown:
        equal = builder.emit("equal", builder.dim(bar, axis), builder.dim(value, axis))
        message = "the cotangent must have the shape of what the function returns"
        builder.append("check", (equal,), (), exception="ValueError", message=message)
    return bar


def _result(scope: Scope, value: Value) -> Value:
    """Return the adjoint of a parameter as a result: new memory, C order."""
    bar = scope.own(value)
    if bar.type.rank and bar.type.layout != "C":
        bar = scope.builder.emit("copy", bar)
    return bar


def written_places(function: Function) -> tuple[str, ...]:
    """Return the places of what the function writes."""
    values = {function.body.params[k] for k in function.written}
    every = (pair for p in function.parameters for pair in places(p))
    return tuple(place for place, value in every if value in values)


def _assemble(
    function: Function,
    request: Request,
    equations: Sequence[Equation],
    bars: list[Value],
    seeds: list[Parameter],
) -> Function:
    """Return the gradient function."""
    parameters = (*seeds, *function.parameters)
    shapes = tuple(part.structure for part in chosen_parts(function, request.wrt))
    gradients = Structure("tuple", shapes)
    if request.single and len(shapes) == 1:
        (gradients,) = shapes
    results, returns = list(bars), gradients
    suffix = "vjp" if request.mode == "vjp" else request.mode
    given, values = LEAF, function.body.results[:1]
    if request.aux:
        given = function.returns
        values = function.body.results[: given.width]
    if request.mode == "value_and_grad":
        results, returns = [*values, *results], Structure("tuple", (given, gradients))
    elif request.aux:
        results += values[1:]
        returns = Structure("tuple", (gradients, given.children[1]))
    body = Region(
        tuple(v for p in parameters for v in p.values), tuple(equations), tuple(results)
    )
    return replace(
        function,
        name=f"{function.name}_{suffix}",
        parameters=parameters,
        body=body,
        returns=returns,
        written=(),
        doc=None,
        attrs=MappingProxyType(attributes(function, request.wrt, request.mode)),
    )


def attributes(
    function: Function, wrt: tuple[str, ...], mode: str
) -> dict[str, object]:
    """Return what is told of a derivative of a function."""
    written = function.attrs.get("written") or written_places(function)
    return {"wrt": wrt, "mode": mode, "written": written}
