"""Which values hold their contents at the same time, in a function's text.

A backward walk over the structured text: at each assignment of a variable, the
variable interferes with all that are still needed. Loops need no iteration to a
fixed point, since what a body takes from outside is needed until the loop ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..graph.ir import Equation, Function, Region, Value, captured
from ..graph.loopform import End, Loop, tail_branch
from .fold import Folding, Scope

Live = dict[Value, None]


class Interference:
    """The pairs of values of a function that cannot share a variable."""

    def __init__(self, function: Function, folding: Folding) -> None:
        self.edges: dict[Value, set[Value]] = {}
        self._scope = Scope(folding)
        self._undefined: set[Value] = set()
        live = self._region(function.body, lambda: self._support(function.body.results))
        self._assign(function.body.params, live)

    def between(self, one: Value, other: Value) -> bool:
        """Whether two values are needed at the same time."""
        return other in self.edges.get(one, ())

    def _support(self, values: Iterable[Value]) -> Live:
        return {v: None for value in values for v in self._scope.support(value)}

    def _assign(
        self,
        values: Iterable[Value],
        live: Live,
        copied: dict[Value, Value] | None = None,
    ) -> None:
        """Note that values are set, together, where others are needed."""
        together = list(values)
        for value in together:
            source = (copied or {}).get(value)
            others = {*live, *together} - {value, source}
            if others:
                self.edges.setdefault(value, set()).update(others)
            for other in others:
                self.edges.setdefault(other, set()).add(value)

    def _region(self, region: Region, end: Callable[[], Live]) -> Live:
        """Return what a region needs at its start; ``end`` what is at its end."""
        self._scope.enter(region)
        self._note_undefined(region)
        return self._equations(region, region.equations, end())

    def _note_undefined(self, region: Region) -> None:
        for eq in region.equations:
            if eq.op == "undefined":
                self._undefined.add(eq.result)

    def _equations(
        self, region: Region, equations: Iterable[Equation], live: Live
    ) -> Live:
        folded = self._scope.enter(region)
        for eq in reversed(tuple(equations)):
            if len(eq.results) == 1 and eq.result in folded:
                continue
            if eq.op in ("for", "while"):
                live = self._loop(Loop.of(eq), live)
            elif eq.op == "if":
                live = self._if(eq, live)
            else:
                live = self._plain(eq, live)
        return live

    def _plain(self, eq: Equation, live: Live) -> Live:
        after = _without(live, eq.results)
        self._assign(eq.results, after)
        return after | self._support(eq.operands)

    def _copies(
        self, targets: Iterable[Value], sources: Iterable[Value], live: Live
    ) -> Live:
        """Return what is needed before a parallel copy."""
        pairs = dict(zip(targets, sources, strict=True))
        self._assign(pairs, _without(live, pairs), pairs)
        defined = [s for s in pairs.values() if s not in self._undefined]
        return _without(live, pairs) | self._support(defined)

    def _if(self, eq: Equation, live: Live) -> Live:
        before = self._support(eq.operands)
        for branch in eq.regions:
            before = before | self._branch(eq, branch, live)
        return before

    def _branch(self, eq: Equation, branch: Region, live: Live) -> Live:
        return self._region(
            branch, lambda: self._copies(eq.results, branch.results, live)
        )

    def _loop(self, loop: Loop, after: Live) -> Live:
        flags = [v for v in (loop.exited, loop.trips) if v is not None and v in after]
        outside = _without(after, loop.finals) | dict.fromkeys(loop.carries)
        taken = self._taken(loop)
        end_of_body = outside | taken
        live = self._body(loop.body, End(loop.exit, loop.yields), loop, end_of_body)
        if loop.counter is not None:
            # Not the bounds' names either: `for k in range(k)` is hard to read.
            bounds = self._support(loop.bounds)
            self._assign([loop.counter], _without(live | bounds, [loop.counter]))
            live = _without(live, [loop.counter])
        entry = live | outside | taken
        if loop.condition is not None:
            condition = loop.condition
            entry = self._region(
                condition, lambda: entry | self._support(condition.results)
            )
            entry = self._rename(entry, condition.params, loop.carries)
        entry = entry | self._support(loop.bounds)
        entry = _without(entry, flags)
        self._assign(flags, entry)
        return self._copies(loop.carries, loop.inits, entry)

    def _taken(self, loop: Loop) -> Live:
        """Return what a loop takes from outside: needed in every iteration."""
        inside = list(captured(loop.eq))[len(loop.eq.operands) :]
        return self._support(inside)

    def _rename(self, live: Live, old: Iterable[Value], new: Iterable[Value]) -> Live:
        names = dict(zip(old, new, strict=True))
        return {names.get(v, v): None for v in live}

    def _body(self, region: Region, end: End, loop: Loop, live: Live) -> Live:
        inline = self._scope.enter(region)
        self._note_undefined(region)
        branch = tail_branch(region, end, inline)
        if branch is None:
            flag = end.flags
            after = live | self._support(flag)
            before = self._copies(loop.carries, end.yields, after)
            before |= self._support(flag)
            return self._equations(region, region.equations, before)
        before = self._support(branch.operands)
        for inner in branch.regions:
            before |= self._body(inner, end.inside(branch, inner), loop, live)
        place = region.equations.index(branch)
        return self._equations(region, region.equations[:place], before)


def _without(live: Live, values: Iterable[Value]) -> Live:
    gone = set(values)
    return {v: None for v in live if v not in gone}
