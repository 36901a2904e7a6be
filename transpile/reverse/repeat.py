"""Equations run again on the way back: what a checkpoint buys with time.

``rerun`` reverses equations of the forward part as if they were a program of their
own. What is then recorded is recorded while they are run again, right before their
adjoint; of the forward part only their state at the start is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from ..errors import TranspileError
from ..graph.build import Builder
from ..graph.ir import Buffer, Equation, Region, Value, captured, walk
from ..inline import Cloner
from ..rewrite import eliminate_dead
from .activity import Activity
from .adjoint import Scope
from .loop import schedules
from .parts import UNSET, parts_of, unread, unsplit
from .recording import record
from .sweep import Reverser
from .undone import drop_undone

EFFECTS = frozenset({"check", "print"})  # they run once, on the way forward


@schedules("block")
def reverse_block(reverser: Reverser, eq: Equation, scope: Scope) -> None:
    """Reverse a loop that is marked to be run again on the way back."""
    attrs = {k: v for k, v in eq.attrs.items() if k != "schedule"}
    loop = replace(eq, attrs=MappingProxyType(attrs))
    parts = parts_of(loop)
    assert parts is not None
    hidden = unread(parts.loop)
    builder, given = scope.builder, {}
    for init, own, moved in zip(
        parts.loop.inits, parts.written, parts.copied, strict=True
    ):
        if (own and init.buffer not in hidden) or moved:
            given[init] = builder.emit("copy", init, name=init.name)
    loop = replace(loop, comment="The same block again, with what its adjoint needs")
    unset = {parts.loop.inits[k] for k in eq.attrs["unset"]}
    before = len(builder.equations)
    rerun(reverser, [loop], given, scope, hidden)
    made = Region((), tuple(builder.equations[before:]), ())
    if unset.intersection(captured(Equation("if", (), (), regions=(made,)))):
        raise TranspileError(unsplit(eq, *UNSET))


def rerun(
    reverser: Reverser,
    equations: Sequence[Equation],
    given: Mapping[Value, Value],
    scope: Scope,
    unread: frozenset[Buffer],
    once: Sequence[Value] | None = None,
) -> list[Value]:
    """Append equations run again and their adjoint.

    ``given`` says what stands for values of the forward part in them; ``unread`` is
    memory that they write and do not read: there is nothing to be had from it.
    With ``once`` they are not run elsewhere: their checks stay, and what stands for
    these values of theirs is returned.
    """
    segment, values = _cloned(equations, given, once is not None)
    follow(reverser.active, values)
    inner = Reverser(
        reverser.program, replace(reverser.function, body=segment), reverser.active
    )
    inner.names, inner.sparse = reverser.names, reverser.sparse
    inner.sizes = reverser.sizes
    inner.makers = {**reverser.makers, **inner.makers}
    scope.flush_all()
    before, scope.builder = scope.builder, Builder(scope.builder.origin, True)
    scope.local.update(values.values())
    for old, new in values.items():
        _pass(scope, old, new)
    inner.sweep(segment.equations, scope)
    for old, new in given.items():
        _pass(scope, new, old)
    scope.flush_all()
    kept = [p for p in scope.bars if p not in values.values() or p in given]
    bars = [scope.bars[p] for p in kept]
    made = record(inner, scope, bars, frozenset(), unread)
    scope.builder = before
    forward = [_rerun(eq, segment.equations) for eq in made.forward]
    ends = [values.get(v, v) for v in once or ()]
    results = (*made.backward.results, *ends)
    both = Region((), (*forward, *made.backward.equations), results)
    both = drop_undone(both)
    both = eliminate_dead(replace(reverser.function, body=both)).body
    scope.builder.equations += both.equations
    _renew(scope, reverser, kept, both.results[: len(kept)])
    return list(both.results[len(kept) :])


def _rerun(eq: Equation, own: Sequence[Equation]) -> Equation:
    """Return an equation of the backward part; what is made for saving is marked."""
    attrs = dict(eq.attrs)
    if eq.op == "empty" and eq not in own:
        attrs["once"] = True
    return replace(eq, backward=True, attrs=MappingProxyType(attrs))


def _cloned(
    equations: Sequence[Equation], given: Mapping[Value, Value], loud: bool
) -> tuple[Region, dict[Value, Value]]:
    """Return a region of equations with values of their own, and which are whose."""
    whole = Equation("if", (), (), regions=(Region((), tuple(equations), ()),))
    cloner = Cloner()
    params = []
    for value in dict.fromkeys(captured(whole)):
        params.append(given.get(value, value))
        cloner.bind(value, params[-1])
    own = Region((), tuple(equations), ())
    body = cloner.region(own if loud else silent(own))
    values = {
        old: cloner.values[old]
        for eq in walk(whole.regions[0])
        for old in (*eq.results, *(p for r in eq.regions for p in r.params))
        if old in cloner.values
    }
    return replace(body, params=tuple(params)), {**given, **values}


def silent(region: Region) -> Region:
    """Return a region without what is done once."""
    kept = (eq for eq in region.equations if eq.op not in EFFECTS)
    return replace(
        region,
        equations=tuple(
            replace(eq, regions=tuple(map(silent, eq.regions))) for eq in kept
        ),
    )


def follow(active: Activity, values: Mapping[Value, Value]) -> None:
    """Let values be as active as those that they stand for."""
    for old, new in values.items():
        for known in (active.varied, active.useful):
            if old in known:
                known.add(new)


def _pass(scope: Scope, old: Value, new: Value) -> None:
    """Let the adjoint of one value be that of another."""
    if old is new or (old not in scope.bars and old not in scope.pending):
        return
    bar = scope.take(old)
    assert bar is not None
    del scope.bars[old]
    scope.add(new, bar, bar in scope.owned)


def _renew(
    scope: Scope, reverser: Reverser, primals: Sequence[Value], bars: Sequence[Value]
) -> None:
    """Take over adjoints under the names that recording gave them."""
    for primal, bar in zip(primals, bars, strict=True):
        old = scope.bars[primal]
        if old is bar:
            continue
        scope.inherit(bar, old)
        scope._set(primal, bar, old in scope.owned)
