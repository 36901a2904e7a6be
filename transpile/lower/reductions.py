"""Reductions and scans as loops with accumulators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..graph.dtypes import COMPLEX
from ..graph.ir import Equation, Type, Value
from .context import Lowering
from .elements import element
from .integers import at_least, bounds, extent, extents, known, plus, product
from .nests import fill_into, if_else, nest
from .paths import ravel
from .scalars import apply, cast, constant, is_float

Counters = Sequence[Value]
Visit = Callable[[Counters, list[Value]], Sequence[Value]]


@dataclass(frozen=True, slots=True, eq=False)
class Reduction:
    """What is reduced over what: operand, reduced axes, dtype to work in."""

    lo: Lowering
    eq: Equation
    x: Value
    axes: tuple[int, ...]
    dtype: str

    @property
    def kept(self) -> list[int]:
        """The axes that remain."""
        return [axis for axis in range(self.x.type.rank) if axis not in self.axes]

    def element(self, counters: Counters, dtype: str | None = None) -> Value:
        """Return an element of the operand in the working dtype."""
        found = element(self.lo, self.x, counters)
        return cast(self.lo, found, dtype or self.dtype)

    def merged(self, outer: Counters, inner: Counters) -> list[Value]:
        """Return the counters of the operand from kept and reduced ones."""
        places = dict(zip(self.kept, outer, strict=True))
        places.update(zip(self.axes, inner, strict=True))
        return [places[axis] for axis in range(self.x.type.rank)]

    def over(
        self, outer: Counters, inits: Sequence[Value], visit: Visit
    ) -> list[Value]:
        """Append loops over the reduced axes."""
        all_bounds = bounds(self.lo, self.x)
        stops = [all_bounds[axis] for axis in self.axes]
        return nest(
            self.lo,
            stops,
            inits,
            lambda at, carries: visit(self.merged(outer, at), carries),
        )

    def count(self) -> Value:
        """Return how many elements go into one result."""
        return product(self.lo, [extent(self.lo, self.x, a) for a in self.axes])

    def first(self, outer: Counters) -> list[Value]:
        """Return the counters of the first element, after a check that there is one."""
        count = self.count()
        number = known(count)
        if number is None or number < 1:
            some = self.lo.emit("greater", count, self.lo.number(0))
            message = (
                f"zero-size array to reduction operation {self.eq.op}"
                " which has no identity"
            )
            self.lo.demand(some, "ValueError", message, self.eq.origin)
        return self.merged(outer, [self.lo.number(0)] * len(self.axes))


Reduce = Callable[[Reduction, Counters], Value]


def accumulator(r: Reduction, number: int, dtype: str) -> Value:
    """Return the start of an accumulator, which carries the result's name."""
    made = constant(r.lo, number, dtype)
    name = None if r.eq.result.type.rank else r.eq.result.name
    return made if name is None else r.lo.named(made, name)


INFIX = {"add": "+=", "multiply": "*="}


def wide(dtype: str) -> str:
    """Return the dtype to sum in: a double, as a plain sum of float32 drifts."""
    if dtype in COMPLEX:
        return "complex128"
    return "float64" if is_float(dtype) else dtype


def doubles(r: Reduction) -> str:
    """Return the dtype of doubles in which a mean is computed."""
    return "complex128" if r.x.type.is_complex else "float64"


def square_of(lo: Lowering, apart: Value) -> Value:
    """Return the square of a deviation: of its size, where it is complex."""
    if not apart.type.is_complex:
        return lo.emit("multiply", apart, apart)
    x, y = lo.emit("real", apart), lo.emit("imag", apart)
    return lo.emit("add", lo.emit("multiply", x, x), lo.emit("multiply", y, y))


def _folded(op: str, number: int) -> Reduce:
    """Reduce by an operation with an identity."""

    def reduce(r: Reduction, outer: Counters) -> Value:
        dtype = wide(r.dtype) if op == "add" else r.dtype

        def visit(at: Counters, carries: list[Value]) -> Sequence[Value]:
            found = r.element(at, dtype)
            return [r.lo.emit(op, carries[0], found, spelled=INFIX[op])]

        (total,) = r.over(outer, [accumulator(r, number, dtype)], visit)
        return cast(r.lo, total, r.dtype)

    return reduce


def _extreme(op: str) -> Reduce:
    def reduce(r: Reduction, outer: Counters) -> Value:
        first = r.element(r.first(outer))

        def visit(at: Counters, carries: list[Value]) -> Sequence[Value]:
            return [apply(r.lo, op, [carries[0], r.element(at)], r.dtype)]

        (best,) = r.over(outer, [first], visit)
        return best

    return reduce


def _mean(r: Reduction, outer: Counters) -> Value:
    dtype = doubles(r)
    total = _sum_of(r, outer, lambda at: r.element(at, dtype), dtype)
    mean = r.lo.emit("divide", total, cast(r.lo, r.count(), "float64"))
    return cast(r.lo, mean, r.dtype)


def _sum_of(
    r: Reduction,
    outer: Counters,
    term: Callable[[Counters], Value],
    dtype: str = "float64",
) -> Value:
    def visit(at: Counters, carries: list[Value]) -> Sequence[Value]:
        return [r.lo.emit("add", carries[0], term(at), spelled="+=")]

    (total,) = r.over(outer, [constant(r.lo, 0, dtype)], visit)
    return total


