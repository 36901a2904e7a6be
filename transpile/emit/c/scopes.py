"""Where variables are declared: in the smallest block that holds all their uses.

A variable that an iteration may take over from the one before, since no assignment at
the head of the block comes first, is declared before the loops.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

Path = tuple["Block", ...]


@dataclass(eq=False)
class Block:
    """A list of statements; ``repeats`` if it is the body of a loop."""

    statements: Sequence[ast.stmt]
    repeats: bool = False
    # What is declared before a statement, by its position.
    before: dict[int, list[str]] = field(default_factory=dict)


@dataclass
class Uses:
    """Where a variable stands, and the statements that declare it."""

    paths: list[tuple[Path, int]] = field(default_factory=list)
    assigned: int = 0
    inline: list[ast.stmt] = field(default_factory=list)
    homes: list[Path] = field(default_factory=list)


class Scopes:
    """The blocks of a function and the variables declared in each."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self.parameters = [a.arg for a in function.args.args]
        self.uses: dict[str, Uses] = {}
        self.blocks: dict[int, Block] = {}
        self.top = self._visit(function.body, (), False)
        for name, uses in self.uses.items():
            if uses.assigned and name not in self.parameters:
                _settle(name, uses)

    def of(self, statements: Sequence[ast.stmt]) -> Block:
        """Return the block of a list of statements."""
        return self.blocks[id(statements)]

    def is_fixed(self, name: str) -> bool:
        """Whether a variable has one value: a parameter's, or that of one statement."""
        uses = self.uses.get(name)
        if name in self.parameters:
            return uses is None or not uses.assigned
        return uses is not None and uses.assigned == 1

    def declares(self, node: ast.AST, name: str) -> bool:
        """Whether a statement declares the variable that it assigns."""
        return any(node is one for one in self.uses[name].inline)

    def encloses(self, outer: str, inner: str) -> bool:
        """Whether one variable can be seen wherever another can."""
        if outer in self.parameters:
            return True
        homes = self.uses[outer].homes
        return len(homes) == 1 and all(
            path[: len(homes[0])] == homes[0] for path in self.uses[inner].homes
        )

    def _visit(self, body: Sequence[ast.stmt], above: Path, repeats: bool) -> Block:
        block = self.blocks[id(body)] = Block(body, repeats)
        path = (*above, block)
        for k, statement in enumerate(body):
            for node in _own(statement):
                if isinstance(node, ast.Name):
                    self._use(node.id, path, k)
            for name in _assigned(statement):
                self._use(name, path, k).assigned += 1
            inner = isinstance(statement, ast.For | ast.While)
            for part in _bodies(statement):
                made = self._visit(part, path, inner)
                if isinstance(statement, ast.For) and part is statement.body:
                    assert isinstance(statement.target, ast.Name)
                    uses = self._use(statement.target.id, (*path, made), -1)
                    uses.assigned += 1
        return block

    def _use(self, name: str, path: Path, k: int) -> Uses:
        uses = self.uses.setdefault(name, Uses())
        uses.paths.append((path, k))
        return uses


def _settle(name: str, uses: Uses) -> None:
    """Find the blocks that declare a variable, and the statements if there are."""
    if not _split(name, uses.paths, uses):
        uses.inline.clear()
        uses.homes.clear()
        common = _common(uses.paths)
        first = min(_position(path, k, len(common)) for path, k in uses.paths)
        while any(block.repeats for block in common) or first == -1:
            first = _place(common, len(common) - 1)
            common = common[:-1]
        common[-1].before.setdefault(first, []).append(name)
        uses.homes.append(common)


def _split(name: str, paths: Sequence[tuple[Path, int]], uses: Uses) -> bool:
    """Whether each part of a function that has the variable assigns it first."""
    common = _common(paths)
    depth = len(common)
    first = min(_position(path, k, depth) for path, k in paths)
    statement = common[-1].statements[first] if first >= 0 else None
    if statement is None or _is_plain(statement, name):
        uses.homes.append(common)
        uses.inline.append(_loop_of(common) if statement is None else statement)
        return True
    if any(len(path) == depth for path, _ in paths):
        return False
    groups: dict[Block, list[tuple[Path, int]]] = {}
    for path, k in paths:
        groups.setdefault(path[depth], []).append((path, k))
    return all([_split(name, group, uses) for group in groups.values()])


def _common(paths: Sequence[tuple[Path, int]]) -> Path:
    """Return the blocks that all uses have around them."""
    first = paths[0][0]
    depth = 0
    while depth < len(first) and all(
        len(path) > depth and path[depth] is first[depth] for path, _ in paths
    ):
        depth += 1
    return first[:depth]


