"""A Jacobian row by row: the function once, and its backward part for every output.

Before ``y = f(x)``; after::

    y, saved = f_forward(x)
    for k in range(m):
        y_bar = zeros(m)
        y_bar[k] = 1
        x_bar = zeros(n)
        f_backward(saved, y_bar, x_bar)
        jacobian[k] = x_bar
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from types import MappingProxyType

from ..graph.buffers import written
from ..graph.build import Builder
from ..graph.custom import callees
from ..graph.dtypes import strong
from ..graph.ir import (
    At,
    Buffer,
    Equation,
    Function,
    Index,
    Program,
    Region,
    Span,
    Structure,
    Value,
    walk,
)
from ..graph.structures import plain as plain_structure
from ..steps import SUFFIXES, Step
from .adjoint import adjoint_type, bar_name, dtype_of
from .gradient import (
    attributes,
    chosen_parts,
    outputs_of,
    own_writes,
    split_callee,
    without_calls_on_views,
)
from .parts import plain
from .split import GivenZeros, NotUndone, Split, Splits, parameters_of
from .unbound import bind_measured


def jacobian_by_rows(program: Program, step: Step, overwrite: Sequence[str]) -> Program:
    """Return the program of the Jacobian of a program's entry, made in reverse mode."""
    program = without_calls_on_views(program)
    program = program.map(lambda f: replace(f, body=plain(f.body)))
    splits = Splits(program)
    while True:
        try:
            return bind_measured(_rows(program, step, overwrite, splits))
        except NotUndone as refused:
            splits = Splits(program, {*splits.full, refused.callee}, splits.sparse)
        except GivenZeros as refused:
            splits = Splits(program, splits.full, {*splits.sparse, refused.callee})


def _rows(
    program: Program, step: Step, overwrite: Sequence[str], splits: Splits
) -> Program:
    entry = program.entry
    owned = own_writes(entry, overwrite)
    callee = _plain(owned)
    by = chosen_parts(owned, step.wrt)
    wrt = [v for part in by for v in part.values]
    params = tuple(v in wrt for v in callee.body.params)
    results = tuple(v.type.is_inexact for v in callee.body.results)
    splits.sparse.add(callee.name)  # the seeds are unit vectors
    split = split_callee(program, splits, callee, params, results, False)
    every = (*program.functions, *splits.functions, split.forward, split.backward)
    known = {f.name: f for f in every}
    driver = _Driver(callee, split, _overwrites(split.backward, known), step, wrt)
    made = replace(driver.function(entry, by), parameters=owned.parameters)
    return Program((*callees(made, known, {}), made))


def _overwrites(function: Function, known: Mapping[str, Function]) -> set[int]:
    """Return which parameters a backward part writes, also where it does not say so.

    What it undoes of values that its caller does not read again is not said.
    """
    buffers = {b for eq in walk(function.body) for b in written(eq)}
    for eq in walk(function.body):
        callee = known.get(eq.attrs.get("callee", ""))
        if callee is not None and callee is not function:
            operands = [eq.operands[k] for k in _overwrites(callee, known)]
            buffers |= {v.buffer for v in operands if v.buffer is not None}
    params = enumerate(function.body.params)
    return {k for k, v in params if v.buffer is not None and v.buffer in buffers}


def _plain(function: Function) -> Function:
    """Return a function of numbers and arrays that returns what it writes, too."""
    parameters = function.parameters
    if any(p.structure.kind != "leaf" for p in parameters):
        parameters = parameters_of(function.body.params, "part")
    returns = plain_structure(outputs_of(function))
    return replace(function, parameters=parameters, returns=returns, written=())


