"""Inner loops whose sums may be taken in any order, for vector code.

C compilers keep the order of a sum unless they are told; a pragma tells it of one
loop, and says also that no iteration waits for another. That must be so: every array
that the loop writes is one made in this function, of which all uses in the loop have
the same index, moving with the counter, in one of their places.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Protocol

from .kinds import REAL, SINGLE, Array, Kind
from .syntax import mentions, moves, read_in, stored_in
from .values import indices


class Asked(Protocol):
    """What is known of the function."""

    def kind(self, node: ast.expr) -> Kind: ...  # noqa: D102
    def is_own(self, name: str) -> bool: ...  # noqa: D102
    def is_quick(self, node: ast.Call) -> bool: ...  # noqa: D102
    def in_front(self, node: ast.expr) -> bool: ...  # noqa: D102


def summed(loop: ast.For, of: Asked) -> list[str]:
    """Return the variables that an inner loop adds to, none if it may not be told."""
    if not all(isinstance(s, ast.Assign | ast.AugAssign | ast.If) for s in loop.body):
        return []
    nodes = [node for s in loop.body for node in ast.walk(s)]
    if any(isinstance(n, ast.stmt) and not _is_plain(n) for n in nodes):
        return []
    if any(isinstance(n, ast.Call) and not of.is_quick(n) for n in nodes):
        return []
    found = list(dict.fromkeys(_sums(nodes)))
    if not found or any(not _only_added(name, nodes) for name in found):
        return []
    if any(of.kind(ast.Name(n, ast.Load())) not in (REAL, SINGLE) for n in found):
        return []
    assert isinstance(loop.target, ast.Name)
    if not _carries_nothing(loop, found) or not _is_apart(loop, nodes, of):
        return []
    return found


def extreme(loop: ast.For, of: Asked) -> tuple[str, str, ast.expr] | None:
    """Return the variable, the sign and the value of a loop that finds an extreme."""
    match loop.body:
        case [
            ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(
                    func=ast.Name(id="_vmax" | "_vmin" as which),
                    args=[ast.Name(id=also), value],
                ),
            )
        ] if name == also and of.kind(value) == REAL:
            inside = list(ast.walk(value))
            reads = any(isinstance(n, ast.Name) and n.id == name for n in inside)
            if not reads and not any(isinstance(n, ast.Call) for n in inside):
                return name, ">" if which == "_vmax" else "<", value
    return None


def extreme_lines(
    head: str, own: str, sign: str, value: str, fresh: tuple[str, str]
) -> Iterator[str]:
    """Yield a loop for a greatest or least number, as vector code.

    A comparison forgets a nan; so a sum keeps it.
    """
    nan, each = fresh
    which = "max" if sign == ">" else "min"
    yield f"double {nan} = {own} != {own} ? {own} : 0.0;"
    yield f"#pragma omp simd reduction({which} : {own}) reduction(+ : {nan})"
    yield head
    yield f"    const double {each} = {value};"
    yield f"    {own} = {each} {sign} {own} ? {each} : {own};"
    yield f"    {nan} += {each} != {each} ? {each} : 0.0;"
    yield "}"
    yield f"{own} = {nan} != {nan} ? {nan} : {own};"


Product = tuple[ast.Name, ast.Subscript, ast.Subscript, ast.expr]


def scalar_product(loop: ast.For, of: Asked) -> Product | None:
    """Return the sum, the factors and the stop of a loop over rows of two arrays.

    The factors stand at the rows' beginnings: ``a[i, 0]`` for ``a[i, k]``.
    """
    match loop:
        case ast.For(
            target=ast.Name(id=counter),
            iter=ast.Call(args=[stop]),
            body=[
                ast.AugAssign(
                    target=ast.Name() as total,
                    op=ast.Add(),
                    value=ast.BinOp(
                        left=ast.Subscript() as a,
                        op=ast.Mult(),
                        right=ast.Subscript() as b,
                    ),
                )
            ],
        ) if of.kind(total) == of.kind(a) == of.kind(b) == REAL:
            first, second = (_row(each, counter, of) for each in (a, b))
            if first is not None and second is not None:
                return total, first, second, stop
    return None


def _row(element: ast.Subscript, counter: str, of: Asked) -> ast.Subscript | None:
    """Return the first element of the row that a counter goes through, if it does."""
    *others, last = indices(element)
    whole = of.kind(element.value)
    if not isinstance(whole, Array) or not whole.packed:
        return None
    is_last = isinstance(last, ast.Name) and last.id == counter
    if not is_last or any(mentions(each, counter) for each in others):
        return None
    if not isinstance(element.value, ast.Name):
        return None
    places = ast.Tuple([*others, ast.Constant(0)], ast.Load())
    return ast.Subscript(element.value, places, ast.Load())


def _is_plain(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Name | ast.Subscript)
    return isinstance(node, ast.AugAssign | ast.If)


def _sums(nodes: Sequence[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add() | ast.Sub()):
                yield name


def _only_added(name: str, nodes: Sequence[ast.AST]) -> bool:
    """Whether a loop does nothing with a variable but add to it."""
    uses = sum(isinstance(n, ast.Name) and n.id == name for n in nodes)
    return uses == list(_sums(nodes)).count(name)


def _carries_nothing(loop: ast.For, sums: Sequence[str]) -> bool:
    """Whether each other variable is assigned in an iteration before it is read."""
    assigned = stored_in(loop.body)
    known = set(sums)
    for statement in loop.body:
        if isinstance(statement, ast.If) and stored_in([statement]) - set(sums):
            return False
        read = read_in([statement])
        if isinstance(statement, ast.AugAssign) and isinstance(
            statement.target, ast.Name
        ):
            read.add(statement.target.id)
        if (read & assigned) - known:
            return False
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]):
                known.add(name)
    return True


def _is_apart(loop: ast.For, nodes: Sequence[ast.AST], of: Asked) -> bool:
    """Whether no two iterations touch one element that one of them writes."""
    assert isinstance(loop.target, ast.Name)
    counter = loop.target.id
    elements = [n for n in nodes if isinstance(n, ast.Subscript) and _base(n)]
    written = {_base(n) for n in elements if isinstance(n.ctx, ast.Store)}
    assigned = stored_in(loop.body)
    for name in written:
        if not of.is_own(name):
            return False
        uses = [indices(n) for n in elements if _base(n) == name]
        others = sum(isinstance(n, ast.Name) and n.id == name for n in nodes)
        if others != len(uses) or not moves(uses, counter, assigned, of.in_front):
            return False
    return True


def _base(node: ast.Subscript) -> str:
    return node.value.id if isinstance(node.value, ast.Name) else ""
