"""What users do with a transform: optimisers, threads, processes, odd functions."""

from __future__ import annotations

import functools
import logging
import operator
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gradscribe as gs
import numba
import numpy as np
import pytest

TARGETS = ("numpy", "cpu")
GRAVITY = 9.81
X = np.array([1.0, 2.0, 3.0])


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def residuals(p, t, y):
    return p[0] * np.exp(-p[1] * t) - y


def heavy(x):
    return GRAVITY * np.sum(x * x)


def power(x, n):
    return x[n] * x[0]


def undecorated(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@undecorated
def decorated(x):
    return np.sum(x)


@numba.njit
def compiled(x):
    total = 0.0
    for i in range(x.size):
        total += x[i] ** 2
    return total


async def delayed(x):
    return x


# ---- optimisers ----


@pytest.mark.parametrize("target", TARGETS)
def test_minimize(target: str):
    from scipy.optimize import minimize

    both = gs.value_and_grad(rosenbrock, target=target)
    found = minimize(both, np.zeros(4), jac=True, method="BFGS")
    np.testing.assert_allclose(found.x, 1.0, atol=1e-4)


def test_least_squares():
    from scipy.optimize import least_squares

    t = np.linspace(0.0, 1.0, 5)
    y = 2.0 * np.exp(-1.3 * t)
    product = gs.vjp(residuals, "p", target="numpy")

    def jacobian(p, t, y):
        return np.stack([product(row, p, t, y) for row in np.eye(5)])

    found = least_squares(residuals, [1.0, 1.0], jacobian, args=(t, y))
    np.testing.assert_allclose(found.x, [2.0, 1.3], rtol=1e-6)


# ---- threads and processes ----


def test_a_pool_of_threads_compiles_once(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "gradscribe")
    gradient = gs.grad(rosenbrock)
    start = threading.Barrier(8)

    def call(_: int) -> np.ndarray:
        start.wait()
        return gradient(X)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(call, range(8)))
    assert all(np.array_equal(each, found[0]) for each in found)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert ": text for cpu " in told[0] and ": compiled code " in told[1]
    assert all(each.startswith("rosenbrock_grad(x: f64[x_0])") for each in told)


