"""Independent loops cut into chunks, for threads to run.

Before

    for i in range(n):
        y[i] = tanh(x[i])
        s += y[i]

after, with the loop as a function of its first and last iteration, and one that calls
it in a ``prange`` over chunks,

    chunks = min(n // 2048, 64)
    if chunks >= 8:
        s_parts = np.empty(chunks)
        _f_threads(chunks, n, x, y, s_parts)
        for c in range(chunks):
            s += s_parts[c]
    else:
        s = _f_part(0, n, x, y, s)

The number of chunks depends on sizes only and their sums are added in order, so the
result is the same for any number of threads, and from run to run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from ..graph.buffers import handed_on
from ..graph.build import Builder
from ..graph.carries import common_places, kinds
from ..graph.ir import (
    CONTROL,
    Buffer,
    Equation,
    Function,
    Program,
    Region,
    Value,
    walk,
)
from ..graph.loopform import Loop
from ..graph.ops import OPS
from ..loops.localise import localise
from .lanes import is_from_front
from .part import part_of
from .rounds import Carry, Round
from .work import (
    FEWEST_CHUNKS,
    LEAST,
    Work,
    chunks_of,
    defined,
    is_small,
    products_of,
    upper,
    work_of,
)

# What raises exceptions of its own, or prints: in a thread, both would be lost.
ALONE = frozenset(
    op.name for op in OPS.values() if op.category in ("solver", "transform")
) | {"print", "outside", "draw"}


def cut_loops(program: Program) -> Program:
    """Return the program with loops cut in chunks, in functions that are for threads.

    Those marked as ``strict`` keep the order of floating-point sums, and so the loops
    that have such.
    """
    if not any(f.attrs.get("parallel") for f in program.functions):
        return program
    program = localise(program)
    made: dict[str, list[Function]] = {}
    inside: set[str] = set()
    for function in reversed(program.functions):
        if function.name in inside or not function.attrs.get("parallel"):
            inside |= _called(function.body)
            made[function.name] = [function]
            continue
        threads = _Threads(function, program)
        body = threads.region(function.body, ())
        for part in threads.parts:
            inside |= _called(part.body)
        made[function.name] = [*threads.parts, replace(function, body=body)]
    return Program(tuple(f for one in program.functions for f in made[one.name]))


def _called(region: Region) -> set[str]:
    return {str(eq.attrs["callee"]) for eq in walk(region) if eq.op == "call"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to cut: the carries to keep, what becomes of each, and the work."""

    kept: tuple[int, ...]
    roles: tuple[str, ...]
    work: Work


class _Threads:
    """Cuts the outermost independent loops of one function."""

    def __init__(self, function: Function, program: Program) -> None:
        self.function = function
        self.program = program
        self.in_order = bool(function.attrs.get("strict"))
        self.parts: list[Function] = []
        self.made = {r: eq for eq in walk(function.body) for r in eq.results}
        self.read = set(_read(function.body))
        self.products = products_of(function.body)

    def region(self, region: Region, around: tuple[Value, ...]) -> Region:
        """Return a region, in loops with such bounds that stay, with its loops cut."""
        equations: list[Equation] = []
        for eq in region.equations:
            plan = self.plan(eq, around) if eq.op == "for" else None
            if plan is not None:
                equations += self.cut(eq, plan)
                continue
            if eq.regions:
                bounds = (*around, *_bounds(eq))
                inner = tuple(self.region(r, bounds) for r in eq.regions)
                eq = replace(eq, regions=inner)
            equations.append(eq)
        return replace(region, equations=tuple(equations))

    # ---- what to cut ----

    def plan(self, eq: Equation, around: Sequence[Value]) -> Plan | None:
        """Return how to cut a loop; None if that cannot be, or is not worth it.

        Inside loops that stay serial, only nests that are deeper than what is around
        them are cut: what is started again and again has to be large.
        """
        loop = Loop.of(eq)
        if eq.attrs.get("exits") or eq.attrs.get("count") or _is_short(eq):
            return None
        if _depth(eq) <= len(around):
            return None
        if not loop.bounds[2].as_linear.value or not self._may_run_apart(eq):
            return None
        roles = [self._role(eq, k, kind) for k, kind in enumerate(kinds(eq))]
        if None in roles or not _is_apart(loop, roles):
            return None
        work = work_of(eq)
        if work.number is not None and work.number < FEWEST_CHUNKS * LEAST:
            return None
        if is_small(work, around, self.products):
            return None
        kept = tuple(k for k, role in enumerate(roles) if role)
        return Plan(kept, tuple(filter(None, roles)), work)

    def _role(self, eq: Equation, k: int, kind: str) -> str | None:
        """Return the operation that joins what chunks make of a carry.

        ``disjoint`` for an array that all of them write; empty for what nothing
        reads afterwards; None if the iterations depend on each other.
        """
        loop = Loop.of(eq)
        carry, buffer = loop.carries[k], loop.carries[k].buffer
        if kind == "private":
            return None if loop.finals[k] in self.read else ""
        if kind == "disjoint" and _is_owned(loop, carry):
            return kind
        if kind == "state" and buffer is not None and _is_added(loop.body, buffer):
            kind = "reduce(add)"
        if not kind.startswith("reduce("):
            return None
        if self.in_order and carry.type.is_inexact:
            return None
        return kind.removeprefix("reduce(").removesuffix(")")

    def _may_run_apart(self, eq: Equation) -> bool:
        """Whether nothing in a loop prints, or raises but by a check of its own."""
        for inner in walk(eq.regions[0]):
            if inner.op in ALONE:
                return False
            if inner.op == "call" and not self._is_quiet(str(inner.attrs["callee"])):
                return False
        return True

    def _is_quiet(self, name: str) -> bool:
        """Whether a function raises nothing that it was written to raise."""
        callee = self.program.find(name)
        return not any(
            eq.op in ALONE | {"check"}
            or (eq.op == "call" and not self._is_quiet(str(eq.attrs["callee"])))
            for eq in walk(callee.body)
        )

    # ---- what comes in its place ----

    def cut(self, eq: Equation, plan: Plan) -> list[Equation]:
        """Return the equations that run a loop in chunks, or at once if it is small."""
        taken = [f.name for f in (*self.program.functions, *self.parts)]
        number = f"_{len(self.parts) // 2 + 1}" if self.parts else ""
        name = f"_{self.function.name.lstrip('_')}_part{number}"
        part = part_of(eq, plan.kept, self.function, name, self.made, taken)
        self.parts.append(part.function)
        loop = Loop.of(eq)
        carries = [
            Carry(k, role, loop.inits[k], loop.finals[k], label)
            for k, role, label in zip(plan.kept, plan.roles, part.names, strict=True)
        ]
        b = Builder(eq.origin, eq.backward)
        trips = _trips(b, loop, self.made)
        private = [c.init for c in carries if c.init.buffer and not c.is_shared]
        chunks = replace(chunks_of(b, plan.work, trips, private), name="chunks")
        b.equations[-1] = replace(b.equations[-1], results=(chunks,))
        made = Round(eq, carries, part, trips, chunks)
        self.parts.append(made.threads())
        made.emit(b)
        return b.equations


