"""The parts of a parameter that is a tuple, list, dict or record: forms and names."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping

import gast

from ..graph.ir import Structure
from ..graph.structures import (
    Opaque,
    Referred,
    find,
    key_text,
    leaves,
    names_of,
    placed,
    root_of,
    steps_of,
)
from ..read.source import DRAWN, GENERATORS
from .flow import locals_of, read, within
from .objects import (
    PLACE,
    Conflict,
    Differentiated,
    Library,
    Named,
    Obj,
    Routine,
    Static,
    Tuple,
    named_outside,
)

# What generated text means something else by.
RESERVED = frozenset({*dir(builtins), "np", "cotangent"})
# Of a list, so many items are called after the variable of a loop over it.
MOST_ITEMS = 16
UNREADABLE = "pass an array or a number, as a parameter of its own"


def form_of(structure: Structure) -> Obj:
    """Return the object that a structured parameter is, with a place for each value."""
    if structure.kind == "leaf":
        return PLACE
    if structure.kind == "none":
        given = structure.given
        if isinstance(given, Opaque):
            drawn = given.what.rpartition(".")[2] in GENERATORS
            help = DRAWN if drawn else UNREADABLE
            return Conflict(f"{structure.place} is {given.what}", help)
        if isinstance(given, Referred):
            return named_outside(given.meaning)
        return Static(given)
    items = tuple(map(form_of, structure.children))
    if structure.kind in ("tuple", "list"):
        return Tuple(items, structure.kind == "list")
    return Named(structure.kind, structure.names, items, structure.record)


def structure_of(obj: Obj) -> Structure:
    """Return the structure of an object."""
    if isinstance(obj, Tuple):
        kind = "list" if obj.is_list else "tuple"
        return Structure(kind, tuple(map(structure_of, obj.items)))
    if isinstance(obj, Named):
        children = tuple(map(structure_of, obj.items))
        if obj.kind == "namedtuple" and obj.record is None:
            return Structure("tuple", children)  # NumPy's own, as of np.linalg.qr
        return Structure(obj.kind, children, obj.names, obj.record)
    if isinstance(obj, Static) and obj != PLACE:
        return Structure("none", given=obj.value)
    if isinstance(obj, Conflict):
        return Structure("none", given=Opaque(obj.message))
    if isinstance(obj, (Library, Routine, Differentiated)):
        return Structure("none", given=Opaque("a function", is_called=True))
    return Structure()


def part_names(
    node: gast.FunctionDef, structures: Mapping[str, Structure]
) -> dict[str, tuple[str, ...]]:
    """Return what to call the parts of each parameter that has some."""
    found = {name: placed(s, name) for name, s in structures.items()}
    places = [leaf.place for s in found.values() for leaf in leaves(s)]
    given = _given(node, found) if places else {}
    given = {place: name for place, name in given.items() if name not in RESERVED}
    taken = RESERVED | locals_of(node) | read([node])
    names = iter(names_of(places, given, taken))
    return {
        name: tuple(next(names) for _ in range(s.width)) for name, s in found.items()
    }


def _given(
    node: gast.FunctionDef, structures: Mapping[str, Structure]
) -> dict[str, str]:
    """Return the names that the user gives to parts, by their places.

    Not those that stood for other things before.
    """
    found: dict[str, str] = {}
    seen: set[str] = set()
    statements = sorted(
        (n for n in within(node.body) if isinstance(n, (gast.Assign, gast.For))),
        key=lambda n: (n.lineno, n.col_offset),
    )
    for statement in statements:
        pairs = list(_pairs(statement))
        for place, name in pairs:
            part = None if place is None else _part(structures, place)
            if part is not None and name not in seen:
                found.setdefault(part.place, name)
        seen.update(name for _, name in pairs)
    return found


def _part(structures: Mapping[str, Structure], place: str) -> Structure | None:
    """Return the flat value at a place."""
    whole = structures.get(root_of(place))
    found = None if whole is None else find(whole, steps_of(place) or ())
    return found[1] if found is not None and found[1].kind == "leaf" else None


def _pairs(statement: gast.Assign | gast.For) -> Iterator[tuple[str | None, str]]:
    if isinstance(statement, gast.For):
        base = _place(statement.iter)
        for k in range(MOST_ITEMS):
            inner = None if base is None else f"{base}[{k}]"
            yield from _targets(statement.target, inner)
        return
    for target in statement.targets:
        value = statement.value
        if isinstance(target, gast.Tuple) and isinstance(value, gast.Tuple):
            for one, other in zip(target.elts, value.elts, strict=False):
                yield from _targets(one, _place(other))
        else:
            for place in _places(value):
                yield from _targets(target, place)


def _places(node: gast.AST) -> list[str | None]:
    """Return the places that an expression may be: ``layers[k]`` is all of them."""
    if isinstance(node, gast.Subscript) and isinstance(node.slice, gast.Name):
        base = _place(node.value)
        return [None if base is None else f"{base}[{k}]" for k in range(MOST_ITEMS)]
    return [_place(node)]


def _targets(target: gast.AST, place: str | None) -> Iterator[tuple[str | None, str]]:
    if isinstance(target, gast.Name):
        yield place, target.id
    elif isinstance(target, (gast.Tuple, gast.List)):
        for k, inner in enumerate(target.elts):
            yield from _targets(inner, None if place is None else f"{place}[{k}]")


def _place(node: gast.AST) -> str | None:
    """Return the place that an expression is, None if it computes something."""
    if isinstance(node, gast.Name):
        return str(node.id)
    if isinstance(node, gast.Attribute):
        base = _place(node.value)
        return None if base is None else f"{base}.{node.attr}"
    if isinstance(node, gast.Subscript) and isinstance(node.slice, gast.Constant):
        base = _place(node.value)
        return None if base is None else f"{base}[{key_text(node.slice.value)}]"
    return None
