"""Least values of integers: an index that is surely not negative needs no question."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

Least = dict[str, int | None]
ROUNDS = 4


def least_values(function: ast.FunctionDef) -> Mapping[str, int | None]:
    r"""Return a lower bound of each integer variable, None where none is known.

    Every assignment keeps a bound if those of what it reads hold; so all hold.

    Examples
    --------
    >>> text = "def f(n):\n for i in range(n):\n  j = i + 1\n  k = j - 2"
    >>> found = least_values(ast.parse(text).body[0])
    >>> found["i"], found["j"], found["k"]
    (0, 1, -1)
    """
    parameters = [a.arg for a in function.args.args]
    assigned = list(_assigned(function))
    least: Least = {name: UNSET for name, _ in assigned}
    least.update(dict.fromkeys(parameters))
    for count in range(ROUNDS):
        before = dict(least)
        for name, made in assigned:
            bound = least_of(made, least)
            known = least[name]
            if known is not None and bound is not None:
                bound = min(known, bound)
            least[name] = None if known is None else bound
        if before == least:
            return least
        if count >= ROUNDS - 2:  # what still falls has no bound
            least = {n: v if before[n] == v else None for n, v in least.items()}
    return {name: None for name in least}


UNSET = 1 << 60


def least_of(node: ast.expr, least: Mapping[str, int | None]) -> int | None:
    """Return a lower bound of an expression, None if none is known."""
    match node:
        case ast.Constant(value=bool() | int() as value):
            return int(value)
        case ast.Name(id=name):
            return least.get(name)
        case ast.Attribute(attr="size"):
            return 0
        case ast.Subscript(value=ast.Attribute(attr="shape")):
            return 0
        case ast.Call(func=ast.Name(id="len")):
            return 0
        case ast.Call(func=ast.Name(id="max"), args=parts):
            known = [b for b in (least_of(p, least) for p in parts) if b is not None]
            return max(known, default=None)
        case ast.Call(func=ast.Name(id="min"), args=parts):
            return _all_of([least_of(p, least) for p in parts])
        case ast.IfExp(body=body, orelse=other):
            return _all_of([least_of(body, least), least_of(other, least)])
        case ast.BinOp(left=left, op=op, right=right):
            return _of_two(least_of(left, least), op, right, least)
    return None


def _all_of(bounds: list[int | None]) -> int | None:
    known = [bound for bound in bounds if bound is not None]
    return min(known) if len(known) == len(bounds) else None


def _of_two(
    a: int | None, op: ast.operator, right: ast.expr, least: Mapping[str, int | None]
) -> int | None:
    if a is None:
        return None
    b = least_of(right, least)
    number = right.value if isinstance(right, ast.Constant) else None
    match op:
        case ast.Add() if b is not None:
            return min(a + b, UNSET)
        case ast.Sub() if isinstance(number, int):
            return a - number if a < UNSET else a
        case ast.Mult() if b is not None and a >= 0 and b >= 0:
            return min(a * b, UNSET)
        case ast.FloorDiv() | ast.RShift() | ast.Mod() | ast.BitAnd():
            return 0 if a >= 0 and isinstance(number, int) and number > 0 else None
    return None


def _assigned(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that are assigned, with what, or how its bound is found."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.Assign(targets=[ast.Tuple(elts=elements)], value=value):
                whole = isinstance(value, ast.Attribute) and value.attr == "shape"
                parts = value.elts if isinstance(value, ast.Tuple) else []
                for k, each in enumerate(elements):
                    if isinstance(each, ast.Name):
                        unknown = ast.Constant(0 if whole else None)
                        yield each.id, parts[k] if k < len(parts) else unknown
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                yield name, ast.BinOp(ast.Name(name, ast.Load()), op, value)
            case ast.For(target=ast.Name(id=name), iter=ast.Call(args=args)):
                yield name, _first(args)


def _first(args: list[ast.expr]) -> ast.expr:
    """Return an expression with the least value of a counter as its bound."""
    if len(args) == 1:
        return ast.Constant(0)
    step = ast.literal_eval(args[2]) if len(args) == 3 and _is_number(args[2]) else 1
    if len(args) == 3 and not _is_number(args[2]):
        return ast.Constant(None)
    if step > 0:
        return args[0]
    stop = args[1]
    if _is_number(stop):
        return ast.Constant(ast.literal_eval(stop) + 1)
    return ast.BinOp(stop, ast.Add(), ast.Constant(1))


def _is_number(node: ast.expr) -> bool:
    try:
        return isinstance(ast.literal_eval(node), int)
    except ValueError:
        return False
