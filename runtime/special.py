"""Functions of ``scipy.special`` in compiled code: the C functions behind them.

SciPy hands them out for Cython, as ``scipy.special.cython_special``. In a text stands a
function for each, which calls the one for arrays; `in_c` is what it is compiled as.
"""

from __future__ import annotations

import ctypes
import functools
import types
from typing import Any

HOME = ("scipy", "special")


def name_of(function: types.FunctionType) -> str | None:
    """Return which function of SciPy a function of a text stands for."""
    names = function.__code__.co_names
    return names[2] if names[:2] == HOME and len(names) == 3 else None


@functools.cache
def version() -> str:
    """Return the version of what stands behind the names in compiled code."""
    import scipy

    return str(scipy.__version__)


@functools.cache
def in_c(name: str, arity: int) -> Any:
    """Return what stands for SciPy's function of so many doubles in compiled code."""
    import llvmlite.binding
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.extending import intrinsic

    address, skips = _found(name, arity)
    symbol = f"scipy.special.{name}"
    llvmlite.binding.add_symbol(symbol, address)
    declared: Any = cgutils.get_or_insert_function
    double, integer = ir.DoubleType(), ir.IntType(32)
    kind = ir.FunctionType(double, [double] * arity + [integer] * skips)

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        function = declared(builder.module, kind, symbol)
        return builder.call(function, [*args, *[integer(0)] * skips])

    made = types.float64(*[types.float64] * arity), generate
    takers: dict[int, Any] = {
        1: lambda _, a: made,
        2: lambda _, a, b: made,
        3: lambda _, a, b, c: made,
        4: lambda _, a, b, c, d: made,
    }
    return intrinsic(takers[arity])


def _found(name: str, arity: int) -> tuple[int, int]:
    """Return the address of a C function, and whether it takes a flag of Cython's.

    Those for several types of numbers have names that begin with a number for each.
    """
    from scipy.special import cython_special

    wanted = "double (" + ", ".join(["double"] * arity)
    for key, capsule in cython_special.__pyx_capi__.items():
        if key != name and not (key.startswith("__pyx_fuse_") and _ends(key, name)):
            continue
        signature = _capsule_name(capsule)
        rest = signature.decode().removeprefix(wanted)
        if rest in (")", ", int __pyx_skip_dispatch)"):
            return _capsule_pointer(capsule, signature), int(rest != ")")
    raise NotImplementedError(f"this version of SciPy has no {name} for compiled code")


def _ends(key: str, name: str) -> bool:
    return key.removesuffix(name).strip("_0123456789") == "pyx_fuse"


_capsule_name = ctypes.pythonapi.PyCapsule_GetName
_capsule_name.restype = ctypes.c_char_p
_capsule_name.argtypes = [ctypes.py_object]
_capsule_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype = ctypes.c_void_p
_capsule_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
