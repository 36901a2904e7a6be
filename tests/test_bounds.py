"""Compiled functions read and write within their arrays: their text, run as Python.

NumPy refuses an index past the end. Those whose indices are never looked at for a
sign have none below 0.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from corpus import Case, load
from gradscribe.runtime import load as loading
from gradscribe.runtime import specialised
from harness import check
from refused import REFUSED

# Those that once were wrong here.
FOUND = {"kernels.adbench_gmm", "kernels.small_lenet", "ragged.american_put"}
CASES = [
    case
    if case.digest % 24 == 0 or case.name in FOUND
    else pytest.param(case, marks=pytest.mark.slow)
    for case in load()
    if case.name not in REFUSED
]


class Watched(ast.NodeTransformer):
    """Wraps the indices of elements: ``a[i]`` becomes ``a[_seen(a, i)]``."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if any(isinstance(part, ast.Slice) for part in ast.walk(node.slice)):
            return node
        if isinstance(node.value, ast.Name):
            array = ast.Name(node.value.id, ast.Load())
            seen = ast.Name("_seen", ast.Load())
            node.slice = ast.Call(seen, [array, node.slice], [])
        return node


def _seen(array: Any, index: Any) -> Any:
    parts = index if isinstance(index, tuple) else (index,)
    if isinstance(array, np.ndarray) and len(parts) == array.ndim:
        assert all(part >= 0 for part in parts), f"{index} of {array.shape}"
    return index


def _watched(generated: Any) -> Callable[..., Any]:
    """Load the text for Numba as Python that looks at its indices."""
    tree = ast.parse(generated.text)
    front = generated.leave["from_front"]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in front:
            Watched().visit(node)
    text = ast.unparse(ast.fix_missing_locations(tree))
    module = loading.load(text, generated.name, "watched")
    vars(module)["_seen"] = _seen
    made: Callable[..., Any] = getattr(module, generated.name)
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_indices_are_within(case: Case, monkeypatch: Any) -> None:
    monkeypatch.setitem(specialised.LOADERS, "cpu", _watched)
    check(case, "cpu")
