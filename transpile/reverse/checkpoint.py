"""Checkpointing: a long loop split in two levels, the inner one run again.

Before ``for t in range(n): body``; after ``for b in range(0, n, block): call step``
where ``step`` runs ``block`` iterations. A function marked ``replay`` saves nothing
on the way forward: its backward part starts from its arguments and runs it again, so
that only the state at the start of each block is kept (Griewank and Walther,
"Evaluating Derivatives", 2008, chapter 12).
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ..build import Builder
from ..ir import (
    Equation,
    Function,
    Program,
    Region,
    Structure,
    Value,
    captured,
)
from .activity import Loop
from .split import parameters_of


def split_loops(program: Program, block: int) -> Program:
    """Return the program with the entry's outermost ``for`` loops split.

    Loops with an exit or an unknown step are left as they are.
    """
    entry = program.entry
    helpers: list[Function] = []
    equations: list[Equation] = []
    for eq in entry.body.equations:
        splits = eq.op == "for" and not eq.attrs.get("exits")
        if splits and eq.operands[2].as_linear.value is not None:
            helper = _outline(entry.name, len(helpers), eq)
            helpers.append(helper)
            equations += _blocks(helper, eq, block)
        else:
            equations.append(eq)
    body = replace(entry.body, equations=tuple(equations))
    return Program((*program.functions[:-1], *helpers, replace(entry, body=body)))


def _taken(eq: Equation) -> list[Value]:
    """Return what a loop's body takes from outside besides its carries."""
    probe = replace(eq, operands=())
    bounds = dict.fromkeys(eq.operands)
    return [v for v in dict.fromkeys(captured(probe)) if v not in bounds]


def _outline(name: str, number: int, eq: Equation) -> Function:
    """Return the function that runs a part of a loop's range."""
    loop = Loop(eq)
    first, last = (Value(loop.bounds[0].type, word) for word in ("first", "last"))
    step = loop.bounds[2]
    builder = Builder(eq.origin)
    by = builder.constant(step.as_linear.value or 1)
    starts = [replace(v, serial=Value(v.type).serial) for v in loop.carries]
    starts = [
        replace(s, buffer=i.buffer) for s, i in zip(starts, loop.inits, strict=True)
    ]
    results = [replace(v, serial=Value(v.type).serial) for v in loop.finals]
    inner = replace(eq, operands=(first, last, by, *starts), results=tuple(results))
    params = (first, last, *_taken(eq), *starts)
    arrays = [k for k, v in enumerate(results) if v.type.rank]
    scalars = [k for k, v in enumerate(results) if not v.type.rank]
    offset = len(params) - len(starts)
    suffix = f"_{number + 1}" if number else ""
    leaf = Structure()
    returns = Structure("tuple", (leaf,) * len(scalars)) if len(scalars) > 1 else leaf
    return Function(
        f"{name}_block{suffix}",
        parameters_of(params, "state"),
        Region(
            params,
            (*builder.equations, inner),
            (*(results[k] for k in scalars), *(results[k] for k in arrays)),
        ),
        returns if scalars else Structure("none"),
        tuple(offset + k for k in arrays),
        eq.origin,
        None,
        MappingProxyType({"replay": True}),
    )


def _blocks(helper: Function, eq: Equation, block: int) -> list[Equation]:
    """Return the outer loop that calls the helper for one block after another."""
    loop = Loop(eq)
    start, stop, step = loop.bounds
    by = step.as_linear.value or 1
    outer, inner = Builder(eq.origin), Builder(eq.origin)
    stride = outer.constant(by * block)
    first = Value(start.type, "first")
    end = inner.emit("add", first, inner.constant(by * block))
    last = inner.emit("minimum" if by > 0 else "maximum", end, stop)
    carries = [replace(v, serial=Value(v.type).serial) for v in loop.carries]
    results = [replace(v, serial=Value(v.type).serial) for v in loop.finals]
    scalars = [r for r in results if not r.type.rank]
    arrays = [r for r in results if r.type.rank]
    inner.append(
        "call",
        (first, last, *_taken(eq), *carries),
        (*scalars, *arrays),
        callee=helper.name,
    )
    body = Region((first, *carries), tuple(inner.equations), tuple(results))
    outer.append("for", (start, stop, stride, *loop.inits), loop.finals, (body,))
    return outer.equations


__all__ = ["split_loops"]
