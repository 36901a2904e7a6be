"""The verifier: what is well formed, as a table of rules, run between passes.

Each rule is a function from an equation and its surroundings to complaints. A
malformed graph is a defect of ours, never of the user: it raises `Malformed`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from .buffers import written
from .carries import kinds
from .ir import WRITES, Buffer, Equation, Function, Program, Region, Value, walk


class Malformed(AssertionError):
    """A pass made a graph that breaks a rule."""


@dataclass(slots=True)
class State:
    """What is defined at a point, and which array values are stale."""

    defined: set[Value]
    stale: set[Value] = field(default_factory=set)
    alive: dict[Buffer, set[Value]] = field(default_factory=dict)

    def copy(self) -> State:
        """Return a state to continue in a region."""
        alive = {b: set(vs) for b, vs in self.alive.items()}
        return State(set(self.defined), set(self.stale), alive)

    def define(self, value: Value) -> None:
        """Note a definition."""
        self.defined.add(value)
        self.stale.discard(value)
        if value.buffer is not None:
            self.alive.setdefault(value.buffer, set()).add(value)

    def overwrite(self, buffer: Buffer) -> None:
        """Make every value of a buffer stale."""
        self.stale |= self.alive.pop(buffer, set())


Rule = Callable[[Equation, State], Iterator[str]]


def operands_defined(eq: Equation, state: State) -> Iterator[str]:
    """Every operand is defined before it is used."""
    for value in eq.operands:
        if value not in state.defined:
            yield f"reads {value!r}, which is not defined here"


def results_new(eq: Equation, state: State) -> Iterator[str]:
    """Every value is defined once on a path."""
    for value in eq.results:
        if value in state.defined:
            yield f"defines {value!r} again"


def memory_current(eq: Equation, state: State) -> Iterator[str]:
    """No equation reads an array's contents after they were overwritten."""
    if eq.op == "dim":
        return
    for value in eq.operands:
        if value in state.stale:
            yield f"reads {value!r}, which was overwritten"


def buffers_right(eq: Equation, state: State) -> Iterator[str]:
    """Scalars have no buffer, arrays have one; writes keep their operand's."""
    for value in eq.results:
        if (value.buffer is None) != (value.type.rank == 0):
            yield f"{value!r} has rank {value.type.rank} and buffer {value.buffer}"
    if eq.op in WRITES and eq.result.buffer is not eq.operands[0].buffer:
        yield "writes another buffer than it returns"


def regions_fit(eq: Equation, state: State) -> Iterator[str]:
    """Regions take and give as many values as their equation."""
    exits = 1 if eq.attrs.get("exits") else 0
    if eq.op == "if":
        if len(eq.regions) != 2 or any(r.params for r in eq.regions):
            yield "an if has two regions without parameters"
        if any(len(r.results) != len(eq.results) for r in eq.regions):
            yield "a branch gives another number of values than its if"
    elif eq.op in ("for", "while"):
        count = len(eq.operands) - (3 if eq.op == "for" else 0)
        body = eq.regions[-1]
        if len(body.params) != count + (1 if eq.op == "for" else 0):
            yield "a loop's body takes another number of carries"
        if not len(body.results) == len(eq.results) == count + exits:
            yield "a loop gives another number of values than it carries"
    elif eq.regions:
        yield "only control equations have regions"


def kinds_right(eq: Equation, state: State) -> Iterator[str]:
    """Where the kinds of carries are stated, they are those of the body."""
    stated = eq.attrs.get("kinds")
    if stated is not None and stated != kinds(eq):
        yield f"carries {kinds(eq)}, not {stated}"


RULES: tuple[Rule, ...] = (
    operands_defined,
    results_new,
    memory_current,
    buffers_right,
    regions_fit,
    kinds_right,
)


def check(program: Program, *, between: bool = False) -> Program:
    """Return the program unchanged, or raise `Malformed` with all complaints.

    What is ``between`` two passes is checked where ``GRADSCRIBE_CHECK`` is set, as it
    is in tests. What comes last always is.
    """
    if between and not os.environ.get("GRADSCRIBE_CHECK"):
        return program
    complaints: list[str] = []
    known: dict[str, Function] = {}
    for function in program.functions:
        known[function.name] = function
        complaints += [f"{function.name}: {c}" for c in _calls(function, known)]
        complaints += [f"{function.name}: {c}" for c in _function(function)]
    if complaints:
        raise Malformed("\n".join(complaints))
    return program


def _calls(function: Function, known: Mapping[str, Function]) -> Iterator[str]:
    """Complain of calls of what is neither a function before nor this one."""
    for eq in walk(function.body):
        if eq.op != "call":
            continue
        callee = known.get(eq.attrs["callee"])
        if callee is None:
            yield f"calls {eq.attrs['callee']}, which does not stand before it"
        elif len(eq.operands) != len(callee.body.params):
            yield f"calls {callee.name} with {len(eq.operands)} arguments"
        elif len(eq.results) != len(callee.body.results):
            yield f"takes {len(eq.results)} results of {callee.name}"


def _function(function: Function) -> Iterator[str]:
    flat = [v for p in function.parameters for v in p.values]
    if list(function.body.params) != flat:
        yield "the body's parameters are not those of the signature"
    if len(function.body.results) != function.returns.width + len(function.written):
        yield "the body's results do not fit the signature"
    yield from _region(function.body, State(set()))


def _region(region: Region, state: State) -> Iterator[str]:
    for param in region.params:
        state.define(param)
    for eq in region.equations:
        for rule in RULES:
            for complaint in rule(eq, state):
                where = f" ({eq.origin.file}:{eq.origin.line})" if eq.origin else ""
                yield f"{eq.op}{where} {complaint}"
        yield from _control(eq, state)
        for buffer in written(eq):
            state.overwrite(buffer)
        for value in eq.results:
            state.define(value)
    for value in region.results:
        if value not in state.defined:
            yield f"gives {value!r}, which is not defined"
        elif value in state.stale and value.type.rank:
            yield f"gives {value!r}, which was overwritten"


def _control(eq: Equation, state: State) -> Iterator[str]:
    for region in eq.regions:
        yield from _region(region, state.copy())
