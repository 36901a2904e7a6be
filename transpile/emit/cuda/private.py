"""Memory that each iteration makes for itself, with an axis for the iterations.

Before::

    for i in range(n):
        row = np.empty(k)
        for j in range(k):
            row[j] = f(i, j)
        ...

after, the loop is free to be dealt out::

    row = np.empty((n, k))
    for i in range(n):
        for j in range(k):
            row[i, j] = f(i, j)
        ...
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from ..c.kinds import Array, Kind
from ..c.syntax import names_in, ranged, stored_in
from ..c.values import indices
from .loops import is_own
from .memory import Moved, is_memory, shape_of


class Private(NamedTuple):
    """A loop whose iterations have memory of their own, and what makes that memory."""

    loop: ast.For
    made: dict[str, str]
    kinds: dict[str, Array]


def private(
    loop: ast.For,
    kinds: Mapping[str, Kind],
    shared: Collection[str],
    fresh: Callable[[str], str],
    last: bool,
) -> Private | None:
    """Return a loop with an axis for its iterations in memory that they make.

    ``shared`` are arrays that are used elsewhere, ``fresh`` finds a new name; ``last``:
    the axis is the last one, so that threads side by side read side by side.
    """
    count = _length(loop)
    found = _creations(loop, kinds)
    if count is None or not found:
        return None
    counter = ast.unparse(loop.target)
    own, made, new = dict[str, str](), dict[str, str](), dict[str, Array]()
    for name, nodes in found.items():
        call, kind = nodes[0].value, kinds[name]
        assert isinstance(call, ast.Call) and isinstance(kind, Array)
        if not _is_private(name, kind, nodes, loop):
            return None
        own[name] = fresh(name) if name in shared else name
        shape = shape_of(call, kind.rank)
        shape = [*shape, count] if last else [count, *shape]
        dtype = "".join(f", {ast.unparse(each)}" for each in call.args[1:])
        dtype += "".join(f", {ast.unparse(each)}" for each in call.keywords)
        made[own[name]] = f"cp.empty(({', '.join(shape)}){dtype})"
        new[own[name]] = Array(kind.dtype, kind.rank + 1)
    ranks = {n: k.rank for n, k in kinds.items() if isinstance(k, Array)}
    node = Moved({name: ranks[name] for name in found}).visit(copy.deepcopy(loop))
    node = _Indexed(own, counter, last).visit(node)
    return Private(ast.fix_missing_locations(node), made, new)


def _length(loop: ast.For) -> str | None:
    """Return a number that the counter stays below, None if it may be negative."""
    if not isinstance(loop.target, ast.Name) or not isinstance(loop.iter, ast.Call):
        return None
    start, stop, step = ranged(loop.iter.args)
    if step == 1 and isinstance(start, ast.Constant):
        return ast.unparse(stop)
    if step == -1 and ast.unparse(stop) == "-1":
        match start:
            case ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant(value=1)):
                return ast.unparse(left)
        return f"{ast.unparse(start)} + 1"
    return None


def _creations(loop: ast.For, kinds: Mapping[str, Kind]) -> dict[str, list[ast.Assign]]:
    """Return the statements of a loop that make memory, by name."""
    found: dict[str, list[ast.Assign]] = {}
    for node in ast.walk(loop):
        if isinstance(node, ast.Assign) and is_memory(node):
            (target,) = node.targets
            if isinstance(target, ast.Name) and isinstance(kinds.get(target.id), Array):
                found.setdefault(target.id, []).append(node)
    return found


def _is_private(name: str, kind: Array, nodes: list[ast.Assign], loop: ast.For) -> bool:
    """Whether memory is made alike in all iterations, and used element by element."""
    shapes = {ast.unparse(node.value.args[0]) for node in nodes}  # type: ignore[attr-defined]
    inside = stored_in([loop])
    if len(shapes) != 1 or inside & set(names_in([nodes[0].value])):
        return False
    if not is_own(loop.body, name):
        return False  # an iteration reads what the one before left
    every = list(ast.walk(loop))
    bare = sum(isinstance(n, ast.Name) and n.id == name for n in every)
    elements = [n for n in every if isinstance(n, ast.Subscript) and _is(n.value, name)]
    shaped = [n for n in every if isinstance(n, ast.Attribute) and _is(n.value, name)]
    whole = all(
        len(indices(n)) == kind.rank
        and not any(isinstance(i, ast.Slice) for i in indices(n))
        for n in elements
    )
    # Lengths are asked for as `row.shape[0]`.
    asked = sum(
        isinstance(n, ast.Subscript)
        and n.value in shaped
        and isinstance(n.slice, ast.Constant)
        for n in every
    )
    named = len(nodes) + len(elements) + len(shaped)
    return whole and asked == len(shaped) and bare == named


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


class _Indexed(ast.NodeTransformer):
    """Writes elements with an index more."""

    def __init__(self, own: Mapping[str, str], counter: str, last: bool) -> None:
        self.own, self.counter, self.last = own, counter, last

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        match node.value:
            case ast.Name(id=name) if name in self.own:
                own: ast.expr = ast.Name(self.counter, ast.Load())
                places = indices(node)
                places = [*places, own] if self.last else [own, *places]
                node.value = ast.Name(self.own[name], ast.Load())
                node.slice = ast.Tuple(places, ast.Load())
            case ast.Attribute(value=ast.Name(id=name) as array) if name in self.own:
                array.id = self.own[name]
                assert isinstance(node.slice, ast.Constant)
                if not self.last:
                    node.slice = ast.Constant(node.slice.value + 1)  # type: ignore[operator]
        return node
