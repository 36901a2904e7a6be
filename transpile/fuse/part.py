"""The iterations of a loop from one to another, as a function of its own.

An exception that is raised in a thread is lost. So such a function returns what came
of it: `FINISHED`, or the number of the check that failed. Where even that is missing,
there was no memory for it.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.ir import (
    LEAF,
    Equation,
    Function,
    Parameter,
    Region,
    Structure,
    Type,
    Value,
    captured,
    walk,
)
from ..graph.loopform import Loop
from ..graph.ops import PRODUCTS
from ..graph.shapes import surely_not_negative
from ..lower.tidy import tidy

FINISHED = 1
KEPT = frozenset({"reassoc", "strict", "from_front", "reciprocal"})
ALLOCATING = PRODUCTS | {"empty", "zeros", "reshape", "argsort", "call"}
INTEGER = Type("weak_int")
MODULES = frozenset({"np", "math", "scipy", "prange"})


@dataclass(frozen=True, slots=True)
class Part:
    """A function that runs some iterations, and how to call it.

    It takes the number of the first iteration and of the one after the last, then
    ``given``, then what the loop carries, called ``names``. ``failures`` are its
    checks, numbered from `FINISHED` + 1 on. Where it ``allocates`` memory, there may
    be none.
    """

    function: Function
    given: tuple[Value, ...]
    names: tuple[str, ...]
    failures: tuple[Equation, ...]
    allocates: bool

    @property
    def can_fail(self) -> bool:
        """Whether the function says what came of it."""
        return bool(self.failures) or self.allocates


def part_of(
    eq: Equation,
    kept: Sequence[int],
    function: Function,
    name: str,
    made: Mapping[Value, Equation],
    taken: Collection[str],
) -> Part:
    """Return the function that runs iterations of a loop of ``function``.

    ``kept`` are the places of the carries that are handed on, ``made`` says which
    equation makes a value, ``taken`` are names of functions.
    """
    loop = _without(Loop.of(eq), kept)
    names = Names(made, {*taken, name})
    first, last = (Value(INTEGER, n) for n in ("first", "last"))
    inits = [named(loop, k) for k in range(len(kept))]
    b = Builder(eq.origin, eq.backward)
    given = _surroundings(b, loop, made, inits)
    numbers = [v for v in inits if v.buffer is None]
    checks = _Checks(b, [_zero(b, v) for v in numbers])
    loop = Loop.of(replace(loop.eq, regions=(checks.region(loop.body),)))
    finals = _iterate(b, loop, first, last, inits)
    returned = [v for v in finals if v.buffer is None]
    allocates = any(inner.op in ALLOCATING for inner in walk(loop.body))
    if checks.found or allocates:
        returned.insert(0, b.constant(FINISHED))
    arrays = [v for v in finals if v.buffer is not None]
    params = (first, last, *given, *inits)
    body = Region(params, tuple(b.equations), (*returned, *arrays))
    doc = f"Run the iterations of a loop of {function.name} from first to last - 1."
    return Part(
        Function(
            name,
            tuple(Parameter(names.of(v), (v,)) for v in params),
            tidy(body),
            _bundle(len(returned)),
            tuple(k for k, v in enumerate(params) if v in inits and v.buffer),
            eq.origin,
            doc,
            MappingProxyType({k: v for k, v in function.attrs.items() if k in KEPT}),
        ),
        given,
        tuple(v.name or "" for v in inits),
        tuple(checks.found),
        allocates,
    )


def again(value: Value) -> Value:
    """Return another value of the type, name and memory of one."""
    return replace(value, serial=Value(value.type).serial)


def named(loop: Loop, k: int) -> Value:
    """Return another value like a carry, with the name that the text will give it."""
    group = (loop.carries[k], loop.inits[k], loop.finals[k], loop.yields[k])
    name = next(
        filter(None, [*(v.name for v in group), *(v.hint for v in group)]), None
    )
    label = loop.eq.attrs.get("labels", ())[k : k + 1] or ("state",)
    return replace(again(group[0]), name=name or label[0])


def _bundle(count: int) -> Structure:
    if count == 1:
        return LEAF
    return Structure("tuple", (LEAF,) * count) if count else Structure("none")


def _without(loop: Loop, kept: Sequence[int]) -> Loop:
    """Return a loop that carries only some of what it did."""
    attrs = {k: v for k, v in loop.eq.attrs.items() if k != "kinds"}
    if "labels" in attrs:
        attrs["labels"] = tuple(attrs["labels"][k] for k in kept)
    carries = (loop.carries[k] for k in kept)
    yields = tuple(loop.yields[k] for k in kept)
    assert loop.counter is not None
    body = Region((loop.counter, *carries), loop.body.equations, yields)
    return Loop.of(
        replace(
            loop.eq,
            operands=(*loop.bounds, *(loop.inits[k] for k in kept)),
            results=tuple(loop.finals[k] for k in kept),
            regions=(body,),
            attrs=MappingProxyType(attrs),
        )
    )


def _surroundings(
    b: Builder, loop: Loop, made: Mapping[Value, Equation], inits: Sequence[Value]
) -> tuple[Value, ...]:
    """Return what a loop's body reads of what stands around it.

    Constants, and lengths of arrays that are given, are computed again.
    """
    free = dict.fromkeys(captured(replace(loop.eq, operands=_needed(loop))))
    arrays = {v.buffer: v for v in free if v.buffer is not None and not _is(made, v)}
    arrays |= {v.buffer: v for v in inits if v.buffer is not None}
    given: list[Value] = []
    for value in free:
        eq = made.get(value)
        if eq is not None and eq.op == "constant":
            b.equations.append(eq)
        elif eq is not None and eq.op == "dim" and eq.operands[0].buffer in arrays:
            array = arrays[eq.operands[0].buffer]
            same = array is eq.operands[0] or array in inits
            if same and array.type.rank == eq.operands[0].type.rank:
                b.equations.append(replace(eq, operands=(array,)))
            else:
                given.append(value)
        else:
            given.append(value)
    return tuple(given)


def _needed(loop: Loop) -> tuple[Value, ...]:
    """Return the bounds from which the counter follows."""
    start, stop, step = loop.bounds
    stride = step.as_linear.value
    if abs(stride or 0) > 1:
        return start, step
    bound = start if stride == 1 else stop
    return () if bound.as_linear.value is not None else (bound,)


def _iterate(
    b: Builder, loop: Loop, first: Value, last: Value, inits: Sequence[Value]
) -> list[Value]:
    """Emit the loop over its own iterations from one number to another.

    Upwards, since the order is free. Numba sees that ``start + i`` is no index from
    the end only if ``start`` is surely not negative; what it does not see costs
    time, and makes the order of a sum depend on where arrays lie in memory.
    """
    start, stop, step = loop.bounds
    stride = step.as_linear.value
    assert loop.counter is not None and stride is not None
    unit = abs(stride) == 1
    bound = start if stride == 1 else stop
    number = bound.as_linear.value
    lowest = bound if number is None else b.constant(number + (stride == -1))
    if number is None and stride == -1:
        lowest = b.emit("add", bound, b.constant(1))
    begin, end = first, last
    if unit and lowest.as_linear.value != 0:
        begin, end = b.emit("add", first, lowest), b.emit("add", last, lowest)
    least = lowest.as_linear.value if unit else 0
    if least is None and surely_not_negative(lowest.as_linear):
        least = 0
    if least is not None and least >= 0:
        b.comment = "Not below zero, where an index would count from the end"
        begin = b.emit("maximum", begin, b.constant(least), name="start")
        b.comment = None
    count = b.emit("subtract", end, begin)
    counter = Value(INTEGER)
    inner = Builder(b.origin, b.backward)
    here = inner.emit("add", begin, counter)
    if not unit:
        here = inner.emit("add", start, inner.emit("multiply", here, step))
    inner.equations[-1] = replace(inner.equations[-1], results=(loop.counter,))
    body = Region(
        (counter, *loop.carries),
        (*inner.equations, *loop.body.equations),
        loop.yields,
    )
    finals = [again(v) for v in inits]
    bounds = (b.constant(0), count, b.constant(1))
    b.append("for", (*bounds, *inits), finals, (body,), **loop.eq.attrs)
    return finals


ZEROS = {"b": False, "i": 0, "u": 0, "f": 0.0, "c": 0j}


def _zero(b: Builder, like: Value) -> Value:
    kind = like.type.dtype
    weak = kind.startswith("weak_")
    return b.constant(ZEROS[kind.removeprefix("weak_")[0]], None if weak else kind)


@dataclass(slots=True)
class _Checks:
    """Numbers checks: one that fails returns its number, and zeros for the rest."""

    builder: Builder
    zeros: Sequence[Value]
    found: list[Equation] = field(default_factory=list)
    numbers: dict[object, Value] = field(default_factory=dict)

    def region(self, region: Region) -> Region:
        """Return a region whose checks return numbers."""
        equations = tuple(map(self._equation, region.equations))
        return replace(region, equations=equations)

    def _equation(self, eq: Equation) -> Equation:
        if eq.regions:
            return replace(eq, regions=tuple(map(self.region, eq.regions)))
        if eq.op != "check":
            return eq
        key = (eq.attrs["exception"], eq.attrs["message"])
        if key not in self.numbers:
            self.found.append(eq)
            number = self.builder.constant(FINISHED + len(self.found))
            self.numbers[key] = number
        return replace(eq, operands=(*eq.operands, self.numbers[key], *self.zeros))


class Names:
    """What the parameters are called: after the user's variables, or operations."""

    def __init__(self, made: Mapping[Value, Equation], taken: set[str]) -> None:
        self.made = made
        self.taken = taken

    def of(self, value: Value) -> str:
        """Return the name of a parameter."""
        return self.take(value.name or value.hint or self._label(value))

    def take(self, base: str) -> str:
        """Return a name that nothing else has."""
        name, k = base, 2
        while self._is_reserved(name):
            name, k = f"{base}_{k}", k + 1
        self.taken.add(name)
        return name

    def _is_reserved(self, name: str) -> bool:
        known = name in self.taken or name in MODULES
        return known or keyword.iskeyword(name) or hasattr(builtins, name)

    def _label(self, value: Value) -> str:
        eq = self.made.get(value)
        if eq is None:
            return "value"
        labels = eq.attrs.get("labels")
        if labels is not None and value in eq.results:
            return str(labels[eq.results.index(value)])
        return str(eq.attrs.get("stands_for", eq.op))


def _is(made: Mapping[Value, Equation], value: Value) -> bool:
    return value in made and made[value].op in ("constant", "dim")
