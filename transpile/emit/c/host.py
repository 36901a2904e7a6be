"""Functions for processors, of which compilers make vector code."""

from __future__ import annotations

import ast
from collections.abc import Container

from .body import Body
from .infer import Typed
from .kinds import BOOL, Array
from .pieces import C, call


class HostBody(Body):
    """Writes one function for a processor."""

    def element(self, node: ast.Subscript) -> C:
        """Return an element of an array; GCC makes no vector code of reading bool."""
        made = super().element(node)
        kind = self.kind(node.value)
        is_read = isinstance(node.ctx, ast.Load) and isinstance(kind, Array)
        if is_read and self.kind(node) == BOOL:
            return call("is_set", f"&{made.text}")
        return made


def is_exact(function: Typed, reassociate: Container[str]) -> bool:
    """Whether all that is inlined into a function stays right if sums are reordered."""
    return all(
        not callee.is_plain
        or callee.node.name in ("_vmax", "_vmin")
        or (callee.node.name in reassociate and is_exact(callee, reassociate))
        for callee in function.calls.values()
        if callee is not function
    )
