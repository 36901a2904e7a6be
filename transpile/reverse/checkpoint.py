"""Checkpointing: a long loop split in two levels, the inner one run again.

Before ``for t in range(n): body``; after ``for b in range(0, n, block): call step``
where ``step`` runs ``block`` iterations. A function marked ``replay`` saves nothing
on the way forward: its backward part starts from its arguments and runs it again, so
that only the state at the start of each block is kept (Griewank and Walther,
"Evaluating Derivatives", 2008, chapter 12).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from ..build import Builder
from ..errors import refuse
from ..ir import (
    LEAF,
    WRITES,
    Buffer,
    Equation,
    Function,
    Program,
    Region,
    Structure,
    Value,
    captured,
    is_view,
    walk,
)
from .activity import Loop
from .split import parameters_of


def split_loops(program: Program, block: int) -> Program:
    """Return the program with the outermost ``for`` loops of its functions split.

    Loops with an exit or an unknown step are left as they are; a program without
    any other is refused.
    """
    functions: list[Function] = []
    for function in program.functions:
        splitter = _Splitter(function.name, block)
        body = splitter.region(function.body)
        functions += [*splitter.helpers, replace(function, body=body)]
    if len(functions) == len(program.functions):
        raise refuse(
            f"checkpoint={block}: {program.entry.name} has no loop that can be split",
            "leave it out; a loop over range(...) with a constant step, without break"
            " and return, can be split",
        )
    return Program(tuple(functions))


class _Splitter:
    """Splits the loops of one function; ``helpers`` run a block each."""

    def __init__(self, name: str, block: int) -> None:
        self.name = name
        self.block = block
        self.helpers: list[Function] = []

    def region(self, region: Region) -> Region:
        """Return a region with its outermost loops split."""
        equations: list[Equation] = []
        for eq in region.equations:
            if eq.op == "if":
                eq = replace(eq, regions=tuple(map(self.region, eq.regions)))
            parts = _parts(eq) if _can_split(eq) else None
            equations += [eq] if parts is None else self._split(parts)
        return replace(region, equations=tuple(equations))

    def _split(self, parts: _Parts) -> list[Equation]:
        suffix = f"_{len(self.helpers) + 1}" if self.helpers else ""
        helper = _outline(f"{self.name}_block{suffix}", parts)
        self.helpers.append(helper)
        return _blocks(helper, parts, self.block)


def _can_split(eq: Equation) -> bool:
    return (
        eq.op == "for"
        and not eq.attrs.get("exits")
        and not eq.attrs.get("count")
        and eq.operands[2].as_linear.value is not None
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """A loop, what its body takes from outside, and how its carries go on.

    ``written``: the array is updated where it is. ``copied``: an array that is
    written or handed on, but not to itself; a block works on a copy of its own.
    """

    loop: Loop
    taken: tuple[Value, ...]
    written: tuple[bool, ...]
    copied: tuple[bool, ...]


def _parts(eq: Equation) -> _Parts | None:
    """Return the parts of a loop, or None if its state cannot be handed on."""
    loop = Loop(eq)
    taken = tuple(dict.fromkeys(captured(replace(eq, operands=()))))
    views = {inner.result for inner in walk(loop.body) if is_view(inner)}
    touched = {v.buffer for inner in walk(loop.body) for v in _overwritten(inner)}
    given = [v.buffer for v in loop.yields if v.buffer is not None]
    outside = {v.buffer for v in (*taken, *loop.inits)} - {None}
    outside -= {v.buffer for v in loop.carries}
    if len(set(given)) < len(given) or outside.intersection(given):
        return None  # two names for one array
    written = [
        c.buffer is not None and c.buffer is y.buffer and y not in views
        for c, y in zip(loop.carries, loop.yields, strict=True)
    ]
    copied = [
        c.buffer is not None and not own and c.buffer in touched.union(given)
        for c, own in zip(loop.carries, written, strict=True)
    ]
    return _Parts(loop, taken, tuple(written), tuple(copied))


def _overwritten(eq: Equation) -> tuple[Value, ...]:
    if eq.op in WRITES:
        return eq.operands[:1]
    return eq.operands if eq.op == "call" or eq.regions else ()


def _again(value: Value, buffer: Buffer | None) -> Value:
    """Return another value like one."""
    return replace(value, serial=Value(value.type).serial, buffer=buffer)


def _memory(value: Value, parameter: bool = False) -> Buffer | None:
    return Buffer(value.name or "", parameter) if value.type.rank else None


def _outline(name: str, parts: _Parts) -> Function:
    """Return the function that runs a part of a loop's range."""
    loop = parts.loop
    eq = loop.eq
    first, last = (Value(loop.bounds[0].type, word) for word in ("first", "last"))
    builder = Builder(eq.origin)
    by = builder.constant(loop.bounds[2].as_linear.value or 1)
    given = [_again(carry, _memory(carry, True)) for carry in loop.carries]
    starts = [
        builder.emit("copy", value, name=value.name) if copied else value
        for value, copied in zip(given, parts.copied, strict=True)
    ]
    ends = [
        _again(final, start.buffer if written else _memory(final))
        for final, start, written in zip(
            loop.finals, starts, parts.written, strict=True
        )
    ]
    inner = replace(eq, operands=(first, last, by, *starts), results=tuple(ends))
    params = (first, last, *parts.taken, *given)
    offset = len(params) - len(given)
    stays = [k for k, written in enumerate(parts.written) if written]
    leaves = [k for k, written in enumerate(parts.written) if not written]
    return Function(
        name,
        parameters_of(params, "state"),
        Region(
            params,
            (*builder.equations, inner),
            tuple(ends[k] for k in (*leaves, *stays)),
        ),
        _returns(len(leaves)),
        tuple(offset + k for k in stays),
        eq.origin,
        None,
        MappingProxyType({"replay": True}),
    )


def _returns(count: int) -> Structure:
    if count == 1:
        return LEAF
    return Structure("tuple", (LEAF,) * count) if count else Structure("none")


def _blocks(helper: Function, parts: _Parts, block: int) -> list[Equation]:
    """Return the outer loop that calls the helper for one block after another."""
    loop = parts.loop
    start, stop, step = loop.bounds
    by = step.as_linear.value or 1
    outer, inner = Builder(loop.eq.origin), Builder(loop.eq.origin)
    stride = outer.constant(by * block)
    first = Value(start.type, "first")
    end = inner.emit("add", first, inner.constant(by * block))
    last = inner.emit("minimum" if by > 0 else "maximum", end, stop)
    carries = [_again(v, v.buffer) for v in loop.carries]
    results = [
        _again(final, carry.buffer if written else _memory(final))
        for final, carry, written in zip(
            loop.finals, carries, parts.written, strict=True
        )
    ]
    leaves = [
        r for r, written in zip(results, parts.written, strict=True) if not written
    ]
    stays = [r for r, written in zip(results, parts.written, strict=True) if written]
    operands = (first, last, *parts.taken, *carries)
    inner.append("call", operands, (*leaves, *stays), callee=helper.name)
    body = Region((first, *carries), tuple(inner.equations), tuple(results))
    outer.append("for", (start, stop, stride, *loop.inits), loop.finals, (body,))
    return outer.equations


__all__ = ["split_loops"]
