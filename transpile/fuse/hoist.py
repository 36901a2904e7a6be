"""What every iteration does alike, done once before a loop.

Memory that an iteration makes and forgets is made before the loop; where it begins
with zeros, they are stored in the loop. A check that the last iteration decides, or
that does not depend on the iteration at all, is made before the first one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..graph.affine import implied
from ..graph.buffers import buffers, handed_on, last_version, written
from ..graph.build import Builder
from ..graph.ir import (
    At,
    Buffer,
    Equation,
    Function,
    Index,
    Program,
    Region,
    Type,
    Value,
    captured,
    walk,
)
from ..graph.loopform import Loop
from ..graph.ops import ELEMENTWISE
from ..graph.shapes import surely_not_negative
from ..graph.substitute import substitute
from ..lower.tidy import tidy
from ..reverse.sections import counter_facts

NAMES = ("i", "j", "k", "l", "m", "n", "p", "q", "r")
OPPOSITE = {
    "less": "greater_equal",
    "less_equal": "greater",
    "greater": "less_equal",
    "greater_equal": "less",
    "equal": "not_equal",
}
FREE = ELEMENTWISE | {"constant", "dim"}


def hoist(program: Program) -> Program:
    """Return lowered functions with less to do in their loops.

    Before ``for i in range(n): if i >= m: raise ...; t = empty k; ...``; after
    ``if n > m: raise ...; t = empty k; for i in range(n): ...``.
    """
    return program.map(_function)


def relieved(eq: Equation) -> tuple[list[Equation], Equation]:
    """Return what memory the iterations of a loop need, made before it, and the loop.

    What the loop leaves there are its last results.
    """
    eq = replace(eq, regions=tuple(_with_own(r, captured(eq)) for r in eq.regions))
    made = (e for e in eq.regions[0].equations if e.op in ("empty", "zeros"))
    return _Hoister(buffers(e.result for e in made), set())._relieved(eq, ())


def _function(function: Function) -> Function:
    function = replace(function, body=_apart(function.body))
    body = _Hoister.of(function).region(function.body, ())
    return replace(function, body=tidy(body))


def _apart(region: Region) -> Region:
    """Return a region in which memory that is made in a loop is of that loop alone.

    A value that is computed again has the memory of the first one by name.
    """
    equations = []
    for eq in region.equations:
        regions = tuple(map(_apart, eq.regions))
        if eq.op == "for":
            regions = tuple(_with_own(r, captured(eq)) for r in regions)
        equations.append(replace(eq, regions=regions) if regions else eq)
    return replace(region, equations=tuple(equations))


def _with_own(region: Region, given: Iterable[Value]) -> Region:
    """Return a loop's body with new memory for what it makes and does not hand on."""
    handed = buffers((*given, *region.params, *region.results))
    made = {e.result.buffer for e in region.equations if e.op in ("empty", "zeros")}
    fresh = {b: Buffer(b.name) for b in made if b is not None and b not in handed}
    inside = [
        v
        for eq in walk(region)
        for v in (*eq.results, *(p for r in eq.regions for p in r.params))
        if v.buffer in fresh
    ]
    renewed = {
        v: replace(v, buffer=fresh[v.buffer], serial=Value(v.type).serial)
        for v in inside
        if v.buffer is not None
    }
    return substitute(region, renewed)


