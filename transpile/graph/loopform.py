"""A loop's operands, parameters and results by their role, and how a body ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from .ir import Equation, Region, Value


@dataclass(frozen=True, slots=True)
class Loop:
    """A ``for`` or ``while`` equation, taken apart.

    ``carries`` are the parameters of the body, ``yields`` what they become,
    ``finals`` what they are after the loop.
    """

    eq: Equation
    body: Region
    condition: Region | None
    counter: Value | None
    bounds: tuple[Value, ...]
    inits: tuple[Value, ...]
    carries: tuple[Value, ...]
    exit: Value | None
    yields: tuple[Value, ...]
    exited: Value | None
    trips: Value | None
    finals: tuple[Value, ...]

    @staticmethod
    def of(eq: Equation) -> Loop:
        """Return the parts of a loop equation."""
        counted = eq.op == "for"
        exits, trips = bool(eq.attrs.get("exits")), bool(eq.attrs.get("count"))
        body = eq.regions[-1]
        return Loop(
            eq,
            body,
            None if counted else eq.regions[0],
            body.params[0] if counted else None,
            eq.operands[:3] if counted else (),
            eq.operands[3:] if counted else eq.operands,
            body.params[counted:],
            body.results[0] if exits else None,
            body.results[exits:],
            eq.results[0] if exits else None,
            eq.results[exits] if trips else None,
            eq.results[exits + trips :],
        )


def without_carry(eq: Equation, carry: Value) -> Equation:
    """Return a loop without one of its carries, which nothing reads."""
    loop = Loop.of(eq)
    place = loop.carries.index(carry)

    def drop(values: tuple[Value, ...], carried: int) -> tuple[Value, ...]:
        at = len(values) - carried + place
        return values[:at] + values[at + 1 :]

    regions = tuple(
        Region(
            drop(region.params, len(loop.carries)),
            region.equations,
            drop(region.results, len(loop.yields))
            if region is loop.body
            else region.results,
        )
        for region in eq.regions
    )
    told = {k: v for k, v in eq.attrs.items() if k not in ("labels", "kinds")}
    return replace(
        eq,
        operands=drop(eq.operands, len(loop.inits)),
        results=drop(eq.results, len(loop.finals)),
        regions=regions,
        attrs=MappingProxyType(told),
    )


@dataclass(frozen=True, slots=True)
class End:
    """What a body, or a branch at its end, hands on: whether to exit, and carries."""

    exit: Value | bool | None
    yields: tuple[Value, ...]

    @property
    def flags(self) -> tuple[Value, ...]:
        """The exit flag, where it is not known."""
        return (self.exit,) if isinstance(self.exit, Value) else ()

    def inside(self, eq: Equation, branch: Region) -> End:
        """Return what a branch hands on, seen from inside it."""
        names = dict(zip(eq.results, branch.results, strict=True))
        flag = self.exit
        if flag is eq.operands[0]:
            flag = branch is eq.regions[0]
        elif isinstance(flag, Value):
            flag = names.get(flag, flag)
        return End(flag, tuple(names.get(v, v) for v in self.yields))


def tail_branch(
    region: Region,
    end: End,
    inline: Mapping[Value, Equation],
    returns: bool = False,
) -> Equation | None:
    """Return the ``if`` at the end of a body that decides how the body ends.

    Its results go straight into the body's own, and its condition or one of them is
    the exit flag, or its first branch ended in ``continue``. ``inline`` are the values
    printed where they are used. With ``returns`` any ``if`` will do.
    """
    results: set[Value] = set()
    for eq in reversed(region.equations):
        if len(eq.results) == 1 and eq.result in inline:
            results.update(eq.operands)
            continue
        if eq.op != "if" or results & set(eq.results):
            return None
        continues = eq.attrs.get("spelled") == "continue"
        decides = end.exit is eq.operands[0] or end.exit in eq.results
        return eq if returns or continues or decides else None
    return None
