"""What to change in a function before it is printed, without changing its meaning.

Carries and branch results that nothing reads go. A length is read from a parameter
where one has it, rather than from a part of an expression. A counter that shares its
name with the element that it counts gets another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ..graph.ir import CONTROL, Equation, Function, Region, Value, walk
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.substitute import in_equation, substitute
from .order import ordered


def tidy(function: Function) -> Function:
    """Return the function as it is to be printed."""
    function = ordered(function)
    body = _Lengths(function).region(function.body)
    return replace(function, body=_pruned(_renamed(body)))


# ---- carries and results that nothing reads ----


def _pruned(body: Region) -> Region:
    while True:
        used = set(_reads(body))
        again = _prune(body, used)
        if again is body:
            return body
        body = again


def _reads(region: Region) -> Iterator[Value]:
    """Yield what is read, except by carries that only hand themselves on."""
    for eq in region.equations:
        yield from eq.operands
        if eq.op in ("for", "while"):
            loop = Loop.of(eq)
            turns = _turns(loop)
            turned = {turn.result for turn in turns}
            yield from (
                after
                for carry, after in zip(loop.carries, loop.yields, strict=True)
                if after is not carry and after not in turned
            )
            yield from () if loop.exit is None else (loop.exit,)
            yield from () if loop.condition is None else loop.condition.results
            for inner in eq.regions:
                rest = tuple(e for e in inner.equations if e not in turns)
                yield from _reads(replace(inner, equations=rest, results=()))
        else:
            for inner in eq.regions:
                yield from _reads(inner)
    yield from region.results


def _turns(loop: Loop) -> list[Equation]:
    """Return what turns a flag for the next iteration and is read by nothing else."""
    pairs = set(zip(loop.carries, loop.yields, strict=True))
    found = [
        eq
        for eq in loop.body.equations
        if eq.op == "logical_not" and (eq.operands[0], eq.result) in pairs
    ]
    others = {v for e in walk(loop.body) if e not in found for v in e.operands}
    return [eq for eq in found if eq.result not in others]


def _prune(region: Region, used: set[Value]) -> Region:
    pruned = [_prune_equation(eq, used) for eq in region.equations]
    equations = tuple(eq for eq in pruned if not _is_idle(eq))
    same = len(equations) == len(region.equations) and all(
        a is b for a, b in zip(equations, region.equations, strict=True)
    )
    return region if same else replace(region, equations=equations)


def _is_idle(eq: Equation) -> bool:
    """Whether a condition decides nothing."""
    return eq.op == "if" and not eq.results and not any(r.equations for r in eq.regions)


def _prune_equation(eq: Equation, used: set[Value]) -> Equation:
    if eq.op not in CONTROL:
        return eq
    regions = tuple(_prune(r, used) for r in eq.regions)
    if any(a is not b for a, b in zip(regions, eq.regions, strict=True)):
        eq = replace(eq, regions=regions)
    return _prune_branches(eq, used) if eq.op == "if" else _prune_loop(eq, used)


def _kept(values: tuple[Value, ...], keep: list[bool]) -> tuple[Value, ...]:
    return tuple(v for v, stays in zip(values, keep, strict=True) if stays)


def _prune_branches(eq: Equation, used: set[Value]) -> Equation:
    keep = [result in used for result in eq.results]
    if all(keep):
        return eq
    regions = tuple(replace(r, results=_kept(r.results, keep)) for r in eq.regions)
    return replace(eq, results=_kept(eq.results, keep), regions=regions)


def _prune_loop(eq: Equation, used: set[Value]) -> Equation:
    loop = Loop.of(eq)
    readers = [loop.carries, loop.finals]
    if loop.condition is not None:
        readers.append(loop.condition.params)
    keep = [any(v in used for v in group) for group in zip(*readers, strict=True)]
    if all(keep):
        return eq
    gone = {v for v, stays in zip(loop.yields, keep, strict=True) if not stays}
    vain = [turn for turn in _turns(loop) if turn.result in gone]
    exits, counted = int(loop.exit is not None), int(loop.counter is not None)
    head = len(eq.results) - len(loop.finals)
    body = replace(
        loop.body,
        equations=tuple(e for e in loop.body.equations if e not in vain),
        params=loop.body.params[:counted] + _kept(loop.carries, keep),
        results=loop.body.results[:exits] + _kept(loop.yields, keep),
    )
    regions: tuple[Region, ...] = (body,)
    if loop.condition is not None:
        params = _kept(loop.condition.params, keep)
        regions = (replace(loop.condition, params=params), body)
    return replace(
        eq,
        operands=loop.bounds + _kept(loop.inits, keep),
        results=eq.results[:head] + _kept(loop.finals, keep),
        regions=regions,
    )


# ---- counters ----


def _renamed(region: Region) -> Region:
    """Return the region with counters that are not called like what they count."""
    return replace(region, equations=tuple(map(_rename_counter, region.equations)))


def _rename_counter(eq: Equation) -> Equation:
    if eq.regions:
        eq = replace(eq, regions=tuple(map(_renamed, eq.regions)))
    if eq.op != "for":
        return eq
    counter = eq.regions[0].params[0]
    if counter.name == "_" and counter in _reads(eq.regions[0]):
        return _unnamed(eq, counter)
    if counter.name == "trips" and eq.backward:  # it counts those of a while loop
        return _unnamed(eq, counter)
    named = {r.name for inner in eq.regions[0].equations for r in inner.results}
    if counter.name is None or counter.name not in named:
        return eq
    # Found by `for v in x`: the element is called v, the counter need not be.
    if not any(
        inner.op == "index" and counter in inner.operands and r.name == counter.name
        for inner in eq.regions[0].equations
        for r in inner.results
    ):
        return eq
    return _unnamed(eq, counter)


def _unnamed(eq: Equation, counter: Value) -> Equation:
    other = Value(counter.type, None, None, counter.linear)
    return replace(eq, regions=(substitute(eq.regions[0], {counter: other}),))


# ---- lengths ----


@dataclass(slots=True)
class _Lengths:
    """Reads lengths from parameters, where they are the same."""

    function: Function
    known: dict[Linear, tuple[Value, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for value in self.function.body.params:
            for axis, length in enumerate(value.type.shape):
                if len(length.terms) == 1 and length.constant == 0:
                    self.known.setdefault(length, (value, axis))

    def region(self, region: Region) -> Region:
        equations = tuple(map(self.equation, region.equations))
        return replace(region, equations=equations)

    def equation(self, eq: Equation) -> Equation:
        if eq.regions:
            return replace(eq, regions=tuple(map(self.region, eq.regions)))
        if eq.op != "dim" or eq.operands[0].name is not None:
            return eq
        length = eq.operands[0].type.shape[eq.attrs["axis"]]
        if length.value is not None:
            attrs = MappingProxyType({"value": length.value})
            return replace(eq, op="constant", operands=(), attrs=attrs)
        if length not in self.known:
            return eq
        array, axis = self.known[length]
        attrs = MappingProxyType({**eq.attrs, "axis": axis})
        return replace(eq, operands=(array,), attrs=attrs)


# ---- Python numbers ----


def plain_numbers(function: Function) -> Function:
    """Return a function that leaves conversions of Python numbers to float64 out.

    For a function without lower precision, in which a Python number and a float64
    mean the same. A number that is only ever converted becomes what it is then.
    """
    uses: dict[Value, list[Equation | None]] = {}
    for region in _regions(function.body):
        for eq in region.equations:
            for value in eq.operands:
                uses.setdefault(value, []).append(eq)
        for value in region.results:
            uses.setdefault(value, []).append(None)
    equations = list(walk(function.body))
    constants = {
        eq.result: eq
        for eq in equations
        if eq.op == "constant" and "dtype" not in eq.attrs
    }
    types = {v.type.dtype for eq in equations for v in eq.results}
    double = not types & {"float16", "float32", "complex64"}
    made = _Numbers(constants, uses, double)
    return replace(function, body=made.region(function.body))


def _regions(region: Region) -> Iterator[Region]:
    yield region
    for eq in region.equations:
        for inner in eq.regions:
            yield from _regions(inner)


@dataclass(slots=True)
class _Numbers:
    constants: dict[Value, Equation]
    uses: dict[Value, list[Equation | None]]
    double: bool
    values: dict[Value, Value] = field(default_factory=dict)

    def region(self, region: Region) -> Region:
        kept = [self.equation(eq) for eq in region.equations]
        equations = tuple(eq for eq in kept if eq is not None)
        results = tuple(self.values.get(v, v) for v in region.results)
        return Region(region.params, equations, results)

    def equation(self, eq: Equation) -> Equation | None:
        if self.is_converted(eq):
            return self.converted(eq)
        if eq.op == "cast" and not eq.result.type.rank and self.is_spare(eq):
            (number,) = eq.operands
            self.values[eq.result] = self.values.get(number, number)
            return None
        regions = tuple(map(self.region, eq.regions))
        return in_equation(replace(eq, regions=regions), self.values)

    def is_spare(self, eq: Equation) -> bool:
        """Whether a conversion does nothing, or was done where the number is set."""
        (number,) = eq.operands
        if number in self.constants and self.is_converted(self.constants[number]):
            return True
        pair = number.type.dtype, eq.attrs["dtype"]
        alike = pair in (("weak_float", "float64"), ("complex128", "weak_complex"))
        return self.double and alike and not number.type.rank

    def is_converted(self, eq: Equation) -> bool:
        """Whether a number is only used converted, to one dtype."""
        if len(eq.results) != 1 or eq.result not in self.constants:
            return False
        if isinstance(eq.attrs["value"], bool):
            return False
        uses = self.uses.get(eq.result, [])
        kinds = {
            None if u is None or u.op != "cast" else u.attrs["dtype"] for u in uses
        }
        return len(kinds) == 1 and None not in kinds

    def converted(self, eq: Equation) -> Equation:
        (dtype,) = {u.attrs["dtype"] for u in self.uses[eq.result] if u is not None}
        attrs = {**eq.attrs, "dtype": dtype}
        if dtype in ("float64", "float32", "weak_float"):
            attrs["value"] = float(attrs["value"])
            attrs.pop("spelled", None)
        return replace(eq, attrs=MappingProxyType(attrs))
