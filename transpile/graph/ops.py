"""The operations of the graph: one row each.

A row says what kind of operation it is, how many operands it takes, under which
names of NumPy (and array methods) it is known, what type of number comes out, and
whether it is cheap enough to be computed twice rather than saved. The first NumPy
name is the one to print; it exists in NumPy 1.26 and 2.x.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Op:
    """An operation.

    ``category`` is ``elementwise``, ``reduction``, ``product``, ``shape``,
    ``creation``, ``index``, ``control``, ``effect`` or ``constant``. ``arity`` is
    None where the number of operands varies. ``result`` is ``same`` (operands
    promoted), ``float`` (integers become float64), ``bool``, ``integer`` (int64),
    ``count`` (a Python integer) or ``attr`` (decided by attributes).
    """

    name: str
    category: str
    arity: int | None
    numpy: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    result: str = "same"
    cheap: bool = False
    pure: bool = True


_TABLE: dict[str, Op] = {}


def _names(text: str, prefix: str) -> tuple[str, ...]:
    return tuple(prefix + word for word in text.split())


def _op(
    category: str,
    name: str,
    arity: int | None,
    result: str = "same",
    *,
    np: str | None = None,
    methods: str = "",
    cheap: bool = False,
    pure: bool = True,
) -> None:
    """Add a row; ``np`` defaults to the operation's own name."""
    spellings = _names(name if np is None else np, "np.")
    found = _names(methods, ".")
    _TABLE[name] = Op(name, category, arity, spellings, found, result, cheap, pure)


def _cheap(name: str, arity: int, result: str = "same", np: str | None = None) -> None:
    """Add an elementwise operation that costs about as much as an addition."""
    _op("elementwise", name, arity, result, np=np, cheap=True)


def _dear(name: str, arity: int, result: str = "float", np: str | None = None) -> None:
    """Add an elementwise operation that is worth saving."""
    _op("elementwise", name, arity, result, np=np)


# ---- arithmetic ----
_cheap("add", 2)
_cheap("subtract", 2)
_cheap("multiply", 2)
_cheap("divide", 2, "float", np="divide true_divide")
_cheap("floor_divide", 2)
_cheap("remainder", 2, np="remainder mod")
_cheap("fmod", 2)
_cheap("negative", 1)
_cheap("stop_gradient", 1, np="")
_cheap("positive", 1)
_cheap("absolute", 1, np="abs absolute")
_cheap("fabs", 1, "float")
_op(
    "elementwise",
    "conjugate",
    1,
    np="conj conjugate",
    methods="conj conjugate",
    cheap=True,
)
_dear("angle", 1)
_cheap("sign", 1)
_cheap("square", 1)
_cheap("reciprocal", 1)
_cheap("deg2rad", 1, "float", np="deg2rad radians")
_cheap("rad2deg", 1, "float", np="rad2deg degrees")
_cheap("maximum", 2)
_cheap("minimum", 2)
_cheap("fmax", 2)
_cheap("fmin", 2)
_cheap("floor", 1, "float")
_cheap("ceil", 1, "float")
_cheap("trunc", 1, "float", np="trunc fix")
_cheap("rint", 1, "float")
_cheap("copysign", 2, "float")
_cheap("ldexp", 2, "float")
_cheap("heaviside", 2, "float")
_op("elementwise", "nan_to_num", 1, cheap=True)
_op("elementwise", "clip", 3, methods="clip", cheap=True)
_op("elementwise", "where", 3, cheap=True)
_op("elementwise", "cast", 1, "attr", np="", methods="astype", cheap=True)

# ---- powers, exponentials, logarithms, circular and hyperbolic functions ----
_dear("power", 2, "same", np="power pow")
_dear("float_power", 2)
_dear("sqrt", 1)
_dear("cbrt", 1)
_dear("exp", 1)
_dear("exp2", 1)
_dear("expm1", 1)
_dear("log", 1)
_dear("log2", 1)
_dear("log10", 1)
_dear("log1p", 1)
_dear("sin", 1)
_dear("cos", 1)
_dear("tan", 1)
_dear("arcsin", 1, np="arcsin asin")
_dear("arccos", 1, np="arccos acos")
_dear("arctan", 1, np="arctan atan")
_dear("arctan2", 2, np="arctan2 atan2")
_dear("hypot", 2)
_dear("sinh", 1)
_dear("cosh", 1)
_dear("tanh", 1)
_dear("arcsinh", 1, np="arcsinh asinh")
_dear("arccosh", 1, np="arccosh acosh")
_dear("arctanh", 1, np="arctanh atanh")
_dear("sinc", 1)
_dear("logaddexp", 2)
_dear("logaddexp2", 2)
_dear("sigmoid", 1, np="")
_dear("softplus", 1, np="")
_dear("log1mexp", 1, np="")

