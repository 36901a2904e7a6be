"""Types, shapes, layouts and aliases as inferred, against what NumPy does."""

from __future__ import annotations

import itertools
import random
from operator import attrgetter
from typing import Any

import numpy as np
import pytest
from gradscribe.transpile.graph.build import Builder
from gradscribe.transpile.graph.dtypes import SHORT
from gradscribe.transpile.graph.ir import (
    At,
    Buffer,
    Function,
    Gather,
    Index,
    Item,
    Mask,
    NewAxis,
    Parameter,
    Region,
    Reshape,
    Span,
    Transpose,
    Type,
    Value,
)
from gradscribe.transpile.graph.linear import Linear, Size, derived
from gradscribe.transpile.graph.ops import COMPARISONS, OPS, SPECIAL, by_spelling
from gradscribe.transpile.graph.shapes import slice_length
from gradscribe.transpile.graph.types import (
    TypeRefused,
    infer,
    is_alias,
    promote,
    same,
    unproved,
)
from interpreter import NUMPY_2, evaluate, run

N, M = Linear.of(Size("n")), Linear.of(Size("m"))
ONE = Linear.number(1)


def array(dtype: str, *shape: Linear | int, layout: str = "C") -> Value:
    dims = tuple(Linear.number(d) if isinstance(d, int) else d for d in shape)
    return Value(Type(dtype, dims, layout), "x", Buffer("x") if dims else None)


def evaluate_once(
    op: str, params: list[Value], args: list[Any], attrs: dict[str, Any]
) -> tuple[Value, Any]:
    """Return the result's Value and what NumPy computes; types are compared in run."""
    builder = Builder()
    result = builder.emit(op, *params, **attrs)
    body = Region(tuple(params), tuple(builder.equations), (result,))
    named = tuple(Parameter(f"x{i}", (p,)) for i, p in enumerate(params))
    return result, run(Function("f", named, body), *args)[0]


# ---- dtypes ----

DTYPES = ["float64", "float32", "int64", "int32", "int16", "bool"]
WEAK: dict[str, Any] = {"weak_int": 1, "weak_float": 0.5}


def operand(dtype: str, rank: int) -> tuple[Value, Any]:
    if dtype in WEAK:
        return array(dtype), WEAK[dtype]
    numbers = np.ones((2,) * rank, dtype)[()]
    return array(dtype, *(2,) * rank), numbers


# A cast says its dtype; these are given doubles by the parser, as SciPy has no others.
APART = {"cast", "lambertw", "wright_bessel", "log_wright_bessel"}
ELEMENTWISE = [
    op for op in OPS.values() if op.category == "elementwise" and op.name not in APART
]


@pytest.mark.skipif(not NUMPY_2, reason="NumPy 1 promotes by value")
@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
def test_elementwise_dtypes(op: Any) -> None:
    """The interpreter compares the dtype of every result with its type."""
    kinds = [(d, r) for d in DTYPES for r in (0, 1)] + [(w, 0) for w in WEAK]
    arity = min(op.arity, 2)
    for combination in itertools.product(kinds, repeat=arity):
        values, args = zip(*(operand(*kind) for kind in combination), strict=True)
        for _ in range(op.arity - arity):
            first = operand("bool", 1) if op.name == "where" else (values[0], args[0])
            values, args = (first[0], *values), (first[1], *args)
        if (
            SPECIAL.get(op.name, "x")[0] == "n"
            and np.asarray(args[0]).dtype.kind != "i"
        ):
            continue  # the order is a whole number
        try:
            evaluate_once(op.name, list(values), list(args), {})
        except TypeRefused:
            dtypes = {d for d, _ in combination}
            words = ("bitwise", "left", "right", "invert", "gcd", "lcm", "ldexp")
            bits = op.name.startswith(words)
            rounding = op.name in ("floor", "ceil", "trunc", "rint")
            short = op.name in SPECIAL and SHORT & dtypes
            assert bits or "bool" in dtypes or rounding or short, combination


