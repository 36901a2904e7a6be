"""Arguments that a recursive backward part only hands to itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..graph.ir import Function, Program, Region, calls_itself
from ..rewrite import eliminate_dead


def drop_unread(program: Program, silent: Collection[str]) -> Program:
    """Return the program in which recursive backward parts take no more than they read.

    Before, where nothing else needs ``data``::

        def step_backward(data, n, data_bar):
            if n > 1:
                copy = data.copy()
                step(copy, n // 2)
                data_bar[:] *= 2
                step_backward(copy, n // 2, data_bar)

    after::

        def step_backward(n, data_bar):
            if n > 1:
                data_bar[:] *= 2
                step_backward(n // 2, data_bar)
    """
    dropped: dict[str, frozenset[int]] = {}
    functions = []
    for function in program.functions:
        if "rerun" in function.attrs and calls_itself(function):
            unread = _unread(function, silent)
            if unread:
                dropped[function.name] = unread
                function = _without(function, unread)
        functions.append(function)
    if not dropped:
        return program
    shorter = (replace(f, body=_calling(f.body, dropped)) for f in functions)
    return Program(tuple(shorter))


def _unread(function: Function, silent: Collection[str]) -> frozenset[int]:
    """Return the places of the parameters that only calls by itself read.

    All are taken to be unread at first; what is read nevertheless is taken out. An
    array also gives its lengths, unless a written one has the same.
    """
    params = function.body.params
    lengths = {d for k in function.written for d in params[k].type.shape}
    unread = frozenset(
        k
        for k, param in enumerate(params)
        if k not in function.written and lengths.issuperset(param.type.shape)
    )
    while unread:
        body = _calling(function.body, {function.name: unread})
        body = eliminate_dead(replace(function, body=body), silent).body
        taken = {*Region((), body.equations, body.results).free}
        read = frozenset(k for k in unread if params[k] in taken)
        if not read:
            break
        unread -= read
    return unread


def _without(function: Function, unread: Collection[int]) -> Function:
    """Return a function without some of its parameters."""
    params = function.body.params
    gone = {params[k] for k in unread}
    places = [k for k in range(len(params)) if k not in unread]
    return replace(
        function,
        parameters=tuple(p for p in function.parameters if gone.isdisjoint(p.values)),
        body=replace(function.body, params=tuple(params[k] for k in places)),
        written=tuple(places.index(k) for k in function.written),
    )


def _calling(region: Region, dropped: dict[str, frozenset[int]]) -> Region:
    """Return a region whose calls pass no more than the functions take."""
    equations = []
    for eq in region.equations:
        unread = dropped.get(eq.attrs.get("callee", ""), frozenset())
        operands = tuple(v for k, v in enumerate(eq.operands) if k not in unread)
        regions = tuple(_calling(r, dropped) for r in eq.regions)
        equations.append(replace(eq, operands=operands, regions=regions))
    return replace(region, equations=tuple(equations))
