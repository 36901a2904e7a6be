"""Every row of the table of derivatives, in both modes, against central differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from gradscribe.transpile.graph.build import Builder
from gradscribe.transpile.graph.ir import (
    Buffer,
    Function,
    Parameter,
    Region,
    Type,
    Value,
)
from gradscribe.transpile.graph.linear import Linear, Size
from gradscribe.transpile.graph.ops import OPS, SPECIAL
from gradscribe.transpile.graph.shapes import ONE, same
from gradscribe.transpile.rules import RULES, UnknownDerivative, is_constant
from interpreter import run

Arrays = list[Any]
Domain = Callable[[np.random.Generator, tuple[int, ...]], Any]

# ---- tiny functions ----


def value_for(array: Any, name: str) -> Value:
    """Return a parameter for an array, symbolic in its lengths except for 1."""
    if isinstance(array, bool | int):
        return Value(Type("weak_int"), name)
    shape = tuple(
        Linear.number(1) if n == 1 else Linear.of(Size(f"n{n}"))
        for n in np.shape(array)
    )
    buffer = Buffer(name, True) if shape else None
    return Value(Type(np.asarray(array).dtype.name, shape), name, buffer)


def function_of(
    params: Sequence[Value], builder: Builder, results: Sequence[Value]
) -> Function:
    """Return the function of what the builder collected."""
    named = tuple(Parameter(str(p), (p,)) for p in params)
    body = Region(tuple(params), tuple(builder.equations), tuple(results))
    return Function("f", named, body)


def assert_alike(found: Type, wanted: Type) -> None:
    """Compare dtypes and shapes, as far as lengths are known."""
    assert found.dtype == wanted.dtype
    assert found.rank == wanted.rank
    for d, e in zip(found.shape, wanted.shape, strict=True):
        assert same(d, e) is not False and (d == ONE) == (e == ONE)


class Case:
    """One operation applied to arguments, with both of its derivatives."""

    def __init__(self, op: str, args: Arrays, attrs: dict[str, Any]) -> None:
        self.op, self.args, self.attrs = op, args, attrs
        self.params = [value_for(a, f"x{i}") for i, a in enumerate(args)]
        self.active = [p.type.is_inexact for p in self.params]

    def start(self) -> tuple[Builder, Any, Value]:
        builder = Builder()
        known = OPS[self.op].category in ("shape", "creation", "transform")
        known = known or self.op in SPECIAL
        operands = [
            builder.constant(a) if known and isinstance(a, int) else p
            for a, p in zip(self.args, self.params, strict=True)
        ]
        result = builder.emit(self.op, *operands, **self.attrs)
        return builder, builder.equations[-1], result

    def value(self, args: Arrays) -> Any:
        builder, _, result = self.start()
        return run(function_of(self.params, builder, [result]), *args)[0]

    def vjp(self, bar: Any, *, guarded: bool = False) -> Arrays:
        builder, eq, result = self.start()
        bar_value = Value(result.type, "bar", Buffer("bar") if result.buffer else None)
        guard = bar_value if guarded else None
        made = RULES[self.op].vjp(builder, eq, bar_value, self.active, guard=guard)
        for contribution, param in zip(made, self.params, strict=True):
            if contribution is not None:
                assert_alike(contribution.type, param.type)
        there = [c for c in made if c is not None]
        code = function_of([*self.params, bar_value], builder, there)
        found = iter(run(code, *self.args, bar))
        return [None if c is None else next(found) for c in made]

    def jvp(self, dots: Arrays) -> Any:
        builder, eq, result = self.start()
        tangents = [
            Value(p.type, f"{p}_dot", Buffer() if p.buffer else None) if a else None
            for p, a in zip(self.params, self.active, strict=True)
        ]
        made = RULES[self.op].jvp(builder, eq, tangents)
        if made is None:
            return None
        assert_alike(made.type, result.type)
        there = [t for t in tangents if t is not None]
        code = function_of([*self.params, *there], builder, [made])
        return run(code, *self.args, *[d for d in dots if d is not None])[0]


def check(op: str, args: Arrays, attrs: dict[str, Any], seed: int = 0) -> None:
    """Compare both modes with central differences, then float32 with float64.

    The derivative of a real number L by a complex one is dL/dx + i dL/dy.
    """
    case, rng = Case(op, args, attrs), np.random.default_rng(seed)
    result = case.value(args)
    bar = normal_like(result, rng)
    directions = [
        normal_like(a, rng) if on else None
        for a, on in zip(args, case.active, strict=True)
    ]
    slopes = [slope(case, args, place, d) for place, d in enumerate(directions)]
    contributions = case.vjp(bar)
    for made, direction, expected in zip(
        contributions, directions, slopes, strict=True
    ):
        if direction is not None:
            got = 0.0 if made is None else np.sum(np.conj(made) * direction).real
            want = np.sum(np.conj(bar) * expected).real
            size = np.sum(np.abs(bar * expected)) + 1.0
            assert abs(got - want) <= 1e-6 * size, (op, got, want)
    made = case.jvp(directions)
    everything = sum((s for s in slopes if s is not None), np.zeros(np.shape(result)))
    np.testing.assert_allclose(
        np.zeros(np.shape(result)) if made is None else made,
        everything,
        rtol=1e-6,
        atol=1e-6,
    )
    check_single(case, bar, contributions)


def normal_like(array: Any, rng: np.random.Generator) -> Any:
    """Return random numbers, complex ones for a complex array."""
    shape = np.shape(array)
    made = rng.normal(size=shape) if shape else rng.normal()
    if np.iscomplexobj(array):
        made = made + 1j * (rng.normal(size=shape) if shape else rng.normal())
    return made


def slope(case: Case, args: Arrays, place: int, direction: Any) -> Any:
    """Return the derivative of the result along a direction of one argument."""
    if direction is None:
        return None
    step = 1e-6
    moved = [
        case.value([*args[:place], args[place] + s * direction, *args[place + 1 :]])
        for s in (step, -step)
    ]
    return (moved[0] - moved[1]) / (2 * step)


SINGLE = {"float64": "float32", "complex128": "complex64"}


def check_single(case: Case, bar: Any, expected: Arrays) -> None:
    """Compare what float32 operands give with what float64 ones gave."""
    args = [
        np.asarray(a, SINGLE[np.asarray(a).dtype.name])[()] if on else a
        for a, on in zip(case.args, case.active, strict=True)
    ]
    attrs = {
        k: SINGLE.get(v, v) if isinstance(v, str) else v for k, v in case.attrs.items()
    }
    single = Case(case.op, args, attrs)
    dtype = np.asarray(single.value(args)).dtype
    found = single.vjp(np.asarray(bar, dtype)[()])
    for made, want, arg in zip(found, expected, args, strict=True):
        if want is not None and made is not None:
            assert np.asarray(made).dtype == np.asarray(arg).dtype
            size = np.max(np.abs(want), initial=1.0)
            np.testing.assert_allclose(made, want, rtol=2e-3, atol=2e-4 * size)


# ---- domains ----


def between(low: float, high: float) -> Domain:
    return lambda rng, shape: rng.uniform(low, high, size=shape)


def anywhere(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Return numbers of both signs, none of them near 0 or a half."""
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.6, 1.4, size=shape)


