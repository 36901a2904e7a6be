"""The adjoint of ``if``: the branch that was taken is run backwards.

What a branch contributes to values from outside comes out as a result: the other
branch passes the adjoint on unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.ir import Buffer, Equation, Region, Value, is_view
from .adjoint import Scope, adjoint_type, bar_name
from .sweep import Reverser, handles


class Branch:
    """One branch run backwards: its scope, and what it touched outside.

    An adjoint from outside may be written in place where it is owned: only one of
    the branches runs, and the result takes its place.
    """

    def __init__(self, reverser: Reverser, forward: Region, outer: Scope) -> None:
        self.reverser = reverser
        self.forward = forward
        self.outer = outer
        self.scope = reverser.scope(forward)
        self.scope.builder.origin = outer.builder.origin
        self.scope.adopt = self._adopt
        self.touched: dict[Value, None] = {}

    def _adopt(self, primal: Value) -> None:
        self.touched[primal] = None
        start = self.outer.take(primal)
        if start is not None:
            self.scope.bars[primal] = start
            if start in self.outer.owned:
                self.scope.owned.add(start)

    def end(self, primal: Value) -> Value:
        """Return the adjoint of an outer value at the branch's end."""
        bar = self.scope.bars.get(primal)
        if bar is not None and bar in self.scope.owned:
            return bar
        if bar is not None:
            if self.reverser.may_be_undefined(primal):
                return self.scope.own(primal)  # outside it may not even exist
            return bar
        bar = self.outer.take(primal)
        if bar is None:
            bar = self.scope.zeros(primal)
            self.scope.owned.add(bar)
        elif bar in self.outer.owned:
            self.scope.owned.add(bar)
        return bar

    def last(self, bar: Value) -> Value:
        """Return the last version of an array's adjoint in this branch."""
        made = [eq for eq in self.scope.builder.equations if not is_view(eq)]
        versions = [r for eq in made for r in eq.results if r.buffer is bar.buffer]
        return versions[-1] if versions else bar


@handles("if")
def reverse_if(reverser: Reverser, eq: Equation, scope: Scope) -> None:
    """Run the adjoint of the branch that was taken."""
    scope.flush_all()
    given = {
        r: bar for r in eq.results if r in reverser.active and (bar := scope.take(r))
    }
    branches = []
    for forward in eq.regions:
        branch = Branch(reverser, forward, scope)
        for result, value in zip(eq.results, forward.results, strict=True):
            if result in given and value in reverser.active:
                branch.scope.add(value, given[result], given[result] in scope.owned)
        branch.scope.disown_repeats()
        reverser.sweep(forward.equations, branch.scope)
        branches.append(branch)
    touched = list(dict.fromkeys(u for b in branches for u in b.touched))
    ends = [[b.end(u) for u in touched] for b in branches]
    used = [r for r, bar in given.items() if bar in scope.owned]
    used = [r for r in used if _is_written(given[r], branches, ends)]
    ends = [
        [*end, *(b.last(given[r]) for r in used)]
        for b, end in zip(branches, ends, strict=True)
    ]
    primals = [*touched, *used]
    results = merge(reverser, eq.operands[0], branches, ends, primals, scope)
    for primal, result in zip(touched, results, strict=False):
        scope.bars[primal] = result


def _is_written(
    bar: Value, branches: Sequence[Branch], ends: Sequence[Sequence[Value]]
) -> bool:
    """Whether a branch writes an array's adjoint and gives it to nothing outside.

    It may be that of a parameter, whose contents at the end are told.
    """
    if bar.buffer is None or any(v.buffer is bar.buffer for end in ends for v in end):
        return False
    return any(branch.last(bar) is not bar for branch in branches)


def merge(
    reverser: Reverser,
    condition: Value,
    branches: Sequence[Branch],
    ends: Sequence[Sequence[Value]],
    primals: Sequence[Value],
    outer: Scope,
) -> list[Value]:
    """Append the backward ``if``; return the adjoints of ``primals`` after it."""
    results = []
    for k, primal in enumerate(primals):
        one, other = ends[0][k], ends[1][k]
        buffer = None
        if primal.type.rank:
            same = one.buffer is other.buffer
            buffer = one.buffer if same else Buffer(bar_name(primal) or "")
        result = Value(adjoint_type(primal.type), bar_name(primal), buffer)
        if all(e[k] in b.scope.owned for e, b in zip(ends, branches, strict=True)):
            outer.owned.add(result)
        outer.inherit(result, one, other)
        results.append(result)
    regions = []
    for branch, end in zip(branches, ends, strict=True):
        region = Region((), tuple(branch.scope.builder.equations), tuple(end))
        reverser.mirror[region] = branch.forward
        regions.append(region)
    outer.builder.append("if", (condition,), results, regions)
    return results
