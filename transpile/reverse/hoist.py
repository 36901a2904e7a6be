"""Arrays of saved values made once, not in every iteration of a backward loop.

Before ``for b in ...: u_saved = np.empty(block); ...``; after ``u_saved =
np.empty(block)`` stands before the loop, which carries it.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

from ..graph.buffers import last_version
from ..graph.ir import Equation, Region, Value
from ..graph.ops import OPS
from ..graph.substitute import substitute


@dataclass(frozen=True, slots=True)
class Hoisted:
    """What moves before a loop, and what the loop carries for it.

    Of each carry what it starts with, is, becomes and ends as.
    """

    before: tuple[Equation, ...]
    equations: tuple[Equation, ...]
    carries: tuple[tuple[Value, Value, Value, Value], ...]


def hoist(equations: Sequence[Equation], inside: Container[Value]) -> Hoisted:
    """Return the equations of a loop's body without the arrays made for saving.

    ``inside`` are values that are not known before the loop, besides those that the
    equations define.
    """
    makers = {r: eq for eq in equations for r in eq.results}
    before: dict[Equation, None] = {}
    inits: list[Value] = []
    for eq in equations:
        movable = all(_movable(v, makers, inside) for v in eq.operands)
        if eq.attrs.get("once") and movable:
            _collect(eq, makers, before)
            inits.append(eq.result)
    params = [_again(v) for v in inits]
    rest = Region((), tuple(eq for eq in equations if eq not in before), ())
    rest = substitute(rest, dict(zip(inits, params, strict=True)))
    carries = (
        (v, param, last_version(rest, param), _again(v))
        for v, param in zip(inits, params, strict=True)
    )
    return Hoisted(tuple(before), rest.equations, tuple(carries))


def _again(value: Value) -> Value:
    """Return another version of an array."""
    return replace(value, serial=Value(value.type).serial)


def _movable(
    value: Value, makers: dict[Value, Equation], inside: Container[Value]
) -> bool:
    eq = makers.get(value)
    if eq is None:
        return value not in inside
    simple = eq.op in ("constant", "dim") or (OPS[eq.op].cheap and not value.type.rank)
    return simple and all(_movable(v, makers, inside) for v in eq.operands)


def _collect(
    eq: Equation, makers: dict[Value, Equation], found: dict[Equation, None]
) -> None:
    for value in eq.operands:
        if value in makers:
            _collect(makers[value], makers, found)
    found[eq] = None
