"""Fewer and larger loop nests: neighbours merged, arrays that become numbers."""

from __future__ import annotations

from dataclasses import replace

from ..graph.ir import Function, Program
from ..lower.tidy import tidy
from .contract import contract
from .merge import merge
from .products import one_pass

__all__ = ["fuse"]


def fuse(program: Program) -> Program:
    """Return lowered functions with neighbouring nests over one range made one.

    Before ``for i: a[i] = x[i] * y[i]`` and ``for i: b[i] = sin(a[i])``; after
    ``for i: t = x[i] * y[i]; b[i] = sin(t)``. Loops that the user wrote stay.
    """
    return program.map(_fused)


def _fused(function: Function) -> Function:
    body = contract(merge(one_pass(function)))
    return replace(function, body=tidy(body))