def truth(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(size=shape) < 0.5


positive, unit = between(0.5, 2.0), between(-0.8, 0.8)

UNARY: dict[str, Domain] = {
    **dict.fromkeys(
        """negative positive absolute fabs square reciprocal exp exp2 expm1 sin cos
        arctan sinh cosh tanh arcsinh deg2rad rad2deg sinc nan_to_num sigmoid
        softplus cbrt""".split(),
        anywhere,
    ),
    **dict.fromkeys("sqrt log log2 log10 log1p".split(), positive),
    **dict.fromkeys("arcsin arccos arctanh tan erfinv".split(), unit),
    "arccosh": between(1.2, 3.0),
    "log1mexp": between(-3.0, -0.1),
    "ndtri": between(0.1, 0.9),
    **dict.fromkeys("erf erfc ndtr log_ndtr i0 j0 j1 i0e i1e".split(), anywhere),
    **dict.fromkeys(
        """erfcx erfi dawsn rgamma exprel cosm1 expi sindg cosdg tandg airy_0 airy_1
        airy_2 airy_3 sici_0 shichi_0 fresnel_0 fresnel_1 ber bei berp beip itstruve0
        itmodstruve0 wrightomega""".split(),
        anywhere,
    ),
    **dict.fromkeys(
        """gamma gammaln digamma entr y0 y1 k0 k1 k0e k1e spence exp1 cotdg ellipkm1
        sici_1 shichi_1 ker kei kerp keip itj0y0_0 itj0y0_1 iti0k0_0
        iti0k0_1""".split(),
        positive,
    ),
    **dict.fromkeys("ellipk ellipe".split(), unit),
    "ndtri_exp": between(-3.0, -0.1),
}
BINARY: dict[str, tuple[Domain, Domain]] = {
    **dict.fromkeys(
        """add subtract multiply divide maximum minimum fmax fmin arctan2 hypot
        logaddexp logaddexp2 copysign heaviside""".split(),
        (anywhere, anywhere),
    ),
    **dict.fromkeys("xlogy xlog1py rel_entr".split(), (positive, positive)),
    **dict.fromkeys("beta betaln binom poch".split(), (positive, positive)),
    **dict.fromkeys("boxcox boxcox1p powm1".split(), (positive, anywhere)),
    **dict.fromkeys("inv_boxcox inv_boxcox1p".split(), (unit, unit)),
    "owens_t": (anywhere, anywhere),
    "power": (positive, anywhere),
    "float_power": (positive, anywhere),
    "remainder": (between(2.2, 2.8), between(0.9, 1.05)),
    "fmod": (between(2.2, 2.8), between(0.9, 1.05)),
}
SHAPES: list[tuple[int, ...]] = [(), (3,), (0,), (1,), (2, 3)]
PAIRS: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((), ()),
    ((3,), (3,)),
    ((3,), ()),
    ((), (3,)),
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((2, 1), (1, 3)),
    ((1,), (3,)),
    ((4, 1), (2, 1, 3)),
    ((0,), (0,)),
    ((0,), ()),
    ((0, 3), (1, 3)),
]


