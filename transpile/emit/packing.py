"""Parts of parameters taken out at the head of a function, and results packed."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from ..graph.ir import Function, Parameter, Value
from ..graph.structures import (
    RECORDS,
    Opaque,
    Structure,
    key_text,
    leaves,
    nodes,
    placed,
    root_of,
    steps_of,
)
from .expressions import (
    Atom,
    Binary,
    Entries,
    Listing,
    Node,
    Tuple,
    attribute,
    call,
    subscript,
)
from .statements import Block, Simple, Statement


def unpack(
    parameter: Parameter, names: Sequence[str], unused: Collection[Value]
) -> Iterator[Statement]:
    """Yield the statements that give names to the parts of a parameter.

    ``a, b = pair`` where the whole is taken apart, else ``w, b = p["w"], p["b"]`` for
    the parts that are used.
    """
    structure = placed(parameter.structure, parameter.name)
    if structure.kind == "leaf":
        return
    targets: list[Node | None] = [
        None if value in unused else Atom(name)
        for name, value in zip(names, parameter.values, strict=True)
    ]
    if parameter.structure.place:
        yield from _checks(structure)
    if structure.kind == "tuple" and None in targets:
        targets = [Atom(name) for name in names]
    yield from _taken(structure, targets)


def _taken(structure: Structure, targets: list[Node | None]) -> Iterator[Statement]:
    """Yield the statements that give names to the parts of a structure."""
    found = [target for target in targets if target is not None]
    if _is_nest(structure) and len(found) == len(targets):
        yield Simple(_node(structure.place), _bare(_pattern(structure, found)))
        return
    if structure.kind in ("tuple", "list"):  # a longer one would go unnoticed
        count = len(structure.children)
        test = Binary("!=", call("len", _node(structure.place)), Atom(str(count)))
        items = "1 item" if count == 1 else f"{count} items"
        yield _raise(test, f"{_plainly(structure.place)} must have {items}")
    yield from _parts(structure, targets)


def _raise(test: Node, text: str) -> Statement:
    raised = Simple(call("ValueError", Atom(key_text(text))), keyword="raise ")
    return Block("if ", test, [raised])


def _is_nest(structure: Structure) -> bool:
    """Whether a structure is taken apart by a nest of names.

    The parts of a tuple or list that have no value are called ``_``.
    """
    if structure.kind == "leaf":
        return True
    plain = structure.kind in ("tuple", "list")
    held = [c for c in structure.children if not plain or c.kind != "none"]
    nest = plain or structure.kind == "namedtuple"
    return nest and all(map(_is_nest, held)) and structure.width > 0


def _pattern(structure: Structure, names: list[Node]) -> Node:
    if structure.kind == "leaf":
        return names.pop(0)
    if structure.kind == "none":
        return Atom("_")
    return Tuple(tuple(_pattern(child, names) for child in structure.children))


def _parts(structure: Structure, targets: list[Node | None]) -> Iterator[Statement]:
    """Yield an assignment for the parts side by side, then what is below."""
    left: list[Node] = []
    right: list[Node] = []
    below: list[Statement] = []
    for child in structure.children:
        mine, targets = targets[: child.width], targets[child.width :]
        if child.kind != "leaf":
            below += _taken(child, mine)
        elif mine[0] is not None:
            left.append(mine[0])
            right.append(_node(child.place))
    if left:
        yield Simple(_side_by_side(right), _side_by_side(left))
    yield from below


def _side_by_side(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else Tuple(tuple(nodes), bare=True)


def _checks(structure: Structure) -> Iterator[Statement]:
    """Yield what raises where text or None is not what the function is made for."""
    for node in nodes(structure):
        if node.kind == "none" and not isinstance(node.given, Opaque):
            operator = "is not" if node.given is None else "!="
            test = Binary(operator, _node(node.place), Atom(key_text(node.given)))
            yield _raise(test, f"{_plainly(node.place)} must be {node.given!r}")


def _plainly(place: str) -> str:
    """Return a place without double quotes, as it stands in a message."""
    return place.replace('"', "'")


def needed_at_end(function: Function) -> set[str]:
    """Return the parameters that say what class a result is of."""
    records = (n for n in nodes(function.returns) if n.kind in RECORDS)
    places = (n.place or _place_of(n, function.parameters) for n in records)
    return {root_of(place) for place in places if place}


def packed(
    structure: Structure, items: tuple[Node, ...], parameters: Sequence[Parameter]
) -> Node:
    """Return a structure as an expression of its parts."""
    if structure.kind == "none":
        given = structure.given
        return Atom("None" if isinstance(given, Opaque) else key_text(given))
    if structure.kind == "list":
        return Listing(items)
    if structure.kind == "dict":
        return Entries(tuple(map(key_text, structure.names)), items)
    if structure.kind in RECORDS:
        given = root_of(structure.place) in {p.name for p in parameters}
        place = structure.place if given else _place_of(structure, parameters)
        made_by = call("type", _node(place)) if place else _class(structure)
        return call(made_by, *items)
    return Tuple(items)


def _place_of(structure: Structure, parameters: Sequence[Parameter]) -> str | None:
    """Return where a parameter holds a record of a class."""
    for parameter in parameters:
        for node in nodes(placed(parameter.structure, parameter.name)):
            if node.record == structure.record:
                return node.place
    return None


def _class(structure: Structure) -> Node:
    assert structure.record is not None
    return Atom(structure.record.name)


def _node(place: str) -> Node:
    """Return a place as an expression."""
    return _read(ast.parse(place, mode="eval").body)


def _read(node: ast.expr) -> Node:
    if isinstance(node, ast.Attribute):
        return attribute(_read(node.value), node.attr)
    if isinstance(node, ast.Subscript):
        return subscript(_read(node.value), Atom(_key(node.slice)))
    assert isinstance(node, ast.Name)
    return Atom(node.id)


def _key(node: ast.expr) -> str:
    return key_text(ast.literal_eval(node))


# ---- a function that takes arguments apart for another one ----


def is_packed(function: Function) -> bool:
    """Whether a function takes or returns anything but arrays, numbers and tuples."""
    taken = any(p.structure.kind != "leaf" for p in function.parameters)
    return taken or not _is_plain(function.returns)


def _is_plain(structure: Structure) -> bool:
    return structure.kind in ("leaf", "none", "tuple") and all(
        map(_is_plain, structure.children)
    )


def passed_on(function: Function, inner: Function) -> Iterator[Statement]:
    """Yield the statements that call a function of flat values for another one."""
    names = [parameter.name for parameter in inner.parameters]
    arguments = [Atom(name) for name in names]
    for parameter in function.parameters:
        count = len(parameter.values)
        yield from unpack(parameter, names[:count], ())
        names = names[count:]
    made = call(inner.name, *arguments)
    if _is_plain(function.returns):
        yield Simple(made, keyword="return ")
        return
    results = [Atom(name) for name in _result_names(function, inner)]
    yield Simple(made, _bare(_pattern(inner.returns, list(results))))
    rest: list[Node] = list(results)
    whole = _whole(function.returns, rest, function.parameters)
    yield Simple(_bare(whole), keyword="return ")


def _bare(node: Node) -> Node:
    """Return a tuple without its parentheses, where it has several items."""
    many = isinstance(node, Tuple) and len(node.items) > 1
    return Tuple(node.items, bare=True) if many and isinstance(node, Tuple) else node


def _result_names(function: Function, inner: Function) -> Iterator[str]:
    taken = {p.name for p in (*function.parameters, *inner.parameters)}
    for k, leaf in enumerate(leaves(function.returns)):
        words = [step for step in steps_of(leaf.place) or () if isinstance(step, str)]
        word = words[-1] if words and words[-1].isidentifier() else None
        own = function.body.results[k].name
        name = own or (f"{word}_bar" if word else f"value_{k}")
        while name in taken:
            name += "_2"
        taken.add(name)
        yield name


def _whole(
    structure: Structure, names: list[Node], parameters: Sequence[Parameter]
) -> Node:
    if structure.kind == "leaf":
        return names.pop(0)
    items = tuple(_whole(child, names, parameters) for child in structure.children)
    return packed(structure, items, parameters)
