"""Inlining: the body of a callee put in the place of the call.

Before ``b1, r = call step(a, b0)``; after the equations of ``step`` with ``a`` and
``b0`` for its parameters, and sizes and buffers of the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from .graph.build import Builder
from .graph.ir import Buffer, Equation, Function, Program, Region, Value, is_view
from .graph.linear import Atom, Linear
from .graph.substitute import in_value, substitute

Choice = Callable[[Equation], bool]


def inline(program: Program, choose: Choice = lambda eq: True) -> Program:
    """Return the program with the chosen calls inlined into its entry."""
    entry = program.entry
    body = _Inliner(program, choose).region(entry.body)
    return Program((*program.functions[:-1], replace(entry, body=body)))


class _Inliner:
    """Inlines the chosen calls of regions.

    A view that the callee writes is copied in and stored back: what is written
    through it would else be a version of part of a buffer.
    """

    def __init__(self, program: Program, choose: Choice) -> None:
        self.program = program
        self.choose = choose
        self.views: set[Value] = set()
        self.copied: set[Value] = set()

    def region(self, region: Region) -> Region:
        """Return the region with its chosen calls inlined."""
        equations: list[Equation] = []
        renamed: dict[Value, Value] = {}
        for eq in region.equations:
            if is_view(eq):
                self.views.add(eq.result)
            regions = tuple(self.region(r) for r in eq.regions)
            eq = replace(eq, regions=regions)
            if eq.op == "call" and self.choose(eq):
                equations += self._call(eq, renamed)
            elif eq.attrs.get("inplace") and eq.operands[1] in self.copied:
                attrs = {k: v for k, v in eq.attrs.items() if k != "inplace"}
                equations.append(replace(eq, attrs=MappingProxyType(attrs)))
            else:
                equations.append(eq)
        made = replace(region, equations=tuple(equations))
        return substitute(made, _closed(renamed))

    def _call(self, eq: Equation, renamed: dict[Value, Value]) -> list[Equation]:
        callee = self.program.find(eq.attrs["callee"])
        builder = Builder(eq.origin)
        operands = list(eq.operands)
        returned = callee.returns.width
        for k, written in enumerate(callee.written):
            if operands[written] in self.views:
                operands[written] = builder.emit("copy", operands[written])
                self.copied.add(eq.results[returned + k])
        body = self.region(expand(callee, replace(eq, operands=tuple(operands))))
        after = Builder(eq.origin)
        for result, inner in zip(eq.results, body.results, strict=True):
            if result.type.is_integer and not result.type.rank:
                after.append("copy", (inner,), (result,))  # types may speak of it
            else:
                renamed[result] = inner
        return [*builder.equations, *body.equations, *after.equations]


def _closed(renamed: dict[Value, Value]) -> dict[Value, Value]:
    """Follow renamings of renamings: a result may be passed to another call."""
    closed = {}
    for old, new in renamed.items():
        while new in renamed:
            new = renamed[new]
        closed[old] = new
    return closed


def expand(callee: Function, call: Equation) -> Region:
    """Return a copy of a callee's body over the arguments of a call."""
    cloner = Cloner()
    for param, argument in zip(callee.body.params, call.operands, strict=True):
        cloner.bind(param, argument)
    for inner, result in zip(callee.body.results, call.results, strict=True):
        if inner.buffer is not None and result.buffer is not None:
            # What the caller does to its array later is done to this memory.
            cloner.buffers.setdefault(inner.buffer, result.buffer)
    return cloner.region(replace(callee.body, params=()))


class Cloner:
    """Copies regions with new values, and the caller's sizes and buffers."""

    def __init__(self) -> None:
        self.values: dict[Value, Value] = {}
        self.sizes: dict[Atom, Linear] = {}
        self.buffers: dict[Buffer, Buffer] = {}

    def bind(self, param: Value, argument: Value) -> None:
        """Let an argument stand for a parameter."""
        self.values[param] = argument
        if param.buffer is not None and argument.buffer is not None:
            self.buffers[param.buffer] = argument.buffer
        for form, actual in zip(param.type.shape, argument.type.shape, strict=True):
            if len(form.terms) == 1 and form.constant == 0 and form.terms[0][1] == 1:
                self.sizes.setdefault(form.atoms[0], actual)
        if param.type.is_integer and not param.type.rank:
            self.sizes[param] = argument.as_linear

    def new(self, value: Value) -> Value:
        """Return the copy of a value that is defined here."""
        buffer = None
        if value.buffer is not None:
            buffer = self.buffers.setdefault(value.buffer, Buffer(value.buffer.name))
        made = in_value(value, self.sizes)
        made = replace(made, buffer=buffer)
        self.values[value] = made
        if value.type.is_integer and not value.type.rank:
            self.sizes[value] = made.as_linear
        return made

    def region(self, region: Region) -> Region:
        """Return the copy of a region."""
        params = tuple(self.new(v) for v in region.params)
        equations = tuple(self._equation(eq) for eq in region.equations)
        results = tuple(self.values.get(v, v) for v in region.results)
        return Region(params, equations, results)

    def _attribute(self, value: object) -> Any:
        if isinstance(value, tuple):
            return tuple(map(self._attribute, value))
        return self.values.get(value, value) if isinstance(value, Value) else value

    def _equation(self, eq: Equation) -> Equation:
        operands = tuple(self.values.get(v, v) for v in eq.operands)
        regions = tuple(self.region(r) for r in eq.regions)
        results = tuple(self.new(v) for v in eq.results)
        attrs = {k: self._attribute(v) for k, v in eq.attrs.items()}
        if "lengths" in attrs:
            attrs["lengths"] = tuple(d.substitute(self.sizes) for d in attrs["lengths"])
        if "type" in attrs:
            attrs["type"] = results[0].type
        return replace(
            eq,
            operands=operands,
            results=results,
            regions=regions,
            attrs=MappingProxyType(attrs),
        )
