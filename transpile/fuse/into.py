"""Products in loops, written into arrays that can be made once.

Before ``z = A @ x`` inside a loop; after ``z = empty(m); z[:] = A @ x``, which is
printed as a call of a helper, `_matvec(A, x, z)`. That does small products by loops,
as calling a library takes longer than they do, and others by the library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..graph.build import Builder
from ..graph.ir import Buffer, Equation, Region, Value, walk
from ..graph.linear import Linear

# The axes of the factors that the sum runs over, and the same product of a transpose.
SUMMED = {"matvec": (1, 0), "vecmat": (0, 0), "matmul": (1, 0)}
TURNED = {"matvec": "vecmat", "vecmat": "matvec"}


def write_into(body: Region, repeated: bool) -> Region:
    """Return a function's body in which products in loops write into given arrays.

    ``repeated`` says that the function itself is called by others, perhaps in a loop.
    """
    turned = {eq.result: eq for eq in walk(body) if eq.op == "transpose"}
    lengths = {
        form: (v, axis) for v in body.params for axis, form in enumerate(v.type.shape)
    }
    return _Writer(turned, lengths).region(body, repeated)


@dataclass(frozen=True, slots=True)
class _Writer:
    """``turned`` are the transposes; ``lengths`` where parameters have a length."""

    turned: Mapping[Value, Equation]
    lengths: Mapping[Linear, tuple[Value, int]]

    def region(self, region: Region, repeated: bool) -> Region:
        """Return a region in which products that run repeatedly are stored."""
        equations: list[Equation] = []
        for eq in region.equations:
            if eq.regions and "stands_for" not in eq.attrs:
                again = repeated or eq.op in ("for", "while")
                regions = tuple(self.region(r, again) for r in eq.regions)
                eq = replace(eq, regions=regions)
            if repeated and _fits(eq):
                equations += self.stored(self.upright(eq))
            else:
                equations.append(eq)
        return replace(region, equations=tuple(equations))

    def upright(self, eq: Equation) -> Equation:
        """Return a product with the matrix itself in the place of its transpose."""
        op = TURNED.get(eq.op)
        matrix, vector = eq.operands if eq.op == "matvec" else eq.operands[::-1]
        view = self.turned.get(matrix)
        if op is None or view is None:
            return eq
        operands = (view.operands[0], vector)
        return replace(eq, op=op, operands=operands[:: 1 if op == "matvec" else -1])

    def stored(self, eq: Equation) -> list[Equation]:
        """Return the equations that store a product in an array of its own."""
        b, result = Builder(eq.origin, eq.backward), eq.result
        lengths = [
            b.dim(*self.lengths.get(a.type.shape[axis], (a, axis)))
            for a, axis in _lengths(eq)
        ]
        like = replace(result.type, layout="C")
        memory = Value(like, result.name, result.buffer, hint=result.hint)
        b.append("empty", lengths, (memory,), dtype=result.type.dtype, stands_for=eq.op)
        product = Value(result.type, None, Buffer(), hint=result.hint)
        b.append(eq.op, eq.operands, (product,), **eq.attrs, into=True)
        b.append("store", (memory, product), (result,), path=())
        return b.equations


def _fits(eq: Equation) -> bool:
    """Whether the lengths that a product sums over are surely equal.

    The library compares them; loops do not.
    """
    if eq.op not in SUMMED or any(v.type.rank > 2 for v in eq.operands):
        return False
    if eq.result.type.is_complex:
        return False
    one, other = (
        v.type.shape[axis] for v, axis in zip(eq.operands, SUMMED[eq.op], strict=True)
    )
    return one == other


def _lengths(eq: Equation) -> Iterator[tuple[Value, int]]:
    """Yield the arrays and axes of which a product has the lengths."""
    one, other = eq.operands
    if one.type.rank == 2:
        yield one, 0
    if other.type.rank == 2:
        yield other, 1
