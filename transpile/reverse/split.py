"""A callee split in two functions: what passes between them, and what is undone.

`seed_split` sets the adjoints that the backward part is given, `end_split` takes
those that it returns, `finish_split` makes the functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from types import MappingProxyType

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
    captured,
    is_view,
    walk,
)
from ..graph.substitute import substitute
from ..steps import free
from .adjoint import Scope, bar_name
from .parts import overwritten

Mask = tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """A callee split for one pattern of activity.

    ``extras`` are the values of the callee that ``forward`` returns besides its
    results. ``backward`` takes the parameters numbered in ``inputs``, the results
    numbered in ``outputs``, the extras, the adjoints of the results numbered in
    ``seeds`` (not those of written arrays), and the adjoints of the array parameters
    numbered in ``arrays``; it returns those of the scalar parameters numbered in
    ``scalars``. ``undone`` are the written parameters whose old contents it puts back,
    ``full`` says it does so completely.
    With ``replay`` the backward part takes the arguments as they were before the call;
    ``sparse`` says that it is ready for adjoints that are zero by structure.
    """

    forward: Function
    backward: Function
    extras: tuple[Value, ...]
    inputs: tuple[int, ...]
    seeds: tuple[int, ...]
    arrays: tuple[int, ...]
    scalars: tuple[int, ...]
    undone: tuple[int, ...]
    full: bool
    replay: bool = False
    sparse: bool = False
    outputs: tuple[int, ...] = ()

    @property
    def names(self) -> tuple[str, str]:
        """The names of the two functions."""
        return self.forward.name, self.backward.name


@dataclass(slots=True)
class Splits:
    """All splits made for one program.

    ``full`` names callees to undo completely, ``sparse`` those that are given adjoints
    that are zero by structure.
    """

    program: Program
    full: set[str] = field(default_factory=set)
    sparse: set[str] = field(default_factory=set)
    made: dict[tuple[str, Mask, Mask], Split] = field(default_factory=dict)

    @property
    def functions(self) -> Iterable[Function]:
        """The functions of all splits, callees before callers."""
        for split in self.made.values():
            yield split.forward
            yield split.backward


class NotUndone(Exception):
    """A caller needs a callee's stores undone completely; ``callee`` is its name."""

    def __init__(self, callee: str) -> None:
        super().__init__(callee)
        self.callee = callee


class GivenZeros(Exception):
    """A callee is given adjoints that are zero by structure; ``callee`` is its name."""

    def __init__(self, callee: str) -> None:
        super().__init__(callee)
        self.callee = callee


def seed_split(
    callee: Function, scope: Scope, params: Mask, results: Mask
) -> tuple[dict[int, Value], dict[int, Value]]:
    """Set the adjoints that a callee's backward part is given.

    Returns those of results by number, and of array parameters by number.
    """
    width = callee.returns.width
    seeds: dict[int, Value] = {}
    for k, value in enumerate(callee.body.results[:width]):
        if results[k]:
            name = f"{value.name or ('value' if k == 0 else f'value_{k}')}_bar"
            bar = Value(
                value.type, name, Buffer(name, True) if value.type.rank else None
            )
            seeds[k] = bar
            scope.add(value, bar, False)
    arrays: dict[int, Value] = {}
    for k, param in enumerate(callee.body.params):
        seeded = is_seeded(callee, results, k)
        if not param.type.rank or not (params[k] or seeded):
            continue
        name = bar_name(param) or "bar"
        bar = Value(param.type, name, Buffer(name, True))
        arrays[k] = bar
        at = width + callee.written.index(k) if seeded else -1
        primal = callee.body.results[at] if seeded else param
        scope.bars[primal] = bar
        scope.owned.add(bar)
    return seeds, arrays


def is_seeded(callee: Function, results: Mask, k: int) -> bool:
    """Whether what is left in a parameter has an adjoint."""
    written = k in callee.written
    return written and results[callee.returns.width + callee.written.index(k)]


def end_split(
    callee: Function, scope: Scope, params: Mask, arrays: dict[int, Value]
) -> tuple[dict[int, Value], list[Value]]:
    """Return the adjoints of scalar parameters, and of the arrays, at the end."""
    scalars = {
        k: scope.take_or_zero(param)
        for k, param in enumerate(callee.body.params)
        if params[k] and not param.type.rank
    }
    ends = []
    for k, bar in arrays.items():
        last = bar
        for eq in scope.builder.equations:
            last = next((r for r in eq.results if r.buffer is bar.buffer), last)
        if params[k]:
            end = scope.own(callee.body.params[k])
            if end.buffer is not bar.buffer:
                last = scope.builder.store(last, end, ())
            else:
                last = end
        ends.append(last)
    return scalars, ends


