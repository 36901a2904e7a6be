"""Fewer and larger loop nests: neighbours merged, arrays that become numbers."""

from __future__ import annotations

from dataclasses import replace

from ..graph.ir import Function, Program
from ..lower.tidy import tidy
from .again import without_repeated
from .contract import contract
from .into import write_into
from .merge import merge
from .narrow import narrow
from .products import one_pass
from .scalars import scalars
from .scatters import scatters
from .stencils import stencils

__all__ = ["fuse"]


def fuse(program: Program, *, device: bool = False) -> Program:
    """Return lowered functions with neighbouring nests over one range made one.

    For a ``device`` whose threads share a loop, products stay the library's.

    Before ``for i: a[i] = x[i] * y[i]`` and ``for i: b[i] = sin(a[i])``; after
    ``for i: t = x[i] * y[i]; b[i] = sin(t)``. Loops that the user wrote stay.
    """
    return program.map(lambda f: _fused(f, f is not program.entry, device))


def _fused(function: Function, called: bool, device: bool) -> Function:
    whole = function.body if device else one_pass(function)
    body = write_into(function, whole, repeated=called, in_place=not device)
    attrs = function.attrs
    free = bool(attrs.get("reassoc")) and not attrs.get("strict")
    front = bool(attrs.get("from_front"))
    if not attrs.get("strict"):
        body = scatters(body, front, free)
    body = narrow(contract(merge(stencils(body, device, front), free)))
    body = scalars(body, strict=bool(function.attrs.get("strict")))
    return replace(function, body=tidy(without_repeated(body)))
