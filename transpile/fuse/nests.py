"""Nests of which each pass writes one element of one array; copies of their passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..graph.build import Builder
from ..graph.ir import (
    WRITES,
    At,
    Buffer,
    Equation,
    Index,
    Region,
    Value,
    captured,
    walk,
)
from ..graph.linear import Atom, Linear
from ..graph.loopform import Loop
from ..graph.ops import ELEMENTWISE

PURE = ELEMENTWISE | {"constant", "dim"}


@dataclass(frozen=True, slots=True)
class Nest:
    """Loops, one inside the other, around one ``store`` or ``accumulate``.

    ``equations`` are all the numbers computed on the way, ``ranges`` each loop's start
    and stop, ``init`` the array before.
    """

    eq: Equation
    counters: tuple[Value, ...]
    ranges: tuple[tuple[Value, Value], ...]
    equations: tuple[Equation, ...]
    write: Equation
    init: Value

    @staticmethod
    def of(eq: Equation) -> Nest | None:
        """Return a loop as such a nest, if it is one."""
        if eq.op != "for" or "stands_for" not in eq.attrs:
            return None
        counters: list[Value] = []
        ranges: list[tuple[Value, Value]] = []
        numbers: list[Equation] = []
        inner, carry = eq, eq.operands[-1]
        while inner.op == "for":
            loop = Loop.of(inner)
            if not _is_plain(loop, carry) or loop.counter is None:
                return None
            (carry,) = loop.carries
            counters.append(loop.counter)
            ranges.append((loop.bounds[0], loop.bounds[1]))
            last = [e for e in loop.body.equations if not _is_number(e)]
            numbers += (e for e in loop.body.equations if _is_number(e))
            if len(last) != 1 or last[0].results != loop.yields:
                return None
            inner = last[0]
        if inner.op not in WRITES or inner.operands[0] is not carry:
            return None
        if inner.operands[1].type.rank or element(inner) is None:
            return None
        found = tuple(numbers)
        return Nest(eq, tuple(counters), tuple(ranges), found, inner, eq.operands[-1])

    @property
    def buffer(self) -> Buffer:
        """The memory that is written."""
        assert self.init.buffer is not None
        return self.init.buffer

    @property
    def value(self) -> Value:
        """The number that is written."""
        return self.write.operands[1]

    @property
    def keeps_dtype(self) -> bool:
        """Whether the number is of the array's dtype, so that writing is exact."""
        return self.value.type.dtype == self.init.type.dtype

    @property
    def is_zero(self) -> bool:
        """Whether the nest stores zeros."""
        number = self.value.number
        return number is not None and number == 0 and self.write.op == "store"

    @property
    def offsets(self) -> tuple[int, ...] | None:
        """How far each index is from its loop's counter, if that is all they are."""
        slots = element(self.write) or ()
        if len(slots) != len(self.counters):
            return None
        pairs = zip(slots, self.counters, strict=True)
        gaps = [(slot.as_linear - Linear.of(c)).value for slot, c in pairs]
        return tuple(g for g in gaps if g is not None) if None not in gaps else None

    @property
    def loads(self) -> list[Equation]:
        """The reads of elements."""
        return [e for e in self.equations if e.op == "index"]


def element(eq: Equation) -> tuple[Value, ...] | None:
    """Return the indices of the one element that an equation reads or writes."""
    path = eq.attrs["path"]
    slots = eq.operands[2 if eq.op in WRITES else 1 :]
    if len(path) != 1 or not isinstance(path[0], Index):
        return None
    if not all(isinstance(item, At) for item in path[0].items):
        return None
    return tuple(slots[item.slot] for item in path[0].items if isinstance(item, At))


def _is_plain(loop: Loop, carry: Value) -> bool:
    eq = loop.eq
    if eq.attrs.get("exits") or eq.attrs.get("count") or loop.inits != (carry,):
        return False
    return carry.buffer is not None and loop.bounds[2].as_linear.value == 1


def _is_number(eq: Equation) -> bool:
    if eq.op == "index":
        return not eq.result.type.rank and element(eq) is not None
    return eq.op in PURE and not eq.result.type.rank


# ---- what equations touch ----