def _read(region: Region) -> Set[Value]:
    found = set(region.results)
    for eq in walk(region):
        found.update(eq.operands)
        for inner in eq.regions:
            found.update(inner.results)
    return found


def _bounds(eq: Equation) -> tuple[Value, ...]:
    """Return what bounds the iterations of a loop, unless they are few.

    Of a ``while``, its first carry stands for that.
    """
    if eq.op == "for":
        return () if _is_short(eq) else (upper(Loop.of(eq)),)
    return eq.operands[:1] if eq.op == "while" else ()


def _is_short(eq: Equation) -> bool:
    start, stop, _ = Loop.of(eq).bounds
    trips = (stop.as_linear - start.as_linear).value
    return trips is not None and abs(trips) < FEWEST_CHUNKS


def _depth(eq: Equation) -> int:
    """Return how many loops there are inside each other."""
    inner = (_depth(e) for r in eq.regions for e in r.equations)
    return (eq.op in ("for", "while")) + max(inner, default=0)


def _is_apart(loop: Loop, roles: Sequence[str | None]) -> bool:
    """Whether what a loop carries is the same memory all the time, and no other."""
    pairs = zip(loop.carries, loop.yields, roles, strict=True)
    if any(a.buffer is not b.buffer for a, b, role in pairs if role):
        return False
    carried = {
        v.buffer for v, r in zip(loop.inits, roles, strict=True) if r and v.buffer
    }
    carried |= {
        v.buffer for v, r in zip(loop.carries, roles, strict=True) if r and v.buffer
    }
    for eq in walk(loop.body):
        if any(not carried.isdisjoint(pair) for pair in handed_on(eq)):
            return False
    inside = set(defined(loop.body))
    read = (v for eq in walk(loop.body) if eq.op != "dim" for v in eq.operands)
    return all(v in inside for v in read if v.buffer in carried)


def _is_owned(loop: Loop, carry: Value) -> bool:
    """Whether no index by which an iteration knows its section counts from the end."""
    assert carry.buffer is not None and loop.counter is not None
    places = common_places(loop.body, carry.buffer, loop.counter)
    return any(
        loop.counter in form.atoms and is_from_front(form, loop) for _, form in places
    )


def _is_added(body: Region, buffer: Buffer) -> bool:
    """Whether an array is only ever added to."""
    for eq in walk(body):
        if eq.op in CONTROL or eq.op == "dim":
            continue
        if any(v.buffer is buffer for v in eq.operands[1:]):
            return False
        if eq.operands and eq.operands[0].buffer is buffer and eq.op != "accumulate":
            return False
    return True


def _trips(b: Builder, loop: Loop, made: Mapping[Value, Equation]) -> Value:
    """Emit the number of iterations; it may be negative where there are none."""
    start, stop, step = loop.bounds
    stride = step.as_linear.value or 1
    low, high = (start, stop) if stride > 0 else (stop, start)
    form = high.as_linear - low.as_linear
    parts = made[high].operands if high in made else ()
    for known in (high, *parts):
        if known.type.is_integer and not known.type.rank and known.as_linear == form:
            span = known
            break
    else:
        number = low.as_linear.value
        if number is not None and number < 0:
            span = b.emit("add", high, b.constant(-number))
        else:
            span = b.emit("subtract", high, low)
    if abs(stride) == 1:
        return span
    longer = b.emit("add", span, b.constant(abs(stride) - 1))
    return b.emit("floor_divide", longer, b.constant(abs(stride)))
