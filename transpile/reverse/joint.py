"""A loop of independent iterations: each goes forward and backward at once.

Before ``for i in range(n): total += f(x[i])``; after::

    for i in range(n):
        ... f ...; total += ...
        ... the adjoint of f ...

The loop runs in its own direction, and gives what the forward loop gave: that one
goes, and what follows from its results comes after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from ..graph.ir import Equation, Region, Value, captured
from ..graph.loopform import Loop
from ..graph.substitute import substitute
from .adjoint import Scope
from .loop import BackwardLoop, adjoints, schedules
from .parts import again
from .repeat import rerun
from .sweep import Reverser


class NotJoined(Exception):
    """The adjoint of a loop turned out to depend on its results."""


@schedules("joint")
def reverse_joint(reverser: Reverser, eq: Equation, scope: Scope) -> None:
    """Append a loop that runs each iteration, and then its adjoint."""
    backward = _Joint(reverser, eq, scope)
    backward.run(*adjoints(reverser, backward.loop, scope))
    place = next(k for k, e in enumerate(scope.builder.equations) if e is backward.made)
    attrs = MappingProxyType({**backward.made.attrs, "joint": backward.loop.finals})
    scope.builder.equations[place] = replace(backward.made, attrs=attrs)


class _Joint(BackwardLoop):
    """The loop, with the sums of the forward loop first among its carries."""

    def __init__(self, reverser: Reverser, eq: Equation, outer: Scope) -> None:
        loop = Loop.of(eq)
        body = replace(loop.body, results=loop.yields)
        super().__init__(reverser, loop, body, outer)

    def _range(self) -> tuple[Value, tuple[Value, ...]]:
        assert self.loop.counter is not None
        return self.loop.counter, self.loop.bounds

    def _sweep(self) -> None:
        """Emit one iteration, with its sums, and its adjoint."""
        loop, sums = self.loop, self.body.results
        given = {carry: again(carry, None) for carry in loop.carries}
        equations = self.body.equations
        ends = rerun(self.reverser, equations, given, self.inner, frozenset(), sums)
        for init, carry, end in zip(loop.inits, loop.carries, ends, strict=True):
            self.more.append((init, given[carry], end, again(carry, None)))


def _next_joint(both: Region) -> int | None:
    places = (k for k, eq in enumerate(both.equations) if "joint" in eq.attrs)
    return next(places, None)


def settle(both: Region) -> Region:
    """Return both parts with the joint loops in the place of the forward ones.

    What follows from the results of such a loop comes after it.
    """
    while (place := _next_joint(both)) is not None:
        loop = both.equations[place]
        finals: tuple[Value, ...] = loop.attrs["joint"]
        attrs = {k: v for k, v in loop.attrs.items() if k != "joint"}
        made = replace(loop, attrs=MappingProxyType(attrs))
        before, later = _parted(both.equations[:place], loop, finals)
        rest = replace(both, equations=(*later, *both.equations[place + 1 :]))
        ends = made.results[: len(finals)]
        rest = substitute(rest, dict(zip(finals, ends, strict=True)))
        both = replace(rest, equations=(*before, made, *rest.equations))
    return both


def _parted(
    equations: Sequence[Equation], loop: Equation, finals: Sequence[Value]
) -> tuple[list[Equation], list[Equation]]:
    """Return what is not computed from the results of a forward loop, and what is."""
    before, later, follows = list[Equation](), list[Equation](), set(finals)
    for eq in equations:
        if not set(finals).isdisjoint(eq.results):
            continue  # the forward loop
        if follows.isdisjoint(captured(eq)):
            before.append(eq)
            continue
        if eq.regions or any(v.buffer is not None for v in (*eq.operands, *eq.results)):
            raise NotJoined
        later.append(eq)
        follows.update(eq.results)
    if not follows.isdisjoint(captured(loop)):
        raise NotJoined
    return before, later
