"""What the host reads of what only the device knows: this waits for the device."""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Mapping

from ..c.arrays import base_of
from ..c.kinds import Array, Kind, unspelled
from ..c.values import indices
from .memory import for_cupy
from .places import is_shape


def read(
    node: ast.expr, kinds: Mapping[str, Kind], device: Collection[str]
) -> ast.expr:
    """Return an expression for the host, with the device's numbers read.

    Examples
    --------
    >>> from ..c.kinds import INT, REAL
    >>> kinds = {"n": INT, "error": REAL}
    >>> made = read(ast.parse("error > 1 / n", mode="eval").body, kinds, kinds)
    >>> ast.unparse(made)
    'error[0].get() > 1 / int(n[0])'
    """
    arrays = {n for n, kind in kinds.items() if isinstance(kind, Array)}
    made: ast.expr = _Read(kinds, arrays, device).visit(copy.deepcopy(node))
    return for_cupy(made)  # type: ignore[return-value]


def require_readable(node: ast.expr, arrays: Collection[str]) -> None:
    """Raise if the host cannot find out whether a condition holds."""
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Name(id=name)) if name.startswith("_"):
                break
            case ast.BinOp(op=ast.MatMult()):
                break
            case ast.Call(func=ast.Attribute() as function, args=args):
                given = {base_of(each) for each in args if isinstance(each, ast.Name)}
                if given & set(arrays) or "linalg" in ast.unparse(function):
                    break
    else:
        return
    raise unspelled(f"{ast.unparse(node)}, which the host reads, on a GPU")


class _Read(ast.NodeTransformer):
    def __init__(
        self,
        kinds: Mapping[str, Kind],
        arrays: Collection[str],
        device: Collection[str],
    ) -> None:
        self.kinds, self.arrays, self.device = kinds, arrays, device

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return node if node.attr in ("shape", "size") else self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self.device or node.id in self.arrays:
            return node
        return self._taken(f"{node.id}[0]", self.kinds[node.id])

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if is_shape(node.value):
            return node
        base = node.value.id if isinstance(node.value, ast.Name) else ""
        node.slice = self.visit(node.slice)
        if base not in self.arrays:
            node.value = self.visit(node.value)
            return node
        kind = self.kinds[base]
        places = indices(node)
        cut = any(isinstance(each, ast.Slice) for each in places)
        if cut or len(places) < kind.rank:  # type: ignore[union-attr]
            return node
        return self._taken(ast.unparse(node), kind)

    @staticmethod
    def _taken(text: str, kind: Kind) -> ast.AST:
        dtype = kind.dtype  # type: ignore[union-attr]
        whole = {"bool": "bool"}.get(dtype, "int" if "int" in dtype else "")
        made = f"{whole}({text})" if whole else f"{text}.get()"
        return ast.parse(made, mode="eval").body
