"""The target for GPUs, on the host: what is taken and refused, how loops are dealt."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from gradscribe.transpile.emit.c.kinds import Array
from gradscribe.transpile.emit.cuda.still import still
from gradscribe.transpile.files import Job, file_text
from gradscribe.transpile.pipeline import Options
from gradscribe.transpile.read.static import from_spec
from gradscribe.transpile.steps import Step
from test_gpu import needs_compiler


def loss(w, b, X, y):
    mu = 1.0 / (1.0 + np.exp(-(X @ w + b)))
    return -np.sum(y * np.log(mu) + (1.0 - y) * np.log(1.0 - mu))


def data() -> tuple[Any, ...]:
    rng = np.random.default_rng(5)
    y = (rng.random(30) < 0.5) * 1.0
    return rng.normal(size=4), 0.3, rng.normal(size=(30, 4)), y


@needs_compiler
def test_a_transform(shim: ModuleType):
    w, b, X, y = data()
    derivative = gs.value_and_grad(loss, wrt=("w", "b"), target="gpu")
    on = [shim.asarray(w), b, shim.asarray(X), shim.asarray(y)]
    value, (w_bar, b_bar) = derivative(*on)
    plain = gs.value_and_grad(loss, wrt=("w", "b"), target="numpy")
    expected, (w_expected, b_expected) = plain(w, b, X, y)
    np.testing.assert_allclose(value.get(), expected, rtol=1e-12)
    np.testing.assert_allclose(w_bar.get(), w_expected, rtol=1e-12)
    np.testing.assert_allclose(b_bar.get(), b_expected, rtol=1e-12)
    assert value.shape == b_bar.shape == ()


@needs_compiler
def test_jacobians_by_rows(shim: ModuleType):
    def pair(x, A):
        return np.stack((np.sum(np.tanh(A @ x)), x[0] * x[1]))

    x, A = data()[2][0], data()[2][:4]
    rows = gs.jacobian(pair, target="gpu")(shim.asarray(x), shim.asarray(A))
    expected = gs.jacobian(pair, target="numpy")(x, A)
    np.testing.assert_allclose(rows.get(), expected, rtol=1e-12)


@needs_compiler
def test_numbers_in_single_precision(shim: ModuleType):
    def total(x):
        return np.sum(np.exp(x))

    x = data()[3].astype(np.float32)
    value, tangent = gs.jvp(total, target="gpu")(shim.asarray(2 * x), shim.asarray(x))
    assert value.dtype == tangent.dtype == np.float32
    np.testing.assert_allclose(value.get(), total(x), rtol=1e-6)
    np.testing.assert_allclose(tangent.get(), np.sum(2 * x * np.exp(x)), rtol=1e-6)


@needs_compiler
def test_arrays_of_the_host_are_refused(shim: ModuleType):
    w, b, X, y = data()
    derivative = gs.grad(loss, target="gpu")
    with pytest.raises(TypeError, match=r"w is a NumPy array; write cupy.asarray\(w\)"):
        derivative(w, b, X, y)


@needs_compiler
def test_lengths_must_agree(shim: ModuleType):
    w, b, X, y = data()
    derivative = gs.grad(loss, target="gpu")
    on = [shim.asarray(w), b, shim.asarray(X), shim.asarray(y[:7])]
    with pytest.raises(ValueError, match=r"y.shape\[0\] is 7, not 30"):
        derivative(*on)


@needs_compiler
def test_arrays_of_a_gpu_are_no_arguments_of_other_targets(shim: ModuleType):
    w, b, X, y = data()
    with pytest.raises(TypeError, match="target='gpu'"):
        gs.grad(loss, target="numpy")(shim.asarray(w), b, X, y)


def gathered(table, place):
    total = 0.0
    for k in range(len(place)):
        total += table[place[k]] ** 2
    return total


@needs_compiler
def test_an_index_out_of_range(shim: ModuleType):
    derivative = gs.grad(gathered, target="gpu")
    table = shim.asarray(np.arange(4.0))
    good = derivative(table, shim.asarray(np.array([1, 3, 1])))
    np.testing.assert_allclose(good.get(), [0.0, 4.0, 0.0, 6.0])
    with pytest.raises(IndexError, match="index out of range"):
        derivative(table, shim.asarray(np.array([1, 9])))


@needs_compiler
def test_numbers_are_as_wide_as_the_kernels_take_them(shim: ModuleType):
    w, b, X, y = data()
    derivative = gs.grad(loss, target="gpu")
    on = [shim.asarray(a) for a in (w, X, y)]
    found = [derivative(on[0], n, *on[1:]).get() for n in (1.0, 1, np.float32(1))]
    for each in found[1:]:
        np.testing.assert_array_equal(each, found[0])


def swapped(x):
    a, b = 2.0 * x, x * x
    for k in range(3):
        a[k] = b[k] * a[k + 1]
        a, b = b, a
    while np.sum(a) < 9.0:
        a = a * 2.0
    return np.sum(a - b)


@needs_compiler
def test_names_change_their_arrays_on_the_host(shim: ModuleType):
    x = np.linspace(0.3, 1.2, 6)
    found = gs.grad(swapped, target="gpu")(shim.asarray(x)).get()
    expected = gs.grad(swapped, target="numpy")(x)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def diffused(u, steps):
    v = u.copy()
    for _ in range(steps):
        w = v.copy()
        for i in range(1, v.shape[0] - 1):
            for j in range(v.shape[1]):
                w[i, j] = v[i, j] + 0.2 * (v[i - 1, j] - 2.0 * v[i, j] + v[i + 1, j])
        v = w
    return np.sum(v * v)


@needs_compiler
def test_arrays_that_take_turns_keep_no_loop_in_order(shim: ModuleType):
    derivative = gs.grad(diffused, wrt="u", target="gpu")
    u = np.linspace(0.0, 1.0, 54).reshape(9, 6) ** 2
    found = derivative(shim.asarray(u), 3).get()
    expected = gs.grad(diffused, wrt="u", target="numpy")(u, 3)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    alone = "(1,),\n            (1,),"  # one block of one thread
    assert alone not in derivative.source_for("gpu")


def dense(X, W, b):
    return np.sum(np.tanh(X @ W + b) ** 2)


@needs_compiler
@pytest.mark.parametrize("shape", [(700, 2, 3), (1, 1, 1), (0, 2, 3), (5, 2, 300)])
def test_columns_are_summed_in_chunks(shim: ModuleType, shape: Any):
    rng = np.random.default_rng(1)
    X, W = rng.normal(size=shape[:2]), rng.normal(size=shape[1:])
    args = X, W, np.linspace(0.1, 0.4, shape[2])
    derivative = gs.grad(dense, wrt=("W", "b"), target="gpu")
    found = derivative(*map(shim.asarray, args))
    expected = gs.grad(dense, wrt=("W", "b"), target="numpy")(*args)
    for one, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.get(), wanted, rtol=1e-11, atol=1e-13)
    text = derivative.source_for("gpu")
    assert "atomicAdd" not in text and ("chunks" in text or shape[0] == 1)


def corners(A):
    out = np.zeros_like(A)
    out[1:-1, 1:-1] = A[2:, 1:-1] * A[:-2, 1:-1]
    return np.sum(out)


@needs_compiler
def test_ranges_that_are_both_empty(shim: ModuleType):
    for shape in ((0, 0), (1, 1), (1, 0), (3, 3)):
        A = np.full(shape, 0.5)
        found = gs.grad(corners, target="gpu")(shim.asarray(A)).get()
        np.testing.assert_array_equal(found, gs.grad(corners, target="numpy")(A))


@needs_compiler
def test_what_is_refused_as_an_array(shim: ModuleType, tmp_path: Path):
    function = logistic_file(tmp_path)
    w, b, X, y = (shim.asarray(a) if isinstance(a, np.ndarray) else a for a in data())
    with pytest.raises(TypeError, match="w is a list, not a CuPy array"):
        function([1.0, 2.0], b, X, y, 0.1)
    with pytest.raises(TypeError, match="X is float64 with 1 axes; float64 with 2"):
        function(w, b, y, y, 0.1)
    single = shim.asarray(np.zeros(4, np.float32))
    with pytest.raises(TypeError, match="w is float32 with 1 axes; float64 with 1"):
        function(single, b, X, y, 0.1)
    with pytest.raises(TypeError, match="float"):
        function(w, "0.3", X, y, [0.1])


@needs_compiler
def test_arrays_of_other_libraries(shim: ModuleType, tmp_path: Path):
    function = logistic_file(tmp_path)
    args = [shim.asarray(a) if isinstance(a, np.ndarray) else a for a in data()]
    expected, _ = function(*args, 0.1)

    class Interface:
        def __init__(self, held: Any) -> None:
            self.__cuda_array_interface__ = held

    class Packed:
        def __init__(self, held: Any) -> None:
            self.held = held

        def __dlpack__(self) -> Any:
            return self.held

    for wrap in (Interface, Packed):
        found, _ = function(wrap(args[0]), args[1], wrap(args[2]), wrap(args[3]), 0.1)
        np.testing.assert_array_equal(found.get(), expected.get())


@needs_compiler
def test_memory_with_gaps_is_copied(shim: ModuleType, tmp_path: Path):
    function = logistic_file(tmp_path)
    w, b, X, y = data()
    on = [shim.asarray(a) for a in (w, np.asfortranarray(X), np.repeat(y, 2))]
    on[2] = on[2][::2]
    found, _ = function(on[0], b, on[1], on[2], 0.1)
    expected, _ = function(on[0], b, shim.asarray(X), shim.asarray(y), 0.1)
    np.testing.assert_array_equal(found.get(), expected.get())


@needs_compiler
def test_an_array_on_another_device(shim: ModuleType, tmp_path: Path, monkeypatch):
    function = logistic_file(tmp_path)
    args = [shim.asarray(a) if isinstance(a, np.ndarray) else a for a in data()]
    monkeypatch.setattr(shim.cuda, "Device", object)
    with pytest.raises(ValueError, match="w is on another device than the current"):
        function(*args, 0.1)


@needs_compiler
def test_out_of_memory_is_said_by_cupy(shim: ModuleType, tmp_path: Path, monkeypatch):
    function = logistic_file(tmp_path)
    args = [shim.asarray(a) if isinstance(a, np.ndarray) else a for a in data()]

    def no_memory(*given: Any, **options: Any) -> Any:
        raise MemoryError("Out of memory allocating 240 bytes")

    monkeypatch.setattr(shim, "empty", no_memory)
    with pytest.raises(MemoryError, match="Out of memory"):
        function(*args, 0.1)


def logistic_file(folder: Path) -> Any:
    """The function of the file that users write for the example."""
    root = Path(gs.__file__).parent
    source = from_spec("examples/logistic/logistic.py:logistic_loss", root)
    step = Step("value_and_grad", ("w", "b"), False)
    text = file_text(Job((source,), step, Options(), "gpu"), None)
    namespace: dict[str, Any] = {}
    exec(compile(text, str(folder / "logistic_grad.py"), "exec"), namespace)
    return namespace["logistic_loss_value_and_grad"]


@needs_compiler
@pytest.mark.slow
def test_the_benchmark_runs_dry():
    root = Path(gs.__file__).parent
    folders = [str(root.parent), str(root / "tests" / "device")]
    command = [sys.executable, str(root / "benchmarks" / "gpu.py"), "--dry-run"]
    done = subprocess.run(
        [*command, "logistic", "softmax", "jacobi_2d"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "gradscribe:" not in done.stdout
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == 5 and all(row.split("|")[2].strip() for row in rows)


def test_the_page_shows_a_kernel_as_it_is():
    root = Path(gs.__file__).parent
    page = (root / "docs" / "gpu.md").read_text(encoding="utf-8")
    shown = page.partition("```c\n")[2].partition("```")[0]
    source = from_spec("examples/logistic/logistic.py:logistic_loss", root)
    step = Step("value_and_grad", ("w", "b"), False)
    text = file_text(Job((source,), step, Options(), "gpu"), None)
    assert shown and shown in text


def test_without_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(ModuleNotFoundError, match="pip install cupy"):
        gs.grad(without, target="gpu")(np.ones(3))


def without(x):
    return np.sum(np.sin(x) * x)


def smoothed(u, steps):
    v = u.copy()
    for _ in range(steps):
        v[1:-1] = 0.5 * v[1:-1] + 0.25 * (u[2:] + u[:-2])
        u[1:-1] = v[1:-1] * 0.9
    return np.sum(u * v)


def weighted(x):
    total = np.zeros((4, 4))
    for i in range(3):
        total += np.triu(np.outer(x[i], x[i]) * i, 1) * np.eye(4, k=1)
    return np.sum(total)


@needs_compiler
def test_memory_of_an_iteration_that_is_read_after_the_loop(shim: ModuleType):
    x = np.linspace(0.2, 1.3, 12).reshape(3, 4)
    found = gs.grad(weighted, target="gpu")(shim.asarray(x)).get()
    expected = gs.grad(weighted, target="numpy")(x)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@needs_compiler
@pytest.mark.parametrize("steps", [0, 3, 20])
def test_steps_that_are_all_alike_are_a_graph(shim: ModuleType, steps: int):
    u = np.linspace(0.2, 1.1, 9)
    shim.counts.clear()
    found = gs.grad(smoothed, target="gpu")(shim.asarray(u), steps).get()
    expected = gs.grad(smoothed, target="numpy")(u, steps)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert shim.counts["graphs"] == (2 * (steps - 1) if steps >= 8 else 0)


def rows(X, b):
    E = np.exp(X - np.max(X, axis=1, keepdims=True)) + b
    P = E / np.sum(E, axis=1, keepdims=True)
    return np.sum(P * P)


@needs_compiler
@pytest.mark.parametrize("shape", [(600, 3), (1, 1), (40, 70)])
def test_rows_are_for_warps_and_columns_for_chunks(shim: ModuleType, shape: Any):
    X = np.random.default_rng(3).normal(size=shape)
    b = np.linspace(0.1, 0.4, shape[1])
    shim.counts.clear()
    derivative = gs.grad(rows, wrt=("X", "b"), target="gpu")
    found = derivative(shim.asarray(X), shim.asarray(b))
    expected = gs.grad(rows, wrt=("X", "b"), target="numpy")(X, b)
    for one, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.get(), wanted, rtol=1e-11)
    text = derivative.source_for("gpu")
    assert "for i in range(" not in text.partition("def rows_grad")[2]
    assert shim.counts["kernels"] < 8


def solved(A, b):
    return np.sum(np.linalg.solve(A, b) ** 2)


@needs_compiler
def test_a_solver_that_fails_raises(shim: ModuleType):
    derivative = gs.grad(solved, wrt="b", target="gpu")
    b = shim.asarray(np.ones(2))
    found = derivative(shim.asarray(np.array([[2.0, 1.0], [0.0, 4.0]])), b)
    np.testing.assert_allclose(found.get(), [0.375, 0.03125])
    with pytest.raises(np.linalg.LinAlgError):
        derivative(shim.asarray(np.ones((2, 2))), b)


def handed_on(a):
    above = a[0]
    for i in range(1, len(a)):
        a[i] = a[i] * above + above[::-1]
        above = a[i]
    return np.sum(above * above)


@needs_compiler
def test_memory_that_an_iteration_takes_over_is_not_its_own(shim: ModuleType):
    a = np.linspace(0.2, 1.4, 15).reshape(5, 3)
    found = gs.grad(handed_on, target="gpu")(shim.asarray(a)).get()
    expected = gs.grad(handed_on, target="numpy")(a.copy())
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def seen(cameras, which):
    total = 0.0
    for k in range(len(which)):
        c = cameras[which[k]]
        size = np.sum(c * c)
        if size == 0.0:
            turned = c[0] + c[1]
        else:
            angle = np.sqrt(size)
            turned = np.sin(angle) * c[0] / angle
        total += turned * turned
    return total


@needs_compiler
def test_branches_on_one_condition_leave_iterations_free(shim: ModuleType):
    cameras = np.array([[0.3, 0.4], [0.0, 0.0], [1.0, -0.5]])
    which = np.array([0, 2, 2, 0, 1, 2])
    derivative = gs.grad(seen, target="gpu")
    found = derivative(shim.asarray(cameras), shim.asarray(which)).get()
    expected = gs.grad(seen, target="numpy")(cameras, which)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert "FOR_EACH(k, which_n)" in derivative.source_for("gpu")


def spectrum(x, w):
    z = np.fft.fft(x * w, axis=0)
    power = np.sum(z * np.conj(z) * np.exp(0.1j * z.real))
    return np.abs(power) + np.sum(np.abs(np.fft.ifft(z, axis=1)))


@needs_compiler
@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
def test_complex_numbers_and_transforms(shim: ModuleType, dtype: Any):
    rng = np.random.default_rng(4)
    x = (rng.normal(size=(6, 5)) + 1j * rng.normal(size=(6, 5))).astype(dtype)
    w = rng.normal(size=5).astype(x.real.dtype)
    expected = gs.grad(spectrum, wrt=("x", "w"), target="numpy")(x, w)
    derivative = gs.grad(spectrum, wrt=("x", "w"), target="gpu")
    found = derivative(shim.asarray(x), shim.asarray(w))
    for one, wanted in zip(found, expected, strict=True):
        assert one.dtype == wanted.dtype
        tolerance = 1e-10 if dtype == np.complex128 else 2e-4
        np.testing.assert_allclose(one.get(), wanted, rtol=tolerance, atol=tolerance)
    assert "cp.fft.ifft(" in derivative.source_for("gpu")


def ordered(A, x):
    sign, size = np.linalg.slogdet(A)
    best = np.sort(A, axis=1)[:, -2:]
    return 0.5 * sign * size + np.linalg.det(A) * np.sum(x * best[:, 0])


@needs_compiler
def test_determinants_and_orders_of_rows(shim: ModuleType):
    A = np.random.default_rng(6).normal(size=(4, 4))
    x = np.linspace(0.5, 1.5, 4)
    expected = gs.grad(ordered, wrt=("A", "x"), target="numpy")(A, x)
    derivative = gs.grad(ordered, wrt=("A", "x"), target="gpu")
    found = derivative(shim.asarray(A), shim.asarray(x))
    for one, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.get(), wanted, rtol=1e-10)


def fused(x, w, c):
    y = np.exp(-x * w) + c
    return np.sum(np.sin(y) * x) + np.max(y)


@needs_compiler
@pytest.mark.parametrize(
    "shape, dtype",
    [((1029,), np.float64), ((5, 9), np.float64), ((7,), np.float32)],
)
def test_elements_go_sixteen_bytes_at_once(shim: ModuleType, shape: Any, dtype: Any):
    rng = np.random.default_rng(8)
    x, w = rng.normal(size=(2, *shape)).astype(dtype)
    plain = gs.value_and_grad(fused, wrt=("x", "w"), target="numpy")
    value, bars = plain(x, w, dtype(0.3))
    derivative = gs.value_and_grad(fused, wrt=("x", "w"), target="gpu")
    for apart in (0, 1):  # the second time they begin one element after 16 bytes
        on = []
        for array in (x, w):
            memory = shim.asarray(np.zeros(array.size + apart, dtype))
            memory[apart:] = shim.asarray(array.ravel())
            on.append(memory[apart:].reshape(*shape))
        got, found = derivative(*on, 0.3)
        tolerance = 1e-12 if dtype == np.float64 else 1e-4
        np.testing.assert_allclose(got.get(), value, rtol=tolerance)
        for one, wanted in zip(found, bars, strict=True):
            np.testing.assert_allclose(
                one.get(), wanted, rtol=tolerance, atol=tolerance
            )
    assert "write_pack(" in derivative.source_for("gpu")


def named(number, add, each, parts, k):
    total = np.sum(number * add[0] - each)
    for i in range(len(k)):
        total += parts[k[i]] * add[k[i]]
    return total


@needs_compiler
def test_variables_with_names_of_the_kernels(shim: ModuleType):
    A, rows = np.arange(6.0).reshape(2, 3), np.linspace(0.5, 2.0, 5)
    k = np.array([1, 3, 1])
    given = (A, rows, 0.7, rows[::-1].copy(), k)
    wrt = ("number", "add", "each", "parts")
    expected = gs.grad(named, wrt=wrt, target="numpy")(*given)
    on = [shim.asarray(g) if isinstance(g, np.ndarray) else g for g in given]
    found = gs.grad(named, wrt=wrt, target="gpu")(*on)
    for one, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.get(), wanted, rtol=1e-12)


def pendulum(start, g, h, steps):
    y = start
    for _ in range(steps):
        y = np.array([y[0] + h * y[1], y[1] - h * g * np.sin(y[0])])
    return np.sum(y * y)


def thomas(cp, d):
    """Return a sum that names like those of a file's head have parts in."""
    _module = np.empty(d.shape[0])
    _start = cp * d
    for i in range(1, d.shape[0]):
        _module[i] = _start[i - 1] * np.sin(cp[i])
    operator = _module[1:] * d[1:]
    return np.sum(operator)


