"""Products in loops, written into arrays that can be made once.

Before ``z = A @ X`` inside a loop; after ``z = empty(m, n); z[:] = A @ X``, which is
printed as a call of a helper, `_matmul(A, X, z)`. That does small products by loops,
as calling a library takes longer than they do, and others by the library.

A small product with a vector takes less time than the call of a helper (of 4 by 4
numbers, 32 ns of 60). So its loops stand in place, where sums may have any order::

    if A.size > 2048: np.dot(A, x, z)
    else:
        for i in range(m): z[i] = sum(A[i, j] * x[j] for j in range(n))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..graph.build import Builder
from ..graph.ir import At, Buffer, Equation, Function, Region, Span, Value, walk
from ..graph.linear import Linear
from ..lower.context import Lowering, element_path
from ..lower.integers import times
from ..lower.nests import fill_into, fresh, loop, nest
from ..lower.reductions import wide
from ..lower.scalars import cast, constant

# The axes of the factors that the sum runs over, and the same product of a transpose.
SUMMED = {"matvec": (1, 0), "vecmat": (0, 0), "matmul": (1, 0)}
TURNED = {"matvec": "vecmat", "vecmat": "matvec"}


# Numbers in a matrix up to which loops multiply it with a vector.
SMALL = 2048


def write_into(
    function: Function, body: Region, repeated: bool, in_place: bool
) -> Region:
    """Return a function's body in which products in loops write into given arrays.

    ``repeated`` says that the function itself is called by others, perhaps in a loop;
    ``in_place``, that products with vectors may be loops.
    """
    views = {eq.result: eq for eq in walk(body) if eq.op in ("transpose", "index")}
    names = {v.name for eq in walk(body) for v in eq.results if v.name}
    lengths = {
        form: (v, axis) for v in body.params for axis, form in enumerate(v.type.shape)
    }
    free = function.attrs.get("reassoc") and not function.attrs.get("strict")
    writer = _Writer(views, lengths, frozenset(names), in_place and bool(free))
    return writer.region(body, repeated)


@dataclass(frozen=True, slots=True)
class _Writer:
    """``views`` are transposes and parts; ``lengths`` where parameters have a length.

    ``in_place``: products with vectors become loops, not calls.
    """

    views: Mapping[Value, Equation]
    lengths: Mapping[Linear, tuple[Value, int]]
    names: frozenset[str]
    in_place: bool

    def region(self, region: Region, repeated: bool) -> Region:
        """Return a region in which products that run repeatedly are stored."""
        equations: list[Equation] = []
        for eq in region.equations:
            if eq.regions and "stands_for" not in eq.attrs:
                again = repeated or eq.op in ("for", "while")
                regions = tuple(self.region(r, again) for r in eq.regions)
                eq = replace(eq, regions=regions)
            if repeated and _fits(eq):
                equations += self.stored(self.upright(eq))
            else:
                equations.append(eq)
        return replace(region, equations=tuple(equations))

    def upright(self, eq: Equation) -> Equation:
        """Return a product with the matrix itself in the place of its transpose."""
        op = TURNED.get(eq.op)
        matrix, vector = eq.operands if eq.op == "matvec" else eq.operands[::-1]
        view = self.views.get(matrix)
        if op is None or view is None or view.op != "transpose":
            return eq
        operands = (view.operands[0], vector)
        return replace(eq, op=op, operands=operands[:: 1 if op == "matvec" else -1])

    def stored(self, eq: Equation) -> list[Equation]:
        """Return the equations that store a product in an array of its own."""
        b, result = Builder(eq.origin, eq.backward), eq.result
        lengths = [self.length(b, *place) for place in _lengths(eq)]
        like = replace(result.type, layout="C")
        memory = Value(like, result.name, result.buffer, hint=result.hint)
        b.append("empty", lengths, (memory,), dtype=result.type.dtype, stands_for=eq.op)
        if self.in_place and eq.op in TURNED:
            return [*b.equations, *self.either(eq, memory, result)]
        _call(b, eq, memory, result, into=True)
        return b.equations

    def either(self, eq: Equation, memory: Value, final: Value) -> list[Equation]:
        """Return the equations that store a product with a vector, in either form."""
        lo = Lowering(self.names)
        lo.block.origin, lo.block.backward = eq.origin, eq.backward
        lo.label = eq.op
        matrix = eq.operands[eq.op == "vecmat"]
        rows, columns = (self.length(lo.block, matrix, axis) for axis in (0, 1))
        large = lo.emit("greater", times(lo, rows, columns), lo.number(SMALL))
        with lo.scope() as loops:
            write = self.by_rows if eq.op == "matvec" else self.by_columns
            by_loops = write(lo, eq, memory, (rows, columns))
        with lo.scope() as library:
            by_library = fresh(final)
            factors = tuple(self.apart(lo, v) for v in eq.operands)
            called = replace(eq, operands=factors)
            _call(library, called, memory, by_library, into="library")
        regions = (
            Region((), tuple(library.equations), (by_library,)),
            Region((), tuple(loops.equations), (by_loops,)),
        )
        lo.block.append("if", (large,), (final,), regions, stands_for=eq.op)
        return lo.block.equations

    def by_rows(
        self, lo: Lowering, eq: Equation, memory: Value, lengths: Sequence[Value]
    ) -> Value:
        """Write one sum for each row of a matrix."""
        matrix, vector = eq.operands
        dtype = eq.result.type.dtype
        sum_in = wide(dtype)

        def row(i: Value, stored: list[Value]) -> Sequence[Value]:
            def step(j: Value, sums: list[Value]) -> Sequence[Value]:
                pair = self.at(lo, matrix, [i, j]), self.at(lo, vector, [j])
                term = lo.emit("multiply", *(cast(lo, v, sum_in) for v in pair))
                return [lo.emit("add", sums[0], term, spelled="+=")]

            (total,) = loop(lo, lengths[1], [constant(lo, 0, sum_in)], step)
            return [lo.write("store", stored[0], cast(lo, total, dtype), [i])]

        (final,) = loop(lo, lengths[0], [memory], row)
        return final

    def by_columns(
        self, lo: Lowering, eq: Equation, memory: Value, lengths: Sequence[Value]
    ) -> Value:
        """Write the sum of a matrix's rows, each with its weight."""
        vector, matrix = eq.operands
        zero = constant(lo, 0, eq.result.type.dtype)
        zeros = fill_into(lo, memory, lengths[1:], lambda at: zero)

        def add(at: list[Value], sums: list[Value]) -> Sequence[Value]:
            pair = self.at(lo, vector, at[:1]), self.at(lo, matrix, at)
            return [lo.write("accumulate", sums[0], lo.emit("multiply", *pair), at[1:])]

        (final,) = nest(lo, lengths, [zeros], add)
        return final

    def apart(self, lo: Lowering, array: Value) -> Value:
        """Return a row as a view of its own, without a name."""
        row = self.views.get(array)
        if row is None or not _is_row(row):
            return array
        made = Value(array.type, None, array.buffer, hint=array.hint)
        lo.block.append(row.op, row.operands, (made,), **row.attrs)
        return made

    def length(self, b: Builder, array: Value, axis: int) -> Value:
        """Return a length, of a parameter if one has it."""
        return b.dim(*self.lengths.get(array.type.shape[axis], (array, axis)))

    def at(self, lo: Lowering, array: Value, counters: Sequence[Value]) -> Value:
        """Return an element of an array, or of that of which it is a row."""
        row = self.views.get(array)
        if row is None or not _is_row(row):
            return lo.read(array, counters)
        base, *places = row.operands
        path, _ = element_path(base.type.rank)
        known = row.attrs.get("inbounds", (False,) * len(places))
        inside = (*known, *(True for _ in counters))
        return lo.emit("index", base, *places, *counters, path=path, inbounds=inside)