@dataclass(frozen=True, slots=True)
class _Hoister:
    """``own`` is memory that is made in one place and has one name only.

    Where no ``names`` are known, new counters get theirs when they are printed.
    """

    own: Set[Buffer]
    names: Set[str]

    @staticmethod
    def of(function: Function) -> _Hoister:
        """Find the memory that may be made elsewhere."""
        born: Counter[Buffer | None] = Counter()
        shared: set[Buffer] = set()
        names = {v.name for v in function.body.params if v.name}
        for eq in walk(function.body):
            shared.update(b for pair in handed_on(eq) for b in pair)
            names.update(v.name for v in eq.results if v.name)
            if eq.op in ("empty", "zeros"):
                born[eq.result.buffer] += 1
        once = {b for b, times in born.items() if times == 1 and b is not None}
        return _Hoister(once - shared, names)

    def region(
        self, region: Region, around: tuple[str, ...], outside: Set[Value] = frozenset()
    ) -> Region:
        """Return a region with its loops relieved.

        What a loop before it took out of itself need not be computed again.
        """
        out: list[Equation] = []
        known = set(outside)
        for eq in region.equations:
            if eq.results and known.issuperset(eq.results):
                continue
            if eq.regions:
                inside = around
                if eq.op == "for" and eq.regions[0].params[0].name:
                    inside = (*around, eq.regions[0].params[0].name)
                regions = tuple(self.region(r, inside, known) for r in eq.regions)
                eq = replace(eq, regions=regions)
            if eq.op == "for" and not eq.attrs.get("exits"):
                before, eq = self._relieved(eq, around)
                new = [e for e in before if known.isdisjoint(e.results)]
                known.update(v for e in new for v in e.results)
                out += new
            known.update(eq.results)
            out.append(eq)
        return replace(region, equations=tuple(out))

    def _relieved(
        self, eq: Equation, around: tuple[str, ...]
    ) -> tuple[list[Equation], Equation]:
        """Return what is done before a loop, and the loop without it."""
        return self._memory(eq, around)

    # ---- memory ----

    def _memory(
        self, eq: Equation, around: tuple[str, ...]
    ) -> tuple[list[Equation], Equation]:
        """Return the creations of private arrays, and the loop that carries them."""
        loop = Loop.of(eq)
        makers = {r: e for e in loop.body.equations for r in e.results}
        inside = {*makers, *loop.body.params}
        kept = {v.buffer for v in loop.body.results}
        found: list[Equation] = []
        for each in loop.body.equations:
            if each.op not in ("empty", "zeros") or each.result.buffer not in self.own:
                continue
            told = each.result.buffer not in kept and _is_told(each.result, loop.body)
            if told and _is_steady(each, makers, inside, _lasting(loop)):
                found.append(each)
        if not found:
            return [], eq
        moved: dict[Equation, None] = {}
        for each in found:
            _collect(each, makers, moved)
        return self._given(eq, found, moved, around)

    def _given(
        self,
        eq: Equation,
        found: Sequence[Equation],
        moved: Mapping[Equation, None],
        around: tuple[str, ...],
    ) -> tuple[list[Equation], Equation]:
        """Return what moves before a loop, and the loop that is given memory."""
        loop, body = Loop.of(eq), eq.regions[0]
        names = {*around, body.params[0].name or ""}
        inits = {each: _again(each.result) for each in found}
        before = [e for each in moved for e in _made(each, inits, loop)]
        params: list[Value] = []
        instead: dict[Value, Value] = {}
        equations: list[Equation] = []
        for each in body.equations:
            if each in inits:
                params.append(_again(each.result))
                if each.op == "zeros":
                    equations += self._cleared(each, params[-1], names)
                else:
                    instead[each.result] = params[-1]
            elif each not in moved:
                equations.append(each)
        rest = Region((*body.params, *params), tuple(equations), body.results)
        rest = substitute(rest, instead)
        ends = tuple(last_version(rest, param) for param in params)
        eq = replace(
            eq,
            operands=(*eq.operands, *inits.values()),
            results=(*eq.results, *map(_again, params)),
            regions=(replace(rest, results=(*rest.results, *ends)),),
            attrs=_without_labels(eq),
        )
        return before, eq

    def _cleared(self, eq: Equation, array: Value, taken: Set[str]) -> list[Equation]:
        """Return a nest that stores zeros, and gives what the creation gave."""
        free = [n for n in NAMES if n not in self.names and n not in taken]
        names = [*free, *NAMES][: len(eq.operands)]
        counters = [Value(Type("weak_int"), n if self.names else None) for n in names]
        inner = Builder(eq.origin, eq.backward)
        zero = inner.constant(False if eq.attrs["dtype"] == "bool" else 0, "int64")
        if array.type.is_inexact:
            zero = inner.constant(0.0, array.type.dtype)
        path = (Index(tuple(At(k) for k in range(len(counters)))),)
        params = [_again(array) for _ in counters]
        stored = _again(array)
        inside = (True,) * len(counters)
        operands = (params[-1], zero, *counters)
        inner.append("store", operands, (stored,), path=path, inbounds=inside)
        made, end = inner.equations, stored
        for k in reversed(range(len(counters))):
            region = Region((counters[k], params[k]), tuple(made), (end,))
            outer = Builder(eq.origin, eq.backward)
            start, step = outer.constant(0), outer.constant(1)
            given = params[k - 1] if k else array
            end = _again(array) if k else eq.result
            bounds = (start, eq.operands[k], step, given)
            label = eq.attrs.get("stands_for", "zeros")
            outer.append("for", bounds, (end,), (region,), stands_for=label)
            made = outer.equations
        return made


