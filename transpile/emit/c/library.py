"""NumPy's and Python's functions of numbers, and the names that C has for them."""

from __future__ import annotations

from collections.abc import Mapping

# One or two real numbers in, one out: the function of double, float's with an f.
REAL: Mapping[str, str] = {
    **{
        name: name
        for name in """
        exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan sinh cosh tanh
        floor ceil trunc rint copysign hypot nextafter fmod
        """.split()
    },
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": "atan2",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "erf": "erf",
    "erfc": "erfc",
    "gamma": "tgamma",
    "lgamma": "lgamma",
    "fabs": "fabs",
    "fmax": "fmax",
    "fmin": "fmin",
}
COMPLEX: Mapping[str, str] = {
    "exp": "cexp",
    "log": "clog",
    "sqrt": "csqrt",
    "sin": "csin",
    "cos": "ccos",
    "tan": "ctan",
    "sinh": "csinh",
    "cosh": "ccosh",
    "tanh": "ctanh",
    "arcsin": "casin",
    "arccos": "cacos",
    "arctan": "catan",
    "arcsinh": "casinh",
    "arccosh": "cacosh",
    "arctanh": "catanh",
}
# Of ours (`support`), for real numbers.
OURS: Mapping[str, str] = {
    "maximum": "maximum",
    "minimum": "minimum",
    "sign": "sign",
    "logaddexp": "logaddexp",
    "logaddexp2": "logaddexp2",
    "heaviside": "heaviside",
    "floor_divide": "floor_divide",
    "remainder": "modulo",
}
TESTS: Mapping[str, str] = {"isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite"}
FACTORS: Mapping[str, str] = {
    "rad2deg": "57.29577951308232",
    "degrees": "57.29577951308232",
    "deg2rad": "0.017453292519943295",
    "radians": "0.017453292519943295",
}
CONSTANTS: Mapping[str, str] = {
    "np.nan": "NAN",
    "np.inf": "INFINITY",
    "np.pi": "3.141592653589793",
    "np.e": "2.718281828459045",
    "math.pi": "3.141592653589793",
}
CASTS: Mapping[str, str] = {
    "float": "float64",
    "int": "int64",
    "bool": "bool",
    "complex": "complex128",
    "np.bool_": "bool",
    **{
        f"np.{name}": name
        for name in """
        float32 float64 complex64 complex128 int8 int16 int32 int64 uint8 uint16 uint32
        """.split()
    },
}
ERRORS: Mapping[str, str] = {
    "IndexError": "INDEX",
    "ValueError": "VALUE",
    "OverflowError": "OVERFLOW",
    "RecursionError": "RECURSION",
    "ZeroDivisionError": "DIVISION",
    "MemoryError": "MEMORY",
    "TypeError": "TYPE",
    "AssertionError": "ASSERTION",
    "RuntimeError": "RUNTIME",
    "KeyError": "KEY",
    "FloatingPointError": "FLOATING",
    "ArithmeticError": "ARITHMETIC",
    "NotImplementedError": "MISSING",
}
