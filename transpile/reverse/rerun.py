"""Functions whose backward part runs them again, from their arguments.

Nothing is kept of the first run: so it is with a function that calls itself, whose
levels are not counted beforehand. What one level of a recursion computes is at hand
for the whole of that level's backward part, and its branches are those of the first
run.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ..graph.ir import Buffer, Equation, Function, Region, Value
from .recording import Recorded
from .split import Mask, Split, is_seeded, parameters_of, tuple_of


def promised(callee: Function, params: Mask, results: Mask, name: str) -> Split:
    """Return what the calls of a recursive function by itself must know beforehand.

    Its backward part replays, so what that takes and returns follows from what is
    active; its body does not matter yet.
    """
    ranks = [param.type.rank for param in callee.body.params]
    places = range(len(ranks))
    return Split(
        callee,
        replace(callee, name=name),
        (),
        tuple(places),
        tuple(k for k in range(callee.returns.width) if results[k]),
        tuple(
            k
            for k in places
            if ranks[k] and (params[k] or is_seeded(callee, results, k))
        ),
        tuple(k for k in places if params[k] and not ranks[k]),
        (),
        False,
        True,
    )


def replaying(
    called: Function,
    callee: Function,
    made: Recorded,
    ends: tuple[dict[int, Value], dict[int, Value], dict[int, Value]],
    name: str,
) -> Split:
    """Return a split whose backward part runs the callee again from its arguments.

    ``called`` is the function as it is, ``callee`` the same with its calls split.
    """
    seeds, arrays, scalars = ends
    backward = made.backward
    params = callee.body.params
    copies, given = _copied(callee)
    values = (*given, *seeds.values(), *arrays.values())
    again = map(_again, filter(_counts, made.forward))
    equations = (*copies, *again, *backward.equations)
    rerun = replace(
        callee,
        name=name,
        parameters=parameters_of(values, "state"),
        body=Region(values, equations, backward.results),
        returns=tuple_of(len(scalars)),
        written=tuple(range(len(values) - len(arrays), len(values))),
        doc=None,
        attrs=MappingProxyType({"rerun": True}),
    )
    return Split(
        called,
        rerun,
        (),
        tuple(range(len(params))),
        tuple(seeds),
        tuple(arrays),
        tuple(scalars),
        (),
        False,
        True,
    )


def _counts(eq: Equation) -> bool:
    """Whether an equation counts the second time: checks and prints were made."""
    return eq.op not in ("check", "print")


def _again(eq: Equation) -> Equation:
    """Return an equation of the forward part for the second time round."""
    regions = tuple(
        replace(r, equations=tuple(map(_again, filter(_counts, r.equations))))
        for r in eq.regions
    )
    attrs = dict(eq.attrs)
    if eq.op == "call":
        attrs["again"] = True
    return replace(eq, regions=regions, attrs=MappingProxyType(attrs))


def _copied(callee: Function) -> tuple[list[Equation], list[Value]]:
    """Return copies of the written parameters, and parameters to copy from."""
    copies, given = [], []
    for k, param in enumerate(callee.body.params):
        if k not in callee.written:
            given.append(param)
            continue
        name = param.name or ""
        source = Value(param.type, param.name, Buffer(name, True), None, param.hint)
        copies.append(Equation("copy", (source,), (param,), backward=True))
        given.append(source)
    return copies, given