def finish_split(
    callee: Function,
    forward: list[Equation],
    backward: Region,
    ends: tuple[dict[int, Value], dict[int, Value], dict[int, Value]],
    names: tuple[str, str],
    full: bool,
) -> Split:
    """Return the two functions of a split, what passes between them decided.

    ``ends`` are the seeds, the arrays' adjoints, and the scalars' adjoints by number;
    the region's results are the scalars' adjoints, then the arrays'.
    """
    seeds, arrays, scalars = ends
    params = callee.body.params
    given = {v: None for v in (*seeds.values(), *arrays.values())}
    relisted: list[Equation] = []
    free = _free(backward, given, forward, params, relisted)
    backward = replace(backward, equations=(*relisted, *backward.equations))
    inputs, extras = _passed(free, params)
    outputs = _returned(extras, callee, backward)
    extras = [v for v in extras if v not in outputs]
    returned, copies = _apart(extras, callee)
    forward = [*forward, *copies]
    undone = {
        k: last for k in inputs if (last := _last_version(backward, params[k], params))
    }
    backward = substitute(backward, {v: params[k] for k, v in inputs.items()})
    values = [*(params[k] for k in inputs), *outputs, *extras, *given]
    results = (
        *backward.results[: len(scalars)],
        *undone.values(),
        *backward.results[len(scalars) :],
    )
    made = replace(
        callee,
        name=names[1],
        parameters=parameters_of(values, "saved"),
        body=Region(tuple(values), backward.equations, results),
        returns=tuple_of(len(scalars)),
        written=(
            *(list(inputs).index(k) for k in undone),
            *range(len(values) - len(arrays), len(values)),
        ),
        doc=None,
        attrs=MappingProxyType({"inner": True}),
    )
    return Split(
        _with_extras(callee, forward, tuple(returned), names[0]),
        made,
        tuple(extras),
        tuple(inputs),
        tuple(seeds),
        tuple(arrays),
        tuple(scalars),
        tuple(undone),
        full,
        outputs=tuple(outputs.values()),
    )


def _returned(
    extras: list[Value], callee: Function, backward: Region
) -> dict[Value, int]:
    """Return which of the extras are results, by number: those need not be kept twice.

    The caller may write its results, but then it knows what is read of them.
    """
    results = callee.body.results[: callee.returns.width]
    written = {v.buffer for eq in walk(backward) for v in overwritten(eq)}
    return {
        value: results.index(value)
        for value in extras
        if value in results and (value.buffer is None or value.buffer not in written)
    }


def _passed(
    free: list[Value], params: tuple[Value, ...]
) -> tuple[dict[int, Value], list[Value]]:
    """Return which parameters the backward part reads, and what else it does."""
    by_buffer = {p.buffer: k for k, p in enumerate(params) if p.buffer is not None}
    inputs: dict[int, Value] = {}
    extras: list[Value] = []
    for value in free:
        if value in params:
            inputs[params.index(value)] = value
        elif value.buffer in by_buffer:
            inputs[by_buffer[value.buffer]] = value
        else:
            extras.append(value)
    return dict(sorted(inputs.items())), extras


def _apart(extras: list[Value], callee: Function) -> tuple[list[Value], list[Equation]]:
    """Return what is passed on for each extra: a copy of what is a result as well.

    The caller may write its results.
    """
    shared = {v.buffer for v in callee.body.results if v.buffer is not None}
    returned, copies = [], []
    for value in extras:
        if value.buffer in shared:
            given = replace(value, buffer=Buffer(value.name or ""), name=None)
            given = replace(given, hint=value.name or value.hint)
            given = replace(given, serial=Value(value.type).serial)
            copies.append(Equation("copy", (value,), (given,)))
            value = given
        returned.append(value)
    return returned, copies


def parameters_of(values: Iterable[Value], word: str) -> tuple[Parameter, ...]:
    """Return a parameter for each value, all with names of their own."""
    taken: list[str] = []
    made = []
    for value in values:
        name = free(value.name or value.hint or word, taken)
        taken.append(name)
        made.append(Parameter(name, (value,)))
    return tuple(made)


def _free(
    backward: Region,
    given: dict[Value, None],
    forward: list[Equation],
    params: tuple[Value, ...],
    relisted: list[Equation],
) -> list[Value]:
    """Return what the backward part reads of the forward part.

    Constants, lengths and views are not passed: their equations are listed again.
    """
    makers = {r: eq for eq in forward for r in eq.results}
    probe = Equation("if", (), (), regions=(backward,))
    free: dict[Value, None] = {}
    again: dict[Equation, None] = {}

    def need(value: Value) -> None:
        eq = makers.get(value)
        if eq is not None and (eq.op in ("constant", "dim") or is_view(eq)):
            for operand in eq.operands:
                need(operand)
            again[eq] = None
        elif value not in given:
            free[value] = None

    for value in captured(probe):
        need(value)
    relisted += [replace(eq, backward=True) for eq in again]
    return list(free)


def _last_version(
    backward: Region, param: Value, params: tuple[Value, ...]
) -> Value | None:
    """Return the contents that the backward part leaves in a parameter it writes."""
    last = None
    if param.buffer is None:
        return None
    for eq in backward.equations:
        for result in eq.results:
            if result.buffer is param.buffer and result.type.rank == param.type.rank:
                if eq.op in ("store", "accumulate", "for", "while", "if", "call"):
                    last = result
    return last


def _with_extras(
    callee: Function, forward: list[Equation], extras: tuple[Value, ...], name: str
) -> Function:
    width = callee.returns.width
    results = callee.body.results
    body = Region(
        callee.body.params,
        tuple(forward),
        (*results[:width], *extras, *results[width:]),
    )
    if not extras:
        return replace(callee, body=body)
    kept = (
        callee.returns.children if callee.returns.kind == "tuple" else (callee.returns,)
    )
    kept = tuple(c for c in kept if c.kind != "none")
    returns = Structure("tuple", (*kept, *(LEAF,) * len(extras)))
    if returns.width == 1:
        returns = LEAF
    return replace(callee, name=name, body=body, returns=returns)


def tuple_of(count: int) -> Structure:
    """Return the structure of so many values."""
    if count == 0:
        return Structure("none")
    return LEAF if count == 1 else Structure("tuple", (LEAF,) * count)
