"""Which loops may run in any order, and what becomes of what their iterations share."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..c.arrays import base_of
from ..c.syntax import mentions, moves, names_in, ranged, stored_in
from ..c.values import indices
from .memory import LIBRARY, PRODUCTS, ROUTINES

# Whether a variable stands in a piece of Python.
Mentions = Callable[[ast.AST, str], bool]
EXTREMES: Mapping[str, str] = {
    "_vmax": "maximum",
    "_vmin": "minimum",
    "np.maximum": "maximum",
    "np.minimum": "minimum",
}


@dataclass
class Shared:
    """What the iterations of a loop share although they may run in any order.

    ``sums`` are numbers that they add to, ``extremes`` those of which they find the
    greatest or least, ``scattered`` arrays that they only add to.
    """

    sums: list[str] = field(default_factory=list)
    extremes: dict[str, str] = field(default_factory=dict)
    scattered: list[str] = field(default_factory=list)

    @property
    def reduced(self) -> list[tuple[str, str]]:
        """The numbers that are put together, each with the way."""
        return [(name, "sum") for name in self.sums] + list(self.extremes.items())


def independent(
    loop: ast.For,
    arrays: Mapping[str, str],
    later: Collection[str],
    in_front: Callable[[ast.expr], bool],
) -> Shared | None:
    """Return what the iterations of a loop share, None if their order matters.

    ``arrays`` has the block of memory of each array, ``later`` the variables that are
    read after the loop; ``in_front`` says of an index that it is not negative.
    """
    if not isinstance(loop.target, ast.Name) or not _is_plain(loop.body):
        return None
    if not isinstance(loop.iter, ast.Call) or ranged(loop.iter.args)[2] not in (1, -1):
        return None
    counter = loop.target.id
    shared = Shared()
    nodes = [node for statement in loop.body for node in ast.walk(statement)]
    if counter in later or counter in stored_in(loop.body):
        return None
    if not _numbers(loop, nodes, arrays, later, shared):
        return None
    stored = stored_in(loop.body)
    written = {base for n in nodes for base in _written(n)}
    if any(base is None for base in written) or stored & set(arrays):
        return None
    for name in sorted(base for base in written if base is not None):
        uses = [n for n in nodes if isinstance(n, ast.Subscript) and base_of(n) == name]
        if not all(isinstance(u.value, ast.Name) for u in uses):
            return None
        others = set(names_in(loop.body)) & set(arrays) - {name}
        if any(arrays[other] == arrays[name] for other in others):
            return None  # the same memory under two names
        bare = sum(isinstance(n, ast.Name) and n.id == name for n in nodes)
        shapes = sum(_is_shape(n, name) for n in nodes)
        if bare - shapes != len(uses):
            return None  # a view of it, or a call that may write it
        if moves([indices(u) for u in uses], counter, stored, in_front):
            continue
        if not _is_scattered(name, nodes, len(uses)):
            return None
        shared.scattered.append(name)
    return shared


def _is_plain(body: Sequence[ast.stmt]) -> bool:
    """Whether an iteration always ends where it should, and asks for no memory."""
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.While | ast.Return):
                return False
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
                return False
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                if name.startswith(LIBRARY):
                    return False
                if name in PRODUCTS or name in ROUTINES:
                    return False
    return not leaves(body)


def leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether statements end the loop that they stand in."""
    for statement in body:
        if isinstance(statement, ast.Break | ast.Continue):
            return True
        if isinstance(statement, ast.If):
            if leaves(statement.body) or leaves(statement.orelse):
                return True
    return False


def _written(node: ast.AST) -> Iterator[str | None]:
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        yield node.value.id if isinstance(node.value, ast.Name) else None


def _is_shape(node: ast.AST, name: str) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in ("shape", "size")
        and isinstance(node.value, ast.Name)
        and node.value.id == name
    )


# ---- numbers ----


def _numbers(
    loop: ast.For,
    nodes: Sequence[ast.AST],
    arrays: Mapping[str, str],
    later: Collection[str],
    shared: Shared,
) -> bool:
    """Find sums and extremes; tell whether all other numbers are an iteration's own."""
    assigned = stored_in(loop.body) - set(arrays)
    for name in sorted(assigned):
        if _is_summed(name, nodes):
            shared.sums.append(name)
            continue
        extreme = _extreme_of(name, nodes)
        if extreme is not None:
            shared.extremes[name] = extreme
            continue
        if name in later or not is_own(loop.body, name):
            return False
    return True


