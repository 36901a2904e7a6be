"""What is accepted: refused syntax with its message and help; private functions.

The parser knows a handler for each accepted kind of node. For every other kind the
tables here say what is wrong and what to write instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .source import DRAWN


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a kind of syntax is not accepted, and what to write instead."""

    message: str
    help: str


STATEMENTS: Mapping[str, Refusal] = {
    "AsyncFor": Refusal("async code", "write a plain function"),
    "AsyncFunctionDef": Refusal("async code", "write a plain function"),
    "AsyncWith": Refusal("async code", "write a plain function"),
    "ClassDef": Refusal(
        "a class defined inside a function", "define it outside, or use a function"
    ),
    "Delete": Refusal(
        "del of an array element", "leave it out: arrays keep their length"
    ),
    "Global": Refusal(
        "global: a function that writes module variables",
        "pass the value as a parameter and return the new one",
    ),
    "Import": Refusal("an import inside a function", "import at the head of the file"),
    "ImportFrom": Refusal(
        "an import inside a function", "import at the head of the file"
    ),
    "Match": Refusal("match", "write if ... elif ... else"),
    "Nonlocal": Refusal(
        "nonlocal: a nested function that rebinds outer names",
        "return the new value instead",
    ),
    "Raise": Refusal("raise outside of an if", "guard it: if bad: raise ..."),
    "Try": Refusal("try", "test the condition with if before it can fail"),
    "TryStar": Refusal("try", "test the condition with if before it can fail"),
    "TypeAlias": Refusal("type inside a function", "define it at module level"),
    "With": Refusal(
        "with: a context manager", "move it to the caller, around the call"
    ),
}

EXPRESSIONS: Mapping[str, Refusal] = {
    "Await": Refusal("await: async code", "write a plain function"),
    "GeneratorExp": Refusal("a generator expression", "write a loop over an array"),
    "Set": Refusal("a set", "use an array or a tuple"),
    "SetComp": Refusal("a set comprehension", "write a loop over an array"),
    "Slice": Refusal("a slice outside of square brackets", "write it as an index"),
    "Starred": Refusal("a star", "write the elements out"),
    "TemplateStr": Refusal("a template string", "format text in the caller"),
    "Yield": Refusal("yield: a generator", "fill an array and return it"),
    "YieldFrom": Refusal("yield: a generator", "fill an array and return it"),
}

OPERATORS: Mapping[str, str] = {
    "Add": "add",
    "Sub": "subtract",
    "Mult": "multiply",
    "Div": "divide",
    "FloorDiv": "floor_divide",
    "Mod": "remainder",
    "Pow": "power",
    "BitAnd": "bitwise_and",
    "BitOr": "bitwise_or",
    "BitXor": "bitwise_xor",
    "LShift": "left_shift",
    "RShift": "right_shift",
}
SYMBOLS: Mapping[str, str] = {
    "Add": "+",
    "Sub": "-",
    "Mult": "*",
    "Div": "/",
    "FloorDiv": "//",
    "Mod": "%",
    "Pow": "**",
    "MatMult": "@",
    "BitAnd": "&",
    "BitOr": "|",
    "BitXor": "^",
    "LShift": "<<",
    "RShift": ">>",
    "Eq": "==",
    "NotEq": "!=",
    "Lt": "<",
    "LtE": "<=",
    "Gt": ">",
    "GtE": ">=",
    "UAdd": "+",
    "USub": "-",
    "Invert": "~",
    "Not": "not",
}
COMPARISONS: Mapping[str, str] = {
    "Eq": "equal",
    "NotEq": "not_equal",
    "Lt": "less",
    "LtE": "less_equal",
    "Gt": "greater",
    "GtE": "greater_equal",
}
UNARY: Mapping[str, str] = {
    "UAdd": "positive",
    "USub": "negative",
    "Invert": "invert",
    "Not": "logical_not",
}

# What to write for functions that draw in another way.
DRAWS: Mapping[str, str] = {
    **dict.fromkeys(
        ("gauss", "normalvariate"), f"write rng.normal(loc, scale); {DRAWN}"
    ),
    "expovariate": f"write rng.exponential(scale); {DRAWN}",
    "permuted": "write x[rng.permutation(n)], or draw indices outside",
    **dict.fromkeys("random uniform randint choice shuffle".split(), DRAWN),
}

# Names of NumPy that people use and that are not accepted, with what to write.
NUMPY_HELP: Mapping[str, str] = {
    "ndenumerate": "write a loop over a range for each axis",
    "ndindex": "write a loop over a range for each axis",
    "nextafter": "write the step: x + eps; it has no derivative at two numbers",
    "bitwise_count": "count the bits outside and pass the number in",
    "isnat": "there are no dates here",
    **dict.fromkeys(
        tuple(
            f"{name}.{how}"
            for name in ("power", "pow", "arctan2", "atan2")
            for how in ("reduce", "reduceat")
        ),
        "write a loop: NumPy's own result skips elements",
    ),
    **dict.fromkeys(
        ("poly1d", "polynomial.polynomial.Polynomial"),
        "keep the coefficients in an array, and use np.polyval and its kin",
    ),
    "vectorize": "write a for loop, or the formula over whole arrays",
}

# Those of SciPy: what they return is not a smooth function of the matrix.
_BASIS = "it is known up to a rotation: use the projector a @ np.linalg.pinv(a)"
_FACTORS = "differentiate what is computed of the factors: a solution, a determinant"
SCIPY_HELP: Mapping[str, str] = {
    "linalg.orth": _BASIS,
    "linalg.null_space": f"{_BASIS}, less the identity",
    **dict.fromkeys(
        [f"linalg.{name}" for name in ("schur", "qz", "ldl", "hessenberg")], _FACTORS
    ),
    "linalg.lu": "call lu_factor and lu_solve, or np.linalg.solve",
}

NUMBA_HELP: Mapping[str, str] = {
    "literal_unroll": "write a loop over the tuple itself",
    "typed.typedlist.List": "use a list, or an array",
    "typed.typeddict.Dict": "use a dict with fixed keys, or a NamedTuple",
}

# The private functions that a generated file may hold: operation -> canonical text.
HELPERS: Mapping[str, str] = {
    "stop_gradient": '''\
def _stop_gradient(x):
    """A copy of x, constant in every derivative."""
    return +x
''',
    "sigmoid": '''\
def _sigmoid(t):
    """1 / (1 + exp(-t)), without overflow."""
    e = np.exp(-np.abs(t))
    return np.where(t < 0, e, 1) / (1 + e)
''',
    "softplus": '''\
def _softplus(t):
    """log(1 + exp(t)), without overflow."""
    return np.logaddexp(0, t)
''',
    "log1mexp": '''\
def _log1mexp(t):
    """log(1 - exp(t)) for t < 0, without cancellation."""
    near = t > -0.6931471805599453
    small = np.log1p(-np.exp(np.where(near, -1, t)))
    return np.where(near, np.log(-np.expm1(np.where(near, t, -1))), small)[()]
''',
    "logsumexp": '''\
def _logsumexp(x, axis=None, keepdims=False):
    """log(sum(exp(x))), without overflow."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    total = np.sum(np.exp(x - top), axis=axis, keepdims=keepdims)
    return np.log(total) + top.reshape(np.shape(total))
''',
}
HELPER_NAMES: Mapping[str, str] = {f"_{op}": op for op in HELPERS}