def sample(domain: Domain, shape: tuple[int, ...], seed: int) -> Any:
    made = domain(np.random.default_rng(seed), shape)
    return made if shape else np.asarray(made)[()]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("op", UNARY)
def test_unary(op: str, shape: tuple[int, ...]) -> None:
    check(op, [sample(UNARY[op], shape, 1)], {})


@pytest.mark.parametrize("shapes", PAIRS, ids=str)
@pytest.mark.parametrize("op", BINARY)
def test_binary(op: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    pairs = zip(BINARY[op], shapes, (1, 2), strict=True)
    check(op, [sample(*pair) for pair in pairs], {})


@pytest.mark.parametrize("n", [3, np.array([-2, 0, 5])])
def test_ldexp(n: Any) -> None:
    check("ldexp", [sample(positive, (3,), 1), n], {})


# By the last operand; the others are constant.
PARAMETERS: dict[str, tuple[list[tuple[int, ...]], Domain]] = {
    **dict.fromkeys(
        "jv yv kv iv ive kve struve modstruve".split(), ([(0,), (1,), (3,)], positive)
    ),
    "polygamma": ([(1,), (2,), (3,)], positive),
    "expn": ([(0,), (1,), (4,)], positive),
    "zeta": ([(2,), (5,)], positive),
    **dict.fromkeys("pbdv_0 pbdv_1 pbwa_0 pbwa_1".split(), ([(1,), (3,)], anywhere)),
    "lpmv": ([(0, 2), (1, 3)], unit),
    "hyp0f1": ([(1,), (3,)], anywhere),
    **dict.fromkeys("hyp1f1 hyperu".split(), ([(1, 2), (3, 2)], positive)),
    "hyp2f1": ([(1, 2, 3), (2, 2, 1)], unit),
    **dict.fromkeys("gammainc gammaincc stdtr".split(), ([(1,), (3,)], positive)),
    **dict.fromkeys(
        "gammaincinv gammainccinv stdtrit".split(), ([(1,), (3,)], between(0.1, 0.9))
    ),
    **dict.fromkeys(
        "betainc betaincc betaincinv betainccinv".split(),
        ([(1, 3), (2, 2)], between(0.1, 0.9)),
    ),
    **dict.fromkeys(
        """eval_chebyt eval_chebyu eval_legendre eval_hermite
        eval_hermitenorm""".split(),
        ([(0,), (1,), (4,)], anywhere),
    ),
    **dict.fromkeys(
        "eval_gegenbauer eval_genlaguerre".split(), ([(0, 2), (1, 2), (4, 3)], anywhere)
    ),
    "eval_jacobi": ([(0, 1, 2), (1, 1, 2), (4, 3, 1)], anywhere),
}


BY_THE_FIRST = "ellipkinc ellipeinc ellipj_0 ellipj_1 ellipj_2 ellipj_3".split()
BY_THE_FIRST += ["tklmbda", "lambertw"]


@pytest.mark.parametrize("op", PARAMETERS)
def test_constant_parameters(op: str) -> None:
    constants, domain = PARAMETERS[op]
    for given in constants:
        check(op, [*given, sample(domain, (3,), 1)], {})


@pytest.mark.parametrize("op", BY_THE_FIRST)
def test_functions_by_the_first_operand(op: str) -> None:
    check(op, [sample(positive, (3,), 1), 0], {})


@pytest.mark.parametrize("shapes", PAIRS, ids=str)
def test_three_operands(shapes: tuple[tuple[int, ...], ...]) -> None:
    first, second = shapes
    x, y = sample(anywhere, first, 1), sample(anywhere, second, 2)
    check("where", [sample(truth, second, 3), x, y], {})
    check("where", [sample(truth, (2, 1, 1), 3), x, y], {})
    check("clip", [2 * x, -abs(y), abs(y) + 0.3], {})


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, -2])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_integer_powers(shape: tuple[int, ...], exponent: int) -> None:
    """Check constant exponents on both signs, and the same exponent as a variable."""
    x = sample(anywhere, shape, 1)
    check("power", [x, exponent], {})
    builder = Builder()
    param, bar = value_for(x, "x"), value_for(np.asarray(x)[()], "bar")
    result = builder.emit("power", param, builder.constant(exponent))
    eq = builder.equations[-1]
    made = RULES["power"].vjp(builder, eq, bar, [True, False])[0]
    expected = 0 * x if exponent == 0 else exponent * x ** float(exponent - 1)
    if made is None:
        assert exponent == 0
        return
    (got,) = run(function_of([param, bar], builder, [made]), x, np.ones_like(x)[()])
    np.testing.assert_allclose(got, expected)
    assert result.type == param.type