def _is_summed(name: str, nodes: Sequence[ast.AST]) -> bool:
    uses = sum(isinstance(n, ast.Name) and n.id == name for n in nodes)
    adds = [n for n in nodes if isinstance(n, ast.AugAssign)]
    sums = sum(
        isinstance(n.target, ast.Name)
        and n.target.id == name
        and isinstance(n.op, ast.Add | ast.Sub)
        for n in adds
    )
    return uses == sums > 0


def _extreme_of(name: str, nodes: Sequence[ast.AST]) -> str | None:
    """Return maximum or minimum for ``top = _vmax(top, x)``, if that is all."""
    uses = sum(isinstance(n, ast.Name) and n.id == name for n in nodes)
    found = set()
    count = 0
    for node in nodes:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=target)],
                value=ast.Call(func=function, args=[ast.Name(id=first), _]),
            ) if target == first == name:
                found.add(EXTREMES.get(ast.unparse(function)))
                count += 1
    if uses != 2 * count or len(found) != 1:
        return None
    return found.pop()


def is_own(body: Sequence[ast.stmt], name: str, mentions: Mentions = mentions) -> bool:
    """Whether an iteration always assigns a number before it reads it.

    Branches on one condition, which does not change in between, go the same way.
    """
    if _is_own(body, name, mentions):
        return True
    test = _asked_again(body, name, mentions)
    return test is not None and all(
        _is_own(_decided(body, test, value), name, mentions) for value in (True, False)
    )


def _asked_again(body: Sequence[ast.stmt], name: str, mentions: Mentions) -> str | None:
    """Return another variable, on which several statements branch that mention one.

    It keeps its value from the first of these on.
    """
    found: dict[str, list[int]] = {}
    for k, statement in enumerate(body):
        match statement:
            case ast.If(test=ast.Name(id=test)) if mentions(statement, name):
                found.setdefault(test, []).append(k)
    for test, places in found.items():
        if (
            test != name
            and len(places) > 1
            and test not in stored_in(body[places[0] :])
        ):
            return test
    return None


def _decided(body: Sequence[ast.stmt], test: str, value: bool) -> list[ast.stmt]:
    """Return statements with the branches that are taken if a boolean has a value."""
    made: list[ast.stmt] = []
    for statement in body:
        match statement:
            case ast.If(test=ast.Name(id=name), body=yes, orelse=no) if name == test:
                made += yes if value else no
            case _:
                made.append(statement)
    return made


def _is_own(body: Sequence[ast.stmt], name: str, mentions: Mentions) -> bool:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                if mentions(value, name):
                    return False
                if target == name:
                    return True
            case ast.If(test=test, body=yes, orelse=no):
                if mentions(test, name):
                    return False
                has = [
                    part for part in (yes, no) if any(mentions(s, name) for s in part)
                ]
                if not all(is_own(part, name, mentions) for part in has):
                    return False
                if len(has) == 2:
                    return True
            case ast.For(target=target, iter=iterated, body=inner):
                if isinstance(target, ast.Name) and target.id == name:
                    continue
                if mentions(iterated, name):
                    return False
                inside = any(mentions(s, name) for s in inner)
                if inside and not is_own(inner, name, mentions):
                    return False
            case _:
                if mentions(statement, name):
                    return False
    return True


def is_set(body: Sequence[ast.stmt], name: str, mentions: Mentions = mentions) -> bool:
    """Whether statements surely assign a number before anything reads it."""
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                if mentions(value, name):
                    return False
                if target == name:
                    return True
            case ast.If(test=test, body=yes, orelse=no):
                if mentions(test, name):
                    return False
                if is_set(yes, name, mentions) and is_set(no, name, mentions):
                    return True
                if mentions(statement, name):
                    return False
            case _:
                if mentions(statement, name):
                    return False
    return False


def live(rest: Sequence[ast.stmt], later: Collection[str]) -> set[str]:
    """Return the variables whose values statements, or what comes after, may read."""
    names = functools.cache(lambda node: frozenset(names_in([node])))

    def mentions(node: ast.AST, name: str) -> bool:
        return name in names(node)

    read = {name for name in names_in(rest) if not is_own(rest, name, mentions)}
    return read | {name for name in later if not is_set(rest, name, mentions)}


# ---- arrays ----


def _is_scattered(name: str, nodes: Sequence[ast.AST], uses: int) -> bool:
    """Whether a loop does nothing with an array but add to its elements."""
    adds = sum(
        isinstance(n, ast.AugAssign)
        and isinstance(n.op, ast.Add | ast.Sub)
        and isinstance(n.target, ast.Subscript)
        and base_of(n.target) == name
        for n in nodes
    )
    return adds == uses
