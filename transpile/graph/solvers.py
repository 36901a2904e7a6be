"""The types of what a library computes as a whole: solutions and places."""

from __future__ import annotations

from collections.abc import Mapping

from .created import Attrs, Operands
from .dtypes import promote, real
from .ir import Type
from .linear import Dim, derived
from .shapes import TypeRefused, broadcast, same, text

TO_NUMBERS = ("det", "signdet", "phasedet", "logabsdet")
SOLVED = ("float64", "float32", "complex128", "complex64")
# Of rows, columns and the shorter of both: the axes of what comes out.
RESULTS: Mapping[str, str] = {
    **dict.fromkeys(TO_NUMBERS, ""),
    **dict.fromkeys("inv cholesky eigh eig expm sqrtm logm".split(), "mn"),
    **dict.fromkeys(("eigvalsh", "eigvals"), "n"),
    "pinv": "nm",
    "svdvals": "k",
    "svd_u": "mk",
    "svd_vh": "kn",
    "qr_q": "mk",
    "qr_r": "kn",
}
RECTANGULAR = frozenset("pinv svdvals svd_u svd_vh qr_q qr_r".split())
REAL = frozenset({"eigvalsh", "svdvals", "logabsdet"})
COMPLEX = frozenset({"eigvals", "eig"})


def solved(op: str, operands: Operands, attrs: Attrs) -> Type:
    """Return the type of a factor, an inverse, a determinant or a solution.

    Leading axes count matrices.
    """
    matrix, result = operands[0].type, operands[-1].type
    vector = op == "solve" and result.rank == 1 and matrix.rank == 2
    if matrix.rank < 2 or (result.rank < 2 and not vector):
        raise TypeRefused(
            f"{op} of {' and '.join(f'{v.type.rank} axes' for v in operands)}",
            "a matrix is needed",
        )
    if any(v.type.dtype != matrix.dtype for v in operands) or (
        matrix.dtype not in SOLVED
    ):
        raise TypeRefused(f"{op} of {matrix.dtype}", "convert with .astype(np.float64)")
    if op == "sylvester" and any(v.type.rank != 2 for v in operands):
        raise TypeRefused("sylvester of stacks", "loop over the matrices")
    for one, other in pairs(op, operands):
        if same(one, other) is False:
            raise TypeRefused(
                f"{op} of a matrix of shape {text(matrix.shape)}",
                f"{one} and {other} would have to be equal",
            )
    if op == "sylvester":
        return Type(matrix.dtype, result.shape)
    if op == "solve":
        batch = broadcast([matrix.shape[:-2], result.shape[:-2]])
        return Type(matrix.dtype, result.shape if vector else batch + result.shape[-2:])
    *stack, m, n = matrix.shape
    lengths = {"m": m, "n": n, "k": shorter(m, n)}
    dtype = matrix.dtype
    if op in REAL:
        dtype = real(dtype)
    elif op in COMPLEX:
        dtype = promote(dtype, "complex64")
    return Type(dtype, (*stack, *(lengths[name] for name in RESULTS[op])))


def shorter(m: Dim, n: Dim) -> Dim:
    """Return the smaller one of two lengths."""
    if same(m, n):
        return m
    return m - derived("clip", m - n)


def pairs(op: str, operands: Operands) -> list[tuple[Dim, Dim]]:
    """Return the lengths that must be equal."""
    *_, rows, columns = operands[0].type.shape
    if op in RECTANGULAR:
        return []
    right = operands[-1].type.shape
    if op == "sylvester":
        m, n = operands[1].type.shape[-2:]
        return [(rows, columns), (m, n), (rows, right[0]), (n, right[1])]
    return [(rows, columns), (rows, right[-2 if len(right) > 1 else 0])]


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