@pytest.mark.parametrize(
    "dtypes, expected",
    [
        (("float32", "weak_float"), "float32"),
        (("float32", "weak_int"), "float32"),
        (("int64", "weak_float"), "float64"),
        (("int32", "weak_int"), "int32"),
        (("bool", "weak_int"), "int64"),
        (("int64", "float32"), "float64"),
        (("weak_int", "weak_float"), "weak_float"),
        (("weak_int", "weak_int"), "weak_int"),
        (("float32", "float64"), "float64"),
        (("float32", "weak_complex"), "complex64"),
        (("float64", "weak_complex"), "complex128"),
        (("int64", "weak_complex"), "complex128"),
        (("weak_int", "weak_complex"), "weak_complex"),
        (("complex64", "weak_float"), "complex64"),
        (("complex64", "float64"), "complex128"),
        (("complex64", "float32"), "complex64"),
    ],
)
def test_promotion(dtypes: tuple[str, ...], expected: str) -> None:
    assert promote(*dtypes) == expected


@pytest.mark.parametrize("dtype", ["float16", "complex256", "object"])
def test_foreign_dtypes_are_refused(dtype: str) -> None:
    with pytest.raises(TypeRefused, match=dtype):
        promote(dtype, "float64")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [(0,), (1,), (0, 1)], ids=str)
def test_reductions(dtype: str, keepdims: bool, axis: tuple[int, ...]) -> None:
    numbers = np.ones((2, 3), dtype)
    for op in OPS.values():
        if op.category != "reduction" or op.name.startswith("cum"):
            continue
        if op.name == "logsumexp" and dtype in ("bool", "int16"):
            continue
        attrs = {"axis": axis, "keepdims": keepdims}
        params = [array(dtype, M, N)]
        if op.name == "logsumexp" and dtype.startswith("int"):
            (found,) = infer(op.name, params, attrs)
            assert found.dtype == "float64"
            continue
        evaluate_once(op.name, params, [numbers], attrs)
    for name in ("cumsum", "cumprod"):
        evaluate_once(name, [array(dtype, M, N)], [numbers], {"axis": axis[0]})


def test_weak_powers() -> None:
    """A Python integer to a negative power is a Python float."""
    builder = Builder()
    two, minus = builder.constant(2), builder.constant(-1)
    assert builder.emit("power", two, minus).type.dtype == "weak_float"
    assert builder.emit("power", two, two).type.dtype == "weak_int"


def test_functions_of_python_numbers_are_strong() -> None:
    builder = Builder()
    two = builder.constant(2.0)
    assert builder.emit("exp", two).type.dtype == "float64"
    assert builder.emit("add", two, two).type.dtype == "weak_float"
    assert builder.emit("add", two, two, spelled="np.add").type.dtype == "float64"


# ---- dimensions ----


def test_same() -> None:
    assert same(N + 1 - 1, N) is True
    assert same(N, N - 1) is False
    assert same(N, M) is None


def test_unproved_lengths() -> None:
    assert unproved("add", [array("float64", N), array("float64", M)], {}) == [(N, M)]
    assert unproved("add", [array("float64", N), array("float64", N)], {}) == []
    assert unproved("add", [array("float64", N), array("float64", 1)], {}) == []
    product = [array("float64", M, N), array("float64", M)]
    assert unproved("matvec", product, {}) == [(N, M)]
    joined = [array("float64", M, N), array("float64", N, M)]
    assert unproved("concatenate", joined, {"axis": 0}) == [(N, M)]
    stored = [array("float64", N), array("float64", M)]
    assert unproved("store", stored, {"path": ()}) == [(N, M)]


