"""Functions of ``scipy.special`` in compiled code: the C functions behind them.

SciPy hands them out for Cython, as ``scipy.special.cython_special``. In a text stands a
function for each, which calls the one for arrays; `in_c` is what it is compiled as.
"""

from __future__ import annotations

import ctypes
import functools
import re
import types
from collections.abc import Mapping
from typing import Any

HOME = ("scipy", "special")


def name_of(function: types.FunctionType) -> str | None:
    """Return which function of SciPy a function of a text stands for.

    ``airy_1`` is the second result of airy.
    """
    names = function.__code__.co_names
    if names[:2] != HOME or len(names) != 3:
        return None
    own = function.__name__.removeprefix("_")
    return own if own.rpartition("_")[0] == names[2] else names[2]


@functools.cache
def version() -> str:
    """Return the version of what stands behind the names in compiled code."""
    import scipy

    return str(scipy.__version__)


@functools.cache
def in_c(name: str, arity: int) -> Any:
    """Return what stands for SciPy's function of so many doubles in compiled code."""
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.extending import intrinsic

    function, _, place = name.rpartition("_")
    several = place.isdigit()
    function = function if several else name
    found, given, flags = known().get(function, (0, 0, 0))
    if found != arity or bool(given) != several:
        message = f"this version of SciPy has no {name} for compiled code"
        raise NotImplementedError(message)
    declared: Any = cgutils.get_or_insert_function
    reserved: Any = cgutils.alloca_once
    double, integer = ir.DoubleType(), ir.IntType(32)
    taken = [double] * arity + [double.as_pointer()] * given + [integer] * flags
    kind = ir.FunctionType(ir.VoidType() if several else double, taken)

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        called = declared(builder.module, kind, PREFIX + function)
        places = [reserved(builder, double) for _ in range(given)]
        result = builder.call(called, [*args, *places, *[integer(0)] * flags])
        return builder.load(places[int(place)]) if several else result

    made = types.float64(*[types.float64] * arity), generate
    takers: dict[int, Any] = {
        1: lambda _, a: made,
        2: lambda _, a, b: made,
        3: lambda _, a, b, c: made,
        4: lambda _, a, b, c, d: made,
    }
    return intrinsic(takers[arity])


@functools.cache
def known() -> Mapping[str, tuple[int, int, int]]:
    """Return how many doubles, places for doubles and flags each function takes.

    From now on LLVM knows where they are: also in code that Numba reads back.
    """
    import llvmlite.binding
    from scipy.special import cython_special

    found: dict[str, tuple[int, int, int]] = {}
    for key, capsule in cython_special.__pyx_capi__.items():
        signature = _capsule_name(capsule)
        match = SIGNATURE.fullmatch(signature.decode())
        if match is not None:
            name = TYPES.sub("", key)
            counts = (match[1].count("double"), match[2].count("*"))
            found[name] = (*counts, int(match[3] is not None))
            address = _capsule_pointer(capsule, signature)
            llvmlite.binding.add_symbol(PREFIX + name, address)
    return found


def announce(text: str) -> None:
    """Let LLVM find what a text calls; of a text that is lost, whatever it calls."""
    if not text or "scipy.special." in text:
        known()


PREFIX = "scipy.special."
SIGNATURE = re.compile(
    r"(?:double|void) \(((?:double, )*double)((?:, double \*)*)"
    r"(, int __pyx_skip_dispatch)?\)"
)
# Functions for several types of numbers have a number for each before the name.
TYPES = re.compile(r"^__pyx_fuse_[0-9_]+")
_capsule_name = ctypes.pythonapi.PyCapsule_GetName
_capsule_name.restype = ctypes.c_char_p
_capsule_name.argtypes = [ctypes.py_object]
_capsule_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype = ctypes.c_void_p
_capsule_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
