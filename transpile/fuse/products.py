"""Several products with one matrix, in one pass over it where it is large.

A library reads the matrix once for each product; loops over its rows can do all of
them, and what stands between, while a row is in the nearest cache. The cost model
counts bytes read: while a matrix fits in the cache of a core, the library's inner
loops win; beyond it reading decides. Lengths are known only at run time, so both
forms are printed, and the length decides there.

Before::

    z = X @ w
    for i in range(n): r[i] = f(z[i])
    g = X.T @ r

after::

    if rows * columns > LIMITS["float64"] and columns <= LONGEST_ROW:
        for i in range(n):
            s = 0.0
            for j in range(m): s += X[i, j] * w[j]
            v = f(s)
            for j in range(m): g[j] += X[i, j] * v
    else: (as before)
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..graph.buffers import buffers, memories, written
from ..graph.ir import Buffer, Equation, Function, Region, Value, captured, walk
from ..graph.linear import Linear
from ..graph.substitute import substitute
from ..lower.context import Lowering
from ..lower.integers import extents
from ..lower.products import by_columns, by_rows, grid
from .merge import MOVABLE, merge
from .work import defined

# Elements of a matrix beyond which it is read once: 1 MiB of doubles, about the
# second cache of a core. Of single precision more: the loops sum in double precision,
# which is more work for every byte.
LIMITS: Mapping[str, int] = {"float64": 1 << 17, "float32": 1 << 20}
# Elements of a row up to which it, the vector and the result stay in that cache.
LONGEST_ROW = 1 << 14

READ_ONCE = "Read once: the cache does not hold {}"


def one_pass(function: Function) -> Region:
    """Return a function's body with the products of large matrices in one pass."""
    body = function.body
    if not function.attrs.get("reassoc") or function.attrs.get("strict"):
        return body  # a sum in the order written is slower than the library
    views = {eq.result: eq for eq in walk(body) if eq.op == "transpose"}
    names = {v.name for eq in walk(body) for v in eq.results if v.name}
    return _Pass(views, frozenset(names), memories(body)).region(body)


@dataclass(frozen=True, slots=True)
class Product:
    """A product of a matrix stored by rows, or of its transpose, with a vector."""

    eq: Equation
    matrix: Value
    vector: Value
    transposed: bool


@dataclass(frozen=True, slots=True)
class _Pass:
    views: Mapping[Value, Equation]
    names: frozenset[str]
    same: Mapping[Buffer, Buffer]

    def region(self, region: Region) -> Region:
        """Return a region with its groups of products in two forms."""
        equations = [
            replace(eq, regions=tuple(self.region(r) for r in eq.regions))
            if eq.regions and "stands_for" not in eq.attrs
            else eq
            for eq in region.equations
        ]
        tried: set[Value] = set()
        while (span := self._next(equations, tried)) is not None:
            later = [v for eq in equations[span.stop :] for v in captured(eq)]
            group = equations[span.start : span.stop]
            made = self._in_one(group, {*later, *region.results})
            if made is not None:
                equations[span.start : span.stop] = made
        return replace(region, equations=tuple(equations))

    def _next(self, equations: Sequence[Equation], tried: set[Value]) -> range | None:
        """Return the places from the first product with a matrix to its last.

        So for all matrices that are met on the way.
        """
        for place, eq in enumerate(equations):
            first = self.product(eq)
            if first is None or first.matrix in tried:
                continue
            span, before = range(place, place + 1), range(0)
            while span != before:
                before = span
                group = {
                    p.matrix for p in self._products(equations[span.start : span.stop])
                }
                found = [
                    k
                    for k, other in enumerate(equations)
                    if (p := self.product(other)) is not None and p.matrix in group
                ]
                span = range(found[0], found[-1] + 1)
            tried |= group
            inside = equations[span.start : span.stop]
            if len(found) > len(group) and all(map(_may_stand, inside)):
                return span
        return None

    def product(self, eq: Equation) -> Product | None:
        """Return the parts of a product that loops over rows can do."""
        if eq.op not in ("matvec", "vecmat"):
            return None
        matrix, vector = eq.operands if eq.op == "matvec" else eq.operands[::-1]
        transposed = eq.op == "vecmat"
        view = self.views.get(matrix)
        if view is not None:
            matrix, transposed = view.operands[0], not transposed
        fits = matrix.type.shape[0 if transposed else 1] == vector.type.shape[0]
        if matrix.type.dtype not in LIMITS or matrix.type.layout != "C" or not fits:
            return None
        return Product(eq, matrix, vector, transposed)

    def _in_one(
        self, equations: Sequence[Equation], needed: set[Value]
    ) -> list[Equation] | None:
        """Return the equations of a group in two forms, None if one pass won't do."""
        matrices = list(dict.fromkeys(p.matrix for p in self._products(equations)))
        rows = {matrix.type.shape[0] for matrix in matrices}
        before, group = _apart(equations, rows, self.same)
        loops, results = self._loops(group)
        merged = merge(Region((), tuple(loops), ()))
        if any(_passes(merged, matrix) > 1 for matrix in matrices):
            return None
        escaping = [v for eq in group for v in eq.results if v in needed]
        first = _branch(loops, escaping, results)
        other = _branch(group, escaping, {})
        lo = Lowering(self.names)
        lo.block.origin, lo.block.backward = group[0].origin, group[0].backward
        condition = _is_large(lo, matrices)
        names = [v.name for v in matrices if v.name]
        lo.block.comment = READ_ONCE.format(" and ".join(names) or "the matrix")
        lo.block.append("if", (condition,), escaping, (first, other))
        return [*before, *lo.block.equations]

    def _products(self, equations: Iterable[Equation]) -> Iterator[Product]:
        for eq in equations:
            product = self.product(eq)
            if product is not None:
                yield product

    def _loops(
        self, group: Sequence[Equation]
    ) -> tuple[list[Equation], dict[Value, Value]]:
        """Return a group with the products as loops, and what they result in."""
        lo, results = Lowering(self.names), dict[Value, Value]()
        for eq in group:
            product = self.product(eq)
            if product is None:
                (eq,) = substitute(Region((), (eq,), ()), results).equations
                lo.block.equations.append(eq)
                continue
            lo.block.origin, lo.block.backward = eq.origin, eq.backward
            lo.label = eq.op
            vector = results.get(product.vector, product.vector)
            write = by_columns if product.transposed else by_rows
            results[eq.result] = write(lo, grid(lo, product.matrix), vector, eq.result)
        return lo.block.equations, results