@dataclass(frozen=True)
class Row:
    """Arguments (a shape stands for random numbers) and attributes."""

    op: str
    args: tuple[Any, ...]
    attrs: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.op}-{self.args}-{self.attrs}".replace(" ", "")

    def arguments(self) -> Arrays:
        return [
            sample(anywhere, a, 7 + i) if isinstance(a, tuple) else a
            for i, a in enumerate(self.args)
        ]


def reductions() -> list[Row]:
    cases = [
        ((3,), (0,)),
        ((2, 3), (0,)),
        ((2, 3), (1,)),
        ((2, 3), (0, 1)),
        ((2, 3, 4), (0, 2)),
        ((2, 3, 4), (1,)),
        ((1, 3), (0,)),
        ((1,), (0,)),
    ]
    empty = [((0,), (0,)), ((0, 3), (0,)), ((3, 0), (0,))]
    return [
        Row(op, (shape,), {"axis": axis, "keepdims": keepdims, **more})
        for op, more in [
            ("sum", {}),
            ("mean", {}),
            ("prod", {}),
            ("max", {}),
            ("min", {}),
            ("logsumexp", {}),
            ("var", {"ddof": 0}),
            ("var", {"ddof": -1}),
            ("std", {"ddof": 0}),
        ]
        for shape, axis in cases + (empty if op in ("sum", "prod") else [])
        for keepdims in (False, True)
        if not (op == "std" and np.prod([shape[a] for a in axis]) == 1)
    ]