@pytest.mark.parametrize(
    "op, shapes, attrs",
    [
        ("add", [(N,), (N + 1,)], {}),
        ("add", [(2, 3), (2,)], {}),
        ("matvec", [(M, 3), (4,)], {}),
        ("dot", [(N,), (N + 1,)], {}),
        ("matmul", [(2, 3), (2, 3)], {}),
        ("concatenate", [(2, 3), (2, 4)], {"axis": 0}),
        ("concatenate", [(2, 3), (2,)], {"axis": 0}),
        ("stack", [(2,), (3,)], {"axis": 0}),
        ("sum", [(2,)], {"axis": (1,), "keepdims": False}),
        ("transpose", [(2, 3)], {"axes": (0, 0)}),
        ("store", [(3,), (4,)], {"path": ()}),
        ("store", [(3,), (2, 3)], {"path": ()}),
        ("store", [(1,), (3,)], {"path": ()}),
        ("frobnicate", [(2,)], {}),
        ("exp", [(2,), (2,)], {}),
        ("for", [], {}),
    ],
)
def test_refusals(op: str, shapes: list[Any], attrs: dict[str, Any]) -> None:
    with pytest.raises(TypeRefused):
        infer(op, [array("float64", *shape) for shape in shapes], attrs)


# ---- slices ----

BOUNDS = [None, *range(-4, 5)]
STEPS = [None, 1, 2, 3, -1, -2]


@pytest.mark.parametrize("step", STEPS)
def test_slice_lengths_with_numbers(step: int | None) -> None:
    """With numbers for bounds, at every length: the form gives NumPy's length."""
    for lower, upper in itertools.product(BOUNDS, BOUNDS):
        forms = [None if b is None else Linear.number(b) for b in (lower, upper, step)]
        form = slice_length(*forms, N)
        for length in range(7):
            expected = len(range(length)[lower:upper:step])
            assert evaluate(form, {Size("n"): length}) == expected, (lower, upper)
            assert slice_length(*forms, Linear.number(length)).value == expected


def test_slice_lengths_with_sizes() -> None:
    """With bounds that are linear in the sizes."""
    forms = [Linear.number(c) for c in range(-3, 4)]
    forms += [N + c for c in range(-4, 3)] + [M + c for c in range(-1, 3)]
    for lower, upper in itertools.product([None, *forms], repeat=2):
        form = slice_length(lower, upper, None, N)
        for n, m in itertools.product(range(6), range(4)):
            sizes = {Size("n"): n, Size("m"): m}
            bounds = [None if b is None else evaluate(b, sizes) for b in (lower, upper)]
            expected = len(range(n)[bounds[0] : bounds[1]])
            assert evaluate(form, sizes) == expected, (str(lower), str(upper), n, m)


def test_slice_lengths_as_documented() -> None:
    one, two = ONE, Linear.number(2)
    assert slice_length(one, -one, None, N) == derived("clip", N - 2)
    assert slice_length(one, None, None, N) == derived("clip", N - 1)
    assert slice_length(None, -one, None, N) == derived("clip", N - 1)
    assert slice_length(None, None, -one, N) == N
    assert slice_length(None, None, two, 2 * N) == N
    assert slice_length(M, M + 3, None, M + N + 3) == Linear.number(3)
    assert slice_length(None, N, None, N) == N
    assert same(slice_length(None, two, None, N), slice_length(-two, None, None, N))


# ---- indexing: shapes, layouts, views ----


def random_item(rng: random.Random, slots: list[Any], axes: list[int]) -> Item:
    """Return an item that covers the next of ``axes`` (shortened), with its slots."""
    kind = rng.choice(["at", "full", "span", "step", "new", "gather", "mask"])
    if kind == "new":
        return NewAxis()
    length = axes.pop(0)
    if kind == "full":
        return Span()
    if kind == "at":
        slots.append(rng.randrange(length))
        return At(len(slots) - 1)
    if kind in ("span", "step"):
        slots += [rng.choice([0, 1, -2]), rng.choice([-1, 2]), rng.choice([2, -1, 1])]
        third = len(slots) - 1
        return Span(third - 2, third - 1, third if kind == "step" else None)
    if kind == "gather":
        rank = rng.choice([1, 1, 2])
        slots.append(
            np.array([rng.randrange(length)] * 2).reshape((1,) * (rank - 1) + (2,))
        )
        return Gather(len(slots) - 1)
    slots.append(np.array([True, True] + [False] * (length - 2)))
    return Mask(len(slots) - 1)


