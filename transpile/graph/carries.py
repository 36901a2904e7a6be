"""The kinds of loop carries: what one iteration leaves for the next.

============== ==================================================================
``state``      the next iteration depends on it in some other way
``reduce(op)`` it is only combined: ``s = s + v`` with v independent of s
``private``    the body overwrites it before it reads it
``disjoint``   an array of which iteration i touches only what belongs to i
============== ==================================================================

A loop's iterations are independent, up to the order of reductions, exactly if it has
no ``state``: blocking, threads and kernels build on that.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from types import MappingProxyType

from .affine import implied
from .ir import (
    WRITES,
    At,
    Buffer,
    Equation,
    Index,
    Mask,
    NewAxis,
    Program,
    Region,
    Value,
    captured,
    is_view,
    walk,
)
from .linear import Linear, Size
from .loopform import Loop

REDUCTIONS = frozenset(
    {"add", "multiply", "maximum", "minimum", "logical_and", "logical_or"}
)

Place = tuple[int, Linear]  # an axis and the index into it


def classify(program: Program) -> Program:
    """Return the program with ``kinds`` on every loop, one for each carry."""
    return program.map(lambda f: replace(f, body=_region(f.body)))


def _region(region: Region) -> Region:
    equations = []
    for eq in region.equations:
        if eq.regions:
            eq = replace(eq, regions=tuple(_region(r) for r in eq.regions))
        if eq.op in ("for", "while"):
            attrs = MappingProxyType({**eq.attrs, "kinds": kinds(eq)})
            eq = replace(eq, attrs=attrs)
        equations.append(eq)
    return replace(region, equations=tuple(equations))


def is_parallel(eq: Equation) -> bool:
    """Whether a loop's iterations may run in any order: no state, and no exit."""
    if eq.op != "for" or eq.attrs.get("exits"):
        return False
    return "state" not in kinds(eq)


def kinds(eq: Equation) -> tuple[str, ...]:
    """Return the kind of each carry of a ``for`` or ``while`` equation."""
    trips = trips_of(eq) if eq.op == "for" else None
    return _kinds(eq.op == "for", bool(eq.attrs.get("exits")), eq.regions, trips)


def trips_of(eq: Equation) -> Linear | None:
    """Return how often a loop runs, or less than zero, if its counter goes by one.

    None also if the counter may be negative.
    """
    start, stop, step = (v.as_linear for v in eq.operands[:3])
    if step.value not in (1, -1):
        return None
    lowest = start if step.value == 1 else stop + 1
    return (stop - start) * step.value if implied((), lowest) else None


@functools.lru_cache(maxsize=1024)
def _kinds(
    counts: bool, exits: bool, regions: tuple[Region, ...], trips: Linear | None
) -> tuple[str, ...]:
    """Return the kinds; an inner loop is asked for once for each carry around it."""
    body = regions[-1]
    counter = body.params[0] if counts else None
    carries = body.params[1:] if counts else body.params
    uses = Counter(_uses(regions))
    return tuple(
        [
            _kind(body, carry, value, (counter, trips), uses)
            for carry, value in zip(carries, body.results[exits:], strict=True)
        ]
    )


def _uses(regions: Sequence[Region]) -> Iterator[Value]:
    """Yield what the equations of a loop read, conditions included."""
    for region in regions:
        for inner in region.equations:
            yield from captured(inner)
        yield from region.results


def _kind(
    body: Region,
    carry: Value,
    value: Value,
    counting: tuple[Value | None, Linear | None],
    uses: Counter[Value],
) -> str:
    counter, trips = counting
    if not uses[carry] and value is not carry:
        return "private"
    op = _reduction(body, carry, value, uses)
    if op is not None:
        return f"reduce({op})"
    if carry.buffer is not None and counter is not None:
        same = carry.buffer is value.buffer
        if same and _is_divided(body, carry.buffer, counter, trips):
            return "disjoint"
    return "state"


def _reduction(
    body: Region, carry: Value, value: Value, uses: Counter[Value]
) -> str | None:
    """Return the operation by which a carry is only combined with other values."""
    makers, _ = _made_and_read(body)
    follows = followers(body, carry)
    found: str | None = None
    while value is not carry:
        eq = makers.get(value)
        if eq is None or uses[value] != 1 or value not in follows:
            return None
        if eq.op == "for" and value in Loop.of(eq).finals:
            inner = Loop.of(eq).finals.index(value)
            kind, value = kinds(eq)[inner], Loop.of(eq).inits[inner]
            op = kind.removeprefix("reduce(").removesuffix(")")
            if not kind.startswith("reduce(") or found not in (None, op):
                return None
            if sum(v is value for v in captured(eq)) != 1:
                return None
            found = op
            continue
        op = "add" if eq.op in ("subtract", "accumulate") else eq.op
        if op not in REDUCTIONS or found not in (None, op):
            return None
        if eq.op == "accumulate" and eq.attrs["path"]:
            return None
        onward = eq.operands[:1] if eq.op in ("subtract", "accumulate") else eq.operands
        behind = [v for v in onward if v in follows]
        if len(behind) != 1 or any(
            v in follows for v in eq.operands if v is not behind[0]
        ):
            return None
        found, value = op, behind[0]
    return found if uses[carry] == 1 else None


