"""What draws random numbers, and what cannot be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from ..errors import Problem, TranspileError
from .ir import Equation, Function, Program, Region, calls_itself, walk

GENERATOR = "generator"
# The dtypes of what numbers are drawn from, and their classes in np.random.
SOURCES: Mapping[str, str] = {GENERATOR: "Generator", "random_state": "RandomState"}

MOVED = (
    "a draw whose parameter depends on what is differentiated: the numbers that are"
    " drawn do not follow it by a formula",
    "hold the parameter fixed with gs.stop_gradient, or draw from a family of a"
    " location and a scale",
)
AGAIN = (
    "reverse mode over a function that calls itself and draws random numbers, which"
    " would be drawn again",
    "draw them before, and pass them",
)
PATTERN = (
    "a sparse derivative of a function that draws random numbers, which would be drawn"
    " again to find its pattern",
    "draw them before, and pass them",
)


def drawing(program: Program) -> frozenset[str]:
    """Return the names of the functions that draw, or call one that does."""
    found: set[str] = set()
    for function in program.functions:  # helpers come before their callers
        if first_draw(function.body, found) is not None:
            found.add(function.name)
    return frozenset(found)


def first_draw(
    region: Region, drawing: frozenset[str] | set[str] = frozenset()
) -> Equation | None:
    """Return the first draw of a region, or call of a function that draws."""
    for eq in walk(region):
        if eq.op == "draw" or eq.attrs.get("callee") in drawing:
            return eq
    return None


def acting(program: Program) -> frozenset[str]:
    """Return the names of the functions that draw or print, or call one that does."""
    found: set[str] = set()
    for function in program.functions:
        for eq in walk(function.body):
            if eq.op in ("draw", "print") or eq.attrs.get("callee") in found:
                found.add(function.name)
    return frozenset(found)


def marked(function: Function, acting: frozenset[str]) -> Function:
    """Return a function whose calls of some stay where they are."""
    if not acting:
        return function
    return replace(function, body=_marked(function.body, acting))


def _marked(region: Region, acting: frozenset[str]) -> Region:
    equations = []
    for eq in region.equations:
        if eq.attrs.get("callee") in acting:
            eq = replace(eq, attrs=MappingProxyType({**eq.attrs, "acts": True}))
        regions = tuple(_marked(r, acting) for r in eq.regions)
        equations.append(replace(eq, regions=regions) if regions else eq)
    return replace(region, equations=tuple(equations))


def loops_draw(program: Program) -> bool:
    """Whether iterations draw: then their order is that of the draws."""
    names = drawing(program)
    return any(
        eq.op in ("for", "while") and first_draw(region, names) is not None
        for function in program.functions
        for eq in walk(function.body)
        for region in eq.regions
    )


def refused(eq: Equation | None, message: str, help: str) -> TranspileError:
    """Return an error about a draw."""
    at = None if eq is None else eq.origin
    if at is None:
        return TranspileError(Problem("", 0, 0, 0, message, help))
    place = (at.file, at.line, at.column, at.end_column)
    return TranspileError(Problem(*place, message, help, at.text))


def require_once(program: Program) -> Program:
    """Return a program that is to be reversed; refuse what would draw again."""
    names = drawing(program)
    for function in program.functions:
        if function.name in names and calls_itself(function):
            raise refused(first_draw(function.body), *AGAIN)
    return program


def require_known(program: Program) -> Program:
    """Return a program whose pattern is to be found; refuse what would draw again."""
    for function in program.functions:
        found = first_draw(function.body)
        if found is not None:
            raise refused(found, *PATTERN)
    return program
