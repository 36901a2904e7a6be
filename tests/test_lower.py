"""Lowering to loops: the lowered graph computes what the graph of arrays computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from gradscribe.transpile.emit.numba import emit_numba
from gradscribe.transpile.graph.build import Builder
from gradscribe.transpile.graph.check import check
from gradscribe.transpile.graph.ir import (
    At,
    Buffer,
    Function,
    Gather,
    Index,
    Mask,
    NewAxis,
    Parameter,
    Program,
    Region,
    Reshape,
    Span,
    Structure,
    Transpose,
    Type,
    Value,
    walk,
)
from gradscribe.transpile.graph.linear import Linear, Size
from gradscribe.transpile.lower import lower
from interpreter import run

SCALAR_OPS = {"for", "while", "if", "check", "call", "empty", "zeros", "index"}
ARRAY_OPS = {"store", "accumulate", "matvec", "vecmat", "matmul", "dim"}
VIEWS = {"transpose", "reshape"}


def n(name: str) -> Linear:
    """Return a size as a dimension."""
    return Linear.of(Size(name))


def param(name: str, dtype: str, *shape: str | int, layout: str = "C") -> Value:
    """Return a parameter; sizes are names or numbers."""
    dims = tuple(n(s) if isinstance(s, str) else Linear.number(s) for s in shape)
    buffer = Buffer(name, True) if shape else None
    return Value(Type(dtype, dims, layout), name, buffer)


Build = Callable[..., Value | Sequence[Value]]


def function(
    params: Sequence[Value], build: Build, written: tuple[int, ...] = ()
) -> Any:
    """Return a function whose body is built by a Python function."""
    b = Builder()
    made = build(b, *params)
    results = tuple(made) if isinstance(made, (tuple, list)) else (made,)
    returns = Structure("tuple", (Structure(),) * (len(results) - len(written)))
    return Function(
        "f",
        tuple(Parameter(v.name or "", (v,)) for v in params),
        Region(tuple(params), tuple(b.equations), results),
        returns=returns,
        written=written,
    )


def agree(params: Sequence[Value], build: Build, *args: Any, tol: float = 1e-13) -> Any:
    """Compare the interpreted graph with the interpreted lowered graph."""
    before = function(params, build)
    after = check(lower(check(Program((before,))))).entry
    loops_only(after)
    expected = run(before, *args)
    equal(run(after, *args), expected, tol)
    equal(as_python(after, *args), expected, tol)
    return after


def equal(found: Sequence[Any], expected: Sequence[Any], tol: float) -> None:
    """Compare dtypes and numbers."""
    for e, f in zip(expected, found, strict=True):
        assert np.asarray(e).dtype == np.asarray(f).dtype
        rtol = tol if np.asarray(e).dtype != np.float32 else 1e-5
        np.testing.assert_allclose(f, e, rtol=rtol, atol=rtol)


def as_python(lowered: Function, *args: Any) -> tuple[Any, ...]:
    """Run the printed loops as they are, without Numba."""
    text = emit_numba(Program((lowered,))).text
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    copies = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
    with np.errstate(all="ignore"):
        found = namespace["f"](*copies)
    return found if isinstance(found, tuple) else (found,)


def loops_only(f: Function) -> None:
    """Assert that no array is computed but element by element."""
    for eq in walk(f.body):
        kept = SCALAR_OPS | ARRAY_OPS | VIEWS
        arrays = any(v.type.rank for v in eq.results)
        assert not arrays or eq.op in kept, eq.op


rng = np.random.default_rng(7)
x1 = rng.normal(size=6)
y1 = rng.normal(size=6)
A = rng.normal(size=(4, 3))
B = rng.normal(size=(4, 3))
T3 = rng.normal(size=(2, 3, 4))
X = param("x", "float64", "n")
Y = param("y", "float64", "n")
MA = param("A", "float64", "m", "k")
MB = param("B", "float64", "m", "k")
T = param("T", "float64", "p", "q", "r")


def test_chain_is_one_loop() -> None:
    f = agree([X, Y], lambda b, x, y: b.emit("exp", b.emit("multiply", x, y)), x1, y1)
    assert sum(eq.op == "for" for eq in walk(f.body)) == 1


UNARY = """exp tanh negative positive absolute fabs sign square reciprocal sigmoid
softplus sin floor rint cbrt sqrt log1p expm1 isnan signbit sinc nan_to_num
deg2rad""".split()
BINARY = """add subtract multiply divide floor_divide remainder fmod power float_power
maximum minimum fmax copysign heaviside logaddexp hypot arctan2 less equal
logical_and logical_xor""".split()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("op", UNARY)
def test_unary(op: str, dtype: str) -> None:
    x = np.abs(x1).astype(dtype) + np.float32(0.1)
    agree([param("x", dtype, "n")], lambda b, x: b.emit(op, x), x)


@pytest.mark.parametrize("dtypes", [("float64", "float32"), ("float32", "float32")])
@pytest.mark.parametrize("op", BINARY)
def test_binary(op: str, dtypes: tuple[str, str]) -> None:
    args = np.abs(x1).astype(dtypes[0]), y1.astype(dtypes[1])
    params = [param("x", dtypes[0], "n"), param("y", dtypes[1], "n")]
    agree(params, lambda b, x, y: b.emit(op, x, y), *args)


INTEGER = """add subtract multiply divide floor_divide remainder fmod maximum less
left_shift bitwise_and bitwise_or logical_or""".split()


@pytest.mark.parametrize("op", INTEGER)
def test_integers(op: str) -> None:
    i, j = np.array([-7, 7, -8, 5, 0]), np.array([3, 2, 5, 1, 4])
    params = [param("i", "int64", "n"), param("j", "int64", "n")]
    agree(params, lambda b, x, y: b.emit(op, x, y), i, j)


def test_weak_numbers() -> None:
    x = param("x", "float32", "n")

    def build(b: Builder, x: Value) -> list[Value]:
        half = b.emit("multiply", x, b.constant(0.5))
        third = b.emit("power", b.emit("add", x, b.constant(1)), b.constant(3))
        return [half, third, b.emit("power", x, b.constant(2))]

    agree([x], build, x1.astype("float32"))


def test_broadcasting() -> None:
    def build(b: Builder, a: Value, v: Value, s: Value) -> Value:
        column = b.index(v, [Span(), NewAxis()])
        return b.emit("add", b.emit("multiply", a, column), s)

    s = param("s", "float64")
    agree([MA, param("v", "float64", "m"), s], build, A, x1[:4], 2.5)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize(
    "op", "sum prod max min mean var std any all count_nonzero logsumexp".split()
)
def test_reductions(op: str, axis: tuple[int, ...], keepdims: bool) -> None:
    attrs: dict[str, Any] = {"axis": axis, "keepdims": keepdims}
    if op == "count_nonzero" and keepdims:
        pytest.skip("NumPy names it differently")
    if op in ("var", "std"):
        attrs["ddof"] = 1
    agree([MA], lambda b, a: b.emit(op, a, **attrs), A)
    A32 = A.astype("float32")
    agree([param("A", "float32", "m", "k")], lambda b, a: b.emit(op, a, **attrs), A32)


@pytest.mark.parametrize("op", ["argmax", "argmin"])
@pytest.mark.parametrize("axis", [(0,), (1,), (0, 1)])
def test_places(op: str, axis: tuple[int, ...]) -> None:
    C = np.round(A)
    agree([MA], lambda b, a: b.emit(op, a, axis=axis, keepdims=False), C)
    C[2, 1] = np.nan
    agree([MA], lambda b, a: b.emit(op, a, axis=axis, keepdims=False), C)


def test_extremes_propagate_nan_and_refuse_nothing() -> None:
    def build(b: Builder, x: Value) -> Value:
        return b.emit("max", x, axis=(0,), keepdims=False)

    agree([X], build, np.array([1.0, np.nan, 3.0]))
    f = lower(Program((function([X], build),))).entry
    with pytest.raises(ValueError, match="zero-size"):
        run(f, np.zeros(0))


@pytest.mark.parametrize("op", ["cumsum", "cumprod"])
def test_scans(op: str) -> None:
    agree([MA], lambda b, a: b.emit(op, a, axis=0), A)
    agree([MA], lambda b, a: b.emit(op, a, axis=1), A)


def test_products() -> None:
    def build(b: Builder, a: Value, c: Value, x: Value) -> list[Value]:
        at = b.emit("transpose", a, axes=(1, 0))
        v = b.emit("matvec", a, x)
        return [
            v,
            b.emit("vecmat", v, c),
            b.emit("matmul", at, c),
            b.emit("dot", b.emit("exp", v), v),
            b.emit("outer", v, x),
        ]

    f = agree([MA, MB, param("x", "float64", "k")], build, A, B, x1[:3])
    assert {"matvec", "vecmat", "matmul"} <= {eq.op for eq in walk(f.body)}


def test_products_without_a_library() -> None:
    def build(b: Builder, a: Value, i: Value) -> list[Value]:
        return [b.emit("matmul", a, i), b.emit("matmul", i, i)]

    i = param("i", "int64", "k", "k")
    agree([MA, i], build, A, rng.integers(-3, 3, (3, 3)))
    t = param("t", "float64", "r", "s")
    agree([T, t], lambda b, u, v: b.emit("matmul", u, v), T3, A.copy())


def test_strided_factor_is_copied() -> None:
    def build(b: Builder, a: Value, x: Value) -> Value:
        one, two = b.constant(0), b.constant(2)
        part = b.index(a, [Span(), Span(0, 1)], one, two)
        return b.emit("matvec", part, x)

    agree([MA, param("x", "float64", 2)], build, A, x1[:2])


def test_shapes() -> None:
    def build(b: Builder, a: Value, c: Value) -> list[Value]:
        rows, columns = b.dims(a)
        size = b.emit("multiply", rows, columns)
        at = b.emit("transpose", a, axes=(1, 0))
        return [
            b.emit("reshape", a, size),
            b.emit("reshape", at, size),
            b.emit("concatenate", a, c, axis=0),
            b.emit("concatenate", a, b.emit("negative", c), axis=1),
            b.emit("stack", a, c, axis=1),
            b.emit("flip", a, axis=(0, 1)),
            b.emit("copy", at),
            b.emit("negative", at),
        ]

    agree([MA, MB], build, A, B)


def test_three_axes() -> None:
    def build(b: Builder, t: Value) -> list[Value]:
        turned = b.emit("transpose", t, axes=(2, 0, 1))
        return [
            b.emit("exp", turned),
            b.emit("sum", turned, axis=(0, 2), keepdims=True),
            b.emit("mean", t, axis=(0, 1), keepdims=False),
        ]

    agree([T], build, T3)


def test_creation() -> None:
    def build(b: Builder, x: Value, k: Value) -> list[Value]:
        length, c = b.dim(x, 0), b.constant
        ends = [c(0), c(10), c(3)]
        return [
            b.emit("ones", length, dtype="float32"),
            b.emit("full", c(2.5), length, length),
            b.emit("eye", c(3), c(4), k=1, dtype="float64"),
            b.emit("arange", *ends),
            b.emit("arange", c(10), c(-2), c(-3)),
            b.emit("arange", c(0.5), c(2.0), c(0.3)),
            b.emit("arange", c(1), k, c(1)),
            b.emit("linspace", c(0.0), c(1.0), length, endpoint=True),
            b.emit("linspace", c(0), c(1), length, endpoint=False, dtype="float32"),
            b.emit("linspace", c(2.0), c(3.0), c(1), endpoint=True),
            b.emit("multiply", x, b.emit("ones", length, dtype="float64")),
        ]

    agree([X, param("k", "weak_int")], build, x1, 4)


SLICES: list[tuple[int | None, int | None, int | None]] = [
    (1, None, None),
    (None, -1, None),
    (-3, None, None),
    (None, 3, None),
    (1, -1, 2),
    (None, None, -1),
    (4, 1, -1),
    (-2, None, -2),
    (9, None, None),
    (None, -9, None),
    (2, 9, None),
    (None, 1, -1),
]


@pytest.mark.parametrize("bounds", SLICES)
@pytest.mark.parametrize("size", [0, 1, 6])
def test_slices(bounds: tuple[int | None, ...], size: int) -> None:
    def build(b: Builder, x: Value, lo: Value, hi: Value) -> list[Value]:
        results = []
        for operands in ([b.constant(v) for v in bounds if v is not None],):
            slots = iter(range(3))
            item = Span(*(None if v is None else next(slots) for v in bounds))
            part = b.index(x, [item], *operands)
            results += [b.emit("negative", part), b.emit("copy", part)]
        return results

    params = [X, param("lo", "weak_int"), param("hi", "weak_int")]
    agree(params, build, np.arange(1.0, size + 1), 0, 0)


@pytest.mark.parametrize("lo", [-9, -2, 0, 1, 5, 9])
@pytest.mark.parametrize("hi", [-9, -2, 0, 2, 6, 9])
def test_slices_by_variables(lo: int, hi: int) -> None:
    def build(b: Builder, x: Value, lo: Value, hi: Value) -> list[Value]:
        part = b.index(x, [Span(0, 1)], lo, hi)
        back = b.index(x, [Span(0, 1, 2)], lo, hi, b.constant(-2))
        tail = b.index(x, [Span(0)], lo)
        return [b.emit("negative", v) for v in (part, back, tail)]

    params = [X, param("lo", "weak_int"), param("hi", "weak_int")]
    agree(params, build, x1, lo, hi)


@pytest.mark.parametrize("i", [-6, -1, 0, 5])
def test_elements(i: int) -> None:
    def build(b: Builder, x: Value, i: Value) -> list[Value]:
        part = b.index(x, [Span(0, None, 1)], b.constant(0), b.constant(2))
        return [
            b.index(x, [At(0)], i),
            b.index(x, [At(0)], b.constant(-2)),
            b.index(part, [At(0)], b.constant(-1)),
        ]

    agree([X, param("i", "weak_int")], build, x1, i)


@pytest.mark.parametrize("i", [-7, 6])
def test_elements_out_of_range(i: int) -> None:
    f = function([X, param("i", "weak_int")], lambda b, x, i: b.index(x, [At(0)], i))
    with pytest.raises(IndexError, match="index out of range"):
        run(lower(Program((f,))), x1, i)


def test_gather() -> None:
    def build(b: Builder, a: Value, i: Value, j: Value) -> list[Value]:
        return [
            b.index(a, [Gather(0), Gather(1)], i, j),
            b.index(a, [Gather(0), Span()], i),
            b.index(a, [Span(), Gather(0)], j),
            b.index(a, [At(0), Gather(1)], b.constant(1), j),
            b.emit("exp", b.index(a, [Gather(0), Span()], i)),
        ]

    i, j = param("i", "int64", "g"), param("j", "int64", "g")
    agree([MA, i, j], build, A, np.array([0, -1, 2]), np.array([1, 1, -3]))


def test_gather_with_separated_indices() -> None:
    def build(b: Builder, t: Value, i: Value) -> list[Value]:
        return [
            b.index(t, [Gather(0), Span(), Gather(0)], i),
            b.index(t, [At(1), Span(), Gather(0)], i, b.constant(0)),
            b.index(t, [Span(), Gather(0), Gather(0)], i),
            b.index(t, [Span(), NewAxis(), Span(), Gather(0)], i),
        ]

    agree([T, param("i", "int64", "g")], build, T3, np.array([0, 1, -1]))


def test_gather_out_of_range() -> None:
    f = function(
        [X, param("i", "int64", "g")], lambda b, x, i: b.index(x, [Gather(0)], i)
    )
    with pytest.raises(IndexError, match="index out of range"):
        run(lower(Program((f,))), x1, np.array([0, 6]))


def test_mask() -> None:
    def build(b: Builder, a: Value, x: Value) -> list[Value]:
        big = b.emit("greater", a, b.constant(0.0))
        rows = b.emit("greater", x, b.constant(0.0))
        return [
            b.index(a, [Mask(0, 2)], big),
            b.index(a, [Mask(0), Span()], rows),
            b.emit("sum", b.index(a, [Mask(0, 2)], big), axis=(0,), keepdims=False),
        ]

    agree([MA, param("x", "float64", "m")], build, A, x1[:4])


WORK = param("a", "float64", "m", "k")


def writing(build: Build) -> Build:
    """Write into a copy of the first parameter, and return it."""
    return lambda b, a, *rest: build(b, b.emit("copy", a, name="w"), *rest)


@pytest.mark.parametrize("op", ["store", "accumulate"])
def test_writes(op: str) -> None:
    def build(b: Builder, w: Value, v: Value) -> Value:
        c = b.constant
        row = (Index((At(0), Span())),)
        w = b.emit(op, w, v, c(1), path=row)
        w = b.emit(op, w, c(2.5), c(-1), path=row)
        w = b.emit(op, w, c(1), c(0), c(-1), path=(Index((At(0), At(1))),))
        w = b.emit(op, w, b.emit("exp", v), path=())
        two = (Index((Span(0), Span())), Index((At(1), Span(0))))
        w = b.emit(op, w, c(7.0), c(1), c(-1), path=two)
        w = b.emit(op, w, v, c(0), path=(Transpose((1, 0)), Index((Span(), At(0)))))
        flat = (Reshape((0,)), Index((Span(1, None, 2),)))
        rows, columns = b.dims(w)
        size = b.emit("multiply", rows, columns)
        return b.emit(op, w, c(3.0), size, c(1), c(4), path=flat)

    agree([WORK, param("v", "float64", "k")], writing(build), A, x1[:3])


@pytest.mark.parametrize("op", ["store", "accumulate"])
def test_writes_by_arrays(op: str) -> None:
    def build(b: Builder, w: Value, i: Value, v: Value) -> Value:
        c = b.constant
        w = b.emit(op, w, v, i, path=(Index((Gather(0), Span())),))
        w = b.emit(op, w, c(1.5), i, path=(Index((Span(), Gather(0))),))
        big = b.emit("greater", w, c(0.0))
        w = b.emit(op, w, c(-1.0), big, path=(Index((Mask(0, 2),)),))
        big = b.emit("less", w, c(0.0))
        chosen = b.index(w, [Mask(0, 2)], big)
        squares = b.emit("multiply", chosen, chosen)
        return b.emit(op, w, squares, big, path=(Index((Mask(0, 2),)),))

    i, v = param("i", "int64", "g"), param("v", "float64", "k")
    agree([WORK, i, v], writing(build), A, np.array([0, 2, 2]), x1[:3])


@pytest.mark.parametrize("op", ["store", "accumulate"])
def test_overlapping_writes_read_first(op: str) -> None:
    def build(b: Builder, w: Value, v: Value) -> Value:
        c = b.constant
        head = b.index(w, [Span(None, 0), Span()], c(-1))
        moved = b.emit("multiply", head, v)
        w = b.emit(op, w, moved, c(1), path=(Index((Span(0), Span())),))
        back = b.index(w, [Span(), Span(None, None, 0)], c(-1))
        w = b.emit(op, w, back, path=())
        column = b.index(w, [Span(), At(0)], c(0))
        spread = b.emit("multiply", b.index(column, [Span(), NewAxis()]), c(2.0))
        return b.emit(op, w, spread, path=())

    agree([WORK, param("v", "float64", "k")], writing(build), A, x1[:3])


def test_aligned_writes_need_no_copy() -> None:
    def build(b: Builder, w: Value, i: Value, j: Value) -> Value:
        row = b.index(w, [At(0), Span()], j)
        pivot = b.index(w, [At(0), At(1)], i, b.constant(0))
        scaled = b.emit("multiply", row, pivot)
        w = b.accumulate(w, scaled, (Index((At(0), Span())),), i)
        return b.store(w, b.emit("exp", w), ())

    ints = [param("i", "weak_int"), param("j", "weak_int")]
    f = agree([WORK, *ints], writing(build), A, 2, 1)
    assert sum(eq.op in ("empty", "zeros") for eq in walk(f.body)) == 1
    agree([WORK, *ints], writing(build), A, 1, 1)


# ---- control flow ----


def loop(
    b: Builder, bounds: Sequence[int | Value], inits: Sequence[Value], body: Any
) -> Any:
    """Append a ``for`` whose body is built by ``body(builder, counter, *carries)``."""
    ends = [b.constant(v) if isinstance(v, int) else v for v in bounds]
    counter = Value(Type("weak_int"), "i")
    carries = [Value(v.type, v.name, v.buffer) for v in inits]
    inner = Builder()
    results = tuple(body(inner, counter, *carries))
    region = Region((counter, *carries), tuple(inner.equations), results)
    finals = [Value(v.type, v.name, v.buffer) for v in inits]
    b.append("for", (*ends, *inits), finals, (region,))
    return finals


def test_stores_in_a_loop_need_no_checks() -> None:
    def build(b: Builder, x: Value) -> Value:
        w = b.emit("copy", x, name="w")

        def body(b: Builder, i: Value, w: Value) -> list[Value]:
            before = b.emit("subtract", i, b.constant(1))
            left = b.index(w, [At(0)], before)
            here = b.emit("multiply", b.index(w, [At(0)], i), left)
            w = b.store(w, here, (Index((At(0),)),), i)
            head = b.index(w, [Span(None, 0)], i)
            total = b.emit("sum", head, axis=(0,), keepdims=False)
            return [b.accumulate(w, total, (Index((At(0),)),), before)]

        return loop(b, [1, b.dim(x, 0), 1], [w], body)[0]

    f = agree([X], build, x1)
    assert not any(eq.op == "check" for eq in walk(f.body))


def test_elimination_updates_rows_in_place() -> None:
    def build(b: Builder, a: Value) -> Value:
        w = b.emit("copy", a, name="w")
        size = b.dim(a, 0)

        def body(b: Builder, i: Value, w: Value) -> list[Value]:
            below = b.emit("add", i, b.constant(1))
            pivot = b.index(w, [At(0), At(0)], i)
            column = b.index(w, [Span(0), At(1)], below, i)
            path = (Index((Span(0), At(1))),)
            w = b.store(w, b.emit("divide", column, pivot), path, below, i)
            column = b.index(w, [Span(0), At(1)], below, i)
            row = b.index(w, [At(1), Span(0)], below, i)
            change = b.emit("negative", b.emit("outer", column, row))
            return [b.accumulate(w, change, (Index((Span(0), Span(0))),), below)]

        return loop(b, [0, size, 1], [w], body)[0]

    square = param("a", "float64", "n", "n")
    f = agree([square], build, rng.normal(size=(5, 5)) + 5 * np.eye(5))
    temporaries = [eq for eq in walk(f.body) if eq.op == "empty"]
    assert len(temporaries) == 1


def test_float32_recurrence() -> None:
    def build(b: Builder, x: Value) -> Value:
        start = b.emit("cast", b.constant(0.0), dtype="float32")

        def body(b: Builder, i: Value, h: Value) -> list[Value]:
            decayed = b.emit("multiply", h, b.constant(0.9))
            total = b.emit("add", decayed, b.index(x, [At(0)], i))
            return [b.emit("tanh", total)]

        return loop(b, [0, b.dim(x, 0), 1], [start], body)[0]

    agree([param("x", "float32", "n")], build, x1.astype("float32"))


def test_branches() -> None:
    def build(b: Builder, x: Value) -> Value:
        first = b.index(x, [At(0)], b.constant(0))
        condition = b.emit("greater", first, b.constant(0))
        yes, no = Builder(), Builder()
        doubled = yes.emit("multiply", x, yes.constant(2))
        part = no.emit("negative", x)
        result = Value(x.type, "y", Buffer("y"))
        regions = (
            Region((), tuple(yes.equations), (doubled,)),
            Region((), tuple(no.equations), (part,)),
        )
        b.append("if", (condition,), (result,), regions)
        return b.emit("exp", result)

    agree([X], build, x1)
    agree([X], build, -x1)


def test_while_with_an_exit() -> None:
    def build(b: Builder, x: Value) -> Value:
        test, body = Builder(), Builder()
        a, c = Value(Type("float64"), "a"), Value(Type("float64"), "a")
        again = test.emit("greater", a, test.constant(0.0))
        half = body.emit("divide", c, body.constant(2))
        small = body.emit("less", half, body.constant(0.1))
        final, exited = Value(Type("float64"), "a"), Value(Type("bool"))
        total = b.emit("sum", b.emit("absolute", x), axis=(0,), keepdims=False)
        regions = (
            Region((a,), tuple(test.equations), (again,)),
            Region((c,), tuple(body.equations), (small, half)),
        )
        b.append("while", (total,), (exited, final), regions, exits=True)
        return b.emit("multiply", x, final)

    agree([X], build, x1)


# ---- reordering of sums ----


def reorders(build: Build, *params: Value) -> bool:
    """Whether a lowered function may be compiled with sums reordered."""
    f = lower(Program((function(params, build),))).entry
    return bool(f.attrs["reassoc"])


def test_compensated_sums_keep_their_order() -> None:
    def kahan(b: Builder, x: Value) -> Value:
        zero = b.emit("cast", b.constant(0.0), dtype="float64")

        def body(b: Builder, i: Value, s: Value, c: Value) -> list[Value]:
            y = b.emit("subtract", b.index(x, [At(0)], i), c)
            t = b.emit("add", s, y)
            return [t, b.emit("subtract", b.emit("subtract", t, s), y)]

        return loop(b, [0, b.dim(x, 0), 1], [zero, zero], body)[0]

    def plain(b: Builder, x: Value) -> Value:
        zero = b.emit("cast", b.constant(0.0), dtype="float64")

        def body(b: Builder, i: Value, s: Value) -> list[Value]:
            return [b.emit("add", s, b.index(x, [At(0)], i))]

        return loop(b, [0, b.dim(x, 0), 1], [zero], body)[0]

    def rounding(b: Builder, x: Value) -> Value:
        big = b.emit("add", x, b.constant(6755399441055744.0))
        return b.emit("subtract", big, b.constant(6755399441055744.0))

    def two_sum(b: Builder, x: Value, y: Value) -> Value:
        return b.emit("subtract", b.emit("add", x, y), x)

    def centred(b: Builder, x: Value) -> Value:
        apart = b.emit("subtract", x, b.emit("mean", x, axis=(0,), keepdims=False))
        return b.emit("sum", b.emit("square", apart), axis=(0,), keepdims=False)

    def two_product(b: Builder, x: Value, y: Value) -> Value:
        rest = b.emit("add", b.emit("multiply", x, y), y)
        return b.emit("subtract", rest, b.emit("multiply", x, y))

    def difference(b: Builder, x: Value, y: Value) -> Value:
        sums = [b.emit("sum", v, axis=(0,), keepdims=False) for v in (x, y)]
        return b.emit("subtract", *sums)

    assert reorders(plain, X) and reorders(centred, X)
    assert reorders(difference, X, Y)
    assert not reorders(two_product, X, Y)
    assert not reorders(kahan, X)
    assert not reorders(rounding, X)
    assert not reorders(two_sum, X, Y)


def test_a_result_in_the_place_of_an_operand_gets_memory_of_its_own() -> None:
    def build(b: Builder, x: Value, y: Value) -> list[Value]:
        w = b.emit("copy", x, name="w")
        w = in_place_of(b, b.emit("subtract", w, y))
        more = b.emit("empty", b.dim(w, 0), dtype="float64")
        longer = in_place_of(b, b.emit("concatenate", w, more, axis=0))
        head = b.index(longer, [Span(None, 0)], b.dim(x, 0))
        return [b.emit("exp", w), b.emit("multiply", head, w)]

    f = agree([X, Y], build, x1, y1)
    assert sum(eq.op == "empty" for eq in walk(f.body)) == 5


def in_place_of(b: Builder, made: Value) -> Value:
    """Give the last result the memory and name of its first operand."""
    last = b.equations[-1]
    old = last.operands[0]
    result = replace(made, name=old.name, buffer=old.buffer)
    b.equations[-1] = replace(last, results=(result,))
    return result
