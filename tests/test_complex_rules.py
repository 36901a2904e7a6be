"""The rows of the table on complex numbers, mixed with real ones, in both modes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradscribe.transpile.graph.dtypes import ON_COMPLEX, ORDERED
from gradscribe.transpile.graph.types import TypeRefused
from test_rules import PAIRS, SHAPES, Case, check, sample


def plane(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Return complex numbers of moderate size, away from zero and the axes."""
    angle = rng.uniform(0.2, 1.3, size=shape) + rng.choice([-2, 0, 1], size=shape)
    return rng.uniform(0.5, 0.9, size=shape) * np.exp(1j * angle)


def line(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Return positive real numbers."""
    return rng.uniform(0.6, 1.4, size=shape)


UNARY = """negative positive absolute square reciprocal sqrt exp exp2 expm1 log log2
    log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh
    sinc real imag angle conjugate""".split()
BINARY = "add subtract multiply divide power float_power".split()
REDUCTIONS = "sum prod mean var std".split()
AXES = [((3,), (0,)), ((2, 3), (0,)), ((2, 3), (1,)), ((2, 3), (0, 1))]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("op", UNARY)
def test_unary(op: str, shape: tuple[int, ...]) -> None:
    check(op, [sample(plane, shape, 1)], {})


@pytest.mark.parametrize("shapes", PAIRS, ids=str)
@pytest.mark.parametrize("op", BINARY)
@pytest.mark.parametrize("kinds", ["cc", "cr", "rc"])
def test_binary(op: str, kinds: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    domains = [plane if kind == "c" else line for kind in kinds]
    check(op, [sample(*p) for p in zip(domains, shapes, (1, 2), strict=True)], {})


def test_powers_of_negative_numbers() -> None:
    check("power", [-sample(line, (3,), 1), sample(plane, (3,), 2)], {})
    for exponent in (0, 1, 2, 3, -1, -2):
        check("power", [sample(plane, (3,), 1), exponent], {})


@pytest.mark.parametrize("dtype", ["complex128", "float64"])
def test_where_and_cast(dtype: str) -> None:
    truth = np.array([True, False, True])
    x, y = sample(plane, (3,), 1), sample(plane if dtype[0] == "c" else line, (3,), 2)
    check("where", [truth, x, y], {})
    check("where", [truth, y, x], {})
    check("cast", [y], {"dtype": "complex128"})


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("op", REDUCTIONS)
@pytest.mark.parametrize("shape, axis", AXES)
def test_reductions(
    op: str, shape: tuple[int, ...], axis: tuple[int, ...], keepdims: bool
) -> None:
    check(op, [sample(plane, shape, 1)], {"axis": axis, "keepdims": keepdims})


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("op", ["cumsum", "cumprod"])
def test_scans(op: str, axis: int) -> None:
    check(op, [sample(plane, (3, 2), 1)], {"axis": axis})


@pytest.mark.parametrize("kinds", ["cc", "cr", "rc"])
@pytest.mark.parametrize(
    "op, shapes",
    [
        ("dot", ((4,), (4,))),
        ("matvec", ((2, 3), (3,))),
        ("vecmat", ((2,), (2, 3))),
        ("matmul", ((2, 3), (3, 4))),
        ("matmul", ((5, 2, 3), (3, 4))),
        ("outer", ((2,), (3,))),
    ],
)
def test_products(op: str, shapes: tuple[tuple[int, ...], ...], kinds: str) -> None:
    domains = [plane if kind == "c" else line for kind in kinds]
    check(op, [sample(*p) for p in zip(domains, shapes, (1, 2), strict=True)], {})


@pytest.mark.parametrize("op", ["inv", "det", "solve"])
def test_solvers(op: str) -> None:
    matrix = sample(plane, (3, 3), 1) + 2j * np.eye(3)
    right = [sample(plane, (3, 2), 2)] if op == "solve" else []
    check(op, [matrix, *right], {})
    if op == "solve":
        check(op, [matrix, sample(plane, (3,), 2)], {})


@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("shape", [(4, 3), (1, 6)])
def test_fourier(shape: tuple[int, int], axis: int, norm: str) -> None:
    attrs = {"axis": axis, "norm": norm}
    z, x = sample(plane, shape, 1), sample(line, shape, 2)
    for op in ("fft", "ifft"):
        check(op, [z], attrs)
        check(op, [x], attrs)
        check(op, [z, shape[axis] + 2], attrs)
    check("rfft", [x], attrs)
    for n in (2 * shape[axis] - 2, 2 * shape[axis] - 1):
        if n > 0:
            check("irfft", [z, n], attrs)


def test_joining() -> None:
    x, y = sample(plane, (2, 3), 1), sample(line, (2, 3), 2)
    check("concatenate", [x, y], {"axis": 0})
    check("stack", [x, y], {"axis": 1})
    check("transpose", [x], {"axes": (1, 0)})
    check("flip", [x], {"axis": (0,)})
    check("reshape", [x, 3, 2], {})
    check("broadcast_to", [x[0], 2, 3], {})
    check("full", [x[0, 0], 2, 3], {"dtype": "complex128"})


@pytest.mark.parametrize("op", ["absolute", "var", "std"])
def test_kinks(op: str) -> None:
    """The derivative at zero is zero, without a warning."""
    attrs = {} if op == "absolute" else {"axis": (0,), "keepdims": False}
    x = np.zeros(3, complex)
    with np.errstate(all="raise"):
        case = Case(op, [x], attrs)
        (made,) = case.vjp(np.ones_like(case.value([x])))
    np.testing.assert_array_equal(made, 0)


def test_zeros_in_a_product() -> None:
    x = np.array([0.5 + 0.2j, 0, 1j])
    check("prod", [x], {"axis": (0,), "keepdims": False})
    check("cumprod", [x], {"axis": 0})


@pytest.mark.parametrize("op", sorted(ORDERED - {"clip", "argmax", "argmin"}))
def test_orderings_are_refused(op: str) -> None:
    from gradscribe.transpile.graph.ops import OPS

    count = OPS[op].arity or 1
    attrs = {"axis": (0,)} if op in ("max", "min") else {}
    case = Case(op, [np.ones(2, complex)] * count, attrs)
    with pytest.raises(TypeRefused, match="no order"):
        case.start()


def test_every_operation_on_complex_numbers_is_tested() -> None:
    tested = {*UNARY, *BINARY, *REDUCTIONS, "where", "cumsum", "cumprod"}
    logical = {op for op in ON_COMPLEX if op.startswith(("logical", "is"))}
    constant = {"equal", "not_equal", "any", "all", "count_nonzero"}
    assert tested | logical | constant >= ON_COMPLEX