@dataclass(frozen=True, slots=True)
class Memory:
    """Which memory an equation reads and writes, by what stands for each block."""

    same: Mapping[Buffer, Buffer]

    def root(self, buffer: Buffer) -> Buffer:
        """Return the buffer that stands for all that may be the same memory."""
        return self.same.get(buffer, buffer)

    def touched(self, eq: Equation) -> set[Buffer]:
        """Return what an equation may read or write."""
        if eq.op == "dim":
            return set()
        found = set(captured(eq)) | set(eq.results)
        for region in eq.regions:
            for inner in walk(region):
                found.update(inner.results)
        return {self.root(v.buffer) for v in found if v.buffer is not None}

    def written(self, eq: Equation) -> set[Buffer]:
        """Return what an equation may write, make again, or let be other memory."""
        inside = (eq, *(e for r in eq.regions for e in walk(r)))
        found = (v.buffer for inner in inside for v in inner.results)
        return {self.root(b) for b in found if b is not None}

    def read(self, nest: Nest) -> set[Buffer]:
        """Return what the passes of a nest read."""
        bases = (e.operands[0].buffer for e in nest.loads)
        return {self.root(b) for b in bases if b is not None}


# ---- copies ----


class Copier(Builder):
    """A block that equations are copied to, with other values for some.

    An integer that is a counter plus a number is written as such again, so that
    ``(i - 1) + 1`` is ``i``.
    """

    def __init__(self, like: Equation, mapping: Mapping[Value, Value]) -> None:
        super().__init__(like.origin, like.backward)
        self.mapping = dict(mapping)
        self.forms: dict[Atom, Linear] = {a: b.as_linear for a, b in mapping.items()}
        self.numbers: dict[tuple[Value, int], Value] = {}
        self.arrays: Mapping[Buffer, Value] = {}
        self.makers: Mapping[Value, Equation] = {}

    def copy(self, eq: Equation) -> None:
        """Append an equation that computes one number, over the values it has here."""
        result = eq.result
        form = result.linear
        if form is not None:
            form = form.substitute(self.forms)
            base = _base(form) if eq.op in ("add", "subtract") else None
            if base is not None:
                self.mapping[result] = self.plus(base, form.constant)
                return
        mine = tuple(self.mapping.get(v, v) for v in eq.operands)
        memory = mine[0].buffer if eq.op == "index" else None
        if memory is not None and memory in self.arrays:
            mine = (self.arrays[memory], *mine[1:])
        made = replace(result, linear=form, serial=Value(result.type).serial)
        self.mapping[result] = made
        if form is None and result.type.is_integer:
            self.forms[result] = Linear.of(made)
        self.equations.append(replace(eq, operands=mine, results=(made,)))

    def plus(self, value: Value, number: int) -> Value:
        """Return a value plus a number."""
        if number == 0:
            return value
        key = (value, number)
        if key not in self.numbers:
            op = "add" if number > 0 else "subtract"
            step = self.constant(abs(number))
            self.numbers[key] = self.emit(op, value, step)
        return self.numbers[key]

    def outer(self, value: Value, makers: Mapping[Value, Equation]) -> Value:
        """Return a value, with the equations that lead to it copied."""
        if value in self.mapping or value not in makers:
            return self.mapping.get(value, value)
        for operand in makers[value].operands:
            self.outer(operand, makers)
        self.copy(makers[value])
        return self.mapping[value]


def _base(form: Linear) -> Value | None:
    """Return the one value that a form is a number away from."""
    if len(form.terms) == 1 and form.terms[0][1] == 1:
        atom = form.terms[0][0]
        return atom if isinstance(atom, Value) and atom.linear is None else None
    return None


def around(
    block: Sequence[Equation],
    loops: Sequence[tuple[Value, Value, Value]],
    step: Value,
    ends: tuple[Value, Value],
    like: Equation,
) -> Equation:
    """Return loops (counter, start, stop) around what makes one array another."""
    attrs = MappingProxyType({"stands_for": like.attrs["stands_for"]})
    plain = replace(like, attrs=attrs, comment=None)
    equations, (carry, result) = tuple(block), ends
    for counter, start, stop in reversed(loops):
        body = Region((counter, carry), equations, (result,))
        carry, result = fresh(carry), fresh(result)
        operands = (start, stop, step, carry)
        eq = replace(plain, operands=operands, results=(result,), regions=(body,))
        equations = (eq,)
    return equations[0]


def fresh(value: Value) -> Value:
    """Return a new value with the type, name and memory of another."""
    return replace(value, serial=Value(value.type).serial)