# ---- special functions: those of scipy.special, some of them Python's too ----
_SPECIAL: Mapping[str, str] = {
    "x": """erf erfc erfinv erfcx erfi dawsn gamma gammaln gammasgn digamma rgamma ndtr
        log_ndtr ndtri ndtri_exp entr exprel cosm1 spence exp1 expi sindg cosdg tandg
        cotdg i0 i0e i1e j0 j1 y0 y1 k0 k1 k0e k1e airy_0 airy_1 airy_2 airy_3 sici_0
        sici_1 shichi_0 shichi_1 fresnel_0 fresnel_1 ber bei ker kei berp beip kerp
        keip itj0y0_0 itj0y0_1 iti0k0_0 iti0k0_1 itstruve0 itmodstruve0 itairy_0
        itairy_1 itairy_2 itairy_3 wrightomega""",
    "x k": "lambertw",
    "m v x": "lpmv",
    "u m": "ellipj_0 ellipj_1 ellipj_2 ellipj_3",
    "m": "ellipk ellipe",
    "p": "ellipkm1",
    "phi m": "ellipkinc ellipeinc",
    "v x": "jv yv iv kv ive kve hyp0f1 struve modstruve pbdv_0 pbdv_1 pbvv_0 pbvv_1",
    "n x": """polygamma expn eval_chebyt eval_chebyu eval_legendre eval_hermite
        eval_hermitenorm""",
    "a b": "beta betaln",
    "x y": "xlogy xlog1py rel_entr powm1 binom",
    "x m": "poch",
    "x q": "zeta",
    "x lmbda": "boxcox boxcox1p inv_boxcox inv_boxcox1p tklmbda",
    "h a": "owens_t",
    "a x": "gammainc gammaincc gammaincinv gammainccinv pbwa_0 pbwa_1",
    "df x": "stdtr stdtrit",
    "a b x": """betainc betaincc betaincinv betainccinv hyp1f1 hyperu wright_bessel
        log_wright_bessel""",
    "n a x": "eval_gegenbauer eval_genlaguerre",
    "n a b x": "eval_jacobi",
    "a b c x": "hyp2f1",
}
# What they take, by name; ``airy_1`` is the second of the numbers that airy gives.
SPECIAL: Mapping[str, tuple[str, ...]] = {
    op: tuple(words.split()) for words, ops in _SPECIAL.items() for op in ops.split()
}


def special_part(op: str) -> tuple[str, int | None]:
    """Return the function of SciPy, and which of its results an operation is."""
    name, _, place = op.rpartition("_")
    return (name, int(place)) if place.isdigit() else (op, None)


for _special, _words in SPECIAL.items():
    _dear(_special, len(_words), np="")

# ---- comparison and logic ----
_cheap("equal", 2, "bool")
_cheap("not_equal", 2, "bool")
_cheap("less", 2, "bool")
_cheap("less_equal", 2, "bool")
_cheap("greater", 2, "bool")
_cheap("greater_equal", 2, "bool")
_cheap("logical_and", 2, "bool")
_cheap("logical_or", 2, "bool")
_cheap("logical_xor", 2, "bool")
_cheap("logical_not", 1, "bool")
_cheap("isnan", 1, "bool")
_cheap("isinf", 1, "bool")
_cheap("isfinite", 1, "bool")
_cheap("signbit", 1, "bool")
_cheap("bitwise_and", 2)
_cheap("bitwise_or", 2)
_cheap("bitwise_xor", 2)
_cheap("invert", 1, np="invert bitwise_not bitwise_invert")
_cheap("left_shift", 2, np="left_shift bitwise_left_shift")
_dear("gcd", 2, "same")
_dear("lcm", 2, "same")
_cheap("right_shift", 2, np="right_shift bitwise_right_shift")

# ---- reductions (axis, keepdims) and scans (axis) ----
_op("reduction", "sum", 1, methods="sum")
_op("reduction", "prod", 1, methods="prod")
_op("reduction", "max", 1, np="max amax", methods="max")
_op("reduction", "min", 1, np="min amin", methods="min")
_op("reduction", "mean", 1, "float", methods="mean")
_op("reduction", "var", 1, "float", methods="var")
_op("reduction", "std", 1, "float", methods="std")
_op("reduction", "any", 1, "bool", methods="any")
_op("reduction", "all", 1, "bool", methods="all")
_op("reduction", "argmax", 1, "integer", methods="argmax")
_op("reduction", "argmin", 1, "integer", methods="argmin")
_op("reduction", "count_nonzero", 1, "integer")
_op("reduction", "logsumexp", 1, "float", np="")
_op("reduction", "cumsum", 1, np="cumsum", methods="cumsum")
_op("reduction", "cumprod", 1, np="cumprod", methods="cumprod")

