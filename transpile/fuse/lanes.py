"""What differs from sample to sample in a loop over independent samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..graph.buffers import buffers, handed_on
from ..graph.carries import common_places, kinds
from ..graph.ir import WRITES, At, Buffer, Equation, Index, Region, Value, walk
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.ops import ELEMENTWISE
from ..graph.shapes import surely_not_negative

MEMORY = frozenset({"empty", "zeros"})
SCALAR = ELEMENTWISE | {"constant", "dim", "index"}
KNOWN = SCALAR | WRITES | MEMORY | {"for", "if", "check"}


@dataclass(slots=True)
class Lanes:
    """The scalars that vary, the memory of one sample, and what samples add up to.

    ``private`` is memory that every sample makes for itself; ``summed`` is only added
    to, under indices that may be those of other samples; in ``apart`` each sample has
    elements of its own.
    """

    loop: Loop
    varying: set[Value] = field(default_factory=set)
    private: set[Buffer] = field(default_factory=set)
    summed: set[Buffer] = field(default_factory=set)
    apart: set[Buffer] = field(default_factory=set)

    def varies(self, eq: Equation) -> bool:
        """Whether an equation differs from sample to sample, or adds to a sum."""
        if eq.op in WRITES:
            return True
        if any(v in self.varying for v in eq.operands):
            return True
        return bool(buffers(eq.operands) & self.private) and eq.op != "dim"


def lanes_of(eq: Equation) -> Lanes | None:
    """Return what differs from sample to sample; None if samples are not apart."""
    loop = Loop.of(eq)
    if eq.op != "for" or eq.attrs.get("exits") or eq.attrs.get("count"):
        return None
    if loop.bounds[2].as_linear.value not in (1, -1) or loop.counter is None:
        return None
    if any(handed_on(eq)) or any(not _is_plain(e) for e in walk(loop.body)):
        return None
    lanes = Lanes(loop)
    lanes.private = {
        b
        for inner in walk(loop.body)
        if inner.op in MEMORY and (b := inner.result.buffer) is not None
    }
    if lanes.private & buffers((*loop.inits, *loop.yields)):
        return None
    if not _sort_memory(lanes) or not _sort_numbers(lanes):
        return None
    _spread(lanes)
    for inner in walk(loop.body):
        if inner.op in MEMORY and any(v in lanes.varying for v in inner.operands):
            return None
    return lanes


def _is_plain(eq: Equation) -> bool:
    """Whether an equation is one over scalars and elements, or a loop of such."""
    if eq.op not in KNOWN or any(handed_on(eq)) or eq.attrs.get("exits"):
        return False
    if eq.op in ("index", *WRITES):
        path = eq.attrs["path"]
        plain = len(path) == 1 and isinstance(path[0], Index)
        return plain and all(isinstance(item, At) for item in path[0].items)
    if eq.op in SCALAR:
        return not eq.result.type.rank
    return eq.op != "for" or not eq.attrs.get("count")


def _sort_memory(lanes: Lanes) -> bool:
    """Tell sums from what each sample has for itself; return whether all is told."""
    loop = lanes.loop
    assert loop.counter is not None
    for carry in loop.carries:
        buffer = carry.buffer
        if buffer is None:
            continue
        places = common_places(loop.body, buffer, loop.counter)
        if any(is_from_front(form, loop) for _, form in places):
            lanes.apart.add(buffer)
        elif _is_only_added(loop.body, buffer):
            lanes.summed.add(buffer)
        else:
            return False
    return True


def is_from_front(form: Linear, loop: Loop) -> bool:
    """Whether an index with the counter is never negative: then it is this sample's."""
    start, stop, step = (v.as_linear for v in loop.bounds)
    assert loop.counter is not None
    ends = (start, stop - 1) if (step.value or 0) > 0 else (stop + 1, start)
    factor = sum(f for atom, f in form.terms if atom is loop.counter)
    least = form.substitute({loop.counter: ends[0] if factor > 0 else ends[1]})
    return surely_not_negative(least)


def range_of(loop: Loop) -> tuple[Linear, Linear] | None:
    """Return a loop's least counter and its greatest plus one, if it goes by one."""
    start, stop, step = (v.as_linear for v in loop.bounds)
    ends = {1: (start, stop), -1: (stop + 1, start + 1)}
    return None if step.value is None else ends.get(step.value)


def _is_only_added(body: Region, buffer: Buffer) -> bool:
    """Whether memory is only accumulated into."""
    for eq in walk(body):
        for k, value in enumerate(eq.operands):
            if value.buffer is not buffer or eq.op in ("for", "if", "dim"):
                continue
            if eq.op != "accumulate" or k:
                return False
    return True


def _sort_numbers(lanes: Lanes) -> bool:
    """Whether the numbers that a loop carries are sums, and make them vary."""
    for carry, kind in zip(lanes.loop.carries, kinds(lanes.loop.eq), strict=True):
        if carry.buffer is None:
            if kind != "reduce(add)" or not carry.type.is_float:
                return False
            lanes.varying.add(carry)
    return True


def _spread(lanes: Lanes) -> None:
    """Find all scalars that follow from what varies."""
    assert lanes.loop.counter is not None
    lanes.varying.add(lanes.loop.counter)
    size = -1
    while size != len(lanes.varying):
        size = len(lanes.varying)
        _spread_in(lanes, lanes.loop.body)


def _spread_in(lanes: Lanes, region: Region) -> None:
    for eq in region.equations:
        if eq.op == "for":
            inner = Loop.of(eq)
            if any(v in lanes.varying for v in inner.bounds):
                lanes.varying.update(_defined(eq))
            rows = zip(
                inner.inits, inner.carries, inner.yields, inner.finals, strict=True
            )
            for row in rows:
                if any(v in lanes.varying for v in row) and row[0].buffer is None:
                    lanes.varying.update(row[1::2])
        elif eq.op == "if":
            chosen = eq.operands[0] in lanes.varying
            for k, result in enumerate(eq.results):
                ends = [r.results[k] for r in eq.regions]
                if result.buffer is None and (
                    chosen or any(v in lanes.varying for v in ends)
                ):
                    lanes.varying.add(result)
        elif eq.op not in (*WRITES, *MEMORY) and lanes.varies(eq):
            lanes.varying.update(r for r in eq.results if r.buffer is None)
        for inner_region in eq.regions:
            _spread_in(lanes, inner_region)


def _defined(eq: Equation) -> Iterator[Value]:
    """Yield the scalars that an equation and what is inside it define."""
    for region in eq.regions:
        yield from (v for v in region.params if v.buffer is None)
        for inner in region.equations:
            yield from (v for v in inner.results if v.buffer is None)
            yield from _defined(inner)
    yield from (v for v in eq.results if v.buffer is None)
