"""The kinds of what solvers, decompositions, orders and searches give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .kinds import INT, Array, Kind, Several, number, unspelled

# What a matrix is computed in.
WIDE: Mapping[str, str] = {
    "float32": "float64",
    "float64": "float64",
    "complex64": "complex128",
    "complex128": "complex128",
}
# The ends of the names of C's functions.
SUFFIXES: Mapping[str, str] = {
    "float64": "",
    "float32": "_f",
    "complex128": "_z",
    "int64": "_l",
}
# What there is in C for complex matrices.
OF_COMPLEX = ("solve", "inv", "det")


def require_real(name: str, dtype: str) -> None:
    """Raise for a complex matrix, but for a few solvers."""
    if dtype.startswith("complex") and name not in OF_COMPLEX:
        raise unspelled(f"np.linalg.{name} in {dtype}")


Found = Callable[[str, Sequence[Array], Kind], Kind]


def _ordered(name: str, arrays: Sequence[Array], last: Kind) -> Kind:
    if arrays[0].dtype not in ("float64", "float32", "int64"):
        raise unspelled(f"{name} in {arrays[0].dtype}")
    return Array("int64", 1)


def _searched(name: str, arrays: Sequence[Array], last: Kind) -> Kind:
    _ordered(name, arrays, last)
    dtype = last.dtype  # type: ignore[union-attr]
    if arrays[0].dtype == "int64" and dtype != "int64" or dtype.startswith("complex"):
        raise unspelled(f"{name} of {dtype} among {arrays[0].dtype}")
    return Array("int64", last.rank) if isinstance(last, Array) else INT


def _solved(name: str, arrays: Sequence[Array], last: Kind) -> Kind:
    """Return the kind of an array like the last one."""
    dtype = _dtype(name, arrays)
    return Array(dtype, arrays[-1].rank)


def _dtype(name: str, arrays: Sequence[Array]) -> str:
    dtype = arrays[-1].dtype
    wide = WIDE.get(dtype)
    mixed = any(each.dtype != dtype for each in arrays)
    if wide is None or mixed:
        raise unspelled(f"{name} in {' and '.join(each.dtype for each in arrays)}")
    return dtype


def _determinant(name: str, arrays: Sequence[Array], last: Kind) -> Kind:
    return number(_dtype(name, arrays))


def _log_determinant(name: str, arrays: Sequence[Array], last: Kind) -> Kind:
    dtype = _dtype(name, arrays)
    return Several((number(dtype), number(_real(dtype))))


def _real(dtype: str) -> str:
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def _decomposed(*ranks: int) -> Found:
    """Return what finds the kinds of several arrays of some ranks; values are real."""

    def found(name: str, arrays: Sequence[Array], last: Kind) -> Kind:
        dtype = _dtype(name, arrays)
        dtypes = [dtype if rank == 2 else _real(dtype) for rank in ranks]
        return Several(tuple(map(Array, dtypes, ranks)))

    return found


def _values(name: str, arrays: Sequence[Array], last: Kind) -> Kind:
    return Array(_real(_dtype(name, arrays)), 1)


MATRICES: Mapping[str, Found] = {
    "searchsorted": _searched,
    "argsort": _ordered,
    "linalg.solve": _solved,
    "linalg.inv": _solved,
    "linalg.pinv": _solved,
    "linalg.cholesky": _solved,
    "linalg.det": _determinant,
    "linalg.slogdet": _log_determinant,
    "linalg.qr": _decomposed(2, 2),
    "linalg.eigh": _decomposed(1, 2),
    "linalg.eigvalsh": _values,
    "linalg.svd": _decomposed(2, 1, 2),
}