def random_index(rng: random.Random, shape: tuple[int, ...]) -> tuple[Index, list[Any]]:
    axes, items, slots = list(shape), [], []
    while axes:
        items.append(random_item(rng, slots, axes))
    return Index(tuple(items)), slots


def slot_values(builder: Builder, slots: list[Any]) -> tuple[list[Value], list[Value]]:
    """Return the slots as values, and those of them that are parameters."""
    values = [
        builder.constant(s) if isinstance(s, int) else array(s.dtype.name, *s.shape)
        for s in slots
    ]
    return values, [v for v in values if v.type.rank]


def numpy_index(index: Index, slots: list[Any]) -> tuple[Any, ...]:
    def one(item: Item) -> Any:
        if isinstance(item, Span):
            bounds = (item.lower, item.upper, item.step)
            return slice(*(None if b is None else slots[b] for b in bounds))
        return None if isinstance(item, NewAxis) else slots[item.slot]

    return tuple(map(one, index.items))


@pytest.mark.parametrize("seed", range(400))
def test_indexing(seed: int) -> None:
    """Shapes (compared in run), views and contiguity are those of NumPy."""
    rng = random.Random(seed)
    shape = tuple(rng.choice([3, 4]) for _ in range(rng.choice([1, 2, 3])))
    layout = rng.choice("CFA")
    numbers = np.random.default_rng(seed).normal(size=shape)
    x = {
        "C": numbers,
        "F": np.asfortranarray(numbers),
        "A": np.repeat(numbers, 2, axis=-1)[..., ::2],
    }[layout]
    index, slots = random_index(rng, shape)
    builder = Builder()
    values, arrays = slot_values(builder, slots)
    base = array("float64", *shape, layout=layout if len(shape) > 1 else "A")
    result = builder.index(base, index.items, *values)
    expected = x[numpy_index(index, slots)]
    params = (base, *arrays)
    body = Region(params, tuple(builder.equations), (result,))
    named = tuple(Parameter(f"x{i}", (p,)) for i, p in enumerate(params))
    given = [s for s in slots if not isinstance(s, int)]
    (found,) = run(Function("f", named, body), x, *given)
    np.testing.assert_array_equal(found, expected)
    if np.ndim(expected) and expected.size:
        shares = result.buffer is base.buffer
        assert shares == np.shares_memory(x, expected)
        if shares and result.type.layout == "C":
            assert expected.flags.c_contiguous
        if shares and result.type.layout == "F":
            assert expected.flags.f_contiguous


@pytest.mark.parametrize("seed", range(100))
def test_writing(seed: int) -> None:
    """Stores and accumulations through the interpreter's paths are NumPy's."""
    rng = random.Random(seed)
    shape = tuple(rng.choice([3, 4]) for _ in range(rng.choice([1, 2, 3])))
    x = np.random.default_rng(seed).normal(size=shape)
    index, slots = random_index(rng, shape)
    selected = x[numpy_index(index, slots)]
    value = np.random.default_rng(seed + 1).normal(size=np.shape(selected))
    for op in ("store", "accumulate"):
        expected = x.copy()
        if op == "store":
            expected[numpy_index(index, slots)] = value
        else:
            np.add.at(expected, numpy_index(index, slots), value)
        builder = Builder()
        values, arrays = slot_values(builder, slots)
        base, new = array("float64", *shape), array("float64", *np.shape(value))
        result = builder.emit(op, base, new, *values, path=(index,))
        assert result.buffer is base.buffer
        params = (base, new, *arrays)
        body = Region(params, tuple(builder.equations), (result,))
        named = tuple(Parameter(f"x{i}", (p,)) for i, p in enumerate(params))
        given = [s for s in slots if not isinstance(s, int)]
        (found,) = run(Function("f", named, body), x, value[()], *given)
        np.testing.assert_array_equal(found, expected)


