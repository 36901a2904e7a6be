"""Loops made ready for reversal: trips counted, exits recognised, ranges reversed."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.ir import Equation, Region, Type, Value, walk
from ..graph.linear import Linear
from ..graph.loopform import Loop
from .activity import Activity

INTEGER = Type("weak_int")
_COUNTS = MappingProxyType({"spelled": "+="})


def count_trips(region: Region, active: Activity) -> Region:
    """Give every active loop without a known trip count a carry that counts trips.

    Before ``while c(x): x = f(x)``; after ``while c(x): x = f(x); trips += 1`` with
    ``trips`` among the results. A loop that may be left early counts complete
    iterations if its last, partial one differs from the others (attribute
    ``trips="completed"``), else all that were started (``trips="started"``).
    """
    return Region(
        region.params,
        tuple(_count_in(eq, active) for eq in region.equations),
        region.results,
    )


def _count_in(eq: Equation, active: Activity) -> Equation:
    regions = tuple(count_trips(r, active) for r in eq.regions)
    eq = replace(eq, regions=regions)
    exits = bool(eq.attrs.get("exits"))
    if eq.op != "while" and not (eq.op == "for" and exits):
        return eq
    if "trips" in eq.attrs or not _is_active(eq, active):
        return eq
    return _with_counter(eq, active, exits)


def _is_active(eq: Equation, active: Activity) -> bool:
    return any(
        r in active for inner in walk(eq.regions[-1]) for r in inner.results
    ) or any(r in active for r in eq.results)


def _with_counter(eq: Equation, active: Activity, exits: bool) -> Equation:
    mode = "completed" if exits and has_partial(eq, active) else "started"
    outer = Builder(eq.origin)
    before = Value(INTEGER, "trips")
    after = Value(INTEGER, "trips", linear=before.as_linear + 1)
    body = eq.regions[-1]
    if mode == "completed":
        body = _count_completed(body, before, after)
    else:
        step = outer.constant(1)
        add = Equation("add", (before, step), (after,), _COUNTS, origin=eq.origin)
        inner = (outer.equations[-1], add)
        equations = body.equations
        at = len(equations) - (exits and tail_exit(body) is not None)
        body = replace(
            body,
            equations=equations[:at] + inner + equations[at:],
            results=(*body.results, after),
        )
    body = replace(body, params=(*body.params, before))
    regions = (*eq.regions[:-1], body)
    if eq.op == "while":
        condition = eq.regions[0]
        seen = Value(INTEGER, "trips")
        condition = replace(condition, params=(*condition.params, seen))
        regions = (condition, body)
    return replace(
        eq,
        results=(*eq.results, Value(INTEGER, "trips")),
        regions=regions,
        attrs=MappingProxyType({**eq.attrs, "trips": mode, "start": True}),
    )


def start_counters(region: Region) -> Region:
    """Add the zero that each new counter starts from, before its loop."""
    equations: list[Equation] = []
    for eq in region.equations:
        eq = replace(eq, regions=tuple(start_counters(r) for r in eq.regions))
        if eq.attrs.get("start"):
            builder = Builder(eq.origin)
            zero = builder.constant(0)
            equations += builder.equations
            attrs = {k: v for k, v in eq.attrs.items() if k != "start"}
            eq = replace(
                eq,
                operands=(*eq.operands, zero),
                attrs=MappingProxyType(attrs),
            )
        equations.append(eq)
    return replace(region, equations=tuple(equations))


def _count_completed(body: Region, before: Value, after: Value) -> Region:
    """Count in the branch that goes on: the exiting branch passes the old count."""
    tail = body.equations[-1]
    leaves = tail_exit(body)
    goes_on = 1 - leaves if leaves is not None else 1
    inner = tail.regions[goes_on]
    flag = inner.results[tail.results.index(body.results[0])]
    probe = replace(inner, results=(flag,))
    if tail_exit(probe) is not None:
        counted = _count_completed(
            replace(inner, results=(flag, *inner.results)), before, after
        )
        counted = replace(counted, results=counted.results[1:])
    else:
        builder = Builder(tail.origin)
        one = builder.constant(1)
        builder.append("add", (before, one), (after,), spelled="+=")
        counted = replace(
            inner,
            equations=(*inner.equations, *builder.equations),
            results=(*inner.results, after),
        )
    branches = [replace(r, results=(*r.results, before)) for r in tail.regions]
    branches[goes_on] = counted
    merged = Value(INTEGER, "trips")
    tail = replace(tail, regions=tuple(branches), results=(*tail.results, merged))
    return replace(
        body,
        equations=(*body.equations[:-1], tail),
        results=(*body.results, merged),
    )


def tail_exit(body: Region) -> int | None:
    """Return the branch of a body's last ``if`` that surely leaves the loop, if any.

    The other branch must surely stay, or end in such an ``if`` itself.
    """
    if not body.equations or body.equations[-1].op != "if":
        return None
    tail = body.equations[-1]
    if body.results[0] not in tail.results:
        return None
    at = tail.results.index(body.results[0])
    for which, branch in enumerate(tail.regions):
        other = tail.regions[1 - which]
        flag = other.results[at]
        stays = _is(other, flag, False)
        stays = stays or tail_exit(replace(other, results=(flag,))) is not None
        if stays and _is(branch, branch.results[at], True):
            return which
    return None


def _is(region: Region, value: Value, known: bool) -> bool:
    """Whether a value of a region is a truth value that is known."""
    return any(
        eq.op == "constant" and eq.result is value and eq.attrs["value"] is known
        for eq in region.equations
    )


def has_partial(eq: Equation, active: Activity) -> bool:
    """Whether the iteration that leaves a loop differs from a complete one."""
    loop = Loop.of(eq)
    if tail_exit(loop.body) is None:
        return False
    tail = loop.body.equations[-1]
    if any(
        r in active for branch in tail.regions for q in walk(branch) for r in q.results
    ):
        return True
    return any(
        result in active and one is not other
        for result, one, other in zip(
            tail.results, tail.regions[0].results, tail.regions[1].results, strict=True
        )
    )


def complete_body(body: Region, skip: int) -> Region:
    """Return a loop's body on the path that does not leave it, exits removed.

    Before ``a; if c: (leave) else: b``; after ``a; b``.
    """
    leaves = tail_exit(body)
    if leaves is None:
        return Region(body.params, body.equations, body.results[skip:])
    tail = body.equations[-1]
    branch = tail.regions[1 - leaves]
    flag = branch.results[tail.results.index(body.results[0])]
    taken = dict(zip(tail.results, branch.results, strict=True))
    results = tuple(taken.get(v, v) for v in body.results[skip:])
    rest = complete_body(Region((), branch.equations, (flag, *results)), 1)
    return Region(body.params, body.equations[:-1] + rest.equations, rest.results)


def leaving_body(body: Region, skip: int) -> Region:
    """Return a loop's body on the path that leaves it.

    Before ``a; if c: b; (leave) else: d``; after ``a; b``. With several exits the
    branches stay: what is recorded says which one was taken.
    """
    leaves = tail_exit(body)
    if leaves is None:
        return Region(body.params, body.equations, body.results[skip:])
    tail = body.equations[-1]
    gone, other = tail.regions[leaves], tail.regions[1 - leaves]
    flag = other.results[tail.results.index(body.results[0])]
    if tail_exit(replace(other, results=(flag,))) is not None:
        return Region(body.params, body.equations, body.results[skip:])
    taken = dict(zip(tail.results, gone.results, strict=True))
    equations = body.equations[:-1] + gone.equations
    results = tuple(taken.get(v, v) for v in body.results[skip:])
    return Region(body.params, equations, results)


def reversed_range(builder: Builder, bounds: tuple[Value, ...]) -> tuple[Value, ...]:
    """Return start, stop and step of the range that runs through another backwards."""
    start, stop, step = bounds
    by = step.as_linear.value
    if by == 1:
        one = builder.constant(1)
        return (
            _less(builder, stop, one),
            _less(builder, start, one),
            builder.constant(-1),
        )
    if by == -1:
        one = builder.constant(1)
        return (
            _plus(builder, stop, one),
            _plus(builder, start, one),
            builder.constant(1),
        )
    trips = trip_count(builder, bounds)
    gone = builder.emit("multiply", trips, step)
    before = _less(builder, start, step)
    last = _plus(builder, before, gone)
    return last, before, builder.emit("negative", step)


def trip_count(builder: Builder, bounds: tuple[Value, ...]) -> Value:
    """Return the number of iterations of a range; not positive if there are none."""
    start, stop, step = bounds
    by = step.as_linear.value
    span = _less(builder, stop, start)
    if by == 1:
        return span
    if by is not None:
        if by == -1:
            return _less(builder, start, stop)
        rounding = builder.constant(by - 1 if by > 0 else by + 1)
    else:
        rounding = _less(builder, step, builder.emit("sign", step))
    return builder.emit("floor_divide", _plus(builder, span, rounding), step)


def _plus(builder: Builder, one: Value, other: Value) -> Value:
    total = one.as_linear + other.as_linear
    return _known(builder, total, one) or builder.emit("add", one, other)


def _less(builder: Builder, one: Value, other: Value) -> Value:
    total = one.as_linear - other.as_linear
    return _known(builder, total, one) or builder.emit("subtract", one, other)


def _known(builder: Builder, form: Linear, value: Value) -> Value | None:
    """Return a constant for a form that is a number, or the value it equals."""
    if form.value is not None:
        return builder.constant(form.value)
    return value if form == value.as_linear else None
