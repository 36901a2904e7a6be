"""What may be passed: kinds of arguments, and what to write instead of the rest."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

FLOATS = ("float64", "float32", "complex128", "complex64")
_OVERLAP_WORK: Any = 10_000  # more is not decided, and counts as an overlap
# Python numbers keep their own kinds: they do not promote arrays.
PYTHON = {
    bool: "bool",
    int: "weak_int",
    float: "weak_float",
    complex: "weak_complex",
}


# What draws numbers.
RANDOM = (np.random.Generator, np.random.RandomState)
WEAK = frozenset(PYTHON.values())


@dataclass(frozen=True, slots=True)
class Kind:
    """What a derivative is specialised for, of one argument.

    ``ones`` says for each axis whether its length is 1, so that it broadcasts;
    ``layout`` is ``C``, ``F`` or ``A`` (any strides). What holds parts has a ``form``
    such as ``tuple`` or ``dict``, and ``names`` for them; ``value`` is the class of a
    record, or what is no array or number itself.
    """

    dtype: str
    ones: tuple[bool, ...] = ()
    layout: str = "C"
    parts: tuple[Kind, ...] = ()
    form: str = "leaf"
    names: tuple[object, ...] = ()
    value: object = None

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.ones)


_DTYPES = "f8 f4 c16 c8 i8 i4 i2 i1 u8 u4 u2 u1 ?"
_ADMITTED = frozenset(map(np.dtype, _DTYPES.split()))


def on_device(value: object) -> bool:
    """Whether an argument is an array of a GPU."""
    return hasattr(value, "__cuda_array_interface__")


def kind_of(value: Any) -> Kind:
    """Return the kind of an argument that `admit` has let in."""
    if isinstance(value, RANDOM):
        new = isinstance(value, np.random.Generator)
        return Kind("generator" if new else "random_state")
    if not isinstance(value, (np.ndarray, *PYTHON, np.generic)):
        found = value.__cuda_array_interface__
        dtype = np.dtype(found["typestr"])
        return Kind(dtype.name, tuple(n == 1 for n in found["shape"]), "C")
    if isinstance(value, np.ndarray):
        flags = value.flags
        layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
        return Kind(value.dtype.name, tuple([n == 1 for n in value.shape]), layout)
    return Kind(PYTHON.get(type(value)) or np.dtype(type(value)).name)


def layout_key(value: Any) -> object:
    """Return a key that is equal for arrays and numbers of one kind, quickly."""
    if type(value) is np.ndarray:
        flags = value.flags
        ones = 1 in value.shape and tuple([n == 1 for n in value.shape])
        return value.dtype, value.ndim, flags.c_contiguous, flags.f_contiguous, ones
    if type(value) in PYTHON or isinstance(value, (np.generic, *RANDOM)):
        return type(value)
    return kind_of(value), "device"


def admit(name: str, value: Any) -> Any:
    """Return an argument as a plain array or scalar, or raise TypeError."""
    kind = type(value)
    if kind in PYTHON:
        return value
    if kind is np.ndarray and value.ndim and value.dtype in _ADMITTED:
        return value
    if kind is np.ndarray or kind is np.memmap:
        array = np.asarray(value)
        _check_dtype(name, array.dtype)
        return array[()] if array.ndim == 0 else array
    if isinstance(value, np.generic):
        _check_dtype(name, value.dtype)
        return value
    if isinstance(value, RANDOM):
        return value
    if on_device(value):
        if not value.__cuda_array_interface__["shape"]:
            raise TypeError(f"{name} has no axes; pass float({name})")
        return value
    raise TypeError(f"{name} is {described(value)}; pass {_conversion(name, value)}")


def _check_dtype(name: str, dtype: np.dtype[Any]) -> None:
    if not dtype.isnative:
        native = f"{name}.astype({name}.dtype.newbyteorder('='))"
        raise TypeError(f"{name} has foreign byte order; pass {native}")
    if dtype not in _ADMITTED:
        raise TypeError(
            f"{name} has dtype {dtype}, which is not supported;"
            f" pass {name}.astype(np.float64) or another dtype"
        )


def described(value: object) -> str:
    """Return what a value is, with an article."""
    kind = type(value)
    module = kind.__module__.partition(".")[0]
    known = {"builtins": "", "numpy": "numpy.", "__main__": ""}
    place = known.get(module, f"{module}.")
    article = "an" if (place + kind.__name__)[0].lower() in "aeiou" else "a"
    return f"{article} {place}{kind.__name__}"


def _conversion(name: str, value: object) -> str:
    """Return the text that converts an argument."""
    if isinstance(value, numbers.Number):
        return f"float({name})"
    if isinstance(value, np.ma.MaskedArray):
        return f"{name}.filled(...) or {name}.compressed()"
    if hasattr(type(value), "to_numpy"):
        return f"{name}.to_numpy()"
    for plain in (dict, list, tuple):
        if isinstance(value, plain):
            return f"{plain.__name__}({name})"
    if hasattr(value, "__array__"):
        return f"np.asarray({name})"
    if type(value).__module__.startswith("numba.typed"):
        made = "dict" if hasattr(value, "keys") else "tuple"
        return f"{made}({name})"
    if hasattr(value, "standard_normal"):
        return "a generator: np.random.default_rng(seed)"
    return "an array or a number"


def check_wrt(name: str, kind: Kind, others: Sequence[str] = ()) -> None:
    """Raise TypeError for an argument that nothing can be differentiated by.

    ``others`` are parts of the same argument that could be named instead.
    """
    if kind.dtype in (*FLOATS, "weak_complex", "weak_float", "weak_int"):
        return
    if kind.dtype in ("generator", "random_state"):
        raise TypeError(f"cannot differentiate with respect to {name}, a generator")
    convert = f"{name}.astype(np.float64)" if kind.rank else f"float({name})"
    wrt = repr(others[0] if len(others) == 1 else tuple(others))
    instead = f", or name the other parts: wrt={wrt}" if others else ""
    raise TypeError(
        f"cannot differentiate with respect to {name}, which is {kind.dtype};"
        f" pass {convert}{instead}"
    )


_CASTS: dict[str, Callable[[Any], object]] = {
    "weak_float": float,
    "weak_int": operator.index,
    "weak_complex": complex,
    "float64": np.float64,
    "float32": np.float32,
    "bool": bool,
    "generator": lambda value: value,
    "random_state": lambda value: value,
}


def cast_for(dtype: str) -> Callable[[Any], object]:
    """Return what makes a scalar argument one of that dtype."""
    found = _CASTS.get(dtype)
    return np.dtype(dtype).type if found is None else found


def check_overlap(names: Sequence[str], values: Sequence[object], at: int) -> None:
    """Raise ValueError if a written argument shares memory with another."""
    written = values[at]
    if not isinstance(written, np.ndarray):
        raise TypeError(f"{names[at]} is written; pass an array, not a number")
    for other, value in enumerate(values):
        if other == at or not isinstance(value, np.ndarray):
            continue
        if np.may_share_memory(written, value) and _overlap(written, value):
            raise ValueError(
                f"{names[at]} is written and shares memory with {names[other]};"
                f" pass {names[other]}.copy()"
            )


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    try:
        return np.shares_memory(a, b, max_work=_OVERLAP_WORK)
    except np.exceptions.TooHardError:
        return True


def own(result: np.ndarray, others: Sequence[object]) -> object:
    """Return an array as C-contiguous, writable and in memory of its own."""
    if result.ndim == 0:
        return result[()]
    flags = result.flags
    arrays = (other for other in others if isinstance(other, np.ndarray))
    if flags.c_contiguous and flags.writeable:
        if not any(np.may_share_memory(result, array) for array in arrays):
            return result
    return np.array(result, order="C", copy=True)