def _position(path: Path, k: int, depth: int) -> int:
    return k if len(path) == depth else _place(path, depth)


def _place(path: Path, depth: int) -> int:
    """Return the position, in the block above, of what holds an inner block."""
    above, inner = path[depth - 1], path[depth]
    for k, statement in enumerate(above.statements):
        if any(part is inner.statements for part in _bodies(statement)):
            return k
    raise AssertionError("a block stands in no statement")


def _loop_of(path: Path) -> ast.stmt:
    return path[-2].statements[_place(path, len(path) - 1)]


def _is_plain(statement: ast.stmt, name: str) -> bool:
    """Whether a statement assigns a variable without reading it."""
    if not isinstance(statement, ast.Assign):
        return False
    read = (n.id for n in ast.walk(statement.value) if isinstance(n, ast.Name))
    return name in list(_assigned(statement)) and name not in set(read)


def _assigned(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            yield name
        case ast.Assign(targets=[ast.Tuple(elts=elements)]):
            yield from (e.id for e in elements if isinstance(e, ast.Name))
        case ast.AugAssign(target=ast.Name(id=name)):
            yield name


def _bodies(statement: ast.stmt) -> Iterator[Sequence[ast.stmt]]:
    if isinstance(statement, ast.For | ast.While | ast.If):
        yield statement.body
        if isinstance(statement, ast.If) and statement.orelse:
            yield statement.orelse


def _own(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes of a statement that stand in none of its blocks."""
    match statement:
        case ast.For(iter=iterated):
            yield from ast.walk(iterated)
        case ast.While(test=test) | ast.If(test=test):
            yield from ast.walk(test)
        case _:
            yield from ast.walk(statement)


# ---- one name for several variables ----


def split(function: ast.FunctionDef, name: str) -> bool:
    """Give a variable another name from each new value on; tell whether that was done.

    A statement that assigns it without reading it, in the block that holds all its
    uses, begins a new variable.
    """
    scopes = Scopes(function)
    uses = scopes.uses.get(name)
    given = name in scopes.parameters
    if uses is None or not (uses.inline or given):
        return False
    homes = [(scopes.top,)] if given else uses.homes
    parts: list[Sequence[ast.stmt]] = []
    for count, home in enumerate(homes):
        block = home[-1].statements
        if not given and isinstance(uses.inline[count], ast.For):
            parts.append([uses.inline[count]])
            continue
        starts = [k for k, s in enumerate(block) if _begins(s, name)]
        starts = [0, *(k for k in starts if k)] if given else starts
        for start, end in zip(starts, [*starts[1:], len(block)], strict=True):
            last = end
            while last > start + 1 and _stands_alone(name, uses, home, last - 1):
                last -= 1
                parts.append(block[last : last + 1])
            parts.append(block[start:last])
    kept = homes[0][-1].statements[0] if given else uses.inline[0]
    parts = [part for part in parts if not any(s is kept for s in part)]
    parts = [part for part in parts if any(_has(s, name) for s in part)]
    for part in parts:
        new = _unused(name, scopes)
        scopes.uses[new] = Uses()
        for statement in part:
            _renamed(statement, name, new)
    return bool(parts)


def _stands_alone(name: str, uses: Uses, home: Path, k: int) -> bool:
    """Whether the blocks inside a statement assign a variable before they read it."""
    depth = len(home)
    inside = [
        (path, at)
        for path, at in uses.paths
        if path[:depth] == home and _position(path, at, depth) == k
    ]
    if any(len(path) == depth for path, _ in inside):
        return False
    groups: dict[Block, list[tuple[Path, int]]] = {}
    for path, at in inside:
        groups.setdefault(path[depth], []).append((path, at))
    return all([_split(name, group, Uses()) for group in groups.values()])


def _has(statement: ast.stmt, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(statement))


def _begins(statement: ast.stmt, name: str) -> bool:
    """Whether a statement, or each branch, assigns a variable before reading it."""
    if not isinstance(statement, ast.If):
        return _is_plain(statement, name)
    if any(_has_name(n, name) for n in ast.walk(statement.test)):
        return False
    branches = [statement.body, statement.orelse]
    firsts = [next((s for s in b if _has(s, name)), None) for b in branches]
    return all(first is not None and _begins(first, name) for first in firsts)


def _has_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _unused(name: str, scopes: Scopes) -> str:
    count = 2
    while f"{name}_{count}" in scopes.uses:
        count += 1
    return f"{name}_{count}"


def _renamed(statement: ast.stmt, name: str, new: str) -> None:
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and node.id == name:
            node.id = new
