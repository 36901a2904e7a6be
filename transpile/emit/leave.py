"""What a compiler may do in the functions of a text of loops."""

from __future__ import annotations

from ..graph.ir import Program, walk
from . import products


def leave(program: Program, strict: bool = False) -> dict[str, tuple[str, ...]]:
    """Return the names of the functions of a text by what a compiler may do in them.

    ``reassociate``: sums may be taken in any order. ``reciprocal``: quotients may be
    products. ``from_front``: no index is negative.
    """

    def marked(attr: str) -> tuple[str, ...]:
        return tuple(f.name for f in program.functions if f.attrs.get(attr))

    equations = [eq for f in program.functions for eq in walk(f.body)]
    sums = (
        *marked("reassoc"),
        *(products.INTO[op] for op in products.needed(equations)),
    )
    return {
        "reassociate": () if strict else sums,
        "reciprocal": () if strict else marked("reciprocal"),
        "from_front": marked("from_front"),
    }
