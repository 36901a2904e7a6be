"""Whether quotients may be products with the reciprocal of the divisor.

Many divisions by one number are then one, and that may be a quarter of a stencil's
time. But ``x * (1 / h)`` may differ from ``x / h`` by a rounding. ``int(x / h)``, with
x a multiple of h, would be another place in a table, and ``i / n < 0.5`` another
branch: where a quotient decides, quotients stay.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, product
from types import MappingProxyType

from ..graph.buffers import memories
from ..graph.ir import Buffer, Equation, Program, Value, walk
from ..graph.loopform import Loop
from ..graph.ops import COMPARISONS

Node = Value | Buffer

# Results that jump, though they are no integers.
JUMPING = frozenset(
    "ceil floor floor_divide fmod heaviside remainder rint sign trunc".split()
)
# What comes out alike of both but where a number ends the range of numbers.
STEADY = frozenset("isfinite isinf isnan signbit".split())


def mark_quotients(program: Program) -> Program:
    """Return lowered functions that say whether their quotients may be products."""
    free = not _decides(program)
    return program.map(
        lambda f: replace(f, attrs=MappingProxyType({**f.attrs, "reciprocal": free}))
    )


def _decides(program: Program) -> bool:
    """Whether a quotient decides an integer, a branch or a jump."""
    equations = [eq for f in program.functions for eq in walk(f.body)]
    ahead: list[Node] = [eq.result for eq in equations if eq.op == "divide"]
    if not ahead:
        return False
    same = dict(
        chain.from_iterable(memories(f.body).items() for f in program.functions)
    )

    def node(value: Value) -> Node:
        buffer = value.buffer
        return value if buffer is None else same.get(buffer, buffer)

    after: dict[Node, list[Node]] = {}
    for eq in equations:
        for source, target in _flows(eq, program):
            if source.type.is_inexact and target.type.is_inexact:
                after.setdefault(node(source), []).append(node(target))
    reached: set[Node] = set()
    while ahead:
        one = ahead.pop()
        if one not in reached:
            reached.add(one)
            ahead += after.get(one, ())
    ends = {e.result for e in equations if _is_end(e)}
    return any(
        _jumps(eq, ends) and any(node(v) in reached for v in eq.operands)
        for eq in equations
    )


def _is_end(eq: Equation) -> bool:
    """Whether a constant is zero or infinite, where the range of numbers ends."""
    return eq.op == "constant" and abs(eq.attrs["value"]) in (0.0, math.inf)


def _jumps(eq: Equation, ends: set[Value]) -> bool:
    """Whether what comes out may change by more than a rounding."""
    if eq.regions or not eq.results or eq.op in STEADY or eq.op == "dim":
        return False
    if eq.op in COMPARISONS and not ends.isdisjoint(eq.operands):
        return False
    return eq.op in JUMPING or not any(v.type.is_inexact for v in eq.results)


def _flows(eq: Equation, program: Program) -> Iterator[tuple[Value, Value]]:
    """Yield values, each with one that follows from it."""
    if eq.op == "if":
        for region in eq.regions:
            yield from _each(region.results, eq.results)
    elif eq.op in ("for", "while"):
        loop = Loop.of(eq)
        for target in (loop.carries, loop.finals):
            yield from _each(loop.inits, target)
            yield from _each(loop.yields, target)
    elif eq.op == "call":
        body = program.find(eq.attrs["callee"]).body
        yield from _each(eq.operands, body.params)
        yield from _each(body.results, eq.results)
    else:
        yield from product(eq.operands, eq.results)


def _each(
    sources: Iterable[Value], targets: Iterable[Value]
) -> Iterator[tuple[Value, Value]]:
    yield from zip(sources, targets, strict=True)
