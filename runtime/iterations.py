"""Loops of which no two iterations touch an element that one of them writes.

They are found in what Numba has typed: every array that a loop writes has, in all its
uses there, the same index along one axis, and that index moves with the counter.
"""

from __future__ import annotations

import importlib
import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .memories import UNKNOWN, Memories, is_plain

# A sum of multiples of variables; the multiple of "" is what is added.
Form = dict[str, int]
SIGNS = {operator.add: 1, operator.iadd: 1, operator.sub: -1, operator.isub: -1}


@dataclass(frozen=True, slots=True)
class Use:
    """A use of an array: of an element, or of more."""

    array: str
    index: Any
    writes: bool


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop: the label of its first block, and those of all."""

    first: int
    body: frozenset[int]


class Iterations:
    """What the loops of a function do.

    ``from_front``: no index is negative.
    """

    def __init__(
        self,
        blocks: Mapping[int, Any],
        kinds: Mapping[str, Any],
        memories: Memories,
        from_front: bool,
    ) -> None:
        self._blocks, self._kinds, self._memories = blocks, kinds, memories
        self._from_front = from_front
        self._given = _assigned(blocks)

    def apart(self) -> list[Loop]:
        """Return the loops whose iterations are apart."""
        from numba.core.analysis import compute_cfg_from_blocks

        found: Any = compute_cfg_from_blocks(self._blocks).loops()  # type: ignore[no-untyped-call]
        every = [Loop(first, frozenset(loop.body)) for first, loop in found.items()]
        return [loop for loop in every if self._is_apart(loop)]

    def _is_apart(self, loop: Loop) -> bool:
        uses = [use for label in loop.body for use in self._uses(self._blocks[label])]
        written = {use.array for use in uses if use.writes}
        return all(self._are_apart(name, uses, loop) for name in written)

    def _uses(self, block: Any) -> Iterator[Use]:
        """Yield the uses of arrays in a block; a view of one is none."""
        ir: Any = importlib.import_module("numba.core.ir")
        types: Any = importlib.import_module("numba.core.types")
        for statement in block.body:
            match statement:
                case ir.SetItem(target=array, index=index):
                    yield Use(array.name, index, True)
                case ir.StaticSetItem(target=array, index_var=index):
                    yield Use(array.name, index, True)
                case ir.Assign(value=ir.Expr(op="call") as value):
                    given = (each.name for each in value.list_vars())
                    yield from (Use(n, None, True) for n in given if self._holds(n))
                    continue
                case ir.Assign(value=ir.Expr(op="getitem") as value):
                    array, index = value.value, value.index
                case ir.Assign(value=ir.Expr(op="static_getitem") as value):
                    array, index = value.value, value.index_var
                case _:
                    continue
            if isinstance(statement, ir.Assign):
                is_view = isinstance(self._kinds[statement.target.name], types.Array)
                if isinstance(self._kinds[array.name], types.Array) and not is_view:
                    yield Use(array.name, index, False)

    def _holds(self, name: str) -> bool:
        """Whether a function that is given a variable may write to an array."""
        return not is_plain(self._kinds[name])

    def _are_apart(self, name: str, uses: Sequence[Use], loop: Loop) -> bool:
        """Whether no two iterations meet in an array of which one writes an element."""
        held = self._memories.of(name)
        if held & self._memories.overlapping or not held or not self._stays(name, loop):
            return False
        own = [use for use in uses if use.array == name]
        others = [self._memories.of(use.array) for use in uses if use.array != name]
        if any(not other or other & (held | {UNKNOWN}) for other in others):
            return False  # the same memory under two names
        rank = getattr(self._kinds[name], "ndim", 0)
        places = [list(self._places(use.index)) for use in own]
        if any(len(each) != rank for each in places):
            return False
        writes = [use.writes for use in own]
        return any(
            self._move([each[axis] for each in places], writes, loop)
            for axis in range(rank)
        )

    def _move(self, places: Sequence[Any], writes: Sequence[bool], loop: Loop) -> bool:
        """Whether indices are one number, another one in each iteration.

        Where elements are only read they may also be at a place that no iteration
        comes to.
        """
        forms = [self._form(place, loop) for place in places]
        moving: Form | None = None
        fixed: list[Form] = []
        for form, is_written in zip(forms, writes, strict=True):
            if form is None:
                return False
            counters = [name for name in form if self._counts(name, loop)]
            others = [name for name in form if name and name not in counters]
            if not all(self._stays(name, loop) for name in others):
                return False
            if not counters and not is_written:
                fixed.append(form)
            elif len(counters) != 1 or moving not in (None, form):
                return False
            else:
                moving, counter = form, counters[0]
        if moving is None or not all(self._is_past(f, moving, counter) for f in fixed):
            return False
        return self._from_front or all(self._is_natural(f) for f in (moving, *fixed))

    def _is_past(self, fixed: Form, moving: Form, counter: str) -> bool:
        """Whether what moves with a counter surely never comes to a fixed place."""
        if moving[counter] != 1:
            return False
        place = _sum(fixed, {**moving, counter: 0}, -1)  # of the counter, then
        first, last, step = self._ends(counter)
        if not step or first is None or last is None:
            return False
        before, behind = _sum(first, place, -1), _sum(place, last, -1)
        if step < 0:
            before, behind = _sum(place, first, -1), _sum(last, place, -1)
        return self._least(before) > 0 or self._least(behind) >= 0

    def _places(self, index: Any) -> Iterator[Any]:
        """Yield the indices along the axes that an index has integers for."""
        types: Any = importlib.import_module("numba.core.types")
        if index is None:
            return
        kind = self._kinds[index.name]
        if isinstance(kind, types.Integer):
            yield index
        elif isinstance(kind, types.BaseTuple):
            made = self._value(index.name)
            if getattr(made, "op", "") == "build_tuple":
                yield from (
                    item
                    for item in made.items
                    if isinstance(self._kinds[item.name], types.Integer)
                )

    def _form(self, index: Any, loop: Loop | None) -> Form | None:
        """Return an index as a sum, None if it has parts that are given twice."""
        ir: Any = importlib.import_module("numba.core.ir")
        name = index.name
        if loop is not None and self._counts(name, loop):
            return {name: 1}
        match self._value(name):
            case ir.Var() as other:
                return self._form(other, loop)
            case ir.Const(value=int(number)):
                return {"": number}
            case ir.Expr(op="binop" | "inplace_binop") as made if made.fn in SIGNS:
                left, right = self._form(made.lhs, loop), self._form(made.rhs, loop)
                if left is None or right is None:
                    return None
                return _sum(left, right, SIGNS[made.fn])
        return {name: 1} if len(self._given.get(name, [])) == 1 else None

    def _value(self, name: str) -> Any:
        """Return what a variable is given, if that is in one place."""
        given = self._given.get(name, [])
        return given[0][1] if len(given) == 1 else None

    def _stays(self, name: str, loop: Loop) -> bool:
        """Whether a variable is not assigned in a loop."""
        return all(label not in loop.body for label, _ in self._given.get(name, []))

    def _counts(self, name: str, loop: Loop) -> bool:
        """Whether a variable is what the loop takes of a range."""
        given = self._given.get(name, [])
        taken = len(given) == 1 and given[0][0] == loop.first
        return taken and self._range(name) is not None

    def _range(self, name: str) -> Any:
        """Return the variable of a range of which a variable takes numbers."""
        types: Any = importlib.import_module("numba.core.types")
        pair = self._value(name)
        if getattr(pair, "op", "") != "pair_first":
            return None
        taken = self._value(pair.value.name)
        if not isinstance(self._kinds[taken.value.name], types.RangeIteratorType):
            return None
        return taken.value

    def _ends(self, counter: str) -> tuple[Form | None, Form | None, int]:
        """Return the ends of a range, and its step: 0 if that is not known."""
        ir: Any = importlib.import_module("numba.core.ir")
        made = self._range(counter)
        while isinstance(made, ir.Var):
            made = self._value(made.name)
            if getattr(made, "op", "") == "getiter":
                made = made.value
        if getattr(made, "op", "") != "call":
            return None, None, 0
        ends = [self._form(a, None) for a in made.args[:2]]
        first, last = [{}, *ends][-2:]
        if len(made.args) < 3:
            return first, last, 1
        step = self._form(made.args[2], None) or {"?": 1}
        return first, last, 0 if step.keys() - {""} else step[""]

    def _is_natural(self, form: Form) -> bool:
        """Whether a sum is surely not negative."""
        return self._least(form) >= 0

    def _least(self, form: Form, depth: int = 4) -> float:
        """Return what a sum is at least, as the ends of its counters say."""
        if not form.keys() - {""}:
            return form.get("", 0)
        if not depth:
            return -math.inf
        ends = ((name, self._end(name, form[name])) for name in form if name)
        return max(
            self._least(_sum({**form, name: 0}, end, form[name]), depth - 1)
            if end is not None
            else -math.inf
            for name, end in ends
        )

    def _end(self, counter: str, factor: int) -> Form | None:
        """Return the number of a range whose multiple is least."""
        if self._range(counter) is None:
            return None
        first, last, step = self._ends(counter)
        if factor * step > 0:
            return first
        return None if last is None or abs(step) != 1 else _sum(last, {"": step}, -1)


def _assigned(blocks: Mapping[int, Any]) -> dict[str, list[tuple[int, Any]]]:
    """Return for each variable what it is given, and in which blocks."""
    ir: Any = importlib.import_module("numba.core.ir")
    found: dict[str, list[tuple[int, Any]]] = {}
    for label, block in blocks.items():
        for statement in block.body:
            if isinstance(statement, ir.Assign):
                given = found.setdefault(statement.target.name, [])
                given.append((label, statement.value))
    return found


def _sum(left: Form, right: Form, sign: int) -> Form:
    total = dict(left)
    for name, factor in right.items():
        total[name] = total.get(name, 0) + sign * factor
    return {name: factor for name, factor in total.items() if factor}
