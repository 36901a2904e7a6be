"""A loop around others, and which of their accesses may be of one element."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType

from ..graph.affine import contradictory, implied
from ..graph.build import integer_form
from ..graph.ir import WRITES, Buffer, Equation, Region, Value, captured
from ..graph.linear import Atom, Linear
from ..graph.loopform import Loop
from ..graph.ops import ELEMENTWISE
from ..reverse.sections import counter_facts
from .nests import element

STRIDE = 8  # numbers in a cache line
PURE = ELEMENTWISE | {"constant", "dim"}
Facts = tuple[Linear, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A loop that only computes numbers and runs others, which write elements.

    It may also check numbers that do not depend on memory. ``front`` says that no
    index counts from the end.
    """

    loop: Loop
    numbers: tuple[Equation, ...]
    inner: tuple[Loop, ...]
    facts: Facts
    same: Mapping[Buffer, Buffer]
    front: bool

    @staticmethod
    def of(
        eq: Equation, facts: Facts, same: Mapping[Buffer, Buffer], front: bool
    ) -> Pair | None:
        """Return a loop as such a pair, if it is one."""
        if not is_plain(eq):
            return None
        loop = Loop.of(eq)
        numbers = tuple(e for e in loop.body.equations if e.op != "for")
        loops = [e for e in loop.body.equations if e.op == "for"]
        checks = [e for e in numbers if e.op == "check"]
        if not loops or not all(is_number(e) or e in checks for e in numbers):
            return None
        if any(e.op == "index" for e in behind(checks, numbers)):
            return None
        for each in loops:
            inside = Loop.of(each).body.equations
            if not is_plain(each) or not all(is_number(e, True) for e in inside):
                return None
        inner = tuple(map(Loop.of, loops))
        pair = Pair(loop, numbers, inner, (*facts, *counter_facts(eq)), same, front)
        return pair if pair._is_rectangle() else None

    def _is_rectangle(self) -> bool:
        """Whether the inner bounds are the same in every iteration."""
        makers = {r: e for e in self.numbers for r in e.results}
        for each in self.inner:
            ahead = list(each.bounds)
            while ahead:
                value = ahead.pop()
                if value is self.loop.counter:
                    return False
                if value in makers:
                    if makers[value].op == "index":
                        return False
                    ahead += makers[value].operands
        return True

    # ---- cost ----

    def is_better(self) -> bool:
        """Whether the other order costs less."""
        now = sum(self._cost(each, each.counter) for each in self.inner)
        then = sum(self._cost(each, self.loop.counter) for each in self.inner)
        return then < now and not any(map(self._waits, self.inner))

    def _waits(self, each: Loop) -> bool:
        """Whether, inside, an iteration needs an element that the one before stored.

        Then it is not vector code, and each waits for the one before.
        """
        assert self.loop.counter is not None
        follows = following(self.loop.counter, (*self.numbers, *each.body.equations))
        found = [e for e in accesses(each.body.equations) if not _stride(e, follows)]
        stored = [e for e in found if e.op == "store"]
        return any(
            self.may_meet(a, b) for a in stored for b in found if b.op == "index"
        )

    def _cost(self, each: Loop, counter: Value | None) -> int:
        assert counter is not None
        found = list(accesses(each.body.equations))
        if counter is self.loop.counter:  # the others stay outside as it is now
            needed = behind(each.body.equations, self.numbers)
            found += accesses(e for e in self.numbers if e in needed)
        follows = following(counter, (*self.numbers, *each.body.equations))
        return sum(_stride(eq, follows) for eq in found)

    # ---- order ----

    def is_legal(self) -> bool:
        """Whether no accesses to one element, one of them a write, change places."""
        for one, other in product(range(len(self.inner)), repeat=2):
            pairs = product(self._touched(one), self._touched(other))
            if any(self._swaps(a, b, one, other) for a, b in pairs):
                return False
        return True

    def _touched(self, place: int) -> list[Equation]:
        """Return the accesses of one inner loop, and of what goes into it."""
        body = self.inner[place].body.equations
        needed = behind(body, self.numbers)
        return [*accesses(e for e in self.numbers if e in needed), *accesses(body)]

    def _swaps(self, a: Equation, b: Equation, one: int, other: int) -> bool:
        """Whether an access that came before another may come after it.

        ``a`` in an iteration of the outer loop, ``b`` in a later one.
        """
        if not self.may_meet(a, b):
            return False
        loops = self.inner[one], self.inner[other]
        if a in self.numbers or b in self.numbers:
            return self.meet(a, b, loops, None)
        return one >= other and self.meet(a, b, loops, one == other)

    def may_meet(self, a: Equation, b: Equation) -> bool:
        """Whether accesses are to the same memory, and one of them writes."""
        if a.op not in WRITES and b.op not in WRITES:
            return False
        one, other = a.operands[0].buffer, b.operands[0].buffer
        assert one is not None and other is not None
        return self.same.get(one, one) is self.same.get(other, other)

    def meet(
        self,
        a: Equation,
        b: Equation,
        loops: tuple[Loop, Loop],
        back: bool | None,
    ) -> bool:
        """Whether ``a`` and ``b``, in a later iteration, may be of one element.

        ``back``: in an earlier iteration of the inner loop. None: in any two
        iterations of either loop.
        """
        rename = self._renaming(loops[1].counter, loops[1].body.equations)
        facts = [*self.facts, *counter_facts(loops[0].eq)]
        facts += [f.substitute(rename) for f in self.facts]
        facts += [f.substitute(rename) for f in counter_facts(loops[1].eq)]
        if back is not None:
            facts.append(_ahead(self.loop, rename))
        if back:
            facts.append(_behind_by(loops[0], rename))
        return self._equal(a, b, facts, rename)

    def meets_between(
        self, a: Equation, b: Equation, inner: Loop, beside: Sequence[Equation]
    ) -> bool:
        """Whether ``a`` in an inner loop and ``b``, beside it, may be of one element.

        The outer counter at ``b`` is strictly between the two counters at ``a``.
        """
        assert self.loop.counter is not None and inner.counter is not None
        rename = self._renaming(None, beside)
        facts = [*self.facts, *counter_facts(inner.eq)]
        facts += [f.substitute(rename) for f in self.facts]
        here, there = self.loop.counter.as_linear, inner.counter.as_linear
        at = here.substitute(rename)
        rising = [*facts, at - here - 1, there - at - 1]
        falling = [*facts, here - at - 1, at - there - 1]
        return any(self._equal(a, b, each, rename) for each in (rising, falling))

    def _equal(
        self,
        a: Equation,
        b: Equation,
        facts: list[Linear],
        rename: Mapping[Atom, Linear],
    ) -> bool:
        """Whether two accesses may be of one element where some forms hold.

        What has two names may be seen in two ways: then indices say nothing.
        """
        if a.operands[0].buffer is not b.operands[0].buffer:
            return True
        facts = list(facts)
        one, other = element(a), element(b)
        assert one is not None and other is not None
        for x, y in zip(one, other, strict=True):
            place, again = x.as_linear, y.as_linear.substitute(rename)
            if self.front or (implied(facts, place) and implied(facts, again)):
                facts += [place - again, again - place]
        return not contradictory(facts)

    def _renaming(
        self, counter: Value | None, body: Sequence[Equation]
    ) -> dict[Atom, Linear]:
        """Give all that varies another name for another iteration."""
        values = [self.loop.counter, counter]
        made = (r for e in (*self.numbers, *body) for r in e.results)
        values += [v for v in made if v.type.is_integer and v.linear is None]
        return {v: Linear.of(Value(v.type)) for v in values if v is not None}


