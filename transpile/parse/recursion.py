"""Recursion: a function that calls itself is parsed until its type is known.

The first time round a call of itself is a path that leads nowhere (`Endless`): what
is left are the paths that end, and they say what the function returns. From then on
such a call returns what the time before said, until nothing changes any more.
Arguments that differ from level to level get types that are wide enough for all
(`Widened`), and the parsing begins anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from ..errors import Problem
from ..graph.ir import Function, Type, Value, walk
from ..graph.linear import Atom, Derived, Linear, Size
from ..read.source import Source
from .context import Endless, Merged
from .frame import Frame
from .merge import joined_dtype
from .objects import Array, Obj, flatten, rebuild, same_form
from .renaming import Described

if TYPE_CHECKING:
    from .function import Made

MOST_KINDS = 8
# Lengths that mean something inside one parsing of a function only.
OPAQUE = ("arange", "count", "joined", "result")


@dataclass(slots=True)
class Open:
    """A function that is being parsed.

    ``arguments`` is what it is made for, None for the function that the program is
    about; with ``around`` that one does nothing but call what the source says. With
    ``copies`` it returns copies of what may be an argument's memory.
    ``known`` is what the last parsing found, for the calls of itself.
    """

    source: Source
    arguments: Mapping[str, Described] | None
    around: bool = False
    recursive: bool = False
    copies: bool = False
    known: Made | None = None
    name: str = ""

    def is_of(self, source: Source) -> bool:
        """Whether this is the function of a source."""
        here = (self.source.file, self.source.line)
        return here == (source.file, source.line) and not self.around

    @property
    def returns_own(self) -> bool:
        """Whether it returns no memory of an argument."""
        return self.recursive or self.copies

    @property
    def made_for(self) -> Mapping[str, Described]:
        """What it is made for."""
        assert self.arguments is not None
        return self.arguments

    def settles(self, made: Made) -> bool:
        """Whether a parsing found what it took for known."""
        if not self.recursive:
            return True
        return self.known is not None and same(self.known, made)


class Recursive(Exception):
    """The function that a program is about calls itself."""


class Widened(Exception):
    """A function calls itself with arguments that it was not made for."""

    def __init__(self, arguments: Mapping[str, Described]) -> None:
        super().__init__()
        self.arguments = arguments


# ---- the arguments ----


class Joined:
    """The arguments of two calls as one: types wide enough for both.

    Lengths that are equal to each other in both calls stay so; others get sizes of
    their own.
    """

    def __init__(self) -> None:
        self.sizes: dict[tuple[Linear, Linear], Linear] = {}
        self.kept: set[Atom] = set()

    def described(
        self, one: Mapping[str, Described], other: Mapping[str, Described]
    ) -> dict[str, Described]:
        """Return what a function has to be made for, to be called in both ways."""
        return {name: self._one(name, one[name], other[name]) for name in one}

    def _one(self, name: str, a: Described, b: Described) -> Described:
        pairs = zip(a.types, b.types, strict=True)
        types = tuple(self._type(name, k, *pair) for k, pair in enumerate(pairs))
        forms = tuple(
            f if f == g else None for f, g in zip(a.forms, b.forms, strict=True)
        )
        return replace(a, types=types, forms=forms)

    def _type(self, name: str, leaf: int, a: Type, b: Type) -> Type:
        hint = f"{name}_{leaf}" if leaf else name
        shape = tuple(
            self._length(f"{hint}_{axis}", d, e)
            for axis, (d, e) in enumerate(zip(a.shape, b.shape, strict=True))
        )
        dtype = joined_dtype(a.dtype, b.dtype) or a.dtype
        return Type(dtype, shape, a.layout if a.layout == b.layout else "A")

    def _length(self, hint: str, d: Linear, e: Linear) -> Linear:
        if d == e and (d == Linear.of(Size(hint)) or self.kept.issuperset(d.atoms)):
            self.kept.update(d.atoms)
            return d
        return self.sizes.setdefault((d, e), Linear.of(Size(hint)))


def is_alike(one: Mapping[str, Described], other: Mapping[str, Described]) -> bool:
    """Whether arguments are of the same kinds, but for lengths and sorts of numbers."""
    return all(_alike(one[name], other[name]) for name in one)


def _alike(a: Described, b: Described) -> bool:
    if not same_form(a.form, b.form) or len(a.types) != len(b.types):
        return False
    if a.numbers != b.numbers or (not a.types and a.form != b.form):
        return False
    return all(
        t.rank == u.rank
        and joined_dtype(t.dtype, u.dtype) is not None
        and (not t.rank or t.dtype == u.dtype)
        for t, u in zip(a.types, b.types, strict=True)
    )


def require_new(
    frame: Frame, source: Source, described: Mapping[str, Described]
) -> None:
    """Refuse kinds of arguments that come back, or new ones without an end."""
    others = [one for one in frame.context.parser.open if one.is_of(source)]
    known = (one.arguments for one in others if one.arguments is not None)
    if len(others) >= MOST_KINDS or any(is_alike(one, described) for one in known):
        frame.refuse(
            f"'{source.name}' calls itself with other kinds of arguments in turn",
            "give it the same kinds of arguments at every level",
        )


def itself(frame: Frame, source: Source, described: Mapping[str, Described]) -> Made:
    """Return what is known of a function that calls itself."""
    this = frame.context.parser.open[-1]
    joined = Joined().described(this.made_for, described)
    this.recursive = True
    if joined != this.made_for:
        raise Widened(joined)
    if this.known is None:
        raise Endless
    if this.known.aliases:
        frame.refuse(
            f"a list that grew as what '{source.name}' returns to itself",
            "return an array: np.array(...)",
        )
    return this.known


def require_direct(frame: Frame, source: Source) -> Mapping[str, Described]:
    """Return what the function is made for that calls itself here."""
    parser = frame.context.parser
    this = parser.open[-1]
    if not this.is_of(source):
        frame.refuse(
            f"'{source.name}' calls itself by way of '{this.source.name}'",
            "only a function that calls itself directly is supported",
        )
    if this.arguments is None:
        raise Recursive
    return this.arguments


def endless(source: Source) -> Problem:
    """Return the problem with a function that no path leads out of."""
    return _problem(
        source,
        f"'{source.name}' calls itself on every path",
        "return without a call of itself where the recursion ends",
    )


def unsettled(source: Source) -> Problem:
    """Return the problem with a function whose types never come to an end."""
    return _problem(
        source,
        f"what '{source.name}' returns differs from level to level",
        "return the same kinds of numbers and arrays at every level",
    )


def refuse_overlap(frame: Frame, source: Source) -> NoReturn:
    """Refuse a recursive function that writes what another argument may be."""
    frame.refuse(
        f"'{source.name}', which calls itself, is given arrays that overlap and writes"
        " one of them",
        "pass a copy: .copy()",
    )


def printing(
    source: Source, function: Function, others: Iterable[Function]
) -> Problem | None:
    """Return the problem with a recursive function that prints, itself or below.

    Its backward part runs it again at every level.
    """
    known = {one.name: one for one in others}
    ahead, seen = [function], {function.name}
    while ahead:
        for eq in walk(ahead.pop().body):
            if eq.op == "print":
                what = "print in a function that calls itself"
                help = "print what it returns, where it is called first"
                place = eq.origin
                if place is None or place.file != source.file:
                    return _problem(source, what, help)
                ends = place.column, place.end_column
                return source.problem(place.line, *ends, what, help)
            name = eq.attrs.get("callee")
            if name in known and name not in seen:
                seen.add(name)
                ahead.append(known[name])
    return None


def _problem(source: Source, message: str, help: str) -> Problem:
    text = source.line_text(source.line)
    start = len(text) - len(text.lstrip())
    return source.problem(source.line, start, len(text), message, help)


# ---- the results ----


def apart(frame: Frame, found: Obj) -> Obj:
    """Return the result of a function, copied where it may be an argument's memory.

    Callers of a recursive function cannot parse its body in the call's place.
    """
    this = frame.context.parser.open[-1]
    if frame.path or not this.returns_own:
        return found
    context = frame.context
    seen: list[object] = []
    leaves: list[Obj] = []
    for leaf in flatten(found):
        if isinstance(leaf, Array):
            merged = context.merged.get(leaf.root)
            again = leaf.root in seen
            loose = merged is not None and not merged.exclusive
            shares = leaf.root.parameter or loose or again
            context.shares |= shares
            own = merged is not None and merged.copied and not again
            if (shares and not own) or leaf.root in context.base_contents:
                leaf = frame.make("copy", frame.read(leaf))
        if isinstance(leaf, Array):
            seen.append(leaf.root)
        leaves.append(leaf)
    return rebuild(found, leaves)


def note_shared(frame: Frame, given: list[Obj], results: list[Obj]) -> list[Obj]:
    """Note that results may be an argument's memory, so that neither is written."""
    sources = frozenset(leaf.root for leaf in given if isinstance(leaf, Array))
    for leaf in results:
        if isinstance(leaf, Array):
            frame.context.merged[leaf.root] = Merged(sources, False, copied=True)
    return results


def same(one: Made, other: Made) -> bool:
    """Whether two parsings of a function say the same to its callers."""
    return same_form(one.form, other.form) and _picture(one) == _picture(other)


def _picture(made: Made) -> object:
    function = made.function
    width = function.returns.width
    places: dict[Atom, Linear] = {
        param: Linear.of(Size(f"<{k}>")) for k, param in enumerate(function.body.params)
    }
    return (
        [_type_picture(v, places) for v in function.body.results[:width]],
        function.returns,
        function.written,
        tuple(made.constants),
        made.shares,
        dict(made.sizes),
    )


def _type_picture(value: Value, places: Mapping[Atom, Linear]) -> object:
    kind = value.type
    shape = [d.substitute(places) for d in kind.shape]
    known = [None if any(map(_is_opaque, d.every_atom)) else d for d in shape]
    return kind.dtype, kind.layout, known


def _is_opaque(atom: Atom) -> bool:
    return isinstance(atom, Value) or (
        isinstance(atom, Derived) and atom.kind in OPAQUE
    )
