"""Loops that make a small array anew in every iteration: it keeps its memory.

Before::

    for t in range(n):
        y_2 = np.empty(3)
        y_2[0] = y[0] + h * y[1]
        ...
        y = y_2

after, the device may run the loop without the host::

    y = y.copy()
    y_2 = np.empty(3)
    for t in range(n):
        y_2[0] = y[0] + h * y[1]
        ...
        for k in range(3):
            y[k] = y_2[k]
"""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ..c.kinds import Array, Kind
from ..c.syntax import stored_in
from ..c.values import indices
from .loops import is_own
from .memory import Moved, is_memory, shape_of
from .questions import written_in

MOST = 64


class Still(NamedTuple):
    """A loop that asks for no memory, and the lines that make it before."""

    lines: list[str]
    loop: ast.For


class Made(NamedTuple):
    """What a small array is made with, and its lengths."""

    text: str
    lengths: list[str]


def still(
    loop: ast.For, kinds: Mapping[str, Kind], later: Collection[str]
) -> Still | None:
    """Return a loop whose small arrays keep their memory, None if they may not."""
    made = _made(loop, kinds)
    handed, ends = _handed(loop.body)
    if not made or any(source not in made for source in handed.values()):
        return None
    arrays = {n for n in stored_in(loop.body) if isinstance(kinds.get(n), Array)}
    names = {*made, *handed}
    own = {name for name in made if is_own(loop.body, name)}
    if arrays - names or set(made) & set(handed) or own & set(later):
        return None
    if set(handed.values()) - own:
        return None
    if any(_writes_before(loop.body, name) for name in names):
        return None  # what other names stand for may be written
    if any(kinds.get(to) != kinds[source] for to, source in handed.items()):
        return None
    if not all(_is_by_element(loop.body[:ends], name, kinds[name]) for name in names):
        return None
    kept = [*handed, *(name for name in made if name not in own)]
    lines = [f"{name} = {name}.copy()" for name in kept]
    lines += [f"{name} = cp.empty({made[name].text})" for name in made if name in own]
    ranks = {name: len(each.lengths) for name, each in made.items()}
    new = copy.deepcopy(loop)
    new.body = new.body[:ends] + [
        _copied(to, source, made[source].lengths, loop.body[ends])
        for to, source in handed.items()
    ]
    moved = Moved(ranks).visit(new)
    assert isinstance(moved, ast.For)
    return Still(lines, ast.fix_missing_locations(moved))


def _made(loop: ast.For, kinds: Mapping[str, Kind]) -> dict[str, Made]:
    """Return what makes the small arrays of an iteration; nothing if one is not."""
    found: dict[str, Made] = {}
    for node in ast.walk(loop):
        if not isinstance(node, ast.Assign) or not is_memory(node):
            continue
        assert isinstance(node.value, ast.Call)
        name, kind = (
            ast.unparse(node.targets[0]),
            kinds.get(ast.unparse(node.targets[0])),
        )
        if not isinstance(kind, Array):
            return {}
        lengths = shape_of(node.value, kind.rank)
        if not all(map(str.isdigit, lengths)) or math.prod(map(int, lengths)) > MOST:
            return {}
        call = ast.Call(ast.Name("f"), node.value.args, node.value.keywords)
        each = Made(ast.unparse(call)[2:-1], lengths)
        if found.setdefault(name, each) != each:
            return {}
    return found


def _handed(body: list[ast.stmt]) -> tuple[dict[str, str], int]:
    """Return the arrays that are others at the end of a body, and where that begins."""
    found: dict[str, str] = {}
    k = len(body)
    while k:
        match body[k - 1]:
            case ast.Assign(targets=[ast.Name(id=to)], value=ast.Name(id=source)):
                found[to] = source
                k -= 1
            case _:
                break
    return found, k


def _writes_before(body: list[ast.stmt], name: str) -> bool:
    """Whether an iteration writes elements of an array before it makes it anew."""
    for statement in body:
        if isinstance(statement, ast.Assign) and is_memory(statement):
            if ast.unparse(statement.targets[0]) == name:
                return False
        if name in written_in([statement]):
            return True
    return False


def _is_by_element(body: list[ast.stmt], name: str, kind: Kind) -> bool:
    """Whether an array is only made, and its elements read and written."""
    assert isinstance(kind, Array)
    nodes = [n for s in body for n in ast.walk(s)]
    bare = sum(isinstance(n, ast.Name) and n.id == name for n in nodes)
    made = sum(
        isinstance(n, ast.Assign) and is_memory(n) and ast.unparse(n.targets[0]) == name
        for n in nodes
    )
    elements = sum(
        isinstance(n, ast.Subscript)
        and isinstance(n.value, ast.Name)
        and n.value.id == name
        and len(indices(n)) == kind.rank
        and not any(isinstance(each, ast.Slice) for each in indices(n))
        for n in nodes
    )
    return bare == made + elements


def _copied(to: str, source: str, lengths: Sequence[str], at: ast.stmt) -> ast.stmt:
    """Return loops that copy elements."""
    counters = [f"{to}_{k}" for k in range(len(lengths))]
    place = ", ".join(counters)
    made: ast.stmt = ast.parse(f"{to}[{place}] = {source}[{place}]").body[0]
    for counter, length in reversed([*zip(counters, lengths, strict=True)]):
        head = f"for {counter} in range({length}): pass"
        (outer,) = ast.parse(head).body
        assert isinstance(outer, ast.For)
        outer.body, made = [made], outer
    for node in ast.walk(made):
        if "lineno" in node._attributes:
            ast.copy_location(node, at)
    return made
