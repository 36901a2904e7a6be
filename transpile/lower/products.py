"""Products: kept whole as library calls where the library has them, else loops."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..graph.ir import Equation, Value
from ..graph.linear import Linear
from .context import Lowering
from .elements import (
    array,
    contiguous,
    element,
    is_in_memory,
    materialised,
    settled,
)
from .integers import bounds, extent, extents
from .nests import fill_into, loop, nest
from .reductions import wide
from .scalars import apply, cast, constant

NUMBERS = ("float64", "float32", "complex128", "complex64")
ONE = Linear.number(1)
SMALL = 64  # multiplications


def product(lo: Lowering, eq: Equation) -> None:
    """Lower dot, matvec, vecmat or matmul."""
    if eq.op == "dot":
        _dot(lo, eq)
    elif _is_small(eq):
        _sums(lo, eq)
    elif _is_read_once(lo, eq):
        _over_matrix(lo, eq)
    elif _has_library(eq):
        library(lo, eq)
    else:
        _loops(lo, eq)


def library(lo: Lowering, eq: Equation) -> None:
    """Keep a call of a library, over arrays in memory."""
    operands = tuple(contiguous(lo, v) for v in eq.operands)
    lo.block.append(eq.op, operands, eq.results, **eq.attrs)
    if eq.result.type.rank:
        lo.visible[eq.result] = True


def search(lo: Lowering, eq: Equation) -> None:
    """Lower the search of many numbers: one at a time, where its place is used."""
    table, x = eq.operands
    if not x.type.rank:
        library(lo, eq)
        return
    edges = array(lo, table)
    lo.axes.update(
        {(eq.result, axis): extent(lo, x, axis) for axis in range(x.type.rank)}
    )

    def place(counters: Sequence[Value]) -> Value:
        return lo.emit(eq.op, edges, element(lo, x, counters), **eq.attrs)

    lo.values[eq.result] = materialised(lo, eq.result, place)


def _has_library(eq: Equation) -> bool:
    dtypes = {v.type.dtype for v in eq.operands}
    return (
        len(dtypes) == 1
        and dtypes.issubset(NUMBERS)
        and all(v.type.rank <= 2 for v in eq.operands)
    )


def _is_small(eq: Equation) -> bool:
    """Whether loops surely take less time than calling a library does.

    It takes as long as some hundred multiplications.
    """
    x, y = eq.operands
    inner, other = x.type.shape[-1], y.type.shape[0]
    lengths = [form.value for form in (*eq.result.type.shape, inner)]
    if max(x.type.rank, y.type.rank) > 2 or inner != other:
        return False
    known = [n for n in lengths if n is not None]
    few = len(known) == len(lengths) and math.prod(known) <= SMALL
    return few and eq.result.type.is_inexact


def _is_read_once(lo: Lowering, eq: Equation) -> bool:
    """Whether a library needs a copy of a matrix, each element of which it reads once.

    Copying it takes longer than multiplying it with a vector.
    """
    if eq.op not in ("matvec", "vecmat") or not eq.result.type.is_inexact:
        return False
    matrix = eq.operands[eq.op == "vecmat"]
    strided = matrix.type.layout == "A" and matrix not in lo.values
    return strided or not is_in_memory(lo, matrix)


def _over_matrix(lo: Lowering, eq: Equation) -> None:
    """Write a product with a vector as loops that go along the rows in memory."""
    matrix, vector = eq.operands if eq.op == "matvec" else eq.operands[::-1]
    settled(lo, vector)
    turned = _is_turned(lo, matrix)
    given = grid(lo, matrix, turned)
    write = by_rows if (eq.op == "matvec") != turned else by_columns
    lo.values[eq.result] = write(lo, given, vector, eq.result)


def _is_turned(lo: Lowering, matrix: Value) -> bool:
    """Whether the columns of a view are what lies in rows."""
    source = lo.sources.get(matrix)
    if source is None or source.view is None:
        return False
    inner = source.view.operands[0]
    if source.view.op == "transpose":
        return source.view.attrs["axes"] == (1, 0) and not _is_turned(lo, inner)
    return inner.type.rank == 2 and _is_turned(lo, inner)


def _sums(lo: Lowering, eq: Equation) -> None:
    """Write one sum for each number of a product."""
    x, y = eq.operands
    settled(lo, x)
    settled(lo, y)
    dtype = eq.result.type.dtype
    sum_in = wide(dtype)
    rows = x.type.rank - 1

    def number(at: Sequence[Value]) -> Value:
        def step(k: Value, sums: list[Value]) -> Sequence[Value]:
            pair = element(lo, x, [*at[:rows], k]), element(lo, y, [k, *at[rows:]])
            return [lo.emit("add", sums[0], _term(lo, pair, sum_in), spelled="+=")]

        (total,) = loop(lo, extents(lo, x)[-1], [constant(lo, 0, sum_in)], step)
        return cast(lo, total, dtype)

    stops = [*extents(lo, x)[:-1], *extents(lo, y)[1:]]
    memory = lo.allocate(eq.result, stops)
    lo.values[eq.result] = fill_into(lo, memory, stops, number)


def _dot(lo: Lowering, eq: Equation) -> None:
    """Write a loop: vectors are short or strided, factors stay unmaterialised."""
    x, y = eq.operands
    dtype = eq.result.type.dtype
    sum_in = wide(dtype)

    def step(counter: Value, carries: list[Value]) -> Sequence[Value]:
        left, right = element(lo, x, [counter]), element(lo, y, [counter])
        term = apply(
            lo, "multiply", [cast(lo, left, sum_in), cast(lo, right, sum_in)], sum_in
        )
        return [lo.emit("add", carries[0], term, spelled="+=")]

    (stop,) = bounds(lo, x if x.type.shape[0] != ONE else y)
    (total,) = loop(lo, stop, [constant(lo, 0, sum_in)], step)
    lo.define(eq.result, cast(lo, total, dtype))


def _loops(lo: Lowering, eq: Equation) -> None:
    """Write the three loops of a product, rows of the second factor innermost."""
    x, y = eq.operands
    settled(lo, x)
    settled(lo, y)
    dtype = eq.result.type.dtype
    rows = [extent(lo, x, x.type.rank - 2)] if x.type.rank > 1 else []
    columns = [extent(lo, y, y.type.rank - 1)] if y.type.rank > 1 else []
    batch = eq.result.type.rank - len(rows) - len(columns)
    batches = [_batch_extent(lo, eq, axis, batch) for axis in range(batch)]
    memory = lo.allocate(eq.result, [*batches, *rows, *columns], "zeros")
    inner = extents(lo, x)[-1]
    stops = [*batches, *rows, inner, *columns]

    def visit(at: list[Value], carries: list[Value]) -> Sequence[Value]:
        outer, place = at[:batch], batch + len(rows)
        row, middle, column = at[batch:place], at[place], at[place + 1 :]
        left = element(lo, x, [*_own(lo, x, outer), *row, middle])
        right = element(lo, y, [*_own(lo, y, outer), middle, *column])
        term = apply(lo, "multiply", [left, right], dtype)
        return [lo.write("accumulate", carries[0], term, [*outer, *row, *column])]

    (total,) = nest(lo, stops, [memory], visit)
    lo.values[eq.result] = total


@dataclass(frozen=True, slots=True)
class Grid:
    """The elements of a matrix, by rows as they lie in memory, and their numbers."""

    at: Callable[[Value, Value], Value]
    rows: Value
    columns: Value


def grid(lo: Lowering, matrix: Value, turned: bool = False) -> Grid:
    """Return the elements of a matrix, or of its transpose."""
    rows, columns = extents(lo, matrix)
    if turned:
        return Grid(lambda i, j: element(lo, matrix, [j, i]), columns, rows)
    return Grid(lambda i, j: element(lo, matrix, [i, j]), rows, columns)


def by_rows(lo: Lowering, matrix: Grid, x: Value, result: Value) -> Value:
    """Write ``result = matrix @ x`` as loops: one sum for each row."""
    sum_in = wide(result.type.dtype)

    def row(i: Value, memory: list[Value]) -> Sequence[Value]:
        def step(j: Value, sums: list[Value]) -> Sequence[Value]:
            pair = matrix.at(i, j), element(lo, x, [j])
            return [lo.emit("add", sums[0], _term(lo, pair, sum_in), spelled="+=")]

        (total,) = loop(lo, matrix.columns, [constant(lo, 0, sum_in)], step)
        number = cast(lo, total, result.type.dtype)
        return [lo.write("store", memory[0], number, [i])]

    memory = lo.allocate(result, [matrix.rows])
    (final,) = loop(lo, matrix.rows, [memory], row)
    return final


def by_columns(lo: Lowering, matrix: Grid, x: Value, result: Value) -> Value:
    """Write ``result = matrix.T @ x`` as loops: each row added with its weight."""
    dtype, sum_in = result.type.dtype, wide(result.type.dtype)
    columns = matrix.columns
    plain = dtype == sum_in
    sums = replace(result.type, dtype=sum_in)
    like = result if plain else Value(sums, hint=result.hint or result.name)

    def row(i: Value, memory: list[Value]) -> Sequence[Value]:
        weight = cast(lo, element(lo, x, [i]), sum_in)

        def step(j: Value, inner: list[Value]) -> Sequence[Value]:
            term = _term(lo, (matrix.at(i, j), weight), sum_in)
            return [lo.write("accumulate", inner[0], term, [j])]

        return loop(lo, columns, memory, step)

    (total,) = loop(lo, matrix.rows, [lo.allocate(like, [columns], "zeros")], row)
    if plain:
        return total
    memory = lo.allocate(result, [columns])
    return fill_into(
        lo, memory, [columns], lambda at: cast(lo, lo.read(total, at), dtype)
    )


def _term(lo: Lowering, pair: tuple[Value, Value], dtype: str) -> Value:
    return lo.emit("multiply", *(cast(lo, v, dtype) for v in pair))


def _batch_extent(lo: Lowering, eq: Equation, axis: int, batch: int) -> Value:
    for operand in eq.operands:
        own = axis - batch + operand.type.rank - 2
        if own >= 0 and operand.type.shape[own] != ONE:
            return extent(lo, operand, own)
    return lo.number(1)


def _own(lo: Lowering, operand: Value, outer: Sequence[Value]) -> list[Value]:
    """Return the batch counters of an operand, whose batch axes may be broadcast."""
    count = operand.type.rank - 2
    if count <= 0:
        return []
    shape = operand.type.shape[:count]
    return [
        lo.number(0) if length == ONE else counter
        for length, counter in zip(shape, outer[len(outer) - count :], strict=True)
    ]


__all__ = ["by_columns", "by_rows", "grid", "library", "product"]
