"""What a variable of the loops holds: a number, an array, several of these."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import TranspileError, refuse
from ...graph.ir import Type
from ...records import record


@record()
class Number:
    """A scalar, or None's stand-in ``none``; ``dtype`` is a NumPy name."""

    dtype: str


@record()
class Array:
    """An array of numbers; ``packed`` if it is surely C-contiguous."""

    dtype: str
    rank: int
    packed: bool = True


@record()
class Several:
    """A tuple."""

    parts: tuple[Kind, ...]


Kind = Number | Array | Several

BOOL, INT, REAL, SINGLE = map(Number, ("bool", "int64", "float64", "float32"))
COMPLEX, NONE = Number("complex128"), Number("none")

C_TYPES: Mapping[str, str] = {
    "bool": "bool",
    "float32": "float",
    "float64": "double",
    "complex64": "float complex",
    "complex128": "double complex",
    **{f"int{bits}": f"int{bits}_t" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": f"uint{bits}_t" for bits in (8, 16, 32)},
}
# Promotion goes upwards; all integers are computed as int64.
ORDER = ("none", "bool", "int64", "float32", "float64", "complex64", "complex128")


def unspelled(
    what: str, help: str = "gradscribe grad --target cpu writes it for Numba"
) -> TranspileError:
    """Return the error for what has no spelling in C."""
    return refuse(f"C has no spelling for {what}", help)


class Differs(TranspileError):
    """A variable is a number here and an array there, or of two ranks."""

    def __init__(self, name: str) -> None:
        what = f"{name}, which is of one kind here and of another there"
        super().__init__(unspelled(what).problems)
        self.name = name


WEAK: Mapping[str, str] = {
    "weak_float": "float64",
    "weak_int": "int64",
    "weak_complex": "complex128",
}


def kind_of_type(found: Type) -> Kind:
    """Return the kind of values of a type."""
    dtype = WEAK.get(found.dtype, found.dtype)
    return Array(dtype, found.rank) if found.rank else Number(dtype)


def number(dtype: str) -> Number:
    """Return the kind of a number read from an array of a dtype."""
    if dtype.startswith(("int", "uint")):
        return INT
    return Number(dtype)


def joined(a: Kind, b: Kind) -> Kind:
    """Return the kind of a variable that holds one or the other."""
    if a == b or b == NONE:
        return a
    if a == NONE:
        return b
    if isinstance(a, Number) and isinstance(b, Number):
        return promoted(a, b)
    if isinstance(a, Array) and isinstance(b, Array):
        if (a.dtype, a.rank) == (b.dtype, b.rank):
            return Array(a.dtype, a.rank, a.packed and b.packed)
    if isinstance(a, Several) and isinstance(b, Several):
        if len(a.parts) == len(b.parts):
            return Several(tuple(map(joined, a.parts, b.parts)))
    raise unspelled("a variable that is an array here and something else there")


def promoted(a: Number, b: Number) -> Number:
    """Return the kind of a sum, as Numba has it.

    Examples
    --------
    >>> promoted(INT, SINGLE).dtype
    'float64'
    """
    low, high = sorted((a.dtype, b.dtype), key=ORDER.index)
    if high == "float32" and low == "int64":
        return REAL
    if high == "complex64" and low in ("int64", "float64"):
        return COMPLEX
    return Number(high)


def c_type(kind: Kind) -> str:
    """Return the type of a number, or of an array's elements."""
    if isinstance(kind, Several):
        raise unspelled("a tuple that is kept")
    if kind.dtype not in C_TYPES:
        raise unspelled(f"a variable of type {kind.dtype}")
    return C_TYPES[kind.dtype]
