"""The function under construction: its open block, its state, what is proved."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from ..errors import Problem
from ..graph.affine import implied, reach
from ..graph.build import Builder
from ..graph.ir import Buffer, Equation, Parameter, Region, Type, Value
from ..graph.linear import Atom, Derived, Linear, Size
from ..graph.substitute import in_equation
from ..read.source import Constant, Source
from .objects import Array, Obj

if TYPE_CHECKING:
    from .program import Parser

# A name of one activation of a function.
Key = tuple[int, str]
Flag = bool | Value
Number = bool | int | float
# Lengths that a caller can compute from the sizes of the arguments.
KNOWN_AT_ENTRY = ("clip", "product", "ceil")
# The sign of what the result is more than its operands.
BOUNDS: Mapping[str, int] = {"minimum": -1, "maximum": 1}


class Refused(Exception):
    """A part of the source is not accepted; no problem if that was said before."""

    def __init__(self, problem: Problem | None = None) -> None:
        super().__init__(str(problem))
        self.problem = problem


class NeedsNumber(Exception):
    """A parameter's value must be known while parsing (an axis, say).

    ``problem`` says so, for a parameter that no call of the source gives.
    """

    def __init__(self, parameter: str, problem: Problem) -> None:
        super().__init__(parameter)
        self.parameter = parameter
        self.problem = problem


class Unified(Exception):
    """Sizes turned out to be equal: what was made of them is out of date."""


class Endless(Exception):
    """A path that leads into a call of which nothing is known yet."""


@dataclass(slots=True)
class State:
    """What is known at a point of the program.

    ``views`` holds the value of a view and of the contents that it was made from.
    ``exits`` says whether break, continue or return is under way.
    """

    names: dict[Key, Obj] = field(default_factory=dict)
    contents: dict[Buffer, Value] = field(default_factory=dict)
    views: dict[Array, tuple[Value, Value]] = field(default_factory=dict)
    exits: dict[str, Flag] = field(default_factory=dict)

    def copy(self) -> State:
        """Return a copy that can change on its own."""
        return State(
            dict(self.names), dict(self.contents), dict(self.views), dict(self.exits)
        )

    def view_of(self, value: Value) -> Array | None:
        """Return the view that a value is, None if it is all that its memory holds."""
        if value.buffer is None or self.contents.get(value.buffer) is value:
            return None
        return next((a for a, (_, made) in self.views.items() if made is value), None)

    @property
    def left(self) -> bool:
        """Whether control surely went elsewhere."""
        return any(flag is True for flag in self.exits.values())

    @property
    def pending(self) -> list[Value]:
        """The flags that may have been raised."""
        return [flag for flag in self.exits.values() if isinstance(flag, Value)]


@dataclass(frozen=True, slots=True)
class Merged:
    """A buffer that may be one of several: none of them may be written after.

    Unless they are ``exclusive``: reachable under no other name. A ``copied`` one
    is memory of its own in the graph, and a view in NumPy.
    """

    sources: frozenset[Buffer]
    exclusive: bool
    copied: bool = False


class Context:
    """A function of the program while it is parsed; inlined bodies share it."""

    def __init__(
        self, parser: Parser, source: Source, sizes: Mapping[Atom, Linear]
    ) -> None:
        self.parser = parser
        self.source = source
        self.sizes: dict[Atom, Linear] = dict(sizes)
        self.settled: dict[Linear, Linear] = {}
        self.own_sizes: list[Size] = []
        self.unified = False
        self.hasty = range(0)
        self.wishes: dict[tuple[Size, ...], None] = {}
        self.guesses: dict[Hashable, object] = {}  # see `remembered`
        self.builder = Builder()
        self.state = State()
        self.facts: list[Linear] = []
        self.problems: list[Problem] = []
        self.parameters: list[Parameter] = []
        self.globals: dict[tuple[str, str], Obj] = {}
        self.meanings: dict[tuple[str, str], Constant] = {}
        self.base_contents: dict[Buffer, Value] = {}
        self.parameter_names: dict[Value, str] = {}
        self.known: dict[Value, Number] = {}
        self.renamed: dict[Value, Value] = {}
        self.merged: dict[Buffer, Merged] = {}
        self.makers: dict[Value, Equation] = {}
        self.first: dict[Buffer, Value] = {}
        self.moved: dict[Buffer, str] = {}
        self.unbound: set[Value] = set()  # what on some path nothing gave before
        self.shares = False
        self.scopes = 0

    def note(self, problem: Problem | None) -> None:
        """Note a problem, once."""
        if problem is not None and problem not in self.problems:
            self.problems.append(problem)

    # ---- blocks ----

    @contextmanager
    def block(self, facts: Sequence[Linear] = ()) -> Iterator[Builder]:
        """Emit into a new block, from a copy of the state, for a while."""
        outside = self.builder, self.state, self.facts
        self.builder = Builder(self.builder.origin)
        self.state = self.state.copy()
        self.facts = [*self.facts, *facts]
        try:
            yield self.builder
        finally:
            self.builder, self.state, self.facts = outside

    @contextmanager
    def into(
        self, builder: Builder, state: State, facts: Sequence[Linear] = ()
    ) -> Iterator[None]:
        """Go on emitting into a block that was left."""
        outside = self.builder, self.state, self.facts
        self.builder, self.state = builder, state
        self.facts = [*self.facts, *facts]
        try:
            yield
        finally:
            self.builder, self.state, self.facts = outside

    # ---- numbers and sizes ----

    def number(self, value: Value) -> Number | None:
        """Return the number that a scalar is known to be."""
        if value in self.known:
            return self.known[value]
        return None if value.linear is None else value.linear.value

    def settle(self, form: Linear) -> Linear:
        """Return a form with the sizes that turned out equal replaced."""
        if not self.sizes:
            return form
        found = self.settled.get(form)
        if found is None:
            found = self.settled[form] = form.substitute(self.sizes)
        return found

    def note_bounds(self, op: str, value: Value, operands: Sequence[Value]) -> None:
        """Note what is known of the least or the greatest of integers, or of a rest."""
        if value.type.rank or not value.type.is_integer:
            return
        forms: list[Linear] = []
        if op in BOUNDS:
            forms = [BOUNDS[op] * (value.as_linear - v.as_linear) for v in operands]
            if all(self.proves(v.as_linear) for v in operands):
                forms.append(value.as_linear)
        elif op == "remainder" and self.proves(operands[1].as_linear - 1):
            forms = [value.as_linear, operands[1].as_linear - 1 - value.as_linear]
        if forms:
            self.facts = [*self.facts, *forms]

    def proves(self, form: Linear) -> bool:
        """Return whether a form is provably at least zero here."""
        facts = self.facts
        if self.sizes:
            form, facts = self.settle(form), [self.settle(f) for f in facts]
        return implied(facts, form)

    def proves_equal(self, d: Linear, e: Linear) -> bool:
        """Return whether two forms are provably equal here."""
        difference = self.settle(d - e)
        if difference.value is not None:
            return difference.value == 0
        return self.proves(difference) and self.proves(-difference)

    def makes_equal(self, d: Linear, e: Linear) -> bool:
        """Return whether two forms are equal, or can be made so by their sizes."""
        return self.proves_equal(d, e) or self.unify(d, e)

    def wish(self, *goals: Linear) -> None:
        """Note two sizes whose equality would prove that forms are at least zero.

        A caller who knows that they are equal can say so and spare a check.
        """
        forms = [self.settle(goal) for goal in goals]
        reached = {atom for form in forms for atom in reach(form)}
        near = [fact for fact in self.facts if not reached.isdisjoint(fact.atoms)]
        reached.update(atom for fact in near for atom in reach(self.settle(fact)))
        sizes = [size for size in self.own_sizes if size in reached]
        for pair in combinations(sizes, 2):
            first, second = map(Linear.of, pair)
            facts = [*self.facts, first - second, second - first]
            if all(implied(facts, form) for form in forms):
                self.wishes.setdefault(pair)
                return

    def unify(self, d: Linear, e: Linear) -> bool:
        """Make two lengths equal by what a size of a parameter is.

        The operation at hand demands it: for any other size NumPy would raise.
        """
        d, e = self.settle(d), self.settle(e)
        for one, other in ((e, d), (d, e)):
            size = self._own_size(one)
            if size is None or not self._is_outer(other, size):
                continue
            rival = self._own_size(other)
            if rival is not None and self._age(rival) > self._age(size):
                continue
            mapping: dict[Atom, Linear] = {size: other}
            self.sizes = {s: f.substitute(mapping) for s, f in self.sizes.items()}
            self.sizes[size] = other
            self.settled = {}
            self.unified = True
            if self._line in self.hasty:
                raise Unified
            return True
        return False

    @property
    def _line(self) -> int | None:
        """The line of the source that is parsed, None in another function's."""
        origin = self.builder.origin
        if origin is None or origin.file != self.source.file:
            return None
        return origin.statement

    def _own_size(self, form: Linear) -> Size | None:
        """Return the size of a parameter that a form is."""
        if len(form.terms) != 1 or form != Linear.of(form.atoms[0]):
            return None
        (atom,) = form.atoms
        return atom if isinstance(atom, Size) and atom in self.own_sizes else None

    def _age(self, size: Size) -> int:
        return self.own_sizes.index(size)

    def _is_outer(self, form: Linear, apart: Size) -> bool:
        """Whether a form is made of sizes of parameters alone, but not of one."""
        for atom in form.atoms:
            if isinstance(atom, Size):
                if atom == apart or atom not in self.own_sizes:
                    return False
                continue
            if not isinstance(atom, Derived) or atom.kind not in KNOWN_AT_ENTRY:
                return False
            parts = [part for part in atom.parts if isinstance(part, Linear)]
            if not all(self._is_outer(part, apart) for part in parts):
                return False
        return True

    def next_serial(self) -> int:
        """Return a number for something that is known at run time only."""
        return Value(Type("weak_int")).serial

    # ---- names of values ----

    def note_maker(self, value: Value) -> None:
        """Note the equation just emitted as the one that made an array."""
        self.makers[value] = self.builder.equations[-1]
        if value.buffer is not None:
            self.first.setdefault(value.buffer, value)

    def give_name(self, value: Value, name: str, start: int) -> Value:
        """Name a value that the block made since position ``start``."""
        equations = self.builder.equations
        places = [
            k
            for k in range(len(equations) - 1, start - 1, -1)
            if value in equations[k].results
        ]
        if value.name is not None or not places:
            return value
        named = _named(value, name)
        for k in range(places[0], len(equations)):
            equations[k] = in_equation(equations[k], {value: named})
        self._replace(value, named)
        self.renamed[value] = named
        return named

    def present(self, value: Value) -> Value:
        """Return a value as it is called now."""
        while value in self.renamed:
            value = self.renamed[value]
        return value

    def _replace(self, old: Value, new: Value) -> None:
        if old in self.makers:
            self.makers[new] = self.makers[old]
        contents, views = self.state.contents, self.state.views
        if new.buffer is not None and contents.get(new.buffer) is old:
            contents[new.buffer] = new
        for view, (base, value) in list(views.items()):
            if base is old or value is old:
                pair = (new if base is old else base, new if value is old else value)
                views[view] = pair
        if old in self.known:
            self.known[new] = self.known[old]
        if any(old in fact.atoms for fact in self.facts):
            form: dict[Atom, Linear] = {old: new.as_linear}
            self.facts = [fact.substitute(form) for fact in self.facts]


def _named(value: Value, name: str) -> Value:
    return Value(value.type, name, value.buffer, value.linear, serial=value.serial)


def region(
    params: Sequence[Value], builder: Builder, results: Sequence[Value]
) -> Region:
    """Return a block as a region."""
    return Region(tuple(params), tuple(builder.equations), tuple(results))


def written_buffers(before: State, after: State) -> list[Buffer]:
    """Return the buffers of one state whose contents are others in the other."""
    return [b for b, v in before.contents.items() if after.contents.get(b) is not v]
