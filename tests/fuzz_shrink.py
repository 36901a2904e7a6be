"""Make a failing random program small.

    python tests/fuzz_shrink.py TARGET SEED...

Statements are dropped and expressions replaced by their parts for as long as the
program fails in the same way.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from fuzz import trial
from fuzz_programs import program


def kind(outcome: str) -> str:
    """What two failures have in common that are taken to be the same."""
    head, _, rest = outcome.partition(": ")
    return re.sub(r"\d", "", outcome)[:64] if head == "crash" else head


def shrink(text: str, seed: int, target: str = "numpy") -> str:
    """Return a smaller program that fails in the same way."""
    wanted = kind(trial(text, seed, target))
    progress = True
    while progress:
        progress = False
        for smaller in _smaller(text):
            try:
                same = kind(trial(smaller, seed, target)) == wanted
            except SyntaxError:
                continue
            if same:
                text, progress = smaller, True
                break
    return text


def _smaller(text: str) -> Iterator[str]:
    count = sum(1 for _ in _bodies(ast.parse(text)))
    for k in range(count):
        for change in (_drop, _unwrap, _other):
            tree = ast.parse(text)
            body, position = list(_bodies(tree))[k]
            if change(body, position):
                yield ast.unparse(tree)
    for k in range(sum(isinstance(n, ast.expr) for n in ast.walk(ast.parse(text)))):
        for side in range(2):
            tree = ast.parse(text)
            if _simplify(tree, k, side):
                yield ast.unparse(tree)


def _bodies(tree: ast.AST) -> Iterator[tuple[list[ast.stmt], int]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                yield from ((body, k) for k in range(len(body)))


def _drop(body: list[ast.stmt], k: int) -> bool:
    if len(body) > 1:
        del body[k]
        return True
    return False


def _unwrap(body: list[ast.stmt], k: int) -> bool:
    inner = getattr(body[k], "body", None)
    if inner is None or isinstance(body[k], ast.FunctionDef):
        return False
    body[k : k + 1] = inner
    return True


def _other(body: list[ast.stmt], k: int) -> bool:
    node = body[k]
    if isinstance(node, ast.If) and node.orelse:
        node.orelse = []
        return True
    return False


def _simplify(tree: ast.AST, k: int, side: int) -> bool:
    """Replace the k-th expression by one of its operands."""
    seen = -1
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if not isinstance(value, ast.expr):
                continue
            seen += 1
            if seen != k:
                continue
            parts = [c for c in ast.iter_child_nodes(value) if isinstance(c, ast.expr)]
            if isinstance(value, ast.Call):
                parts = value.args
            if not isinstance(value, ast.BinOp | ast.Call | ast.IfExp):
                return False
            if side >= len(parts):
                return False
            setattr(node, name, parts[side])
            return True
    return False


if __name__ == "__main__":
    for seed in map(int, sys.argv[2:]):
        small = shrink(program(seed), seed, sys.argv[1])
        print(f"# seed {seed}: {trial(small, seed, sys.argv[1])}\n{small}")
