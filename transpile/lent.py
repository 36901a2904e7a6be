"""Parts of arrays lent to the calls that write them, in place of copies.

A part that a recursive function writes is a copy while derivatives are taken, and what
a backward part adds to an adjoint is a sum of its own: so their contents have names.
What is printed is the part itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from .graph.buffers import memories, touched
from .graph.build import Builder
from .graph.ir import (
    CONTROL,
    WRITES,
    Buffer,
    Equation,
    Function,
    Index,
    Program,
    Region,
    Value,
    captured,
    is_distinct,
    is_view,
    walk,
)
from .graph.substitute import substitute
from .rewrite import eliminate_dead


def lend(program: Program) -> Program:
    """Return the program in which calls write parts of arrays where they are.

    Before::

        part = a[:n].copy()
        step(part)
        a[:n] = part
        row_bar = np.zeros(n)
        step_backward(a[:n], row_bar)  # adds to it
        a_bar[:n] += row_bar

    after::

        step(a[:n])
        step_backward(a[:n], a_bar[:n])
    """
    known = {f.name: f for f in program.functions if f.written}
    adding = {
        (f.name, k)
        for f in known.values()
        for k in f.written
        if _only_adds(f, k, known)
    }
    return program.map(lambda f: _lent(f, known, adding)) if known else program


def _only_adds(function: Function, place: int, known: Mapping[str, Function]) -> bool:
    """Whether a function adds to an argument, and neither reads nor replaces it."""
    same = memories(function.body)
    memory = _root(function.body.params[place].buffer, same)
    for eq in walk(function.body):
        roots = [_root(v.buffer, same) for v in eq.operands]
        own = [k for k, root in enumerate(roots) if root is memory]
        if not own or eq.attrs.get("callee") == function.name and own == [place]:
            continue
        if not _adds(eq, own, known):
            return False
    return True


def _adds(eq: Equation, own: list[int], known: Mapping[str, Function]) -> bool:
    """Whether an equation does no more than add to the memory of some operands."""
    if eq.op == "accumulate":
        return own == [0]
    if eq.op != "call":
        return eq.op == "dim" or eq.op in CONTROL or is_view(eq)
    callee = known.get(eq.attrs["callee"])
    if callee is None or len(own) > 1 or own[0] not in callee.written:
        return False
    return _only_adds(callee, own[0], known)


def _lent(
    function: Function, known: Mapping[str, Function], adding: set[tuple[str, int]]
) -> Function:
    body = function.body
    if not any(eq.attrs.get("callee") in known for eq in walk(body)):
        return function
    uses = Counter(v for eq in walk(body) for v in eq.operands)
    uses.update(v for eq in walk(body) for r in eq.regions for v in r.results)
    uses.update(body.results)
    made = _Lender(known, adding, uses, memories(body)).region(body)
    return function if made is body else eliminate_dead(replace(function, body=made))


@dataclass(frozen=True, slots=True)
class _Lender:
    """The functions that write, how often values are used, which memory is the same."""

    known: Mapping[str, Function]
    adding: set[tuple[str, int]]
    uses: Mapping[Value, int]
    same: Mapping[Buffer, Buffer]

    def region(self, region: Region) -> Region:
        """Return a region with its calls writing where they can."""
        equations = []
        for eq in region.equations:
            regions = tuple(map(self.region, eq.regions))
            same = all(a is b for a, b in zip(regions, eq.regions, strict=True))
            equations.append(eq if same else replace(eq, regions=regions))
        renamed: dict[Value, Value] = {}
        for call in [eq for eq in equations if eq.attrs.get("callee") in self.known]:
            function = self.known[call.attrs["callee"]]
            for k, place in enumerate(function.written):
                result = call.results[function.returns.width + k]
                lent = self._lend(equations, place, result)
                if lent is not None:
                    equations = lent
                    serial = Value(result.type).serial
                    renamed[result] = replace(result, buffer=Buffer(), serial=serial)
        if not renamed and all(map(_is, equations, region.equations)):
            return region
        return substitute(replace(region, equations=tuple(equations)), renamed)

    def _lend(
        self, equations: Sequence[Equation], place: int, result: Value
    ) -> list[Equation] | None:
        """Return equations in which a call writes a part, not what becomes that."""
        at = next(k for k, eq in enumerate(equations) if result in eq.results)
        call = equations[at]
        made = next(
            (e for e in equations[:at] if call.operands[place] in e.results), None
        )
        last = _next_use(equations, at, result)
        if made is None or last is None or self.uses[made.results[0]] != 1:
            return None
        if made.op == "copy":
            part = self._copied(equations[:at], made, equations[last])
        else:
            part = self._added(call, place, made, equations[at : last + 1])
        if part is None:
            return None
        first = equations.index(part) if part in equations else at
        if not self._stays(part, call, place, equations[first:last], made):
            return None
        operands = list(call.operands)
        operands[place] = part.result
        write = equations[last]
        attrs = MappingProxyType({**write.attrs, "inplace": True})
        calls = (
            *(() if first < at else (part,)),
            replace(call, operands=tuple(operands)),
            replace(write, op="store", attrs=attrs),
        )
        before = [eq for eq in equations[:at] if eq is not made]
        return [*before, *calls, *equations[at + 1 : last], *equations[last + 1 :]]

    def _copied(
        self, before: Sequence[Equation], copy: Equation, write: Equation
    ) -> Equation | None:
        """Return the part that a call is given a copy of, which is stored back."""
        part = next((e for e in before if copy.operands[0] in e.results), None)
        if part is None or part.op != "index" or write.op != "store":
            return None
        fits = (
            is_view(part)
            and self.uses[part.result] == 1
            and part.operands[0] is write.operands[0]
            and part.operands[1:] == write.operands[2:]
            and part.attrs["path"] == write.attrs["path"]
            and part.result.type == copy.result.type
        )
        return part if fits else None

    def _added(
        self, call: Equation, place: int, zeros: Equation, onward: Sequence[Equation]
    ) -> Equation | None:
        """Return the part that what a call adds to zeros is added to afterwards."""
        write = onward[-1]
        if (call.attrs["callee"], place) not in self.adding:
            return None
        if zeros.op != "zeros" or write.op != "accumulate":
            return None
        path = write.attrs["path"]
        if len(path) != 1 or not isinstance(path[0], Index) or not is_distinct(path):
            return None
        late = {v for eq in onward for v in eq.results}
        if not late.isdisjoint(write.operands[2:]):
            return None
        base, _, *slots = write.operands
        builder = Builder()
        builder.emit("index", base, *slots, **write.attrs)
        part = replace(
            builder.equations[-1], origin=write.origin, backward=write.backward
        )
        fits = is_view(part) and part.result.type == zeros.result.type
        return part if fits else None

    def _stays(
        self,
        part: Equation,
        call: Equation,
        place: int,
        between: Sequence[Equation],
        made: Equation,
    ) -> bool:
        """Whether nothing else touches an array while a call has a part of it."""
        memory = _root(part.operands[0].buffer, self.same)
        others = [v.buffer for k, v in enumerate(call.operands) if k != place]
        for eq in between:
            if eq not in (part, call, made):
                others += touched(eq)
        return memory not in [_root(b, self.same) for b in others]


def _root(buffer: Buffer | None, same: Mapping[Buffer, Buffer]) -> Buffer | None:
    return None if buffer is None else same.get(buffer, buffer)


def _is(one: object, other: object) -> bool:
    return one is other


def _next_use(equations: Sequence[Equation], at: int, value: Value) -> int | None:
    """Return what writes a value of an equation, if that is its one use, here."""
    for k in range(at + 1, len(equations)):
        eq = equations[k]
        if value in captured(eq):
            return k if value in eq.operands[1:2] and eq.op in WRITES else None
    return None