# ---- equations ----


def is_plain(eq: Equation) -> bool:
    """Whether a loop goes by one, runs to its end, and carries arrays only.

    Each must be the same memory all the time: arrays that change places are not.
    """
    if eq.op != "for" or any(map(eq.attrs.get, ("exits", "count", "parallel"))):
        return False
    loop = Loop.of(eq)
    if loop.bounds[2].as_linear.value not in (1, -1):
        return False
    every = zip(loop.carries, loop.inits, loop.yields, strict=True)
    return all(
        c.buffer is not None and c.buffer is i.buffer is y.buffer for c, i, y in every
    )


def is_number(eq: Equation, writes: bool = False) -> bool:
    """Whether an equation computes a number, reads an element or writes one."""
    if eq.op == "index" or (writes and eq.op in WRITES):
        if element(eq) is None:
            return False
        return eq.op != "index" or not eq.result.type.rank
    return eq.op in PURE and not eq.result.type.rank


def accesses(equations: Iterable[Equation]) -> Iterator[Equation]:
    """Yield the equations that read or write an element."""
    return (e for e in equations if e.op == "index" or e.op in WRITES)


def behind(body: Iterable[Equation], numbers: Sequence[Equation]) -> set[Equation]:
    """Return those of some equations that others need."""
    wanted = {v for eq in body for v in captured(eq)}
    needed: set[Equation] = set()
    for eq in reversed(numbers):
        if wanted.intersection(eq.results):
            needed.add(eq)
            wanted.update(eq.operands)
    return needed


