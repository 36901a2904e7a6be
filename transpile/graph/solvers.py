"""The types of what a library computes as a whole: solutions and places."""

from __future__ import annotations

from .created import Attrs, Operands
from .ir import Type
from .linear import Dim
from .shapes import TypeRefused, same, text

TO_NUMBERS = ("det", "signdet", "logabsdet")
SOLVED = ("float64", "float32", "complex128", "complex64")


def solved(op: str, operands: Operands, attrs: Attrs) -> Type:
    """Return the type of a factor, an inverse, a determinant or a solution."""
    matrix, result = operands[0].type, operands[-1].type
    ranks = (1, 2) if op == "solve" else (2,)
    if matrix.rank != 2 or result.rank not in ranks:
        raise TypeRefused(
            f"{op} of {' and '.join(f'{v.type.rank} axes' for v in operands)}",
            "loop over the matrices of a stack",
        )
    if any(v.type.dtype != matrix.dtype for v in operands) or (
        matrix.dtype not in (SOLVED[:2] if op == "cholesky" else SOLVED)
    ):
        raise TypeRefused(f"{op} of {matrix.dtype}", "convert with .astype(np.float64)")
    for one, other in pairs(op, operands):
        if same(one, other) is False:
            raise TypeRefused(
                f"{op} of a matrix of shape {text(matrix.shape)}",
                f"{one} and {other} would have to be equal",
            )
    return Type(matrix.dtype, () if op in TO_NUMBERS else result.shape)


def pairs(op: str, operands: Operands) -> list[tuple[Dim, Dim]]:
    """Return the lengths that must be equal."""
    rows, columns = operands[0].type.shape
    return [(rows, columns), (rows, operands[-1].type.shape[0])]


def searched(op: str, operands: Operands, attrs: Attrs) -> Type:
    """Return the type of places: of values in a sorted vector, of an array's own."""
    edges, values = operands[0].type, operands[-1].type
    if op == "argsort" and not 0 <= attrs["axis"] < edges.rank:
        raise TypeRefused(f"{op} of {edges.rank} axes along axis {attrs['axis']}")
    if op == "searchsorted" and edges.rank != 1:
        raise TypeRefused(f"{op} in {edges.rank} axes", "search in a vector")
    if edges.is_complex or values.is_complex:
        raise TypeRefused(f"{op} of complex numbers", "compare their sizes")
    return Type("int64", values.shape)
