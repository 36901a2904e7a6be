"""Calls reversed: each active callee becomes ``step_forward`` and ``step_backward``.

``step_forward`` does what ``step`` does and returns besides what its backward part
needs of its locals. ``step_backward`` takes arguments, what was returned besides,
and adjoints; adjoints of arrays are updated in place, those of scalars returned. It
undoes the stores of ``step`` where something reads the old contents.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import MappingProxyType

from ..graph.custom import custom_of
from ..graph.ir import (
    Buffer,
    Equation,
    Function,
    Program,
    Region,
    Value,
    calls_itself,
    walk,
)
from ..graph.linear import Atom, Derived, Linear
from ..graph.substitute import in_value
from ..rules import is_constant
from . import custom
from .activity import Activity
from .adjoint import Scope, adjoint_type
from .split import GivenZeros, Mask, Split, Splits
from .sweep import Reverser, handles

Splitter = Callable[[Function, Mask, Mask, bool], Split]


def split_calls(
    region: Region, is_active: Callable[[Value], bool], splits: Splits, split: Splitter
) -> Region:
    """Return the region with every active call made a call of ``..._forward``."""
    equations = []
    for eq in region.equations:
        regions = tuple(split_calls(r, is_active, splits, split) for r in eq.regions)
        eq = replace(eq, regions=regions)
        if eq.op == "call" and any(map(is_active, eq.results)):
            if custom_of(splits.program.find(eq.attrs["callee"])) is None:
                eq = _split_call(eq, is_active, splits, split)
        equations.append(eq)
    return replace(region, equations=tuple(equations))


def _split_call(
    eq: Equation, is_active: Callable[[Value], bool], splits: Splits, split: Splitter
) -> Equation:
    callee = splits.program.find(eq.attrs["callee"])
    asked = tuple(map(is_active, eq.operands)), tuple(map(is_active, eq.results))
    if calls_itself(callee):
        asked = at_every_level(splits.program, callee, *asked)
    key = (callee.name, *asked)
    if key not in splits.made:
        splits.made[key] = split(callee, *asked, callee.name in splits.full)
    made = splits.made[key]
    sizes = argument_sizes(callee, eq)
    extras = tuple(_in_caller(v, sizes) for v in made.extras)
    attrs = {
        **eq.attrs,
        "callee": made.forward.name,
        "primal": callee.name,
        "split": made,
    }
    width = callee.returns.width
    results = (*eq.results[:width], *extras, *eq.results[width:])
    return replace(eq, results=results, attrs=MappingProxyType(attrs))


def at_every_level(
    program: Program, callee: Function, params: Mask, results: Mask
) -> tuple[Mask, Mask]:
    """Return what is active in some call of a recursive function, at any level.

    So there is one backward part, and it calls itself.
    """
    while True:
        before = params, results
        active = activity_between(program, callee, params, results)
        for eq in walk(callee.body):
            if eq.attrs.get("callee") == callee.name and any(
                r in active for r in eq.results
            ):
                params = _either(params, [v in active for v in eq.operands])
                results = _either(results, [v in active for v in eq.results])
        if (params, results) == before:
            return before


def activity_between(
    program: Program, callee: Function, params: Mask, results: Mask
) -> Activity:
    """Return what is active between some parameters and results of a function."""
    active = Activity(program, is_constant)
    active.run(
        callee.body,
        itertools.compress(callee.body.params, params),
        itertools.compress(callee.body.results, results),
    )
    return active


def _either(one: Sequence[bool], other: Sequence[bool]) -> Mask:
    return tuple(a or b for a, b in zip(one, other, strict=True))


def argument_sizes(callee: Function, eq: Equation) -> dict[Atom, Linear]:
    """Return what a callee's sizes are in the caller."""
    sizes: dict[Atom, Linear] = {}
    for param, argument in zip(callee.body.params, eq.operands, strict=True):
        for form, actual in zip(param.type.shape, argument.type.shape, strict=True):
            if len(form.terms) == 1 and form.constant == 0 and form.terms[0][1] == 1:
                sizes.setdefault(form.atoms[0], actual)
        if param.type.is_integer and not param.type.rank:
            sizes[param] = argument.as_linear
    return sizes


def _in_caller(value: Value, sizes: dict[Atom, Linear]) -> Value:
    """Return the caller's value for something a callee returns besides."""
    made = in_value(value, sizes)
    shape = tuple(
        form
        if _is_known(form, sizes)
        else Linear.of(Derived("count", (made.serial, k)))
        for k, form in enumerate(value.type.shape)
    )
    shape = tuple(f.substitute(sizes) for f in shape)
    buffer = Buffer(value.name or "") if value.type.rank else None
    kind = replace(made.type, shape=shape)
    return replace(
        made,
        type=kind,
        buffer=buffer,
        linear=None,
        name=None,
        hint=value.name or value.hint,
    )


def _is_known(form: Linear, sizes: dict[Atom, Linear]) -> bool:
    return all(
        atom in sizes
        or (
            isinstance(atom, Derived)
            and all(_is_known(p, sizes) for p in atom.parts if isinstance(p, Linear))
        )
        for atom in form.atoms
    )


# ---- the caller's backward part ----


@handles("call")
def reverse_call(reverser: Reverser, eq: Equation, scope: Scope) -> None:
    """Call ``..._backward``; take over the adjoints it returns and updates."""
    split = eq.attrs.get("split")
    if split is None:
        custom.reverse_call(reverser, eq, scope)
        return
    callee = split.forward
    width = len(eq.results) - len(callee.written) - len(split.extras)
    tail = width + len(split.extras)
    final = dict(zip(callee.written, eq.results[tail:], strict=True))
    now = [final.get(k, v) for k, v in enumerate(eq.operands)]
    given = eq.operands if split.replay else now
    operands = [given[k] for k in split.inputs]
    operands += [eq.results[k] for k in split.outputs]
    operands += eq.results[width:tail]
    seeds = [scope.take_or_zero(eq.results[k]) for k in split.seeds]
    arrays = [scope.own(now[k]) for k in split.arrays]
    left = [bar for k, bar in zip(split.arrays, arrays, strict=True) if k in final]
    if not split.sparse and any(bar in reverser.sparse for bar in (*seeds, *left)):
        raise GivenZeros(str(eq.attrs["primal"]))
    operands += seeds
    results = []
    for k in split.scalars:
        argument = eq.operands[k]
        results.append(Value(adjoint_type(argument.type), None))
    undone = [Value(now[k].type, now[k].name, now[k].buffer) for k in split.undone]
    after = [Value(bar.type, bar.name, bar.buffer) for bar in arrays]
    scope.builder.append(
        "call",
        (*operands, *arrays),
        (*results, *undone, *after),
        callee=split.backward.name,
        forward=eq,
    )
    for k, bar in zip(split.scalars, results, strict=True):
        if eq.operands[k] in reverser.active:
            scope.add(eq.operands[k], bar, True)
    for k, bar in zip(split.arrays, after, strict=True):
        if k not in final:
            scope.replace(eq.operands[k], bar)
        elif eq.operands[k] in reverser.active:
            scope.owned.add(bar)
            scope.add(eq.operands[k], bar, True)