def depends(eq: Equation, counter: Value | None, numbers: Sequence[Equation]) -> bool:
    """Whether a number follows from a counter or from memory."""
    needed = [eq, *behind([eq], numbers)]
    return any(counter in e.operands or e.op == "index" for e in needed)


def following(counter: Value, numbers: Iterable[Equation]) -> dict[Atom, int]:
    """Return by how much numbers grow with a counter: 1, -1, 0, or `STRIDE`."""
    follows: dict[Atom, int] = {counter: 1}
    for eq in numbers:
        for value in eq.results:
            if value.linear is not None or value.type.rank:
                continue
            form = integer_form(eq.op, eq.operands, dict(eq.attrs))
            if form is not None:
                follows[value] = _step(form, follows)
            elif any(_step(v.as_linear, follows) for v in eq.operands):
                follows[value] = STRIDE
    return follows


def _step(form: Linear, follows: Mapping[Atom, int]) -> int:
    """Return by how much an index grows with a counter."""
    moving = [a for a in form.every_atom if follows.get(a)]
    step = sum(factor * follows.get(atom, 0) for atom, factor in form.terms)
    straight = abs(step) == 1 and all(a in dict(form.terms) for a in moving)
    return step if straight or not moving else STRIDE


def _stride(eq: Equation, follows: Mapping[Atom, int]) -> int:
    """Return what an access costs in a loop, by the numbers that follow its counter."""
    *others, last = paces(eq, follows)
    return STRIDE if any(others) else last


def paces(eq: Equation, follows: Mapping[Atom, int]) -> list[int]:
    """Return how far each index of an access moves, by the numbers that follow."""
    slots = element(eq)
    assert slots is not None
    return [abs(_step(v.as_linear, follows)) for v in slots]


def _ahead(loop: Loop, rename: Mapping[Atom, Linear]) -> Linear:
    """Return what is at least zero if the renamed iteration is a later one."""
    assert loop.counter is not None
    form = loop.counter.as_linear
    gap = form.substitute(rename) - form
    return (gap if loop.bounds[2].as_linear.value == 1 else -gap) - 1


def _behind_by(loop: Loop, rename: Mapping[Atom, Linear]) -> Linear:
    """Return what is at least zero if the renamed iteration is an earlier one."""
    return -_ahead(loop, rename) - 2


def bare(eq: Equation, bounds: Sequence[Value], region: Region) -> Equation:
    """Return a loop that carries nothing yet."""
    attrs = {k: v for k, v in eq.attrs.items() if k not in ("labels", "kinds")}
    return replace(
        eq,
        operands=tuple(bounds),
        results=(),
        regions=(region,),
        attrs=MappingProxyType(attrs),
    )
