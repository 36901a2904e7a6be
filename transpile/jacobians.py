"""A Jacobian by the cheaper mode: columns together, or rows one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .forward import Pushed, tangent
from .graph.ir import Program, Value
from .reverse import Request, gradient
from .reverse.rows import jacobian_by_rows
from .selection import select
from .steps import SUFFIXES, Step


def jacobian(program: Program, step: Step, overwrite: tuple[str, ...]) -> Program:
    """Return the program of a Jacobian.

    Before ``y = f(x)``; after ``jacobian = f_jacobian(x)``. Forward mode pushes all
    unit vectors in one sweep, reverse mode runs the backward part for every output:
    that is taken where outputs are surely fewer than inputs.
    """
    entry, direction = program.entry, step.direction
    parts = [select(entry.parameters, place) for place in step.wrt]
    inputs = [v for part in parts if part for v in part.values]
    outputs = [v for v in entry.body.results if v.type.is_inexact]
    if step.aux or any(v.type.is_complex for v in outputs):
        direction = "forward"
    if direction == "auto":
        direction = "reverse" if _are_fewer(outputs, inputs) else "forward"
    if direction == "forward":
        name = entry.name + SUFFIXES[step.mode]
        return tangent(program, Pushed.of(step, name, overwrite))
    if len(entry.body.results) == 1 and not entry.written and _is_number(outputs):
        mode = {"jacobian": "grad"}.get(step.mode, "value_and_grad")
        made = gradient(program, Request(step.wrt, mode, step.single, overwrite))
        name = entry.name + SUFFIXES[step.mode]
        return Program((*made.functions[:-1], replace(made.entry, name=name)))
    return jacobian_by_rows(program, step, overwrite)


def _is_number(outputs: Sequence[Value]) -> bool:
    return len(outputs) == 1 and outputs[0].type.is_float and not outputs[0].type.rank


def _are_fewer(outputs: Sequence[Value], inputs: Sequence[Value]) -> bool:
    """Whether there are surely fewer numbers in some values than in others.

    Where lengths are not known, arrays with fewer axes have fewer numbers.
    """
    counts = [_count(outputs), _count(inputs)]
    if None not in counts:
        return counts[0] < counts[1]  # type: ignore[operator]
    ranks = [max((v.type.rank for v in vs), default=0) for vs in (outputs, inputs)]
    return ranks[0] < ranks[1]


def _count(values: Sequence[Value]) -> int | None:
    """Return how many numbers values hold, if that is known."""
    total = 0
    for value in values:
        size = 1
        for length in value.type.shape:
            if length.value is None:
                return None
            size *= length.value
        total += size
    return total