def test_writing_through_a_longer_path() -> None:
    builder = Builder()
    base, value = array("float64", 3, 4), array("float64", 3)
    one, lengths = builder.constant(1), [builder.constant(6), builder.constant(2)]
    path = (Transpose((1, 0)), Reshape((0, 1)), Index((Span(), At(2))))
    written = builder.emit("store", base, array("float64", 6), *lengths, one, path=path)
    assert written.type == base.type
    operands = [base, array("float64", 6), *lengths, one]
    assert unproved("store", operands, {"path": path}) == []
    operands[2] = array("weak_int")
    assert len(unproved("store", operands, {"path": path})) == 2
    plain = (Transpose((1, 0)), Index((At(0), Span())))
    assert builder.emit("store", base, value, one, path=plain).type == base.type


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize("layout", ["C", "F"])
def test_transposed_layouts(axes: tuple[int, ...], layout: str) -> None:
    x = np.zeros((2, 3, 4), order=layout)  # type: ignore[call-overload]
    (found,) = infer(
        "transpose", [array("float64", 2, 3, 4, layout=layout)], {"axes": axes}
    )
    flags = x.transpose(axes).flags
    expected = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
    assert found.layout == expected


def test_aliases() -> None:
    builder = Builder()
    six = builder.constant(6)
    c, a = array("float64", 2, 3), array("float64", 2, 3, layout="A")
    assert is_alias("reshape", [c, six], {})
    assert not is_alias("reshape", [a, six], {})
    assert is_alias("transpose", [a], {"axes": (1, 0)})
    assert not is_alias("broadcast_to", [c, six], {})
    scalar = array("float64")
    assert not is_alias("reshape", [scalar, builder.constant(1)], {})
    assert not is_alias("index", [c, six, six], {"path": (Index((At(0), At(1))),)})


def test_decided_lengths_win() -> None:
    """``lengths``, which parse can know, stand in for what is inferred."""
    x, k = array("float64", N), array("weak_int")
    path = (Index((Span(None, 0),)),)
    (found,) = infer("index", [x, k], {"path": path, "lengths": (k.as_linear,)})
    assert found.shape == (k.as_linear,)


# ---- creation ----


@pytest.mark.parametrize(
    "bounds", [(0, 5, 1), (2, 9, 3), (5, 0, -2), (3, 3, 1), (5, 2, 1)]
)
def test_arange(bounds: tuple[int, int, int]) -> None:
    builder = Builder()
    result = builder.emit("arange", *map(builder.constant, bounds))
    assert result.type == Type("int64", (Linear.number(len(range(*bounds))),))


def test_creation_dtypes() -> None:
    builder = Builder()
    n = builder.constant(3)
    assert builder.emit("full", builder.constant(1), n).type.dtype == "int64"
    assert builder.emit("full", builder.constant(1.0), n).type.dtype == "float64"
    single = array("float32")
    assert builder.emit("full", single, n).type.dtype == "float32"
    assert builder.emit("eye", n, n, dtype="float64").type.rank == 2
    floats = builder.constant(0.0), builder.constant(1.0), n
    assert builder.emit("linspace", *floats).type == Type(
        "float64", (Linear.number(3),)
    )


# ---- the table of operations ----


def test_spellings_exist_in_numpy() -> None:
    """The first spelling is one that NumPy has; all of them name one operation."""
    for op in OPS.values():
        if op.numpy:
            attrgetter(op.numpy[0].removeprefix("np."))(np)
    seen = [s for op in OPS.values() if op.category != "product" for s in op.numpy]
    assert len(seen) == len(set(seen))
    assert by_spelling()["np.mod"] == "remainder"


def test_comparisons_are_boolean() -> None:
    for op in COMPARISONS:
        assert OPS[op].result == "bool"
