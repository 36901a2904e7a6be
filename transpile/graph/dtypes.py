"""Dtypes as NumPy 2 promotes them (NEP 50); Python numbers are weak."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .ops import OPS, SPECIAL
from .shapes import TypeRefused

WEAK = ("weak_int", "weak_float", "weak_complex")
COMPLEX = {
    "complex64": "float32",
    "complex128": "float64",
    "weak_complex": "weak_float",
}
INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
STRONG = {"weak_int": "int64", "weak_float": "float64", "weak_complex": "complex128"}
DTYPES = ("bool", "float32", "float64", "complex64", "complex128", *INTEGERS, *WEAK)


@functools.cache
def promote(*dtypes: str) -> str:
    """Return the dtype that NumPy 2 computes in for operands of these dtypes.

    Examples
    --------
    >>> promote("float32", "weak_float"), promote("int64", "float32")
    ('float32', 'float64')
    >>> promote("float32", "weak_complex"), promote("int64", "weak_complex")
    ('complex64', 'complex128')
    """
    for dtype in dtypes:
        if dtype in ("generator", "random_state"):
            raise TypeRefused(
                "a generator of random numbers where a number is needed",
                "draw from it: rng.normal()",
            )
        if dtype not in DTYPES:
            raise TypeRefused(
                f"arrays of dtype {dtype} are not supported",
                "convert to float64 or float32 with .astype",
            )
    strong = [dtype for dtype in dtypes if dtype not in WEAK]
    if not strong:
        return max(dtypes, key=WEAK.index)
    common = np.dtype(strong[0])
    for dtype in strong[1:]:
        common = np.promote_types(common, np.dtype(dtype))
    if "weak_complex" in dtypes and common.kind != "c":
        return "complex64" if common.name == "float32" else "complex128"
    if "weak_float" in dtypes and common.kind not in "fc":
        return "float64"
    if "weak_int" in dtypes and common.kind == "b":
        return "int64"
    return common.name


SHORT = frozenset({"bool", "int8", "uint8", "int16", "uint16"})


def floating(dtype: str) -> str:
    """Return the dtype of ``np.exp`` and its like: floats stay what they are."""
    if dtype in ("float32", "float64") or dtype in COMPLEX:
        return dtype
    if dtype in ("bool", "int8", "uint8"):
        raise TypeRefused(
            f"NumPy computes this in half precision for {dtype} operands",
            "convert first, with .astype(np.float64)",
        )
    return "float32" if dtype in ("int16", "uint16") else "float64"


def strong(dtype: str) -> str:
    """Return the dtype that a Python number gets in an array of its own."""
    return STRONG.get(dtype, dtype)


def real(dtype: str) -> str:
    """Return the dtype of the real and imaginary parts of a number."""
    return COMPLEX.get(dtype, dtype)


def _operator_spelled(attrs: Mapping[str, Any]) -> bool:
    """Return whether Python's operator stands in the source, not a NumPy function."""
    return not str(attrs.get("spelled", "")).startswith(("np.", "numpy."))


def is_bool(*dtypes: str) -> bool:
    """Return whether all dtypes are bool."""
    return all(dtype == "bool" for dtype in dtypes)


NO_BOOLEANS = frozenset(
    """subtract negative positive sign power floor_divide remainder fmod square
    reciprocal left_shift right_shift gcd lcm nan_to_num conjugate""".split()
)
INTEGERS_ONLY = frozenset(
    "bitwise_and bitwise_or bitwise_xor invert left_shift right_shift gcd lcm".split()
)
ROUNDINGS = frozenset({"floor", "ceil", "trunc", "rint"})
# Functions of SciPy for which a Python number is a double.
NUMBERS_ARE_DOUBLES = frozenset(
    """xlogy xlog1py beta betaln gammainc gammaincc gammaincinv gammainccinv struve
    modstruve ellipkinc ellipeinc hyp2f1 ellipj_0 ellipj_1 ellipj_2 ellipj_3""".split()
)
# Stay Python numbers when given Python numbers, as the operators do.
PYTHON_OPERATORS = frozenset(
    """add subtract multiply divide floor_divide remainder power negative positive
    absolute maximum minimum bitwise_and bitwise_or bitwise_xor invert left_shift
    right_shift square conjugate""".split()
)


# What NumPy does with complex numbers; orderings, roundings and the like it should not.
ON_COMPLEX = frozenset(
    """add subtract multiply divide negative positive absolute square reciprocal power
    float_power sqrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos
    arctan sinh cosh tanh arcsinh arccosh arctanh sinc where equal not_equal isnan
    isinf isfinite logical_and logical_or logical_xor logical_not angle
    conjugate sum prod mean var std cumsum cumprod any all count_nonzero""".split()
)
# Real results of complex operands; the parts of a number are views of it.
TO_REAL = frozenset("absolute angle var std".split())
ORDERED = frozenset(
    """less less_equal greater greater_equal maximum minimum fmax fmin max min argmax
    argmin clip sign""".split()
)