def _may_stand(eq: Equation) -> bool:
    """Whether an equation may stand between the products of a group."""
    nest = eq.op == "for" and "stands_for" in eq.attrs
    return nest or eq.op in MOVABLE | {"matvec", "vecmat", "transpose"}


def _apart(
    equations: Sequence[Equation],
    rows: Container[Linear],
    same: Mapping[Buffer, Buffer],
) -> tuple[list[Equation], list[Equation]]:
    """Return what may run before a group, and the group.

    Scalars may, and loops over other ranges than the rows, with the arrays that they
    fill: between loops over rows they would keep these apart.
    """
    before: list[Equation] = []
    group: list[Equation] = []
    touched: set[Buffer] = set()
    changed: set[Buffer] = set()
    for eq in equations:
        read = set(captured(eq))
        needs = [made for made in group if not read.isdisjoint(made.results)]
        memory = {same.get(b, b) for b in buffers((*read, *eq.results))}
        writes = {same.get(b, b) for b in written(eq)}
        if eq.op == "for":
            made_for_it = all(made.op in ("empty", "zeros") for made in needs)
            elsewhere = eq.operands[1].as_linear not in rows
            apart = memory.isdisjoint(changed) and writes.isdisjoint(touched)
            free = made_for_it and elsewhere and apart
        else:
            array = any(v.type.rank for v in eq.results) and eq.op != "transpose"
            free = not needs and not array and eq.op in MOVABLE | {"transpose"}
        if free:
            before += [*needs, eq]
            group = [made for made in group if made not in needs]
            continue
        group.append(eq)
        if eq.op not in ("empty", "zeros"):
            touched |= memory
            changed |= writes
    return before, group


def _passes(region: Region, matrix: Value) -> int:
    """Return how many loops of a region read a matrix."""
    return sum(
        any(inner.operands[:1] == (matrix,) for inner in walk(loop.regions[0]))
        for loop in region.equations
        if loop.op == "for"
    )


def _is_large(lo: Lowering, matrices: Sequence[Value]) -> Value:
    """Return whether reading the matrices is what takes the time."""
    total: Value | None = None
    short: Value | None = None
    for matrix in matrices:
        rows, columns = extents(lo, matrix)
        size = lo.emit("multiply", rows, columns)
        total = size if total is None else lo.emit("add", total, size)
        fits = lo.emit("less_equal", columns, lo.number(LONGEST_ROW))
        short = fits if short is None else lo.emit("logical_and", short, fits)
    assert total is not None and short is not None
    limit = lo.number(min(LIMITS[matrix.type.dtype] for matrix in matrices))
    return lo.emit("logical_and", lo.emit("greater", total, limit), short)


def _branch(
    equations: Sequence[Equation],
    escaping: Sequence[Value],
    results: Mapping[Value, Value],
) -> Region:
    """Return a branch that gives what is needed later.

    What it gives, it has under names of its own; so has it arrays that end in it.
    """
    ends = [results.get(v, v) for v in escaping]
    kept = {v.buffer for v in ends}
    region = Region((), tuple(equations), tuple(ends))
    own: dict[Buffer, Buffer] = {
        v.buffer: replace(v.buffer)
        for eq in equations
        if eq.op in ("empty", "zeros", "matvec", "vecmat")
        for v in eq.results
        if v.buffer is not None and v.buffer not in kept
    }
    changed = {v for v in defined(region) if v.buffer in own}
    mapping = {v: _clone(v, own) for v in changed.union(ends)}
    return substitute(region, mapping)


def _clone(value: Value, own: Mapping[Buffer, Buffer]) -> Value:
    buffer = None if value.buffer is None else own.get(value.buffer, value.buffer)
    return Value(
        value.type, value.name, buffer, value.linear, value.hint, number=value.number
    )