OTHERS = [
    *(
        Row(op, ((2, 3, 4),), {"axis": a})
        for op in ("cumsum", "cumprod")
        for a in range(3)
    ),
    *(Row(op, ((n,),), {"axis": 0}) for op in ("cumsum", "cumprod") for n in (0, 1, 5)),
    *(Row("dot", ((n,), (n,))) for n in (0, 1, 4)),
    *(Row("matvec", ((m, n), (n,))) for m, n in [(2, 3), (1, 1), (0, 3), (3, 0)]),
    *(Row("vecmat", ((m,), (m, n))) for m, n in [(2, 3), (1, 1), (0, 3), (3, 0)]),
    Row("matmul", ((2, 3), (3, 4))),
    Row("matmul", ((1, 1), (1, 1))),
    Row("matmul", ((2, 0), (0, 4))),
    Row("matmul", ((5, 2, 3), (5, 3, 4))),
    Row("matmul", ((5, 2, 3), (3, 4))),
    Row("matmul", ((2, 3), (5, 3, 4))),
    Row("matmul", ((1, 2, 3), (5, 3, 4))),
    *(Row("outer", ((m,), (n,))) for m, n in [(2, 3), (1, 1), (0, 3)]),
    Row("reshape", ((2, 3), 6)),
    Row("reshape", ((6,), 2, 3)),
    Row("reshape", ((1,), 1, 1)),
    Row("reshape", ((0, 3), 3, 0)),
    Row("reshape", ((), 1)),
    Row("transpose", ((2, 3),), {"axes": (1, 0)}),
    Row("transpose", ((2, 3, 4),), {"axes": (2, 0, 1)}),
    Row("transpose", ((3,),), {"axes": (0,)}),
    Row("broadcast_to", ((3,), 2, 3)),
    Row("broadcast_to", ((), 2, 3)),
    Row("broadcast_to", ((2, 1), 4, 2, 3)),
    Row("concatenate", ((2,), (3,), (4,)), {"axis": 0}),
    Row("concatenate", ((2, 3), (2, 0), (2, 1)), {"axis": 1}),
    Row("concatenate", ((5,),), {"axis": 0}),
    Row("stack", ((3,), (3,)), {"axis": 0}),
    Row("stack", ((2, 3), (2, 3)), {"axis": 1}),
    Row("stack", ((2, 3), (2, 3)), {"axis": 2}),
    Row("stack", ((), (), ()), {"axis": 0}),
    Row("flip", ((2, 3),), {"axis": (1,)}),
    Row("flip", ((2, 3),), {"axis": (0, 1)}),
    Row("copy", ((2, 3),)),
    *(Row(op, ((),), {"axis": (), "keepdims": False}) for op in ("sum", "mean", "max")),
    Row("cast", ((2, 3),), {"dtype": "float64"}),
    Row("cast", ((),), {"dtype": "float64"}),
    Row("full", ((), 2, 3), {"dtype": "float64"}),
    Row("full", ((), 0), {"dtype": "float64"}),
    Row("linspace", ((), (), 4)),
    Row("linspace", ((), (), 4), {"endpoint": False}),
    Row("linspace", ((), (), 1)),
    Row("arange", (np.float64(0.5), np.float64(2.2), np.float64(0.5))),
]


@pytest.mark.parametrize("row", reductions() + OTHERS, ids=str)
def test_row(row: Row) -> None:
    check(row.op, row.arguments(), row.attrs)


# ---- solvers ----


@pytest.mark.parametrize("columns", [(), (2,), (1,)])
def test_solve(columns: tuple[int, ...]) -> None:
    matrix = sample(anywhere, (3, 3), 7) + 4 * np.eye(3)
    check("solve", [matrix, sample(anywhere, (3, *columns), 8)], {})


@pytest.mark.parametrize("op", ["inv", "det", "logabsdet"])
@pytest.mark.parametrize("n", [1, 3])
def test_inverses(op: str, n: int) -> None:
    check(op, [sample(anywhere, (n, n), 7) + 3 * np.eye(n)], {})


DECOMPOSED = "eigvalsh eigh svdvals svd_u svd_vh qr_q qr_r pinv expm logm".split()


@pytest.mark.parametrize("n", [1, 3])
def test_roots_and_sylvester(n: int) -> None:
    a = 0.3 * sample(anywhere, (n, n), 7) + 3 * np.eye(n)
    check("sqrtm", [a], {})
    b = 0.3 * sample(anywhere, (2, 2), 8) + 2 * np.eye(2)
    check("sylvester", [a, b, sample(anywhere, (n, 2), 9)], {})
    check("sylvester", [a * (1 + 0.2j), b + 0j, sample(anywhere, (n, 2), 9) + 0j], {})


@pytest.mark.filterwarnings("ignore:logm result may be inaccurate")
@pytest.mark.parametrize("op", DECOMPOSED)
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3), (4, 2), (1, 1)])
def test_decompositions(op: str, shape: tuple[int, ...]) -> None:
    x = sample(anywhere, shape, 7)
    if op in ("eigvalsh", "eigh", "expm", "logm"):
        x = np.swapaxes(x, -1, -2) @ x
    check(op, [x + 3 * np.eye(*x.shape[-2:])], {})


