"""The printed loops, compiled by Numba: few and small, as compiling is slow."""

from __future__ import annotations

import re
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from gradscribe.runtime.cpu import Leave, compile_text
from gradscribe.transpile.emit.numba import emit_numba
from gradscribe.transpile.graph.build import Builder
from gradscribe.transpile.graph.ir import (
    Gather,
    Index,
    Mask,
    Program,
    Span,
    Value,
)
from gradscribe.transpile.lower import lower
from interpreter import run
from test_lower import BINARY, INTEGER, UNARY, Build, function, param

rng = np.random.default_rng(11)


def compiled(lowered: Program) -> Any:
    """Return the entry compiled as `runtime` compiles it."""
    namespace: dict[str, Any] = {}
    exec(emit_numba(lowered).text, namespace)
    for f in lowered.functions:
        flags = {"contract"}
        if f.attrs["reassoc"]:
            flags |= {"reassoc", "nsz", "arcp"}
        for name, value in list(namespace.items()):
            if isinstance(value, types.FunctionType):
                jit = numba.njit(error_model="numpy", fastmath=flags)
                namespace[name] = jit(value)
    return namespace["f"]


def agree(
    params: Sequence[Value], build: Build, *args: Any, tol: float = 1e-12
) -> None:
    """Compare compiled loops with the interpreted graph of arrays."""
    program = Program((function(params, build),))
    expected = run(program, *args)
    found = compiled(lower(program))(*args)
    for k, (e, f) in enumerate(zip(expected, found, strict=True)):
        assert np.asarray(e).dtype == np.asarray(f).dtype, k
        rtol = tol if np.asarray(e).dtype != np.float32 else 2e-6
        np.testing.assert_allclose(f, e, rtol=rtol, atol=rtol, err_msg=str(k))


VALUES = [-2.5, -1.0, -0.5, 0.0, 0.3, 0.9, 1.0, 3.7, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_unary(dtype: str) -> None:
    x = np.array(VALUES, dtype=dtype)
    agree([param("x", dtype, "n")], lambda b, x: [b.emit(op, x) for op in UNARY], x)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_binary(dtype: str) -> None:
    x, y = (a.ravel() for a in np.meshgrid(VALUES, VALUES))
    params = [param("x", dtype, "n"), param("y", dtype, "n")]
    agree(
        params,
        lambda b, x, y: [b.emit(op, x, y) for op in BINARY],
        x.astype(dtype),
        y.astype(dtype),
    )


@pytest.mark.parametrize("dtype", ["int64", "int32"])
def test_integers(dtype: str) -> None:
    x, y = (a.ravel() for a in np.meshgrid(np.arange(-4, 5), np.arange(0, 5)))
    params = [param("x", dtype, "n"), param("y", dtype, "n")]

    def build(b: Builder, x: Value, y: Value) -> list[Value]:
        found = [b.emit(op, x, y) for op in INTEGER]
        squares = b.emit("multiply", x, x)
        return [
            *found,
            b.emit("power", x, b.constant(3)),
            b.emit("multiply", squares, b.emit("multiply", squares, squares)),
            b.emit("sum", x, axis=(0,), keepdims=False),
            b.emit("mean", x, axis=(0,), keepdims=False),
            b.emit("cast", x, dtype="float32"),
            b.emit("multiply", x, b.constant(0.5)),
        ]

    agree(params, build, x.astype(dtype), y.astype(dtype))


def test_arrays() -> None:
    def build(b: Builder, a: Value, x: Value, i: Value) -> list[Value]:
        c = b.constant
        every = {"axis": (0, 1), "keepdims": False}
        rows = {"axis": (1,), "keepdims": True}
        chosen = b.index(a, [Mask(0, 2)], b.emit("greater", a, c(0)))
        w = b.emit("copy", a, name="w")
        w = b.accumulate(w, x, (Index((Gather(0), Span())),), i)
        part = b.index(w, [Span(None, 0), Span()], c(-1))
        w = b.store(w, part, (Index((Span(0), Span())),), c(1))
        w = b.store(w, c(-1), (Index((Mask(0, 2),)),), b.emit("less", w, c(0)))
        turned = b.emit("transpose", a, axes=(1, 0))
        left = b.index(a, [Span(), Span(None, 0)], c(2))
        size = b.emit("multiply", *b.dims(a))
        return [
            *(b.emit(op, a, **every) for op in ("sum", "max", "std", "argmin", "prod")),
            *(b.emit(op, a, **rows) for op in ("mean", "min", "logsumexp", "any")),
            b.emit("matvec", a, x),
            b.emit("matmul", turned, a),
            b.emit("matmul", b.emit("transpose", left, axes=(1, 0)), a),
            b.emit("reshape", turned, size),
            b.emit("concatenate", a, a, axis=1),
            b.emit("cumsum", a, axis=0),
            chosen,
            w,
        ]

    params = [
        param("a", "float64", "m", "k"),
        param("x", "float64", "k"),
        param("i", "int64", "g"),
    ]
    agree(
        params, build, rng.normal(size=(4, 3)), rng.normal(size=3), np.array([1, -1, 1])
    )


def test_out_of_range_raises_with_a_message() -> None:
    params = [param("x", "float64", "n"), param("i", "int64", "g")]
    program = Program((function(params, lambda b, x, i: b.index(x, [Gather(0)], i)),))
    f = compiled(lower(program))
    with pytest.raises(IndexError, match="index out of range"):
        f(np.zeros(3), np.array([0, 3]))
    with pytest.raises(IndexError, match="index out of range"):
        f(np.zeros(3), np.array([-4]))


TWO_ROWS = """
def two_rows(a, b, c):
    for i in range(a.shape[0] - 1, -1, -1):
        for l in range(i - 1, -1, -1):
            for j in range(a.shape[1]):
                a[l, j] += c[i, l] * b[i, j]
                a[i, j] += c[i, l] * b[l, j]
"""


def test_loops_over_two_rows_of_an_array_become_vector_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADSCRIBE_CACHE_DIR", str(tmp_path))  # what is kept has no IR
    compiled = compile_text(TWO_ROWS, "two_rows", Leave())
    ones = np.ones((3, 40))
    compiled.prepare((ones, ones, ones))
    (code,) = compiled.dispatcher.inspect_llvm().values()
    assert re.search(r"fmul [\w ]*<\d+ x double>", code)
