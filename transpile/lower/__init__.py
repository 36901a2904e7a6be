"""From array operations to loops over scalars: what compiled code is printed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from ..graph.buffers import buffers, memories
from ..graph.ir import Buffer, Function, Program, Region, Type, Value, walk
from ..graph.linear import Linear, Size
from .context import Lowering
from .control import like as _like
from .control import lower_equations
from .levels import bound_levels
from .quotients import mark_quotients
from .reassociation import may_reassociate
from .tidy import tidy

__all__ = ["lower"]


def lower(program: Program) -> Program:
    """Return a program in which every array operation is a nest of loops.

    The result is in the same graph: control flow, scalar operations, element reads
    and writes, allocations, and the products that a library does.
    """
    return mark_quotients(bound_levels(program).map(_lower_function))


def _lower_function(function: Function) -> Function:
    lo = Lowering(_names(function))
    lo.same = memories(function.body)
    lo.given = _given(function.body, lo.same)
    _open(lo, function)
    lower_equations(lo, function.body)
    lo.block.origin = None
    results = tuple(_like(lo, v, v) for v in function.body.results)
    body = tidy(Region(function.body.params, tuple(lo.block.equations), results))
    found = {"reassoc": may_reassociate(body), "from_front": lo.from_front}
    attrs = {**function.attrs, **found}
    return replace(function, body=body, attrs=MappingProxyType(attrs))


def _names(function: Function) -> frozenset[str]:
    """Return the names that values of the user have, counters left out."""
    names = {v.name for v in function.body.params}
    for eq in walk(function.body):
        names.update(v.name for v in eq.results)
        for region in eq.regions:
            names.update(v.name for v in region.params[eq.op == "for" :])
    return frozenset(name for name in names if name)


def _given(body: Region, same: Mapping[Buffer, Buffer]) -> frozenset[Buffer]:
    """Return the buffers that may be memory of the caller's."""
    own = buffers(body.params)
    roots = {same.get(buffer, buffer) for buffer in own}
    return frozenset(own.union(b for b, root in same.items() if root in roots))


def _open(lo: Lowering, function: Function) -> None:
    """Make parameters and their sizes known; sizes that go unused are tidied away."""
    for value in function.body.params:
        lo.visible[value] = True
        for axis, form in enumerate(value.type.shape):
            size = form.atoms[0] if form.atoms else None
            if isinstance(size, Size) and form == Linear.of(size):
                _open_size(lo, value, axis, form, size.name)


def _open_size(lo: Lowering, array: Value, axis: int, form: Linear, name: str) -> None:
    if form in lo.lengths:
        return
    hint = name if name.isidentifier() else None
    length = Value(Type("weak_int"), None, None, form, hint=hint)
    lo.block.append("dim", (array,), (length,), axis=axis)
    lo.lengths[form] = length
