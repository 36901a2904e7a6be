"""Threading: new variables made into carries of the loops that write them.

A pass may insert writes to a buffer of its own (saved values), or increments of a
counter, anywhere in the regions, each naming just any version of the variable.
`thread` then finds the current version at each use and adds the carries and results
that structured SSA needs.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from types import MappingProxyType

from ..graph.ir import CONDITIONALS, Equation, Region, Value

Env = dict[Hashable, Value]


class Threader:
    """Threads the variables whose versions are listed in ``versions``."""

    def __init__(self, versions: Mapping[Value, Hashable]) -> None:
        self.versions = versions

    def region(self, region: Region, env: Env) -> tuple[Region, Env]:
        """Return the region with current versions everywhere, and those at its end."""
        env = dict(env)
        equations = [self._equation(eq, env) for eq in region.equations]
        results = tuple(self._now(v, env) for v in region.results)
        return replace(region, equations=tuple(equations), results=results), env

    def _now(self, value: Value, env: Env) -> Value:
        key = self.versions.get(value)
        return value if key is None else env.get(key, value)

    def _equation(self, eq: Equation, env: Env) -> Equation:
        operands = tuple(self._now(v, env) for v in eq.operands)
        eq = replace(eq, operands=operands)
        if eq.regions:
            eq = self._control(eq, env)
        for result in eq.results:
            key = self.versions.get(result)
            if key is not None:
                env[key] = result
        return eq

    def _written(self, eq: Equation) -> dict[Hashable, None]:
        """Return the variables of which an equation makes new versions inside."""
        found: dict[Hashable, None] = {}
        for region in eq.regions:
            for inner in region.equations:
                for result in inner.results:
                    if result in self.versions:
                        found[self.versions[result]] = None
                found.update(self._written(inner))
        return found

    def _control(self, eq: Equation, env: Env) -> Equation:
        keys = [k for k in self._written(eq) if k in env]
        if eq.op == "if":
            return self._branches(eq, env, keys)
        inits = [env[k] for k in keys]
        regions = []
        for region in eq.regions:
            params = [_version(env[k]) for k in keys]
            inside = {**env, **dict(zip(keys, params, strict=True))}
            made, end = self.region(region, inside)
            is_body = region is eq.regions[-1]
            yields = tuple(end[k] for k in keys) if is_body else ()
            regions.append(
                replace(
                    made,
                    params=(*made.params, *params),
                    results=(*made.results, *yields),
                )
            )
        return self._finish(eq, env, keys, regions, (*eq.operands, *inits))

    def _branches(self, eq: Equation, env: Env, keys: list[Hashable]) -> Equation:
        regions = []
        for region in eq.regions:
            made, end = self.region(region, env)
            results = (*made.results, *(end[k] for k in keys))
            regions.append(replace(made, results=results))
        if keys and eq.attrs.get("spelled") in CONDITIONALS:
            # An expression cannot leave a variable as it was.
            attrs = {k: v for k, v in eq.attrs.items() if k != "spelled"}
            eq = replace(eq, attrs=MappingProxyType(attrs))
        return self._finish(eq, env, keys, regions, eq.operands)

    def _finish(
        self,
        eq: Equation,
        env: Env,
        keys: list[Hashable],
        regions: list[Region],
        operands: tuple[Value, ...],
    ) -> Equation:
        finals = [_version(env[k]) for k in keys]
        env.update(zip(keys, finals, strict=True))
        return replace(
            eq,
            operands=operands,
            results=(*eq.results, *finals),
            regions=tuple(regions),
        )


def _version(value: Value) -> Value:
    """Return a new value of the same variable."""
    return Value(value.type, value.name, value.buffer)
