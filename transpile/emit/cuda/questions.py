"""Small questions about statements, and how the answer to one starts all over."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from ..c.arrays import base_of
from .loops import is_own
from .memory import for_cupy


def counters_in(statements: Sequence[ast.AST]) -> set[str]:
    """Return the counters of loops."""
    return {
        n.target.id
        for s in statements
        for n in ast.walk(s)
        if isinstance(n, ast.For) and isinstance(n.target, ast.Name)
    }


class Wanted(Exception):  # noqa: N818 -- no error: it asks for another try
    """A number has to be the device's."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def uses(names: Sequence[str], last: ast.stmt) -> list[ast.stmt]:
    """Return statements that mention variables, so that they are seen at the end."""
    made: list[ast.stmt] = [ast.Expr(ast.Name(name, ast.Load())) for name in names]
    for statement in made:
        statement.lineno = last.end_lineno or last.lineno
    return made


def written_in(statements: Sequence[ast.stmt]) -> set[str]:
    """Return the arrays of which statements write elements."""
    nodes = (n for s in statements for n in ast.walk(s))
    return {
        base_of(n) or ""
        for n in nodes
        if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store)
    }


def assigned_first(statements: Sequence[ast.stmt], stored: set[str]) -> set[str]:
    """Return the numbers that statements assign before they read them."""
    found = set()
    for name in stored:
        counters = any(
            isinstance(n, ast.For)
            and isinstance(n.target, ast.Name)
            and n.target.id == name
            for s in statements
            for n in ast.walk(s)
        )
        if counters or is_own(statements, name):
            found.add(name)
    return found


def filled(node: ast.stmt) -> tuple[str, str] | None:
    """Return the variable and number of an assignment of a number, else None."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant() as value):
            return name, ast.unparse(value)
    return None


def outside(function: ast.AST, loop: ast.For) -> set[str]:
    """Return the variables of a function that stand outside of a loop too."""
    inside = Counter(_all_names(loop))
    return {n for n, c in Counter(_all_names(function)).items() if c > inside[n]}


def _all_names(node: ast.AST) -> Iterator[str]:
    """Yield the variables of a piece of Python, as often as they stand there."""
    return (n.id for n in ast.walk(node) if isinstance(n, ast.Name))


def is_empty(node: ast.For) -> bool:
    """Whether a loop does nothing that anything could see."""
    return all(isinstance(s, ast.Pass) for s in node.body)


def calls_functions(node: ast.AST) -> bool:
    """Whether helpers of the text are called."""
    return any(
        isinstance(n, ast.Call)
        and isinstance(n.func, ast.Name)
        and n.func.id.startswith("_")
        for n in ast.walk(node)
    )


def is_number(node: ast.stmt, device: Collection[str], arrays: Collection[str]) -> bool:
    """Whether a statement computes numbers that the device knows."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name in device and name not in arrays
        case ast.Assign(targets=[ast.Tuple(elts=elements)], value=ast.Tuple()):
            names = {e.id for e in elements if isinstance(e, ast.Name)}
            return bool(names & set(device)) and not names & set(arrays)
        case ast.AugAssign(target=ast.Name(id=name)):
            return name in device
        case ast.Assign(targets=[ast.Subscript()]) | ast.AugAssign():
            return True
        case ast.If(body=body, orelse=other):
            inner = [*body, *other]
            return bool(inner) and all(is_number(s, device, arrays) for s in inner)
    return False


def is_strange(node: ast.stmt, arrays: Collection[str]) -> bool:
    """Whether a statement gives an array to a function that CuPy may not have."""
    for inner in ast.walk(for_cupy(node)):
        if isinstance(inner, ast.Call):
            given = {base_of(each) for each in inner.args} & set(arrays)
            if ast.unparse(inner.func).startswith("np.") and given:
                return True
    return False