@pytest.mark.parametrize("op", ["solve", "inv", "det", "logabsdet", "cholesky"])
def test_stacks_of_matrices(op: str) -> None:
    x = sample(anywhere, (2, 3, 3), 7) + 4 * np.eye(3)
    if op == "cholesky":
        x = x @ np.swapaxes(x, -1, -2)
    check(op, [x, sample(anywhere, (3, 2), 8)][: 1 + (op == "solve")], {})


@pytest.mark.parametrize("n", [1, 4])
def test_cholesky_reads_the_lower_triangle(n: int) -> None:
    lower = np.tril(sample(anywhere, (n, n), 7)) + 2 * np.eye(n)
    check("cholesky", [lower @ lower.T], {})


# ---- zeros in products ----


@pytest.mark.parametrize("zeros", [(), (1,), (0,), (3,), (1, 2), (0, 3), (0, 1, 2, 3)])
@pytest.mark.parametrize("op", ["prod", "cumprod"])
def test_products_with_zeros(op: str, zeros: tuple[int, ...]) -> None:
    x = np.array([1.5, -0.7, 2.0, 0.3])
    x[list(zeros)] = 0
    if op == "cumprod":
        check(op, [x], {"axis": 0})
        check(op, [np.stack([x, x + 1])], {"axis": 1})
    else:
        check(op, [x], {"axis": (0,), "keepdims": False})
        check(op, [np.stack([x, x + 1])], {"axis": (1,), "keepdims": False})
        check(op, [np.stack([x, x + 1])], {"axis": (0, 1), "keepdims": True})


# ---- kinks, ties and singular points ----

KINKS: list[tuple[str, Arrays, dict[str, Any], Arrays]] = [
    ("absolute", [0.0], {}, [0.0]),
    ("fabs", [0.0], {}, [0.0]),
    ("hypot", [0.0, 0.0], {}, [0.0, 0.0]),
    ("maximum", [1.0, 1.0], {}, [0.5, 0.5]),
    ("minimum", [1.0, 1.0], {}, [0.5, 0.5]),
    ("maximum", [-np.inf, -np.inf], {}, [0.5, 0.5]),
    ("fmax", [1.0, np.nan], {}, [1.0, 0.0]),
    ("fmin", [np.nan, 1.0], {}, [0.0, 1.0]),
    ("fmax", [1.0, 1.0], {}, [0.5, 0.5]),
    ("clip", [1.0, 1.0, 2.0], {}, [1.0, 0.0, 0.0]),
    ("clip", [2.0, 1.0, 2.0], {}, [1.0, 0.0, 0.0]),
    ("clip", [0.0, 3.0, 2.0], {}, [0.0, 0.0, 1.0]),
    ("nan_to_num", [np.nan], {}, [0.0]),
    ("sinc", [0.0], {}, [0.0]),
    ("power", [0.0, 0.0], {}, [0.0, 0.0]),
    ("power", [0.0, 1.0], {}, [1.0, 0.0]),
    ("power", [0.0, 2.0], {}, [0.0, 0.0]),
    ("power", [-2.0, 3], {}, [12.0, None]),
    ("sigmoid", [-1000.0], {}, [0.0]),
    ("sigmoid", [1000.0], {}, [0.0]),
    ("softplus", [-1000.0], {}, [0.0]),
    ("softplus", [1000.0], {}, [1.0]),
    ("logaddexp", [-1000.0, 1000.0], {}, [0.0, 1.0]),
    ("max", [[1.0, 2.0, 2.0]], {"axis": (0,), "keepdims": False}, [[0, 0.5, 0.5]]),
    ("min", [[1.0, 1.0, 2.0]], {"axis": (0,), "keepdims": False}, [[0.5, 0.5, 0]]),
    ("std", [[2.0, 2.0]], {"axis": (0,), "keepdims": False, "ddof": 0}, [[0.0, 0.0]]),
    (
        "logsumexp",
        [[1000.0, 0.0, -1000.0]],
        {"axis": (0,), "keepdims": False},
        [[1.0, 0.0, 0.0]],
    ),
]


@pytest.mark.parametrize("op, args, attrs, expected", KINKS)
def test_kink(op: str, args: Arrays, attrs: dict[str, Any], expected: Arrays) -> None:
    given = [a if isinstance(a, int) else np.asarray(a)[()] for a in args]
    case = Case(op, given, attrs)
    bar = np.ones_like(case.value(given))[()]
    for made, want in zip(case.vjp(bar), expected, strict=True):
        if want is None:
            assert made is None
        else:
            np.testing.assert_array_equal(made, want)