Reads = list[tuple[frozenset[Value], tuple[Value, ...]]]


@functools.lru_cache(maxsize=256)
def _made_and_read(body: Region) -> tuple[dict[Value, Equation], Reads]:
    """Return what makes each value, and what each equation reads and gives."""
    makers = {r: eq for eq in body.equations for r in eq.results}
    return makers, [(frozenset(captured(eq)), eq.results) for eq in body.equations]


def followers(body: Region, carry: Value) -> set[Value]:
    """Return the values of a body that are computed from a carry, and itself."""
    found = {carry}
    for read, results in _made_and_read(body)[1]:
        if not found.isdisjoint(read):
            found.update(results)
    return found


def common_places(body: Region, buffer: Buffer, counter: Value) -> frozenset[Place]:
    """Return the places, with the counter, that all accesses to a buffer share."""
    found = _every_place(body, buffer, counter)
    return frozenset.intersection(*found) if found else frozenset()


def _is_divided(
    body: Region, buffer: Buffer, counter: Value, trips: Linear | None
) -> bool:
    """Whether each iteration touches elements of its own, by the index on one axis."""
    found = [dict(each) for each in _every_place(body, buffer, counter)]
    if not found:
        return False
    axes = set(found[0]).intersection(*found)
    alike = ({each[axis] for each in found} for axis in axes)
    return any(far_apart(forms, forms, trips) for forms in alike)


def far_apart(one: Set[Linear], other: Set[Linear], trips: Linear | None) -> bool:
    """Whether indices with a counter meet in the same iteration only.

    Of two of them they are the same in each, or one is never so little as the other is
    in any: ``i`` and ``n + i``, where i is below n.
    """
    pairs = ((a, b) for a in one for b in other if a != b)
    return all(trips is not None and _are_far(a, b, trips) for a, b in pairs)


def _are_far(one: Linear, other: Linear, trips: Linear) -> bool:
    gap = one - other
    if not all(isinstance(atom, Size) for atom in gap.atoms):
        return False
    for form in (one, other):
        if form.constant < 0 or any(factor < 0 for _, factor in form.terms):
            return False  # it may count from the end
    return implied((), gap - trips) or implied((), -gap - trips)


def _every_place(
    body: Region, buffer: Buffer, counter: Value
) -> list[frozenset[Place]]:
    """Return the places, with the counter, of every access; none if one has none."""
    equations, views = _flat(body)
    counters = _counters(body, counter)
    found: list[frozenset[Place]] = []
    for eq in equations:
        whole = [v for v in eq.operands if v.buffer is buffer and v not in views]
        if not whole or eq.op in ("dim", "for", "while", "if"):
            continue
        if eq.op not in WRITES and eq.op != "index":
            return []
        if whole != [eq.operands[0]]:
            return []
        found.append(frozenset(places(eq, *counters)))
        if not found[-1]:
            return []
    return found


@functools.lru_cache(maxsize=256)
def _flat(body: Region) -> tuple[list[Equation], set[Value]]:
    """Return all equations of a body, and the views among what they give."""
    every = list(walk(body))
    return every, {eq.result for eq in every if eq.op == "index" and is_view(eq)}


@functools.lru_cache(maxsize=256)
def _counters(body: Region, counter: Value) -> list[Value]:
    """Return the counter, and what is it but for a number that stays the same."""
    inside = {r for eq in walk(body) for r in eq.results}
    found = [counter]
    for eq in body.equations:
        if eq.op == "add" and eq.result.type.is_integer and not eq.result.type.rank:
            moved = [v for v in eq.operands if v not in found]
            if len(moved) == 1 and moved[0] not in inside | {*body.params}:
                found.append(eq.result)
    return found


def places(eq: Equation, *counters: Value) -> Iterator[Place]:
    """Yield the axes that an equation indexes by a multiple of a counter.

    Lengths may be added to it: then it does not count from the end either.
    """
    path = eq.attrs["path"]
    if not path or not isinstance(path[0], Index):
        return
    slots, axis = eq.operands[2 if eq.op in WRITES else 1 :], 0
    for item in path[0].items:
        if isinstance(item, At):
            form = slots[item.slot].as_linear
            moving = [a for a in form.atoms if a in counters]
            fixed = all(
                isinstance(a, Size) and f > 0
                for a, f in form.terms
                if a not in counters
            )
            if len(moving) == 1 and fixed:
                yield axis, form
        if not isinstance(item, NewAxis):
            axis += item.rank if isinstance(item, Mask) else 1