def _is_row(eq: Equation) -> bool:
    """Whether an array is what its first indices select of another one."""
    if eq.op != "index" or len(eq.attrs["path"]) > 1:
        return False
    (step,) = eq.attrs["path"]
    places = len(eq.operands) - 1
    first, rest = step.items[:places], step.items[places:]
    return first == tuple(map(At, range(places))) and all(i == Span() for i in rest)


def _call(
    b: Builder, eq: Equation, memory: Value, final: Value, into: str | bool
) -> None:
    """Append a product that a library or a helper writes into memory."""
    product = Value(eq.result.type, None, Buffer(), hint=eq.result.hint)
    b.append(eq.op, eq.operands, (product,), **eq.attrs, into=into)
    b.append("store", (memory, product), (final,), path=())


def _fits(eq: Equation) -> bool:
    """Whether the lengths that a product sums over are surely equal.

    The library compares them; loops do not.
    """
    if eq.op not in SUMMED or any(v.type.rank > 2 for v in eq.operands):
        return False
    if eq.result.type.is_complex:
        return False
    one, other = (
        v.type.shape[axis] for v, axis in zip(eq.operands, SUMMED[eq.op], strict=True)
    )
    return one == other


def _lengths(eq: Equation) -> Iterator[tuple[Value, int]]:
    """Yield the arrays and axes of which a product has the lengths."""
    one, other = eq.operands
    if one.type.rank == 2:
        yield one, 0
    if other.type.rank == 2:
        yield other, 1
