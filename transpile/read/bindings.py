"""The names that a function or a module binds, as its syntax tree shows them."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

from .source import FunctionNode, tree_of


def default_of(function: FunctionNode, parameter: str) -> ast.expr | None:
    """Return the expression of a parameter's default."""
    every = function.args
    positional = [*every.posonlyargs, *every.args]
    pairs = [*zip(positional[::-1], every.defaults[::-1], strict=False)]
    keywords = zip(every.kwonlyargs, every.kw_defaults, strict=True)
    pairs += [(a, d) for a, d in keywords if d]
    return next((d for a, d in pairs if a.arg == parameter), None)


def names_bound_by(function: FunctionNode) -> set[str]:
    """Return the parameters and the variables of a function."""
    every = function.args
    names = {a.arg for a in (*every.posonlyargs, *every.args, *every.kwonlyargs)}
    return names.union(*map(_stored, function.body))


@functools.lru_cache(maxsize=128)
def bindings_of(text: str) -> dict[str, list[ast.stmt]]:
    r"""Return the statements of a module that bind each of its names.

    Examples
    --------
    >>> [*bindings_of("import a.b as c, d.e\nif c:\n    f = 1")]
    ['c', 'd', 'f']
    """
    found: dict[str, list[ast.stmt]] = {}
    for name, statement in _bindings(tree_of(text).body):
        found.setdefault(name, []).append(statement)
    return found


def _bindings(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the names that statements bind, those inside if and try too."""
    for statement in body:
        match statement:
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                for alias in aliases:
                    yield alias.asname or alias.name.partition(".")[0], statement
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, statement
                yield from _global_names(statement)
            case ast.ClassDef(name=name):
                yield name, statement
            case ast.If() | ast.Try():
                yield from _bindings([*statement.body, *statement.orelse])
                for handler in getattr(statement, "handlers", []):
                    yield from _bindings(handler.body)
                yield from _bindings(getattr(statement, "finalbody", []))
            case _:
                yield from ((name, statement) for name in _stored(statement))


def assigned(statement: ast.stmt, name: str) -> ast.expr | None:
    """Return the expression whose value a plain assignment gives to a name.

    Examples
    --------
    >>> (statement,) = ast.parse("a = b, c = 1, 2").body
    >>> [ast.unparse(assigned(statement, name)) for name in "abc"]
    ['(1, 2)', '1', '2']
    """
    match statement:
        case ast.AnnAssign(value=value):
            return value
        case ast.Assign(targets=targets, value=value):
            found = (_part(target, value, name) for target in targets)
            return next(filter(None, found), None)
    return None


def _part(target: ast.expr, value: ast.expr, name: str) -> ast.expr | None:
    match target, value:
        case ast.Name(id=own), _ if own == name:
            return value
        case ast.Tuple(elts=targets), ast.Tuple(elts=values):
            if not any(isinstance(e, ast.Starred) for e in (*targets, *values)):
                found = map(_part, targets, values, [name] * len(targets))
                return next(filter(None, found), None)
    return None


def _stored(statement: ast.stmt) -> Iterator[str]:
    for part in ast.walk(statement):
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            yield part.id


def _global_names(function: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    for part in ast.walk(function):
        if isinstance(part, ast.Global):
            yield from ((name, part) for name in part.names)