class _Driver:
    """The function that calls the forward part once and the backward part often."""

    def __init__(
        self,
        callee: Function,
        split: Split,
        overwritten: Set[int],
        step: Step,
        wrt: Sequence[Value],
    ) -> None:
        self.callee, self.split, self.step, self.wrt = callee, split, step, wrt
        self.builder = Builder()
        body, width = callee.body, len(callee.body.results)
        extras = tuple(map(_fresh, split.extras))
        self.results = tuple(map(_fresh, body.results))
        given = (*self.results[:width], *extras)
        name = split.forward.name
        self.builder.append("call", body.params, given, callee=name)
        self.overwritten = overwritten
        inputs = [body.params[k] for k in split.inputs]
        self.saved = [*inputs, *(self.results[k] for k in split.outputs), *extras]

    def function(self, entry: Function, parts: Sequence[object]) -> Function:
        """Return the function of the Jacobian."""
        found = [v for k in range(len(self.results)) for v in self._derivatives(k)]
        by = Structure("tuple", tuple(part.structure for part in parts))  # type: ignore[attr-defined]
        if self.step.single and len(by.children) == 1:
            (by,) = by.children
        outputs = outputs_of(entry)
        shape = each_leaf(outputs, by)
        if self.step.mode == "value_and_jacobian":
            found = [*self.results, *found]
            shape = Structure("tuple", (outputs, shape))
        body = Region(
            self.callee.body.params, tuple(self.builder.equations), tuple(found)
        )
        return replace(
            self.callee,
            name=entry.name + SUFFIXES[self.step.mode],
            body=body,
            returns=shape,
            doc=None,
            attrs=MappingProxyType(attributes(entry, self.step.wrt, self.step.mode)),
        )

    def _derivatives(self, k: int) -> list[Value]:
        """Emit the derivatives of one result by all that is differentiated by."""
        b, result = self.builder, self.results[k]
        if k not in self.split.seeds:
            return [self._zeros(b, [*b.dims(result), *b.dims(v)], v) for v in self.wrt]
        if not result.type.rank:
            one = b.constant(1.0, dtype_of(result.type))
            return self._backward(b, {k: one})
        count = _size(b, result)
        starts = [self._empty(b, count, v) for v in self.wrt]
        inner = Builder(b.origin, backward=True)
        counter = Value(count.type, "k")
        carried = [replace(v, serial=Value(v.type).serial) for v in starts]
        called = bar_name(result) or "cotangent"
        seed = inner.emit("zeros", count, dtype=result.type.dtype, name=called)
        one = inner.constant(1.0)
        seed = inner.store(seed, one, (Index((At(0),)),), counter)
        if result.type.rank > 1:
            seed = inner.emit("reshape", seed, *b.dims(result))
        made = self._backward(inner, {k: seed})
        ends = [
            inner.store(whole, row, _row(row), counter)
            for whole, row in zip(carried, made, strict=True)
        ]
        finals = [replace(v, serial=Value(v.type).serial) for v in starts]
        region = Region((counter, *carried), tuple(inner.equations), tuple(ends))
        bounds = (b.constant(0), count, b.constant(1))
        b.append("for", (*bounds, *starts), finals, (region,))
        pairs = zip(self.wrt, finals, strict=True)
        return [self._shaped(result, v, rows) for v, rows in pairs]

    def _shaped(self, result: Value, by: Value, rows: Value) -> Value:
        if result.type.rank == 1:
            return rows
        lengths = [*self.builder.dims(result), *self.builder.dims(by)]
        return self.builder.emit("reshape", rows, *lengths)

    def _empty(self, b: Builder, count: Value, by: Value) -> Value:
        dtype = strong(by.type.dtype)
        return b.emit("empty", count, *b.dims(by), dtype=dtype, name="rows")

    def _zeros(self, b: Builder, lengths: Sequence[Value], by: Value) -> Value:
        if not lengths:
            return b.constant(0.0, dtype_of(by.type))
        dtype = strong(by.type.dtype)
        return b.emit("zeros", *lengths, dtype=dtype, name=bar_name(by))

    def _backward(self, b: Builder, seeds: dict[int, Value]) -> list[Value]:
        """Emit a call of the backward part; return the adjoints of the parameters."""
        split, params = self.split, self.callee.body.params
        given = [
            seeds.get(k) or self._zeros(b, b.dims(self.results[k]), self.results[k])
            for k in split.seeds
        ]
        arrays = [self._zeros(b, b.dims(params[k]), params[k]) for k in split.arrays]
        saved = [
            b.emit("copy", value) if k in self.overwritten else value
            for k, value in enumerate(self.saved)
        ]
        operands = [*saved, *given, *arrays]
        numbers = (params[k] for k in split.scalars)
        scalars = [Value(adjoint_type(v.type), bar_name(v)) for v in numbers]
        after = [_again(operands[k]) for k in split.backward.written]
        b.append("call", operands, (*scalars, *after), callee=split.backward.name)
        bars = dict(zip(split.scalars, scalars, strict=True))
        bars.update(zip(split.arrays, after[len(after) - len(arrays) :], strict=True))
        return [bars[params.index(v)] for v in self.wrt]


def _fresh(value: Value) -> Value:
    """Return a new value of the same kind, for what a call gives."""
    buffer = Buffer(value.name or "") if value.type.rank else None
    return Value(value.type, value.name, buffer, hint=value.hint)


def _again(value: Value) -> Value:
    """Return the value of memory after a call that writes it."""
    return Value(value.type, value.name, value.buffer)


def _row(value: Value) -> tuple[Index, ...]:
    return (Index((At(0), *(Span() for _ in range(value.type.rank)))),)


def _size(builder: Builder, value: Value) -> Value:
    """Return the number of elements."""
    first, *others = builder.dims(value)
    for length in others:
        first = builder.emit("multiply", first, length)
    return first


def each_leaf(outputs: Structure, by: Structure) -> Structure:
    """Return a structure with another one in the place of each leaf."""
    if outputs.kind == "leaf":
        return by
    children = tuple(each_leaf(child, by) for child in outputs.children)
    return replace(outputs, children=children)


__all__ = ["Equation", "each_leaf", "jacobian_by_rows"]
