"""What LAPACK computes: one call for a matrix, a loop of calls for a stack of them."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.ir import At, Equation, Index, Item, Span, Value
from ..graph.linear import Linear
from ..graph.solvers import RESULTS
from .context import Lowering
from .elements import contiguous
from .integers import extent
from .nests import nest
from .products import library

ONE = Linear.number(1)


def solved(lo: Lowering, eq: Equation) -> None:
    """Lower a solution, an inverse, a factor or a determinant."""
    if all(v.type.rank <= 2 for v in eq.operands):
        library(lo, eq)
    else:
        _each(lo, eq)


def _each(lo: Lowering, eq: Equation) -> None:
    """Call the library for each matrix of a stack, and copy what it returns."""
    arrays = [contiguous(lo, v) for v in eq.operands]
    batch = max(v.type.rank for v in eq.operands) - 2
    counts = [_count(lo, eq, axis, batch) for axis in range(batch)]
    lengths = _lengths(lo, eq)
    memory = lo.allocate(eq.result, [*counts, *lengths])

    def one(at: list[Value], carry: list[Value]) -> Sequence[Value]:
        matrices = [
            _matrix(lo, array, operand, at)
            for array, operand in zip(arrays, eq.operands, strict=True)
        ]
        made = lo.emit(eq.op, *matrices, **eq.attrs)
        if not made.type.rank:
            return [lo.write("store", carry[0], made, at)]
        return nest(
            lo,
            lengths,
            carry,
            lambda inner, kept: [
                lo.write("store", kept[0], lo.read(made, inner), [*at, *inner])
            ],
        )

    (full,) = nest(lo, counts, [memory], one)
    lo.values[eq.result] = full


def _count(lo: Lowering, eq: Equation, axis: int, batch: int) -> Value:
    for operand in eq.operands:
        own = axis - batch + operand.type.rank - 2
        if own >= 0 and operand.type.shape[own] != ONE:
            return extent(lo, operand, own)
    return lo.number(1)


def _lengths(lo: Lowering, eq: Equation) -> list[Value]:
    """Return the lengths of the result for one matrix."""
    last = eq.operands[-1]
    m, n = (extent(lo, last, last.type.rank - more) for more in (2, 1))
    names = RESULTS.get(eq.op, "mn")
    k = lo.emit("minimum", m, n) if "k" in names else m
    return [{"m": m, "n": n, "k": k}[name] for name in names]


def _matrix(lo: Lowering, array: Value, operand: Value, at: Sequence[Value]) -> Value:
    """Return one matrix of a stack; a stack of one is every matrix."""
    own = operand.type.rank - 2
    if not own:
        return array
    pairs = zip(operand.type.shape, at[len(at) - own :], strict=False)
    places = [lo.number(0) if length == ONE else counter for length, counter in pairs]
    items: tuple[Item, ...] = (*(At(k) for k in range(own)), Span(), Span())
    return lo.emit(
        "index", array, *places, path=(Index(items),), inbounds=(True,) * own
    )
