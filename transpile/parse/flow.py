"""What is known of a function from its syntax: names bound, liveness, exits."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import gast
from beniget import beniget

FunctionNode: TypeAlias = gast.FunctionDef | gast.Lambda
Names = frozenset[str]
_SCOPES = (gast.FunctionDef, gast.Lambda, gast.AsyncFunctionDef, gast.ClassDef)
_LOOPS = (gast.For, gast.While)
_NONE: Names = frozenset()

# A function is parsed again and again until nothing new turns out about it. What its
# syntax says stays the same, and is looked up for each statement once.
_once = functools.lru_cache(maxsize=8192)


def parameters(node: FunctionNode) -> list[gast.Name]:
    """Return the nodes of all parameters, in order."""
    every = node.args
    named = [*every.posonlyargs, *every.args]
    named += [every.vararg] if every.vararg else []
    named += every.kwonlyargs
    return named + ([every.kwarg] if every.kwarg else [])


def stars(node: FunctionNode) -> dict[str, str]:
    """Return the parameters that take what is left of the arguments."""
    every = {"*": node.args.vararg, "**": node.args.kwarg}
    return {parameter.id: star for star, parameter in every.items() if parameter}


@_once
def locals_of(node: FunctionNode) -> Names:
    """Return the names that a function binds: parameters and what it assigns."""
    bound = {p.id for p in parameters(node)}
    return frozenset(bound | set(beniget.collect_locals(node)))


def within(nodes: Iterable[gast.AST]) -> Iterator[gast.AST]:
    """Yield nodes and all below them, but nothing inside nested functions."""
    for node in reversed([*nodes]):
        yield from _below(node)


@_once
def _below(node: gast.AST) -> tuple[gast.AST, ...]:
    found, waiting = [], [node]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, _SCOPES):
            waiting.extend(gast.iter_child_nodes(node))
    return tuple(found)


def assigned(nodes: Iterable[gast.AST]) -> list[str]:
    """Return the names that statements bind, in order of their first appearance."""
    found: dict[str, tuple[int, int]] = {}
    for node in (binder for each in reversed([*nodes]) for binder in _binders(each)):
        place = (node.lineno, node.col_offset)
        if isinstance(node, gast.Name):
            found[node.id] = min(place, found.get(node.id, place))
        else:
            found.setdefault(node.name, place)
    return sorted(found, key=lambda name: found[name])


def imported(node: gast.AST) -> list[str]:
    """Return the names that a statement binds if it is an import."""
    if not isinstance(node, (gast.Import, gast.ImportFrom)):
        return []
    return [each.asname or each.name.partition(".")[0] for each in node.names]


@_once
def _binders(node: gast.AST) -> tuple[gast.AST, ...]:
    """Return what binds names in a statement: names and definitions."""
    return tuple(
        each
        for each in _below(node)
        if isinstance(each, (gast.FunctionDef, gast.ClassDef))
        or (isinstance(each, gast.Name) and not isinstance(each.ctx, gast.Load))
    )


def read(nodes: Iterable[gast.AST]) -> Names:
    """Return the names that are read anywhere in expressions, nested ones included."""
    return _NONE.union(*map(_loaded, nodes))


@_once
def _loaded(node: gast.AST) -> Names:
    return frozenset(
        inner.id
        for inner in gast.walk(node)
        if isinstance(inner, gast.Name) and isinstance(inner.ctx, gast.Load)
    )


def has_body(node: gast.AST) -> bool:
    """Whether a statement holds others."""
    return isinstance(getattr(node, "body", None), list)


def may_exit(statements: Sequence[gast.AST]) -> bool:
    """Whether break, continue or return may leave these statements."""
    return any(map(_leaves, statements))


def _leaves(node: gast.AST, inside_loop: bool = False) -> bool:
    if isinstance(node, gast.Return):
        return True
    if isinstance(node, (gast.Break, gast.Continue)):
        return not inside_loop
    if isinstance(node, _SCOPES) or not isinstance(node, gast.stmt):
        return False
    if isinstance(node, _LOOPS):
        return any(_leaves(s, True) for s in node.body) or any(
            _leaves(s, inside_loop) for s in node.orelse
        )
    return any(_leaves(s, inside_loop) for s in gast.iter_child_nodes(node))


def always_exits(statements: Sequence[gast.AST]) -> bool:
    """Whether the end of these statements is never reached."""
    for node in statements:
        if isinstance(node, (gast.Break, gast.Continue, gast.Return, gast.Raise)):
            return True
        if isinstance(node, gast.If) and node.orelse:
            if always_exits(node.body) and always_exits(node.orelse):
                return True
        if isinstance(node, gast.While) and is_forever(node):
            return True
    return False


def is_forever(node: gast.While) -> bool:
    """Whether a loop is ``while True`` without a break of its own."""
    if not (isinstance(node.test, gast.Constant) and node.test.value):
        return False
    return not any(map(breaks, node.body))


def breaks(node: gast.AST) -> bool:
    """Whether a statement may break the loop that it stands in."""
    if isinstance(node, gast.Break):
        return True
    if isinstance(node, (*_SCOPES, *_LOOPS)) or not isinstance(node, gast.stmt):
        return isinstance(node, _LOOPS) and any(map(breaks, node.orelse))
    return any(map(breaks, gast.iter_child_nodes(node)))


@dataclass(frozen=True, slots=True)
class _Targets:
    """What is live where control goes on break and on continue."""

    at_break: Names = _NONE
    at_continue: Names = _NONE


class Liveness:
    """Which names are still read after each statement of a function."""

    def __init__(self, node: FunctionNode) -> None:
        self._after: dict[int, Names] = {}
        self._head: dict[int, Names] = {}
        body = node.body if isinstance(node, gast.FunctionDef) else []
        self._always = read(n for n in within(body) if isinstance(n, _SCOPES))
        self._block(body, _NONE, _Targets())

    @staticmethod
    def of(node: FunctionNode) -> Liveness:
        """Return what is live in a function, to which notes can be made."""
        found = copy.copy(_liveness(node))
        found._after, found._head = dict(found._after), dict(found._head)
        return found

    def after(self, statement: gast.AST) -> Names:
        """Return the names that may be read after a statement."""
        return self._after.get(id(statement), _NONE) | self._always

    def head(self, loop: gast.AST) -> Names:
        """Return the names that may be read from the head of a loop on."""
        return self._head.get(id(loop), _NONE) | self._always

    def replace(self, node: gast.While, made: gast.While) -> None:
        """Note a loop whose test was moved into its body."""
        self._after[id(made)] = self._after.get(id(node), _NONE)
        self._loop(made, self._after[id(made)], _Targets())

    def nest(self, statement: gast.AST, loop: gast.For) -> None:
        """Note a loop that stands for a part of an expression of a statement."""
        inside = self.after(statement) | read([statement])
        self._after[id(loop)] = inside - set(assigned([loop.target]))
        self._loop(loop, self._after[id(loop)], _Targets())

    def _block(self, body: Sequence[gast.AST], out: Names, to: _Targets) -> Names:
        for statement in reversed(body):
            self._after[id(statement)] = out
            out = self._statement(statement, out, to)
        return out

    def _statement(self, node: gast.AST, out: Names, to: _Targets) -> Names:
        if isinstance(node, gast.Return):
            return read([node])
        if isinstance(node, gast.Break):
            return to.at_break
        if isinstance(node, gast.Continue):
            return to.at_continue
        if isinstance(node, gast.If):
            yes, no = (self._block(b, out, to) for b in (node.body, node.orelse))
            return read([node.test]) | yes | no
        if isinstance(node, _LOOPS):
            return self._loop(node, out, to)
        if isinstance(node, gast.With):
            return read(node.items) | self._block(node.body, out, to)
        return self._simple(node, out)

    def _simple(self, node: gast.AST, out: Names) -> Names:
        bound = set(assigned([node]))
        used = read([node])
        if isinstance(node, gast.AugAssign) and isinstance(node.target, gast.Name):
            used |= {node.target.id}
        return (out - bound) | used

    def _loop(self, node: gast.For | gast.While, out: Names, to: _Targets) -> Names:
        done = self._block(node.orelse, out, to)
        is_for = isinstance(node, gast.For)
        target = frozenset(assigned([node.target])) if is_for else _NONE
        again = _NONE if is_for else read([node.test])
        head = done | again
        while True:
            inside = self._block(node.body, head, _Targets(out, head))
            # The names inside a target such as a[i] are read.
            inside = (inside - target) | (read([node.target]) if is_for else _NONE)
            if inside <= head:
                break
            head |= inside
        self._head[id(node)] = head
        return head | (read([node.iter]) if is_for else _NONE)


@_once
def _liveness(node: FunctionNode) -> Liveness:
    return Liveness(node)