@needs_compiler
def test_variables_with_names_of_the_head(shim: ModuleType):
    given = np.linspace(0.1, 0.9, 5), np.linspace(1.0, 2.0, 5)
    derivative = gs.grad(thomas, wrt=("cp", "d"), target="gpu")
    found = derivative(cp=shim.asarray(given[0]), d=shim.asarray(given[1]))
    expected = gs.grad(thomas, wrt=("cp", "d"), target="numpy")(*given)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.get(), other, rtol=1e-12)


@needs_compiler
def test_a_small_state_needs_no_host(shim: ModuleType):
    start = np.array([0.4, 0.1])
    expected = gs.grad(pendulum, wrt=("start", "g"), target="numpy")(start, 2.0, 0.1, 9)
    on = shim.asarray(start)
    derivative = gs.grad(pendulum, wrt=("start", "g"), target="gpu")
    shim.counts.clear()
    found = derivative(on, 2.0, 0.1, 9)
    for one, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.get(), wanted, rtol=1e-12)
    assert shim.counts["kernels"] < 5
    np.testing.assert_array_equal(on.get(), start)


def chosen(x, y):
    close = np.allclose(x, y) or x[0] > 5.0
    if close:
        return 0.5 * np.sum(x)
    return np.sum(x * y)


@needs_compiler
def test_a_condition_that_the_host_reads_twice(shim: ModuleType):
    x, y = np.linspace(0.1, 0.9, 5), np.linspace(1.0, 2.0, 5)
    derivative = gs.value_and_grad(chosen, target="gpu")
    for given in ((x, y), (x, x)):
        value, x_bar = derivative(*map(shim.asarray, given))
        wanted, expected = gs.value_and_grad(chosen, target="numpy")(*given)
        np.testing.assert_allclose(value.get(), wanted, rtol=1e-12)
        np.testing.assert_allclose(x_bar.get(), expected, rtol=1e-12)


@pytest.mark.parametrize("before, keeps", [("pass", True), ("y[0] = 1.0", False)])
def test_memory_under_another_name_is_not_written(before: str, keeps: bool):
    text = f"""
for t in range(n):
    {before}
    y_2 = np.empty(2)
    y_2[0] = y[1]
    y_2[1] = y[0]
    y = y_2
"""
    (loop,) = ast.parse(text).body
    assert isinstance(loop, ast.For)
    kinds = dict.fromkeys(("y", "y_2"), Array("float64", 1))
    assert (still(loop, kinds, ["y"]) is not None) == keeps
