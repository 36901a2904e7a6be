"""Adjoints that are written through another shape lie in memory as their types say.

NumPy lays out what it computes as the operands are: ``c * A.T`` has its axes in the
other order, and what is stored into its ``reshape(-1)`` goes into a copy. Before
``B_bar = c * A.T; B_bar.reshape(-1)[3] = 0``; after ``B_bar = (c * A.T).copy(); ...``.

And where NumPy may give a view of an array in another order or not, as in
``a_bar = A_bar.T.reshape(-1)``, an adjoint that is written is a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ..graph.build import Builder
from ..graph.ir import (
    WRITES,
    Buffer,
    Equation,
    Function,
    Program,
    Region,
    Reshape,
    Value,
    is_view,
    walk,
)
from ..parse.context import Merged
from ..parse.order import in_order
from ..rewrite.memory import written_by

STAYS = frozenset({"copy", "call", "for", "while", "if", "undefined"})


@dataclass(slots=True)
class _Made:
    makers: dict[Value, Equation] = field(default_factory=dict)
    first: dict[Buffer, Value] = field(default_factory=dict)
    merged: dict[Buffer, Merged] = field(default_factory=dict)


def keep_order(program: Program) -> Program:
    """Return the program with copies where an array has to have its axes in order."""
    return program.map(_function)


def _function(function: Function) -> Function:
    reshaped = {*_reshaped(function.body), *_perhaps_viewed(function.body)}
    if not reshaped:
        return function
    made = _Made({r: eq for eq in walk(function.body) for r in eq.results})
    return replace(function, body=_region(function.body, reshaped, made))


def _perhaps_viewed(body: Region) -> Iterator[Buffer]:
    """Yield the memory of reshaped adjoints that is written, or whose source is."""
    written = {buffer for eq in walk(body) for buffer in written_by(eq)}
    for eq in walk(body):
        if eq.op == "reshape" and eq.backward and not is_view(eq):
            own, source = eq.result.buffer, eq.operands[0].buffer
            if own is not None and {own, source} & written:
                yield own


def _reshaped(body: Region) -> Iterator[Buffer]:
    """Yield the memory that is written through another shape."""
    for eq in walk(body):
        buffer = eq.operands[0].buffer if eq.op in WRITES else None
        if buffer and any(isinstance(s, Reshape) for s in eq.attrs["path"]):
            yield buffer


def _region(region: Region, reshaped: set[Buffer], made: _Made) -> Region:
    equations: list[Equation] = []
    for eq in region.equations:
        regions = tuple(_region(r, reshaped, made) for r in eq.regions)
        equations += _kept(replace(eq, regions=regions), reshaped, made)
    return replace(region, equations=tuple(equations))


def _kept(eq: Equation, reshaped: set[Buffer], made: _Made) -> list[Equation]:
    """Return an equation, with a copy after it if its result must be in order."""
    value = eq.results[0] if len(eq.results) == 1 else None
    if value is None or value.buffer not in reshaped or eq.op in WRITES | STAYS:
        return [eq]
    if is_view(eq) or (in_order(made, value) and eq.op != "reshape"):
        return [eq]
    loose = Value(value.type, None, Buffer(), hint=value.hint or value.name)
    builder = Builder(eq.origin, eq.backward)
    builder.append("copy", (loose,), (value,))
    return [replace(eq, results=(loose,)), *builder.equations]
