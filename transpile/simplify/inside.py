"""Memory made in the one branch that uses it."""

from __future__ import annotations

from dataclasses import replace

from ..graph.ir import Equation, Function, Region, captured


def make_inside(function: Function) -> Function:
    """Return a backward part that makes memory in the branch that it is for.

    Only one that runs its function again: with others the forward part, which fills
    the memory, has another branch.

    Before ``saved = np.empty(n)`` and ``if n > 1: ...``, which alone uses ``saved``;
    after ``if n > 1: saved = np.empty(n); ...``.
    """
    if "rerun" not in function.attrs:
        return function
    return replace(function, body=_region(function.body))


def _region(region: Region) -> Region:
    equations = list(region.equations)
    for k in range(len(equations) - 1, -1, -1):
        if equations[k].op == "empty":
            _move(equations, k, region)
    made = (
        replace(eq, regions=tuple(map(_region, eq.regions))) if eq.regions else eq
        for eq in equations
    )
    return replace(region, equations=tuple(made))


def _move(equations: list[Equation], k: int, region: Region) -> None:
    """Move an equation into the region of a branch that alone uses its result."""
    value = equations[k].result
    users = [j for j, eq in enumerate(equations) if value in captured(eq)]
    if len(users) != 1 or value in region.results:
        return
    branch = equations[users[0]]
    inside = [value in r.free for r in branch.regions]
    if branch.op != "if" or inside.count(True) != 1 or value in branch.operands:
        return
    regions = list(branch.regions)
    inner = regions[inside.index(True)]
    if value in inner.results:
        return
    moved = (equations[k], *inner.equations)
    regions[inside.index(True)] = replace(inner, equations=moved)
    equations[users[0]] = replace(branch, regions=tuple(regions))
    del equations[k]
