"""Removing what nothing reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from types import MappingProxyType

from ..graph.ir import Equation, Function, Region, Value, captured
from .memory import LOOPS, has_effects

EFFECTS = frozenset({"check", "print", "call", "draw"})


def eliminate_dead(
    function: Function, silent: Collection[str] = (), *, forward: bool = True
) -> Function:
    """Return the function without equations whose results are never read.

    Branches and loops lose unread results; a loop's carry goes if it only feeds
    itself. Checks, prints and calls stay, but calls of ``silent`` functions and those
    made ``again``. Without ``forward`` the forward part stays whole.

    Before ``a = exp x; b = sin x; return b``; after ``b = sin x; return b``.
    """
    return replace(function, body=_Dead(silent, forward).body(function.body))


def silent_functions(functions: Collection[Function]) -> frozenset[str]:
    """Return the names of functions that do nothing but compute their results."""
    silent: set[str] = set()
    for function in functions:  # helpers come before their callers
        calls = [eq for eq in _walk_calls(function.body)]
        effects = has_effects(function.body, frozenset({"check", "print", "draw"}))
        called = {eq.attrs["callee"] for eq in calls} - {function.name}
        if not effects and called <= silent:
            silent.add(function.name)
    return frozenset(silent)


def _walk_calls(region: Region) -> list[Equation]:
    found = []
    for eq in region.equations:
        if eq.op == "call":
            found.append(eq)
        for inner in eq.regions:
            found += _walk_calls(inner)
    return found


class _Dead:
    """``live`` grows, so that loops can be followed to a fixpoint.

    What a region defines is forgotten at its head: a backward loop may define the
    same value by the same equation, and read it where the forward loop does not.
    """

    def __init__(self, silent: Collection[str], forward: bool) -> None:
        self.silent = frozenset(silent)
        self.forward = forward
        self.live: set[Value] = set()

    def body(self, region: Region) -> Region:
        """Return a region with its results live and the rest as they need it."""
        self.live.update(region.results)
        kept: list[Equation] = []
        for eq in reversed(region.equations):
            after = self._equation(eq)
            if after is not None:
                self.live.difference_update(eq.results)
                self.live.update(captured(after))
                kept.append(after)
        equations = tuple(reversed(kept))
        same = equations == region.equations  # what is known of it stays known
        return region if same else replace(region, equations=equations)

    def _equation(self, eq: Equation) -> Equation | None:
        if not self.forward and not eq.backward:
            return eq
        wanted = any(r in self.live for r in eq.results)
        if not wanted and not self._acts(eq):
            return None
        if eq.op == "if":
            return self._branch(eq)
        return self._loop(eq) if eq.op in LOOPS else eq

    def _acts(self, eq: Equation) -> bool:
        """Whether an equation has an effect besides its results."""
        if eq.op == "call":
            return eq.attrs["callee"] not in self.silent and "again" not in eq.attrs
        if eq.op in EFFECTS:
            return True
        return any(self._acts(inner) for r in eq.regions for inner in r.equations)

    def _branch(self, eq: Equation) -> Equation:
        kept = [k for k, r in enumerate(eq.results) if r in self.live]
        if len(kept) == len(eq.results):
            return self._with(eq, tuple(map(self.body, eq.regions)))
        regions = tuple(
            self.body(replace(r, results=tuple(r.results[k] for k in kept)))
            for r in eq.regions
        )
        return replace(eq, results=tuple(eq.results[k] for k in kept), regions=regions)

    @staticmethod
    def _with(eq: Equation, regions: tuple[Region, ...]) -> Equation:
        """Return an equation with such regions, itself if they are its own."""
        same = all(one is other for one, other in zip(regions, eq.regions, strict=True))
        return eq if same else replace(eq, regions=regions)

    def _loop(self, eq: Equation) -> Equation:
        body = eq.regions[-1]
        skip = 1 if eq.attrs.get("exits") else 0
        first = len(eq.operands) - (len(body.results) - skip)  # where the inits begin
        own = len(body.params) - (len(body.results) - skip)  # a counter, or nothing
        finals = eq.results[len(eq.results) - (len(body.results) - skip) :]
        kept = [k for k, final in enumerate(finals) if final in self.live]
        while True:
            regions = self._regions(eq, kept, skip, own)
            found = [
                k
                for k, final in enumerate(finals)
                if final in self.live
                or any(
                    r.params[self._at(r, k, len(finals))] in self.live
                    for r in eq.regions
                )
            ]
            if found == kept:
                break
            kept = found
        head = eq.results[: len(eq.results) - len(finals)]
        attrs = dict(eq.attrs)
        if attrs.get("count") and head[-1] not in self.live:
            head, attrs["count"] = head[:-1], False
        elif len(kept) == len(finals):
            return self._with(eq, regions)
        return replace(
            eq,
            operands=eq.operands[:first] + tuple(eq.operands[first + k] for k in kept),
            results=head + tuple(finals[k] for k in kept),
            attrs=MappingProxyType(attrs),
            regions=regions,
        )

    @staticmethod
    def _at(region: Region, carry: int, carries: int) -> int:
        return len(region.params) - carries + carry

    def _regions(
        self, eq: Equation, kept: list[int], skip: int, own: int
    ) -> tuple[Region, ...]:
        """Return a loop's regions with only the kept carries."""
        made = []
        carries = len(eq.regions[-1].params) - own
        if len(kept) == carries:
            return tuple(map(self.body, eq.regions))
        for region in eq.regions:
            before = len(region.params) - carries
            params = region.params[:before] + tuple(
                region.params[before + k] for k in kept
            )
            results = region.results
            if region is eq.regions[-1]:
                results = results[:skip] + tuple(results[skip + k] for k in kept)
            made.append(self.body(Region(params, region.equations, results)))
        return tuple(made)