# ---- products: one operation per pair of ranks ----
_op("product", "dot", 2, np="dot inner matmul", methods="dot")
_op("product", "matvec", 2, np="dot matmul", methods="dot")
_op("product", "vecmat", 2, np="dot matmul", methods="dot")
_op("product", "matmul", 2, np="matmul dot", methods="dot")
_op("product", "outer", 2)
_op("search", "searchsorted", 2, "integer")
_op("search", "argsort", 1, "integer")
_op("solver", "cholesky", 1, "float", np="linalg.cholesky")
_op("solver", "solve", 2, "float", np="linalg.solve")
_op("solver", "inv", 1, "float", np="linalg.inv")
_op("solver", "det", 1, "float", np="linalg.det")
_op("solver", "signdet", 1, "float", np="")
_op("solver", "logabsdet", 1, "float", np="")
_op("solver", "phasedet", 1, "float", np="")  # complex: the factor of size one
_op("solver", "pinv", 1, "float", np="linalg.pinv")
# One result each of what NumPy returns together.
_op("solver", "eigvalsh", 1, "float", np="linalg.eigvalsh")
_op("solver", "eigh", 1, "float", np="")
_op("solver", "eigvals", 1, "float", np="linalg.eigvals")
_op("solver", "eig", 1, "float", np="")
_op("solver", "svdvals", 1, "float", np="")
_op("solver", "svd_u", 1, "float", np="")
_op("solver", "svd_vh", 1, "float", np="")
_op("solver", "qr_q", 1, "float", np="")
_op("solver", "qr_r", 1, "float", np="")
# Functions of matrices, and x of a @ x + x @ b = q: SciPy's.
_op("solver", "expm", 1, "float", np="")
_op("solver", "sqrtm", 1, "float", np="")
_op("solver", "logm", 1, "float", np="")
_op("solver", "sylvester", 3, "float", np="")

# ---- Fourier transforms (axis, norm) ----
_op("transform", "fft", None, "attr", np="fft.fft")
_op("transform", "ifft", None, "attr", np="fft.ifft")
_op("transform", "rfft", 1, "attr", np="fft.rfft")
_op("transform", "irfft", 2, "attr", np="fft.irfft")

# ---- shape ----
_op("shape", "dim", 1, "count", np="", cheap=True)
_op("shape", "reshape", None, methods="reshape", cheap=True)
_op("shape", "transpose", 1, methods="transpose T", cheap=True)
_op("shape", "real", 1, methods="real", cheap=True)
_op("shape", "imag", 1, methods="imag", cheap=True)
_op("shape", "broadcast_to", None, cheap=True)
_op("shape", "concatenate", None, np="concatenate concat")
_op("shape", "stack", None)
_op("shape", "flip", 1, cheap=True)
_op("shape", "copy", 1, methods="copy")

# ---- creation (dtype) ----
_op("creation", "zeros", None, "attr", cheap=True)
_op("creation", "ones", None, "attr", cheap=True)
_op("creation", "empty", None, "attr", cheap=True)
_op("creation", "full", None, "attr", cheap=True)
_op("creation", "eye", 2, "attr", np="eye identity")
_op("creation", "arange", 3, "attr", cheap=True)
_op("creation", "linspace", 3, "attr")

# ---- constants ----
_op("constant", "constant", 0, "attr", np="", cheap=True)
_op("constant", "undefined", 0, "attr", np="", cheap=True)

# ---- reading and writing elements ----
_op("index", "index", None, np="", cheap=True)
_op("index", "store", None, np="")
_op("index", "accumulate", None, np="")

# ---- control and effects ----
_op("control", "for", None, "attr", np="", pure=False)
_op("control", "while", None, "attr", np="", pure=False)
_op("control", "if", None, "attr", np="", pure=False)
_op("effect", "call", None, "attr", np="", pure=False)
_op("effect", "outside", None, "attr", np="", pure=False)
_op("effect", "draw", None, "attr", np="", pure=False)
_op("effect", "check", 1, "attr", np="", pure=False)
_op("effect", "print", None, "attr", np="", pure=False)

OPS: Mapping[str, Op] = _TABLE


def _of(category: str) -> frozenset[str]:
    return frozenset(op.name for op in OPS.values() if op.category == category)


ELEMENTWISE = _of("elementwise")
REDUCTIONS = _of("reduction")
SCANS = frozenset({"cumsum", "cumprod"})
PRODUCTS = _of("product")
SHAPES = _of("shape")
CREATIONS = _of("creation")
INDEXING = _of("index")
COMPARISONS = frozenset(
    {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"}
)
CHEAP = frozenset(op.name for op in OPS.values() if op.cheap)
PURE = frozenset(op.name for op in OPS.values() if op.pure)


def by_spelling() -> dict[str, str]:
    """Return the operation for every ``np.`` spelling and ``.method``.

    Products are left out: their operation depends on ranks.
    """
    table = {}
    for op in OPS.values():
        if op.category != "product" or op.name == "outer":
            table.update(dict.fromkeys(op.numpy + op.methods, op.name))
    return table