def require_complex(op: str) -> None:
    """Refuse an operation that has no meaning, or several, on complex numbers."""
    if op in ON_COMPLEX:
        return
    if op in ORDERED:
        raise TypeRefused(
            f"{op} of complex operands: they have no order",
            "compare np.abs(z), z.real or z.imag",
        )
    raise TypeRefused(
        f"{op} of complex operands", "apply it to z.real and z.imag, or to np.abs(z)"
    )


def keep_imaginary(dtype: str, into: str, what: str) -> None:
    """Refuse to drop imaginary parts without a word, as NumPy does."""
    if dtype in COMPLEX and into not in COMPLEX and into != "bool":
        shown = dtype.removeprefix("weak_")
        raise TypeRefused(
            f"{what} of {shown} into {into} drops the imaginary part",
            "take .real, .imag or np.abs() of it",
        )


def elementwise_dtype(op: str, dtypes: Sequence[str], attrs: Mapping[str, Any]) -> str:
    """Return the dtype of an elementwise operation's result."""
    if any(dtype in COMPLEX for dtype in dtypes):
        require_complex(op)
    if OPS[op].result == "bool":
        promote(*dtypes)
        return "bool"
    if op == "where":
        dtypes = dtypes[1:]
    elif op == "clip":
        # NumPy makes an array of the first operand, so it is never weak.
        dtypes = (strong(dtypes[0]), *dtypes[1:])
    elif op == "ldexp":
        if dtypes[1] not in ("weak_int", *INTEGERS):
            raise TypeRefused(f"ldexp by {dtypes[1]}", "the exponent is a whole number")
        if dtypes[0] == "weak_int":
            raise TypeRefused("NumPy gives half precision here", "write a float: 1.0")
        dtypes = dtypes[:1]
    common = promote(*dtypes)
    if op in NO_BOOLEANS and is_bool(common):
        raise TypeRefused(
            f"{op} of boolean operands",
            "convert first, with .astype(np.float64), or use logical operators",
        )
    if op in INTEGERS_ONLY and common not in ("bool", "weak_int", *INTEGERS):
        raise TypeRefused(f"{op} of {common} operands", "bits need integers")
    if op in SPECIAL and SHORT.intersection(dtypes):
        raise TypeRefused(
            f"{op} of short integers: its dtype is not NumPy's for such operands",
            "convert first, with .astype(np.float64)",
        )
    if SPECIAL.get(op, "x")[0] == "n":  # beside a whole number SciPy takes doubles
        return "float64"
    if op in NUMBERS_ARE_DOUBLES:
        return "float32" if set(dtypes) == {"float32"} else "float64"
    if op in ROUNDINGS and common not in ("float32", "float64", "weak_float"):
        raise TypeRefused(
            f"{op} of integers: its dtype differs between NumPy 1 and 2",
            f"leave out the {op}, or convert to float first",
        )
    if common in WEAK and op in PYTHON_OPERATORS and _operator_spelled(attrs):
        if op in TO_REAL:
            return real(common)
        whole = OPS[op].result == "float" and common == "weak_int"
        return "weak_float" if whole else common
    common = strong(common)
    if common in COMPLEX and op != "float_power":
        return real(common) if op in TO_REAL else common
    if op == "float_power":
        return "complex128" if common in COMPLEX else "float64"
    if op in ("divide", "sinc"):
        return common if common in ("float32", "float64") else "float64"
    return floating(common) if OPS[op].result == "float" else common


# ---- reductions ----


def _total(dtype: str) -> str:
    """Return the dtype in which NumPy sums: small integers widen."""
    if dtype in ("bool", "weak_int") or dtype.startswith("int"):
        return "int64"
    return "uint64" if dtype.startswith("uint") else strong(dtype)


def _mean(dtype: str) -> str:
    return dtype if dtype in ("float32", "complex64", "complex128") else "float64"


REDUCED: Mapping[str, Callable[[str], str]] = {
    "sum": _total,
    "prod": _total,
    "cumsum": _total,
    "cumprod": _total,
    "max": strong,
    "min": strong,
    "mean": _mean,
    "var": lambda dtype: _mean(real(dtype)),
    "std": lambda dtype: _mean(real(dtype)),
    "logsumexp": lambda dtype: floating(strong(dtype)),
    "any": lambda dtype: "bool",
    "all": lambda dtype: "bool",
    "argmax": lambda dtype: "int64",
    "argmin": lambda dtype: "int64",
    "count_nonzero": lambda dtype: "int64",
}
