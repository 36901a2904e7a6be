"""How parameters and results that hold parts are packed.

Inside the graph there are only scalars and arrays. A `Structure` on a signature says
how a tuple, list, dict or record is made of them. A place is the expression of a
part: ``p.w``, ``p["w"]`` or ``ps[0][1]``.
"""

from __future__ import annotations

import ast
import json
import keyword
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..read.source import Derived, Helper, NumPyName, Record

# What is made by calling a class.
RECORDS = ("namedtuple", "dataclass", "object")


@dataclass(frozen=True, slots=True)
class Structure:
    """How flat values are put together again.

    ``kind`` is ``leaf``; ``none`` for what has no value in the graph (None, a text or
    a function, which is ``given``); ``tuple``, ``list`` or ``dict``; ``namedtuple``,
    ``dataclass`` or ``object`` for an instance of ``record``. ``names`` are the keys
    or fields of the children, ``place`` is where such a structure can be found.
    """

    kind: str = "leaf"
    children: tuple[Structure, ...] = ()
    names: tuple[object, ...] = ()
    record: Record | None = None
    given: object = None
    place: str = ""

    @property
    def width(self) -> int:
        """The number of flat values."""
        if self.kind == "leaf":
            return 1
        return sum(child.width for child in self.children)


LEAF = Structure()


@dataclass(frozen=True, slots=True)
class Opaque:
    """What is given where nothing can be read: ``what`` says what it is.

    ``is_called``: it is a function that the text is made for.
    """

    what: str
    is_called: bool = False


@dataclass(frozen=True, slots=True)
class Referred:
    """A function that is given: itself, and what it means where it is called."""

    function: object
    meaning: NumPyName | Helper | Derived


def child_place(structure: Structure, k: int, place: str) -> str:
    """Return the place of a child of a structure at a place."""
    if structure.kind in RECORDS:
        return f"{place}.{structure.names[k]}"
    return f"{place}[{key_text(structure.names[k] if structure.names else k)}]"


def key_text(key: object) -> str:
    """Return a key of a dict, or an index, as it is written."""
    return json.dumps(key, ensure_ascii=False) if isinstance(key, str) else repr(key)


def placed(structure: Structure, place: str) -> Structure:
    """Return a structure that knows where it and its children are."""
    children = tuple(
        placed(child, child_place(structure, k, place))
        for k, child in enumerate(structure.children)
    )
    return replace(structure, children=children, place=place)


def leaves(structure: Structure) -> Iterator[Structure]:
    """Yield the structures of the flat values."""
    if structure.kind == "leaf":
        yield structure
    for child in structure.children:
        yield from leaves(child)


def nodes(structure: Structure) -> Iterator[Structure]:
    """Yield a structure and all below it, children first."""
    for child in structure.children:
        yield from nodes(child)
    yield structure


def plain(structure: Structure) -> Structure:
    """Return a structure with tuples in the place of whatever holds parts.

    What has no value is left out of them.
    """
    if structure.kind in ("leaf", "none"):
        return Structure(structure.kind)
    held = (child for child in structure.children if child.kind != "none")
    return Structure("tuple", tuple(map(plain, held)))


# ---- finding a part ----


def root_of(place: str) -> str:
    """Return the name that a place starts with.

    Examples
    --------
    >>> root_of("p.w"), root_of('p["w"][0]')
    ('p', 'p')
    """
    return re.split(r"[.\[]", place, maxsplit=1)[0].strip()


def steps_of(place: str) -> list[object] | None:
    """Return the fields (as `Field`), keys and indices of a place, None if it is none.

    Examples
    --------
    >>> steps_of('ps[0]["w"]')
    [0, 'w']
    """
    try:
        node = ast.parse(place.strip(), mode="eval").body
    except SyntaxError:
        return None
    found: list[object] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            found.insert(0, Field(node.attr))
        elif isinstance(node, ast.Subscript):
            try:
                found.insert(0, ast.literal_eval(node.slice))
            except ValueError:
                return None
        else:
            return None
        node = node.value
    return found


def place_of(root: str, steps: Sequence[object]) -> str:
    """Return the place that steps lead to."""
    for step in steps:
        root += f".{step}" if isinstance(step, Field) else f"[{key_text(step)}]"
    return root


def is_at(place: str, chosen: str) -> bool:
    """Whether a place is that of a part of another one, or the same."""
    return place == chosen or place.startswith((f"{chosen}.", f"{chosen}["))


class Field(str):
    """The name of a field in a place."""

    __slots__ = ()


def find(structure: Structure, steps: Sequence[object]) -> tuple[int, Structure] | None:
    """Return the number of the first flat value of a part, and its structure."""
    start = 0
    for step in steps:
        place = _number(structure, step)
        if place is None:
            return None
        start += sum(child.width for child in structure.children[:place])
        structure = structure.children[place]
    return start, structure


def _number(structure: Structure, step: object) -> int | None:
    """Return which child of a structure a step of a place leads to."""
    count = len(structure.children)
    if isinstance(step, Field):
        named = structure.kind in RECORDS and step in structure.names
        return structure.names.index(step) if named else None
    if structure.kind == "dict":
        return structure.names.index(step) if step in structure.names else None
    if structure.kind in ("tuple", "list", "namedtuple") and isinstance(step, int):
        return step % count if -count <= step < count else None
    return None


# ---- what parts are called ----


def identifier(place: str) -> str:
    """Return a place as one name.

    Examples
    --------
    >>> identifier('ps[0]["w"]')
    'ps_0_w'
    """
    return re.sub(r"\W+", "_", place).strip("_")


def names_of(
    places: Sequence[str], given: Mapping[str, str], taken: Collection[str]
) -> list[str]:
    """Return a variable for each place: as short as it can be, all of them different.

    ``given`` are the names that the user gives to places.

    Examples
    --------
    >>> names_of(["p.w", "p.b", "q.b"], {}, ())
    ['w', 'p_b', 'q_b']
    >>> names_of(["ps[0][0]", "ps[1][0]"], {"ps[0][0]": "w", "ps[1][0]": "w"}, ())
    ['w_0', 'w_1']
    """
    wanted = [_wanted(place, given.get(place)) for place in places]
    found: dict[int, str] = {}
    for level in range(3):
        left = [k for k in range(len(places)) if k not in found]
        counts = Counter(wanted[k][level] for k in left)
        used = {*taken, *found.values()}
        for k in left:
            name = wanted[k][level]
            own = level == 0 and given.get(places[k]) == name
            if name and counts[name] == 1 and (own or name not in used):
                found[k] = name
    for k in range(len(places)):
        name, count = found.get(k, wanted[k][2]), 2
        while k not in found and name in {*taken, *found.values()}:
            name, count = f"{wanted[k][2]}_{count}", count + 1
        found[k] = name
    return [found[k] for k in range(len(places))]


def _wanted(place: str, given: str | None) -> tuple[str, str, str]:
    """Return what a part could be called: short, with its indices, in full."""
    steps = steps_of(place) or []
    words = [step for step in steps if isinstance(step, str)]
    short = given or (words[-1] if words else "")
    if not short.isidentifier() or keyword.iskeyword(short):
        short = ""
    named = steps[:-1] if given else steps  # the user's name says the last one
    numbers = "".join(f"_{step}" for step in named if isinstance(step, int))
    return str(short), f"{short}{numbers}" if short else "", identifier(place)