def _var(r: Reduction, outer: Counters) -> Value:
    lo, dtype = r.lo, doubles(r)
    count = r.count()
    total = _sum_of(r, outer, lambda at: r.element(at, dtype), dtype)
    mean = lo.emit("divide", total, cast(lo, count, "float64"))

    def squared(at: Counters) -> Value:
        return square_of(lo, lo.emit("subtract", r.element(at, dtype), mean))

    squares = _sum_of(r, outer, squared)
    freedom = plus(lo, count, lo.number(-r.eq.attrs.get("ddof", 0)))
    return lo.emit("divide", squares, cast(lo, at_least(lo, freedom, 0), "float64"))


def _narrowed(reduce: Reduce, after: str | None = None) -> Reduce:
    def narrowed(r: Reduction, outer: Counters) -> Value:
        found = reduce(r, outer)
        if after is not None:
            found = r.lo.emit(after, found)
        return cast(r.lo, found, r.dtype)

    return narrowed


def _logic(op: str, start: int) -> Reduce:
    def reduce(r: Reduction, outer: Counters) -> Value:
        def visit(at: Counters, carries: list[Value]) -> Sequence[Value]:
            return [r.lo.emit(op, carries[0], r.element(at, "bool"))]

        (found,) = r.over(outer, [accumulator(r, start, "bool")], visit)
        return found

    return reduce


def _count_nonzero(r: Reduction, outer: Counters) -> Value:
    def visit(at: Counters, carries: list[Value]) -> Sequence[Value]:
        one = cast(r.lo, r.element(at, "bool"), "int64")
        return [r.lo.emit("add", carries[0], one, spelled="+=")]

    (total,) = r.over(outer, [accumulator(r, 0, "int64")], visit)
    return total


def _logsumexp(r: Reduction, outer: Counters) -> Value:
    lo = r.lo

    def higher(at: Counters, carries: list[Value]) -> Sequence[Value]:
        return [lo.emit("maximum", carries[0], r.element(at))]

    (top,) = r.over(outer, [constant_float(lo, float("-inf"), r.dtype)], higher)
    finite = lo.emit("isfinite", top)
    shift = lo.emit("where", finite, top, constant(lo, 0, r.dtype))
    wide_shift = cast(lo, shift, "float64")

    def term(at: Counters) -> Value:
        apart = lo.emit("subtract", r.element(at, "float64"), wide_shift)
        return lo.emit("exp", apart)

    total = _sum_of(r, outer, term)
    return cast(lo, lo.emit("add", lo.emit("log", total), wide_shift), r.dtype)


def constant_float(lo: Lowering, number: float, dtype: str) -> Value:
    """Return a float constant, infinite perhaps."""
    return lo.emit("constant", value=number, dtype=dtype)


def _arg(better: str) -> Reduce:
    """Reduce to the place of the first extreme element, or of the first NaN."""

    def reduce(r: Reduction, outer: Counters) -> Value:
        lo = r.lo
        dtype = r.x.type.dtype
        start = r.element(r.first(outer), dtype)
        place = Value(Type("int64"), None, None, hint="place")
        lo.block.append("constant", (), (place,), value=0, dtype="int64")

        def visit(at: Counters, carries: list[Value]) -> Sequence[Value]:
            found = r.element(at, dtype)
            return if_else(
                lo,
                _is_better(lo, better, found, carries[0], dtype),
                lambda: [found, _position(r, at)],
                carries,
            )

        _, where = r.over(outer, [start, place], visit)
        return where

    return reduce


def _is_better(lo: Lowering, op: str, found: Value, best: Value, dtype: str) -> Value:
    better = lo.emit(op, found, best)
    if not is_float(dtype):
        return better
    first_nan = lo.emit(
        "logical_and",
        lo.emit("isnan", found),
        lo.emit("logical_not", lo.emit("isnan", best)),
    )
    return lo.emit("logical_or", better, first_nan)


def _position(r: Reduction, at: Counters) -> Value:
    if len(r.axes) == 1:
        return cast(r.lo, at[r.axes[0]], "int64")
    return ravel(r.lo, at, extents(r.lo, r.x))


REDUCE: Mapping[str, Reduce] = {
    "sum": _folded("add", 0),
    "prod": _folded("multiply", 1),
    "max": _extreme("maximum"),
    "min": _extreme("minimum"),
    "mean": _mean,
    "var": _narrowed(_var),
    "std": _narrowed(_var, "sqrt"),
    "any": _logic("logical_or", 0),
    "all": _logic("logical_and", 1),
    "count_nonzero": _count_nonzero,
    "logsumexp": _logsumexp,
    "argmax": _arg("greater"),
    "argmin": _arg("less"),
}
TWO_PASSES = frozenset({"var", "std", "logsumexp"})


def result_extents(r: Reduction) -> list[Value]:
    """Return the lengths of a reduced array."""
    keepdims = r.eq.attrs.get("keepdims", False)
    lengths = extents(r.lo, r.x)
    return [
        r.lo.number(1) if axis in r.axes else lengths[axis]
        for axis in range(r.x.type.rank)
        if keepdims or axis not in r.axes
    ]


def outer_of(r: Reduction, counters: Counters) -> list[Value]:
    """Return the counters of the kept axes from those of the result."""
    if not r.eq.attrs.get("keepdims", False):
        return list(counters)
    return [counters[axis] for axis in r.kept]


def by_results(r: Reduction) -> Value:
    """One result after the other."""
    lo = r.lo
    lengths = result_extents(r)
    memory = lo.allocate(r.eq.result, lengths)
    return fill_into(
        lo, memory, lengths, lambda at: REDUCE[r.eq.op](r, outer_of(r, at))
    )