def test_compiled_code_releases_the_lock():
    gradient = gs.grad(rosenbrock)
    gradient(X)
    (made,) = gradient._made.values()
    assert made._function.dispatcher.targetoptions["nogil"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fork_after_a_call():
    gradient = gs.grad(rosenbrock)
    expected = gradient(X)
    child = os.fork()
    if child == 0:
        same = np.array_equal(gradient(X), expected)
        new = gs.grad(heavy, target="numpy")(X)
        os._exit(0 if same and len(new) == 3 else 1)
    assert os.waitpid(child, 0)[1] == 0


PROGRAM = """
import logging, sys
import numpy as np, gradscribe as gs

def energy(x):
    total = 0.0
    for i in range(x.size):
        total += x[i] ** 3
    return total

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
    gradient = gs.grad(energy)
    print(gradient(np.ones(2)))
    print([m for m in ("gast", "beniget") if m in sys.modules])
"""


def started(program: Path, cache: Path) -> subprocess.Popen[str]:
    if not program.exists():
        program.write_text(PROGRAM)
    folders = [str(Path(gs.__file__).parents[1]), *sys.path]
    environment = {
        **os.environ,
        "GRADSCRIBE_CACHE_DIR": str(cache),
        "PYTHONPATH": os.pathsep.join(filter(None, folders)),
    }
    command = [sys.executable, "-W", "error", str(program)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, env=environment, stdout=pipe, stderr=pipe, text=True
    )


def test_the_second_process_finds_text_and_code(tmp_path: Path):
    for word, libraries in (("made", "['gast', 'beniget']"), ("found", "[]")):
        run = started(tmp_path / "program.py", tmp_path / "cache")
        text, code, gradient, imported = run.communicate()[0].splitlines()
        assert f"energy_grad(x: f64[x_0]): text for cpu {word} in " in text
        assert f"energy_grad(x: f64[x_0]): compiled code {word} in " in code
        assert gradient == "[3. 3.]" and imported == libraries
        assert run.returncode == 0


def test_processes_that_start_together(tmp_path: Path):
    place = tmp_path / "program.py", tmp_path / "cache"
    for run in [started(*place) for _ in range(3)]:
        out, errors = run.communicate()
        assert out.splitlines()[2] == "[3. 3.]" and not errors


# ---- functions of all kinds ----


def test_numba_functions():
    np.testing.assert_array_equal(gs.grad(compiled, target="numpy")(X), 2 * X)


def test_what_cannot_be_read():
    for function, message in (
        (decorated, "decorated.__wrapped__"),
        (delayed, "plain def"),
        (np.sum, r"np\.sum\(x\)"),
        (operator.itemgetter(0), "write a function around it"),
        (functools.lru_cache(heavy), "heavy.__wrapped__"),
    ):
        with pytest.raises(gs.TranspileError, match=message):
            gs.grad(function, target="numpy")(X)


def test_wrt_that_makes_no_sense():
    for wrt, error, message in (
        ((), ValueError, "no parameter"),
        (("x", 0), ValueError, "not different"),
        (7, ValueError, "there are 2"),
        (1.5, TypeError, "name or the position"),
        ("y", ValueError, "did you mean"),
    ):
        with pytest.raises(error, match=message):
            gs.grad(power, wrt=wrt)  # type: ignore[arg-type]
    with pytest.raises(gs.TranspileError) as caught:
        gs.grad(power, wrt="n", target="numpy")(X, 1)
    assert "the int was taken as a float" in str(caught.value.__notes__)


def test_a_global_that_is_gone(monkeypatch: pytest.MonkeyPatch):
    gradient = gs.grad(heavy, target="numpy")
    gradient(X)
    monkeypatch.delitem(globals(), "GRAVITY")
    with pytest.raises(gs.TranspileError, match="GRAVITY"):
        gradient(X)


@pytest.mark.parametrize("target", TARGETS)
def test_the_target_of_the_environment(target: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GRADSCRIBE_TARGET", target)
    gradient = gs.grad(heavy)
    gradient(X)
    (made,) = gradient._made.values()
    assert hasattr(made._function, "py_func") == (target == "cpu")
    monkeypatch.setenv("GRADSCRIBE_TARGET", "gpu-1")
    with pytest.raises(ValueError, match="GRADSCRIBE_TARGET is 'gpu-1'"):
        gs.grad(heavy)(X)


def test_save_needs_a_folder(tmp_path: Path):
    gradient = gs.grad(heavy, types="x: f64[n]")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        gradient.save(tmp_path / "none" / "heavy_grad.py")


@pytest.mark.parametrize("target", TARGETS)
def test_scalars_have_the_dtype_of_the_program(target: str):
    for number in (np.float32(2.0), np.float64(2.0), np.array(2.0, np.float32)):
        value, slope = gs.value_and_grad(heavy, target=target)(number)
        assert type(slope) is np.dtype(number.dtype).type
        assert type(value) is type(slope)


def in_place(A, k):
    A[0] = k * A[1]
    return A[0] * A[1]


def product(A, x):
    return A @ x


def test_check_grads_of_what_is_written():
    gs.check_grads(in_place, X, 2.0, target="numpy")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.filterwarnings("error")
def test_strided_arrays_and_cotangents(target: str):
    A = np.arange(24.0).reshape(4, 6)[::2, ::2]
    found = gs.vjp(product, ("A", "x"), target=target)(np.ones(4)[::2], A, X[::-1])
    np.testing.assert_array_equal(found[0], [X[::-1], X[::-1]])
    np.testing.assert_array_equal(found[1], A.sum(axis=0))


def test_options_that_make_no_sense():
    with pytest.raises(ValueError, match="no parameter 'B'"):
        gs.grad(in_place, overwrite=("B",))
    with pytest.raises(ValueError, match="'tpu' is no target"):
        gs.grad(heavy, types="x: f64[n]").source_for("tpu")
    owned = X.copy()
    gs.grad(in_place, overwrite="A", target="numpy")(owned, 2.0)
    assert not np.array_equal(owned, X)
