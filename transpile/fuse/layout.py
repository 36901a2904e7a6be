"""Matrices of our own, laid out the way in which loops go through them.

Before, where the inner loop goes down columns of ``q`` and along rows of ``u``::

    q = np.zeros((n, m))
    for j in range(m):
        for i in range(n):
            q[i, j] = b * q[i, j - 1] + u[j, i]

after::

    q = np.zeros((m, n))
    for j in range(m):
        for i in range(n):
            q[j, i] = b * q[j - 1, i] + u[j, i]

It is done to memory that a function makes, uses by elements only and does not give
away, where that costs less: by the model of `interchange`, in strips `NEAR` for what is
`STRIDE` elsewhere, and each access as often as the loops that it is in run, each of
them `TRIPS` times. It comes after the loops have their order, which suits the arrays
that are given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..graph.buffers import buffers, handed_on
from ..graph.ir import (
    WRITES,
    At,
    Buffer,
    Equation,
    Function,
    Index,
    Program,
    Region,
    Value,
    walk,
)
from ..graph.loopform import Loop
from .pair import PURE, STRIDE, following, paces

MEMORY = frozenset({"empty", "zeros"})
ACCESSES = WRITES | {"index"}
HANDS_ON = frozenset({"for", "while", "if"})
PATHS = {(Index((At(0), At(1))),), (Index((At(1), At(0))),)}
TRIPS = 16
NEAR = 2  # the lines of a strip stay in the cache


def lay_out(program: Program) -> Program:
    """Return lowered functions with matrices in the better layout."""
    return program.map(_function)


def _function(function: Function) -> Function:
    body = function.body
    if any(eq.attrs.get("parallel") for eq in walk(body)):
        return function
    turned = {b for b, gain in _gains(body, _own(body)).items() if gain > 0}
    return (
        replace(function, body=_Turned(turned, {}).region(body)) if turned else function
    )


def _own(body: Region) -> Set[Buffer]:
    """Return matrices that a body makes in one place and only uses by elements."""
    made = [e.result.buffer for e in walk(body) if e.op in MEMORY]
    ranks = {e.result.buffer: e.result.type.rank for e in walk(body) if e.op in MEMORY}
    times = Counter(made)
    unfit = {b for e in walk(body) for pair in handed_on(e) for b in pair}
    unfit |= buffers(body.results)
    for eq in walk(body):
        if eq.op not in MEMORY | HANDS_ON:
            rest = eq.operands[_is_access(eq) :]
            unfit |= buffers(rest)
            unfit |= set() if _is_access(eq) else buffers(eq.results)
    return {b for b in times if b and times[b] == 1 and ranks[b] == 2} - unfit


def _is_access(eq: Equation) -> bool:
    """Whether an equation reads or writes an element, or asks for a length."""
    return eq.op == "dim" or eq.op in ACCESSES and eq.attrs["path"] in PATHS


# ---- cost ----


@dataclass(frozen=True, slots=True)
class _Nest:
    """The loop that an access is in, how many there are, and what moves with it."""

    loop: Loop | None = None
    depth: int = 0
    in_strips: bool = False

    def inside(self, eq: Equation) -> _Nest:
        """Return the nest in what an equation runs."""
        if eq.op != "for":
            return self
        if eq.attrs.get("strips"):
            return replace(self, in_strips=True)
        return replace(self, loop=Loop.of(eq), depth=self.depth + 1)


def _gains(body: Region, own: Set[Buffer]) -> Mapping[Buffer, int]:
    """Return how much less each matrix costs if its axes change places."""
    gains: Counter[Buffer] = Counter()
    for eq, nest in _accesses(body, _Nest()):
        buffer = eq.operands[0].buffer
        if buffer not in own or buffer is None or nest.loop is None:
            continue
        assert nest.loop.counter is not None
        numbers = (e for e in nest.loop.body.equations if e.op in PURE)
        first, last = paces(eq, following(nest.loop.counter, numbers))
        far = NEAR if nest.in_strips else STRIDE
        gain = (far if first else last) - (far if last else first)
        gains[buffer] += gain * TRIPS**nest.depth
    return gains


def _accesses(region: Region, nest: _Nest) -> Iterator[tuple[Equation, _Nest]]:
    for eq in region.equations:
        if eq.op in ACCESSES:
            yield eq, nest
        for inner in eq.regions:
            yield from _accesses(inner, nest.inside(eq))


# ---- the other layout ----


@dataclass(frozen=True, slots=True)
class _Turned:
    """Gives ``chosen`` matrices their axes in the other order."""

    chosen: Set[Buffer]
    renewed: dict[Value, Value]

    def region(self, region: Region) -> Region:
        """Return a region with the matrices turned."""
        return Region(
            tuple(map(self._value, region.params)),
            tuple(map(self._equation, region.equations)),
            tuple(map(self._value, region.results)),
        )

    def _value(self, value: Value) -> Value:
        if value.buffer not in self.chosen:
            return value
        if value not in self.renewed:
            kind = replace(value.type, shape=value.type.shape[::-1])
            serial = Value(kind).serial
            self.renewed[value] = replace(value, type=kind, serial=serial)
        return self.renewed[value]

    def _equation(self, eq: Equation) -> Equation:
        array = eq.result if eq.op in MEMORY else next(iter(eq.operands), None)
        if array is not None and array.buffer in self.chosen:
            eq = _reversed(eq)
        return replace(
            eq,
            operands=tuple(map(self._value, eq.operands)),
            results=tuple(map(self._value, eq.results)),
            regions=tuple(map(self.region, eq.regions)),
        )


def _reversed(eq: Equation) -> Equation:
    """Return what makes, asks or uses a matrix, with its axes in the other order."""
    if eq.op in HANDS_ON:
        return eq
    if eq.op == "dim":
        return _with(eq, axis=1 - eq.attrs["axis"])
    *others, first, last = eq.operands
    eq = replace(eq, operands=(*others, last, first))
    inbounds = eq.attrs.get("inbounds")
    return _with(eq, inbounds=inbounds[::-1]) if inbounds else eq


def _with(eq: Equation, **attrs: object) -> Equation:
    return replace(eq, attrs=MappingProxyType({**eq.attrs, **attrs}))
