"""Which loops are dealt out to threads or warps, and which the host runs."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from typing import NamedTuple

from ..c.kinds import Array
from ..c.syntax import names_in, stored_in
from .kernel import Kernels
from .loops import Shared, independent, is_own, leaves, live
from .memory import has_memory
from .places import is_device
from .still import Still, still

DEEPEST = 3


class Dealt(NamedTuple):
    """Loops directly inside each other for threads, or one for warps."""

    loops: Sequence[ast.For]
    shared: Shared
    warps: bool


class Dealing:
    """Answers questions about the loops of one function."""

    def __init__(self, kernels: Kernels, device: Collection[str]) -> None:
        self.kernels, self.device = kernels, device
        kinds = kernels.entry.kinds
        self.arrays = {n: k for n, k in kinds.items() if isinstance(k, Array)}

    def on_device(self, node: ast.AST) -> bool:
        """Whether only the device knows an expression."""
        return is_device(node, self.arrays, self.device)

    def decides(self, head: ast.AST, body: Sequence[ast.stmt]) -> bool:
        """Whether the device decides how often a loop runs."""
        if self.on_device(head):
            return True
        for inner in (s for s in body if isinstance(s, ast.If)):
            every = [*inner.body, *inner.orelse]
            if leaves(every) and self.decides(inner.test, every):
                return True
        return False

    def is_for_host(
        self, statements: Sequence[ast.stmt], later: Collection[str]
    ) -> bool:
        """Whether the host has to see to statements: memory, names, work for many."""
        if has_memory(*statements) or self.rebound(statements, later):
            return True
        return self.has_dealt(statements, later)

    def alone(self, node: ast.For, later: Collection[str]) -> Still | None:
        """Return a loop for one thread, None if the host has to see to it."""
        if not self.is_for_host(node.body, live([node], later)):
            return Still([], node)
        found = still(node, self.kernels.entry.kinds, later)
        if found is None or self.is_for_host(found.loop.body, ()):
            return None
        return found

    def rebound(
        self, statements: Sequence[ast.stmt], later: Collection[str]
    ) -> set[str]:
        """Return the arrays that get other memory, and are read after that."""
        found = stored_in(statements) & set(self.arrays)
        return {n for n in found if n in later or not is_own(statements, n)}

    def dealt(self, node: ast.For, later: Collection[str]) -> Dealt | None:
        """Return what to deal out of a loop, None if its iterations keep an order."""
        shared = self.free(node, later)
        other = _turned(node)
        if other is not None and (shared is None or shared.scattered):
            turned = self.free(other, later)
            if turned is not None and not turned.scattered:
                node, shared = other, turned
        if shared is None:
            return None
        loops = self._nest(node, shared, later)
        inner = loops[-1].body
        can_share = not shared.scattered and not _raises(inner) and len(loops) == 1
        if can_share and any(self._for_lanes(s) for s in inner):
            return Dealt([node], shared, True)
        return Dealt(loops, shared, False)

    def has_dealt(self, statements: Sequence[ast.stmt], later: Collection[str]) -> bool:
        """Whether something in a loop is for many threads."""
        every = set(names_in(statements)) | set(later)
        for statement in statements:
            match statement:
                case ast.For(iter=head, body=body):
                    if not self.on_device(head) and not _is_short(statement):
                        if self.free(statement) is not None:
                            return True
                    if self.has_dealt(body, every):
                        return True
                case ast.While(body=body) if self.has_dealt(body, every):
                    return True
                case ast.If(body=body, orelse=other):
                    if self.has_dealt([*body, *other], every):
                        return True
        return False

    def free(self, loop: ast.For, later: Collection[str] = ()) -> Shared | None:
        """Return what the iterations of a loop share, None if their order matters."""
        kernels = self.kernels
        if self.on_device(loop.iter):
            return None
        groups = kernels.sharing.at(loop)
        return independent(loop, groups, later, kernels.in_front)

    def _nest(
        self, node: ast.For, shared: Shared, later: Collection[str]
    ) -> list[ast.For]:
        """Return loops, one directly inside the other, that may all be dealt out."""
        loops = [node]
        while len(loops) < DEEPEST and len(loops[-1].body) == 1:
            inner = loops[-1].body[0]
            if not isinstance(inner, ast.For) or shared.scattered:
                break
            counters = {n for loop in loops for n in names_in([loop.target])}
            if counters & set(names_in([inner.iter])):
                break
            found = self.free(inner, later)
            if found is None or found.scattered:
                break
            loops.append(inner)
        return loops

    def _for_lanes(self, node: ast.stmt) -> bool:
        """Whether the lanes of a warp may share a loop, and it is worth it."""
        if not isinstance(node, ast.For) or _is_short(node):
            return False
        found = self.free(node)
        return found is not None and not found.scattered


def _is_short(node: ast.For) -> bool:
    """Whether a loop has a few iterations, as the text says."""
    if not isinstance(node.iter, ast.Call):
        return True
    bounds = [a.value for a in node.iter.args if isinstance(a, ast.Constant)]
    few = all(isinstance(bound, int) and bound <= 64 for bound in bounds)
    return few and len(bounds) == len(node.iter.args)


def _raises(statements: Sequence[ast.stmt]) -> bool:
    return any(isinstance(n, ast.Raise) for s in statements for n in ast.walk(s))


def _turned(node: ast.For) -> ast.For | None:
    """Return a loop directly around another one with the two exchanged."""
    if len(node.body) != 1 or not isinstance(node.body[0], ast.For):
        return None
    inner = node.body[0]
    if set(names_in([node.target])) & set(names_in([inner.iter])):
        return None
    if set(stored_in(node.body)) & set(names_in([inner.iter])):
        return None
    below = ast.For(node.target, node.iter, inner.body, [])
    made = ast.For(inner.target, inner.iter, [below], [])
    for new in (below, made):
        ast.copy_location(new, inner)
    return made