def _is_told(array: Value, body: Region) -> bool:
    """Whether all that writes an array returns it: so its last version is known."""
    return all(
        any(r.buffer is array.buffer for r in eq.results)
        for eq in body.equations
        if array.buffer in written(eq)
    )


def _without_labels(eq: Equation) -> Mapping[str, object]:
    """Return the attributes of a loop that stands for nothing in particular now."""
    return MappingProxyType({k: v for k, v in eq.attrs.items() if k != "labels"})


def _made(
    eq: Equation, inits: Mapping[Equation, Value], loop: Loop
) -> Iterator[Equation]:
    """Yield an equation as it stands before the loop: memory is made empty."""
    made = replace(eq, origin=loop.eq.origin, backward=loop.eq.backward)
    if eq.op == "dim":
        operand = _before(eq.operands[0], _lasting(loop)) or eq.operands[0]
        yield replace(made, operands=(operand,))
    elif eq in inits:
        b = Builder(made.origin, made.backward)
        lengths = tuple(_least_zero(b, v, loop) for v in eq.operands)
        yield from b.equations
        yield replace(made, op="empty", operands=lengths, results=(inits[eq],))
    else:
        yield made


def _least_zero(b: Builder, length: Value, loop: Loop) -> Value:
    """Return a length; zero, if it is below that wherever a loop does not run."""
    form = length.as_linear
    if surely_not_negative(form) or not implied([*counter_facts(loop.eq)], form):
        return length
    most = b.emit("maximum", length, b.constant(0))
    b.equations[-1] = replace(b.equations[-1], results=(replace(most, linear=form),))
    return b.equations[-1].result


def _lasting(loop: Loop) -> list[Value]:
    """Return what a loop is given, of the memory that each iteration hands on."""
    pairs = zip(loop.inits, loop.yields, strict=True)
    return [init for init, given in pairs if init.buffer is given.buffer]


def _before(array: Value, inits: Iterable[Value]) -> Value | None:
    """Return an array as a loop is given it: its lengths stay."""
    same = (i for i in inits if i.buffer is array.buffer is not None)
    return next((i for i in same if i.type.shape == array.type.shape), None)


def _again(value: Value) -> Value:
    """Return another version of an array."""
    return replace(value, serial=Value(value.type).serial)


def _is_steady(
    eq: Equation,
    makers: Mapping[Value, Equation],
    inside: Set[Value],
    inits: Sequence[Value],
) -> bool:
    """Whether all that an equation takes is the same in every iteration."""
    if eq.op == "dim" and eq.operands[0] in inside:
        return _before(eq.operands[0], inits) is not None
    for value in eq.operands:
        maker = makers.get(value)
        if maker is None:
            if value in inside:
                return False
        elif maker.op not in FREE or not _is_steady(maker, makers, inside, inits):
            return False
    return True


def _collect(
    eq: Equation, makers: Mapping[Value, Equation], found: dict[Equation, None]
) -> None:
    """Add an equation and what it is computed from, in order."""
    for value in eq.operands if eq.op != "dim" else ():
        if value in makers and makers[value] not in found:
            _collect(makers[value], makers, found)
    found[eq] = None
