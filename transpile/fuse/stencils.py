"""Sums over shifted ranges in gather form: one pass over memory for each array."""

from __future__ import annotations

from ..graph.ir import Region
from .contract import contract
from .gather import gather
from .pull import pull
from .sink import sink

__all__ = ["stencils"]


def stencils(body: Region, device: bool = False, front: bool = False) -> Region:
    """Return a function's body with each element computed in one place.

    Before, each over its own range, ``t[i] = 0.2 * a[i + 1]; b[i] += t[i]`` and
    ``b[i] += t[i - 2]``; after, where the ranges meet,
    ``b[i] = b[i] + 0.2 * a[i + 1] + 0.2 * a[i - 1]``, and the border apart. ``front``
    says that no index is negative.
    """
    return gather(contract(pull(sink(body), front)), device)