@pytest.mark.parametrize(
    "op, args",
    [
        ("sqrt", [0.0]),
        ("cbrt", [0.0]),
        ("log", [0.0]),
        ("log1p", [-1.0]),
        ("arcsin", [1.0]),
        ("arccosh", [1.0]),
        ("arctanh", [1.0]),
        ("reciprocal", [0.0]),
        ("power", [0.0, 0.5]),
        ("arctan2", [0.0, 0.0]),
        ("logaddexp", [-np.inf, -np.inf]),
    ],
)
def test_guard(op: str, args: Arrays) -> None:
    """An adjoint of zero stays zero where the partial is infinite."""
    given = [np.float64(a) for a in args]
    for made in Case(op, given, {}).vjp(np.float64(0.0), guarded=True):
        np.testing.assert_array_equal(made, 0.0)


# ---- dtypes ----


def test_mixed_dtypes() -> None:
    """Each contribution has its own operand's dtype."""
    x, y = np.ones(3, np.float32), np.full(3, 2.0)
    found = Case("multiply", [x, y], {}).vjp(np.ones(3))
    assert [f.dtype.name for f in found] == ["float32", "float64"]
    m, v = np.ones((2, 3), np.float32), np.full(3, 2.0)
    found = Case("matvec", [m, v], {}).vjp(np.ones(2))
    assert [f.dtype.name for f in found] == ["float32", "float64"]


def test_cast_down() -> None:
    (found,) = Case("cast", [np.ones(3)], {"dtype": "float32"}).vjp(
        np.ones(3, np.float32)
    )
    assert found.dtype == np.float64


def test_integers_get_nothing() -> None:
    found = Case("multiply", [np.ones(3), np.arange(3)], {}).vjp(np.ones(3))
    assert found[1] is None


# ---- the text's shape ----


def test_inactive_operands_cost_nothing() -> None:
    """Partials of inactive operands leave no equations behind."""
    x, y = value_for(np.ones(3), "x"), value_for(np.ones(3), "y")
    builder = Builder()
    bar = builder.emit("power", x, y)
    eq = builder.equations[-1]
    RULES["power"].vjp(builder, eq, bar, [True, False])
    assert not any(e.op == "log" for e in builder.equations)


def test_partials_of_one() -> None:
    """An addition passes the adjoint on as it is; no multiplication by one."""
    x, y = value_for(np.ones(3), "x"), value_for(np.ones(3), "y")
    builder = Builder()
    bar = builder.emit("subtract", x, y)
    eq = builder.equations[-1]
    made = RULES["subtract"].vjp(builder, eq, bar, [True, True])
    assert made[0] is bar
    assert [e.op for e in builder.equations] == ["subtract", "negative"]


# ---- the table is complete ----


def test_every_operation_has_a_rule() -> None:
    assert set(RULES) == set(OPS)


def test_every_smooth_rule_is_tested() -> None:
    tested = {*UNARY, *BINARY, "where", "clip", "cholesky", "solve"}
    tested |= {"conjugate", "real", "imag", "angle"}  # in test_complex_rules
    tested |= {
        "solve",
        "cholesky",
        "inv",
        "det",
        "logabsdet",
        "sqrtm",
        "sylvester",
        *DECOMPOSED,
        "phasedet",  # complex: in the corpus
        "eigvals",
        "eig",
        *PARAMETERS,
        *BY_THE_FIRST,
        # In the corpus: SciPy has no float32 of these, or but a few digits.
        *"pbvv_0 pbvv_1 wright_bessel log_wright_bessel".split(),
        *(f"itairy_{k}" for k in range(4)),
        "ldexp",
        "fft",
        "ifft",
        "rfft",
        "irfft",
    }
    tested.update(row.op for row in reductions() + OTHERS)
    smooth = {op for op, rule in RULES.items() if rule.kind == "smooth"}
    assert smooth <= tested


def test_unknown_operation_raises() -> None:
    with pytest.raises(UnknownDerivative):
        is_constant("frobnicate")
    builder = Builder()
    x = value_for(np.ones(3), "x")
    builder.emit("copy", x)
    with pytest.raises(UnknownDerivative):
        RULES["index"].vjp(builder, builder.equations[-1], x, [True])
