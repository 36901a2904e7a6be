"""How much a loop has to do, and into how many chunks it is worth cutting.

A loop's work is a sum of products of numbers of iterations, ``24*n*k + 3*n``, each
with the cost of what runs so often; of these products only the largest count: those
that hold all the factors of another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..graph.build import Builder
from ..graph.ir import Equation, Region, Value
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.ops import CHEAP, ELEMENTWISE

# A chunk has at least so much to do, and threads are started for at least so many
# chunks: that is some 20 microseconds of vector code, 200 of other.
LEAST = 32768
FEWEST_CHUNKS = 8
# A private copy of an array is filled and added up: that may take a small part of
# the time, and of the memory, that the loop takes.
SHARE = 16
MOST_CHUNKS = 64
COST: Mapping[str, int] = {
    **{op: 1 if op in CHEAP else 8 for op in ELEMENTWISE},
    **dict.fromkeys(("index", "store", "accumulate"), 1),
    **dict.fromkeys(("matvec", "vecmat", "matmul", "dot"), 100),
}

Factors = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """The cost of each product of numbers of iterations."""

    costs: Mapping[Factors, int]

    @property
    def number(self) -> int | None:
        """The work, where it does not depend on sizes."""
        return sum(self.costs.values()) if not any(self.costs) else None


def work_of(eq: Equation) -> Work:
    """Return the work of a loop, in sizes that are known before it."""
    counted = _Counting(set(defined(eq.regions[0])), {}).loop(eq)
    return Work({f: c for f, c in counted.items() if not _is_dominated(f, counted)})


def products_of(body: Region) -> list[Counter[Linear]]:
    """Return how often what is in a function's loops runs, as products of lengths."""
    loops = [inner for eq in body.equations for inner in eq.regions]
    inside = {value for region in loops for value in defined(region)}
    counted = _Counting(inside, {}).region(body)
    return [Counter(v.as_linear for v in factors) for factors in counted]


def is_small(work: Work, around: Iterable[Value], every: list[Counter[Linear]]) -> bool:
    """Whether something in a function runs much more often than all of a loop does."""
    outside = Counter(v.as_linear for v in around)
    each = [outside + Counter(v.as_linear for v in factors) for factors in work.costs]
    return all(any(here < other for other in every) for here in each)


def defined(region: Region) -> Iterator[Value]:
    """Yield what a region defines, parameters and what is inside included."""
    yield from region.params
    for eq in region.equations:
        yield from eq.results
        for inner in eq.regions:
            yield from defined(inner)


@dataclass(frozen=True, slots=True)
class _Counting:
    """Adds up costs; ``known`` has one value for each number of iterations."""

    inside: Collection[Value]
    known: dict[Linear, Value]

    def region(self, region: Region) -> Counter[Factors]:
        total: Counter[Factors] = Counter()
        for eq in region.equations:
            if eq.op == "for":
                total.update(self.loop(eq))
            else:
                total[()] += COST.get(eq.op, 0)
                for inner in eq.regions:
                    total.update(self.region(inner))
        return total

    def loop(self, eq: Equation) -> Counter[Factors]:
        each = self.region(eq.regions[0])
        stop = upper(Loop.of(eq))
        number = stop.as_linear.value
        if number is not None:
            return Counter({f: c * max(number, 1) for f, c in each.items()})
        if stop in self.inside:  # it takes part in what is counted outside
            return each
        times = self.known.setdefault(stop.as_linear, stop)
        return Counter({_sorted((*f, times)): c for f, c in each.items()})


def upper(loop: Loop) -> Value:
    """Return the bound that limits the number of iterations of a loop."""
    start, stop, step = loop.bounds
    down = step.as_linear.value is not None and step.as_linear.value < 0
    return start if down else stop


def _sorted(factors: Factors) -> Factors:
    return tuple(sorted(factors, key=lambda v: v.as_linear.terms[0][0].sort_key))


def _is_dominated(factors: Factors, every: Collection[Factors]) -> bool:
    here = Counter(factors)
    return any(here < Counter(other) for other in every)


def chunks_of(
    b: Builder, work: Work, trips: Value, private: Collection[Value]
) -> Value:
    """Emit the number of chunks: so many that each has enough to do.

    ``private`` are the arrays of which every chunk has a copy of its own.
    """
    most = b.constant(MOST_CHUNKS)
    (factors, cost), *others = work.costs.items()
    cost = max(cost, 1)
    if not others and not private and factors == (trips,) and cost < LEAST:
        each = b.constant(1 << (LEAST // cost).bit_length() - 1)
        return b.emit("minimum", b.emit("floor_divide", trips, each), most)
    total = _sum(b, [(cost, list(factors)) for factors, cost in work.costs.items()])
    least = b.constant(LEAST)
    if private:
        sizes = _sum(b, [(SHARE, b.dims(array)) for array in private])
        least = b.emit("maximum", least, sizes)
    enough = b.emit("floor_divide", total, least)
    return b.emit("minimum", b.emit("minimum", enough, trips), most)


def _sum(b: Builder, products: list[tuple[int, list[Value]]]) -> Value:
    total = _product(b, *products[0])
    for cost, factors in products[1:]:
        total = b.emit("add", total, _product(b, cost, factors))
    return total


def _product(b: Builder, cost: int, factors: list[Value]) -> Value:
    found = b.constant(cost)
    for factor in factors:
        found = b.emit("multiply", found, factor)
    return found
